//! How far a network's answers are from the truth: residuals of numbers, and the temperature of categories.
//!
//! Both are measured on rows that the network's bootstrap sample left out. A row hides the cell in question, and also what a row with that
//! cell missing usually lacks: the cells that a randomly chosen row of that kind lacks and that are filled later. So the residuals are
//! those of the circumstances in which the cell is filled.

use super::config::ImputerConfig;
use super::regression::{Regression, blend_drawn};
use crate::Result;
use crate::data::{Samples, Values};
use crate::tabular::{Code, Encoding, Rows};
use penstroke_engine::philox::{Draws, Purpose, Sequence};
use penstroke_engine::{Apply, BitRows, Rows as EngineRows};
use xxhash_rust::xxh3::xxh3_64;

/// Most rows by which the answers of a column are judged.
const MOST: usize = 2000;

/// Residuals of near answers among which one is drawn: at least, at most, and otherwise this share of all.
const NEAR: (usize, usize, f64) = (10, 100, 0.1);

/// The spread of the truth around the answers of one network, blended with its regression, for one column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Spread {
    /// Answers in ascending order, each with its residual, truth − answer; both standardised.
    Residuals(Vec<(f32, f32)>),
    /// What logits are divided by.
    Temperature(f64),
}

/// The columns of the encoding in the order in which they are filled: fewest gaps first.
pub(super) fn order(encoding: &Encoding, rows: &Rows) -> Vec<usize> {
    let observed = BitRows::new(&rows.encoded.observed, encoding.n_outputs);
    let n = rows.data.n_samples();
    let n_gaps = |coded: &usize| {
        let unit = encoding.columns[*coded].units.start;
        (0..n).filter(|&row| !observed.get(row, unit)).count()
    };
    let mut order: Vec<usize> = (0..encoding.columns.len()).collect();
    order.sort_by_cached_key(n_gaps);
    order
}

/// Measures network `k` on the rows `left_out` of its bootstrap sample; one spread for each column of the encoding.
pub(super) fn measure(
    config: &ImputerConfig,
    encoding: &Encoding,
    rows: &Rows,
    order: &[usize],
    (k, engine, regression): (usize, &dyn Apply, Option<&Regression>),
    left_out: &[u32],
) -> Result<Vec<Spread>> {
    let observed = BitRows::new(&rows.encoded.observed, encoding.n_outputs);
    let is_observed = |row: usize, coded: usize| observed.get(row, encoding.columns[coded].units.start);
    let mut spreads = Vec::new();
    for (coded, column) in encoding.columns.iter().enumerate() {
        let place = order.iter().position(|&at| at == coded).unwrap_or_default();
        let known: Vec<u32> =
            left_out.iter().copied().filter(|&row| is_observed(row as usize, coded)).collect();
        let known: Vec<u32> = known.iter().copied().step_by(known.len().div_ceil(MOST).max(1)).collect();
        let lacking: Vec<usize> =
            (0..rows.data.n_samples()).filter(|&row| !is_observed(row, coded)).collect();
        let mut values = Values::Floats(Vec::new());
        rows.data.read(&known, &mut values)?;
        let mut inputs = values.rows().to_floats();
        let mut draws = Draws::new(config.seed, Purpose::Resample).at(k as u32, 2 + coded as u32).sequence();
        for inputs in inputs.chunks_exact_mut(encoding.n_inputs.max(1)) {
            inputs[column.inputs.clone()].fill(0.0);
            if lacking.is_empty() {
                continue;
            }
            let like = lacking[draws.below(lacking.len() as u32) as usize];
            for &later in order[place + 1..].iter().filter(|&&later| !is_observed(like, later)) {
                inputs[encoding.columns[later].inputs.clone()].fill(0.0);
            }
        }
        let mut outputs = vec![0.0; known.len() * encoding.n_outputs];
        engine.apply(EngineRows::Floats(&inputs), 0..engine.network().layers.len(), &mut outputs);
        let mut completed = Vec::new();
        let cells = inputs.chunks_exact(encoding.n_inputs).zip(outputs.chunks_exact_mut(encoding.n_outputs));
        cells.for_each(|cells| blend_drawn(regression, encoding, coded, cells, &mut completed));
        let answers = known.iter().zip(outputs.chunks_exact(encoding.n_outputs));
        spreads.push(match column.code {
            Code::Number { .. } => residuals(answers.map(|(&row, outputs)| {
                let truth = rows.encoded.targets[row as usize * encoding.n_numbers + coded];
                (outputs[coded], truth - outputs[coded])
            })),
            Code::Category { .. } => {
                let labels = &rows.encoded.labels[coded - encoding.n_numbers];
                let known =
                    answers.map(|(&row, outputs)| (labels[row as usize], &outputs[column.units.clone()]));
                Spread::Temperature(temperature(&known.collect::<Vec<_>>()))
            }
        });
    }
    Ok(spreads)
}

/// Answers, each with its residual, sorted. Residuals of equal answers are in an order that neither their size nor that of the rows decides:
/// a window of near answers may take in some of them only.
fn residuals(pairs: impl Iterator<Item = (f32, f32)>) -> Spread {
    let mut pairs: Vec<(f32, f32)> = pairs.collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| mixed(a.1).cmp(&mixed(b.1))));
    Spread::Residuals(pairs)
}

/// A number that depends on all bits of a residual.
fn mixed(residual: f32) -> u64 {
    xxh3_64(&residual.to_le_bytes())
}

/// The temperature under which these labels are most probable (Guo et al., 2017), by golden-section search.
fn temperature(known: &[(u32, &[f32])]) -> f64 {
    if known.len() < NEAR.0 {
        return 1.0;
    }
    let loss = |log: f64| -> f64 {
        let by = (-log).exp();
        let one = |&(label, logits): &(u32, &[f32])| {
            let scaled = logits.iter().map(|&logit| f64::from(logit) * by);
            let largest = scaled.clone().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scaled.map(|logit| (logit - largest).exp()).sum();
            sum.ln() + largest - f64::from(logits[label as usize]) * by
        };
        known.iter().map(one).sum()
    };
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut low, mut high) = (0.25f64.ln(), 8f64.ln());
    for _ in 0..40 {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if loss(left) < loss(right) { high = right } else { low = left }
    }
    (0.5 * (low + high)).exp()
}

impl Spread {
    /// What logits are divided by.
    pub(super) fn temperature(&self) -> f64 {
        match self {
            Spread::Temperature(temperature) => *temperature,
            Spread::Residuals(_) => 1.0,
        }
    }

    /// Draws a standardised number around an answer.
    pub(super) fn number(&self, answer: f32, draws: &mut Sequence) -> f64 {
        let Spread::Residuals(pairs) = self else { return f64::from(answer) };
        if pairs.is_empty() {
            return f64::from(answer);
        }
        let wanted = ((NEAR.2 * pairs.len() as f64) as usize).clamp(NEAR.0, NEAR.1).min(pairs.len());
        // All residuals of an equal answer: rows of which nothing is known have the same one.
        let (below, upto) =
            (pairs.partition_point(|pair| pair.0 < answer), pairs.partition_point(|pair| pair.0 <= answer));
        let first = below.midpoint(upto).saturating_sub(wanted / 2).min(pairs.len() - wanted);
        let near = &pairs[first.min(below)..(first + wanted).max(upto)];
        let chosen = near[draws.below(near.len() as u32) as usize];
        f64::from(answer) + f64::from(chosen.1)
    }

    /// Draws a category by its probability, but not `never`.
    pub(super) fn category(&self, logits: &[f32], never: Option<usize>, draws: &mut Sequence) -> u32 {
        let by = 1.0 / self.temperature();
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut shares: Vec<f64> =
            logits.iter().map(|&logit| (f64::from(logit - largest) * by).exp()).collect();
        if let Some(share) = never.and_then(|never| shares.get_mut(never)) {
            *share = 0.0;
        }
        let mut left = draws.uniform() * shares.iter().sum::<f64>();
        for (k, share) in shares.iter().enumerate() {
            left -= share;
            if left < 0.0 {
                return k as u32;
            }
        }
        // Rounding left a little; the last that has a share.
        shares.iter().rposition(|share| *share > 0.0).unwrap_or_default() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperature_makes_the_labels_most_probable() {
        // Logits of ±2 that are right in three of four cases: ln 3 / 4 is the slope, so the temperature is 4 / ln 3.
        let logits = [[2.0f32, -2.0], [-2.0, 2.0]];
        let known: Vec<(u32, &[f32])> = (0..400)
            .map(|i| (u32::from((i % 4 == 0) != (i % 2 == 0)), &logits[usize::from(i % 2 == 0)][..]))
            .collect();
        let right = known.iter().filter(|(label, logits)| logits[*label as usize] > 0.0).count();
        let odds = right as f64 / (400 - right) as f64;
        assert!((temperature(&known) - 4.0 / odds.ln()).abs() < 1e-3, "{} {right}", temperature(&known));
    }

    #[test]
    fn numbers_take_residuals_of_near_answers() {
        // Small answers have residuals of ±1, large ones of ±10.
        let pair =
            |i: i32| (i as f32, if i % 2 == 0 { 1.0 } else { -1.0 } * if i < 500 { 1.0 } else { 10.0 });
        let spread = Spread::Residuals((0..1000).map(pair).collect());
        let mut draws = Draws::new(1, Purpose::Resample).at(0, 0).sequence();
        let mut sum = 0.0;
        for _ in 0..1000 {
            let (low, high) =
                (spread.number(100.0, &mut draws) - 100.0, spread.number(900.0, &mut draws) - 900.0);
            assert!(low.abs() == 1.0 && high.abs() == 10.0);
            sum += low;
        }
        // Four standard errors of a thousand fair coins.
        assert!(sum.abs() < 4.0 * 1000f64.sqrt());
        assert_eq!(Spread::Residuals(Vec::new()).number(0.5, &mut draws), 0.5);
    }

    #[test]
    fn categories_are_drawn_by_their_probability() {
        let spread = Spread::Temperature(2.0);
        let mut draws = Draws::new(2, Purpose::Resample).at(0, 0).sequence();
        let logits = [2.0 * 3f32.ln(), 0.0];
        let n = (0..4000).filter(|_| spread.category(&logits, None, &mut draws) == 0).count() as f64;
        // Probability 3/4; four standard errors.
        assert!((n - 3000.0).abs() < 4.0 * (4000.0 * 0.1875f64).sqrt(), "{n}");
    }
}

//! A linear predictor beside each network: many columns depend on others almost linearly, and there it errs less than a network of few rows.
//!
//! Ridge regression of each number, and of whether a cell has a category, on all other columns: standardised numbers and one-hot categories. Where a cell is missing, it has the
//! network's answer in its place: if the truth is linear, the regression on conditional means has the coefficients of the regression on
//! the values themselves, whatever is missing.

use super::blend::Answers;
use super::hiding::{Hiding, evenly};
use crate::tabular::ridge::{NormalEquations, PENALTIES};
use crate::tabular::{Code, Encoding, Rows};
use crate::{Result, interrupt};
use penstroke_engine::{Apply, Rows as EngineRows};

/// Most units of an encoding with regressions: the work grows with their cube.
const MOST_UNITS: usize = 512;

/// Most rows that a regression is fitted on.
const MOST_ROWS: usize = 2000;

/// Most rows that judge it.
const MOST_JUDGED: usize = 1000;

/// A category is drawn with at least this part of the network's probability, whatever the regression answers.
const LEAST: f64 = 0.1;

/// The regressions beside one network.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Regression {
    /// `(units, 1 + units)`: for each output unit a constant, and the coefficients of all output units; 0 for those of its own column.
    pub(super) coefficients: Vec<f32>,
    /// For each column the regression's share in what is drawn around; the network has the rest.
    pub(super) shares: Vec<f64>,
}

/// What a network was given to learn, and what it learned.
pub(super) struct Learned<'a> {
    pub(super) encoding: &'a Encoding,
    pub(super) rows: &'a Rows,
    pub(super) seed: u64,
    /// How often the network was given each row.
    pub(super) counts: &'a [f32],
    pub(super) engine: &'a dyn Apply,
}

/// Rows without their cell of one column, whose truth is known.
#[derive(Default)]
struct Hidden {
    /// [`complete`] rows, `(rows, units)`.
    completed: Vec<f32>,
    /// The network's answers, `(rows, units of the column)`.
    answers: Vec<f64>,
    /// The same of the truth.
    truth: Vec<f64>,
}

impl Regression {
    /// Fits the regressions on the rows that the network learned from, and chooses penalties and shares by the others; `None` if there are
    /// no others, or the table is too wide.
    pub(super) fn fit(learned: &Learned<'_>) -> Result<Option<Self>> {
        let encoding = learned.encoding;
        if encoding.n_outputs > MOST_UNITS || learned.counts.iter().all(|&count| count > 0.0) {
            return Ok(None);
        }
        let mut all = Self { coefficients: Vec::new(), shares: Vec::new() };
        for coded in 0..encoding.columns.len() {
            interrupt::check()?;
            let (coefficients, share) = learned.column(coded)?;
            all.coefficients.extend(coefficients);
            all.shares.push(share);
        }
        Ok(Some(all))
    }

    /// The answer for output `unit` of a completed row: a standardised number, or the probability of a category, which a linear
    /// predictor may give outside 0 to 1.
    pub(super) fn answer(&self, unit: usize, completed: &[f32]) -> f64 {
        let n = 1 + completed.len();
        linear(&self.coefficients[unit * n..][..n], completed)
    }
}

/// Puts into `outputs` of a row, for the missing cell of column `coded`, what is drawn around: the network's answer, blended with that of the
/// regression. Categories have logits before and after.
pub(super) fn blend_drawn(
    regression: Option<&Regression>,
    encoding: &Encoding,
    coded: usize,
    (inputs, outputs): (&[f32], &mut [f32]),
    completed: &mut Vec<f32>,
) {
    let Some(regression) = regression.filter(|of| of.shares[coded] > 0.0) else { return };
    let share = regression.shares[coded];
    let column = &encoding.columns[coded];
    complete(encoding, inputs, outputs, completed);
    for unit in column.units.clone() {
        let network = f64::from(completed[unit]);
        let blended = (1.0 - share) * network + share * regression.answer(unit, completed);
        outputs[unit] = match column.code {
            Code::Number { .. } => blended as f32,
            Code::Category { .. } => (blended.max(LEAST * network) as f32).max(f32::MIN_POSITIVE).ln(),
        };
    }
}

impl Learned<'_> {
    /// The coefficients of column `coded`, `(units of the column, 1 + units)`, and its share.
    fn column(&self, coded: usize) -> Result<(Vec<f32>, f64)> {
        let p = 1 + self.encoding.n_outputs;
        let own = &self.encoding.columns[coded].units;
        let q = own.len();
        let hiding = Hiding::new(self.seed, self.encoding, self.rows, coded);
        let known = (0..self.counts.len() as u32).filter(|&row| hiding.is_observed(row as usize, coded));
        let (bag, outside): (Vec<u32>, Vec<u32>) = known.partition(|&row| self.counts[row as usize] > 0.0);
        let (bag, outside) = (evenly(&bag, MOST_ROWS), evenly(&outside, MOST_JUDGED));
        let equations = self.equations(coded, &bag)?;
        let judged = self.hidden(coded, &outside, &hiding)?;
        let mut best: Option<(f64, Vec<f64>, Vec<f64>)> = None;
        for coefficients in PENALTIES.iter().filter_map(|&penalty| equations.solve(penalty)) {
            let coefficients: Vec<f64> =
                (0..q).flat_map(|k| coefficients.iter().skip(k).step_by(q).copied()).collect();
            let rows = judged.completed.chunks_exact(self.encoding.n_outputs);
            let units =
                |completed| coefficients.chunks_exact(p).map(move |of_unit| linear(of_unit, completed));
            let answers: Vec<f64> = rows.flat_map(units).collect();
            let error: f64 =
                answers.iter().zip(&judged.truth).map(|(answer, truth)| (truth - answer).powi(2)).sum();
            if error.is_finite() && best.as_ref().is_none_or(|(least, ..)| error < *least) {
                best = Some((error, coefficients, answers));
            }
        }
        let Some((_, coefficients, answers)) = best else { return Ok((vec![0.0; q * p], 0.0)) };
        let is_outside = vec![vec![true; judged.truth.len()]];
        let share = Answers {
            networks: vec![judged.answers],
            regressions: vec![answers],
            truth: judged.truth,
            n_units: q,
            is_outside,
        }
        .share();
        Ok((coefficients.into_iter().map(|coefficient| coefficient as f32).collect(), share))
    }

    /// The equations of column `coded` from the rows that the network learned from, which count as often as it had them.
    fn equations(&self, coded: usize, bag: &[u32]) -> Result<NormalEquations> {
        let n_units = self.encoding.n_outputs;
        let own = &self.encoding.columns[coded].units;
        let learned = self.hidden(coded, bag, &Hiding::of_own(self.encoding, self.rows, coded))?;
        let mut equations = NormalEquations::new(1 + n_units, own.len());
        let (mut inputs, mut targets) = (vec![0.0; 1 + n_units], vec![0.0; own.len()]);
        let rows = learned.completed.chunks_exact(n_units).zip(learned.truth.chunks_exact(own.len()));
        for ((completed, truth), &row) in rows.zip(bag) {
            let weight = f64::from(self.counts[row as usize]).sqrt();
            inputs[0] = weight;
            weigh(weight, completed, &mut inputs[1..]);
            weigh(weight, truth, &mut targets);
            inputs[1..][own.clone()].fill(0.0);
            equations.add(&inputs, &targets);
        }
        Ok(equations)
    }

    fn hidden(&self, coded: usize, rows: &[u32], hiding: &Hiding<'_>) -> Result<Hidden> {
        let encoding = self.encoding;
        let inputs = hiding.inputs(rows)?;
        let mut outputs = vec![0.0; rows.len() * encoding.n_outputs];
        let n_layers = self.engine.network().layers.len();
        self.engine.apply(EngineRows::Floats(&inputs), 0..n_layers, &mut outputs);
        let mut hidden = Hidden::default();
        let mut completed = Vec::new();
        let each = inputs.chunks_exact(encoding.n_inputs).zip(outputs.chunks_exact(encoding.n_outputs));
        for ((inputs, outputs), &row) in each.zip(rows) {
            complete(encoding, inputs, outputs, &mut completed);
            let answers = &completed[encoding.columns[coded].units.clone()];
            hidden.answers.extend(answers.iter().map(|&answer| f64::from(answer)));
            hidden.completed.extend(&completed);
            hiding.push_truth(row as usize, &mut hidden.truth);
        }
        Ok(hidden)
    }
}

fn weigh<T: Copy + Into<f64>>(weight: f64, values: &[T], out: &mut [f64]) {
    out.iter_mut().zip(values).for_each(|(out, &value)| *out = weight * value.into());
}

/// `coefficients[0] + coefficients[1..] · completed`.
fn linear<T: Copy + Into<f64>>(coefficients: &[T], completed: &[f32]) -> f64 {
    let products = coefficients[1..].iter().zip(completed).map(|(&by, &value)| by.into() * f64::from(value));
    coefficients[0].into() + products.sum::<f64>()
}

/// A row's standardised numbers and one-hot categories, `(units)`, with the network's answers for cells that the row lacks.
pub(super) fn complete(encoding: &Encoding, inputs: &[f32], outputs: &[f32], completed: &mut Vec<f32>) {
    completed.clear();
    for column in &encoding.columns {
        let outputs = &outputs[column.units.clone()];
        let is_observed = inputs[column.inputs.end - 1] != 0.0;
        if is_observed {
            completed.extend(&inputs[column.inputs.start..][..outputs.len()]);
            continue;
        }
        let first = completed.len();
        completed.extend(outputs);
        if matches!(column.code, Code::Category { .. }) {
            softmax(&mut completed[first..]);
        }
    }
}

/// Probabilities in place of logits.
pub(super) fn softmax(values: &mut [f32]) {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    values.iter_mut().for_each(|value| *value = (*value - largest).exp());
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= sum);
}

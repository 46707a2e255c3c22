//! How far imputed cells are from the truth, by column, measured on observed cells that the networks did not learn from.
//!
//! Each network leaves out some rows: about a third, if it learns from a bootstrap sample, or one fold. An observed cell of such a row is
//! hidden ([`hiding`](super::hiding)), and the networks that did not learn from the row fill it. They are fewer than all, so the errors are
//! a little larger than those of all together.

use super::column_error::{CellError, ColumnError};
use super::hiding::{Hiding, evenly};
use super::imputer::Imputer;
use super::linear::Question;
use super::network::shares;
use super::regression::{blend_drawn, complete, softmax};
use crate::tabular::{Code, CodedColumn, Rows};
use crate::{Result, interrupt};
use penstroke_engine::{Apply, Rows as EngineRows};
use std::sync::Arc;

/// Most cells of a column that are judged.
const MOST: usize = 2000;

/// The 97.5 % quantile of the normal distribution: what an improvement must exceed, in standard errors.
const SURE: f64 = 1.959_964;

/// Judges all columns on the rows that were learned; a column with fewer than 2 held-out cells has no error. Without a second network no
/// row is held out, and the list is empty.
pub(super) fn measure(imputer: &Imputer, rows: &Rows) -> Result<Vec<ColumnError>> {
    let left_out = left_out(imputer, rows.data.n_samples());
    if left_out.is_empty() {
        return Ok(Vec::new());
    }
    let judge = Judge { imputer, rows, left_out, engines: imputer.engines()? };
    let errors: Vec<_> =
        (0..imputer.encoding.columns.len()).map(|coded| judge.column(coded)).collect::<Result<_>>()?;
    let mut errors: Vec<(usize, ColumnError)> = errors.into_iter().flatten().collect();
    errors.sort_by_key(|(column, _)| *column);
    Ok(errors.into_iter().map(|(_, error)| error).collect())
}

/// For each network whether it did not learn from a row, of `n` in canonical order; empty for a single network.
pub(super) fn left_out(imputer: &Imputer, n: usize) -> Vec<Vec<bool>> {
    let config = &imputer.config;
    let of = |k| shares(config, k, n).iter().map(|&count| count == 0.0).collect();
    if config.networks > 1 { (0..config.networks).map(of).collect() } else { Vec::new() }
}

struct Judge<'a> {
    imputer: &'a Imputer,
    rows: &'a Rows,
    left_out: Vec<Vec<bool>>,
    engines: Vec<Arc<dyn Apply>>,
}

/// The networks' answers for hidden cells, `(cells, units)`.
struct Answered {
    /// Standardised numbers or probabilities, averaged as for imputing.
    mean: Vec<f64>,
    /// Probabilities at each network's temperature, as for drawing; of categories only.
    drawn: Vec<f64>,
}

impl Judge<'_> {
    /// The column's index in the schema, and its error.
    fn column(&self, coded: usize) -> Result<Option<(usize, ColumnError)>> {
        interrupt::check()?;
        let encoding = &self.imputer.encoding;
        let hiding = Hiding::new(self.imputer.config.seed, encoding, self.rows, coded);
        let is_held_out =
            |row: usize| hiding.is_observed(row, coded) && self.left_out.iter().any(|left_out| left_out[row]);
        let judged: Vec<u32> =
            (0..self.rows.data.n_samples()).filter(|&row| is_held_out(row)).map(|row| row as u32).collect();
        let judged = evenly(&judged, MOST);
        if judged.len() < 2 {
            return Ok(None);
        }
        let inputs = hiding.inputs(&judged)?;
        let answered = self.answer(coded, &judged, &inputs);
        let question = Question {
            encoding,
            rows: self.rows,
            hiding: &hiding,
            coded,
            judged: &judged,
            inputs: &inputs,
            left_out: &self.left_out,
        };
        let linear = question.answer()?;
        let column = &encoding.columns[coded];
        let (of, is_better) = match column.code {
            Code::Number { mean, deviation, .. } => {
                self.number(column, (mean, deviation), &self.standardised(coded, &judged), &answered, linear)
            }
            Code::Category { .. } => self.category((coded, &hiding), &judged, &answered, linear),
        };
        // Squares of numbers near the largest ones can overflow.
        if matches!(of, CellError::Number { rmse, rmse_mean, .. } if !(rmse + rmse_mean).is_finite()) {
            return Ok(None);
        }
        let name = self.imputer.schema.columns[column.column].name.clone();
        Ok(Some((column.column, ColumnError { name, n_cells: judged.len(), is_better, of })))
    }

    /// What the networks that did not learn from a row answer for its cell.
    fn answer(&self, coded: usize, judged: &[u32], inputs: &[f32]) -> Answered {
        let encoding = &self.imputer.encoding;
        let column = &encoding.columns[coded];
        let n_units = column.units.len();
        let mut answered =
            Answered { mean: vec![0.0; judged.len() * n_units], drawn: vec![0.0; judged.len() * n_units] };
        let (mut counts, mut completed) = (vec![0.0; judged.len()], Vec::new());
        let networks = self.engines.iter().zip(&self.imputer.networks);
        for ((engine, network), left_out) in networks.zip(&self.left_out) {
            let places: Vec<usize> = (0..judged.len()).filter(|&at| left_out[judged[at] as usize]).collect();
            let row = |at: &usize| &inputs[at * encoding.n_inputs..][..encoding.n_inputs];
            let taken: Vec<f32> = places.iter().flat_map(row).copied().collect();
            let mut outputs = vec![0.0; places.len() * encoding.n_outputs];
            engine.apply(EngineRows::Floats(&taken), 0..engine.network().layers.len(), &mut outputs);
            let rows =
                taken.chunks_exact(encoding.n_inputs).zip(outputs.chunks_exact_mut(encoding.n_outputs));
            for ((inputs, outputs), &at) in rows.zip(&places) {
                counts[at] += 1.0;
                complete(encoding, inputs, outputs, &mut completed);
                for (unit, mean) in column.units.clone().zip(&mut answered.mean[at * n_units..]) {
                    let (own, regression) = network.answers(unit, &completed);
                    *mean += self.imputer.blends[coded].of(own, regression);
                }
                if let Code::Number { .. } = column.code {
                    continue;
                }
                let of = network.regression.as_ref();
                blend_drawn(of, encoding, coded, (inputs, &mut *outputs), &mut completed);
                let drawn = &mut outputs[column.units.clone()];
                let by = (1.0 / network.spreads[coded].temperature()) as f32;
                drawn.iter_mut().for_each(|logit| *logit *= by);
                softmax(drawn);
                let sums = answered.drawn[at * n_units..].iter_mut();
                sums.zip(drawn).for_each(|(sum, share)| *sum += f64::from(*share));
            }
        }
        for (at, count) in counts.iter().enumerate() {
            let of_cell = at * n_units..(at + 1) * n_units;
            answered.mean[of_cell.clone()].iter_mut().for_each(|value| *value /= count);
            answered.drawn[of_cell].iter_mut().for_each(|value| *value /= count);
        }
        answered
    }

    fn standardised(&self, coded: usize, judged: &[u32]) -> Vec<f64> {
        let n_numbers = self.imputer.encoding.n_numbers;
        judged
            .iter()
            .map(|&row| f64::from(self.rows.encoded.targets[row as usize * n_numbers + coded]))
            .collect()
    }

    fn number(
        &self,
        column: &CodedColumn,
        (mean, deviation): (f64, f64),
        truth: &[f64],
        answered: &Answered,
        linear: Option<Vec<Vec<f64>>>,
    ) -> (CellError, bool) {
        // As they are filled in: whole, and within bounds.
        let filled =
            |z: f64| (self.imputer.in_column(column.column, mean + deviation * z) - mean) / deviation;
        let squares = |answers: &[f64]| -> Vec<f64> {
            truth.iter().zip(answers).map(|(truth, &z)| (truth - filled(z)).powi(2)).collect()
        };
        let of_networks = squares(&answered.mean);
        let of_mean: Vec<f64> = truth.iter().map(|truth| truth.powi(2)).collect();
        let of_linear = linear.iter().flatten().map(|answers| average(&squares(answers)));
        let of_linear = of_linear.reduce(f64::min);
        let gains: Vec<f64> =
            of_mean.iter().zip(&of_networks).map(|(mean, network)| mean - network).collect();
        let (network, mean) = (average(&of_networks), average(&of_mean));
        let error = CellError::Number {
            rmse: deviation * network.sqrt(),
            rmse_linear: of_linear.map(|error| deviation * error.sqrt()),
            rmse_mean: deviation * mean.sqrt(),
            r_squared: (mean > 0.0).then(|| 1.0 - network / mean),
        };
        (error, is_above_zero(&gains))
    }

    fn category(
        &self,
        (coded, hiding): (usize, &Hiding<'_>),
        judged: &[u32],
        answered: &Answered,
        linear: Option<Vec<Vec<f64>>>,
    ) -> (CellError, bool) {
        let encoding = &self.imputer.encoding;
        let column = &encoding.columns[coded];
        let n = column.units.len();
        let labels = &self.rows.encoded.labels[coded - encoding.n_numbers];
        let never = match column.code {
            Code::Category { other, .. } => other,
            Code::Number { .. } => None,
        };
        let mut counts = vec![0.0; n];
        let observed = labels.iter().enumerate().filter(|(row, _)| hiding.is_observed(*row, coded));
        observed.for_each(|(_, &label)| counts[label as usize] += 1.0);
        let n_observed: f64 = counts.iter().sum();
        let truth: Vec<usize> = judged.iter().map(|&row| labels[row as usize] as usize).collect();
        let accuracy = |answers: &[f64]| {
            let right = |(&truth, answers): (&usize, &[f64])| f64::from(best(answers, never) == truth);
            truth.iter().zip(answers.chunks_exact(n)).map(right).sum::<f64>() / truth.len() as f64
        };
        let loss = |probability: f64| -probability.max(1e-12).ln();
        let of_networks: Vec<f64> =
            truth.iter().zip(answered.drawn.chunks_exact(n)).map(|(&truth, p)| loss(p[truth])).collect();
        let of_frequencies: Vec<f64> = truth.iter().map(|&truth| loss(counts[truth] / n_observed)).collect();
        let gains: Vec<f64> = of_frequencies.iter().zip(&of_networks).map(|(one, two)| one - two).collect();
        let error = CellError::Category {
            accuracy: accuracy(&answered.mean),
            accuracy_linear: linear.iter().flatten().map(|answers| accuracy(answers)).reduce(f64::max),
            accuracy_mode: accuracy(&counts.repeat(truth.len())),
            cross_entropy: average(&of_networks),
            cross_entropy_frequencies: average(&of_frequencies),
        };
        (error, is_above_zero(&gains))
    }
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The index of the largest value but `never`; the first, if tied.
fn best(values: &[f64], never: Option<usize>) -> usize {
    let named = (0..values.len()).filter(|&k| Some(k) != never);
    named.reduce(|best, k| if values[k] > values[best] { k } else { best }).unwrap_or_default()
}

/// Whether the mean of these differences is above 0 by more than 1.96 standard errors.
fn is_above_zero(differences: &[f64]) -> bool {
    let n = differences.len() as f64;
    let mean = average(differences);
    let variance = differences.iter().map(|each| (each - mean).powi(2)).sum::<f64>() / (n - 1.0);
    mean > SURE * (variance / n).sqrt()
}

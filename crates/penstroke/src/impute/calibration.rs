//! A [`Line`] for each column of numbers, from held-out cells.

use super::errors::left_out;
use super::hiding::{Hiding, evenly};
use super::imputer::Imputer;
use super::line::{Line, line};
use crate::tabular::Rows;
use crate::{Result, interrupt};
use penstroke_engine::Rows as EngineRows;

/// Most cells of a column that are looked at.
const MOST: usize = 1000;

/// A line for each column of numbers, from the rows that were learned.
pub(super) fn learn(imputer: &Imputer, rows: &Rows) -> Result<Vec<Line>> {
    let (encoding, n) = (&imputer.encoding, rows.data.n_samples());
    let left_out = left_out(imputer, n);
    if left_out.is_empty() {
        return Ok(vec![Line::IDENTITY; encoding.n_numbers]);
    }
    let engines = imputer.engines()?;
    let of_column = |coded: usize| {
        interrupt::check()?;
        let hiding = Hiding::new(imputer.config.seed, encoding, rows, coded);
        let is_held_out = |row: &u32| {
            hiding.is_observed(*row as usize, coded) && left_out.iter().any(|of| of[*row as usize])
        };
        let cells: Vec<u32> = (0..n as u32).filter(is_held_out).collect();
        let cells = evenly(&cells, MOST);
        let inputs = hiding.inputs(&cells)?;
        let mut outputs = vec![0.0; cells.len() * encoding.n_outputs];
        let answers = engines.iter().map(|engine| {
            engine.apply(EngineRows::Floats(&inputs), 0..engine.network().layers.len(), &mut outputs);
            outputs.iter().skip(coded).step_by(encoding.n_outputs).map(|&z| f64::from(z)).collect()
        });
        let answers: Vec<Vec<f64>> = answers.collect();
        let truth = |&row: &u32| f64::from(rows.encoded.targets[row as usize * encoding.n_numbers + coded]);
        let truth: Vec<f64> = cells.iter().map(truth).collect();
        Ok(line(&answers, &truth, |k, cell| left_out[k][cells[cell] as usize]))
    };
    (0..encoding.n_numbers).map(of_column).collect()
}

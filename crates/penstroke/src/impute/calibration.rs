//! A [`Blend`] for each column of numbers, from held-out cells.

use super::blend::{Answers, Blend};
use super::errors::left_out;
use super::hiding::{Hiding, evenly};
use super::imputer::Imputer;
use crate::tabular::Rows;
use crate::{Result, interrupt};
use penstroke_engine::Rows as EngineRows;

/// Most cells of a column that are looked at.
const MOST: usize = 1000;

/// A blend for each column of numbers, from the rows that were learned.
pub(super) fn learn(imputer: &Imputer, rows: &Rows) -> Result<Vec<Blend>> {
    let (encoding, n) = (&imputer.encoding, rows.data.n_samples());
    let left_out = left_out(imputer, n);
    if left_out.is_empty() {
        return Ok(vec![Blend::NETWORKS; encoding.n_numbers]);
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
        let truth = |&row: &u32| f64::from(rows.encoded.targets[row as usize * encoding.n_numbers + coded]);
        let mut answers = Answers {
            networks: Vec::new(),
            regressions: Vec::new(),
            truth: cells.iter().map(truth).collect(),
            is_outside: left_out
                .iter()
                .map(|of| cells.iter().map(|&row| of[row as usize]).collect())
                .collect(),
        };
        let mut completed = Vec::new();
        for (engine, trained) in engines.iter().zip(&imputer.networks) {
            engine.apply(EngineRows::Floats(&inputs), 0..engine.network().layers.len(), &mut outputs);
            let rows = inputs.chunks_exact(encoding.n_inputs).zip(outputs.chunks_exact(encoding.n_outputs));
            let (network, regression) =
                rows.map(|cells| trained.number(encoding, coded, cells, &mut completed)).unzip();
            answers.networks.push(network);
            answers.regressions.push(regression);
        }
        Ok(answers.blend())
    };
    (0..encoding.n_numbers).map(of_column).collect()
}

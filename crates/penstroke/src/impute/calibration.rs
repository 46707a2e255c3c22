//! A [`Blend`] for each column, from held-out cells.

use super::blend::{Answers, Blend};
use super::errors::left_out;
use super::hiding::{Hiding, evenly};
use super::imputer::Imputer;
use super::regression::complete;
use crate::tabular::{Code, CodedColumn, Rows};
use crate::{Result, interrupt};
use penstroke_engine::Rows as EngineRows;

/// Most cells of a column that are looked at.
const MOST: usize = 1000;

/// A blend for each column, from the rows that were learned.
pub(super) fn learn(imputer: &Imputer, rows: &Rows) -> Result<Vec<Blend>> {
    let (encoding, n) = (&imputer.encoding, rows.data.n_samples());
    let left_out = left_out(imputer, n);
    if left_out.is_empty() {
        return Ok(vec![Blend::NETWORKS; encoding.columns.len()]);
    }
    let engines = imputer.engines()?;
    let of_column = |(coded, column): (usize, &CodedColumn)| {
        interrupt::check()?;
        let hiding = Hiding::new(imputer.config.seed, encoding, rows, coded);
        let is_held_out = |row: &u32| {
            hiding.is_observed(*row as usize, coded) && left_out.iter().any(|of| of[*row as usize])
        };
        let cells: Vec<u32> = (0..n as u32).filter(is_held_out).collect();
        let cells = evenly(&cells, MOST);
        let inputs = hiding.inputs(&cells)?;
        let mut outputs = vec![0.0; cells.len() * encoding.n_outputs];
        let mut truth = Vec::new();
        cells.iter().for_each(|&row| hiding.push_truth(row as usize, &mut truth));
        let n_units = column.units.len();
        let mut answers = Answers {
            networks: Vec::new(),
            regressions: Vec::new(),
            truth,
            n_units,
            is_outside: left_out
                .iter()
                .map(|of| cells.iter().flat_map(|&row| vec![of[row as usize]; n_units]).collect())
                .collect(),
        };
        let mut completed = Vec::new();
        for (engine, trained) in engines.iter().zip(&imputer.networks) {
            engine.apply(EngineRows::Floats(&inputs), 0..engine.network().layers.len(), &mut outputs);
            let rows = inputs.chunks_exact(encoding.n_inputs).zip(outputs.chunks_exact(encoding.n_outputs));
            let (mut network, mut regression) = (Vec::new(), Vec::new());
            for (inputs, outputs) in rows {
                complete(encoding, inputs, outputs, &mut completed);
                for unit in column.units.clone() {
                    let (one, other) = trained.answers(unit, &completed);
                    network.push(one);
                    regression.push(other);
                }
            }
            answers.networks.push(network);
            answers.regressions.push(regression);
        }
        Ok(match column.code {
            Code::Number { .. } => answers.blend(),
            Code::Category { .. } => Blend { share: answers.share(), ..Blend::NETWORKS },
        })
    };
    encoding.columns.iter().enumerate().map(of_column).collect()
}

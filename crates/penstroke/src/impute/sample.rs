//! Several imputations, whose differences tell the uncertainty of the filled cells.

use super::imputer::{AT_ONCE, Gap, Imputer};
use super::regression::blend_drawn;
use crate::data::{Cells, Fill, MISSING, TypedTable};
use crate::tabular::{Code, check_fits};
use crate::{Error, Result, interrupt};
use penstroke_engine::philox::{Draws, Purpose, Sequence};
use penstroke_engine::{Apply, Rows};
use std::collections::HashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

impl Imputer {
    /// `m` imputations of a table with this imputer's schema, each a list of values for its missing cells.
    ///
    /// Imputation `k` is drawn by network `k`, column after column, those with the fewest gaps in training first; drawn cells are inputs of
    /// the next. A number is the network's answer plus a residual of a near answer, a category is drawn by its probability. What a row gets
    /// depends on the seed, on `k` and on the row's own cells alone; of rows with equal cells, each after the first is drawn anew.
    ///
    /// # Errors
    /// If there are fewer than `m` networks, or several are wanted of networks that did not learn from bootstrap samples; if the table has other columns, or work is [stopped](crate::interrupt).
    pub fn sample(&self, table: &TypedTable, m: usize) -> Result<Vec<Vec<Fill>>> {
        check_fits(&self.schema, table)?;
        if m == 0 || m > self.networks.len() {
            let problem = format!("{m} is outside 1 to {}, the number of networks", self.networks.len());
            return Err(Error::option("imputations", problem).set("networks", m.max(1)));
        }
        if m > 1 && !self.config.bootstrap {
            let problem =
                format!("{m}, but the networks did not learn from bootstrap samples, which several need");
            return Err(Error::option("imputations", problem).set("bootstrap", true));
        }
        let gaps = self.gaps(table);
        let lacking = |row: &usize| gaps.iter().any(|gap| gap.cells.is_missing(*row));
        let rows: Vec<usize> = (0..table.n_rows()).filter(lacking).collect();
        let kept: Vec<Cells> = table.columns().iter().map(|cells| taken(cells, &rows)).collect();
        let contents = self.contents(&kept, rows.len());
        let engines = self.engines()?;
        (0..m).map(|k| self.draw(k, &*engines[k], &gaps, (&rows, &kept, &contents))).collect()
    }

    /// A number for each row that depends on its observed cells, and on how many rows with the same cells come before it: equal rows
    /// are drawn independently.
    pub(super) fn contents(&self, columns: &[Cells], n: usize) -> Vec<u64> {
        let all: Vec<usize> = (0..n).collect();
        let mut contents = Vec::with_capacity(n);
        let mut n_before: HashMap<u64, u64> = HashMap::new();
        let mut bytes = Vec::new();
        for rows in all.chunks(AT_ONCE) {
            let inputs = self.encoding.encode(columns, rows).inputs;
            for row in inputs.chunks_exact(self.encoding.n_inputs.max(1)) {
                bytes.clear();
                bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
                let content = xxh3_64(&bytes);
                let before = n_before.entry(content).or_default();
                contents.push(if *before == 0 { content } else { xxh3_64_with_seed(&bytes, *before) });
                *before += 1;
            }
        }
        contents
    }

    /// Imputation `k`.
    pub(super) fn draw(
        &self,
        k: usize,
        engine: &dyn Apply,
        gaps: &[Gap<'_>],
        (rows, kept, contents): (&[usize], &[Cells], &[u64]),
    ) -> Result<Vec<Fill>> {
        let mut columns = kept.to_vec();
        let (mut fills, mut completed) = (Vec::new(), Vec::new());
        for &coded in &self.order {
            let Some(gap) = gaps.iter().find(|gap| gap.coded == coded) else { continue };
            let mut fill = gap.fill();
            let places: Vec<usize> = (0..rows.len()).filter(|&at| kept[gap.column].is_missing(at)).collect();
            for places in places.chunks(AT_ONCE) {
                interrupt::check()?;
                let inputs = self.encoding.encode(&columns, places).inputs;
                let mut outputs = vec![0.0; places.len() * self.encoding.n_outputs];
                engine.apply(Rows::Floats(&inputs), 0..engine.network().layers.len(), &mut outputs);
                let regression = self.networks[k].regression.as_ref();
                let (inputs, outputs) = (
                    inputs.chunks_exact(self.encoding.n_inputs),
                    outputs.chunks_exact_mut(self.encoding.n_outputs),
                );
                for ((inputs, outputs), &at) in inputs.zip(outputs).zip(places) {
                    let cells = (inputs, &mut *outputs);
                    blend_drawn(regression, &self.encoding, coded, cells, &mut completed);
                    let draws = Draws::new(self.config.seed ^ contents[at], Purpose::Imputation);
                    let mut draws = draws.at(k as u32, coded as u32).sequence();
                    let units = &outputs[self.encoding.columns[coded].units.clone()];
                    fill.rows.push(rows[at]);
                    self.draw_cell(
                        (k, coded),
                        units,
                        &mut draws,
                        (&mut fill.values, &mut columns[gap.column], at),
                    );
                }
            }
            fills.push(fill);
        }
        fills.sort_by_key(|fill| fill.column);
        Ok(fills)
    }

    /// Draws a cell, appends it to `values`, and puts it into its column.
    fn draw_cell(
        &self,
        (k, coded): (usize, usize),
        units: &[f32],
        draws: &mut Sequence,
        (values, column, at): (&mut Cells, &mut Cells, usize),
    ) {
        let spread = &self.networks[k].spreads[coded];
        let of = &self.encoding.columns[coded];
        match (&of.code, values, column) {
            (Code::Number { mean, deviation, .. }, Cells::Numbers(values), Cells::Numbers(column)) => {
                let value = self.in_column(of.column, mean + deviation * spread.number(units[0], draws));
                values.push(value);
                column[at] = value;
            }
            (Code::Category { other, .. }, Cells::Codes(values), Cells::Codes(column)) => {
                let code = spread.category(units, *other, draws);
                values.push(code);
                column[at] = code;
            }
            _ => {}
        }
    }
}

/// The cells of some rows.
pub(super) fn taken(cells: &Cells, rows: &[usize]) -> Cells {
    match cells {
        Cells::Numbers(numbers) => Cells::Numbers(rows.iter().map(|&row| numbers[row]).collect()),
        Cells::Codes(codes) => {
            Cells::Codes(rows.iter().map(|&row| codes.get(row).copied().unwrap_or(MISSING)).collect())
        }
        Cells::Left => Cells::Left,
    }
}

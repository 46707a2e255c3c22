//! The imputer: several networks, and what they answer for missing cells.

use super::blend::Blend;
use super::column_error::ColumnError;
use super::config::ImputerConfig;
use super::network::Trained;
use super::regression::complete;
use crate::config::Training;
use crate::data::{Cells, Fill, Schema, TypedTable};
use crate::tabular::{Code, Encoding, check_fits, network};
use crate::train::{Device, History};
use crate::{Result, interrupt};
use penstroke_engine::{Apply, Rows as EngineRows};
use std::sync::Arc;

/// Rows that are imputed at a time.
pub(super) const AT_ONCE: usize = 4096;

/// Learns a table with missing cells, and fills them.
///
/// ```
/// use penstroke::data::{Cells, GivenColumn, SchemaOptions, TypedTable};
/// use penstroke::impute::{Imputer, ImputerConfig};
/// use penstroke::Run;
/// // y = 2x; one y is missing.
/// let x: Vec<f64> = (0..200).map(f64::from).collect();
/// let mut y: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
/// y[50] = f64::NAN;
/// let columns = vec![GivenColumn::Numbers(x), GivenColumn::Numbers(y)];
/// let table = TypedTable::from_columns("example", vec!["x".into(), "y".into()], columns, &SchemaOptions::default())?;
/// let config = ImputerConfig { networks: 2, steps: 500, ..Default::default() };
/// let imputer = Imputer::fit(&config, &table, &mut Run::new())?;
/// let fills = imputer.impute(&table)?;
/// assert_eq!((fills.len(), fills[0].column, &fills[0].rows), (1, 1, &vec![50]));
/// let Cells::Numbers(values) = &fills[0].values else { unreachable!() };
/// assert!((values[0] - 100.0).abs() < 20.0);
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Imputer {
    pub(super) config: ImputerConfig,
    pub(super) schema: Schema,
    pub(super) encoding: Encoding,
    /// The columns of the encoding in the order in which draws fill them.
    pub(super) order: Vec<usize>,
    pub(super) networks: Vec<Trained>,
    /// For each column of the encoding, what becomes of the mean of the networks.
    pub(super) blends: Vec<Blend>,
    /// By column of the schema.
    pub(super) errors: Vec<ColumnError>,
    /// A hash of the rows that were learned.
    pub(super) learned: u64,
}

impl Imputer {
    /// What the columns of the table hold.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The configuration.
    pub fn config(&self) -> &ImputerConfig {
        &self.config
    }

    /// The losses of each network: of masked cells, a column that is always answered by its mean or frequencies counting as 1.
    pub fn histories(&self) -> impl Iterator<Item = &History> {
        self.networks.iter().map(|network| &network.history)
    }

    /// How far imputed cells are from the truth, a column after the other: measured on observed cells of rows that a network did not learn
    /// from, hidden with what else rows lack that lack such a cell. Each is filled by the networks that left its row out, one or a few,
    /// so the error of all together is a little smaller; the choice of the epoch and the calibration saw these rows, which makes it a
    /// little larger. Empty with one network, which leaves out no row.
    pub fn errors(&self) -> &[ColumnError] {
        &self.errors
    }

    /// One value for each missing cell of a table with this imputer's schema: for a number the mean of the networks and of the linear
    /// regressions beside them, weighted and corrected by what held-out cells tell; the category whose probability is largest in such a mean. Columns of integers get integers. A row's
    /// values depend on its own cells alone.
    ///
    /// # Errors
    /// If the table has other columns, or work is [stopped](crate::interrupt).
    pub fn impute(&self, table: &TypedTable) -> Result<Vec<Fill>> {
        check_fits(&self.schema, table)?;
        let gaps = self.gaps(table);
        let mut fills: Vec<Fill> = gaps.iter().map(Gap::fill).collect();
        let rows: Vec<usize> =
            (0..table.n_rows()).filter(|&row| gaps.iter().any(|gap| gap.cells.is_missing(row))).collect();
        let engines = self.engines()?;
        let mut answers = Answers::default();
        for rows in rows.chunks(AT_ONCE) {
            interrupt::check()?;
            let encoded = self.encoding.encode(table.columns(), rows);
            self.answer(&engines, &encoded.inputs, rows.len(), &mut answers);
            for (gap, fill) in gaps.iter().zip(&mut fills) {
                for (at, &row) in rows.iter().enumerate().filter(|(_, row)| gap.cells.is_missing(**row)) {
                    fill.rows.push(row);
                    self.push(fill, gap.coded, &answers, at);
                }
            }
        }
        fills.sort_by_key(|fill| fill.column);
        Ok(fills)
    }

    /// The answers for `n` rows of inputs.
    fn answer(&self, engines: &[Arc<dyn Apply>], inputs: &[f32], n: usize, answers: &mut Answers) {
        let encoding = &self.encoding;
        answers.mean.clear();
        answers.mean.resize(n * encoding.n_outputs, 0.0);
        answers.outputs.resize(n * encoding.n_outputs, 0.0);
        let share = 1.0 / engines.len() as f64;
        for (engine, trained) in engines.iter().zip(&self.networks) {
            engine.apply(EngineRows::Floats(inputs), 0..engine.network().layers.len(), &mut answers.outputs);
            let rows = inputs.chunks_exact(encoding.n_inputs);
            let rows = rows.zip(answers.outputs.chunks_exact(encoding.n_outputs));
            for ((inputs, outputs), mean) in rows.zip(answers.mean.chunks_exact_mut(encoding.n_outputs)) {
                complete(encoding, inputs, outputs, &mut answers.completed);
                let columns = encoding.columns.iter().zip(&self.blends);
                for (column, blend) in columns.filter(|(column, _)| inputs[column.inputs.end - 1] == 0.0) {
                    for unit in column.units.clone() {
                        let (network, regression) = trained.answers(unit, &answers.completed);
                        mean[unit] += share * blend.of(network, regression);
                    }
                }
            }
        }
    }

    /// Appends the answer for row `at` of a piece.
    fn push(&self, fill: &mut Fill, coded: usize, answers: &Answers, at: usize) {
        let coded = &self.encoding.columns[coded];
        let units = &answers.mean[at * self.encoding.n_outputs..][coded.units.clone()];
        match (&coded.code, &mut fill.values) {
            (Code::Number { mean, deviation, .. }, Cells::Numbers(values)) => {
                values.push(self.in_column(coded.column, mean + deviation * units[0]));
            }
            (Code::Category { other, .. }, Cells::Codes(values)) => {
                let named = (0..units.len()).filter(|&k| Some(k) != *other);
                let best = named.reduce(|best, k| if units[k] > units[best] { k } else { best });
                values.push(best.unwrap_or_default() as u32);
            }
            _ => {}
        }
    }

    /// A number as its column has them: whole if all observed ones are, and not beyond them.
    pub(super) fn in_column(&self, column: usize, value: f64) -> f64 {
        let column = &self.schema.columns[column];
        let value = if column.is_whole { value.round() } else { value };
        match column.range {
            Some([low, high]) if self.config.bounded => value.clamp(low, high),
            _ => value,
        }
    }

    /// The columns that have missing cells.
    pub(super) fn gaps<'a>(&self, table: &'a TypedTable) -> Vec<Gap<'a>> {
        let columns = self.encoding.columns.iter().enumerate();
        let gaps = columns.map(|(coded, column)| Gap {
            coded,
            column: column.column,
            cells: &table.columns()[column.column],
        });
        gaps.filter(|gap| (0..table.n_rows()).any(|row| gap.cells.is_missing(row))).collect()
    }

    pub(super) fn engines(&self) -> Result<Vec<Arc<dyn Apply>>> {
        let training = Training { threads: self.config.threads, ..Training::autoencoder() };
        let network = network(&self.config.hidden, &self.encoding);
        let open =
            |trained: &Trained| Device::of(&training).apply(network.clone(), trained.parameters.clone());
        self.networks.iter().map(open).collect()
    }
}

/// A column with missing cells.
pub(super) struct Gap<'a> {
    /// Its index in the encoding, and in the schema.
    pub(super) coded: usize,
    pub(super) column: usize,
    pub(super) cells: &'a Cells,
}

impl Gap<'_> {
    /// No values yet.
    pub(super) fn fill(&self) -> Fill {
        let values = match self.cells {
            Cells::Numbers(_) => Cells::Numbers(Vec::new()),
            _ => Cells::Codes(Vec::new()),
        };
        Fill { column: self.column, rows: Vec::new(), values }
    }
}

/// What the networks and their regressions answer for some rows.
#[derive(Default)]
struct Answers {
    /// `(n, units)`: blended standardised numbers and probabilities, averaged over networks; 0 for observed cells.
    mean: Vec<f64>,
    outputs: Vec<f32>,
    completed: Vec<f32>,
}

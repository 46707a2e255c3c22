//! What an imputation's page is made of.

use crate::data::{Cells, Fill, TypedTable};
use crate::impute::Imputer;

/// Most columns that are shown in figures.
pub(super) const MOST_SHOWN: usize = 12;

/// What an imputation's page is about.
///
/// ```
/// use penstroke::data::{GivenColumn, SchemaOptions, TypedTable};
/// use penstroke::impute::{ImputationReport, Imputer, ImputerConfig};
/// use penstroke::Run;
/// let mut x: Vec<f64> = (0..60).map(f64::from).collect();
/// x[7] = f64::NAN;
/// let columns = vec![GivenColumn::Numbers(x), GivenColumn::Numbers((0..60).map(|x| 2.5 * f64::from(x)).collect())];
/// let table = TypedTable::from_columns("example", vec!["x".into(), "y".into()], columns, &SchemaOptions::default())?;
/// let config = ImputerConfig { networks: 2, hidden: vec![8], steps: 20, ..Default::default() };
/// let imputer = Imputer::fit(&config, &table, &mut Run::new())?;
/// let imputations = [imputer.impute(&table)?];
/// let report = ImputationReport { table: &table, imputer: Some(&imputer), imputations: &imputations, footer: String::new() };
/// assert!(report.page()?.contains("Error by column"));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImputationReport<'a> {
    /// The table with its gaps.
    pub table: &'a TypedTable,
    /// What filled it; `None` if it has no gaps.
    pub imputer: Option<&'a Imputer>,
    /// The fills, one list for each imputation.
    pub imputations: &'a [Vec<Fill>],
    /// The last line of the page, such as the command.
    pub footer: String,
}

impl ImputationReport<'_> {
    pub(super) fn has_gaps(&self, column: usize) -> bool {
        let cells = &self.table.columns()[column];
        !matches!(cells, Cells::Left)
            && !self.table.lacks(column)
            && (0..self.table.n_rows()).any(|row| cells.is_missing(row))
    }

    /// Whether there is no other column that could tell of a column's cells.
    pub(super) fn is_one_column(&self) -> bool {
        self.table.schema().columns.iter().filter(|column| !column.kind.is_left()).count() == 1
    }

    pub(super) fn n_missing(&self, column: usize) -> usize {
        (0..self.table.n_rows()).filter(|&row| self.table.columns()[column].is_missing(row)).count()
    }

    pub(super) fn name(&self, column: usize) -> &str {
        &self.table.schema().columns[column].name
    }
}

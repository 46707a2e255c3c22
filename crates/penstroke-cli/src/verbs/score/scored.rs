//! A table with the scores of its rows.

use penstroke::Result;
use penstroke::anomaly::{Contamination, Detector, ExplainedRow};
use penstroke::data::{ColumnKind, TypedTable};

/// A table with the scores of its rows.
pub(super) struct Scored {
    pub(super) table: TypedTable,
    pub(super) detector: Detector,
    pub(super) rows: Vec<ExplainedRow>,
    pub(super) ids: Option<Ids>,
    pub(super) contamination: Contamination,
    /// Rows with a larger score count as anomalies.
    pub(super) threshold: f64,
}

/// The column that names rows.
pub(super) struct Ids {
    pub(super) name: String,
    /// One for each row.
    pub(super) texts: Vec<String>,
}

impl Scored {
    pub(super) fn is_anomaly(&self, row: &ExplainedRow) -> bool {
        row.score > self.threshold
    }

    pub(super) fn n_anomalies(&self) -> usize {
        self.rows.iter().filter(|row| self.is_anomaly(row)).count()
    }

    /// The rows with the largest scores, from 0, the largest first.
    pub(super) fn top(&self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|&a, &b| self.rows[b].score.total_cmp(&self.rows[a].score).then(a.cmp(&b)));
        order.truncate(n);
        order
    }
}

impl Ids {
    /// The names of the rows, if exactly one column has them.
    ///
    /// # Errors
    /// If they cannot be read as texts.
    pub(super) fn of(table: &TypedTable) -> Result<Option<Self>> {
        let columns = table.schema().columns.iter().enumerate();
        let mut named = columns.filter(|(_, column)| column.kind == ColumnKind::Id);
        match (named.next(), named.next()) {
            (Some((at, column)), None) if !table.lacks(at) => {
                Ok(Some(Self { name: column.name.clone(), texts: table.texts(at)? }))
            }
            _ => Ok(None),
        }
    }
}

//! Columns of row names and row numbers, which are left out of the values.

use crate::data::hold::ColumnPlace;

/// Whether a column counts the rows so far, from 0 or 1 in steps of one.
#[derive(Default)]
pub(super) struct Count {
    first: Option<f64>,
    n_rows: u64,
    is_broken: bool,
}

impl Count {
    pub(super) fn see(&mut self, value: f64) {
        let first = *self.first.get_or_insert(value);
        self.is_broken |= ![0.0, 1.0].contains(&first) || value != first + self.n_rows as f64;
        self.n_rows += 1;
    }

    /// Whether the column has counted all rows.
    pub(super) fn is_right(&self) -> bool {
        self.n_rows > 0 && !self.is_broken
    }
}

/// The warnings about columns that hold row names and are `left_out`, and about a first column without a name that `may_hold` them.
pub(super) fn warnings(file: &str, left_out: &[ColumnPlace], may_hold: bool) -> Vec<String> {
    let way_out = "choose the columns yourself to use it";
    let of_left_out = |place: &ColumnPlace| match place.name.as_deref() {
        Some("" | "Unnamed: 0") => {
            format!("{file}: column {} counts the rows and is left out; {way_out}", place.number)
        }
        _ => format!("{file}: {place} holds row names and is left out; {way_out}"),
    };
    let mut warnings: Vec<_> = left_out.iter().map(of_left_out).collect();
    if may_hold {
        warnings.push(format!(
            "{file}: column 1 has no name and is used as a value; if it holds row names, choose the other columns"
        ));
    }
    warnings
}

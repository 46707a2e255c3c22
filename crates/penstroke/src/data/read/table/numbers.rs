//! The numbers of a table's rows, in single precision, and what they lose by that.

use crate::data::hold::{Exact, Narrowing};

/// Numbers pushed row by row.
#[derive(Default)]
pub(super) struct Numbers {
    /// Row-major; NaN where a number is missing.
    pub(super) floats: Vec<f32>,
    narrowing: Narrowing,
    /// The column of the next number.
    next: usize,
    n_columns: usize,
}

impl Numbers {
    /// Rows of numbers that are the values `places` of a sample. Those in `kept` stay in double precision.
    pub(super) fn new(places: &[usize], kept: &[usize]) -> Self {
        let kept = (0..places.len()).filter(|&column| kept.contains(&places[column]));
        let narrowing = Narrowing::new(places.len(), kept);
        Self { floats: Vec::new(), narrowing, next: 0, n_columns: places.len() }
    }

    /// Pushes the next number of a row, NaN for a missing one.
    pub(super) fn push(&mut self, number: f64) {
        self.floats.push(number as f32);
        if self.narrowing.is_done() {
            return;
        }
        self.narrowing.push(self.next, number);
        self.next = if self.next + 1 < self.n_columns { self.next + 1 } else { 0 };
    }

    /// Leaves the first column out.
    pub(super) fn leave_out_first(&mut self) {
        let (n, mut at) = (self.n_columns, 0..);
        self.floats.retain(|_| at.next().is_some_and(|at: usize| !at.is_multiple_of(n)));
        self.narrowing.leave_out_first();
        self.n_columns = n.saturating_sub(1);
    }

    /// What the values `places` lose in single precision.
    pub(super) fn finish(self, places: &[usize]) -> Exact {
        let Exact { mut close, columns } = self.narrowing.finish();
        close.iter_mut().for_each(|close| close.column = places[close.column]);
        Exact {
            close,
            columns: columns.into_iter().map(|(column, values)| (places[column], values)).collect(),
        }
    }
}

/// The mean of the values that are not NaN.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) =
        values.filter(|value| !value.is_nan()).fold((0.0, 0u64), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}

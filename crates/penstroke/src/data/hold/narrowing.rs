//! Numbers narrowed to single precision. Columns that would lose their differences stay in double precision beside it.
//!
//! A float has 24 bits: from 2³⁰ on, where seconds since 1970 are, it can hold multiples of 128 only. A column is *close* if
//! a value of it is rounded, and all of them lie within fewer than 2¹⁶ neighbouring floats. Most columns are not: they span
//! more floats after a few values, and then cost nothing more.

use crate::{Result, interrupt};
use std::collections::{BTreeMap, HashMap};

/// Number of values to look at before asking whether to stop.
const PIECE: usize = 1 << 20;

/// A column whose values are spread over this many floats is not close.
const SPREAD: f64 = 65536.0;

/// A column whose values are too close together for single precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CloseColumn {
    /// The column, from 0; always 0 for pictures, whose pixels share one unit.
    pub column: usize,
    /// The smallest value.
    pub low: f64,
    /// The largest value.
    pub high: f64,
    /// Whether different values become the same float.
    pub is_lossy: bool,
}

impl CloseColumn {
    /// The distance between neighbouring floats at the largest value.
    ///
    /// ```
    /// use penstroke::data::CloseColumn;
    /// let seconds = CloseColumn { column: 0, low: 1.7e9, high: 1.7e9 + 199.0, is_lossy: true };
    /// assert_eq!(seconds.step(), 128.0);
    /// ```
    #[must_use]
    pub fn step(&self) -> f64 {
        step(self.low, self.high)
    }
}

fn step(low: f64, high: f64) -> f64 {
    let largest = low.abs().max(high.abs()) as f32;
    f64::from(largest.next_up()) - f64::from(largest)
}

/// The columns of values `(n, d)` that are too close together for single precision.
///
/// # Errors
/// Only if it [is stopped](crate::interrupt).
pub fn close_columns(values: &[f64], d: usize) -> Result<Vec<CloseColumn>> {
    let mut narrowing = Narrowing::new(d, []).without_values();
    for end in (0..values.len()).step_by(PIECE).skip(1).chain([values.len()]) {
        interrupt::check()?;
        narrowing.see(end, Strides { column: 1, row: d }, |at| values[at]);
        if narrowing.is_done() {
            break;
        }
    }
    Ok(narrowing.finish().close)
}

/// What single precision would lose of a data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::data) struct Exact {
    /// The close columns.
    pub(in crate::data) close: Vec<CloseColumn>,
    /// Columns in double precision.
    pub(in crate::data) columns: BTreeMap<usize, Doubles>,
}

/// The values of a column from row `first` on, NaN for missing ones; those before are the same in single precision.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) struct Doubles {
    pub(in crate::data) first: usize,
    pub(in crate::data) values: Vec<f64>,
}

impl Doubles {
    /// All values of the column, whose `floats` they replace.
    pub(in crate::data) fn among(&self, floats: impl Iterator<Item = f32>) -> impl Iterator<Item = f64> {
        floats.map(f64::from).take(self.first).chain(self.values.iter().copied())
    }

    /// Replaces missing values, which are NaN.
    pub(in crate::data) fn fill(&mut self, mean: f64) {
        self.values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = mean);
    }
}

impl Exact {
    /// Of `n` values in rows of `n_columns`; in one column if all share a unit, as pixels do.
    pub(in crate::data) fn of(n: usize, n_columns: usize, value: impl Fn(usize) -> f64) -> Self {
        let mut narrowing = Narrowing::new(n_columns, []);
        narrowing.see(n, Strides { column: 1, row: n_columns }, value);
        narrowing.finish()
    }

    /// The value at `index` of all values, `(n, d)`, where it is not the same in single precision.
    pub(in crate::data) fn value(&self, index: usize, d: usize, is_picture: bool) -> Option<f64> {
        let (row, column) = if is_picture { (index, 0) } else { (index / d, index % d) };
        let Doubles { first, values } = self.columns.get(&column)?;
        values.get(row.checked_sub(*first)?).copied()
    }

    /// Rearranges the values of each column: `of` gives their order. `float` gives a column's values in single precision.
    pub(in crate::data) fn rearranged(
        &self,
        order: impl Iterator<Item = usize> + Clone,
        float: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let of = |(&c, column): (&usize, &Doubles)| {
            let exact = |k: usize| column.values.get(k.checked_sub(column.first)?).copied();
            let values = order.clone().map(|k| exact(k).unwrap_or_else(|| float(c, k).into())).collect();
            (c, Doubles { first: 0, values })
        };
        Self { close: self.close.clone(), columns: self.columns.iter().map(of).collect() }
    }
}

/// Where the values of a column are: the `k`-th of column `c` at `c * column + k * row`.
#[derive(Clone, Copy, Debug)]
pub(in crate::data) struct Strides {
    pub(in crate::data) column: usize,
    pub(in crate::data) row: usize,
}

/// Watches columns while they are narrowed.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Narrowing {
    n_columns: usize,
    /// Those seen so far: a header that claims a billion columns costs nothing until their values arrive.
    columns: Vec<Watched>,
    /// The columns seen that may still be close.
    open: Vec<usize>,
    kept: Vec<usize>,
    is_storing: bool,
}

/// A column so far.
#[derive(Clone, Debug)]
struct Watched {
    low: f64,
    high: f64,
    /// Number of values.
    n: usize,
    /// Whether it is not close.
    is_settled: bool,
    is_rounded: bool,
    /// Values by the bits of their floats; the first of those with the same float.
    distinct: HashMap<u32, f64>,
    is_lossy: bool,
    /// Whether it stays in double precision in any case.
    is_kept: bool,
    /// Whether its values are stored, from the first that is rounded or missing.
    is_stored: bool,
    exact: Option<Doubles>,
}

impl Narrowing {
    /// Watches `n_columns`. The columns `kept` stay in double precision in any case.
    pub(in crate::data) fn new(n_columns: usize, kept: impl IntoIterator<Item = usize>) -> Self {
        let kept = kept.into_iter().collect();
        Self { n_columns, columns: Vec::new(), open: Vec::new(), kept, is_storing: true }
    }

    /// Watches without storing values.
    pub(in crate::data) fn without_values(self) -> Self {
        Self { is_storing: false, ..self }
    }

    /// Begins to watch the first `n` columns.
    fn begin(&mut self, n: usize) {
        for column in self.columns.len()..n.min(self.n_columns) {
            self.columns.push(Watched::new(self.kept.contains(&column), self.is_storing));
            self.open.push(column);
        }
    }

    /// Sees all values below index `end` that it has not seen yet.
    pub(in crate::data) fn see(&mut self, end: usize, strides: Strides, value: impl Fn(usize) -> f64) {
        self.begin(end.div_ceil(strides.column));
        let Self { columns, open, .. } = self;
        // In column-major order, a column ends where the next begins.
        let len = if strides.row < strides.column { strides.column } else { usize::MAX };
        open.retain(|&c| {
            let column = &mut columns[c];
            let at = |k: usize| c * strides.column + k * strides.row;
            while column.n < len && at(column.n) < end {
                if !column.push(value(at(column.n))) {
                    return false;
                }
            }
            true
        });
    }

    /// Sees the next value of a column, NaN for a missing one.
    pub(in crate::data) fn push(&mut self, column: usize, value: f64) {
        self.begin(column + 1);
        if let Some(watched) = self.columns.get_mut(column).filter(|watched| !watched.is_settled)
            && !watched.push(value)
        {
            watched.is_settled = true;
            self.open.retain(|&open| open != column);
        }
    }

    /// Leaves the first column out.
    pub(in crate::data) fn leave_out_first(&mut self) {
        self.n_columns = self.n_columns.saturating_sub(1);
        self.kept = self.kept.iter().filter_map(|kept| kept.checked_sub(1)).collect();
        self.columns = self.columns.split_off(self.columns.len().min(1));
        self.open = self.open.iter().filter_map(|open| open.checked_sub(1)).collect();
    }

    /// Whether no column is watched any more.
    pub(in crate::data) fn is_done(&self) -> bool {
        self.open.is_empty() && self.columns.len() == self.n_columns
    }

    /// The close columns, and the values of these and of the kept ones.
    pub(in crate::data) fn finish(mut self) -> Exact {
        let mut exact = Exact::default();
        for c in self.open {
            let column = &mut self.columns[c];
            let &mut Watched { low, high, is_rounded, is_lossy, is_kept, .. } = column;
            let is_close = is_rounded && low < high && column.is_narrow();
            if is_close {
                exact.close.push(CloseColumn { column: c, low, high, is_lossy });
            }
            if let Some(values) = column.exact.take().filter(|_| is_close || is_kept) {
                exact.columns.insert(c, values);
            }
        }
        exact
    }
}

impl Watched {
    fn new(is_kept: bool, is_stored: bool) -> Self {
        Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            n: 0,
            is_settled: false,
            is_rounded: false,
            distinct: HashMap::new(),
            is_lossy: false,
            is_kept,
            is_stored,
            exact: None,
        }
    }

    /// Whether the values so far span few floats.
    fn is_narrow(&self) -> bool {
        self.low > self.high || self.high - self.low < SPREAD * step(self.low, self.high)
    }

    /// Whether the column may still be close, or is kept.
    fn is_open(&self) -> bool {
        self.is_kept || self.is_narrow()
    }

    /// Sees the next value, NaN for a missing one, and returns whether the column is still open.
    fn push(&mut self, value: f64) -> bool {
        if !value.is_nan() {
            self.find(value);
            if !self.is_open() {
                self.exact = None;
                return false;
            }
        }
        if let Some(exact) = &mut self.exact {
            exact.values.push(value);
        } else if self.is_stored && (self.is_rounded || value.is_nan()) {
            self.exact = Some(Doubles { first: self.n, values: vec![value] });
        }
        self.n += 1;
        true
    }

    fn find(&mut self, value: f64) {
        if !self.is_rounded && f64::from(value as f32) != value {
            self.is_rounded = true;
            // Of the values before, which were not rounded, the nearest.
            let before = [self.low, self.high].into_iter().filter(|x| x.is_finite());
            self.distinct = before.map(|x| ((x as f32).to_bits(), x)).collect();
        }
        (self.low, self.high) = (self.low.min(value), self.high.max(value));
        if self.is_rounded && !self.is_lossy && self.is_narrow() {
            self.is_lossy = *self.distinct.entry((value as f32).to_bits()).or_insert(value) != value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(rows: &[[f64; 2]]) -> Exact {
        let mut narrowing = Narrowing::new(2, []);
        // In two parts, the first of them ending within a row.
        for end in [3, 2 * rows.len()] {
            narrowing.see(end, Strides { column: 1, row: 2 }, |i| rows[i / 2][i % 2]);
        }
        narrowing.finish()
    }

    #[test]
    fn close_columns_are_found_and_kept() {
        let rows: Vec<[f64; 2]> = (0..200).map(|k| [f64::from(k) / 7.0, 1.7e9 + f64::from(k)]).collect();
        let exact = watched(&rows);
        assert_eq!(exact.close, [CloseColumn { column: 1, low: 1.7e9, high: 1.7e9 + 199.0, is_lossy: true }]);
        assert_eq!(exact.columns.len(), 1);
        let exactly =
            |row: usize| exact.value(2 * row + 1, 2, false).unwrap_or(f64::from(rows[row][1] as f32));
        assert!((0..200).all(|row| exactly(row) == rows[row][1]));
        assert_eq!(exact.value(3, 2, false), Some(1.7e9 + 1.0));
        assert_eq!(exact.value(2, 2, false), None);
    }

    #[test]
    fn columns_cost_nothing_before_their_values_arrive() {
        let mut narrowing = Narrowing::new(1 << 40, []);
        narrowing.see(3, Strides { column: 1, row: 1 << 40 }, |_| 0.1);
        assert_eq!((narrowing.columns.len(), narrowing.is_done()), (3, false));
    }

    #[test]
    fn ordinary_columns_are_not_close() {
        let check = |value: fn(i32) -> f64| {
            let rows: Vec<[f64; 2]> = (0..200).map(|k| [value(k), 0.0]).collect();
            assert_eq!(watched(&rows), Exact::default());
        };
        // Constant, exact, wide, and rounded in the last bits only.
        check(|_| 0.1);
        check(|k| 2000.0 + f64::from(k % 3));
        check(|k| 1e9 * f64::from(k) + 1.0);
        check(|k| 300.0 + f64::from(k) / 70.0);
        check(|k| if k == 150 { 0.0 } else { 1.7e9 + f64::from(k) });
    }

    #[test]
    fn columns_of_column_major_values_are_watched_too() {
        let values = [1e9, 1e9 + 1.0, 1e9 + 2.0, 0.0, 0.1, 0.2];
        let mut narrowing = Narrowing::new(2, [1]);
        narrowing.see(6, Strides { column: 3, row: 1 }, |i| values[i]);
        let exact = narrowing.finish();
        let of = |first, values: &[f64]| Doubles { first, values: values.to_vec() };
        assert_eq!(exact.close, [CloseColumn { column: 0, low: 1e9, high: 1e9 + 2.0, is_lossy: true }]);
        assert_eq!(exact.columns, [(0, of(1, &values[1..3])), (1, of(1, &values[4..]))].into());
    }
}

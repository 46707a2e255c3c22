//! Columns of a record batch, as numbers or as texts.

use super::guard::line;
use super::kind::{Kind, is_list};
use crate::data::read::table::field::LEAVE_OUT;
use crate::data::read::table::gather::Gather;
use crate::error::Problem;
use crate::error::counted;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, GenericListArray, OffsetSizeTrait};
use arrow_schema::DataType;
use std::borrow::Cow;
use std::ops::Range;

/// A column of a batch, ready to be read row by row.
pub(in crate::data) enum Column<'a> {
    /// Numbers, NaN where missing, and the number of values per row.
    Numbers(Vec<f64>, usize),
    /// Texts, or values that can be written as text.
    Texts(Texts<'a>),
}

/// The shape of a column's values in a row: `[]` for one value, `[4, 3]` for a list of four lists of three.
pub(super) fn shape(array: &dyn Array) -> Result<Vec<usize>, Problem> {
    let (mut shape, mut inner): (_, ArrayRef) = (Vec::new(), array.slice(0, array.len()));
    while is_list(inner.data_type()) {
        let Some(row) = (0..inner.len()).find(|&row| inner.is_valid(row)) else {
            let problem = "begins with rows without a list, so the length of its lists is unknown";
            return Err(Problem::from(problem).with("columns", LEAVE_OUT));
        };
        let (values, ends) = elements(&*inner, row);
        if ends.is_empty() {
            return Err(Problem::from("holds empty lists").with("columns", LEAVE_OUT));
        }
        shape.push(ends.len());
        inner = values.slice(ends.start, ends.len());
    }
    Ok(shape)
}

/// The elements of all lists of a column, and which of them belong to a row.
fn elements(array: &dyn Array, row: usize) -> (&ArrayRef, Range<usize>) {
    fn range<O: OffsetSizeTrait>(lists: &GenericListArray<O>, row: usize) -> (&ArrayRef, Range<usize>) {
        let offsets = lists.value_offsets();
        (lists.values(), offsets[row].as_usize()..offsets[row + 1].as_usize())
    }
    match array.data_type() {
        DataType::List(_) => range(array.as_list::<i32>(), row),
        DataType::LargeList(_) => range(array.as_list::<i64>(), row),
        _ => {
            let lists = array.as_fixed_size_list();
            let width = usize::try_from(lists.value_length()).unwrap_or(0);
            (lists.values(), row * width..(row + 1) * width)
        }
    }
}

impl<'a> Column<'a> {
    /// Reads numbers of this shape per row. `n_before` rows came before, which messages need for row numbers.
    pub(in crate::data) fn numbers(
        array: &dyn Array,
        shape: &[usize],
        n_before: u64,
    ) -> Result<Self, Problem> {
        let width = shape.iter().product();
        Ok(Column::Numbers(lists(array, shape, Nested { first: n_before, per_row: 1 })?, width))
    }

    /// Reads one text per row.
    pub(in crate::data) fn texts(array: &'a dyn Array) -> Result<Self, Problem> {
        Texts::of(array).map(Column::Texts)
    }

    /// Pushes the row's values for feature `k`.
    pub(super) fn push(&self, row: usize, k: usize, gather: &mut Gather) -> Result<(), Problem> {
        match self {
            Column::Numbers(numbers, width) => {
                for &number in &numbers[row * width..(row + 1) * width] {
                    if number.is_nan() { gather.push_missing(k)? } else { gather.push_number(k, number)? }
                }
                Ok(())
            }
            Column::Texts(_) => gather.push_category(k, self.text(row).as_deref()),
        }
    }

    /// The number of a row that has one; `None` if it is missing.
    pub(in crate::data) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Column::Numbers(numbers, 1) => numbers.get(row).copied().filter(|number| !number.is_nan()),
            _ => None,
        }
    }

    /// The text of a row, trimmed; `None` if it is null.
    pub(in crate::data) fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        let Column::Texts(texts) = self else { return None };
        Some(match texts.get(row)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            owned => owned,
        })
    }

    /// The value of a row, for messages.
    pub(in crate::data) fn shown(&self, row: usize) -> String {
        match self {
            Column::Numbers(numbers, width) => match &numbers[row * width..(row + 1) * width] {
                [number] if number.is_nan() => "null or nan".into(),
                [number] => format!("{number:?}").trim_end_matches(".0").to_owned(),
                _ => "a value in the list".into(),
            },
            Column::Texts(_) => match self.text(row) {
                None => "null".into(),
                Some(text) => {
                    let mut shown: String = text.chars().take(40).collect();
                    if shown.len() < text.len() {
                        shown.push('…');
                    }
                    format!("{shown:?}")
                }
            },
        }
    }
}

/// Which entries of nested lists an array holds: from number `first` on, `per_row` to a row of the table.
#[derive(Clone, Copy)]
struct Nested {
    first: u64,
    per_row: u64,
}

/// The numbers of lists that all have this shape; NaN where a list is null.
fn lists(array: &dyn Array, shape: &[usize], at: Nested) -> Result<Vec<f64>, Problem> {
    let [width, inner @ ..] = shape else { return numbers(array) };
    if !is_list(array.data_type()) {
        return Err("holds lists in some rows and single values in others".into());
    }
    let n_numbers: usize = shape.iter().product();
    let mut out = Vec::new();
    let mut row = 0;
    while row < array.len() {
        let first = row;
        let mut run = 0..0;
        // The elements of consecutive rows that are not null are contiguous.
        while row < array.len() && array.is_valid(row) {
            let (_, range) = elements(array, row);
            if range.len() != *width {
                let row = (at.first + row as u64) / at.per_row + 1;
                let problem = format!(
                    "row {row} (from 1) holds a list of {} instead of {width}",
                    counted(range.len(), "value")
                );
                return Err(format!("{problem}; all lists must have one length").into());
            }
            run = if row == first { range } else { run.start..range.end };
            row += 1;
        }
        if row > first {
            let width = *width as u64;
            let inside = Nested { first: (at.first + first as u64) * width, per_row: at.per_row * width };
            out.extend(lists(&elements(array, first).0.slice(run.start, run.len()), inner, inside)?);
        }
        while row < array.len() && array.is_null(row) {
            out.extend(std::iter::repeat_n(f64::NAN, n_numbers));
            row += 1;
        }
    }
    Ok(out)
}

/// One number per row; NaN for null.
fn numbers(array: &dyn Array) -> Result<Vec<f64>, Problem> {
    macro_rules! numbers {
        ($type:ty, $number:expr) => {
            array.as_primitive::<$type>().values().iter().map($number).collect()
        };
    }
    macro_rules! decimals {
        ($type:ty, $scale:expr) => {{
            let one = 10f64.powi(i32::from(*$scale));
            numbers!($type, |&v| v as f64 / one)
        }};
    }
    let values: Vec<f64> = match array.data_type() {
        DataType::Null => vec![f64::NAN; array.len()],
        DataType::Boolean => array.as_boolean().values().iter().map(|v| f64::from(u8::from(v))).collect(),
        DataType::Int8 => numbers!(Int8Type, |&v| v as f64),
        DataType::Int16 => numbers!(Int16Type, |&v| v as f64),
        DataType::Int32 => numbers!(Int32Type, |&v| v as f64),
        DataType::Int64 => numbers!(Int64Type, |&v| v as f64),
        DataType::UInt8 => numbers!(UInt8Type, |&v| v as f64),
        DataType::UInt16 => numbers!(UInt16Type, |&v| v as f64),
        DataType::UInt32 => numbers!(UInt32Type, |&v| v as f64),
        DataType::UInt64 => numbers!(UInt64Type, |&v| v as f64),
        DataType::Float16 => numbers!(Float16Type, |v| v.to_f64()),
        DataType::Float32 => numbers!(Float32Type, |&v| v.into()),
        DataType::Float64 => numbers!(Float64Type, |&v| v),
        DataType::Decimal32(_, scale) => decimals!(Decimal32Type, scale),
        DataType::Decimal64(_, scale) => decimals!(Decimal64Type, scale),
        DataType::Decimal128(_, scale) => decimals!(Decimal128Type, scale),
        DataType::Dictionary(_, values) if values.is_numeric() => return numbers(&*looked_up(array)?),
        other => return Err(Kind::not_numbers(other)),
    };
    Ok(blank(values, array))
}

/// Writes NaN where the array is null.
fn blank(mut values: Vec<f64>, array: &dyn Array) -> Vec<f64> {
    if let Some(nulls) = array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
        values
            .iter_mut()
            .enumerate()
            .filter(|(row, _)| nulls.is_null(*row))
            .for_each(|(_, value)| *value = f64::NAN);
    }
    values
}

/// The values that the keys of a dictionary array stand for.
fn looked_up(array: &dyn Array) -> Result<ArrayRef, Problem> {
    let dictionary = array.as_any_dictionary();
    arrow_select::take::take(dictionary.values(), dictionary.keys(), None)
        .map_err(|error| format!("is damaged: {}", line(&error)).into())
}

/// A column of texts, or of values that can be written as text.
pub(in crate::data) struct Texts<'a> {
    values: &'a dyn Array,
    /// For dictionaries: the index in `values` of each row's text.
    keys: Option<Vec<Option<usize>>>,
}

impl<'a> Texts<'a> {
    fn of(array: &'a dyn Array) -> Result<Self, Problem> {
        let (values, keys) = match array.as_any_dictionary_opt() {
            None => (array, None),
            Some(dictionary) => {
                let values: &dyn Array = dictionary.values();
                let places = match values.is_empty() {
                    true => vec![0; array.len()],
                    false => dictionary.normalized_keys(),
                };
                let keys = places.into_iter().enumerate();
                let keys = keys
                    .map(|(row, key)| (dictionary.keys().is_valid(row) && key < values.len()).then_some(key));
                (values, Some(keys.collect()))
            }
        };
        let kind = values.data_type();
        let is_text = matches!(
            kind,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean | DataType::Null
        );
        let is_number = kind.is_integer() || matches!(kind, DataType::Float32 | DataType::Float64);
        if !is_text && !is_number {
            return Err(Kind::not_names(kind));
        }
        Ok(Self { values, keys })
    }

    fn get(&self, row: usize) -> Option<Cow<'a, str>> {
        let at = match &self.keys {
            Some(keys) => keys[row]?,
            None => row,
        };
        if self.values.is_null(at) {
            return None;
        }
        macro_rules! number {
            ($type:ty) => {
                Cow::Owned(self.values.as_primitive::<$type>().value(at).to_string())
            };
        }
        Some(match self.values.data_type() {
            DataType::Utf8 => Cow::Borrowed(self.values.as_string::<i32>().value(at)),
            DataType::LargeUtf8 => Cow::Borrowed(self.values.as_string::<i64>().value(at)),
            DataType::Utf8View => Cow::Borrowed(self.values.as_string_view().value(at)),
            DataType::Boolean => Cow::Owned(self.values.as_boolean().value(at).to_string()),
            DataType::Int8 => number!(Int8Type),
            DataType::Int16 => number!(Int16Type),
            DataType::Int32 => number!(Int32Type),
            DataType::Int64 => number!(Int64Type),
            DataType::UInt8 => number!(UInt8Type),
            DataType::UInt16 => number!(UInt16Type),
            DataType::UInt32 => number!(UInt32Type),
            DataType::UInt64 => number!(UInt64Type),
            DataType::Float32 => number!(Float32Type),
            DataType::Float64 => number!(Float64Type),
            _ => return None,
        })
    }
}

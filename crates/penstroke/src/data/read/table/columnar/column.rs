//! Columns of a record batch, as numbers or as texts.

use super::guard::line;
use crate::data::read::table::field::LEAVE_OUT;
use crate::data::read::table::gather::Gather;
use crate::error::Problem;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, OffsetSizeTrait};
use arrow_schema::DataType;
use std::borrow::Cow;

/// A column of a batch, ready to be read row by row.
pub(super) enum Column<'a> {
    /// Numbers, NaN where missing, and the number of values per row.
    Numbers(Vec<f32>, usize),
    /// Texts, or values that can be written as text.
    Texts(Texts<'a>),
}

/// The number of values that a column has per row.
pub(super) fn width(array: &dyn Array) -> Result<usize, Problem> {
    let width = match array.data_type() {
        DataType::FixedSizeList(_, width) => usize::try_from(*width).ok(),
        DataType::List(_) => first_length(array.as_list::<i32>().offsets().lengths(), array),
        DataType::LargeList(_) => first_length(array.as_list::<i64>().offsets().lengths(), array),
        _ => Some(1),
    };
    match width {
        Some(0) => Err(Problem::from("holds empty lists").with("columns", LEAVE_OUT)),
        Some(width) => Ok(width),
        None => Err(Problem::from("begins with rows without a list, so the length of its lists is unknown")
            .with("columns", LEAVE_OUT)),
    }
}

/// The length of the first list that is not null.
fn first_length(mut lengths: impl Iterator<Item = usize>, array: &dyn Array) -> Option<usize> {
    let at = (0..array.len()).find(|&at| array.is_valid(at))?;
    lengths.nth(at)
}

impl<'a> Column<'a> {
    /// Reads `width` numbers per row. `n_before` rows came before, which messages need for row numbers.
    pub(super) fn numbers(array: &dyn Array, width: usize, n_before: u64) -> Result<Self, Problem> {
        let numbers = match array.data_type() {
            DataType::FixedSizeList(_, _) => {
                let lists = array.as_fixed_size_list();
                let found = lists.value_length();
                if usize::try_from(found) != Ok(width) {
                    return Err(wrong_length(n_before, found, width));
                }
                blank(numbers(lists.values())?, array, width)
            }
            DataType::List(_) => lists::<i32>(array, width, n_before)?,
            DataType::LargeList(_) => lists::<i64>(array, width, n_before)?,
            _ => numbers(array)?,
        };
        Ok(Column::Numbers(numbers, width))
    }

    /// Reads one text per row.
    pub(super) fn texts(array: &'a dyn Array) -> Result<Self, Problem> {
        Texts::of(array).map(Column::Texts)
    }

    /// Pushes the row's values for feature `k`.
    pub(super) fn push(&self, row: usize, k: usize, gather: &mut Gather) -> Result<(), Problem> {
        match self {
            Column::Numbers(numbers, width) => {
                for &number in &numbers[row * width..(row + 1) * width] {
                    if number.is_nan() { gather.push_missing()? } else { gather.push_number(number)? }
                }
                Ok(())
            }
            Column::Texts(_) => gather.push_category(k, &self.text(row).unwrap_or_default()),
        }
    }

    /// The text of a row, trimmed; `None` if it is null.
    pub(super) fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        let Column::Texts(texts) = self else { return None };
        Some(match texts.get(row)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            owned => owned,
        })
    }

    /// The value of a row, for messages.
    pub(super) fn shown(&self, row: usize) -> String {
        match self {
            Column::Numbers(numbers, width) => match &numbers[row * width..(row + 1) * width] {
                [number] if number.is_nan() => "null or nan".into(),
                [number] => number.to_string(),
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

fn wrong_length(row: u64, found: impl std::fmt::Display, width: usize) -> Problem {
    format!(
        "row {} (from 1) holds a list of {found} values instead of {width}; all lists must have one length",
        row + 1
    )
    .into()
}

/// The numbers of lists that all have the same length.
fn lists<O: OffsetSizeTrait>(array: &dyn Array, width: usize, n_before: u64) -> Result<Vec<f32>, Problem> {
    let lists = array.as_list::<O>();
    let offsets = lists.value_offsets();
    let mut out = Vec::new();
    // The numbers of consecutive non-null rows are contiguous.
    let mut row = 0;
    while row < lists.len() {
        let first = row;
        while row < lists.len() && lists.is_valid(row) {
            let found = offsets[row + 1] - offsets[row];
            if found.to_usize() != Some(width) {
                return Err(wrong_length(n_before + row as u64, found.as_usize(), width));
            }
            row += 1;
        }
        let (from, n) = (offsets[first].as_usize(), (row - first) * width);
        out.extend(numbers(&lists.values().slice(from, n))?);
        while row < lists.len() && lists.is_null(row) {
            out.extend(std::iter::repeat_n(f32::NAN, width));
            row += 1;
        }
    }
    Ok(out)
}

/// One number per row; NaN for null.
fn numbers(array: &dyn Array) -> Result<Vec<f32>, Problem> {
    macro_rules! numbers {
        ($type:ty, $number:expr) => {
            array.as_primitive::<$type>().values().iter().map($number).collect()
        };
    }
    macro_rules! decimals {
        ($type:ty, $scale:expr) => {{
            let one = 10f64.powi(i32::from(*$scale));
            numbers!($type, |&v| (v as f64 / one) as f32)
        }};
    }
    let values: Vec<f32> = match array.data_type() {
        DataType::Null => vec![f32::NAN; array.len()],
        DataType::Boolean => array.as_boolean().values().iter().map(|v| f32::from(u8::from(v))).collect(),
        DataType::Int8 => numbers!(Int8Type, |&v| v as f32),
        DataType::Int16 => numbers!(Int16Type, |&v| v as f32),
        DataType::Int32 => numbers!(Int32Type, |&v| v as f32),
        DataType::Int64 => numbers!(Int64Type, |&v| v as f32),
        DataType::UInt8 => numbers!(UInt8Type, |&v| v as f32),
        DataType::UInt16 => numbers!(UInt16Type, |&v| v as f32),
        DataType::UInt32 => numbers!(UInt32Type, |&v| v as f32),
        DataType::UInt64 => numbers!(UInt64Type, |&v| v as f32),
        DataType::Float16 => numbers!(Float16Type, |v| v.to_f32()),
        DataType::Float32 => numbers!(Float32Type, |&v| v),
        DataType::Float64 => numbers!(Float64Type, |&v| v as f32),
        DataType::Decimal32(_, scale) => decimals!(Decimal32Type, scale),
        DataType::Decimal64(_, scale) => decimals!(Decimal64Type, scale),
        DataType::Decimal128(_, scale) => decimals!(Decimal128Type, scale),
        DataType::Dictionary(_, values) if values.is_numeric() => return numbers(&*looked_up(array)?),
        other => {
            let is_text = matches!(other, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
                || matches!(other, DataType::Dictionary(_, values) if !values.is_nested());
            let problem =
                Problem::from(format!("holds {}, not numbers", in_words(other))).with("columns", LEAVE_OUT);
            return Err(if is_text { problem.with("one_hot", "read it as categories") } else { problem });
        }
    };
    Ok(blank(values, array, 1))
}

/// Writes NaN where the array is null.
fn blank(mut values: Vec<f32>, array: &dyn Array, width: usize) -> Vec<f32> {
    if let Some(nulls) = array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
        for (row, value) in values.chunks_exact_mut(width).enumerate() {
            if nulls.is_null(row) {
                value.fill(f32::NAN);
            }
        }
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
pub(super) struct Texts<'a> {
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
            return Err(
                format!("holds {}, not names; leave it out, or write it as text", in_words(kind)).into()
            );
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

/// What a column of this type holds, for messages.
fn in_words(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".into(),
        DataType::Dictionary(_, values) => in_words(values),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytes".into()
        }
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => "dates".into(),
        DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) | DataType::Interval(_) => {
            "times".into()
        }
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => "records".into(),
        kind if kind.is_nested() => "lists".into(),
        other => format!("{other}"),
    }
}

//! Arrow arrays with missing values filled.

use super::values::Value;
use crate::data::read::table::columnar::Column;
use crate::error::Problem;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal32Type, Decimal64Type, Decimal128Type, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, LargeStringArray, PrimitiveArray, StringArray,
    StringViewArray, new_null_array,
};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use std::collections::HashMap;
use std::sync::Arc;

/// The array with these values in these rows, of the same type. Whole numbers are rounded.
pub(super) fn filled(array: &ArrayRef, values: &[(usize, Value<'_>)]) -> Result<ArrayRef, Problem> {
    if values.is_empty() {
        return Ok(Arc::clone(array));
    }
    macro_rules! whole {
        ($type:ty) => {
            primitive::<$type>(array, values, |number| {
                number.round() as <$type as ArrowPrimitiveType>::Native
            })
        };
    }
    macro_rules! decimal {
        ($type:ty, $scale:expr) => {{
            let one = 10f64.powi(i32::from(*$scale));
            primitive::<$type>(array, values, |number| {
                (number * one).round() as <$type as ArrowPrimitiveType>::Native
            })
        }};
    }
    match array.data_type() {
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => whole!(UInt64Type),
        DataType::Float16 => {
            primitive::<Float16Type>(array, values, <Float16Type as ArrowPrimitiveType>::Native::from_f64)
        }
        DataType::Float32 => primitive::<Float32Type>(array, values, |number| number as f32),
        DataType::Float64 => primitive::<Float64Type>(array, values, |number| number),
        DataType::Decimal32(_, scale) => decimal!(Decimal32Type, scale),
        DataType::Decimal64(_, scale) => decimal!(Decimal64Type, scale),
        DataType::Decimal128(_, scale) => decimal!(Decimal128Type, scale),
        DataType::Boolean => {
            let mut all: Vec<Option<bool>> = array.as_boolean().iter().collect();
            for (row, value) in values {
                all[*row] = Some(text(*value)? == "true");
            }
            Ok(Arc::new(BooleanArray::from(all)))
        }
        DataType::Utf8 => {
            let all = texts(array.as_string::<i32>().iter(), values)?;
            Ok(Arc::new(StringArray::from(all)))
        }
        DataType::LargeUtf8 => {
            let all = texts(array.as_string::<i64>().iter(), values)?;
            Ok(Arc::new(LargeStringArray::from(all)))
        }
        DataType::Utf8View => {
            let all = texts(array.as_string_view().iter(), values)?;
            Ok(Arc::new(StringViewArray::from(all)))
        }
        DataType::Dictionary(key, _) => dictionary(array, key, values),
        other => Err(format!("holds {other}, which cannot be filled").into()),
    }
}

fn primitive<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    values: &[(usize, Value<'_>)],
    convert: impl Fn(f64) -> T::Native,
) -> Result<ArrayRef, Problem> {
    let old = array.as_primitive::<T>();
    let mut numbers = old.values().to_vec();
    let mut valid: Vec<bool> = (0..old.len()).map(|row| old.is_valid(row)).collect();
    for (row, value) in values {
        let number = match value {
            Value::Number(number) => *number,
            Value::Category(text) => {
                text.parse().map_err(|_| format!("holds numbers, and {text:?} is none"))?
            }
        };
        (numbers[*row], valid[*row]) = (convert(number), true);
    }
    let nulls = Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() > 0);
    let new = PrimitiveArray::<T>::new(numbers.into(), nulls).with_data_type(old.data_type().clone());
    Ok(Arc::new(new))
}

fn text(value: Value<'_>) -> Result<&str, Problem> {
    match value {
        Value::Category(text) => Ok(text),
        Value::Number(number) => Err(format!("holds texts, and {number} is none").into()),
    }
}

fn texts<'a>(
    old: impl Iterator<Item = Option<&'a str>>,
    values: &[(usize, Value<'a>)],
) -> Result<Vec<Option<&'a str>>, Problem> {
    let mut all: Vec<Option<&str>> = old.collect();
    for (row, value) in values {
        all[*row] = Some(text(*value)?);
    }
    Ok(all)
}

/// The largest number of a value in a dictionary with keys of this type.
fn largest_key(key: &DataType) -> usize {
    match key {
        DataType::Int8 => i8::MAX as usize,
        DataType::UInt8 => u8::MAX as usize,
        DataType::Int16 => i16::MAX as usize,
        DataType::UInt16 => u16::MAX as usize,
        _ => i32::MAX as usize,
    }
}

/// Fills the keys of a dictionary, and adds values that it lacks.
fn dictionary(array: &ArrayRef, key: &DataType, values: &[(usize, Value<'_>)]) -> Result<ArrayRef, Problem> {
    let old = array.as_any_dictionary();
    let (all, places) = with_values(old.values(), values)?;
    let mut keys = Vec::with_capacity(values.len());
    for (row, value) in values {
        keys.push((*row, Value::Number(places[text(*value)?] as f64)));
    }
    if places.values().any(|at| *at > largest_key(key)) {
        return Err("holds more values than its dictionary can number".into());
    }
    let whole: ArrayRef = old.keys().slice(0, array.len());
    let keys = filled(&whole, &keys)?;
    macro_rules! joined {
        ($type:ty) => {
            DictionaryArray::<$type>::try_new(keys.as_primitive::<$type>().clone(), all)
                .map(|array| Arc::new(array) as ArrayRef)
        };
    }
    let joined = match key {
        DataType::Int8 => joined!(Int8Type),
        DataType::Int16 => joined!(Int16Type),
        DataType::Int32 => joined!(Int32Type),
        DataType::Int64 => joined!(Int64Type),
        DataType::UInt8 => joined!(UInt8Type),
        DataType::UInt16 => joined!(UInt16Type),
        DataType::UInt32 => joined!(UInt32Type),
        _ => joined!(UInt64Type),
    };
    joined.map_err(|error| format!("cannot be filled: {error}").into())
}

/// The values of a dictionary with those behind them that it lacks, and the place of each one to fill in. The values of the dictionary
/// are gone through once.
fn with_values<'a>(
    old: &ArrayRef,
    values: &[(usize, Value<'a>)],
) -> Result<(ArrayRef, HashMap<&'a str, usize>), Problem> {
    let mut places = HashMap::new();
    let mut wanted: Vec<&str> = values.iter().map(|(_, value)| text(*value)).collect::<Result<_, _>>()?;
    wanted.sort_unstable();
    wanted.dedup();
    let column = Column::texts(old)?;
    for at in 0..old.len() {
        let found = column.text(at).and_then(|known| wanted.binary_search(&&*known).ok());
        if let Some(k) = found {
            places.entry(wanted[k]).or_insert(at);
        }
    }
    let lacking: Vec<&str> = wanted.into_iter().filter(|text| !places.contains_key(text)).collect();
    if lacking.is_empty() {
        return Ok((Arc::clone(old), places));
    }
    let new: Vec<_> = lacking.iter().enumerate().map(|(k, text)| (k, Value::Category(text))).collect();
    let new = filled(&new_null_array(old.data_type(), new.len()), &new)?;
    let all = arrow_select::concat::concat(&[old, &new]);
    let all = all.map_err(|error| format!("cannot be filled: {error}"))?;
    places.extend(lacking.into_iter().zip(old.len()..));
    Ok((all, places))
}

//! What a column of a file holds: one table of Arrow's types, for every file and every message.

use crate::data::read::table::field::LEAVE_OUT;
use crate::error::Problem;
use arrow_schema::DataType;

/// What the values of a column are; those of a list are its elements, those of a dictionary what its keys stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Kind {
    Numbers,
    Texts,
    /// Only nulls, which fit any kind.
    Nothing,
    Bytes,
    Dates,
    Times,
    Durations,
    Records,
    Lists,
    Other,
}

impl Kind {
    pub(in crate::data) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Kind::Nothing,
            DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64
            | DataType::Float16
            | DataType::Float32
            | DataType::Float64
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..) => Kind::Numbers,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Texts,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Kind::Bytes,
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Kind::Dates,
            DataType::Time32(_) | DataType::Time64(_) => Kind::Times,
            DataType::Duration(_) | DataType::Interval(_) => Kind::Durations,
            DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => Kind::Records,
            DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) => {
                Kind::of(element.data_type())
            }
            DataType::Dictionary(_, values) => Kind::of(values),
            other if other.is_nested() => Kind::Lists,
            _ => Kind::Other,
        }
    }

    /// The problem that a column of this type cannot be read as numbers.
    pub(super) fn not_numbers(data_type: &DataType) -> Problem {
        let problem = Problem::from(format!("holds {}, not numbers", in_words(data_type)));
        let unit = match Kind::of(data_type) {
            Kind::Dates => "days since the first",
            Kind::Times => "seconds since midnight",
            Kind::Durations => "seconds",
            Kind::Texts if !is_list(data_type) => {
                return problem.with("columns", LEAVE_OUT).with("one_hot", "read it as categories");
            }
            _ => return problem.with("columns", LEAVE_OUT),
        };
        problem.hint(format!("write them as numbers, such as {unit}")).with("columns", LEAVE_OUT)
    }

    /// The problem that a column of this type cannot be read as names.
    pub(super) fn not_names(data_type: &DataType) -> Problem {
        format!("holds {}, not names; leave it out, or write it as text", in_words(data_type)).into()
    }
}

/// What a column of this type holds, in words.
pub(in crate::data) fn in_words(data_type: &DataType) -> String {
    let kind = match Kind::of(data_type) {
        Kind::Numbers => "numbers",
        Kind::Texts => "text",
        Kind::Nothing => "only nulls",
        Kind::Bytes => "bytes",
        Kind::Dates => "dates",
        Kind::Times => "times of day",
        Kind::Durations => "durations",
        Kind::Records => "records",
        Kind::Lists => "lists",
        Kind::Other => return data_type.to_string(),
    };
    if is_list(data_type) { format!("lists of {kind}") } else { kind.into() }
}

/// Whether a column of this type has several values per row.
pub(in crate::data) fn is_list(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

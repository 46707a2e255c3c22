//! What a field of a table holds.

/// What is read as a missing value, beside nothing at all.
const MISSING: [&str; 9] = ["?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "none"];

pub(super) fn is_missing(field: &str) -> bool {
    field.is_empty() || MISSING.contains(&field)
}

/// The number that a field is; true and false are 1 and 0, as in files that know types.
pub(super) fn number(field: &str) -> Option<f32> {
    match field {
        "true" | "True" | "TRUE" => Some(1.0),
        "false" | "False" | "FALSE" => Some(0.0),
        _ => field.parse().ok(),
    }
}

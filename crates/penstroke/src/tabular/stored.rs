//! The columns of a table and the layers of its networks in model files.

use super::encoding::{Code, Encoding};
use crate::Result;
use crate::data::{ColumnSchema, OTHER, Schema};
use crate::model::file::{ModelFile, Tensor};
use penstroke_engine::{LayerParameters, Network, Parameters};
use serde::{Deserialize, Serialize};

/// Most decimals that a number is written with.
const MOST_DECIMALS: usize = u16::MAX as usize;

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredColumn {
    /// Its index in the schema.
    column: usize,
    code: Code,
    weight: f64,
}

/// The columns as the document has them.
pub(crate) fn stored_columns(encoding: &Encoding) -> Vec<StoredColumn> {
    let stored = encoding.columns.iter();
    stored.map(|of| StoredColumn { column: of.column, code: of.code.clone(), weight: of.weight }).collect()
}

/// The encoding in a file. Its columns are those of the schema that are `learned`.
pub(crate) fn read_encoding(
    file: &ModelFile<'_>,
    schema: &Schema,
    columns: Vec<StoredColumn>,
    learned: impl Fn(&ColumnSchema) -> bool,
) -> Result<Encoding> {
    check_schema(schema).map_err(|problem| file.wrong(format!("is damaged: its schema has {problem}")))?;
    let is_coded =
        |of: &StoredColumn| schema.columns.get(of.column).is_some_and(|column| fits(&of.code, column));
    let mut used: Vec<usize> = columns.iter().map(|of| of.column).collect();
    used.sort_unstable();
    let expected = (0..).zip(&schema.columns).filter(|(_, column)| learned(column)).map(|(at, _)| at);
    let numbers_first = columns.is_sorted_by_key(|of| matches!(of.code, Code::Category { .. }));
    if columns.is_empty() || !columns.iter().all(is_coded) || !used.into_iter().eq(expected) || !numbers_first
    {
        return Err(file.wrong("is damaged: its columns are not those of its schema"));
    }
    let settled = |of: StoredColumn| (of.column, settled(of.code, &schema.columns[of.column]), of.weight);
    Ok(Encoding::of(columns.into_iter().map(settled).collect()))
}

/// Weights and biases, named `PREFIXlayers.L.weight` and `PREFIXlayers.L.bias`.
pub(crate) fn layer_tensors<'a>(
    prefix: &str,
    network: &Network,
    parameters: &'a Parameters,
) -> Vec<Tensor<'a>> {
    let mut tensors = Vec::new();
    for (l, (layer, LayerParameters { weights, bias })) in
        network.layers.iter().zip(&parameters.layers).enumerate()
    {
        let shape = vec![layer.outputs, layer.inputs];
        tensors.push((format!("{prefix}layers.{l}.weight"), shape, weights.as_slice()));
        tensors.push((format!("{prefix}layers.{l}.bias"), vec![layer.outputs], bias.as_slice()));
    }
    tensors
}

/// Reads what [`layer_tensors`] names.
pub(crate) fn read_layers(file: &ModelFile<'_>, prefix: &str, network: &Network) -> Result<Parameters> {
    let read = |(l, layer): (usize, &penstroke_engine::Layer)| {
        Ok(LayerParameters {
            weights: file.tensor(&format!("{prefix}layers.{l}.weight"), &[layer.outputs, layer.inputs])?,
            bias: file.tensor(&format!("{prefix}layers.{l}.bias"), &[layer.outputs])?,
        })
    };
    Ok(Parameters { layers: network.layers.iter().enumerate().map(read).collect::<Result<_>>()? })
}

/// Checks that tables can be read and written by this schema; the problem, if not.
fn check_schema(schema: &Schema) -> Result<(), String> {
    let mut names: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("two columns named {:?}", pair[0]));
    }
    if schema.n_rows > u32::MAX as usize {
        return Err(format!("{} rows", schema.n_rows));
    }
    for column in &schema.columns {
        let mut categories: Vec<&str> = column.categories.iter().map(String::as_str).collect();
        categories.sort_unstable();
        let problem = if column.range.is_some_and(|[low, high]| low > high) {
            "a range that ends before it begins"
        } else if column.decimals > MOST_DECIMALS {
            "too many decimals"
        } else if column.has_other.is_some() && !column.categories.iter().any(|category| category == OTHER) {
            "has_other without such a category"
        } else if column.n_missing > schema.n_rows {
            "more gaps than rows"
        } else if categories.windows(2).any(|pair| pair[0] == pair[1]) {
            "two categories of one name"
        } else {
            continue;
        };
        return Err(format!("{problem} in column {:?}", column.name));
    }
    Ok(())
}

/// Whether a column of the schema can have this code.
fn fits(code: &Code, column: &ColumnSchema) -> bool {
    match code {
        Code::Number { mean, deviation, edges } => {
            column.categories.is_empty()
                && mean.is_finite()
                && deviation.is_finite()
                && *deviation > 0.0
                && !edges.is_empty()
                && edges.iter().all(|edge| edge.is_finite())
                && edges.is_sorted_by(|a, b| a < b)
        }
        Code::Category { n, other } => {
            let is_named = |at: &usize| column.categories.get(*at).is_some_and(|category| category == OTHER);
            // Earlier versions took every category of this name for that of merged ones.
            let is_earlier = column.has_other.is_none() && other.as_ref().is_some_and(is_named);
            *n > 0 && *n == column.categories.len() && (*other == column.other() || is_earlier)
        }
    }
}

/// The code of a column by its schema, which tells whether categories were merged.
fn settled(code: Code, column: &ColumnSchema) -> Code {
    match code {
        Code::Category { n, .. } => Code::Category { n, other: column.other() },
        number => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn column(n: usize, has_other: Option<bool>) -> ColumnSchema {
        let categories: Vec<String> =
            (0..n).map(|k| if k == 0 { OTHER.into() } else { format!("c{k}") }).collect();
        let mut column = json!({"name": "c", "kind": "categorical", "categories": categories});
        if let Some(has_other) = has_other {
            column["has_other"] = json!(has_other);
        }
        serde_json::from_value(column).unwrap()
    }

    #[test]
    fn a_schema_that_tells_of_merged_categories_has_them() {
        let schema = |column| Schema { columns: vec![column], text: None, n_rows: 9 };
        let mut wrong = column(2, Some(true));
        assert_eq!(check_schema(&schema(wrong.clone())), Ok(()));
        wrong.categories[0] = "c0".into();
        let problem = "has_other without such a category in column \"c\"";
        assert_eq!(check_schema(&schema(wrong)), Err(problem.to_owned()));
    }

    #[test]
    fn files_of_earlier_versions_are_read_by_the_number_of_categories() {
        for (n, has_other, in_file, expected) in [
            (2, Some(false), None, Some(None)),
            (2, Some(false), Some(0), None),
            (127, Some(true), Some(0), Some(Some(0))),
            (128, Some(false), None, Some(None)),
            (128, Some(true), None, None),
            // Without `has_other`.
            (2, None, Some(0), Some(None)),
            (128, None, Some(0), Some(Some(0))),
            (128, None, Some(1), None),
        ] {
            let (column, code) = (column(n, has_other), Code::Category { n, other: in_file });
            let read = fits(&code, &column).then(|| settled(code, &column));
            let expected = expected.map(|other| Code::Category { n, other });
            assert_eq!(read, expected, "{n} {has_other:?} {in_file:?}");
        }
    }
}

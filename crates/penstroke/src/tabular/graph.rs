//! The columns of a table in an ONNX graph: from an input for each column to the inputs of a network.

use super::encoding::{Code, CodedColumn, Encoding};
use crate::data::{ColumnSchema, Schema};
use crate::onnx::graph::{Attribute, Graph, OF_ROW};
use crate::onnx::prepare::TO_FLOAT;
use crate::onnx::{ElementType, Port};
use crate::{Error, Result};
use serde_json::json;
use std::borrow::Cow;

/// The coded columns of a table. Numbers are double precision, NaN where missing; categories are texts, empty where missing.
pub(crate) struct TableGraph<'a> {
    schema: &'a Schema,
    encoding: &'a Encoding,
    /// What begins the names of all values but inputs and outputs, and of no column.
    pub(crate) inner: String,
}

impl<'a> TableGraph<'a> {
    /// # Errors
    /// If a column or a category has an empty name.
    pub(crate) fn new(schema: &'a Schema, encoding: &'a Encoding) -> Result<Self> {
        let mut graph = Self { schema, encoding, inner: String::new() };
        for column in graph.columns() {
            let problem = if column.name.is_empty() {
                "a column has no name; name it in the table and train again".to_owned()
            } else if column.categories.iter().any(String::is_empty) {
                format!(
                    "column {} has a category without a name, which stands for missing cells there",
                    column.name
                )
            } else {
                continue;
            };
            return Err(Error::input("export", problem));
        }
        graph.inner = graph.unlike_columns("/", '/');
        Ok(graph)
    }

    /// The coded columns in the order of the schema.
    fn columns(&self) -> impl Iterator<Item = &'a ColumnSchema> {
        let mut columns: Vec<usize> = self.encoding.columns.iter().map(|coded| coded.column).collect();
        columns.sort_unstable();
        columns.into_iter().map(|column| &self.schema.columns[column])
    }

    /// This text, with `more` appended until no column's name begins with it.
    pub(crate) fn unlike_columns(&self, text: &str, more: char) -> String {
        let mut text = text.to_owned();
        while self.columns().any(|column| column.name.starts_with(&text)) {
            text.push(more);
        }
        text
    }

    /// This name of an output, with marks `_` appended while it is that of a column.
    pub(crate) fn unlike_inputs(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.columns().any(|column| column.name == name) {
            name.push('_');
        }
        name
    }

    /// What begins the names of values of coded column `j`.
    pub(crate) fn of_column(&self, j: usize) -> String {
        format!("{}column_{}.", self.inner, j + 1)
    }

    /// An input for each column, in the order of the schema.
    pub(crate) fn inputs(&self) -> Vec<Port> {
        self.columns().map(|column| port(column, &column.name)).collect()
    }

    /// Adds the code of all columns. Returns for each coded column whether its cell is missing, `(n, 1)`, and the network's inputs,
    /// `(n, inputs)`.
    pub(crate) fn add_code(&self, graph: &mut Graph) -> (Vec<String>, String) {
        let (mut missing, mut parts) = (Vec::new(), Vec::new());
        for (j, coded) in self.encoding.columns.iter().enumerate() {
            graph.begin_names_with(self.of_column(j));
            let (is_missing, inputs) = self.add_column(graph, coded);
            missing.push(is_missing);
            parts.push(inputs);
        }
        graph.begin_names_with(self.inner.clone());
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        (missing, graph.apply("Concat", &parts, OF_ROW))
    }

    /// Whether the cells of a column are missing, `(n, 1)`, and the network's inputs for them.
    fn add_column(&self, graph: &mut Graph, of: &CodedColumn) -> (String, String) {
        let column = &self.schema.columns[of.column];
        let (missing, parts) = match &of.code {
            Code::Number { mean, deviation, edges } => {
                let missing = graph.apply("IsNaN", &[&column.name], &[]);
                let mean = graph.doubles("mean", &[], &[*mean]);
                let deviation = graph.doubles("deviation", &[], &[*deviation]);
                let number = graph.apply("Where", &[&missing, &mean, &column.name], &[]);
                let z = graph.apply("Sub", &[&number, &mean], &[]);
                let z = graph.apply("Div", &[&z, &deviation], &[]);
                let mut parts = vec![z.clone()];
                parts.extend(add_piecewise(graph, &z, edges));
                (missing, parts)
            }
            Code::Category { n, other } => {
                let to_code = [
                    Attribute::Texts(
                        "keys_strings",
                        [vec![String::new()], column.categories.clone()].concat(),
                    ),
                    Attribute::Numbers("values_int64s", Cow::Owned((-1..*n as i64).collect())),
                    Attribute::Number("default_int64", other.map_or(u64::MAX, |other| other as u64)),
                ];
                let code = graph.apply("LabelEncoder", &[&column.name], &to_code);
                let zero = graph.integers("zero", &[], &[0]);
                let missing = graph.apply("Less", &[&code, &zero], &[]);
                let all = graph.integers("codes", &[*n], &(0..*n as i64).collect::<Vec<_>>());
                (missing, vec![graph.apply("Equal", &[&code, &all], &[])])
            }
        };
        let observed = graph.apply("Not", &[&missing], &[]);
        let observed = graph.apply("Cast", &[&observed], TO_FLOAT);
        let parts: Vec<String> = parts.iter().map(|part| graph.apply("Cast", &[part], TO_FLOAT)).collect();
        let mut parts: Vec<String> =
            parts.iter().map(|part| graph.apply("Mul", &[part, &observed], &[])).collect();
        parts.push(observed);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        (missing, graph.apply("Concat", &parts, OF_ROW))
    }

    /// The columns as JSON, with the names of their outputs if they have any.
    pub(crate) fn described(&self, outputs: Option<&[Port]>) -> String {
        let describe = |(at, column): (usize, &ColumnSchema)| {
            let mut about = json!({"name": column.name, "kind": column.kind, "input": column.name});
            if let Some(output) = outputs.and_then(|outputs| outputs.get(at)) {
                about["output"] = json!(output.name);
            }
            if !column.categories.is_empty() {
                about["categories"] = json!(column.categories);
            }
            about
        };
        json!(self.columns().enumerate().map(describe).collect::<Vec<_>>()).to_string()
    }
}

/// The piecewise-linear code of `z`, if it has an interval.
fn add_piecewise(graph: &mut Graph, z: &str, edges: &[f64]) -> Option<String> {
    let n = edges.len() - 1;
    if n == 0 {
        return None;
    }
    let widths: Vec<f64> = edges.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let edges = graph.doubles("edges", &[1, n], &edges[..n]);
    let widths = graph.doubles("widths", &[1, n], &widths);
    let [zero, one] = [("zero", 0.0), ("one", 1.0)].map(|(name, value)| graph.doubles(name, &[], &[value]));
    let x = graph.apply("Sub", &[z, &edges], &[]);
    let x = graph.apply("Div", &[&x, &widths], &[]);
    Some(graph.apply("Clip", &[&x, &zero, &one], &[]))
}

/// A column as an input or output.
pub(crate) fn port(column: &ColumnSchema, name: &str) -> Port {
    let (element, doc) = match column.categories.is_empty() {
        true => (ElementType::Float64, format!("Numbers of the column {}; NaN where missing.", column.name)),
        false => (
            ElementType::Text,
            format!("Categories of the column {}; an empty text where missing.", column.name),
        ),
    };
    Port { name: name.to_owned(), element, width: Some(1), doc }
}

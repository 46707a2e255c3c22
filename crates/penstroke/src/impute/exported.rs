//! An imputer as an ONNX file, for use in other programs: [onnx.ai](https://onnx.ai).
//!
//! The file has an input and an output for each learned column, all of shape `(n, 1)` with variable `n`. Numbers are double precision, NaN
//! where missing; categories are texts, empty where missing. Observed cells pass unchanged, missing ones are filled as
//! [`Imputer::impute`] fills them. The whole code of the columns is inside; networks compute in single precision, all else in double.

use super::imputer::Imputer;
use super::regression::Regression;
use crate::Result;
use crate::onnx::graph::{About, Attribute, Graph, OF_ROW};
use crate::onnx::prepare::TO_DOUBLE;
use crate::onnx::{ExportedTable, Port, apply_layers, check_size};
use crate::tabular::{Code, CodedColumn, TableGraph, network, port};
use std::borrow::Cow;

const INDEX_OF_LARGEST: &[Attribute] = &[Attribute::Number("axis", 1), Attribute::Number("keepdims", 1)];

impl Imputer {
    /// Exports the imputer as an ONNX file. Equal imputers give equal bytes.
    ///
    /// Inputs have the names of the columns. Outputs have the same names after `filled_`, or after more marks `_` if a column has such a name.
    /// The metadata has `kind`, which is `imputer`, and `columns`, a JSON list with `name`, `kind`, `input`, `output`, and for categories
    /// `categories`. A text that is not one of the categories counts as missing, unless rare categories were merged.
    ///
    /// # Errors
    /// If a column or a category has an empty name, which would stand for a missing cell, or if the file would be 2 GiB or larger, the limit of
    /// ONNX.
    pub fn to_onnx(&self) -> Result<ExportedTable> {
        let table = TableGraph::new(&self.schema, &self.encoding)?;
        let layers = network(&self.config.hidden, &self.encoding).layers;
        let n_values: usize = layers.iter().map(|layer| (layer.inputs + 1) * layer.outputs).sum();
        check_size(4 * n_values * self.networks.len())?;
        let mut graph = Graph::default();
        let (missing, coded) = table.add_code(&mut graph);
        let (answers, regressions) = self.add_networks(&mut graph, &table, &coded);
        let filled = table.unlike_columns("filled_", '_');
        let mut ports = Vec::new();
        for (j, (of, (missing, answer))) in
            self.encoding.columns.iter().zip(missing.iter().zip(answers)).enumerate()
        {
            graph.begin_names_with(table.of_column(j));
            let column = &self.schema.columns[of.column];
            let answer = self.add_blend(&mut graph, j, answer, regressions.as_deref());
            let value = self.add_value(&mut graph, of, answer);
            graph.apply("Where", &[missing, &value, &column.name], &[]);
            let output = graph.name_last(&format!("{filled}{}", column.name));
            ports.push((of.column, port(column, &output)));
        }
        ports.sort_by_key(|(column, _)| *column);
        let outputs: Vec<Port> = ports.into_iter().map(|(_, output)| output).collect();
        let metadata = [("kind", "imputer".to_owned()), ("columns", table.described(Some(&outputs)))];
        let about = About { name: "imputer", doc: "fills the missing cells of a table", metadata: &metadata };
        let inputs = table.inputs();
        let bytes = graph.into_model(&about, &inputs, &outputs);
        check_size(bytes.len())?;
        Ok(ExportedTable { bytes, inputs, outputs })
    }

    /// For each column, the mean of the networks' answers, `(n, units)`: standardised numbers and probabilities, in double precision. And
    /// the mean of the regressions, `(n, units)` of all columns, if they have a share.
    fn add_networks(
        &self,
        graph: &mut Graph,
        table: &TableGraph<'_>,
        inputs: &str,
    ) -> (Vec<String>, Option<String>) {
        let columns = &self.encoding.columns;
        let share = graph.doubles("share", &[], &[1.0 / self.networks.len() as f64]);
        let units = columns.iter().zip(1..).map(|(of, j)| {
            let indices = of.units.clone().map(|unit| unit as i64);
            add_indices(graph, &format!("units_{j}"), indices)
        });
        let units: Vec<String> = units.collect();
        let has_share = self.blends.iter().any(|blend| blend.share > 0.0);
        let cells = has_share.then(|| self.add_known_units(graph, inputs));
        let layers = network(&self.config.hidden, &self.encoding).layers;
        let mut means: Vec<Option<String>> = vec![None; columns.len() + 1];
        for (k, trained) in self.networks.iter().enumerate() {
            graph.begin_names_with(format!("{}network_{}.", table.inner, k + 1));
            let parameters: Vec<_> = trained.parameters.layers.iter().collect();
            let outputs = apply_layers(graph, &layers, &parameters, inputs.to_owned());
            let mut answers = Vec::new();
            for (of, units) in columns.iter().zip(&units) {
                let answer = graph.apply("Gather", &[&outputs, units], OF_ROW);
                answers.push(match of.code {
                    Code::Category { .. } => graph.apply("Softmax", &[&answer], OF_ROW),
                    Code::Number { .. } => answer,
                });
            }
            let regression = trained.regression.as_ref().zip(cells.as_ref());
            let regression =
                regression.map(|(regression, cells)| self.add_regression(graph, regression, cells, &answers));
            let answers = answers.iter().map(|answer| graph.apply("Cast", &[answer], TO_DOUBLE));
            let answers: Vec<String> = answers.collect();
            for (answer, mean) in answers.into_iter().chain(regression).zip(&mut means) {
                let answer = graph.apply("Mul", &[&answer, &share], &[]);
                *mean = Some(match mean {
                    Some(mean) => graph.apply("Add", &[mean, &answer], &[]),
                    None => answer,
                });
            }
        }
        let regressions = means.pop().flatten();
        (means.into_iter().flatten().collect(), regressions)
    }

    /// For each output unit the value of its cell, 0 where missing, and 1 where missing, both `(n, units)`.
    fn add_known_units(&self, graph: &mut Graph, inputs: &str) -> (String, String) {
        let columns = &self.encoding.columns;
        let values = columns.iter().flat_map(|of| of.inputs.clone().take(of.units.len())).map(|at| at as i64);
        let observed = columns.iter().flat_map(|of| of.units.clone().map(|_| of.inputs.end as i64 - 1));
        let values = add_indices(graph, "values", values);
        let observed = add_indices(graph, "observed", observed);
        let values = graph.apply("Gather", &[inputs, &values], OF_ROW);
        let observed = graph.apply("Gather", &[inputs, &observed], OF_ROW);
        let one = graph.floats("one", &[], &[1.0]);
        (values, graph.apply("Sub", &[&one, &observed], &[]))
    }

    /// The answers of a regression, `(n, units)`, in double precision, with the network's `answers` in place of missing cells.
    fn add_regression(
        &self,
        graph: &mut Graph,
        regression: &Regression,
        (values, missing): &(String, String),
        answers: &[String],
    ) -> String {
        let n_units = self.encoding.n_outputs;
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        let answers = graph.apply("Concat", &answers, OF_ROW);
        let answers = graph.apply("Mul", &[&answers, missing], &[]);
        let completed = graph.apply("Add", &[values, &answers], &[]);
        let completed = graph.apply("Cast", &[&completed], TO_DOUBLE);
        let of = |j: usize, at: usize| f64::from(regression.coefficients[j * (1 + n_units) + at]);
        let transposed = (1..=n_units).flat_map(|at| (0..n_units).map(move |j| (j, at)));
        let coefficients: Vec<f64> = transposed.map(|(j, at)| of(j, at)).collect();
        let coefficients = graph.doubles("coefficients", &[n_units, n_units], &coefficients);
        let constants: Vec<f64> = (0..n_units).map(|j| of(j, 0)).collect();
        let constants = graph.doubles("constants", &[1, n_units], &constants);
        let products = graph.apply("MatMul", &[&completed, &coefficients], &[]);
        graph.apply("Add", &[&products, &constants], &[])
    }

    /// The blended answer for column `j`, `(n, units)`, from the mean answers.
    fn add_blend(&self, graph: &mut Graph, j: usize, answer: String, regressions: Option<&str>) -> String {
        let (column, blend) = (&self.encoding.columns[j], self.blends[j]);
        let mut answer = answer;
        if let Some(regressions) = regressions.filter(|_| blend.share > 0.0) {
            let units = add_indices(graph, "units", column.units.clone().map(|unit| unit as i64));
            let share = graph.doubles("share", &[], &[blend.share]);
            let regression = graph.apply("Gather", &[regressions, &units], OF_ROW);
            let apart = graph.apply("Sub", &[&regression, &answer], &[]);
            let apart = graph.apply("Mul", &[&apart, &share], &[]);
            answer = graph.apply("Add", &[&answer, &apart], &[]);
        }
        if let Code::Category { .. } = column.code {
            return answer;
        }
        let slope = graph.doubles("slope", &[], &[blend.slope]);
        let offset = graph.doubles("offset", &[], &[blend.offset]);
        let answer = graph.apply("Mul", &[&answer, &slope], &[]);
        graph.apply("Add", &[&answer, &offset], &[])
    }

    /// The value for missing cells of a column, `(n, 1)`, from the calibrated answer.
    fn add_value(&self, graph: &mut Graph, of: &CodedColumn, answer: String) -> String {
        let column = &self.schema.columns[of.column];
        match &of.code {
            Code::Number { mean, deviation, .. } => {
                let deviation = graph.doubles("of_answer.deviation", &[], &[*deviation]);
                let mean = graph.doubles("of_answer.mean", &[], &[*mean]);
                let number = graph.apply("Mul", &[&answer, &deviation], &[]);
                let mut number = graph.apply("Add", &[&number, &mean], &[]);
                if column.is_whole {
                    number = add_rounding(graph, &number);
                }
                if let Some([low, high]) = column.range.filter(|_| self.config.bounded) {
                    let low = graph.doubles("low", &[], &[low]);
                    let high = graph.doubles("high", &[], &[high]);
                    number = graph.apply("Clip", &[&number, &low, &high], &[]);
                }
                number
            }
            Code::Category { n, other } => {
                let mut named: Vec<usize> = (0..*n).filter(|code| Some(*code) != *other).collect();
                if named.is_empty() {
                    named.push(0);
                }
                let indices = add_indices(graph, "named", named.iter().map(|&code| code as i64));
                let shares = graph.apply("Gather", &[&answer, &indices], OF_ROW);
                let best = graph.apply("ArgMax", &[&shares], INDEX_OF_LARGEST);
                let to_text = [
                    Attribute::Numbers("keys_int64s", Cow::Owned((0..named.len() as i64).collect())),
                    Attribute::Texts(
                        "values_strings",
                        named
                            .iter()
                            .map(|&k| column.categories.get(k).cloned().unwrap_or_default())
                            .collect(),
                    ),
                ];
                graph.apply("LabelEncoder", &[&best], &to_text)
            }
        }
    }
}

fn add_indices(graph: &mut Graph, name: &str, indices: impl IntoIterator<Item = i64>) -> String {
    let indices: Vec<i64> = indices.into_iter().collect();
    graph.integers(name, &[indices.len()], &indices)
}

/// Rounds halves away from zero; the operator `Round` rounds them to even numbers.
fn add_rounding(graph: &mut Graph, number: &str) -> String {
    let half = graph.doubles("half", &[], &[0.5]);
    let size = graph.apply("Abs", &[number], &[]);
    let whole = graph.apply("Floor", &[&size], &[]);
    let rest = graph.apply("Sub", &[&size, &whole], &[]);
    let is_up = graph.apply("GreaterOrEqual", &[&rest, &half], &[]);
    let up = graph.apply("Cast", &[&is_up], TO_DOUBLE);
    let size = graph.apply("Add", &[&whole, &up], &[]);
    let sign = graph.apply("Sign", &[number], &[]);
    graph.apply("Mul", &[&size, &sign], &[])
}

#[cfg(test)]
#[path = "exported_tests.rs"]
mod tests;

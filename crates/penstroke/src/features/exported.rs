//! An encoder of tables as an ONNX file, for use in other programs: [onnx.ai](https://onnx.ai).
//!
//! The file has an input for each learned column, of shape `(n, 1)` with variable `n`: numbers in double precision, NaN where missing;
//! categories as texts, empty where missing. The whole code of the columns is inside; the network computes in single precision.

use super::encoder::{CodeOutput, TableEncoder};
use crate::Result;
use crate::onnx::graph::{About, Graph, OF_ROW};
use crate::onnx::{ElementType, ExportedTable, Port, apply_layers, check_size};
use crate::tabular::{TableGraph, network};
use std::slice;

impl TableEncoder {
    /// Exports the encoder as an ONNX file. Equal encoders give equal bytes.
    ///
    /// Inputs have the names of the columns. The output `last`, `(n, units)` float32, is the last hidden layer; `all` is all hidden
    /// layers side by side, the first one first. Marks `_` are appended to these names if a column has such a name. The metadata has `kind`, which is
    /// `table-encoder`, and `columns`, a JSON list with `name`, `kind`, `input`, and for categories `categories`. A text that is not one of
    /// the categories counts as missing, unless rare categories were merged.
    ///
    /// # Errors
    /// If a column or a category has an empty name, which would stand for a missing cell, or if the file would be 2 GiB or larger, the limit of
    /// ONNX.
    pub fn to_onnx(&self) -> Result<ExportedTable> {
        let table = TableGraph::new(&self.schema, &self.encoding)?;
        let mut layers = network(&self.config.hidden, &self.encoding).layers;
        layers.truncate(self.config.hidden.len());
        check_size(4 * layers.iter().map(|layer| (layer.inputs + 1) * layer.outputs).sum::<usize>())?;
        let mut graph = Graph::default();
        let (_, mut below) = table.add_code(&mut graph);
        let mut all = Vec::new();
        for (k, (layer, parameters)) in layers.iter().zip(&self.parameters.layers).enumerate() {
            graph.begin_names_with(format!("{}hidden_{}.", table.inner, k + 1));
            below = apply_layers(&mut graph, slice::from_ref(layer), &[parameters], below);
            all.push(below.clone());
        }
        let port = |output: CodeOutput, doc: &str| Port {
            name: table.unlike_inputs(&output.to_string()),
            element: ElementType::Float32,
            width: Some(self.width(output)),
            doc: doc.to_owned(),
        };
        let outputs = [
            port(CodeOutput::Last, "The activations of the last hidden layer."),
            port(
                CodeOutput::All,
                "The activations of all hidden layers side by side, the first layer first.",
            ),
        ];
        if let Some(last) = all.last_mut() {
            *last = graph.name_last(&outputs[0].name);
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        graph.apply("Concat", &all, OF_ROW);
        graph.name_last(&outputs[1].name);
        let metadata = [("kind", "table-encoder".to_owned()), ("columns", table.described(None))];
        let about = About { name: "table-encoder", doc: "encodes the rows of a table", metadata: &metadata };
        let inputs = table.inputs();
        let bytes = graph.into_model(&about, &inputs, &outputs);
        check_size(bytes.len())?;
        Ok(ExportedTable { bytes, inputs, outputs: outputs.into() })
    }
}

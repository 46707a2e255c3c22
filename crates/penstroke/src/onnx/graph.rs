//! An ONNX graph under construction: operations in computation order, the model's tensors, one input and some outputs.
//! The numbers of fields and types are those of `onnx.proto`.

use super::port::{ElementType, Port};
use super::protobuf::Message;

/// The operator set version. Every operator used here is as in version 13 or has kept its meaning since.
pub(super) const OPSET: u64 = 17;
/// The file format version of that operator set.
const IR_VERSION: u64 = 8;

/// An attribute of an operation.
pub(super) enum Attribute {
    Number(&'static str, u64),
    Numbers(&'static str, &'static [u64]),
}

struct Node {
    operator: &'static str,
    inputs: Vec<String>,
    output: String,
    attributes: &'static [Attribute],
}

/// A graph under construction. Values are identified by name.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    tensors: Vec<Message>,
}

impl Graph {
    /// Adds an operation and returns the name of its result.
    pub(super) fn apply(
        &mut self,
        operator: &'static str,
        inputs: &[&str],
        attributes: &'static [Attribute],
    ) -> String {
        let output = format!("{}_{}", operator.to_lowercase(), self.nodes.len() + 1);
        let inputs = inputs.iter().map(|&name| name.to_owned()).collect();
        self.nodes.push(Node { operator, inputs, output: output.clone(), attributes });
        output
    }

    /// Renames the result of the last operation, which must not be in use yet.
    pub(super) fn name_last(&mut self, name: &str) -> String {
        if let Some(node) = self.nodes.last_mut() {
            node.output = name.to_owned();
        }
        name.to_owned()
    }

    /// Adds a single-precision tensor and returns its name. Without lengths, it is a scalar.
    pub(super) fn floats(&mut self, name: &str, lengths: &[usize], values: &[f32]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, lengths, ElementType::Float32, &bytes)
    }

    /// Adds a double-precision tensor and returns its name. Without lengths, it is a scalar.
    pub(super) fn doubles(&mut self, name: &str, lengths: &[usize], values: &[f64]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, lengths, ElementType::Float64, &bytes)
    }

    fn tensor(&mut self, name: &str, lengths: &[usize], element: ElementType, bytes: &[u8]) -> String {
        let tensor =
            lengths.iter().fold(Message::default(), |tensor, &length| tensor.number(1, length as u64));
        self.tensors.push(tensor.number(2, element.code()).text(8, name).bytes(9, bytes));
        name.to_owned()
    }

    /// Serialises the whole file.
    pub(super) fn into_model(self, about: &About<'_>, input: &Port, outputs: &[Port]) -> Vec<u8> {
        let mut graph =
            self.nodes.iter().fold(Message::default(), |graph, node| graph.message(1, &node.message()));
        graph = graph.text(2, about.name);
        for tensor in self.tensors {
            graph = graph.message(5, &tensor);
        }
        graph = graph.text(10, about.doc).message(11, &value(input));
        graph = outputs.iter().fold(graph, |graph, output| graph.message(12, &value(output)));
        let model = Message::default()
            .number(1, IR_VERSION)
            .text(2, "penstroke")
            .text(3, env!("CARGO_PKG_VERSION"))
            .text(6, about.doc)
            .message(7, &graph)
            // The domain of the standard operators has an empty name.
            .message(8, &Message::default().text(1, "").number(2, OPSET));
        let entry = |(key, value): &(&str, String)| Message::default().text(1, key).text(2, value);
        about.metadata.iter().fold(model, |model, pair| model.message(14, &entry(pair))).into_bytes()
    }
}

/// The description of a model.
pub(super) struct About<'a> {
    pub(super) name: &'a str,
    pub(super) doc: &'a str,
    pub(super) metadata: &'a [(&'static str, String)],
}

impl Node {
    fn message(&self) -> Message {
        let node = self.inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
        let node = node.text(2, &self.output).text(3, &self.output).text(4, self.operator);
        self.attributes.iter().fold(node, |node, attribute| node.message(5, &attribute.message()))
    }
}

impl Attribute {
    fn message(&self) -> Message {
        match *self {
            Attribute::Number(name, value) => Message::default().text(1, name).number(3, value).number(20, 2),
            Attribute::Numbers(name, values) => {
                let named = Message::default().text(1, name);
                values.iter().fold(named, |message, &value| message.number(8, value)).number(20, 7)
            }
        }
    }
}

/// An input or output, `(n)` or `(n, width)`, with variable `n`.
fn value(port: &Port) -> Message {
    let free = Message::default().text(2, "n");
    let shape = Message::default().message(1, &free);
    let shape = match port.width {
        Some(width) => shape.message(1, &Message::default().number(1, width as u64)),
        None => shape,
    };
    let tensor = Message::default().number(1, port.element.code()).message(2, &shape);
    Message::default()
        .text(1, port.name)
        .message(2, &Message::default().message(1, &tensor))
        .text(3, &port.doc)
}

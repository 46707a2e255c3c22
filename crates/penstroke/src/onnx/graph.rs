//! An ONNX graph under construction: operations in computation order, the model's tensors, inputs and outputs.
//! The numbers of fields and types are those of `onnx.proto`.

use super::port::{ElementType, Port};
use super::protobuf::Message;
use std::borrow::Cow;

/// The operator set version. Every operator used here is as in version 13 or has kept its meaning since.
pub(crate) const OPSET: u64 = 17;
/// The file format version of that operator set.
const IR_VERSION: u64 = 8;
/// The operators for texts, apart from the standard ones: their domain, the version of its set, and their names.
const OF_TEXTS: (&str, u64, &[&str]) = ("ai.onnx.ml", 3, &["LabelEncoder"]);

/// Along the components of a row.
pub(crate) const OF_ROW: &[Attribute] = &[Attribute::Number("axis", 1)];

/// An attribute of an operation.
#[derive(Clone)]
pub(crate) enum Attribute {
    Number(&'static str, u64),
    Numbers(&'static str, Cow<'static, [i64]>),
    Texts(&'static str, Vec<String>),
}

struct Node {
    operator: &'static str,
    inputs: Vec<String>,
    output: String,
    attributes: Vec<Attribute>,
}

/// A graph under construction. Values are identified by name.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    tensors: Vec<Message>,
    prefix: String,
}

impl Graph {
    /// The names of all results and tensors that are added from now on begin with `prefix`.
    pub(crate) fn begin_names_with(&mut self, prefix: String) {
        self.prefix = prefix;
    }

    /// Adds an operation and returns the name of its result.
    pub(crate) fn apply(
        &mut self,
        operator: &'static str,
        inputs: &[&str],
        attributes: &[Attribute],
    ) -> String {
        let output = format!("{}{}_{}", self.prefix, operator.to_lowercase(), self.nodes.len() + 1);
        let inputs = inputs.iter().map(|&name| name.to_owned()).collect();
        self.nodes.push(Node { operator, inputs, output: output.clone(), attributes: attributes.to_vec() });
        output
    }

    /// Renames the result of the last operation, which must not be in use yet.
    pub(crate) fn name_last(&mut self, name: &str) -> String {
        if let Some(node) = self.nodes.last_mut() {
            node.output = name.to_owned();
        }
        name.to_owned()
    }

    /// Adds a single-precision tensor and returns its name. Without lengths, it is a scalar.
    pub(crate) fn floats(&mut self, name: &str, lengths: &[usize], values: &[f32]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, lengths, ElementType::Float32, &bytes)
    }

    /// Adds a double-precision tensor and returns its name. Without lengths, it is a scalar.
    pub(crate) fn doubles(&mut self, name: &str, lengths: &[usize], values: &[f64]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, lengths, ElementType::Float64, &bytes)
    }

    /// Adds a tensor of whole numbers and returns its name. Without lengths, it is a scalar.
    pub(crate) fn integers(&mut self, name: &str, lengths: &[usize], values: &[i64]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, lengths, ElementType::Int64, &bytes)
    }

    fn tensor(&mut self, name: &str, lengths: &[usize], element: ElementType, bytes: &[u8]) -> String {
        let name = format!("{}{name}", self.prefix);
        let tensor =
            lengths.iter().fold(Message::default(), |tensor, &length| tensor.number(1, length as u64));
        self.tensors.push(tensor.number(2, element.code()).text(8, &name).bytes(9, bytes));
        name
    }

    /// Serialises the whole file.
    pub(crate) fn into_model(self, about: &About<'_>, inputs: &[Port], outputs: &[Port]) -> Vec<u8> {
        let mut graph =
            self.nodes.iter().fold(Message::default(), |graph, node| graph.message(1, &node.message()));
        graph = graph.text(2, about.name);
        for tensor in self.tensors {
            graph = graph.message(5, &tensor);
        }
        graph = graph.text(10, about.doc);
        graph = inputs.iter().fold(graph, |graph, input| graph.message(11, &value(input)));
        graph = outputs.iter().fold(graph, |graph, output| graph.message(12, &value(output)));
        let mut model = Message::default()
            .number(1, IR_VERSION)
            .text(2, "penstroke")
            .text(3, env!("CARGO_PKG_VERSION"))
            .text(6, about.doc)
            .message(7, &graph)
            // The domain of the standard operators has an empty name.
            .message(8, &Message::default().text(1, "").number(2, OPSET));
        if self.nodes.iter().any(|node| node.domain().is_some()) {
            model = model.message(8, &Message::default().text(1, OF_TEXTS.0).number(2, OF_TEXTS.1));
        }
        let entry = |(key, value): &(&str, String)| Message::default().text(1, key).text(2, value);
        about.metadata.iter().fold(model, |model, pair| model.message(14, &entry(pair))).into_bytes()
    }
}

/// The description of a model.
pub(crate) struct About<'a> {
    pub(crate) name: &'a str,
    pub(crate) doc: &'a str,
    pub(crate) metadata: &'a [(&'static str, String)],
}

impl Node {
    /// The domain of the operator, if it is not a standard one.
    fn domain(&self) -> Option<&'static str> {
        OF_TEXTS.2.contains(&self.operator).then_some(OF_TEXTS.0)
    }

    fn message(&self) -> Message {
        let node = self.inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
        let node = node.text(2, &self.output).text(3, &self.output).text(4, self.operator);
        let node = self.attributes.iter().fold(node, |node, attribute| node.message(5, &attribute.message()));
        self.domain().into_iter().fold(node, |node, domain| node.text(7, domain))
    }
}

impl Attribute {
    fn message(&self) -> Message {
        match self {
            &Attribute::Number(name, value) => {
                Message::default().text(1, name).number(3, value).number(20, 2)
            }
            Attribute::Numbers(name, values) => {
                let named = Message::default().text(1, name);
                values.iter().fold(named, |message, &value| message.number(8, value as u64)).number(20, 7)
            }
            Attribute::Texts(name, values) => {
                let named = Message::default().text(1, name);
                values.iter().fold(named, |message, value| message.text(9, value)).number(20, 8)
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
        .text(1, &port.name)
        .message(2, &Message::default().message(1, &tensor))
        .text(3, &port.doc)
}

//! Exports models as ONNX files for use in other programs: [onnx.ai](https://onnx.ai).
//!
//! A file contains the network and the preparation of samples, and computes in single precision:
//!
//! ```text
//! samples (n, d) → prepared → layers → code (n, h), reconstruction (n, d), class (n) and probabilities (n, K), or
//!                                      predictions (n, k)
//! ```
//!
//! `n` is variable. Class names, value names and the shape of a picture are JSON in the file's metadata, under
//! `classes`, `values` and `image`. Equal models give equal bytes.
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{Autoencoder, AutoencoderConfig, onnx};
//! let digits = strokes::generate(0, Part::Train, 10)?;
//! let model = Autoencoder::initial(&AutoencoderConfig { hidden: 50, ..Default::default() }, &digits)?;
//! let file = onnx::export(&model, &onnx::Options::default())?;
//! assert_eq!((file.input.name.as_str(), file.input.width), ("samples", Some(784)));
//! assert_eq!((file.outputs[0].name.as_str(), file.outputs[0].width), ("code", Some(50)));
//! // Weights and biases are four bytes each.
//! assert!(file.bytes.len() > 4 * (784 * 50 + 50));
//! # Ok::<(), penstroke::Error>(())
//! ```

pub(crate) mod graph;
mod port;
pub(crate) mod prepare;
mod protobuf;

use crate::config::Named;
use crate::data::{Preparation, Scaling};
use crate::model::ModelOutput;
use crate::{Activation, Error, Model, Regressor, Result};
pub use port::{ElementType, Port};
pub use prepare::Input;

use graph::{About, Attribute, Graph};
use penstroke_engine::{Layer, LayerParameters};
use prepare::{DIVISOR, OFFSET, SAMPLES, TO_DOUBLE, is_double, prepare};
use serde_json::json;

/// The version of ONNX's operator set that files use.
pub const OPSET: u64 = graph::OPSET;

/// The part of a model to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The code of a hidden layer.
    Encoder,
    /// Reconstructions through all layers of an autoencoder or stack, in the units of the source as far as possible:
    /// per-sample scaling and the division of patches are not undone.
    Reconstruction,
    /// The most probable class, and the probability of every class.
    Classifier,
    /// Predicted values in the units of the targets.
    Regressor,
}

impl Named for What {
    const WHAT: &'static str = "what";
    const ALL: &'static [(&'static str, Self)] = &[
        ("encoder", What::Encoder),
        ("reconstruction", What::Reconstruction),
        ("classifier", What::Classifier),
        ("regressor", What::Regressor),
    ];
}

impl What {
    /// The parts that can be exported from a model, the default first.
    fn all_of(model: &dyn Model) -> &'static [Self] {
        match model.output() {
            ModelOutput::Reconstruction => &[What::Encoder, What::Reconstruction],
            ModelOutput::Classes(_) => &[What::Classifier, What::Encoder],
            ModelOutput::Values(_) => &[What::Regressor, What::Encoder],
        }
    }
}

/// Options of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The part to export. `None`: the encoder of an autoencoder or stack, everything of a classifier or regressor.
    pub what: Option<What>,
    /// The hidden layer whose code an encoder gives, from 1. `None`: the last.
    pub layer: Option<usize>,
    /// The input of the exported model.
    pub input: Input,
}

/// An ONNX file with its inputs and outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// The exported part.
    pub what: What,
    /// Its input.
    pub input: Port,
    /// Its outputs.
    pub outputs: Vec<Port>,
}

/// An ONNX file that takes the columns of a table, each as an input of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedTable {
    /// The file.
    pub bytes: Vec<u8>,
    /// An input for each learned column, under its name, in the order of the schema.
    pub inputs: Vec<Port>,
    /// Its outputs.
    pub outputs: Vec<Port>,
}

/// Exports a model, or part of it, as an ONNX file.
///
/// # Errors
/// If the model has no such part or layer; if its preparation does not apply to single samples, as with patches of
/// whitened scenes; or if the file would be 2 GiB or larger, the limit of ONNX.
pub fn export(model: &dyn Model, options: &Options) -> Result<Exported> {
    let (what, layer) = chosen(model, options)?;
    let mut layers = model.network().layers;
    if what == What::Encoder {
        layers.truncate(layer);
    }
    let n_values = |layer: &Layer| match layer.tied_to {
        Some(_) => layer.outputs,
        None => (layer.inputs + 1) * layer.outputs,
    };
    check_size(4 * layers.iter().map(n_values).sum::<usize>())?;

    let mut graph = Graph::default();
    let prepared = prepare(&mut graph, options.input, model.preparation(), model.n_visible())?;
    let result = apply_layers(&mut graph, &layers, &model.parameters(), prepared);
    let outputs = finish(&mut graph, model, what, options.input, &result, layers[layers.len() - 1].outputs);
    let input = Port {
        name: SAMPLES.to_owned(),
        element: match options.input {
            Input::Bytes => ElementType::Uint8,
            Input::Floats if is_double(model.preparation()) => ElementType::Float64,
            Input::Floats | Input::Prepared => ElementType::Float32,
        },
        width: Some(model.n_visible()),
        doc: describe_input(model, options.input),
    };
    let doc = match what {
        What::Encoder if model.n_layers() > 1 => {
            format!("encoder, layer {layer} of {}, of a {}", model.n_layers(), model.kind())
        }
        What::Encoder | What::Reconstruction => {
            format!("{} of a model of kind {}", what.name(), model.kind())
        }
        What::Classifier | What::Regressor => model.kind().to_owned(),
    };
    let about = About { name: what.name(), doc: &doc, metadata: &metadata(model) };
    let bytes = graph.into_model(&about, std::slice::from_ref(&input), &outputs);
    check_size(bytes.len())?;
    Ok(Exported { bytes, what, input, outputs })
}

/// The part to export, and the hidden layer it ends at, from 1.
fn chosen(model: &dyn Model, options: &Options) -> Result<(What, usize)> {
    let all = What::all_of(model);
    let what = options.what.unwrap_or(all[0]);
    if !all.contains(&what) {
        let words: Vec<_> = all.iter().map(|what| what.name()).collect();
        let problem = format!(
            "{} is not available for a model of kind {:?}; choose from {}",
            what.name(),
            model.kind(),
            words.join(", ")
        );
        return Err(Error::option("what", problem));
    }
    let n_layers = model.n_layers();
    let layer = match (what, options.layer) {
        (What::Encoder, layer) => layer.unwrap_or(n_layers),
        (_, None) => n_layers,
        (_, Some(_)) => {
            let error = Error::option("layer", "applies only to encoders").set("what", "encoder");
            return Err(error.leave_out("layer"));
        }
    };
    if !(1..=n_layers).contains(&layer) {
        let problem = format!("{layer} is not one of the model's layers, 1 to {n_layers}");
        return Err(Error::option("layer", problem));
    }
    Ok((what, layer))
}

/// A Protocol Buffers message has at most 2³¹ − 1 bytes.
pub(crate) fn check_size(n_bytes: usize) -> Result<()> {
    if n_bytes <= i32::MAX as usize {
        return Ok(());
    }
    let gib = n_bytes as f64 / f64::from(1 << 30);
    Err(Error::input(
        "export",
        format!("{gib:.1} GiB do not fit in an ONNX file, which is limited to 2 GiB; use fewer units"),
    ))
}

/// Adds a chain of layers. Samples are rows, so a layer's `(outputs, inputs)` matrix is transposed, and a tied layer's
/// is not.
pub(crate) fn apply_layers(
    graph: &mut Graph,
    layers: &[Layer],
    parameters: &[&LayerParameters],
    mut x: String,
) -> String {
    let mut names: Vec<String> = Vec::new();
    for (k, (layer, LayerParameters { weights, bias })) in layers.iter().zip(parameters).enumerate() {
        let (weight, transposed): (_, &[Attribute]) = match layer.tied_to {
            Some(owner) => (names[owner].clone(), &[]),
            None => {
                let shape = [layer.outputs, layer.inputs];
                (
                    graph.floats(&format!("layer_{}.weight", k + 1), &shape, weights),
                    &[Attribute::Number("transB", 1)],
                )
            }
        };
        let bias = graph.floats(&format!("layer_{}.bias", k + 1), &[layer.outputs], bias);
        names.push(weight.clone());
        x = graph.apply("Gemm", &[&x, &weight, &bias], transposed);
        x = match layer.activation {
            Activation::Sigmoid => graph.apply("Sigmoid", &[&x], &[]),
            Activation::Tanh => graph.apply("Tanh", &[&x], &[]),
            Activation::Relu => graph.apply("Relu", &[&x], &[]),
            Activation::Softmax => graph.apply("Softmax", &[&x], &[Attribute::Number("axis", 1)]),
            Activation::Linear => x,
        };
    }
    x
}

/// Adds the steps after the last layer.
fn finish(
    graph: &mut Graph,
    model: &dyn Model,
    what: What,
    input: Input,
    x: &str,
    width: usize,
) -> Vec<Port> {
    let port = |name: &str, doc: &str| Port {
        name: name.to_owned(),
        element: ElementType::Float32,
        width: Some(width),
        doc: doc.to_owned(),
    };
    let regressor = model.downcast_ref::<Regressor>();
    let last = match (what, regressor.map(Regressor::prediction)) {
        (What::Reconstruction, _) => restore(graph, model, input, x, port),
        (What::Classifier, _) => {
            let probabilities = graph.name_last("probabilities");
            graph.apply(
                "ArgMax",
                &[&probabilities],
                &[Attribute::Number("axis", 1), Attribute::Number("keepdims", 0)],
            );
            graph.name_last("class");
            let class = Port {
                name: "class".to_owned(),
                element: ElementType::Int64,
                width: None,
                doc: "The index of the most probable class, from 0; the first of equals. The metadata's list `classes` \
                      has its name, if any."
                    .to_owned(),
            };
            return vec![class, port("probabilities", "The probability of each class.")];
        }
        (What::Regressor, Some(targets)) => {
            let deviation = graph.floats("targets.deviation", &[width], targets.deviation());
            let mean = graph.floats("targets.mean", &[width], targets.mean());
            let x = graph.apply("Mul", &[x, &deviation], &[]);
            graph.apply("Add", &[&x, &mean], &[]);
            port("predictions", "The predicted values, in the units of the targets.")
        }
        _ => port("code", "The activations of the hidden units."),
    };
    graph.name_last(&last.name);
    vec![last]
}

/// Adds what turns reconstructions into the units of the input, as far as possible.
fn restore(
    graph: &mut Graph,
    model: &dyn Model,
    input: Input,
    x: &str,
    port: impl Fn(&str, &str) -> Port,
) -> Port {
    let Some(scaling @ Scaling::Affine { .. }) =
        model.preparation().scaling.as_ref().filter(|_| input != Input::Prepared)
    else {
        return port("reconstruction", "Reconstructions of the samples, on the scale of the training data.");
    };
    let mut port = port("reconstruction", "Reconstructions of the samples, in the units of the input.");
    let mut x = x.to_owned();
    if scaling.needs_double() {
        x = graph.apply("Cast", &[&x], TO_DOUBLE);
        port.element = ElementType::Float64;
    }
    // The preparation has added these tensors.
    let x = graph.apply("Mul", &[&x, DIVISOR], &[]);
    graph.apply("Add", &[&x, OFFSET], &[]);
    port
}

fn describe_input(model: &dyn Model, input: Input) -> String {
    let preparation = model.preparation();
    let mut doc = "Samples, one per row: ".to_owned();
    doc += match (input, preparation) {
        (Input::Prepared, _) => "values prepared like the training data.",
        (Input::Bytes, _) => "bytes of 0 to 255.",
        (_, Preparation { columns: Some(_), .. }) => {
            "values of a table in the order of the metadata's list `values`. A category is 1 where it applies and else 0. \
             A missing value is NaN, and so are all categories of a missing one."
        }
        _ => "values as in the source, with bytes divided by 255.",
    };
    if model.image().is_some() {
        doc += " A picture's values are in the order rows, columns, channels.";
    }
    doc
}

/// Metadata for users of the file.
fn metadata(model: &dyn Model) -> Vec<(&'static str, String)> {
    let Preparation { columns, classes, .. } = model.preparation();
    let mut entries = vec![("kind", model.kind().to_owned())];
    if matches!(model.output(), ModelOutput::Classes(_)) && !classes.is_empty() {
        entries.push(("classes", json!(classes).to_string()));
    }
    if let Some(columns) = columns {
        entries.push(("values", json!(columns.value_names()).to_string()));
    }
    if let Some(image) = model.image() {
        entries.push(("image", json!(image).to_string()));
    }
    entries
}

#[cfg(test)]
mod tests;

//! Models as ONNX files, which other programs run: [onnx.ai](https://onnx.ai).
//!
//! A file holds the network together with how a sample is prepared for it, and computes in single precision:
//!
//! ```text
//! samples (n, d) → prepared → layers → code (n, h), reconstruction (n, d), class (n) and probabilities (n, K), or
//!                                      predictions (n, k)
//! ```
//!
//! `n` is free. Names of classes and of values, and the shape of a picture, are JSON in the file's metadata, under `classes`,
//! `values` and `image`. Equal models give equal bytes.
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{Autoencoder, AutoencoderConfig, onnx};
//! let digits = strokes::generate(0, Part::Train, 10)?;
//! let model = Autoencoder::initial(&AutoencoderConfig { hidden: 50, ..Default::default() }, &digits)?;
//! let file = onnx::export(&model, &onnx::Options::default())?;
//! assert_eq!((file.input.name, file.input.width), ("samples", Some(784)));
//! assert_eq!((file.outputs[0].name, file.outputs[0].width), ("code", Some(50)));
//! // Weights and biases are four bytes each.
//! assert!(file.bytes.len() > 4 * (784 * 50 + 50));
//! # Ok::<(), penstroke::Error>(())
//! ```

mod graph;
mod port;
mod protobuf;

use crate::config::Named;
use crate::data::patches::PatchOptions;
use crate::data::{Preparation, Scaling};
use crate::model::{ModelOutput, ValuePrediction};
use crate::{Activation, Error, Model, Regressor, Result};
pub use port::{ElementType, Port};

use graph::{About, Attribute, Graph};
use penstroke_engine::{Layer, LayerParameters};
use serde_json::json;

/// The version of ONNX's operators that files use.
pub const OPSET: u64 = graph::OPSET;

/// What of a model is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The code of a hidden layer.
    Encoder,
    /// Samples through all layers of an autoencoder or a stack and back, in the units of the source where the model can give
    /// them: all but per-sample scaling and the division of patches are undone.
    Reconstruction,
    /// The most probable class and the probabilities of all.
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
    /// What can be written of a model, the default first.
    fn all_of(model: &dyn Model) -> &'static [Self] {
        match model.output() {
            ModelOutput::Reconstruction => &[What::Encoder, What::Reconstruction],
            ModelOutput::Classes(_) => &[What::Classifier, What::Encoder],
            ModelOutput::Values(_) => &[What::Regressor, What::Encoder],
        }
    }
}

/// What is fed to the written model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// `float32`: values as a source gives them, its bytes as value / 255. They are prepared as the model's own were.
    #[default]
    Floats,
    /// `uint8`: the same as bytes, which are divided by 255 first.
    Bytes,
    /// `float32`: samples that are prepared already. Nothing is done to them, nor undone of their reconstructions.
    Prepared,
}

impl Named for Input {
    const WHAT: &'static str = "input";
    const ALL: &'static [(&'static str, Self)] =
        &[("floats", Input::Floats), ("bytes", Input::Bytes), ("prepared", Input::Prepared)];
}

/// What to write, and for which input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What; none for the encoder of an autoencoder or a stack, and for all of a classifier or a regressor.
    pub what: Option<What>,
    /// The hidden layer whose code an encoder gives, from 1; none for the last.
    pub layer: Option<usize>,
    /// What is fed to it.
    pub input: Input,
}

/// An ONNX file, and what goes in and comes out of its model.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it computes.
    pub what: What,
    /// Its input.
    pub input: Port,
    /// Its outputs.
    pub outputs: Vec<Port>,
}

/// Writes a model, or its part, as an ONNX file.
///
/// # Errors
/// If the model has no such part or layer; if its preparation cannot be done on samples alone, which is so for patches of
/// whitened scenes; or if the file were larger than 2 GiB, the most that ONNX allows in one.
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
        name: SAMPLES,
        element: if options.input == Input::Bytes { ElementType::Uint8 } else { ElementType::Float32 },
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
    let bytes = graph.into_model(&about, &input, &outputs);
    check_size(bytes.len())?;
    Ok(Exported { bytes, what, input, outputs })
}

/// What to write of a model, and up to which hidden layer, from 1.
fn chosen(model: &dyn Model, options: &Options) -> Result<(What, usize)> {
    let all = What::all_of(model);
    let what = options.what.unwrap_or(all[0]);
    if !all.contains(&what) {
        let words: Vec<_> = all.iter().map(|what| what.name()).collect();
        let problem = format!(
            "{} is not one of what a model of kind {:?} has: {}",
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
            let error = Error::option("layer", "is for an encoder").set("what", "encoder");
            return Err(error.leave_out("layer"));
        }
    };
    if !(1..=n_layers).contains(&layer) {
        let problem = format!("{layer} is not one of the model's layers, 1 to {n_layers}");
        return Err(Error::option("layer", problem));
    }
    Ok((what, layer))
}

/// The name of the input.
const SAMPLES: &str = "samples";
/// The names of the tensors of [`Scaling::Affine`].
const OFFSET: &str = "scaling.offset";
const DIVISOR: &str = "scaling.divisor";

/// A message of Protocol Buffers has no more than 2³¹ − 1 bytes.
fn check_size(n_bytes: usize) -> Result<()> {
    if n_bytes <= i32::MAX as usize {
        return Ok(());
    }
    let gib = n_bytes as f64 / f64::from(1 << 30);
    Err(Error::input(
        "export",
        format!("{gib:.1} GiB do not fit into an ONNX file, which holds less than 2; use fewer units"),
    ))
}

const TO_FLOAT: &[Attribute] = &[Attribute::Number("to", ElementType::Float32.code())];
const TO_DOUBLE: &[Attribute] = &[Attribute::Number("to", ElementType::Float64.code())];
const OF_ROWS: &[Attribute] = &[Attribute::Numbers("axes", &[1]), Attribute::Number("keepdims", 1)];

/// From what is fed to the model to samples as its own were.
fn prepare(graph: &mut Graph, input: Input, preparation: &Preparation, d: usize) -> Result<String> {
    let Preparation { patches, columns, scaling, .. } = preparation;
    let mut x = SAMPLES.to_owned();
    match input {
        Input::Prepared => return Ok(x),
        Input::Bytes if columns.is_some() => {
            let problem = "bytes are pixels, and the model's samples are columns of a table";
            return Err(Error::option("input", problem).set("input", "floats"));
        }
        Input::Bytes => {
            x = graph.apply("Cast", &[&x], TO_FLOAT);
            let white = graph.floats("bytes.white", &[], &[255.0]);
            x = graph.apply("Div", &[&x, &white], &[]);
        }
        Input::Floats => {}
    }
    if let Some(columns) = columns
        && columns.features.iter().any(|feature| feature.means.is_some())
    {
        // Where a missing value is refused, it stays what it is.
        let means = columns.features.iter().flat_map(|feature| match &feature.means {
            Some(means) => means.clone(),
            None => vec![f32::NAN; feature.width],
        });
        let means = graph.floats("columns.means", &[d], &means.collect::<Vec<_>>());
        let missing = graph.apply("IsNaN", &[&x], &[]);
        x = graph.apply("Where", &[&missing, &means, &x], &[]);
    }
    if let Some(patches) = patches {
        x = prepare_patches(graph, patches, x)?;
    }
    match scaling {
        None => {}
        Some(Scaling::Affine { offset, divisor }) => {
            let offset = graph.floats(OFFSET, &[offset.len()], offset);
            let divisor = graph.floats(DIVISOR, &[divisor.len()], divisor);
            x = graph.apply("Sub", &[&x, &offset], &[]);
            x = graph.apply("Div", &[&x, &divisor], &[]);
        }
        Some(Scaling::PerSample) => x = scale_per_sample(graph, x),
    }
    Ok(x)
}

/// The last steps that make patches of windows cut out of scenes.
fn prepare_patches(graph: &mut Graph, patches: &PatchOptions, mut x: String) -> Result<String> {
    let refuse = |problem: &str| Err(Error::option("input", problem).set("input", "prepared"));
    let &PatchOptions { whiten, remove_mean, scale, .. } = patches;
    let scale = match (whiten, scale) {
        (None, Some(scale)) => scale,
        (Some(_), _) => {
            return refuse(
                "the model's samples are patches of whitened scenes, and a patch alone cannot be whitened",
            );
        }
        (None, None) => return refuse("the model does not say what its patches were divided by"),
    };
    if remove_mean {
        let exact = graph.apply("Cast", &[&x], TO_DOUBLE);
        let mean = graph.apply("ReduceMean", &[&exact], OF_ROWS);
        let mean = graph.apply("Cast", &[&mean], TO_FLOAT);
        x = graph.apply("Sub", &[&x, &mean], &[]);
    }
    let scale = graph.floats("patches.scale", &[], &[scale as f32]);
    Ok(graph.apply("Div", &[&x, &scale], &[]))
}

/// `(x − mean) / standard deviation` of each row, as [`Scaling::apply`] has it. Mean and deviation are of double precision: in
/// single precision a row of equal values would seem to vary, and would be blown up instead of being 0.
fn scale_per_sample(graph: &mut Graph, x: String) -> String {
    let exact = graph.apply("Cast", &[&x], TO_DOUBLE);
    let mean = graph.apply("ReduceMean", &[&exact], OF_ROWS);
    let centred = graph.apply("Sub", &[&exact, &mean], &[]);
    let squares = graph.apply("Mul", &[&centred, &centred], &[]);
    let variance = graph.apply("ReduceMean", &[&squares], OF_ROWS);
    let deviation = graph.apply("Sqrt", &[&variance], &[]);
    let share = graph.double("scaling.rounding", f64::from(f32::EPSILON) * 0.25);
    let size = graph.apply("Abs", &[&mean], &[]);
    let rounding = graph.apply("Mul", &[&size, &share], &[]);
    let varies = graph.apply("Greater", &[&deviation, &rounding], &[]);
    let one = graph.double("scaling.one", 1.0);
    let divisor = graph.apply("Where", &[&varies, &deviation, &one], &[]);
    let divisor = graph.apply("Cast", &[&divisor], TO_FLOAT);
    let mean = graph.apply("Cast", &[&mean], TO_FLOAT);
    let centred = graph.apply("Sub", &[&x, &mean], &[]);
    graph.apply("Div", &[&centred, &divisor], &[])
}

/// A chain of layers. Samples are rows, so that a layer's `(outputs, inputs)` matrix is transposed; one that is tied to it is
/// not.
fn apply_layers(
    graph: &mut Graph,
    layers: &[Layer],
    parameters: &[&LayerParameters],
    mut x: String,
) -> String {
    let weight_of = |k: usize| format!("layer_{}.weight", k + 1);
    for (k, (layer, LayerParameters { weights, bias })) in layers.iter().zip(parameters).enumerate() {
        let (weight, transposed): (_, &[Attribute]) = match layer.tied_to {
            Some(owner) => (weight_of(owner), &[]),
            None => {
                let shape = [layer.outputs, layer.inputs];
                (graph.floats(&weight_of(k), &shape, weights), &[Attribute::Number("transB", 1)])
            }
        };
        let bias = graph.floats(&format!("layer_{}.bias", k + 1), &[layer.outputs], bias);
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

/// What becomes of the last layer's output.
fn finish(
    graph: &mut Graph,
    model: &dyn Model,
    what: What,
    input: Input,
    x: &str,
    width: usize,
) -> Vec<Port> {
    let port = |name, doc: &str| Port {
        name,
        element: ElementType::Float32,
        width: Some(width),
        doc: doc.to_owned(),
    };
    let regressor = model.downcast_ref::<Regressor>();
    let last = match (what, regressor.map(Regressor::prediction)) {
        (What::Reconstruction, _) => {
            let scaling = model.preparation().scaling.as_ref().filter(|_| input != Input::Prepared);
            let doc = match scaling {
                Some(Scaling::Affine { .. }) => {
                    // The tensors are there, from the preparation.
                    let x = graph.apply("Mul", &[x, DIVISOR], &[]);
                    graph.apply("Add", &[&x, OFFSET], &[]);
                    "The samples as the model restores them, in the units of its input."
                }
                _ => "The samples as the model restores them, on the scale of its training data.",
            };
            port("reconstruction", doc)
        }
        (What::Classifier, _) => {
            let probabilities = graph.name_last("probabilities");
            graph.apply(
                "ArgMax",
                &[&probabilities],
                &[Attribute::Number("axis", 1), Attribute::Number("keepdims", 0)],
            );
            graph.name_last("class");
            let class = Port {
                name: "class",
                element: ElementType::Int64,
                width: None,
                doc: "The number of the most probable class, from 0, and of equals the first. Its name, if it has one, stands at \
                      this place of the metadata's list `classes`."
                    .to_owned(),
            };
            return vec![class, port("probabilities", "The probability of every class.")];
        }
        (What::Regressor, Some(ValuePrediction { mean, deviation })) => {
            let deviation = graph.floats("targets.deviation", &[width], deviation);
            let mean = graph.floats("targets.mean", &[width], mean);
            let x = graph.apply("Mul", &[x, &deviation], &[]);
            graph.apply("Add", &[&x, &mean], &[]);
            port("predictions", "The predicted values, in the units of the targets.")
        }
        _ => port("code", "The activations of the hidden units."),
    };
    graph.name_last(last.name);
    vec![last]
}

fn describe_input(model: &dyn Model, input: Input) -> String {
    let preparation = model.preparation();
    let mut doc = "Samples, one a row: ".to_owned();
    doc += match (input, preparation) {
        (Input::Prepared, _) => "values prepared like the training data.",
        (Input::Bytes, _) => "bytes of 0 to 255.",
        (_, Preparation { columns: Some(_), .. }) => {
            "values of a table in the order of the metadata's list `values`, of categories 1 for the one that is and else 0. A \
             missing value is NaN, and so is every category of a missing one."
        }
        _ => "values as they are in the source, its bytes divided by 255.",
    };
    if model.image().is_some() {
        doc += " A picture's values run along its channels, then its columns, then its rows.";
    }
    doc
}

/// What a user of the file may want to know.
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

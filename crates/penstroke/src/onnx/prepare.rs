//! The input of an exported model, and its preparation as in training.

use super::graph::{Attribute, Graph};
use super::port::ElementType;
use crate::config::Named;
use crate::data::patches::PatchOptions;
use crate::data::{Preparation, Scaling};
use crate::{Error, Result};

/// The input of the exported model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// `float32`: values as in a source, with bytes as value / 255. They are prepared like the training samples.
    #[default]
    Floats,
    /// `uint8`: the same as bytes, which are first divided by 255.
    Bytes,
    /// `float32`: samples already prepared. Reconstructions stay in the prepared units.
    Prepared,
}

impl Named for Input {
    const WHAT: &'static str = "input";
    const ALL: &'static [(&'static str, Self)] =
        &[("floats", Input::Floats), ("bytes", Input::Bytes), ("prepared", Input::Prepared)];
}

/// The name of the input.
pub(super) const SAMPLES: &str = "samples";
/// The names of the tensors of [`Scaling::Affine`].
pub(super) const OFFSET: &str = "scaling.offset";
pub(super) const DIVISOR: &str = "scaling.divisor";

const TO_FLOAT: &[Attribute] = &[Attribute::Number("to", ElementType::Float32.code())];
const TO_DOUBLE: &[Attribute] = &[Attribute::Number("to", ElementType::Float64.code())];
const OF_ROWS: &[Attribute] = &[Attribute::Numbers("axes", &[1]), Attribute::Number("keepdims", 1)];

/// Adds the preparation that turns the input into samples like those in training.
pub(super) fn prepare(
    graph: &mut Graph,
    input: Input,
    preparation: &Preparation,
    d: usize,
) -> Result<String> {
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
        // Where missing values are not allowed, they stay NaN.
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

/// Adds the last steps of preparing patches.
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
        (None, None) => return refuse("the model does not record what its patches were divided by"),
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

/// `(x − mean) / standard deviation` of each row, like [`Scaling::apply`]. Mean and deviation are double precision: in
/// single precision, a row of equal values would seem to vary and be amplified instead of becoming 0.
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

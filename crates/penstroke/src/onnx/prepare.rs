//! The input of an exported model, and its preparation as in training.

use super::graph::{Attribute, Graph};
use super::port::ElementType;
use crate::config::Named;
use crate::data::patches::PatchOptions;
use crate::data::{Feature, Preparation, Scaling};
use crate::{Error, Result};
use std::borrow::Cow;

/// The input of the exported model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// `float32`: values as in a source, with bytes as value / 255. They are prepared like the training samples. If the
    /// scaling [needs double precision](Scaling::needs_double), the input is `float64`.
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
/// The name of the tensor of replacements for missing values.
const MEANS: &str = "columns.means";

pub(crate) const TO_FLOAT: &[Attribute] = &[Attribute::Number("to", ElementType::Float32.code())];
pub(crate) const TO_DOUBLE: &[Attribute] = &[Attribute::Number("to", ElementType::Float64.code())];
const OF_ROWS: &[Attribute] =
    &[Attribute::Numbers("axes", Cow::Borrowed(&[1])), Attribute::Number("keepdims", 1)];

/// Adds the preparation that turns the input into samples like those in training.
pub(super) fn prepare(
    graph: &mut Graph,
    input: Input,
    preparation: &Preparation,
    d: usize,
) -> Result<String> {
    let Preparation { patches, columns, scaling, .. } = preparation;
    let mut x = SAMPLES.to_owned();
    let is_double = is_double(preparation);
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
            if is_double {
                x = graph.apply("Cast", &[&x], TO_DOUBLE);
            }
        }
        Input::Floats => {}
    }
    if let Some(columns) = columns
        && columns.features.iter().any(|feature| feature.means.is_some())
    {
        // Where missing values are not allowed, they stay NaN.
        let means: Vec<f64> = columns.features.iter().flat_map(means).collect();
        let means = match is_double {
            true => graph.doubles(MEANS, &[d], &means),
            false => graph.floats(MEANS, &[d], &means.into_iter().map(|x| x as f32).collect::<Vec<_>>()),
        };
        let missing = graph.apply("IsNaN", &[&x], &[]);
        x = graph.apply("Where", &[&missing, &means, &x], &[]);
    }
    if let Some(patches) = patches {
        x = prepare_patches(graph, patches, x)?;
    }
    Ok(match scaling {
        None => x,
        Some(scaling) => scale(graph, scaling, x),
    })
}

/// Adds the scaling; in double precision, if it needs that and so the values have it.
fn scale(graph: &mut Graph, scaling: &Scaling, x: String) -> String {
    let Scaling::Affine { offset, divisor, .. } = scaling else { return scale_per_sample(graph, x) };
    if !scaling.needs_double() {
        let offset = graph.floats(OFFSET, &[offset.len()], offset);
        let divisor = graph.floats(DIVISOR, &[divisor.len()], divisor);
        let x = graph.apply("Sub", &[&x, &offset], &[]);
        return graph.apply("Div", &[&x, &divisor], &[]);
    }
    // What becomes 0 is the offset.
    let offset = scaling.undo_in_double(&vec![0.0; divisor.len()]).unwrap_or_default();
    let offset = graph.doubles(OFFSET, &[offset.len()], &offset);
    let exact: Vec<f64> = divisor.iter().map(|&x| x.into()).collect();
    let divisor = graph.doubles(DIVISOR, &[divisor.len()], &exact);
    let x = graph.apply("Sub", &[&x, &offset], &[]);
    let x = graph.apply("Div", &[&x, &divisor], &[]);
    graph.apply("Cast", &[&x], TO_FLOAT)
}

/// Whether values are prepared in double precision.
pub(super) fn is_double(preparation: &Preparation) -> bool {
    preparation.scaling.as_ref().is_some_and(Scaling::needs_double)
}

/// The replacements for missing values of a column; NaN where they are not allowed.
fn means(feature: &Feature) -> Vec<f64> {
    let mean = |at: usize| match (&feature.means, feature.doubles.get(&at)) {
        (_, Some(&mean)) => mean,
        (Some(means), None) => means.get(at).copied().unwrap_or(f32::NAN).into(),
        (None, None) => f64::NAN,
    };
    (0..feature.width).map(mean).collect()
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
    let share = graph.doubles("scaling.rounding", &[], &[f64::from(f32::EPSILON) * 0.25]);
    let size = graph.apply("Abs", &[&mean], &[]);
    let rounding = graph.apply("Mul", &[&size, &share], &[]);
    let varies = graph.apply("Greater", &[&deviation, &rounding], &[]);
    let one = graph.doubles("scaling.one", &[], &[1.0]);
    let divisor = graph.apply("Where", &[&varies, &deviation, &one], &[]);
    let divisor = graph.apply("Cast", &[&divisor], TO_FLOAT);
    let mean = graph.apply("Cast", &[&mean], TO_FLOAT);
    let centred = graph.apply("Sub", &[&x, &mean], &[]);
    graph.apply("Div", &[&centred, &divisor], &[])
}

//! Reasons why a network cannot be trained or applied.

use std::fmt;

/// The reason why a network cannot be trained or applied.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // The fields repeat the numbers of the message.
pub enum EngineError {
    NoLayers,
    EmptyLayer { layer: usize },
    Chain { layer: usize, inputs: usize, outputs: usize },
    Tie { layer: usize, tied_to: usize },
    Softmax { layer: usize },
    CrossEntropy,
    SoftmaxCrossEntropy,
    SoftmaxOutput,
    Labels,
    Heads { outputs: usize },
    Target { outputs: usize, inputs: usize },
    HeadWeight { value: f64 },
    Cells { cell: usize, inputs: usize, outputs: usize },
    NoCells { noise: &'static str },
    MaskCells { low: f64, high: f64 },
    Levels { low: f64, high: f64 },
    LevelsAlone,
    LevelsLoss,
    Denoising { needs: &'static str },
    LayerDropout { layer: usize, value: f64 },
    DropoutLength { values: usize, layers: usize },
    Probability { noise: &'static str, value: f64 },
    Dropout { value: f64 },
    Deviation { value: f64 },
    Range { low: f64, high: f64 },
    TooManyTerms { terms: usize },
    Emphasis { corrupted: f64, rest: f64 },
    LabelSmoothing { value: f64 },
    Trim,
    WeightDecay { value: f64 },
    MaxNorm { value: f64 },
    Penalty { penalty: &'static str, value: f64 },
    SparsityTarget { value: f64 },
    SparsityCode,
    PenalizedCode { penalty: &'static str },
    Share { option: &'static str, value: f64 },
    Epsilon { value: f64 },
    Bf16 { instructions: &'static str },
}

impl std::error::Error for EngineError {}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLayers => write!(f, "layers: the list is empty; a network needs at least one"),
            Self::EmptyLayer { layer } => {
                write!(f, "layer {layer}: 0 units; a layer needs at least one input and one output")
            }
            Self::Chain { layer, inputs, outputs } => write!(
                f,
                "layer {layer}: takes {inputs} values, but the layer before it gives {outputs}; make them equal"
            ),
            Self::Tie { layer, tied_to } => write!(
                f,
                "layer {layer}: cannot be tied to layer {tied_to}; it needs an earlier layer of its mirrored shape"
            ),
            Self::Softmax { layer } => {
                write!(f, "layer {layer}: softmax is possible only on the last layer")
            }
            Self::CrossEntropy => {
                write!(f, "loss: cross-entropy needs a sigmoid or linear last layer")
            }
            Self::SoftmaxCrossEntropy => write!(
                f,
                "loss: softmax cross-entropy needs a linear last layer, or softmax over all outputs"
            ),
            Self::SoftmaxOutput => {
                write!(f, "loss: softmax on the last layer needs one head of softmax cross-entropy")
            }
            Self::Trim => write!(f, "trim: needs squared error or denoising on every head"),
            Self::Labels => write!(f, "loss: labels need softmax cross-entropy"),
            Self::Heads { outputs } => write!(
                f,
                "heads: their units must be contiguous and together cover the {outputs} outputs, with at least one unit per head"
            ),
            Self::Target { outputs, inputs } => write!(
                f,
                "heads: output {outputs} is compared with an input component, but there are only {inputs}; a reconstruction has the length of its input"
            ),
            Self::Cells { cell, inputs, outputs } => write!(
                f,
                "cell {cell}: its inputs and units must not be empty, must come after those of the cell before it, and must lie within {inputs} inputs and {outputs} outputs"
            ),
            _ => self.fmt_noise(f),
        }
    }
}

impl EngineError {
    /// Formats errors about noise, and about what levels of noise need.
    fn fmt_noise(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCells { noise } => write!(
                f,
                "corruption: {noise} is for tables, whose columns are cells; use masking for pictures and arrays"
            ),
            Self::MaskCells { low, high } => {
                write!(f, "mask: {low}..{high} is not a range of probabilities within 0..=1")
            }
            Self::LevelsAlone => write!(
                f,
                "corruption: levels must be its only noise, because they scale the input and replace its last component"
            ),
            Self::LevelsLoss => {
                write!(f, "loss: under levels of noise, heads that reconstruct the input need denoising")
            }
            Self::Denoising { needs } => write!(f, "loss: denoising needs {needs}"),
            Self::Probability { noise, value } => write!(f, "{noise}: probability {value} is outside 0..=1"),
            Self::Dropout { value } => {
                write!(
                    f,
                    "dropout: probability {value} is outside 0..1; survivors are divided by 1 minus the probability"
                )
            }
            Self::Deviation { value } => {
                write!(f, "gaussian: standard deviation {value} is not a finite number of at least 0")
            }
            Self::Levels { low, high } => {
                write!(f, "levels: {low}..{high} is not a range of finite numbers above 0")
            }
            Self::Range { low, high } => {
                write!(f, "salt-and-pepper: the range {low}..={high} is empty or not finite")
            }
            Self::TooManyTerms { terms } => write!(f, "corruption: {terms} terms, at most 16 are possible"),
            _ => self.fmt_numbers(f),
        }
    }

    /// Formats errors about other numbers out of range.
    fn fmt_numbers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LayerDropout { layer, value } => write!(
                f,
                "layer {layer}: dropout {value} is outside 0..1, or on the last layer, where dropout is not possible"
            ),
            Self::DropoutLength { values, layers } => {
                write!(f, "dropout: {layers} layers need one value each, not {values}; or give none")
            }
            Self::HeadWeight { value } => {
                write!(f, "heads: weight {value} is not a finite number above 0")
            }
            Self::Emphasis { corrupted, rest } => write!(
                f,
                "emphasis: weights {corrupted} and {rest} must be finite, at least 0, and on a reconstruction loss"
            ),
            Self::Penalty { penalty, value } => {
                write!(f, "{penalty}: weight {value} is not a finite number of at least 0")
            }
            Self::SparsityTarget { value } => {
                write!(f, "sparsity: target {value} is not between 0 and 1; 0.05 is usual")
            }
            Self::SparsityCode => {
                write!(f, "sparsity: needs a sigmoid on the first layer (activation sigmoid)")
            }
            Self::PenalizedCode { penalty } => {
                write!(f, "{penalty}: needs a first layer that is not the last and has no dropout")
            }
            Self::MaxNorm { value } => write!(f, "max norm: {value} is not a finite number above 0"),
            Self::LabelSmoothing { value } => {
                write!(f, "label smoothing: {value} is outside 0..1; 0 leaves it out")
            }
            Self::WeightDecay { value } => {
                write!(f, "weight decay: {value} is not a finite number of at least 0")
            }
            Self::Share { option, value } => write!(f, "{option}: {value} is outside 0..1"),
            Self::Epsilon { value } => write!(f, "epsilon: {value} is not a finite number above 0"),
            Self::Bf16 { instructions } => write!(
                f,
                "precision: bf16 needs a processor with AMX or AVX-512 bf16, and its instructions, not {instructions}; use f32"
            ),
            // `fmt` handles the other variants.
            _ => Ok(()),
        }
    }
}

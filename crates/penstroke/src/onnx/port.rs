//! Inputs and outputs of a graph.

/// An input or an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: &'static str,
    /// What its elements are.
    pub element: ElementType,
    /// The length of a row; its shape is `(n, width)`, or `(n)` without.
    pub width: Option<usize>,
    /// What it means, in a sentence.
    pub doc: String,
}

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// Single precision.
    Float32,
    /// Double precision; only inside of a model.
    Float64,
    /// Bytes.
    Uint8,
    /// Whole numbers.
    Int64,
}

impl ElementType {
    /// Its name, as NumPy has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ElementType::Float32 => "float32",
            ElementType::Float64 => "float64",
            ElementType::Uint8 => "uint8",
            ElementType::Int64 => "int64",
        }
    }

    /// Its number in `onnx.proto`.
    pub(super) const fn code(self) -> u64 {
        match self {
            ElementType::Float32 => 1,
            ElementType::Uint8 => 2,
            ElementType::Int64 => 7,
            ElementType::Float64 => 11,
        }
    }
}

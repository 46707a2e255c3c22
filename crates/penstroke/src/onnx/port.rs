//! Inputs and outputs of a graph.

/// An input or an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub element: ElementType,
    /// Length of a row: the shape is `(n, width)`, or `(n)` if `None`.
    pub width: Option<usize>,
    /// A one-sentence description.
    pub doc: String,
}

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// Single precision.
    Float32,
    /// Double precision.
    Float64,
    /// Bytes.
    Uint8,
    /// Whole numbers.
    Int64,
    /// Texts.
    Text,
}

impl ElementType {
    /// The type's NumPy name.
    pub fn name(self) -> &'static str {
        match self {
            ElementType::Float32 => "float32",
            ElementType::Float64 => "float64",
            ElementType::Uint8 => "uint8",
            ElementType::Int64 => "int64",
            ElementType::Text => "str",
        }
    }

    /// The type's number in `onnx.proto`.
    pub(crate) const fn code(self) -> u64 {
        match self {
            ElementType::Float32 => 1,
            ElementType::Uint8 => 2,
            ElementType::Int64 => 7,
            ElementType::Text => 8,
            ElementType::Float64 => 11,
        }
    }
}

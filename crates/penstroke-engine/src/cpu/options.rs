//! Options of a CPU engine.

use super::isa::InstructionSet;

/// Options of a CPU engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuOptions {
    /// Number of threads; 0 counts as 1. The result does not depend on it.
    pub threads: usize,
    /// The vector instructions; by default the best that the processor has.
    pub instructions: InstructionSet,
    /// The number format of the factors of products.
    pub precision: Precision,
}

impl Default for CpuOptions {
    /// One thread, the processor's best instructions, single precision.
    fn default() -> Self {
        Self { threads: 1, instructions: InstructionSet::detect(), precision: Precision::F32 }
    }
}

/// The number format of the factors of products. Weights, sums, activations and the optimizer always use `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// bf16: eight bits of mantissa and the range of `f32`, with sums in `f32`. Faster where the processor supports it,
    /// several times so with tiles. Without tiles, products that skip the zeros of a sparse input stay in single
    /// precision, which is faster still.
    Bf16,
}

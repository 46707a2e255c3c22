//! How a CPU engine computes.

use super::isa::InstructionSet;

/// How a CPU engine computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuOptions {
    /// How many threads share a step; 0 is taken as 1. The result is the same at any number.
    pub threads: usize,
    /// The vector instructions; by default the best that the processor has.
    pub instructions: InstructionSet,
    /// The format of the factors of products.
    pub precision: Precision,
}

impl Default for CpuOptions {
    /// One thread, the processor's best instructions, single precision.
    fn default() -> Self {
        Self { threads: 1, instructions: InstructionSet::detect(), precision: Precision::F32 }
    }
}

/// The numbers that go into products. Weights, sums, activations and the optimizer are `f32` in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// Eight bits of mantissa and the range of `f32`, with sums in `f32`: faster, several times so with tiles, where the
    /// processor has it. Without tiles, products that skip the zeros of a sparse input stay in single precision, which
    /// is faster still.
    Bf16,
}

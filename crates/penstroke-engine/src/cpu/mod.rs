//! The CPU engines: threads, matrix products on panels, and everything between two products, done while a block is in
//! cache.
//!
//! Weights are stored in [`panel`]s, so a step packs and copies nothing, and a product writes its result in the form
//! that the next product reads. [`step`] is a training step over an [`arithmetic`]: [`single`] precision or [`bf16`].
//!
//! Every element of a product is one chain of multiply-adds in a fixed order, and partial sums are added in the order
//! of fixed blocks. So neither the number of threads nor the way a product is computed (dense or skipping zeros)
//! changes a bit. Once buffers have grown to the largest batch, nothing is allocated.

mod answers;
mod apply;
mod arithmetic;
mod bf16;
mod bias;
mod buffers;
mod dropout;
mod fill;
mod gather;
mod isa;
mod kernels;
mod learn;
mod losses;
mod math;
mod norms;
mod options;
mod output;
mod panel;
mod peak;
mod penalties;
mod pieces;
mod place;
mod product;
mod single;
mod skip;
mod sparse;
mod step;
mod team;
mod train;
mod transpose;
mod trim;
mod vector;
mod weights;
#[cfg(target_arch = "x86_64")]
mod words;

pub use apply::CpuApply;
pub use isa::InstructionSet;
pub use options::{CpuOptions, Precision};
pub use peak::multiply_adds;
pub use train::CpuTrain;

#[cfg(test)]
mod tests;

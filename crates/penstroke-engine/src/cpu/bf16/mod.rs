//! Products of bf16 with sums in f32, for processors that have them: eight bits of mantissa, the range of f32.
//!
//! Weights, moments, activations, losses and biases stay what they are; only the two sides of every product are
//! rounded. A matrix of samples and units is rounded once, at the end of the stage that makes it, and written in the
//! forms that later products read ([`convert`]): twice, with units as the terms that are summed over (forwards and
//! backwards) and with samples (for the gradient). It is a left side going forwards into a layer whose weights have outputs
//! along their columns, and going backwards into one that has inputs there; else a right side. Weights are rounded a panel
//! at a time when they are used: two rounded forms of them would have to be written in every step, and then neither they
//! nor the weights themselves stay in the second-level cache (at 784-500 and 128 samples the change of weights took 1.9
//! times as long).

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
mod arithmetic;
mod convert;
mod grid;
mod halves;
mod instructions;
mod pass;
mod product;
mod sides;

pub(super) use arithmetic::Bf16;
pub(super) use instructions::Bf16Instructions;

//! bf16 products with f32 sums, for processors that support them. bf16 has eight bits of mantissa and the range of f32.
//!
//! Weights, moments, activations, losses and biases stay in f32; only the two sides of every product are rounded. A
//! matrix of samples and units is rounded once, at the end of the stage that computes it, in the forms that later
//! products read ([`convert`]): with units as terms (forward and backward), and with samples as terms (for the
//! gradient). It is the left side in the forward pass of a layer whose weights have outputs along their columns, and in
//! the backward pass of one that has inputs there; otherwise the right side. Weights are rounded one panel at a time
//! when used: storing two rounded forms in every step would push them and the weights out of the second-level cache (at
//! 784-500 and 128 samples, updating weights took 1.9 times as long).

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
mod arithmetic;
mod convert;
mod fill;
mod grid;
mod halves;
mod instructions;
mod pass;
mod product;
mod sides;

pub(super) use arithmetic::Bf16;
pub(super) use instructions::Bf16Instructions;

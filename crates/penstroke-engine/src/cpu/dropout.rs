//! Drops units of a hidden layer's output in training, and recognises them in the backward pass.
//!
//! Unit `j` of a sample is dropped if word `j` of the layer's random numbers for that sample is below `p·2³²`; the
//! others are divided by `1 − p`. No mask is stored. A dropped output is stored as −0, a surviving zero as +0; a
//! product whose sum starts at +0 does not depend on the sign of zeros, so no other stage needs to know. In the
//! backward pass, −0 means that the unit was dropped; for any other output `y`, the activation gave `y (1 − p)`, where
//! its slope is evaluated.
//!
//! Words are computed for eight samples, or for eight blocks of one sample, side by side, to match the rows of a block.

use super::isa::{InstructionSet, kernel};
use super::kernels;
use super::panel::{Row, WIDTH, floats, floats_mut};
use super::place::{Place, RowsAre};
use crate::network::Activation;
use crate::objective::Objective;
use crate::philox::{Draws, LANES, Purpose, threshold};

/// Words per Philox block.
const BLOCK: usize = 4;
const _: () = assert!(WIDTH == BLOCK * LANES, "the units of a row are eight blocks");

/// The bits of −0.
const DROPPED: u32 = 0x8000_0000;

/// A presentation of a batch in training, which determines dropout's random numbers.
#[derive(Clone, Copy)]
pub(super) struct Presentation<'a> {
    pub(super) epoch: u32,
    /// The samples of the batch.
    pub(super) samples: &'a [u32],
}

/// The dropout of one layer's output.
#[derive(Clone, Copy)]
pub(super) struct Dropout<'a> {
    draws: Draws,
    presentation: Presentation<'a>,
    threshold: u64,
    /// `1 / (1 − p)`.
    scale: f32,
}

impl<'a> Dropout<'a> {
    /// The dropout of layer `l`, or `None` if this presentation drops nothing there.
    pub(super) fn new(
        objective: &Objective,
        l: usize,
        presentation: Option<Presentation<'a>>,
    ) -> Option<Self> {
        let probability = objective.dropout_of(l);
        let presentation = presentation.filter(|_| probability > 0.0)?;
        Some(Self {
            draws: Draws::new(objective.seed, Purpose::Dropout(l as u16)),
            presentation,
            threshold: threshold(probability),
            scale: (1.0 / (1.0 - probability)) as f32,
        })
    }
}

kernel! {
    /// Drops from rows that are samples, starting at position `first` of the batch, with columns that are units,
    /// starting at `unit`.
    fn of_samples(rows: &mut [Row], dropout: Dropout<'_>, first: usize, unit: usize) {
        let Dropout { draws, presentation: Presentation { epoch, samples }, threshold, scale } = dropout;
        for (row, &sample) in rows.iter_mut().zip(&samples[first..]) {
            let words = draws.consecutive(epoch, sample, (unit / BLOCK) as u32);
            let mut in_order = [0; WIDTH];
            for (w, words) in words.iter().enumerate() {
                for (block, &word) in words.iter().enumerate() {
                    in_order[block * BLOCK + w] = word as u32;
                }
            }
            for (y, word) in row.0.iter_mut().zip(in_order) {
                *y = kept_or_dropped(*y, u64::from(word), threshold, scale);
            }
        }
    }
}

kernel! {
    /// Drops from rows that are units, starting at `unit`, with columns that are samples, starting at position `first`.
    fn of_units(rows: &mut [Row], dropout: Dropout<'_>, first: usize, unit: usize) {
        const LOW: u64 = 0xffff_ffff;
        let Dropout { draws, presentation: Presentation { epoch, samples }, threshold, scale } = dropout;
        let samples = &samples[first..samples.len().min(first + WIDTH)];
        for (group, here) in samples.chunks(LANES).enumerate() {
            let mut lanes = [0; LANES];
            lanes.iter_mut().zip(here).for_each(|(lane, &sample)| *lane = u64::from(sample));
            for (block, rows) in rows.chunks_mut(BLOCK).enumerate() {
                let words = draws.blocks(epoch, &lanes, (unit / BLOCK + block) as u32);
                for (row, words) in rows.iter_mut().zip(&words) {
                    for (y, word) in row.0[group * LANES..][..LANES].iter_mut().zip(words) {
                        *y = kept_or_dropped(*y, word & LOW, threshold, scale);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn kept_or_dropped(y: f32, word: u64, threshold: u64, scale: f32) -> f32 {
    // Adding +0 turns −0 into +0.
    if word < threshold { f32::from_bits(DROPPED) } else { y * scale + 0.0 }
}

/// Drops from a block of a layer's output.
pub(super) fn drop_units(isa: InstructionSet, rows: &mut [Row], dropout: Dropout<'_>, place: &Place) {
    match place.rows_are {
        RowsAre::Units => of_units(isa, rows, dropout, place.sample, place.unit),
        RowsAre::Samples => of_samples(isa, rows, dropout, place.sample, place.unit),
    }
}

/// `delta ∘= ∂y/∂a` for the output `y` of a layer in training, including dropout.
pub(super) fn times_slope(
    isa: InstructionSet,
    delta: &mut [Row],
    y: &[Row],
    (activation, dropout): (Activation, f64),
) {
    if dropout == 0.0 {
        return kernels::times_slope(isa, delta, y, activation);
    }
    times_slope_of_kept(isa, delta, y, activation, (1.0 - dropout) as f32);
}

kernel! {
    fn times_slope_of_kept(delta: &mut [Row], y: &[Row], activation: Activation, share: f32) {
        match activation {
            Activation::Sigmoid => times(delta, y, share, |y| y * (1.0 - y)),
            Activation::Tanh => times(delta, y, share, |y| 1.0 - y * y),
            Activation::Relu => times(delta, y, share, |y| if y > 0.0 { 1.0 } else { 0.0 }),
            Activation::Linear | Activation::Softmax => times(delta, y, share, |_| 1.0),
        }
    }
}

#[inline(always)]
fn times(delta: &mut [Row], y: &[Row], share: f32, slope: impl Fn(f32) -> f32) {
    let scale = 1.0 / share;
    for (d, &y) in floats_mut(delta).iter_mut().zip(floats(y)) {
        let through = *d * (scale * slope(y * share));
        *d = if y.to_bits() == DROPPED { 0.0 } else { through };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objective(dropout: f64) -> Objective {
        Objective { dropout: vec![dropout, 0.0], seed: 0x0123_4567_89ab_cdef, ..Objective::default() }
    }

    #[test]
    fn both_forms_drop_the_units_whose_words_say_so_on_every_instruction_set() {
        let objective = objective(0.3);
        let samples: Vec<u32> = (0..40).map(|s| s * 77 + 5).collect();
        let presentation = Presentation { epoch: 6, samples: &samples };
        let dropout = Dropout::new(&objective, 0, Some(presentation)).unwrap();
        let draws = Draws::new(objective.seed, Purpose::Dropout(0));
        let want = |s: usize, j: usize| {
            let falls = u64::from(draws.at(6, samples[s]).word(j as u32)) < threshold(0.3);
            if falls { -0.0f32 } else { (1.0 / 0.7) as f32 }
        };
        for isa in InstructionSet::all() {
            for (first, n) in [(0, 32), (32, 8), (8, 3)] {
                let mut rows = vec![Row([1.0; WIDTH]); n];
                of_samples(isa, &mut rows, dropout, first, 32);
                for (s, row) in rows.iter().enumerate() {
                    for (j, &y) in row.0.iter().enumerate() {
                        assert_eq!(y.to_bits(), want(first + s, 32 + j).to_bits(), "{isa:?}");
                    }
                }
            }
            let mut rows = vec![Row([1.0; WIDTH]); 6];
            of_units(isa, &mut rows, dropout, 32, 64);
            for (j, row) in rows.iter().enumerate() {
                for (s, &y) in row.0[..8].iter().enumerate() {
                    assert_eq!(y.to_bits(), want(32 + s, 64 + j).to_bits(), "{isa:?}");
                }
            }
        }
    }

    #[test]
    fn a_kept_zero_has_its_slope_and_a_dropped_unit_has_none() {
        for (activation, slope) in
            [(Activation::Tanh, 1.0), (Activation::Linear, 1.0), (Activation::Relu, 0.0)]
        {
            let objective = objective(0.5);
            let presentation = Presentation { epoch: 0, samples: &[0, 1, 2] };
            let dropout = Dropout::new(&objective, 0, Some(presentation)).unwrap();
            for isa in InstructionSet::all() {
                for zero in [0.0, -0.0] {
                    let mut y = [Row([zero; WIDTH]); 3];
                    of_samples(isa, &mut y, dropout, 0, 0);
                    let mut delta = [Row([3.0; WIDTH]); 3];
                    times_slope(isa, &mut delta, &y, (activation, 0.5));
                    for (sample, delta) in delta.iter().enumerate() {
                        for (j, &delta) in delta.0.iter().enumerate() {
                            let word = Draws::new(objective.seed, Purpose::Dropout(0))
                                .at(0, sample as u32)
                                .word(j as u32);
                            let want = if word < 1 << 31 { 0.0 } else { 6.0 * slope };
                            assert_eq!(delta, want, "{activation:?}");
                        }
                    }
                }
            }
        }
    }
}

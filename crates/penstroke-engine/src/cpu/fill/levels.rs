//! Noise of a level drawn for each sample, in place of [`corrupt_block`](super::noise::corrupt_block): it also turns clean
//! values into what the network should answer.

use super::gather::gather_tile;
use super::noise::{BLOCK, Values, add_gaussian};
use super::nonzero::note_nonzero;
use super::tile::{Filling, Tile};
use crate::corruption::LEVEL;
use crate::cpu::isa::kernel;
use crate::cpu::panel::{Row, WIDTH};
use crate::level::Level;
use crate::philox::{Draws, LANES};

/// What the samples of a panel have of `x` and `z`, and the component that tells their level; zeros for missing samples.
struct Levels {
    cos: [f32; WIDTH],
    sin: [f32; WIDTH],
    input: [f32; WIDTH],
}

kernel! {
    /// Like [`fill`](super::fill) for samples from `at.0` and components from `at.1` on, under levels in a range: the clean values become
    /// what the network [should](Level::wanted) answer, and the last component of the input becomes the level.
    pub(super) fn fill_levels<V>(
        filling: Filling<'_>,
        range: (f64, f64),
        at: (usize, usize),
        tile: Tile<'_>,
    ) -> u32 {
        let (first, from) = at;
        let Filling { d, indices, emphasis, draws, epoch, .. } = filling;
        let Tile { clean, input, emphasis: counted, by_unit, by_sample } = tile;
        gather_tile::<V>(filling, first, from, clean);
        if let Some(emphasis) = emphasis {
            counted.fill(Row([emphasis.corrupted as f32; WIDTH]));
        }
        let (draws, here) = (draws.term(0), first..indices.len().min(first + WIDTH));
        let mut samples = [0u64; WIDTH];
        samples.iter_mut().zip(&indices[here.clone()]).for_each(|(to, &index)| *to = u64::from(index));
        let levels = draw(draws, epoch, (&samples, here.len()), range);
        for (block, (clean, input)) in clean.chunks_mut(BLOCK).zip(input.chunks_mut(BLOCK)).enumerate() {
            let index = (from / BLOCK + block) as u32;
            for (eight, samples) in samples.as_chunks::<LANES>().0.iter().enumerate() {
                let mut z: Values = [[0.0; LANES]; BLOCK];
                add_gaussian(&draws.blocks(epoch, samples, index), 1.0, &mut z);
                for ((clean, input), z) in clean.iter_mut().zip(&mut *input).zip(&z) {
                    for (lane, &z) in z.iter().enumerate() {
                        let s = eight * LANES + lane;
                        let (cos, sin, x) = (levels.cos[s], levels.sin[s], clean.0[s]);
                        input.0[s] = cos * x + sin * z;
                        clean.0[s] = sin * x - cos * z;
                    }
                }
            }
        }
        if from + input.len() == d && let Some(last) = input.last_mut() {
            last.0 = levels.input;
        }
        if by_unit.is_empty() {
            return 0;
        }
        note_nonzero::<V>(input, by_unit, by_sample)
    }
}

/// Draws the levels of the first `n` of some samples.
#[inline(always)]
fn draw(draws: Draws, epoch: u32, (samples, n): (&[u64; WIDTH], usize), (low, high): (f64, f64)) -> Levels {
    let range = (low.ln(), high.ln());
    let (block, word) = (LEVEL / BLOCK as u32, LEVEL as usize % BLOCK);
    let mut levels = Levels { cos: [0.0; WIDTH], sin: [0.0; WIDTH], input: [0.0; WIDTH] };
    for (eight, samples) in samples.as_chunks::<LANES>().0.iter().enumerate() {
        let words = draws.blocks(epoch, samples, block)[word];
        for (s, word) in (eight * LANES..n).zip(words) {
            let level = Level::drawn(range, word as u32);
            (levels.cos[s], levels.sin[s]) = level.cos_sin();
            levels.input[s] = level.input();
        }
    }
    levels
}

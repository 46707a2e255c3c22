//! Which components of the corrupted input are nonzero.

use super::tile::TILE;
use crate::cpu::panel::{Row, WIDTH};
use crate::cpu::vector::Vector;

/// Records which values of a tile are nonzero; returns their number.
#[inline(always)]
pub(super) fn note_nonzero<V: Vector>(
    input: &[Row],
    by_unit: &mut [u32],
    by_sample: [&mut [u32]; TILE / WIDTH],
) -> u32 {
    let mut n_nonzero = 0;
    for (t, rows) in input.chunks(WIDTH).enumerate() {
        let mut bits = [0u32; WIDTH];
        for (bits, row) in bits.iter_mut().zip(rows) {
            for lane in (0..WIDTH).step_by(V::LANES) {
                // SAFETY: a kernel runs only where its instructions exist; the lanes are inside the row.
                *bits |= unsafe { V::load(row.0[lane..lane + V::LANES].as_ptr()).nonzero() } << lane;
            }
            n_nonzero += bits.count_ones();
        }
        by_unit[t * WIDTH..input.len().min((t + 1) * WIDTH)].copy_from_slice(&bits[..rows.len()]);
        transpose_bits(&mut bits);
        by_sample[t].copy_from_slice(&bits);
    }
    n_nonzero
}

/// Transposes 32×32 bits: bit `j` of `bits[s]` becomes bit `s` of `bits[j]`.
#[inline(always)]
pub(super) fn transpose_bits(bits: &mut [u32; WIDTH]) {
    for (distance, mask) in
        [(16, 0x0000_ffffu32), (8, 0x00ff_00ff), (4, 0x0f0f_0f0f), (2, 0x3333_3333), (1, 0x5555_5555)]
    {
        for low in (0..WIDTH).filter(|low| low & distance == 0) {
            let (a, b) = (bits[low], bits[low + distance]);
            let swap = ((a >> distance) ^ b) & mask;
            bits[low] = a ^ (swap << distance);
            bits[low + distance] = b ^ swap;
        }
    }
}

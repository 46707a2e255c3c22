//! Transposes blocks of panels.

use super::isa::kernel;
use super::panel::{Row, WIDTH};
use super::vector::Vector;
#[cfg(target_arch = "x86_64")]
use super::words;

kernel! {
    /// Writes the transpose of `from`, a block of at most 32 rows, to the rows of `to`; missing rows of `from` become
    /// zero columns.
    pub(super) fn transpose<V>(from: &[Row], to: &mut [Row]) {
        transpose_body::<V>(from, to);
    }
}

/// [`transpose`] for use within a kernel.
#[inline(always)]
pub(super) fn transpose_body<V: Vector>(from: &[Row], to: &mut [Row]) {
    #[cfg(target_arch = "x86_64")]
    if V::LANES == words::LANES {
        // SAFETY: only AVX-512 has so many lanes, and its vector is used only where the processor has it.
        return unsafe { words::transpose_rows(from, to) };
    }
    const SIDE: usize = 8;
    for top in (0..WIDTH).step_by(SIDE) {
        for (left, to) in to.chunks_mut(SIDE).enumerate() {
            let mut block = [[0.0f32; SIDE]; SIDE];
            for (i, from) in from.iter().skip(top).take(SIDE).enumerate() {
                for (block, &value) in block.iter_mut().zip(&from.0[left * SIDE..]) {
                    block[i] = value;
                }
            }
            for (to, block) in to.iter_mut().zip(&block) {
                to.0[top..top + SIDE].copy_from_slice(block);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::isa::InstructionSet;
    use super::*;

    #[test]
    fn a_transposed_block_changes_rows_and_columns_and_zero_fills() {
        let block: Vec<Row> =
            (0..32).map(|i| Row(std::array::from_fn(|j| (100 * i + j) as f32 + 1.0))).collect();
        for n_from in [0, 1, 7, 8, 20, 32] {
            for n_to in [0, 1, 9, 32] {
                let mut to = vec![Row([-1.0; WIDTH]); n_to];
                transpose(InstructionSet::detect(), &block[..n_from], &mut to);
                for (j, to) in to.iter().enumerate() {
                    for (i, &value) in to.0.iter().enumerate() {
                        assert_eq!(value, if i < n_from { block[i].0[j] } else { 0.0 });
                    }
                }
            }
        }
    }
}

//! Leaves the samples with the largest losses out of a step.

use super::isa::kernel;
use super::panel::{Row, WIDTH, n_panels};

/// Which samples of a batch are left out.
#[derive(Default)]
pub(super) struct Trim {
    /// The loss of every sample, in whole panels.
    losses: Vec<f64>,
    /// The positions of the samples, the ones left out at the end.
    order: Vec<u32>,
    /// For every panel of samples, a bitmask of those left out.
    pub(super) left_out: Vec<u32>,
}

impl Trim {
    /// Zeros to which the losses of `n` samples are added.
    pub(super) fn losses(&mut self, n: usize) -> &mut [f64] {
        self.losses.clear();
        self.losses.resize(n_panels(n) * WIDTH, 0.0);
        &mut self.losses
    }

    /// Chooses the `count` of `n` samples with the largest losses, of equal ones the later. Returns the sum of the others' losses.
    pub(super) fn choose(&mut self, n: usize, count: usize) -> f64 {
        let Self { losses, order, left_out } = self;
        order.clear();
        order.extend(0..n as u32);
        left_out.clear();
        left_out.resize(n_panels(n), 0);
        // The largest are losses that are not numbers, whatever their sign.
        let loss = |at: u32| losses[at as usize].abs();
        if let Some(first) = n.checked_sub(count).filter(|&first| first < n) {
            // Losses and positions together are never equal, so the order is the same however it is found.
            order.select_nth_unstable_by(first, |&a, &b| loss(a).total_cmp(&loss(b)).then(a.cmp(&b)));
            for &at in &order[first..] {
                left_out[at as usize / WIDTH] |= 1 << (at as usize % WIDTH);
            }
        }
        let is_kept = |at: &usize| left_out[at / WIDTH] >> (at % WIDTH) & 1 == 0;
        (0..n).filter(is_kept).map(|at| losses[at]).sum()
    }
}

kernel! {
    /// Sets the columns of the samples in `left_out` to zero.
    pub(super) fn clear(rows: &mut [Row], left_out: u32) {
        let kept: [u32; WIDTH] = std::array::from_fn(|s| (left_out >> s & 1).wrapping_sub(1));
        for row in rows {
            for (value, kept) in row.0.iter_mut().zip(&kept) {
                *value = f32::from_bits(value.to_bits() & kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::isa::InstructionSet;

    #[test]
    fn the_largest_losses_are_left_out_and_of_equal_ones_the_later() {
        let mut trim = Trim::default();
        let mut chosen = |losses: &[f64], count| {
            trim.losses(losses.len())[..losses.len()].copy_from_slice(losses);
            (trim.choose(losses.len(), count), trim.left_out.clone())
        };
        assert_eq!(chosen(&[3.0, 1.0, 4.0, 1.5], 1), (5.5, vec![0b0100]));
        assert_eq!(chosen(&[3.0, 1.0, 4.0, 1.5], 3), (1.0, vec![0b1101]));
        assert_eq!(chosen(&[2.0, 2.0, 1.0, 2.0], 2), (3.0, vec![0b1010]));
        assert_eq!(chosen(&[2.0, f64::INFINITY, 1.0], 1), (3.0, vec![0b010]));
        for nan in [f64::NAN, -f64::NAN] {
            assert_eq!(chosen(&[1.0, nan, 2.0], 1), (3.0, vec![0b010]));
        }
        let mut many = [1.0; 70];
        (many[0], many[33], many[69]) = (5.0, 7.0, 6.0);
        assert_eq!(chosen(&many, 3), (67.0, vec![1, 2, 32]));
        assert_eq!(chosen(&[1.0, 2.0], 0), (3.0, vec![0]));
    }

    #[test]
    fn samples_left_out_are_cleared() {
        for isa in InstructionSet::all() {
            let mut rows = [Row([f32::NAN; WIDTH]), Row([2.0; WIDTH])];
            clear(isa, &mut rows, 1 << 31 | 0b101);
            for s in 0..WIDTH {
                let out = [0, 2, 31].contains(&s);
                assert_eq!(
                    (rows[0].0[s].is_nan(), rows[1].0[s]),
                    if out { (false, 0.0) } else { (true, 2.0) }
                );
            }
        }
    }
}

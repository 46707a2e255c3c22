//! Products that skip zeros: where a corrupted image is dark, the encoder and its gradient have no work to do.
//!
//! Both are the sum `out[m] += Σ_k left(m, k)·right[k]` over the `k` with `left(m, k) ≠ 0`, 64 terms at a time,
//! selected by a mask. For a sample's code, `k` runs over components and `right` holds weights; for the gradient of a
//! component's weights, `k` runs over samples and `right` holds their deltas. Terms are added in the order of `k`, as
//! in the dense [`product`](super::product::product): both give the same bits and differ only in speed.
//!
//! 64 rows of four panels of the right side are 32 KiB and stay in the first-level cache while the rows of the output
//! pass.

use super::isa::kernel;
use super::panel::{Row, WIDTH};
use super::product::Left;
use super::vector::Vector;

/// Panels processed together.
pub(super) const GROUP: usize = 4;
/// Terms processed together: two masks of 32.
pub(super) const TERMS: usize = 2 * WIDTH;

kernel! {
    /// Adds to `out[p][m]`, for each nonempty panel `p`, the products of up to 64 terms. Bit `k % 32` of `masks[k /
    /// 32][m]` selects `left(m, k)`; an empty list of masks stands for zeros.
    ///
    /// # Panics
    /// If a mask selects a term that `right` or `left` lacks, or if lengths differ.
    pub(super) fn add_sparse<V>(
        masks: [&[u32]; 2],
        left: Left<'_>,
        right: [&[Row]; GROUP],
        out: &mut [&mut [Row]; GROUP],
    ) {
        // Process enough panels at once for eight vectors of sums, which hide the latency of an addition.
        let at_once = V::LANES / 4;
        let n_panels = out.iter().take_while(|panel| !panel.is_empty()).count();
        let (mut right, mut out) = (&right[..n_panels], &mut out[..n_panels]);
        while !out.is_empty() {
            let now = match out.len().min(at_once) {
                4.. => 4,
                3 | 2 => 2,
                _ => 1,
            };
            let (these, rest) = std::mem::take(&mut out).split_at_mut(now);
            match now {
                4 => add::<V, 4>(masks, left, &right[..4], these),
                2 => add::<V, 2>(masks, left, &right[..2], these),
                _ => add::<V, 1>(masks, left, &right[..1], these),
            }
            (right, out) = (&right[now..], rest);
        }
    }
}

#[inline(always)]
fn add<V: Vector, const PANELS: usize>(
    masks: [&[u32]; 2],
    left: Left<'_>,
    right: &[&[Row]],
    out: &mut [&mut [Row]],
) {
    let n_rows = out[0].len();
    let n_terms = right[0].len().min(TERMS);
    assert!(out.iter().all(|panel| panel.len() == n_rows), "rows of the output");
    assert!(right.iter().all(|panel| panel.len() >= n_terms), "rows of the right side");
    assert!(masks.iter().all(|masks| masks.is_empty() || masks.len() >= n_rows), "masks");
    if n_rows == 0 || n_terms == 0 {
        return;
    }
    left.assert_holds(n_rows, n_terms);
    let right: [*const f32; PANELS] = std::array::from_fn(|p| right[p].as_ptr().cast());
    let out: [*mut f32; PANELS] = std::array::from_fn(|p| out[p].as_mut_ptr().cast());
    for m in 0..n_rows {
        let half = |h: usize| masks[h].get(m).map_or(0, |&mask| u64::from(mask));
        let mask = half(0) | half(1) << WIDTH;
        if mask == 0 {
            continue;
        }
        assert!(n_terms == TERMS || mask >> n_terms == 0, "a mask of terms that are not there");
        // SAFETY: this is inlined into a kernel, so the instructions of `V` exist; by the assertions, row `m` and every
        // term of the mask exist on all sides.
        unsafe {
            match left {
                Left::Rows { rows, panel } => {
                    let rows = rows.as_ptr().cast::<f32>().add(m * WIDTH);
                    let element = |k: usize| *rows.add(k / WIDTH * panel * WIDTH + k % WIDTH);
                    add_row::<V, PANELS>(mask, element, right, out.map(|out| out.add(m * WIDTH)));
                }
                Left::Columns { rows, from } => {
                    let rows = rows.as_ptr().cast::<f32>().add(from + m);
                    let element = |k: usize| *rows.add(k * WIDTH);
                    add_row::<V, PANELS>(mask, element, right, out.map(|out| out.add(m * WIDTH)));
                }
            }
        }
    }
}

/// Computes one row of the output, in registers while its terms are added.
///
/// # Safety
/// The processor has the instructions of `V`; `element` and every panel of `right` hold the terms of the mask, and
/// every panel of `out` has a row.
#[expect(clippy::needless_range_loop, reason = "indices of registers, in step with addresses")]
#[inline(always)]
unsafe fn add_row<V: Vector, const PANELS: usize>(
    mut mask: u64,
    element: impl Fn(usize) -> f32,
    right: [*const f32; PANELS],
    out: [*mut f32; PANELS],
) {
    let vectors = WIDTH / V::LANES;
    // SAFETY: guaranteed by the caller; a row has `vectors` vectors, at most eight.
    unsafe {
        let mut sums = [[V::splat(0.0); 8]; PANELS];
        for p in 0..PANELS {
            for v in 0..vectors {
                sums[p][v] = V::load(out[p].add(v * V::LANES));
            }
        }
        while mask != 0 {
            let k = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            let element = V::splat(element(k));
            for p in 0..PANELS {
                for v in 0..vectors {
                    let column = V::load(right[p].add(k * WIDTH + v * V::LANES));
                    sums[p][v] = sums[p][v].add_product(element, column);
                }
            }
        }
        for p in 0..PANELS {
            for v in 0..vectors {
                sums[p][v].store(out[p].add(v * V::LANES));
            }
        }
    }
}

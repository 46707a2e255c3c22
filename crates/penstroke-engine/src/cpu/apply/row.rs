//! The product of a single sample with weights in place: every weight is read once, and only the result is written.
//! Zeros in the sample are skipped.

use super::matrix::{Matrix, QUAD};
use crate::cpu::isa::kernel;
use crate::cpu::panel::{Row, WIDTH, floats_mut};
use crate::cpu::vector::Vector;

/// Terms added to an output between loading and storing it, if outputs run along rows of memory.
const RUN: usize = 8;
/// Groups of terms that a vector of rows takes before the next vector has its turn. The rows of a wide matrix may share a set of the
/// first-level cache, which has lines of only some of them, so a line should be used up soon. Compared with one group and prefetching,
/// two take the same time for 784-500 in the second-level cache and a quarter less for 4096-4096 in memory; prefetching then only costs
/// time (Intel Xeon with AVX-512, family 6, model 207).
const QUADS: usize = 2;

kernel! {
    /// Writes up to 32 outputs, from `first` on, of `x` times a transposed matrix. `quads` are the groups of four terms
    /// that are not all zero, in order.
    ///
    /// # Panics
    /// If `x` lacks a value for some term, or a quad is out of range.
    pub(super) fn across_rows<V>(matrix: Matrix<'_>, x: &[f32], quads: &[u32], first: usize, out: &mut Row) {
        let Matrix { values, terms, outputs, .. } = matrix;
        assert!(values.len() == terms * outputs && x.len() >= terms && first < outputs, "the sides of the product");
        let vectors = WIDTH / V::LANES;
        // The last full vector of rows stands in for missing rows.
        let row = |v: usize| (first + v * V::LANES).min(outputs.saturating_sub(V::LANES));
        let (x_quads, x_rest) = x[..terms].as_chunks::<QUAD>();
        // If there are fewer rows than lanes, they are read one by one.
        let (quads, x_rest) = if outputs < V::LANES { (&[][..], &x[..terms]) } else { (quads, x_rest) };
        // SAFETY: a kernel runs only where its instructions exist. The rows of a vector are inside the matrix, and `x`
        // checks that each quad is inside a row.
        unsafe {
            let starts: [*const f32; 8] = std::array::from_fn(|v| values.as_ptr().add(row(v) * terms));
            let mut sums = [V::splat(0.0); 8];
            let (groups, last) = quads.as_chunks::<QUADS>();
            for group in groups {
                for v in 0..vectors {
                    for &quad in group {
                        sums[v] = add_quad(sums[v], starts[v], terms, (&x_quads[quad as usize], quad));
                    }
                }
            }
            for &quad in last {
                for v in 0..vectors {
                    sums[v] = add_quad(sums[v], starts[v], terms, (&x_quads[quad as usize], quad));
                }
            }
            for (k, &x) in (terms - x_rest.len()..).zip(x_rest) {
                for v in 0..vectors {
                    let row = |r: usize| starts[v].add(r.min(V::LANES.min(outputs) - 1) * terms);
                    let column: [f32; 16] = std::array::from_fn(|r| *row(r).add(k));
                    sums[v] = sums[v].add_product(V::splat(x), V::load(column.as_ptr()));
                }
            }
            for v in 0..vectors {
                let mut sums_of_rows = [0.0; 16];
                sums[v].store(sums_of_rows.as_mut_ptr());
                // The number of rows before the panel, if the last vector stands in for missing rows.
                let before = first.saturating_sub(row(v));
                let sums = &sums_of_rows[before..V::LANES];
                out.0[row(v) + before - first..][..sums.len()].copy_from_slice(sums);
            }
        }
    }
}

/// Adds four terms of rows that begin at `start` to their sums.
///
/// # Safety
/// The processor has `V`'s instructions, and there are as many rows as it has lanes, which have the quad.
#[inline(always)]
unsafe fn add_quad<V: Vector>(
    mut sum: V,
    start: *const f32,
    stride: usize,
    (x, quad): (&[f32; QUAD], u32),
) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        let columns = V::columns(start.add(quad as usize * QUAD), stride);
        for c in 0..QUAD {
            sum = sum.add_product(V::splat(x[c]), columns[c]);
        }
    }
    sum
}

kernel! {
    /// Writes the outputs from `first` on of `x` times a straight matrix; `terms` are the nonzero ones, in order.
    /// Columns past the last output become zero.
    ///
    /// # Panics
    /// If a term is out of range.
    pub(super) fn along_rows<V>(matrix: Matrix<'_>, x: &[f32], terms: &[u32], first: usize, out: &mut [Row]) {
        let out = floats_mut(out);
        out.fill(0.0);
        let width = out.len().min(matrix.outputs - first);
        let (whole, rest) = out[..width].split_at_mut(width / V::LANES * V::LANES);
        let row = |k: u32| &matrix.values[k as usize * matrix.outputs + first..][..width];
        let (runs, single) = terms.as_chunks::<RUN>();
        for run in runs {
            // SAFETY: a kernel runs only where its instructions exist.
            unsafe { add_rows::<V, RUN>(run.map(|k| (x[k as usize], row(k))), whole, rest) }
        }
        for &k in single {
            // SAFETY: as above.
            unsafe { add_rows::<V, 1>([(x[k as usize], row(k))], whole, rest) }
        }
    }
}

/// Adds multiples of rows to the outputs, in order; `rest` are the outputs after the last whole vector.
///
/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn add_rows<V: Vector, const N: usize>(rows: [(f32, &[f32]); N], whole: &mut [f32], rest: &mut [f32]) {
    assert!(rows.iter().all(|(_, row)| row.len() >= whole.len() + rest.len()), "a weight for every output");
    assert!(rest.len() < V::LANES, "less than a vector");
    // SAFETY: the caller guarantees the instructions; every row is as long as the outputs.
    unsafe {
        let factors = rows.map(|(x, _)| V::splat(x));
        for o in (0..whole.len()).step_by(V::LANES) {
            let out = whole.as_mut_ptr().add(o);
            let mut sum = V::load(out);
            for n in 0..N {
                sum = sum.add_product(factors[n], V::load(rows[n].1.as_ptr().add(o)));
            }
            sum.store(out);
        }
        let mut last = [0.0f32; WIDTH];
        last[..rest.len()].copy_from_slice(rest);
        let mut sum = V::load(last.as_ptr());
        for n in 0..N {
            let mut row = [0.0f32; WIDTH];
            row[..rest.len()].copy_from_slice(&rows[n].1[whole.len()..][..rest.len()]);
            sum = sum.add_product(factors[n], V::load(row.as_ptr()));
        }
        sum.store(last.as_mut_ptr());
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// Lists the groups of four terms that are not all zero, without a last incomplete group.
pub(super) fn nonzero_quads(x: &[f32], quads: &mut Vec<u32>) {
    quads.clear();
    let all = x.as_chunks::<QUAD>().0.iter().zip(0..);
    quads.extend(all.filter(|(quad, _)| **quad != [0.0; QUAD]).map(|(_, q)| q));
}

/// Lists the nonzero terms of a sample.
pub(super) fn nonzero_terms(x: &[f32], terms: &mut Vec<u32>) {
    terms.clear();
    terms.extend(x.iter().zip(0..).filter(|(x, _)| **x != 0.0).map(|(_, k)| k));
}

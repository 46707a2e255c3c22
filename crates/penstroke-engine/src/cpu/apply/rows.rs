//! The product of many samples with weights that are packed a small part at a time.

use super::matrix::Matrix;
use super::samples::Samples;
use crate::cpu::isa::InstructionSet;
use crate::cpu::panel::{Row, WIDTH};
use crate::cpu::product::{Left, Onto, product};
use crate::cpu::single::SPARSE_BELOW;
use crate::cpu::sparse::{GROUP, TERMS, add_sparse};

/// Panels of samples per part, which share packed weights. With 8, packing takes a tenth of the time of MNIST through 784-500;
/// 16 take 5 to 8 % less time than 8, and 32 more than 16 (Intel Xeon with AVX-512, 2 MiB of second-level cache).
pub(super) const PANELS: usize = 16;
/// Panels of outputs per part.
pub(super) const OUTPUTS: usize = GROUP;
/// Terms packed at a time: 128 KiB, which fits in the second-level cache.
const AT_ONCE: usize = 4 * TERMS;
/// Rows of the buffer into which [`product_of_part`] packs weights.
pub(super) const PACK: usize = OUTPUTS * AT_ONCE;

/// One part of a product.
pub(super) struct Part<'a> {
    /// The first panel of samples.
    pub(super) panel: usize,
    /// The first panel of outputs.
    pub(super) first: usize,
    /// For each panel of samples, the rows of its outputs; empty past the last panel.
    pub(super) out: [&'a mut [Row]; PANELS],
}

/// Writes one part of the product of samples and weights; `pack` is scratch space.
pub(super) fn product_of_part(
    isa: InstructionSet,
    from: &Samples,
    matrix: Matrix<'_>,
    pack: &mut [Row],
    part: &mut Part<'_>,
) {
    let sparse = from.nonzero_share().is_some_and(|share| share < SPARSE_BELOW);
    let n_outputs = part.out[0].len() / from.side();
    if sparse {
        part.out.iter_mut().for_each(|out| out.fill(Row::ZERO));
    }
    for start in (0..matrix.terms).step_by(AT_ONCE) {
        let n_terms = (matrix.terms - start).min(AT_ONCE);
        let mut packed: [&[Row]; OUTPUTS] = [&[]; OUTPUTS];
        for (p, (pack, packed)) in pack.chunks_exact_mut(AT_ONCE).zip(&mut packed).take(n_outputs).enumerate()
        {
            matrix.pack(isa, (part.first + p) * WIDTH, start, &mut pack[..n_terms]);
            *packed = &pack[..n_terms];
        }
        if sparse {
            add_sparse_terms(isa, from, packed, start, part);
        } else {
            add_terms(isa, from, (packed, matrix.outputs), start, part);
        }
    }
}

/// Adds the packed terms, which start at `start`, to all outputs.
fn add_terms(
    isa: InstructionSet,
    from: &Samples,
    (packed, n_outputs): ([&[Row]; OUTPUTS], usize),
    start: usize,
    part: &mut Part<'_>,
) {
    let (side, onto) = (from.side(), if start == 0 { Onto::Nothing } else { Onto::Sum });
    for (p, right) in packed.into_iter().enumerate().filter(|(_, right)| !right.is_empty()) {
        let columns = (n_outputs - (part.first + p) * WIDTH).min(WIDTH);
        for (panel, out) in (part.panel..).zip(&mut part.out).filter(|(_, out)| !out.is_empty()) {
            let left = Left::Rows { rows: from.rows_from(panel, start), panel: side };
            let out = &mut out[p * side..][..from.n_in(panel)];
            product(isa, left, right, columns, onto, out);
        }
    }
}

/// The same if few terms are nonzero. 64 of them for all panels of outputs stay in the first-level cache.
fn add_sparse_terms(
    isa: InstructionSet,
    from: &Samples,
    packed: [&[Row]; OUTPUTS],
    start: usize,
    part: &mut Part<'_>,
) {
    let n_terms = packed[0].len();
    for first in (0..n_terms).step_by(TERMS) {
        let right = packed.map(|right| right.get(first..n_terms.min(first + TERMS)).unwrap_or_default());
        for (panel, out) in (part.panel..).zip(&mut part.out).filter(|(_, out)| !out.is_empty()) {
            let left = Left::Rows { rows: from.rows_from(panel, start + first), panel: from.side() };
            let masks = [0, WIDTH].map(|later| from.nonzero_from(panel, start + first + later));
            let mut rows = out.chunks_mut(from.side()).map(|out| &mut out[..from.n_in(panel)]);
            let mut out: [&mut [Row]; OUTPUTS] = std::array::from_fn(|_| rows.next().unwrap_or_default());
            add_sparse(isa, masks, left, right, &mut out);
        }
    }
}

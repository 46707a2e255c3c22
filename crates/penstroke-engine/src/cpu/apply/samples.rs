//! Samples between two layers, stored by sample: in panels of at most 32 samples, with one row of 32 units per sample.
//!
//! A product reads its left side and writes its result in this form, so no layer needs a transposition. A single sample
//! is a plain vector, padded to whole rows.

use crate::cpu::isa::{InstructionSet, kernel};
use crate::cpu::math::unit_interval;
use crate::cpu::panel::{Row, WIDTH, floats, n_panels};
use crate::cpu::pieces::Pieces;
use crate::cpu::team::Team;
use crate::rows::Rows;

/// `n` samples of `units` values each.
#[derive(Default)]
pub(super) struct Samples {
    n: usize,
    units: usize,
    pub(super) rows: Vec<Row>,
    /// For every row, a bitmask of its nonzero units; empty if not computed.
    pub(super) nonzero: Vec<u32>,
    /// Number of nonzero units per panel.
    n_nonzero: Vec<u32>,
}

impl Samples {
    pub(super) fn n(&self) -> usize {
        self.n
    }

    pub(super) fn units(&self) -> usize {
        self.units
    }

    /// The values of the only sample.
    pub(super) fn single(&self) -> &[f32] {
        &floats(&self.rows)[..self.units]
    }

    /// The distance between two rows of a sample: the number of samples in a panel.
    pub(super) fn side(&self) -> usize {
        self.n.min(WIDTH)
    }

    /// Number of rows per panel of samples.
    pub(super) fn panel_len(&self) -> usize {
        n_panels(self.units) * self.side()
    }

    /// Number of samples in panel `panel`.
    pub(super) fn n_in(&self, panel: usize) -> usize {
        (self.n - panel * WIDTH).min(WIDTH)
    }

    /// The rows of a panel from unit `unit`, a multiple of 32, on.
    pub(super) fn rows_from(&self, panel: usize, unit: usize) -> &[Row] {
        &self.rows[panel * self.panel_len()..][unit / WIDTH * self.side()..]
    }

    /// For each sample of a panel, a bitmask of the nonzero units among the 32 from `unit` on; empty past the last
    /// unit.
    pub(super) fn nonzero_from(&self, panel: usize, unit: usize) -> &[u32] {
        match unit < self.units {
            true => {
                &self.nonzero[panel * self.panel_len()..][unit / WIDTH * self.side()..][..self.n_in(panel)]
            }
            false => &[],
        }
    }

    /// Makes room for other samples; the contents are then unspecified.
    pub(super) fn fit(&mut self, n: usize, units: usize) {
        (self.n, self.units) = (n, units);
        self.rows.resize(n_panels(n) * self.panel_len(), Row::ZERO);
        self.nonzero.clear();
    }

    /// Reads row-major samples, `(n, units)`, and finds their zeros unless there is only one sample.
    pub(super) fn gather(&mut self, isa: InstructionSet, team: &mut Team, from: Rows<'_>, units: usize) {
        self.fit(from.len() / units, units);
        let (side, len) = (self.side(), self.panel_len());
        self.nonzero.resize(if self.n > 1 { self.rows.len() } else { 0 }, 0);
        self.n_nonzero.resize(n_panels(self.n), 0);
        let Self { rows, nonzero, n_nonzero, .. } = self;
        let pieces = (Pieces::new(rows, len), Pieces::new(nonzero, len), Pieces::new(n_nonzero, 1));
        team.each(pieces, |panel, _, (rows, nonzero, count)| {
            let first = panel * WIDTH * units;
            take(isa, from.range(first..from.len().min(first + WIDTH * units)), units, side, rows);
            count[0] = find_nonzero(isa, rows, nonzero);
        });
    }

    /// The share of nonzero values, if computed.
    pub(super) fn nonzero_share(&self) -> Option<f64> {
        let count: u64 = self.n_nonzero.iter().map(|&count| u64::from(count)).sum();
        (!self.nonzero.is_empty()).then(|| count as f64 / (self.n * self.units) as f64)
    }

    /// Writes the samples row-major, `(n, units)`.
    pub(super) fn write(&self, team: &mut Team, out: &mut [f32]) {
        let (units, side) = (self.units, self.side());
        team.each(Pieces::new(out, WIDTH * units), |panel, _, out| {
            let rows = &self.rows[panel * self.panel_len()..];
            for (m, out) in out.chunks_exact_mut(units).enumerate() {
                for (u, out) in out.chunks_mut(WIDTH).enumerate() {
                    out.copy_from_slice(&rows[u * side + m].0[..out.len()]);
                }
            }
        });
    }
}

kernel! {
    /// Writes samples of `units` values to `rows`, where `side` is the distance between two rows of a sample.
    fn take(from: Rows<'_>, units: usize, side: usize, rows: &mut [Row]) {
        match from {
            Rows::Bytes(values) => take_as(values, units, side, rows, unit_interval),
            Rows::Floats(values) => take_as(values, units, side, rows, |value| value),
        }
    }
}

#[inline(always)]
fn take_as<T: Copy>(values: &[T], units: usize, side: usize, rows: &mut [Row], f: impl Fn(T) -> f32) {
    for (m, sample) in values.chunks_exact(units).enumerate() {
        for (u, values) in sample.chunks(WIDTH).enumerate() {
            let row = &mut rows[u * side + m].0;
            row.iter_mut().zip(values).for_each(|(to, &value)| *to = f(value));
            row[values.len()..].fill(0.0);
        }
    }
}

kernel! {
    /// Writes a bitmask of the nonzero values of each row to `nonzero`, unless that is empty; returns their number.
    fn find_nonzero<V>(rows: &[Row], nonzero: &mut [u32]) -> u32 {
        let mut count = 0;
        for (row, bits) in rows.iter().zip(nonzero) {
            *bits = 0;
            for lane in (0..WIDTH).step_by(V::LANES) {
                // SAFETY: a kernel runs only where its instructions exist; the lanes are inside the row.
                *bits |= unsafe { V::load(row.0[lane..lane + V::LANES].as_ptr()).nonzero() } << lane;
            }
            count += bits.count_ones();
        }
        count
    }
}

//! The first layer when most of its input is zero: its forward product and the gradient of its weights, in single
//! precision, skipping the zeros.

use super::arithmetic::Stage;
use super::buffers::{Activity, Input};
use super::isa::InstructionSet;
use super::panel::{Row, WIDTH};
use super::pieces::Blocks;
use super::pieces::Parts::{AcrossBlocks, AlongBlocks};
use super::place::{Place, RowsAre};
use super::product::Left;
use super::sparse::{GROUP, TERMS, add_sparse};
use super::transpose::transpose;
use super::weights::Matrix;

/// Panels of samples per part, so that a block of weights in cache serves 64 samples.
const PANELS: usize = 2;

/// Runs the first layer. Its output is stored by sample, and also by unit if `handed_on`.
pub(super) fn encode(
    stage: Stage<'_>,
    matrix: &Matrix,
    handed_on: bool,
    finish: impl Fn(&Place, &mut [Row]) + Sync,
) {
    let Stage { isa, team, network, n, input, layers } = stage;
    let layer = network.layers[0];
    let stride = n.next_multiple_of(WIDTH);
    let Activity { y_by_sample, y_by_unit, .. } = &mut layers[0];
    let y_by_unit = if handed_on { &mut y_by_unit[..] } else { &mut [] };
    let n_pairs = (stride / WIDTH).div_ceil(PANELS);
    let pieces = (
        Blocks::<_, GROUP>::new(y_by_sample, stride, PANELS * WIDTH, AlongBlocks),
        Blocks::<_, PANELS>::new(y_by_unit, layer.outputs, GROUP * WIDTH, AcrossBlocks),
    );
    team.each(pieces, |part, _, (mut y, mut by_unit)| {
        let (group, pair) = (part / n_pairs, part % n_pairs);
        let sample = pair * PANELS * WIDTH;
        let n_here = (n - sample).min(PANELS * WIDTH);
        let mut y = y.each_mut().map(|y| y.get_mut(..n_here).unwrap_or_default());
        y.iter_mut().for_each(|y| y.fill(Row::ZERO));
        multiply(isa, input, matrix, (group * GROUP, sample, stride), &mut y);
        for (p, y) in y.iter_mut().enumerate().filter(|(_, y)| !y.is_empty()) {
            let unit = (group * GROUP + p) * WIDTH;
            let n_columns = (layer.outputs - unit).min(WIDTH);
            finish(&Place { rows_are: RowsAre::Samples, unit, sample, n_columns }, y);
            for (k, by_unit) in by_unit.iter_mut().enumerate().filter(|(_, to)| !to.is_empty()) {
                let units = p * WIDTH..by_unit.len().min((p + 1) * WIDTH);
                transpose(isa, &y[k * WIDTH..n_here.min((k + 1) * WIDTH)], &mut by_unit[units]);
            }
        }
    });
}

/// Adds the products of the samples from position `sample` on with the panels of weights from `panel` on.
fn multiply(
    isa: InstructionSet,
    input: &Input,
    matrix: &Matrix,
    (panel, sample, stride): (usize, usize, usize),
    y: &mut [&mut [Row]; GROUP],
) {
    let (d, n_here) = (matrix.n_rows, y[0].len());
    for from in (0..d).step_by(TERMS) {
        let terms = from..d.min(from + TERMS);
        let right: [&[Row]; GROUP] = std::array::from_fn(|p| {
            let panel = matrix.weights.get((panel + p) * d..).unwrap_or_default();
            panel.get(terms.clone()).unwrap_or_default()
        });
        for first in (0..n_here).step_by(WIDTH) {
            let samples = first..n_here.min(first + WIDTH);
            let place = sample / WIDTH + first / WIDTH;
            let rows = &input.by_unit[place * d + terms.start..place * d + terms.end];
            let masks = [from / WIDTH, from / WIDTH + 1].map(|tile| {
                let masks = input.nonzero_by_sample.get(tile * stride..).unwrap_or_default();
                masks.get(place * WIDTH..(place + 1) * WIDTH).unwrap_or_default()
            });
            let mut out = y.each_mut().map(|y| y.get_mut(samples.clone()).unwrap_or_default());
            add_sparse(isa, masks, Left::Columns { rows, from: 0 }, right, &mut out);
        }
    }
}

/// The gradient of the first layer's weights.
#[derive(Clone, Copy)]
pub(super) struct SparseGradient<'a> {
    pub(super) isa: InstructionSet,
    pub(super) input: &'a Input,
    /// The first layer's deltas, by sample.
    pub(super) deltas: &'a [Row],
    /// Number of samples in the batch.
    pub(super) n: usize,
    /// Rows per panel of the weights.
    pub(super) n_rows: usize,
}

impl SparseGradient<'_> {
    /// Adds to `out` the gradient of some rows, from `row` on, of some panels, from `panel` on.
    pub(super) fn add(self, row: usize, panel: usize, out: &mut [&mut [Row]; GROUP]) {
        let Self { isa, input, deltas, n, n_rows } = self;
        let n_panels = n.div_ceil(WIDTH);
        let count = out[0].len();
        for pair in (0..n_panels).step_by(2) {
            let here = pair * WIDTH..n.min((pair + 2) * WIDTH);
            let right: [&[Row]; GROUP] = std::array::from_fn(|p| {
                let right = deltas.get((panel + p) * n_panels * WIDTH..).unwrap_or_default();
                right.get(here.clone()).unwrap_or_default()
            });
            let masks = [pair, pair + 1].map(|panel| {
                let masks = input.nonzero_by_unit.get(panel * n_rows..).unwrap_or_default();
                masks.get(row..row + count).unwrap_or_default()
            });
            let left = Left::Rows { rows: &input.by_unit[pair * n_rows + row..], panel: n_rows };
            add_sparse(isa, masks, left, right, out);
        }
    }
}

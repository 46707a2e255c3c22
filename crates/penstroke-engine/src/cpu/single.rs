//! Single precision: products of panels in place.
//!
//! A part of a job is a block of the output: up to 32 samples (one panel) by up to [`UNITS`] units, or one panel of
//! units.

use super::arithmetic::{Arithmetic, Change, Stage};
use super::buffers::{Activity, Input};
use super::fill::Filling;
use super::gather;
use super::isa::InstructionSet;
use super::kernels;
use super::panel::{Row, WIDTH, n_panels};
use super::pieces::Parts::{AcrossBlocks, AlongBlocks};
use super::pieces::{Blocks, Pieces};
use super::place::{Place, RowsAre, samples_in};
use super::product::{Left, Onto, product};
use super::skip::{self, SparseGradient};
use super::sparse::GROUP;
use super::team::Team;
use super::transpose::transpose;
use super::weights::{Columns, Matrix, columns};
use crate::network::Network;

/// Units per part, if its rows are units.
const UNITS: usize = 64;
/// Panels of units per part, if its rows are samples: both share what is read from memory.
const PAIR: usize = UNITS / WIDTH;
/// Rows of weights per part in an update.
const CHANGED: usize = 28;
/// The share of nonzero components below which zeros are skipped.
pub(super) const SPARSE_BELOW: f64 = 0.45;

/// Products in `f32`.
pub(super) struct Single;

impl Arithmetic for Single {
    fn sparse_below(&self) -> f64 {
        SPARSE_BELOW
    }

    fn n_partials(&self, n: usize, outputs: usize) -> usize {
        n_panels(n) * outputs.div_ceil(UNITS)
    }

    fn fit(&mut self, network: &Network, n: usize, input: &mut Input, layers: &mut [Activity]) {
        let d = network.width(input.first_layer);
        gather::fit(n, d, input);
        let panels = n_panels(n);
        let by_unit = |units: usize| panels * units;
        let by_sample = |units: usize| n_panels(units) * panels * WIDTH;
        input.by_sample.resize(if network.layers.len() == 1 { by_sample(d) } else { 0 }, Row::ZERO);
        let last = network.layers.len() - 1;
        for (l, layer) in layers.iter_mut().enumerate() {
            let units = network.layers[l].outputs;
            let own = columns(network, l);
            let above = (l < last).then(|| columns(network, l + 1));
            let room = |there: bool, length: usize| if there { length } else { 0 };
            layer.y_by_unit.resize(by_unit(units), Row::ZERO);
            let y_by_sample = own == Columns::Outputs || above == Some(Columns::Inputs);
            layer.y_by_sample.resize(room(y_by_sample, by_sample(units)), Row::ZERO);
            let delta_by_unit = l > 0 || own == Columns::Inputs || above == Some(Columns::Outputs);
            layer.delta_by_unit.resize(room(delta_by_unit, by_unit(units)), Row::ZERO);
            let delta_by_sample = own == Columns::Outputs || above == Some(Columns::Inputs);
            layer.delta_by_sample.resize(room(delta_by_sample, by_sample(units)), Row::ZERO);
            layer.bias_sums.resize(panels * units.next_multiple_of(WIDTH), 0.0);
        }
    }

    fn fill(
        &mut self,
        (isa, team, network): (InstructionSet, &mut Team, &Network),
        filling: Filling<'_>,
        input: &mut Input,
    ) {
        gather::gather((isa, &mut *team, network), filling, input);
        if input.by_sample.is_empty() {
            return;
        }
        let (n_panels, d, by_unit) = (n_panels(filling.indices.len()), filling.d, &input.by_unit);
        let pieces = Blocks::<_, 1>::new(&mut input.by_sample, n_panels * WIDTH, WIDTH, AlongBlocks);
        team.each(pieces, |part, _, [to]| {
            let (units, panel) = (part / n_panels * WIDTH, part % n_panels);
            transpose(isa, &by_unit[panel * d + units..panel * d + d.min(units + WIDTH)], to);
        });
    }

    fn forward(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        (l, handed_on): (usize, bool),
        finish: impl Fn(&Place, &mut [Row]) + Sync,
    ) {
        match columns(stage.network, l) {
            Columns::Outputs if l == 0 && stage.input.is_sparse => {
                skip::encode(stage, matrix, handed_on, finish);
            }
            Columns::Outputs => forward_by_sample(stage, matrix, (l, handed_on), finish),
            Columns::Inputs => forward_by_unit(stage, matrix, l, finish),
        }
    }

    fn output(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        partial_losses: &mut [f64],
        finish: impl Fn(&Place, &mut [Row]) -> f64 + Sync,
    ) {
        let Stage { isa, team, network, n, input, layers } = stage;
        let l = network.layers.len() - 1;
        let (below, here) = layers.split_at_mut(l);
        let outputs = network.layers[l].outputs;
        let from = rows_below(below, input, l);
        let Activity { delta_by_unit, bias_sums, .. } = &mut here[0];
        let pieces = (
            Blocks::<_, 1>::new(delta_by_unit, outputs, UNITS, AcrossBlocks),
            Blocks::<_, 1>::new(bias_sums, outputs.next_multiple_of(WIDTH), UNITS, AcrossBlocks),
            Pieces::new(partial_losses, 1),
        );
        team.each(pieces, |part, _, ([delta], [bias_sums], partial)| {
            let place = unit_place(part, n);
            multiply_units(isa, matrix, from, &place, delta);
            partial[0] = finish(&place, delta);
            kernels::row_sums(isa, delta, bias_sums);
        });
    }

    fn logits(&mut self, stage: Stage<'_>, matrix: &Matrix, finish: impl Fn(&Place, &mut [Row]) + Sync) {
        let Stage { isa, team, network, n, input, layers } = stage;
        let l = network.layers.len() - 1;
        let (below, here) = layers.split_at_mut(l);
        let from = rows_below(below, input, l);
        let outputs = network.layers[l].outputs;
        let pieces = Blocks::<_, 1>::new(&mut here[0].delta_by_unit, outputs, UNITS, AcrossBlocks);
        team.each(pieces, |part, _, [a]| {
            let place = unit_place(part, n);
            multiply_units(isa, matrix, from, &place, a);
            finish(&place, a);
        });
    }

    fn logits_mut<'a>(&self, last: &'a mut Activity) -> (&'a mut [Row], &'a mut [f32]) {
        (&mut last.delta_by_unit, &mut last.bias_sums)
    }

    fn keep_deltas(&mut self, _: Stage<'_>) {}

    fn backward(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        l: usize,
        finish: impl Fn(&Place, &mut [Row], &[Row]) + Sync,
    ) {
        match columns(stage.network, l + 1) {
            Columns::Outputs => backward_by_unit(stage, matrix, l, finish),
            Columns::Inputs => backward_by_sample(stage, matrix, l, finish),
        }
    }

    fn gradient(
        &mut self,
        stage: Stage<'_>,
        matrix: &mut Matrix,
        l: usize,
        finish: impl Fn(Change<'_>) + Sync,
    ) {
        let Stage { isa, team, network, n, input, layers } = stage;
        let layers = &*layers;
        let (n_rows, n_columns) = (matrix.n_rows, matrix.n_columns);
        let n_blocks = n_rows.div_ceil(CHANGED);
        let sparse = SparseGradient { isa, input, deltas: &layers[0].delta_by_sample, n, n_rows };
        let pieces = matrix.blocks::<GROUP>(CHANGED);
        team.each(pieces, |part, _, (weights, first, second, kept)| {
            let (panel, row) = (part / n_blocks * GROUP, part % n_blocks * CHANGED);
            let count = weights[0].len();
            let mut gradient = [[Row::ZERO; CHANGED]; GROUP];
            let n_here = weights.iter().take_while(|weights| !weights.is_empty()).count();
            let mut onto = Onto::Nothing;
            for t in (0..layers.len()).filter(|&t| network.owner(t) == l) {
                if t == 0 && input.is_sparse {
                    let mut p = 0;
                    let mut out = gradient.each_mut().map(|rows| {
                        p += 1;
                        &mut rows[..if p > n_here { 0 } else { count }]
                    });
                    sparse.add(row, panel, &mut out);
                } else {
                    let sides = Sides::new(network, input, layers, t);
                    for (p, out) in gradient[..n_here].iter_mut().enumerate() {
                        sides.multiply(
                            isa,
                            (n, n_rows, n_columns),
                            (row, panel + p),
                            onto,
                            &mut out[..count],
                        );
                    }
                }
                onto = Onto::Sum;
            }
            let blocks = weights.into_iter().zip(first).zip(second).zip(kept).zip(&mut gradient);
            for (p, ((((weights, first), second), kept), gradient)) in blocks.enumerate().take(n_here) {
                let gradient = &mut gradient[..count];
                finish(Change { panel: panel + p, gradient, weights, first, second, kept });
            }
        });
    }
}

/// The two sides of the gradient of one use of a matrix. The side of the matrix's rows is stored by unit, the other by
/// sample.
struct Sides<'a> {
    by_unit: &'a [Row],
    by_sample: &'a [Row],
}

impl<'a> Sides<'a> {
    /// The two sides of layer `t`.
    fn new(network: &Network, input: &'a Input, layers: &'a [Activity], t: usize) -> Self {
        let delta = &layers[t];
        let (by_unit, by_sample) = match (columns(network, t), t) {
            (Columns::Outputs, 0) => (&input.by_unit, &delta.delta_by_sample),
            (Columns::Outputs, _) => (&layers[t - 1].y_by_unit, &delta.delta_by_sample),
            (Columns::Inputs, 0) => (&delta.delta_by_unit, &input.by_sample),
            (Columns::Inputs, _) => (&delta.delta_by_unit, &layers[t - 1].y_by_sample),
        };
        Self { by_unit, by_sample }
    }

    /// The product over the batch's `n` samples for some rows, from `row` on, of panel `panel`.
    fn multiply(
        &self,
        isa: InstructionSet,
        (n, n_rows, n_columns): (usize, usize, usize),
        (row, panel): (usize, usize),
        onto: Onto,
        out: &mut [Row],
    ) {
        let left = Left::Rows { rows: &self.by_unit[row..], panel: n_rows };
        let right = &self.by_sample[panel * n.next_multiple_of(WIDTH)..][..n];
        product(isa, left, right, (n_columns - panel * WIDTH).min(WIDTH), onto, out);
    }
}

/// The input of layer `l`, by unit.
fn rows_below<'a>(below: &'a [Activity], input: &'a Input, l: usize) -> &'a [Row] {
    if l == input.first_layer { &input.by_unit } else { &below[l - 1].y_by_unit }
}

/// The block of part `part` of a job whose rows are units.
fn unit_place(part: usize, n: usize) -> Place {
    let (first, panel) = (part / n_panels(n) * UNITS, part % n_panels(n));
    Place { rows_are: RowsAre::Units, unit: first, sample: panel * WIDTH, n_columns: samples_in(panel, n) }
}

/// The product of some rows of `matrix`, one for each row of `out`, with a panel of samples of `from`.
fn multiply_units(isa: InstructionSet, matrix: &Matrix, from: &[Row], place: &Place, out: &mut [Row]) {
    let left = Left::Rows { rows: &matrix.weights[place.unit..], panel: matrix.n_rows };
    let right = &from[place.sample / WIDTH * matrix.n_columns..][..matrix.n_columns];
    product(isa, left, right, place.n_columns, Onto::Nothing, out);
}

/// The product of a panel of samples of `from` with a panel of columns of `matrix`.
fn multiply_samples(isa: InstructionSet, matrix: &Matrix, from: &[Row], place: &Place, out: &mut [Row]) {
    let rows = &from[place.sample / WIDTH * matrix.n_rows..][..matrix.n_rows];
    let right = &matrix.weights[place.unit / WIDTH * matrix.n_rows..][..matrix.n_rows];
    product(isa, Left::Columns { rows, from: 0 }, right, place.n_columns, Onto::Nothing, out);
}

/// A layer whose outputs run along the panels of its weights. Its output is stored by unit only if `handed_on`.
fn forward_by_sample(
    stage: Stage<'_>,
    matrix: &Matrix,
    (l, handed_on): (usize, bool),
    finish: impl Fn(&Place, &mut [Row]) + Sync,
) {
    let Stage { isa, team, network, n, input, layers } = stage;
    let (below, here) = layers.split_at_mut(l);
    let outputs = network.layers[l].outputs;
    let from = rows_below(below, input, l);
    let n_panels = n_panels(n);
    let Activity { y_by_sample, y_by_unit, .. } = &mut here[0];
    let y_by_unit = if handed_on { &mut y_by_unit[..] } else { &mut [] };
    let pieces = (
        Blocks::<_, PAIR>::new(y_by_sample, n_panels * WIDTH, WIDTH, AlongBlocks),
        Blocks::<_, 1>::new(y_by_unit, outputs, UNITS, AcrossBlocks),
    );
    team.each(pieces, |part, _, (y, [by_unit])| {
        let (first, panel) = (part / n_panels * PAIR, part % n_panels);
        let mut by_unit = by_unit.chunks_mut(WIDTH);
        for (units, y) in (first..).zip(y).filter(|(_, y)| !y.is_empty()) {
            let place = sample_place((units, panel), outputs);
            let y = &mut y[..samples_in(panel, n)];
            multiply_samples(isa, matrix, from, &place, y);
            finish(&place, y);
            transpose(isa, y, by_unit.next().unwrap_or_default());
        }
    });
}

/// The block of a panel of units and a panel of samples whose rows are samples.
fn sample_place((units, panel): (usize, usize), n_units: usize) -> Place {
    let unit = units * WIDTH;
    let n_columns = (n_units - unit).min(WIDTH);
    Place { rows_are: RowsAre::Samples, unit, sample: panel * WIDTH, n_columns }
}

/// A layer without a loss whose inputs run along the panels of its weights.
fn forward_by_unit(stage: Stage<'_>, matrix: &Matrix, l: usize, finish: impl Fn(&Place, &mut [Row]) + Sync) {
    let Stage { isa, team, network, n, input, layers } = stage;
    let (below, here) = layers.split_at_mut(l);
    let outputs = network.layers[l].outputs;
    let from = rows_below(below, input, l);
    let Activity { y_by_unit, y_by_sample, .. } = &mut here[0];
    let pieces = (
        Blocks::<_, 1>::new(y_by_unit, outputs, UNITS, AcrossBlocks),
        Blocks::<_, PAIR>::new(y_by_sample, n_panels(n) * WIDTH, WIDTH, AlongBlocks),
    );
    team.each(pieces, |part, _, ([y], by_sample)| {
        let place = unit_place(part, n);
        multiply_units(isa, matrix, from, &place, y);
        finish(&place, y);
        transpose_blocks(isa, y, by_sample);
    });
}

/// Backward to layer `l`, through a layer whose inputs run along the panels of its weights.
fn backward_by_sample(
    stage: Stage<'_>,
    matrix: &Matrix,
    l: usize,
    finish: impl Fn(&Place, &mut [Row], &[Row]) + Sync,
) {
    let Stage { isa, team, network, n, layers, .. } = stage;
    let (here, above) = layers.split_at_mut(l + 1);
    let outputs = network.layers[l].outputs;
    let delta_above = &above[0].delta_by_unit;
    let n_panels = n_panels(n);
    let stride = n_panels * WIDTH;
    let Activity { y_by_sample, delta_by_sample, delta_by_unit, bias_sums, .. } = &mut here[l];
    let y = &*y_by_sample;
    let pieces = (
        Blocks::<_, PAIR>::new(delta_by_sample, stride, WIDTH, AlongBlocks),
        Blocks::<_, 1>::new(delta_by_unit, outputs, UNITS, AcrossBlocks),
        Blocks::<_, 1>::new(bias_sums, outputs.next_multiple_of(WIDTH), UNITS, AcrossBlocks),
    );
    team.each(pieces, |part, _, (delta, [by_unit], [bias_sums])| {
        let (first, panel) = (part / n_panels * PAIR, part % n_panels);
        let mut by_unit = by_unit.chunks_mut(WIDTH);
        for ((units, delta), bias_sums) in (first..).zip(delta).zip(bias_sums.chunks_mut(WIDTH)) {
            let place = sample_place((units, panel), outputs);
            let delta = &mut delta[..samples_in(panel, n)];
            multiply_samples(isa, matrix, delta_above, &place, delta);
            finish(&place, delta, &y[units * stride + place.sample..][..delta.len()]);
            kernels::column_sums(isa, delta, bias_sums);
            transpose(isa, delta, by_unit.next().unwrap_or_default());
        }
    });
}

/// Backward to layer `l`, through a layer whose outputs run along the panels of its weights.
fn backward_by_unit(
    stage: Stage<'_>,
    matrix: &Matrix,
    l: usize,
    finish: impl Fn(&Place, &mut [Row], &[Row]) + Sync,
) {
    let Stage { isa, team, network, n, layers, .. } = stage;
    let (here, above) = layers.split_at_mut(l + 1);
    let outputs = network.layers[l].outputs;
    let delta_above = &above[0].delta_by_unit;
    let Activity { y_by_unit, delta_by_sample, delta_by_unit, bias_sums, .. } = &mut here[l];
    let y = &*y_by_unit;
    let pieces = (
        Blocks::<_, 1>::new(delta_by_unit, outputs, UNITS, AcrossBlocks),
        Blocks::<_, PAIR>::new(delta_by_sample, n_panels(n) * WIDTH, WIDTH, AlongBlocks),
        Blocks::<_, 1>::new(bias_sums, outputs.next_multiple_of(WIDTH), UNITS, AcrossBlocks),
    );
    team.each(pieces, |part, _, ([delta], by_sample, [bias_sums])| {
        let place = unit_place(part, n);
        multiply_units(isa, matrix, delta_above, &place, delta);
        delta.iter_mut().for_each(|row| row.0[place.n_columns..].fill(0.0));
        finish(&place, delta, &y[place.sample / WIDTH * outputs + place.unit..][..delta.len()]);
        kernels::row_sums(isa, delta, bias_sums);
        transpose_blocks(isa, delta, by_sample);
    });
}

/// Transposes a stack of blocks of 32 rows into as many blocks as there is room for.
fn transpose_blocks(isa: InstructionSet, rows: &[Row], to: [&mut [Row]; PAIR]) {
    for (rows, to) in rows.chunks(WIDTH).zip(to) {
        transpose(isa, rows, to);
    }
}

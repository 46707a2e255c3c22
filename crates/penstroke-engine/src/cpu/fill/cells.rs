//! Noises on whole cells: decided first, for all cells of a batch, then applied tile by tile.

use super::tile::{FateRow, Filling, TILE};
use crate::cells::{Cell, Donors, Fate};
use crate::corruption::{self, Noise};
use crate::cpu::isa::{InstructionSet, kernel};
use crate::cpu::panel::{Row, WIDTH};
use crate::cpu::pieces::Pieces;
use crate::cpu::place::samples_in;
use crate::cpu::team::Team;
use crate::cpu::vector::Vector;
use crate::philox::LANES;
use crate::rows::Rows;

/// Decides the fate of every cell of a batch.
pub(in crate::cpu) fn decide(
    isa: InstructionSet,
    team: &mut Team,
    filling: Filling<'_>,
    fates: &mut Vec<FateRow>,
) {
    let Filling { indices, corruption, donors, .. } = filling;
    let is_on_cells = |noise: &Noise| noise.on_cells().is_some();
    if !corruption.iter().any(is_on_cells) {
        return fates.clear();
    }
    let n_cells = donors.cells.len();
    let of_term = indices.len().div_ceil(WIDTH) * n_cells;
    fates.resize(corruption.len() * of_term, [Fate::STAYS; WIDTH]);
    let terms = corruption.iter().zip(fates.chunks_mut(of_term.max(1))).enumerate();
    for (term, (_, fates)) in terms.filter(|(_, (noise, _))| is_on_cells(noise)) {
        team.each(Pieces::new(fates, n_cells), |panel, _, fates| {
            decide_panel(isa, filling, term, panel, fates);
        });
    }
}

kernel! {
    /// Decides the fate of every cell in a panel of samples.
    fn decide_panel<V>(filling: Filling<'_>, term: usize, panel: usize, fates: &mut [FateRow]) {
        let Filling { d, indices, places, corruption, draws, epoch, donors, .. } = filling;
        let n_rows = donors.rows.len() / d;
        let here = panel * WIDTH..panel * WIDTH + samples_in(panel, indices.len());
        fates.iter_mut().for_each(|fates| fates[here.len()..].fill(Fate::STAYS));
        for (s, (&sample, &place)) in indices[here.clone()].iter().zip(&places[here]).enumerate() {
            let draws = draws.term(term as u8).at(epoch, sample);
            let donors = Donors { row: donors.row + place as usize, ..donors };
            corruption::decide(&corruption[term], draws, (donors, n_rows), |cell, fate| {
                fates[cell][s] = fate;
                if let Some(donor) = fate.donor() {
                    fetch::<V>(donors, (donor, d), cell);
                }
            });
        }
        for (cell, fates) in fates.iter_mut().enumerate() {
            fates.iter_mut().for_each(|fate| *fate = donors.granted(cell, *fate));
        }
    }
}

/// Prefetches a donor's cell and whether it is there, which may be anywhere in memory. On an Intel Xeon (family 6, AVX-512),
/// swapping 15 % of the cells of a table of 300 MB takes 190 µs of a step of 1590; without this it took 270.
#[inline(always)]
fn fetch<V: Vector>(donors: Donors<'_>, (donor, d): (usize, usize), cell: usize) {
    /// Floats in a cache line.
    const LINE: usize = 16;
    let Cell { inputs, units } = &donors.cells[cell];
    if let Some(observed) = donors.observed {
        V::prefetch(observed.byte(donor, units.start).cast());
    }
    for value in (donor * d + inputs.start..donor * d + inputs.end).step_by(LINE) {
        match donors.rows {
            Rows::Bytes(bytes) => V::prefetch(bytes.as_ptr().wrapping_add(value).cast()),
            Rows::Floats(floats) => V::prefetch(floats.as_ptr().wrapping_add(value)),
        }
    }
}

/// Applies a corruption that has only noises on cells to the tile of components that begins at `from`.
// Apart from the kernel, whose other paths the compiler would otherwise inline less of.
#[inline(never)]
pub(super) fn corrupt_cells(filling: Filling<'_>, panel: usize, from: usize, rows: &mut [Row]) {
    let Filling { d, corruption, donors, fates, .. } = filling;
    let to = from + rows.len();
    let first = donors.cells.partition_point(|cell| cell.inputs.end <= from);
    for (term, noise) in corruption.iter().enumerate() {
        let cells = donors.cells.iter().zip(fates.of(term, panel)).skip(first);
        for (cell, fates) in cells.take_while(|(cell, _)| cell.inputs.start < to) {
            let here = cell.inputs.start.max(from)..cell.inputs.end.min(to);
            let rows = &mut rows[here.start - from..here.end - from];
            if !matches!(noise, Noise::SwapCells { .. }) {
                lose(fates, rows);
                continue;
            }
            for (s, donor) in fates.iter().enumerate().filter_map(|(s, fate)| Some((s, fate.donor()?))) {
                let mut values = [0.0; TILE];
                donors.rows.copy_to(donor * d + here.start, &mut values[..rows.len()]);
                rows.iter_mut().zip(values).for_each(|(row, value)| row.0[s] = value);
            }
        }
    }
}

/// Sets a cell's components to zero where it is lost.
#[inline(always)]
fn lose(fates: &FateRow, rows: &mut [Row]) {
    let kept = fates.map(|fate| if fate == Fate::LOST { 0 } else { u32::MAX });
    for row in rows {
        for (value, kept) in row.0.iter_mut().zip(&kept) {
            *value = f32::from_bits(value.to_bits() & kept);
        }
    }
}

/// Applies one noise on cells to component `component` of up to eight samples, from position `first + lane` of the batch on.
/// It is slow, and only for noises on cells in a list with noises on components.
#[inline(never)]
pub(super) fn corrupt_component(
    filling: Filling<'_>,
    term: usize,
    (first, lane): (usize, usize),
    component: usize,
    (values, struck): (&mut [f32; LANES], &mut [bool; LANES]),
) {
    let Filling { d, donors, fates, .. } = filling;
    let number = donors.cells.partition_point(|cell| cell.inputs.end <= component);
    if !donors.cells.get(number).is_some_and(|cell| cell.inputs.contains(&component)) {
        return;
    }
    let fates = &fates.of(term, first / WIDTH)[number][lane..lane + LANES];
    for ((value, struck), fate) in values.iter_mut().zip(struck).zip(fates) {
        if *fate != Fate::STAYS {
            *value = 0.0;
            *struck = true;
        }
        if let Some(donor) = fate.donor() {
            donors.rows.copy_to(donor * d + component, std::slice::from_mut(value));
        }
    }
}

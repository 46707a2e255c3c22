//! Prepares the targets of a batch.

use super::buffers::{Asked, Input};
use super::fill::Fates;
use super::panel::{Row, WIDTH};
use super::pieces::Pieces;
use super::place::samples_in;
use super::team::Team;
use crate::batch::{Answers, Batch};
use crate::cells::Fate;
use crate::heads::{Head, Loss, Target};
use crate::objective::Emphasis;
use crate::task::Task;

/// Prepares the targets of a batch whose input is already gathered.
///
/// # Panics
/// If the batch lacks the answers that a head needs, or a label is not a class of its head.
#[allow(clippy::panic)] // Missing answers are a mistake in the program that calls.
pub(super) fn take_answers(team: &mut Team, task: &Task, batch: &Batch<'_>, input: &mut Input) {
    team.each(Pieces::new(&mut input.asked, 1), |h, _, asked| {
        let (head, asked) = (&task.objective.heads[h], &mut asked[0]);
        match (head.target, batch.answers_of(h)) {
            (Target::Input, Answers::Input) => {}
            (Target::Values, Answers::Values(values)) => take_values(batch, head, values, asked),
            (Target::Labels, Answers::Labels(labels)) => {
                // A loop of nothing else: with many heads, waiting for memory is what costs time, and here waits overlap.
                asked.labels.resize(batch.ids.len(), 0);
                asked.labels.iter_mut().zip(batch.ids).for_each(|(to, &id)| *to = labels[id as usize]);
                match is_weighted(task, batch, head) {
                    true => make_label_rows(batch, head, asked),
                    false => {
                        asked.values.clear();
                        asked.labels.iter().for_each(|&label| check_label(label, head));
                    }
                }
            }
            (target, _) => panic!("the batch needs answers for {target:?}"),
        }
    });
    weigh(team, task, batch, input);
}

fn check_label(label: u32, head: &Head) {
    assert!((label as usize) < head.units.len(), "label {label} of {} classes", head.units.len());
}

/// Whether the target of an output unit was observed.
fn is_observed(batch: &Batch<'_>, at: usize, unit: usize) -> bool {
    let row = if batch.gathered { at } else { batch.ids[at] as usize };
    batch.observed.is_none_or(|observed| observed.get(row, unit))
}

/// Stores values by unit, as the clean input is stored; missing samples get zeros.
fn take_values(batch: &Batch<'_>, head: &Head, values: &[f32], asked: &mut Asked) {
    let units = head.units.len();
    asked.values.resize(batch.ids.len().div_ceil(WIDTH) * units, Row::ZERO);
    let panels = asked.values.chunks_exact_mut(units).zip(batch.ids.chunks(WIDTH));
    // Copied first, so that waits for memory overlap.
    for (rows, ids) in panels {
        rows.fill(Row::ZERO);
        for (s, &id) in ids.iter().enumerate() {
            let of_sample = &values[id as usize * units..][..units];
            rows.iter_mut().zip(of_sample).for_each(|(row, &value)| row.0[s] = value);
        }
    }
    if batch.observed.is_none() {
        return;
    }
    for (panel, rows) in asked.values.chunks_exact_mut(units).enumerate() {
        for (row, unit) in rows.iter_mut().zip(head.units.clone()) {
            let here = 0..samples_in(panel, batch.ids.len());
            for s in here.filter(|s| !is_observed(batch, panel * WIDTH + s, unit)) {
                // It may be anything, even NaN; its weight is 0.
                row.0[s] = 0.0;
            }
        }
    }
}

/// Converts labels to target rows, because outputs have weights.
fn make_label_rows(batch: &Batch<'_>, head: &Head, asked: &mut Asked) {
    let classes = head.units.len();
    let smoothing = match head.loss {
        Loss::SoftmaxCrossEntropy { label_smoothing } => label_smoothing,
        Loss::Squared | Loss::CrossEntropy | Loss::Denoising => 0.0,
    };
    let even = smoothing / classes as f64;
    asked.values.resize(batch.ids.len().div_ceil(WIDTH) * classes, Row::ZERO);
    let panels = asked.values.chunks_exact_mut(classes).zip(asked.labels.chunks(WIDTH));
    for (panel, (rows, labels)) in panels.enumerate() {
        rows.fill(Row([even as f32; WIDTH]));
        for (s, &label) in labels.iter().enumerate() {
            // A label that was not observed may be anything.
            if is_observed(batch, panel * WIDTH + s, head.units.start) {
                check_label(label, head);
                rows[label as usize].0[s] = (1.0 - smoothing + even) as f32;
            }
        }
    }
}

/// Whether some outputs of a head have weights other than 1, apart from an emphasis of components.
fn is_weighted(task: &Task, batch: &Batch<'_>, head: &Head) -> bool {
    let emphasized = !task.objective.cells.is_empty() && task.objective.emphasis.is_some();
    batch.observed.is_some() || batch.weights.is_some() || head.weight != 1.0 || emphasized
}

/// Computes the weight of every output. Empty if all have equal weight, or if an emphasis of components alone determines it.
fn weigh(team: &mut Team, task: &Task, batch: &Batch<'_>, input: &mut Input) {
    let Task { network, objective, .. } = task;
    let emphasis_alone = objective.heads.len() == 1 || objective.emphasis.is_none();
    if emphasis_alone && !objective.heads.iter().any(|head| is_weighted(task, batch, head)) {
        input.weights.clear();
        return;
    }
    let (n, outputs) = (batch.ids.len(), network.n_outputs());
    let mut weights = std::mem::take(&mut input.weights);
    weights.resize(n.div_ceil(WIDTH) * outputs, Row::ZERO);
    let from = &*input;
    team.each(Pieces::new(&mut weights, outputs), |panel, _, rows| {
        for head in &objective.heads {
            // A softmax has the weight of its first unit.
            let counted = match head.loss {
                Loss::SoftmaxCrossEntropy { .. } => 1,
                Loss::Squared | Loss::CrossEntropy | Loss::Denoising => head.units.len(),
            };
            for unit in head.units.clone().take(counted) {
                let row = &mut rows[unit];
                *row = emphasis(task, from, (panel, n), (head.target, unit));
                row.0.iter_mut().for_each(|weight| *weight *= head.weight as f32);
                for s in 0..samples_in(panel, n) {
                    let at = panel * WIDTH + s;
                    if !is_observed(batch, at, unit) {
                        row.0[s] = 0.0;
                    } else if let Some(weights) = batch.weights {
                        row.0[s] *= weights[batch.ids[at] as usize];
                    }
                }
            }
        }
    });
    input.weights = weights;
}

/// The weight of an output unit by the emphasis alone, in panel `panel` of a batch of `n`.
fn emphasis(task: &Task, input: &Input, (panel, n): (usize, usize), (target, unit): (Target, usize)) -> Row {
    let Task { network, objective, .. } = task;
    let d = network.n_inputs();
    let Some(Emphasis { corrupted, rest }) = objective.emphasis.filter(|_| objective.emphasizes(target))
    else {
        return Row([1.0; WIDTH]);
    };
    if objective.cells.is_empty() {
        return input.emphasis[panel * d + unit];
    }
    let (corrupted, rest) = (corrupted as f32, rest as f32);
    let Some(cell) = objective.cell_of(unit) else { return Row([rest; WIDTH]) };
    let mut struck = [false; WIDTH];
    if objective.marks_components() {
        // Noises on cells between noises on components have left their marks there too.
        for row in &input.emphasis[panel * d..][objective.cells[cell].inputs.clone()] {
            struck.iter_mut().zip(&row.0).for_each(|(struck, &weight)| *struck |= weight == corrupted);
        }
    } else {
        let fates = Fates::new(&input.fates, n, objective.cells.len());
        for term in 0..objective.corruption.len() {
            let fates = &fates.of(term, panel)[cell];
            struck.iter_mut().zip(fates).for_each(|(struck, &fate)| *struck |= fate != Fate::STAYS);
        }
    }
    Row(struck.map(|struck| if struck { corrupted } else { rest }))
}

//! Noises on whole cells against closed forms.
#![allow(clippy::unwrap_used)] // A test fails by panicking.

use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::*;
use std::ops::Range;

/// Cells of one, two and three components; components 1, 4 and 8 and unit 2 belong to none.
const CELLS: [(Range<usize>, Range<usize>); 3] = [(0..1, 0..1), (2..4, 1..2), (5..8, 3..6)];
const D: usize = 9;
const UNITS: usize = 6;
const N: usize = 400;

fn cells() -> Vec<Cell> {
    CELLS.map(|(inputs, units)| Cell { inputs, units }).to_vec()
}

/// Component `j` of row `i` is `1000 i + j + 1`, so a value tells where it is from, and none is 0.
fn rows() -> Vec<f32> {
    (0..N * D).map(|k| (k / D * 1000 + k % D + 1) as f32).collect()
}

/// A byte of bits for every row; cell `c` is missing in three of ten, one of ten and none of the rows.
fn observed() -> Vec<u8> {
    let draws = Draws::new(3, Purpose::Generator(9));
    let row = |i: usize| {
        let mut draws = draws.at(0, i as u32).sequence();
        let missing = [0.3, 0.1, 0.0].map(|share| draws.uniform() < share);
        let gone = CELLS.iter().zip(missing).filter(|(_, missing)| *missing);
        gone.fold(0xff, |bits, ((_, units), _)| bits & !(1 << units.start))
    };
    (0..N).map(row).collect()
}

/// What corruption makes of one row: values, marks.
type Corrupted = (Vec<f32>, Vec<bool>);

/// Every row, in some epochs.
fn corrupted(noises: &[Noise], observed: Option<&[u8]>, epochs: Range<u32>) -> Vec<(usize, Corrupted)> {
    let (data, cells) = (rows(), cells());
    let source = CorruptionDraws { seed: 5, use_: CorruptionUse::Training };
    let of = |(epoch, i): (u32, usize)| {
        let (mut row, mut struck) = (data[i * D..][..D].to_vec(), vec![true; D]);
        let donors = Donors {
            cells: &cells,
            rows: Rows::Floats(&data),
            observed: observed.map(|bits| BitRows::new(bits, UNITS)),
            row: i,
        };
        corrupt_row(noises, source, (epoch, i as u32), donors, (&mut row, &mut struck));
        (i, (row, struck))
    };
    epochs.flat_map(|epoch| (0..N).map(move |i| (epoch, i))).map(of).collect()
}

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Became {
    Same,
    Zero,
    Row(usize),
}

/// What became of each cell of row `i`, after checking that it happened to the whole cell and to nothing else.
fn became(i: usize, (row, struck): &Corrupted) -> [Became; 3] {
    let value = |row: usize, j: usize| (row * 1000 + j + 1) as f32;
    for j in (0..D).filter(|j| !CELLS.iter().any(|(inputs, _)| inputs.contains(j))) {
        assert!(row[j] == value(i, j) && !struck[j], "component {j} belongs to no cell");
    }
    CELLS.map(|(inputs, _)| {
        let first = row[inputs.start];
        let became = match first {
            0.0 => Became::Zero,
            first if first == value(i, inputs.start) => Became::Same,
            first => Became::Row(first as usize / 1000),
        };
        for j in inputs {
            let want = match became {
                Became::Same => value(i, j),
                Became::Zero => 0.0,
                Became::Row(donor) => value(donor, j),
            };
            assert_eq!((row[j], struck[j]), (want, became != Became::Same), "row {i}, component {j}");
        }
        became
    })
}

fn near(what: &str, count: usize, of: usize, share: f64) {
    // Four standard errors of a share of independent events.
    let bound = 4.0 * (share * (1.0 - share) / of as f64).sqrt();
    let have = count as f64 / of as f64;
    assert!((have - share).abs() <= bound, "{what}: {have} for {share}");
}

#[test]
fn masked_cells_are_lost_whole_at_a_rate_that_every_presentation_draws() {
    for (low, high) in [(0.0, 0.0), (0.3, 0.3), (0.05, 0.6), (0.0, 1.0), (1.0, 1.0)] {
        let all = corrupted(&[Noise::MaskCells { low, high }], None, 0..50);
        let cells: Vec<_> = all.iter().map(|(i, corrupted)| became(*i, corrupted)).collect();
        assert!(cells.iter().flatten().all(|became| !matches!(became, Became::Row(_))));
        let lost = |cell: usize, row: &[Became; 3]| row[cell] == Became::Zero;
        let (mean, square) = ((low + high) / 2.0, (low * low + low * high + high * high) / 3.0);
        for c in 0..3 {
            let count = cells.iter().filter(|row| lost(c, row)).count();
            near("lost", count, cells.len(), mean);
            // Cells of a row share q, so two are lost together with probability E q².
            let both = cells.iter().filter(|row| lost(c, row) && lost((c + 1) % 3, row)).count();
            near("lost together", both, cells.len(), square);
        }
    }
}

#[test]
fn a_swapped_cell_is_that_of_another_row_and_all_rows_give_alike() {
    let all = corrupted(&[Noise::SwapCells { probability: 0.4 }], None, 0..100);
    for c in 0..3 {
        let mut given = vec![0usize; N];
        for (i, corrupted) in &all {
            if let Became::Row(donor) = became(*i, corrupted)[c] {
                assert!(donor != *i, "no row is its own donor");
                given[donor] += 1;
            }
        }
        let swapped: usize = given.iter().sum();
        near("swapped", swapped, all.len(), 0.4);
        let expected = swapped as f64 / N as f64;
        let chi: f64 = given.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum();
        // Chi-square with 399 degrees of freedom has mean 399 and variance 798.
        assert!((chi - 399.0).abs() < 4.0 * 798.0f64.sqrt(), "chi-square {chi}");
    }
    // Each cell has a donor of its own.
    let pairs = all.iter().map(|(i, corrupted)| became(*i, corrupted));
    let both = pairs.filter(|row| row[0] != Became::Same && row[1] != Became::Same);
    let (same, both): (Vec<_>, Vec<_>) = both.partition(|row| row[0] == row[1]);
    near("the same donor", same.len(), same.len() + both.len(), 1.0 / 399.0);
}

#[test]
fn missing_cells_neither_give_nor_take() {
    let observed = observed();
    let missing = |row: usize, c: usize| observed[row] >> CELLS[c].1.start & 1 == 0;
    let all = corrupted(&[Noise::SwapCells { probability: 0.5 }], Some(&observed), 0..50);
    for c in 0..3 {
        let rate = (0..N).filter(|&row| missing(row, c)).count() as f64 / N as f64;
        let mut swapped = 0;
        for (i, corrupted) in &all {
            if let Became::Row(donor) = became(*i, corrupted)[c] {
                assert!(!missing(*i, c) && !missing(donor, c), "cell {c} from row {donor} to row {i}");
                swapped += 1;
            }
        }
        near("swapped", swapped, all.len(), 0.5 * (1.0 - rate) * (1.0 - rate));
    }
}

#[test]
fn a_copied_mask_is_that_of_one_other_row() {
    let observed = observed();
    let missing = |row: usize| CELLS.map(|(_, units)| observed[row] >> units.start & 1 == 0);
    let all = corrupted(&[Noise::CopyMask], Some(&observed), 0..50);
    // Every pattern is as frequent as among the rows: the gaps of a mask are of one row.
    for pattern in 0..8 {
        let pattern = [0, 1, 2].map(|c| pattern >> c & 1 == 1);
        let share = (0..N).filter(|&row| missing(row) == pattern).count() as f64 / N as f64;
        let lost = all
            .iter()
            .filter(|(i, corrupted)| became(*i, corrupted).map(|became| became == Became::Zero) == pattern);
        // Leaving out the own row changes shares by less than 1 / N.
        let count = lost.count();
        let error = (count as f64 / all.len() as f64 - share).abs();
        assert!(error <= 4.0 * (share * (1.0 - share) / all.len() as f64).sqrt() + 1.0 / N as f64);
    }
    let complete = corrupted(&[Noise::CopyMask], None, 0..1);
    assert!(complete.iter().all(|(i, corrupted)| became(*i, corrupted) == [Became::Same; 3]));
}

#[test]
fn noises_act_in_order_with_numbers_of_their_own() {
    let (mask, swap) = (Noise::MaskCells { low: 1.0, high: 1.0 }, Noise::SwapCells { probability: 1.0 });
    for (i, corrupted) in corrupted(&[mask, swap], None, 0..1) {
        assert!(became(i, &corrupted).iter().all(|became| matches!(became, Became::Row(_))));
    }
    for (i, corrupted) in corrupted(&[swap, mask], None, 0..1) {
        assert_eq!(became(i, &corrupted), [Became::Zero; 3]);
    }
    // A noise on components between them acts on what the first one left.
    let grain = Noise::SaltAndPepper { probability: 1.0, low: -7.0, high: -7.0 };
    for (_, (row, struck)) in corrupted(&[mask, grain], None, 0..1) {
        assert_eq!((row, struck), (vec![-7.0; D], vec![true; D]));
    }
    let half = Noise::MaskCells { low: 0.5, high: 0.5 };
    let lost = |noises: &[Noise], epochs| -> Vec<bool> {
        let all = corrupted(noises, None, epochs);
        all.into_iter().flat_map(|(i, corrupted)| became(i, &corrupted)).map(|b| b == Became::Zero).collect()
    };
    let base = lost(&[half], 0..1);
    for other in [lost(&[half], 1..2), lost(&[Noise::MaskCells { low: 0.0, high: 0.0 }, half], 0..1)] {
        let agreeing = base.iter().zip(&other).filter(|(a, b)| a == b).count();
        near("agreement", agreeing, base.len(), 0.5);
    }
}

#[test]
fn a_single_row_has_no_donor() {
    let cells = cells();
    let data: Vec<f32> = rows()[..D].to_vec();
    let donors = Donors {
        cells: &cells,
        rows: Rows::Floats(&data),
        observed: Some(BitRows::new(&[0], UNITS)),
        row: 0,
    };
    let source = CorruptionDraws { seed: 5, use_: CorruptionUse::Evaluation };
    let (mut row, mut struck) = (data.clone(), vec![true; D]);
    let noises = [Noise::SwapCells { probability: 1.0 }, Noise::CopyMask];
    corrupt_row(&noises, source, (0, 0), donors, (&mut row, &mut struck));
    assert_eq!((row, struck), (data, vec![false; D]));
}

#[test]
fn only_observed_and_masked_cells_are_targets() {
    // Two cells of one component and one unit; the network answers 0 to everything.
    let network = Network::new(vec![Layer::new(2, 2, Activation::Linear)]);
    let objective = Objective {
        cells: vec![Cell { inputs: 0..1, units: 0..1 }, Cell { inputs: 1..2, units: 1..2 }],
        emphasis: Some(Emphasis { corrupted: 1.0, rest: 0.0 }),
        corruption: vec![Noise::MaskCells { low: 1.0, high: 1.0 }],
        ..Objective::new(vec![
            Head::new(0..1, Loss::Squared, Target::Values).weighing(0.5),
            Head::new(1..2, Loss::Squared, Target::Input),
        ])
    };
    let mut task = Task::new(network, objective);
    let loss = |task: &Task| {
        let state = State::new(&task.network, Parameters::zeros(&task.network));
        let mut engines: [Box<dyn Train>; 2] = [
            Box::new(Reference::<f64>::open(task, &state).unwrap()),
            Box::new(CpuTrain::open(task, state, CpuOptions::default()).unwrap()),
        ];
        let answers = [Answers::Values(&[3.0, 5.0]), Answers::Input];
        let batch = Batch {
            observed: Some(BitRows::new(&[0b01, 0b11], 2)),
            ..Batch::new(Rows::Floats(&[0.0, 7.0, 0.0, 11.0]), &[0, 1]).with_answers(&answers)
        };
        let [reference, cpu] = engines.each_mut().map(|engine| engine.loss(&batch, 0));
        assert_eq!(reference, cpu);
        cpu
    };
    assert_eq!(loss(&task), (0.5 * 9.0 + 0.5 * 25.0 + 121.0) / 2.0);
    task.objective.corruption = vec![Noise::MaskCells { low: 0.0, high: 0.0 }];
    assert_eq!(loss(&task), 0.0);
    task.objective.emphasis = Some(Emphasis { corrupted: 0.0, rest: 0.25 });
    assert_eq!(loss(&task), (0.5 * 9.0 + 0.5 * 25.0 + 121.0) / 8.0);
}

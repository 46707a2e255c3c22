//! Tables: cells, noises on them, many weighted heads, gaps.

use super::tasks::{bits, given, noises_on_cells, random_state, samples, table};
use super::way::{BF16_TOLERANCE, TOLERANCE, Way, check_batch};
use crate::batch::Batch;
use crate::cpu::isa::InstructionSet;
use crate::engine::{Step, Train};
use crate::parameters::State;
use crate::philox::{Draws, Purpose};
use crate::rows::{BitRows, Rows};
use crate::task::Task;
use crate::{Reference, RoundedTerms};

/// Rows, answers and bits of a table of `n` rows.
struct Table {
    data: Vec<f32>,
    answers: (Vec<u32>, Vec<f32>),
    bits: Vec<u8>,
    outputs: usize,
}

impl Table {
    fn new(task: &Task, n: usize) -> Self {
        let outputs = task.network.n_outputs();
        let mut draws = Draws::new(4, Purpose::Generator(7)).at(0, 0).sequence();
        let labels = (0..n).map(|_| draws.below(2)).collect();
        let values = (0..n).map(|_| draws.uniform() as f32).collect();
        let data = samples(n, task.network.n_inputs());
        Self { data, answers: (labels, values), bits: bits(n, outputs), outputs }
    }

    /// Calls `act` with these samples as a batch with gaps.
    fn batch<R>(&self, task: &Task, ids: &[u32], act: impl FnOnce(Batch<'_>) -> R) -> R {
        let given = given(task, &self.answers);
        let observed = Some(BitRows::new(&self.bits, self.outputs));
        act(Batch { observed, ..Batch::new(Rows::Floats(&self.data), ids).with_answers(&given) })
    }
}

#[test]
fn tables_agree_with_the_reference() {
    for way in Way::all() {
        for (k, corruption) in noises_on_cells().iter().enumerate() {
            let mut task = table(20 + k, corruption);
            if k % 2 == 1 {
                task.objective.emphasis = None;
            }
            let n = [1, 33, 70][k % 3];
            let all = Table::new(&task, n + 2);
            let ids: Vec<u32> = (0..n as u32).rev().collect();
            all.batch(&task, &ids, |batch| {
                for batch in [batch, Batch { observed: None, ..batch }] {
                    match way.bf16 {
                        None => check_batch::<f64>(&task, &batch, way, TOLERANCE),
                        Some(_) => {
                            let dense = Way { sparse_below: Some(0.0), ..way };
                            check_batch::<RoundedTerms>(&task, &batch, dense, BF16_TOLERANCE);
                        }
                    }
                }
            });
        }
    }
}

#[test]
fn a_weight_of_a_head_applies_without_gaps_cells_and_emphasis() {
    let mut task = table(9, &[]);
    (task.objective.cells, task.objective.emphasis) = (Vec::new(), None);
    let all = Table::new(&task, 40);
    let ids: Vec<u32> = (0..40).collect();
    for isa in InstructionSet::all() {
        all.batch(&task, &ids, |batch| {
            let batch = Batch { observed: None, ..batch };
            check_batch::<f64>(&task, &batch, Way::f32(isa), TOLERANCE);
        });
    }
}

/// Three epochs of batches of 64, 64 and 22.
fn trained(task: &Task, all: &Table, threads: usize, way: Way) -> State {
    let mut cpu = way.open(task, &random_state(task), threads);
    for epoch in 0..3 {
        for first in [0u32, 64, 128] {
            let ids: Vec<u32> = (first..(first + 64).min(150)).collect();
            all.batch(task, &ids, |batch| cpu.step(&batch, Step { epoch, learning_rate: 1e-2 }));
        }
    }
    cpu.state()
}

#[test]
fn threads_and_zeros_that_are_skipped_change_no_bit() {
    for corruption in noises_on_cells() {
        let task = table(40, &corruption);
        let all = Table::new(&task, 150);
        for way in Way::all() {
            let one = trained(&task, &all, 1, way);
            for threads in [2, 7] {
                assert!(one == trained(&task, &all, threads, way), "{threads}, {way:?}: {corruption:?}");
            }
            if way.bf16.is_none() {
                for sparse_below in [0.0, 2.0] {
                    let way = Way { sparse_below: Some(sparse_below), ..way };
                    assert!(one == trained(&task, &all, 2, way), "{way:?}: {corruption:?}");
                }
            }
        }
    }
}

#[test]
fn a_sample_is_corrupted_alike_in_every_batch() {
    for corruption in noises_on_cells() {
        let task = table(10, &corruption);
        let all = Table::new(&task, 600);
        let ids: Vec<u32> = (0..500).map(|i| (i * 7 + 3) % 600).collect();
        for way in Way::best() {
            let mut cpu = way.open(&task, &random_state(&task), 2);
            // The chunks of an evaluation are of 256 samples.
            let whole = all.batch(&task, &ids, |batch| cpu.loss(&batch, 1));
            let parts = ids.chunks(100).map(|ids| all.batch(&task, ids, |batch| cpu.loss(&batch, 1)));
            let parts = parts.sum::<f64>() / 5.0;
            // Losses are sums in another order.
            assert!((whole - parts).abs() < 1e-6 * whole, "{whole} {parts}: {corruption:?}");
        }
    }
}

#[test]
fn the_donors_of_a_gathered_batch_are_its_own_rows() {
    for corruption in noises_on_cells() {
        let task = table(10, &corruption);
        let (d, all) = (task.network.n_inputs(), Table::new(&task, 600));
        // Whole, the table is its own batch, if every sample is at its own position.
        let ids: Vec<u32> = (0..600).collect();
        for way in Way::best() {
            let mut cpu = way.open(&task, &random_state(&task), 2);
            let losses = [false, true]
                .map(|gathered| all.batch(&task, &ids, |batch| cpu.loss(&Batch { gathered, ..batch }, 1)));
            assert_eq!(losses[0], losses[1], "{corruption:?}");
        }
        // A part of it has fewer donors, in the reference too.
        let part: Vec<u32> = (100..400).collect();
        let stride = all.outputs.div_ceil(8);
        let rows = Rows::Floats(&all.data[100 * d..400 * d]);
        let observed = Some(BitRows::new(&all.bits[100 * stride..400 * stride], all.outputs));
        all.batch(&task, &part, |batch| {
            let batch = Batch { gathered: true, rows, observed, ..batch };
            let mut cpu = Way::f32(InstructionSet::detect()).open(&task, &random_state(&task), 2);
            let mut reference = Reference::<f64>::open(&task, &random_state(&task)).unwrap();
            let (have, want) = (cpu.loss(&batch, 1), reference.loss(&batch, 1));
            assert!((have - want).abs() < TOLERANCE * want, "{have} for {want}: {corruption:?}");
        });
    }
}

#[test]
fn cells_of_bytes_are_those_of_floats() {
    for corruption in noises_on_cells() {
        let task = table(10, &corruption);
        let all = Table::new(&task, 80);
        let bytes: Vec<u8> = (0..all.data.len()).map(|i| (i * 7 % 256) as u8).collect();
        let floats: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let ids: Vec<u32> = (0..70).collect();
        for way in Way::best() {
            let [bytes, floats] = [Rows::Bytes(&bytes), Rows::Floats(&floats)].map(|rows| {
                let mut cpu = way.open(&task, &random_state(&task), 2);
                let step = Step { epoch: 0, learning_rate: 0.1 };
                all.batch(&task, &ids, |batch| cpu.step(&Batch { rows, ..batch }, step))
            });
            assert_eq!(bytes.to_bits(), floats.to_bits(), "{corruption:?}");
        }
    }
}

#[test]
fn answers_that_were_not_observed_may_be_anything() {
    let task = table(10, &noises_on_cells()[0]);
    let mut all = Table::new(&task, 40);
    all.bits.fill(0);
    all.answers = (vec![u32::MAX; 40], vec![f32::NAN; 40]);
    let ids: Vec<u32> = (0..40).collect();
    for way in Way::all() {
        let mut cpu = way.open(&task, &random_state(&task), 2);
        assert_eq!(all.batch(&task, &ids, |batch| cpu.gradients(&batch, 0)), 0.0);
        cpu.visit_gradients(&mut |gradients| assert!(gradients.iter().all(|&gradient| gradient == 0.0)));
    }
}

//! Once buffers have grown to the largest batch, neither a training step nor an application allocates anything.
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use penstroke_engine::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: all calls go to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: guaranteed by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The counter covers all threads, so the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn applying_allocates_nothing() {
    let _turn = TURN.lock().unwrap();
    let network = Network::autoencoder(3000, 1000, Activation::Sigmoid, Activation::Linear).tied();
    let weights = Arc::new(initial_parameters(&network, 0, Initialization::Glorot));
    let data: Vec<f32> = (0..3000 * 70).map(|i| (i % 3) as f32).collect();
    let mut out = data.clone();
    for threads in [1, 2, 7] {
        let options = CpuOptions { threads, ..CpuOptions::default() };
        let engine = CpuApply::open(network.clone(), Arc::clone(&weights), options).unwrap();
        let mut apply = |n: usize| {
            engine.apply(Rows::Floats(&data[..n * 3000]), 0..1, &mut out[..n * 1000]);
            engine.apply(Rows::Floats(&data[..n * 3000]), 0..2, &mut out[..n * 3000]);
            engine.apply(Rows::Floats(&data[..n * 1000]), 1..2, &mut out[..n * 3000]);
        };
        apply(70);
        apply(1);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        for n in [1, 70, 1, 2, 33, 1] {
            apply(n);
        }
        assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0, "{threads} threads");
    }
}

#[test]
fn a_step_allocates_nothing() {
    let _turn = TURN.lock().unwrap();
    let mut spec = Task::autoencoder(300, 200, Activation::Sigmoid, Activation::Sigmoid)
        .with_corruption(vec![Noise::MaskingExact { fraction: 0.2 }, Noise::Gaussian { deviation: 0.1 }]);
    spec.objective.emphasis = Some(Emphasis { corrupted: 1.0, rest: 0.5 });
    spec.optimizer.max_norm = Some(0.5);
    let mut dropped = spec.clone().tied();
    dropped.objective.dropout = vec![0.2, 0.0];
    spec.objective.penalties = Penalties {
        l1: 1e-4,
        contraction: 1e-3,
        sparsity: Some(SparsityPenalty { target: 0.1, weight: 0.1 }),
    };
    // More workers than panels (four per product), so that chance decides which workers get any.
    let mut regressor = dropped.clone();
    regressor.objective.emphasis = None;
    regressor.objective.heads = Objective::regression(&regressor.network).heads;
    let mut table = spec.clone();
    table.objective.penalties = Penalties::default();
    table.objective.cells =
        (0..30).map(|c| Cell { inputs: c * 10..c * 10 + 9, units: c * 10..c * 10 + 10 }).collect();
    table.objective.corruption = vec![
        Noise::MaskCells { low: 0.1, high: 0.5 },
        Noise::SwapCells { probability: 0.2 },
        Noise::CopyMask,
    ];
    let mut denoiser = spec.clone().with_corruption(vec![Noise::Levels { low: 0.1, high: 2.0 }]);
    denoiser.network = Network::new(vec![
        Layer::new(300, 200, Activation::Sigmoid),
        Layer::new(200, 299, Activation::Linear),
    ]);
    denoiser.objective.heads = Objective::reconstruction(&denoiser.network, Loss::Denoising).heads;
    let mut trimmed = denoiser.clone();
    trimmed.objective.trim = 0.1;
    for spec in [spec, dropped, regressor, table, denoiser, trimmed] {
        let state =
            State::new(&spec.network, initial_parameters(&spec.network, 0, Initialization::GlorotSigmoid));
        let open = |precision| {
            let options = CpuOptions { threads: 7, precision, ..CpuOptions::default() };
            CpuTrain::open(&spec, state.clone(), options)
        };
        check(&mut open(Precision::F32).unwrap());
        // A processor without bf16 has nothing to count.
        if let Ok(mut engine) = open(Precision::Bf16) {
            check(&mut engine);
        }
    }
}

fn check(engine: &mut CpuTrain) {
    let data = vec![0.5; 300 * 128];
    let targets = data.clone();
    let answers = [match engine.task().objective.heads[0].target {
        Target::Values => Answers::Values(&targets),
        _ => Answers::Input,
    }];
    let indices: Vec<u32> = (0..128).collect();
    let step = |epoch| Step { epoch, learning_rate: 1e-3 };
    let weights = [0.5; 128];
    let mut train = |epoch, n: usize, weights| {
        let batch = Batch::new(Rows::Floats(&data), &indices[..n]).with_answers(&answers);
        engine.step(&Batch { weights, ..batch }, step(epoch))
    };
    train(0, 128, Some(&weights[..]));
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for epoch in 1..40 {
        train(epoch, 128, None);
        train(epoch, 17, Some(&weights));
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0);
}

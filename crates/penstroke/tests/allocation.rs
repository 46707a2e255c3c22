//! Applying a model to one row allocates nothing but the result.
#![allow(clippy::unwrap_used)] // A test fails by panicking.

use penstroke::data::{Rows, Samples, View};
use penstroke::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The second call makes one allocation, as large as the result, and gives the result of the first.
fn check(name: &str, width: usize, apply: impl Fn() -> Vec<f32>) {
    let first = apply();
    let before = (ALLOCATIONS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    let second = apply();
    let after = (ALLOCATIONS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 4 * width), "{name}");
    assert_eq!(first, second, "{name}");
    assert_eq!(first.len(), width, "{name}");
}

// The only test of this file: what is counted is counted for all threads.
#[test]
fn one_row_allocates_nothing_but_its_result() {
    // The second network is large enough for two threads.
    for (d, h) in [(784, 500), (2000, 1100)] {
        let values: Vec<f32> = (0..d).map(|i| (i % 5) as f32 / 5.0).collect();
        let row = || View::new("row", Rows::Floats(&values), d).unwrap();
        for threads in [1, 2] {
            let config = AutoencoderConfig { hidden: h, ..Default::default() }.threads(threads);
            let model = Autoencoder::initial(&config, &row()).unwrap();
            let name = |what: &str| format!("{what} {d}-{h} with {threads} threads");
            check(&name("encode"), h, || model.encode(&row()).unwrap());
            check(&name("reconstruct"), d, || model.reconstruct(&row()).unwrap());
            let codes = model.encode(&row()).unwrap();
            check(&name("decode"), d, || {
                model.decode(&View::new("code", Rows::Floats(&codes), h).unwrap()).unwrap()
            });
            let upper = AutoencoderConfig { hidden: 40, ..config.clone() };
            let stack = Stack::initial(&[config.clone(), upper], &row()).unwrap();
            check(&name("encode a stack"), 40, || stack.encode(&row()).unwrap());
            check(&name("reconstruct a stack"), d, || stack.reconstruct(&row()).unwrap());
            let supervised = SupervisedConfig::default().threads(threads);
            let classifier = Classifier::on(&Stack::from(model), &supervised, 10).unwrap();
            check(&name("classify"), 10, || classifier.probabilities(&row()).unwrap());
            assert_eq!(row().n_samples(), 1);
        }
    }
}

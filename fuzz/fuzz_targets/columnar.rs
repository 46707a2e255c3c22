//! Parquet and Arrow IPC files: their beginning says which. What streams holds what memory holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::data::{LoadOptions, Samples, Source, Values, load, stream};
use penstroke_fuzz::{bounded_by, file};

fuzz_target!(|bytes: &[u8]| {
    let source = Source::Path(file("x.parquet", bytes));
    // What the reader allows a file to unfold to, 64 MiB and 1024 times its size, once as a batch and once as values, which
    // are copied while their list grows.
    let most = 4 * ((64 << 20) + 1024 * bytes.len());
    let options = LoadOptions::default();
    let held = bounded_by(most, || load(&source, &options));
    let Ok(streamed) = bounded_by(most, || stream(&source, &options)) else { return };
    let held = held.unwrap_or_else(|error| panic!("streamed, but not loaded: {error}"));
    let indices: Vec<u32> = (0..held.n_samples() as u32).collect();
    let mut values = Values::Floats(Vec::new());
    streamed.read(&indices, &mut values).unwrap_or_else(|error| panic!("opened, but not read: {error}"));
    assert_eq!(values.rows().to_floats(), held.to_floats());
});

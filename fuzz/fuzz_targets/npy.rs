//! npy files, in memory and streamed; what streams holds what memory holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::data::{LoadOptions, Samples, Source, Values, load, npy, stream};
use penstroke_fuzz::{bounded, file};

// A byte may become a float, and a list that grows is copied.
const FACTOR: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let path = file("x.npy", bytes);
    let source = Source::Path(path.clone());
    let options = LoadOptions::default();
    let held = bounded(bytes.len(), FACTOR, || load(&source, &options));
    let streamed = bounded(bytes.len(), FACTOR, || stream(&source, &options));
    let _ = bounded(bytes.len(), FACTOR, || npy::read_targets(&path));
    if let Ok(streamed) = streamed {
        let held = held.unwrap_or_else(|error| panic!("streamed, but not loaded: {error}"));
        let indices: Vec<u32> = (0..held.n_samples() as u32).collect();
        let mut values = Values::Floats(Vec::new());
        streamed.read(&indices, &mut values).unwrap_or_else(|error| panic!("opened, but not read: {error}"));
        assert_eq!(values.rows().to_floats(), held.to_floats());
    }
});

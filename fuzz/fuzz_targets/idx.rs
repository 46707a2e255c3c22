//! IDX files, plain and compressed: samples and labels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::data::{LoadOptions, Source, idx, load, stream};
use penstroke_fuzz::{bounded, file};

// Deflate makes at most 1032 bytes of one, each of which may become a float; a list that grows is copied.
const FACTOR: usize = 16 * 1032;

fuzz_target!(|bytes: &[u8]| {
    let path = file("x.idx", bytes);
    let source = Source::Path(path.clone());
    let factor = if bytes.starts_with(&[0x1f, 0x8b]) { FACTOR } else { 16 };
    let held = bounded(bytes.len(), factor, || load(&source, &LoadOptions::default()));
    let _ = bounded(bytes.len(), factor, || idx::read_labels(&path));
    let streamed = bounded(bytes.len(), factor, || stream(&source, &LoadOptions::default()));
    assert_eq!(held.is_ok(), streamed.is_ok());
});

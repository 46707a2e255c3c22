//! npz files: zip archives of arrays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::data::{LoadOptions, Source, load};
use penstroke_fuzz::{bounded, file};

// Deflate makes at most 1032 bytes of one, each of which may become a float; a list that grows is copied.
const FACTOR: usize = 16 * 1032;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::Path(file("x.npz", bytes));
    let _ = bounded(bytes.len(), FACTOR, || load(&source, &LoadOptions::default()));
});

//! Parquet and Arrow IPC files: their beginning says which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::data::{LoadOptions, Source, load};
use penstroke_fuzz::{bounded_by, file};

fuzz_target!(|bytes: &[u8]| {
    let source = Source::Path(file("x.parquet", bytes));
    // What the reader allows a file to unfold to, 64 MiB and 1024 times its size, once as a batch and once as values, which
    // are copied while their list grows.
    let most = 4 * ((64 << 20) + 1024 * bytes.len());
    let _ = bounded_by(most, || load(&source, &LoadOptions::default()));
});

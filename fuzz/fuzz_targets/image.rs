//! PNG and JPEG pictures.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::data::images;
use penstroke_fuzz::{bounded, file};

// 10,000 is what the reader allows; a picture in colour is converted.
const FACTOR: usize = 3 * 10_000;

fuzz_target!(|bytes: &[u8]| {
    let path = file("x.png", bytes);
    let _ = bounded(bytes.len(), FACTOR, || images::read(&path));
});

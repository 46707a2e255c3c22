//! Model files, and those of imputers; what is read is written again, and is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::impute::Imputer;
use penstroke::model;
use penstroke_fuzz::bounded;

// The weights twice, the configuration, and the model built from it.
const FACTOR: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(imputer) = bounded(bytes.len(), FACTOR, || Imputer::from_bytes("x", bytes)) {
        let written = imputer.to_bytes().unwrap_or_else(|error| panic!("read, but not written: {error}"));
        let again = Imputer::from_bytes("y", &written).unwrap_or_else(|error| panic!("written, but not read: {error}"));
        assert!(again.to_bytes().is_ok_and(|again| again == written));
        return;
    }
    let Ok(model) = bounded(bytes.len(), FACTOR, || model::from_bytes("x", bytes)) else { return };
    let written = model.to_bytes().unwrap_or_else(|error| panic!("read, but not written: {error}"));
    let again = model::from_bytes("y", &written).unwrap_or_else(|error| panic!("written, but not read: {error}"));
    assert!(again.to_bytes().is_ok_and(|again| again == written));
});

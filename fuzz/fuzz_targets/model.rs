//! Model files; what is read is written again, and is the same model.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::Model;
use penstroke_fuzz::bounded;

// Weights twice, the configuration, and what is made of it.
const FACTOR: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Ok(model) = bounded(bytes.len(), FACTOR, || Model::from_bytes("x", bytes)) else { return };
    let written = match &model {
        Model::Autoencoder(model) => model.to_bytes(),
        Model::Stack(model) => model.to_bytes(),
        Model::Classifier(model) => model.to_bytes(),
        Model::Regressor(model) => model.to_bytes(),
    };
    let written = written.unwrap_or_else(|error| panic!("read, but not written: {error}"));
    let again = Model::from_bytes("y", &written).unwrap_or_else(|error| panic!("written, but not read: {error}"));
    assert_eq!(again, model);
});

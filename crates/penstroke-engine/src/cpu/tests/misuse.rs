//! Mistakes of the engine's caller.

use super::tasks::{autoencoder, classifier, random_state, regressor, samples};
use super::way::open;
use crate::batch::Batch;
use crate::corruption::Noise;
use crate::engine::{Step, Train};
use crate::network::Activation;
use crate::rows::Rows;

#[test]
#[should_panic(expected = "the batch needs answers for Labels")]
fn a_classifier_without_labels_learns_nothing() {
    let spec = classifier();
    let data = samples(2, spec.network.n_inputs());
    let mut cpu = open(&spec, random_state(&spec));
    let batch = Batch::new(Rows::Floats(&data), &[0, 1]);
    cpu.step(&batch, Step { epoch: 0, learning_rate: 1.0 });
}

#[test]
#[should_panic(expected = "the batch needs answers for Values")]
fn a_regressor_without_targets_learns_nothing() {
    let spec = regressor(Activation::Linear);
    let data = samples(2, spec.network.n_inputs());
    let mut cpu = open(&spec, random_state(&spec));
    let batch = Batch::new(Rows::Floats(&data), &[0, 1]);
    cpu.step(&batch, Step { epoch: 0, learning_rate: 1.0 });
}

#[test]
#[should_panic(expected = "one noise per term")]
fn a_corruption_of_more_terms_is_refused() {
    let spec = autoencoder(7, 3);
    open(&spec, random_state(&spec)).set_corruption(&[]);
}

#[test]
#[should_panic(expected = "a noise is out of range")]
fn a_corruption_out_of_its_range_is_refused() {
    let spec = autoencoder(7, 3);
    open(&spec, random_state(&spec)).set_corruption(&[Noise::Masking { probability: 1.5 }]);
}

#[test]
#[should_panic(expected = "a noise is out of range")]
fn levels_that_replace_other_noise_are_refused() {
    let spec = autoencoder(7, 3);
    open(&spec, random_state(&spec)).set_corruption(&[Noise::Levels { low: 1.0, high: 1.0 }]);
}

#[test]
#[should_panic(expected = "a noise is out of range")]
fn a_corruption_of_cells_where_there_are_none_is_refused() {
    let spec = autoencoder(7, 3);
    open(&spec, random_state(&spec)).set_corruption(&[Noise::CopyMask]);
}

//! Applying gives the bits of training's forward pass on every instruction set, and the values of the definition.

use super::*;
use crate::cpu::{CpuTrain, Precision};
use crate::network::Layer;
use crate::parameters::{Initialization, State, initial_parameters};
use crate::philox::{Draws, Purpose};
use crate::{Objective, Reference, Task};

/// Values of which a share of about `zeros` is zero.
fn samples(n: usize, d: usize, zeros: f64) -> Vec<f32> {
    let mut draws = Draws::new(5, Purpose::Generator(0)).at(0, 0).sequence();
    (0..n * d).map(|_| if draws.uniform() < zeros { 0.0 } else { draws.uniform() as f32 - 0.3 }).collect()
}

fn weights(network: &Network) -> Parameters {
    let mut parameters = initial_parameters(network, 3, Initialization::Glorot);
    let mut draws = Draws::new(8, Purpose::Generator(1)).at(0, 0).sequence();
    for layer in &mut parameters.layers {
        layer.bias.iter_mut().for_each(|b| *b = draws.uniform() as f32 - 0.5);
    }
    parameters
}

fn open(network: &Network, isa: InstructionSet, threads: usize) -> CpuApply {
    let options = CpuOptions { threads, instructions: isa, precision: Precision::F32 };
    CpuApply::open(network.clone(), Arc::new(weights(network)), options).unwrap()
}

/// Checks every prefix of the layers on every kind of sample.
fn check(network: &Network, n: usize) {
    let d = network.n_inputs();
    let bytes: Vec<u8> = (0..n * d).map(|i| if i % 7 < 4 { 0 } else { (i * 37 % 256) as u8 }).collect();
    let (dense, sparse) = (samples(n, d, 0.1), samples(n, d, 0.9));
    let state = State::new(network, weights(network));
    let objective = match network.layers.last().map(|layer| layer.activation) {
        Some(Activation::Softmax) => Objective::classification(network, 0.0),
        _ => Objective::regression(network),
    };
    let task = Task::new(network.clone(), objective);
    let reference = Reference::<f64>::open(&task, &state).unwrap();
    for isa in InstructionSet::all() {
        let apply = open(network, isa, 2);
        let options = CpuOptions { instructions: isa, ..CpuOptions::default() };
        let train = CpuTrain::open(&task, state.clone(), options).unwrap();
        for rows in [Rows::Floats(&dense), Rows::Floats(&sparse), Rows::Bytes(&bytes)] {
            for layers in 0..=network.layers.len() {
                let [mut have, mut want, mut exact] = [(); 3].map(|()| vec![0.0; n * network.width(layers)]);
                apply.apply(rows, 0..layers, &mut have);
                train.apply(rows, 0..layers, &mut want);
                let name = format!("{isa:?}: {:?}, n = {n}, {layers} layers", network.layers);
                assert!(have.iter().zip(&want).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}");
                reference.apply(rows, 0..layers, &mut exact);
                // Rounding of sums over up to 784 terms of size 1.
                let near = |(a, b): (&f32, &f32)| (a - b).abs() < 2e-5 * b.abs().max(1.0);
                assert!(have.iter().zip(&exact).all(near), "{name}");
            }
        }
    }
}

fn autoencoder(d: usize, h: usize) -> Network {
    Network::autoencoder(d, h, Activation::Sigmoid, Activation::Linear)
}

fn layer(inputs: usize, outputs: usize, activation: Activation, tied_to: Option<usize>) -> Layer {
    Layer { tied_to, ..Layer::new(inputs, outputs, activation) }
}

fn deep() -> Network {
    let mut network = autoencoder(65, 40);
    network.layers = vec![
        layer(65, 40, Activation::Tanh, None),
        layer(40, 20, Activation::Relu, None),
        layer(20, 40, Activation::Sigmoid, Some(1)),
        layer(40, 65, Activation::Linear, Some(0)),
    ];
    network
}

fn classifier(classes: usize) -> Network {
    let layers = vec![layer(65, 40, Activation::Relu, None), layer(40, classes, Activation::Softmax, None)];
    Network::new(layers)
}

#[test]
fn ugly_shapes_have_the_bits_of_training() {
    for d in [1, 7, 63, 65, 255] {
        for h in [1, 7, 64, 65] {
            for n in [1, 5, 33] {
                check(&autoencoder(d, h), n);
                check(&autoencoder(d, h).tied(), n);
            }
        }
    }
    // The last goes through the layers in two turns.
    for n in [1, 32, 1100] {
        check(&autoencoder(300, 150), n);
        check(&autoencoder(130, 50).tied(), n);
    }
    check(&autoencoder(784, 63).tied(), 3);
}

#[test]
fn deep_networks_and_classifiers_have_the_bits_of_training() {
    for n in [1, 17, 64] {
        check(&deep(), n);
        check(&classifier(10), n);
        check(&classifier(70), n);
    }
}

#[test]
fn layers_can_begin_above_the_first() {
    let network = deep();
    let apply = open(&network, InstructionSet::detect(), 1);
    for n in [1, 40] {
        let data = samples(n, 65, 0.5);
        let (mut code, mut whole, mut rest) = (vec![0.0; n * 20], vec![0.0; n * 65], vec![0.0; n * 65]);
        apply.apply(Rows::Floats(&data), 0..2, &mut code);
        apply.apply(Rows::Floats(&data), 0..4, &mut whole);
        apply.apply(Rows::Floats(&code), 2..4, &mut rest);
        assert_eq!(rest, whole);
    }
}

#[test]
fn any_number_of_threads_and_callers_gives_the_same_bits() {
    let network = autoencoder(700, 3100).tied();
    for n in [1, 9] {
        let data = samples(n, 700, 0.2);
        let result = |apply: &CpuApply| {
            let mut out = vec![0.0; n * 700];
            apply.apply(Rows::Floats(&data), 0..2, &mut out);
            out
        };
        let want = result(&open(&network, InstructionSet::detect(), 1));
        for threads in [2, 3, 7] {
            let apply = open(&network, InstructionSet::detect(), threads);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..5).for_each(|_| assert!(result(&apply) == want)));
                }
            });
        }
    }
}

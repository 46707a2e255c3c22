//! The reference in f64 against trajectories from an independent framework; see `bench/golden/README.md`.
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use penstroke_engine::reference::{Given, Pass, Wanted};
use penstroke_engine::*;
use serde_json::Value;

/// Two programs in f64 agree to a few units in the last place of sums of a dozen terms, over ten steps.
const TOLERANCE: f64 = 1e-12;

fn close(what: &str, have: &[f64], want: &[f64]) {
    assert_eq!(have.len(), want.len(), "{what}");
    for (k, (have, want)) in have.iter().zip(want).enumerate() {
        let error = (have - want).abs() / want.abs().max(1.0);
        assert!(error <= TOLERANCE, "{what}[{k}]: {have} for {want}");
    }
}

/// All numbers of a nested array, in order.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        Value::Null => Vec::new(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn parameters(value: &Value) -> Parameters<f64> {
    let (weights, biases) = (value["weights"].as_array().unwrap(), value["biases"].as_array().unwrap());
    let layers = weights.iter().zip(biases).map(|(w, b)| LayerParameters { weights: flat(w), bias: flat(b) });
    Parameters { layers: layers.collect() }
}

fn network(case: &Value) -> (Task, f64) {
    let activation = |name: &str| match name {
        "sigmoid" => Activation::Sigmoid,
        "tanh" => Activation::Tanh,
        "relu" => Activation::Relu,
        "linear" => Activation::Linear,
        "softmax" => Activation::Softmax,
        other => panic!("{other}"),
    };
    let layers = case["layers"].as_array().unwrap().iter().map(|layer| Layer {
        tied_to: layer["tied_to"].as_u64().map(|l| l as usize),
        ..Layer::new(
            layer["inputs"].as_u64().unwrap() as usize,
            layer["outputs"].as_u64().unwrap() as usize,
            activation(layer["activation"].as_str().unwrap()),
        )
    });
    let number = |name: &str| case["optimizer"][name].as_f64().unwrap();
    let network = Network::new(layers.collect());
    let mut objective = match case["loss"].as_str().unwrap() {
        "squared" => Objective::reconstruction(&network, Loss::Squared),
        "cross-entropy" => Objective::reconstruction(&network, Loss::CrossEntropy),
        "softmax-cross-entropy" => Objective::classification(&network, 0.0),
        other => panic!("{other}"),
    };
    objective.emphasis = case["emphasis"].as_object().map(|emphasis| Emphasis {
        corrupted: emphasis["alpha"].as_f64().unwrap(),
        rest: emphasis["beta"].as_f64().unwrap(),
    });
    let rule = match case["optimizer"]["kind"].as_str().unwrap() {
        "sgd" => Rule::Sgd { momentum: number("momentum") },
        "adam" => Rule::Adam { beta1: number("beta1"), beta2: number("beta2"), epsilon: number("epsilon") },
        other => panic!("{other}"),
    };
    let optimizer = Descent { weight_decay: number("weight_decay"), ..Descent::new(rule) };
    let spec = Task { network, objective, optimizer };
    (spec, number("learning_rate"))
}

#[test]
fn activations_gradients_and_ten_losses_are_those_of_another_framework() {
    let golden: Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (spec, learning_rate) = network(case);
        let start = State::new(&spec.network, Parameters::zeros(&spec.network));
        let mut engine = Reference::<f64>::open(&spec, &start).unwrap();
        *engine.weights_mut() = parameters(&case["initial"]);

        let values = flat(&case["x"]);
        let labels: Vec<u32> = flat(&case["labels"]).iter().map(|&l| l as u32).collect();
        let pass = |engine: &Reference<f64>, step: usize| -> Pass<f64> {
            let struck: Vec<bool> = flat(&case["corrupted"][step]).iter().map(|&m| m == 1.0).collect();
            let given = match spec.objective.heads[0].target {
                Target::Labels => vec![Given::Labels(labels.clone())],
                _ => Vec::new(),
            };
            let total = values.len() / spec.network.n_inputs();
            let wanted =
                Wanted { clean: values.clone(), struck, given, observed: None, weights: None, total };
            engine.pass(&flat(&case["x_corrupted"][step]), &wanted)
        };

        let first = pass(&engine, 0);
        let expected = &case["expected"]["first_step"];
        let gradients = parameters(&expected["gradients"]);
        for l in 0..spec.network.layers.len() {
            close(
                &format!("{name}: a_{l}"),
                &first.pre_activations[l],
                &flat(&expected["pre_activations"][l]),
            );
            close(&format!("{name}: s(a_{l})"), &first.activations[l], &flat(&expected["activations"][l]));
            let (have, want) = (&first.gradients.layers[l], &gradients.layers[l]);
            close(&format!("{name}: gradient of W_{l}"), &have.weights, &want.weights);
            close(&format!("{name}: gradient of b_{l}"), &have.bias, &want.bias);
        }
        close(&format!("{name}: first loss"), &[first.loss], &flat(&expected["loss"]));

        let mut losses = Vec::new();
        for step in 0..10 {
            let pass = pass(&engine, step);
            losses.push(pass.loss);
            engine.move_by(&pass.gradients, learning_rate);
        }
        close(&format!("{name}: losses"), &losses, &flat(&case["expected"]["losses"]));
        for (l, want) in parameters(&case["expected"]["final"]).layers.iter().enumerate() {
            close(&format!("{name}: final W_{l}"), &engine.weights().layers[l].weights, &want.weights);
            close(&format!("{name}: final b_{l}"), &engine.weights().layers[l].bias, &want.bias);
        }
    }
}

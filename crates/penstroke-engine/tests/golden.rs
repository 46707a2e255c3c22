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
        "table" => table(case),
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

/// The heads and cells of a table.
fn table(case: &Value) -> Objective {
    let range = |ends: &Value| ends[0].as_u64().unwrap() as usize..ends[1].as_u64().unwrap() as usize;
    let heads = case["heads"].as_array().unwrap().iter().map(|head| {
        let (loss, target) = match head["loss"].as_str().unwrap() {
            "squared" => (Loss::Squared, Target::Values),
            _ => (Loss::SoftmaxCrossEntropy { label_smoothing: 0.0 }, Target::Labels),
        };
        Head::new(range(&head["units"]), loss, target).weighing(head["weight"].as_f64().unwrap())
    });
    let cells = case["cells"].as_array().unwrap().iter();
    let cells = cells.map(|cell| Cell { inputs: range(&cell["inputs"]), units: range(&cell["units"]) });
    Objective { cells: cells.collect(), ..Objective::new(heads.collect()) }
}

/// The targets of every head.
fn given(case: &Value, spec: &Task) -> Vec<Given<f64>> {
    let labels = |values: &Value| Given::Labels(flat(values).iter().map(|&label| label as u32).collect());
    let heads = spec.objective.heads.iter().enumerate();
    let given = heads.map(|(h, head)| match head.target {
        Target::Labels if case["targets"].is_null() => labels(&case["labels"]),
        Target::Labels => labels(&case["targets"][h]),
        Target::Values => Given::Values(flat(&case["targets"][h])),
        Target::Input => Given::Input,
    });
    given.collect()
}

#[test]
fn activations_gradients_and_ten_losses_are_those_of_another_framework() {
    let golden: Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (spec, learning_rate) = network(case);
        let start = State::new(&spec.network, Parameters::zeros(&spec.network));
        let mut engine = Reference::<f64>::open(&spec, &start).unwrap();
        *engine.weights_mut() = parameters(&case["initial"]);

        let values = flat(&case["x"]);
        let observed: Vec<bool> = flat(&case["observed"]).iter().map(|&there| there == 1.0).collect();
        let observed = (!observed.is_empty()).then_some(observed);
        let pass = |engine: &Reference<f64>, step: usize| -> Pass<f64> {
            let struck: Vec<bool> = flat(&case["corrupted"][step]).iter().map(|&m| m == 1.0).collect();
            let total = values.len() / spec.network.n_inputs();
            let wanted = Wanted {
                clean: values.clone(),
                struck,
                given: given(case, &spec),
                observed: observed.clone(),
                weights: None,
                total,
            };
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

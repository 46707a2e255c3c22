//! Every option affects the result, and the number of threads does not.

use crate::support::values;
use penstroke::Model;
use penstroke::config::Named;
use penstroke::data::{Dataset, Values};
use penstroke::{Autoencoder, AutoencoderConfig, Optimizer, Reconstruction, Run};
use penstroke_engine::*;
use std::collections::BTreeSet;
use std::io::Write;

/// Everything that training learned, and the model's outputs for the data.
fn learned(config: &AutoencoderConfig, samples: &Dataset) -> [Vec<u32>; 4] {
    let model = Autoencoder::fit(config, samples, &mut Run::new()).unwrap();
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect();
    [
        bits(model.weights()),
        bits(model.hidden_bias()),
        bits(model.visible_bias()),
        bits(&model.reconstruct(samples).unwrap()),
    ]
}

#[test]
fn every_option_changes_the_result_it_names() {
    let samples = Dataset::new("test", Values::Floats(values(1000)), 20).unwrap();
    let base = AutoencoderConfig { hidden: 9, ..Default::default() }.epochs(3).batch(16).learning_rate(0.01);
    let sgd = base.clone().optimizer(Optimizer::SGD);
    let with = |change: &dyn Fn(&mut AutoencoderConfig)| {
        let mut config = base.clone();
        change(&mut config);
        config
    };
    let corruptions = [
        "none",
        "masking:0.25",
        "masking:0.5",
        "masking-exact:0.25",
        "masking-exact:0.5",
        "gaussian:0.25",
        "gaussian:0.5",
        "salt-and-pepper:0.25",
        "salt-and-pepper:0.5",
        "dropout:0.25",
        "dropout:0.5",
        "masking:0.25->0.5",
        "masking:0.5->0.25",
        "masking:0.25+gaussian:0.5",
        "gaussian:0.5+masking:0.25",
    ];
    let schedules = ["constant", "linear", "cosine", "linear:0.5", "cosine:0.5", "constant:0:0.4"];
    let adam = |option, value| base.clone().optimizer(Optimizer::ADAM.set(option, value).unwrap());
    let decayed = |weight_decay, config: &AutoencoderConfig| config.clone().weight_decay(weight_decay);
    let mut precisions = vec![base.clone()];
    let bf16 = base.clone().precision(Precision::Bf16);
    match Autoencoder::fit(&bf16, &samples, &mut Run::new()) {
        Ok(_) => precisions.push(bf16),
        Err(error) => {
            assert!(error.to_string().starts_with("precision: bf16 needs a processor"), "{error}");
            // Bypasses output capture, so that the last lines of `check` can show it.
            std::io::stderr()
                .write_all(b"\nnot tested: training in bf16, which this processor lacks\n")
                .unwrap();
        }
    }
    // Every value of an option must give a different result.
    let rows: Vec<(&str, Vec<AutoencoderConfig>)> = vec![
        ("hidden", [9, 10].map(|hidden| AutoencoderConfig { hidden, ..base.clone() }).into()),
        (
            "corruption",
            corruptions.map(|c| with(&|config| config.training.corruption = c.parse().unwrap())).into(),
        ),
        (
            "loss",
            Reconstruction::ALL.iter().map(|&(_, loss)| AutoencoderConfig { loss, ..base.clone() }).collect(),
        ),
        ("activation", Activation::ALL.iter().map(|a| with(&|config| config.activation = a.1)).collect()),
        ("decoder", Activation::ALL.iter().map(|a| with(&|config| config.decoder = Some(a.1))).collect()),
        ("tied", [true, false].map(|tied| AutoencoderConfig { tied, ..base.clone() }).into()),
        (
            "emphasis",
            [None, Some((1.0, 0.0)), Some((0.0, 1.0)), Some((1.0, 0.5))]
                .map(|emphasis| AutoencoderConfig { emphasis, ..sgd.clone() })
                .into(),
        ),
        (
            "initialization",
            Initialization::ALL.iter().map(|i| with(&|config| config.initialization = i.1)).collect(),
        ),
        ("epochs", [3, 4].map(|epochs| base.clone().epochs(epochs)).into()),
        ("batch", [16, 15].map(|batch| base.clone().batch(batch)).into()),
        ("optimizer", vec![base.clone(), sgd.clone()]),
        (
            "momentum",
            [0.0, 0.5, 0.9].map(|momentum| sgd.clone().optimizer(Optimizer::Sgd { momentum })).into(),
        ),
        ("beta1", [0.9, 0.8].map(|value| adam("beta1", value)).into()),
        ("beta2", [0.999, 0.99].map(|value| adam("beta2", value)).into()),
        ("epsilon", [1e-8, 1e-4].map(|value| adam("epsilon", value)).into()),
        ("learning_rate", [0.01, 0.02].map(|learning_rate| base.clone().learning_rate(learning_rate)).into()),
        ("schedule", schedules.map(|s| with(&|config| config.training.schedule = s.parse().unwrap())).into()),
        (
            "weight_decay",
            vec![base.clone(), decayed(0.1, &base), decayed(0.2, &base), sgd.clone(), decayed(0.1, &sgd)],
        ),
        ("l1", [0.0, 1e-3, 1e-2].map(|l1| AutoencoderConfig { l1, ..sgd.clone() }).into()),
        (
            "contraction",
            [0.0, 0.1, 1.0].map(|contraction| AutoencoderConfig { contraction, ..base.clone() }).into(),
        ),
        (
            "sparsity",
            [None, Some("0.1:0.1"), Some("0.1:1"), Some("0.2:1")]
                .map(|text| with(&|config| config.sparsity = text.map(|text| text.parse().unwrap())))
                .into(),
        ),
        ("valid", [0.0, 0.1, 0.3].map(|valid| base.clone().valid(valid)).into()),
        ("seed", [0, 1].map(|seed| base.clone().seed(seed)).into()),
        ("precision", precisions),
    ];
    let unusual = Optimizer::Adam { beta1: 0.8, beta2: 0.99, epsilon: 1e-4 };
    let written = serde_json::to_value(AutoencoderConfig::default().optimizer(unusual)).unwrap();
    let options: BTreeSet<String> = written.as_object().unwrap().keys().cloned().collect();
    let named: BTreeSet<String> = rows.iter().map(|(option, _)| (*option).into()).collect();
    assert_eq!(named, options, "every option has its row");
    for (option, configs) in rows {
        let results: Vec<_> = configs.iter().map(|config| learned(config, &samples)).collect();
        for (at, result) in results.iter().enumerate() {
            if let Some(same) = results[..at].iter().position(|other| other == result) {
                panic!("{option}: {:?} and {:?} give one result", configs[same], configs[at]);
            }
        }
    }
    let with_threads = |threads| learned(&base.clone().threads(threads), &samples);
    for threads in [2, 3, 7, 0] {
        assert!(with_threads(threads) == with_threads(1), "{threads} threads give another result than one");
    }
}

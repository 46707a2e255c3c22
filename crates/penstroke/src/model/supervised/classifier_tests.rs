use super::*;
use crate::Model;
use crate::data::{Dataset, Part, Selection, Values, split, strokes};
use crate::{AutoencoderConfig, Event, Flow, Run};

fn digits(n: usize) -> Dataset {
    strokes::generate(1, Part::Train, n).unwrap()
}

fn stack(data: &Dataset) -> Stack {
    let layer = |hidden| AutoencoderConfig { hidden, ..Default::default() }.epochs(2);
    Stack::initial(&[layer(40), layer(30)], data).unwrap()
}

fn config() -> SupervisedConfig {
    SupervisedConfig::default().epochs(6).batch(20).learning_rate(0.003)
}

#[test]
fn it_starts_with_the_encoders_of_the_stack() {
    let data = digits(50);
    let stack = stack(&data);
    let classifier = Classifier::on(&stack, &config(), 10).unwrap();
    for k in 0..3 {
        assert_eq!(classifier.encode_layers(&data, k).unwrap(), stack.encode_layers(&data, k).unwrap());
    }
    for row in classifier.probabilities(&data).unwrap().chunks(10) {
        // Ten roundings of f32.
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

#[test]
fn probabilities_are_the_softmax_of_logits() {
    let data = digits(50);
    let classifier = trained_on(&config().epochs(1), &data);
    let [logits, probabilities] =
        [classifier.logits(&data), classifier.probabilities(&data)].map(|rows| rows.unwrap());
    for (logits, probabilities) in logits.chunks(10).zip(probabilities.chunks(10)) {
        let sum: f32 = logits.iter().map(|a| a.exp()).sum();
        // Some roundings of f32.
        assert!(logits.iter().zip(probabilities).all(|(a, p)| (a.exp() / sum - p).abs() < 1e-6));
    }
}

#[test]
fn it_learns_and_keeps_the_epoch_of_the_fewest_errors() {
    let (data, valid) = (digits(400), strokes::generate(1, Part::Test, 200).unwrap());
    let classifier = Classifier::fit(&stack(&data), &config(), &data, Some(&valid), &mut Run::new()).unwrap();
    let history = classifier.history();
    let best = history.best_epoch.unwrap();
    let least = history.valid_error.iter().copied().fold(f64::MAX, f64::min);
    assert_eq!(history.valid_error[best - 1], least);
    assert_eq!(classifier.error_rate(&valid).unwrap().share(), least);
    assert!(least < 0.7 * history.valid_error[0], "{:?}", history.valid_error);
}

#[test]
fn patience_ends_training() {
    let data = digits(100);
    // Nothing is learned at such a rate, so that no epoch is better than the first.
    let config = config().learning_rate(1e-12).patience(Some(2)).epochs(50);
    let classifier = Classifier::fit(&stack(&data), &config, &data, None, &mut Run::new()).unwrap();
    assert_eq!(classifier.history().best_epoch, Some(1));
    assert_eq!(classifier.history().valid_error.len(), 3);
}

#[test]
fn a_stopped_training_keeps_its_best_epoch() {
    let data = digits(200);
    let mut epochs = 0;
    let mut observer = |event: &Event| {
        epochs += usize::from(matches!(event, Event::Epoch { .. }));
        if epochs == 2 && matches!(event, Event::Batch { .. }) { Flow::Stop } else { Flow::Continue }
    };
    let classifier =
        Classifier::fit(&stack(&data), &config(), &data, None, &mut Run::new().observer(&mut observer))
            .unwrap();
    let history = classifier.history();
    assert!(history.stopped && history.valid_error.len() == 2 && history.epochs_begun == 3);
    // To the bit the weights of a training that ended there.
    let best = history.best_epoch.unwrap();
    let mut at_best = |event: &Event| match event {
        Event::Epoch { epoch, .. } if *epoch == best => Flow::Stop,
        _ => Flow::Continue,
    };
    let ended =
        Classifier::fit(&stack(&data), &config(), &data, None, &mut Run::new().observer(&mut at_best))
            .unwrap();
    assert_eq!(classifier.parameters, ended.parameters);
    // Going on, epochs are counted among the finished ones.
    let mut again = classifier.clone();
    again.train(&data, None, &mut Run::new()).unwrap();
    let (history, best) = (again.history().clone(), again.history().best_epoch.unwrap());
    assert_eq!((history.valid_error.len(), history.train_loss.len(), history.epochs_begun), (8, 8, 9));
    let later = history.valid_error[2..].iter().copied().fold(f64::MAX, f64::min);
    assert!(best > 2 && history.valid_error[best - 1] == later);

    let history = classifier.history();
    let split = split(200, 0.1, 0).unwrap();
    let error = classifier.error_rate(&data.select(&split.valid)).unwrap().share();
    assert_eq!(error, history.valid_error[history.best_epoch.unwrap() - 1]);
}

#[test]
fn unsuitable_data_are_refused() {
    let data = digits(60);
    let unlabelled = Dataset::new("x", Values::Floats(data.to_floats()), 784).unwrap();
    let message = |config: SupervisedConfig, data: &Dataset, valid: Option<&Dataset>| {
        Classifier::fit(
            &stack(&digits(60)),
            &config,
            data,
            valid.map(|valid| valid as &dyn Samples),
            &mut Run::new(),
        )
        .unwrap_err()
        .to_string()
    };
    assert!(message(config(), &unlabelled, None).starts_with("labels: 0 classes"));
    assert_eq!(
        message(config(), &data, Some(&unlabelled)),
        "data: has no labels; a classifier needs one for every sample"
    );
    let short =
        Dataset::new("x", Values::Floats(vec![0.5; 20]), 10).unwrap().with_labels("x", vec![0, 1]).unwrap();
    assert!(message(config(), &data, Some(&short)).starts_with("data: samples have 10 values"));
    let impatient = config().patience(Some(3)).valid(0.0);
    assert_eq!(
        message(impatient, &data, None),
        "patience: needs samples set aside; set valid to 0.1, or leave it out"
    );
    let far = config().learning_rate(1e30).optimizer(crate::Optimizer::SGD);
    let linear = AutoencoderConfig { hidden: 9, activation: crate::Activation::Linear, ..Default::default() };
    let linear = Stack::initial(&[linear], &data).unwrap();
    let problem = Classifier::fit(&linear, &far, &data, None, &mut Run::new()).unwrap_err().to_string();
    assert!(problem.starts_with("training: the"), "{problem}");
    let other = data.clone().with_labels("x", vec![12; 60]).unwrap();
    let mut classifier = Classifier::on(&stack(&data), &config(), 10).unwrap();
    let problem = classifier.train(&other, None, &mut Run::new()).unwrap_err().to_string();
    assert_eq!(problem, "labels: label 12, but the model has 10 classes; start from the stack instead");
    assert_eq!(
        classifier.encode_layers(&data, 3).unwrap_err().to_string(),
        "layer: 3 is not one of the model's layers, 0 to 2"
    );
}

#[test]
fn every_option_of_the_training_changes_the_result() {
    let data = digits(120);
    let stack = stack(&data);
    let trained = |config: &SupervisedConfig| {
        let classifier = Classifier::fit(&stack, config, &data, None, &mut Run::new()).unwrap();
        (classifier.parameters, classifier.history)
    };
    let base = config().epochs(2);
    let start = trained(&base);
    assert_eq!(start, trained(&base.clone().threads(3)));
    type Change = fn(&mut SupervisedConfig);
    let changes: [(&str, Change); 13] = [
        ("epochs", |c| c.training.epochs = Some(3)),
        ("batch", |c| c.training.batch = Some(30)),
        ("optimizer", |c| c.training.optimizer = crate::Optimizer::SGD),
        ("learning_rate", |c| c.training.learning_rate = 0.001),
        ("schedule", |c| c.training.schedule = "constant".parse().unwrap()),
        ("weight_decay", |c| c.training.weight_decay = 0.1),
        ("corruption", |c| c.training.corruption = "masking:0.2".parse().unwrap()),
        ("dropout", |c| c.dropout = 0.5),
        ("max_norm", |c| c.max_norm = Some(0.5)),
        ("label_smoothing", |c| c.label_smoothing = 0.1),
        ("class_weight", |c| c.class_weight = crate::ClassWeight::Balanced),
        ("valid", |c| c.training.valid = 0.3),
        ("seed", |c| c.training.seed = 1),
    ];
    for (name, change) in changes {
        let mut config = base.clone();
        change(&mut config);
        assert_ne!(start, trained(&config), "{name}");
    }
    let momentum = |momentum| base.clone().optimizer(crate::Optimizer::Sgd { momentum });
    assert_ne!(trained(&momentum(0.0)), trained(&momentum(0.9)), "momentum");
}

/// Trained on all samples at once without random numbers, so that copies of a sample differ from its weight by rounding only.
fn exact() -> SupervisedConfig {
    config().batch(1000).valid(0.0)
}

fn trained_on(config: &SupervisedConfig, data: &dyn Samples) -> Classifier {
    let mut classifier = Classifier::on(&stack(&digits(30)), config, 10).unwrap();
    classifier.train(data, None, &mut Run::new()).unwrap();
    classifier
}

fn close(have: &Classifier, want: &Classifier) {
    let data = digits(50);
    let (have, want) = (have.probabilities(&data).unwrap(), want.probabilities(&data).unwrap());
    // Rounding of f32 sums in another order, over six steps of Adam.
    let far = have.iter().zip(&want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(far < 1e-4, "{far}");
}

#[test]
fn a_weight_counts_as_copies_and_equal_weights_change_no_byte() {
    let data = digits(60);
    let all: Vec<u32> = (0..60).collect();
    let weighted = |weight: &dyn Fn(u32) -> f32| {
        let weights: Vec<f32> = all.iter().map(|&sample| weight(sample)).collect();
        Selection::new(&data, all.clone()).unwrap().with_weights("weights", &weights).unwrap()
    };
    for config in [config(), exact()] {
        let plain = trained_on(&config, &data).to_bytes().unwrap();
        for weight in [1.0, 0.3] {
            assert_eq!(trained_on(&config, &weighted(&|_| weight)).to_bytes().unwrap(), plain);
        }
        let even = all.iter().copied().filter(|sample| sample % 2 == 0).collect();
        let even = trained_on(&config, &Selection::new(&data, even).unwrap()).to_bytes().unwrap();
        let zeros = weighted(&|sample| (1 - sample % 2) as f32);
        assert_eq!(trained_on(&config, &zeros).to_bytes().unwrap(), even);
    }
    let copies = all.iter().flat_map(|&sample| vec![sample; sample as usize % 4]).collect();
    let copies = trained_on(&exact(), &Selection::new(&data, copies).unwrap());
    let weights = trained_on(&exact(), &weighted(&|sample| (sample % 4) as f32));
    close(&weights, &copies);
    assert!((weights.history().train_loss[5] / copies.history().train_loss[5] - 1.0).abs() < 1e-4);
    assert_ne!(weights.parameters, trained_on(&exact(), &data).parameters);
}

#[test]
fn validation_errors_count_by_their_weights() {
    let (data, valid) = (digits(100), strokes::generate(1, Part::Test, 60).unwrap());
    let all: Vec<u32> = (0..60).collect();
    let weights: Vec<f32> = all.iter().map(|&sample| (sample % 3) as f32).collect();
    let copies = all.iter().flat_map(|&sample| vec![sample; sample as usize % 3]).collect();
    let weighted = Selection::new(&valid, all).unwrap().with_weights("weights", &weights).unwrap();
    let copies = Selection::new(&valid, copies).unwrap();
    let [weighted, copies] = [weighted, copies].map(|valid| {
        let history =
            Classifier::fit(&stack(&data), &config(), &data, Some(&valid), &mut Run::new()).unwrap().history;
        (history.valid_error, history.valid_loss)
    });
    for (have, want) in weighted.0.iter().zip(&copies.0).chain(weighted.1.iter().zip(&copies.1)) {
        // Weights are divided by their mean in f32.
        assert!((have - want).abs() < 1e-5, "{have} for {want}");
    }
}

#[test]
fn classes_are_weighted_as_their_samples() {
    let data = digits(60);
    let labels = data.labels().unwrap().to_vec();
    let as_samples = |factor: &dyn Fn(u32) -> f32| {
        let weights: Vec<f32> = labels.iter().map(|&label| factor(label)).collect();
        let all = Selection::new(&data, (0..60).collect()).unwrap();
        trained_on(&exact(), &all.with_weights("weights", &weights).unwrap())
    };
    let by_class =
        |text: &str| trained_on(&SupervisedConfig { class_weight: text.parse().unwrap(), ..exact() }, &data);
    close(&by_class("1,2,0,1,2,0,1,2,0,1"), &as_samples(&|label| [1.0, 2.0, 0.0][label as usize % 3]));
    let count = |label| labels.iter().filter(|&&other| other == label).count() as f32;
    close(&by_class("balanced"), &as_samples(&|label| 60.0 / (10.0 * count(label))));
    let mut config = SupervisedConfig { class_weight: "1,2".parse().unwrap(), ..exact() };
    let problem = |config: &SupervisedConfig, data: &Dataset| {
        let mut classifier = Classifier::on(&stack(data), config, 10).unwrap();
        classifier.train(data, None, &mut Run::new()).unwrap_err().to_string()
    };
    assert_eq!(problem(&config, &data), "class_weight: 2 weights for 10 classes; give one for each");
    config.class_weight = "1,0,0,0,0,0,0,0,0,0".parse().unwrap();
    let zeros = data.clone().with_labels("y", vec![1; 60]).unwrap();
    let message =
        "class_weight: the classes of all training samples have weight 0, so nothing would be learned";
    assert_eq!(problem(&config, &zeros), message);
}

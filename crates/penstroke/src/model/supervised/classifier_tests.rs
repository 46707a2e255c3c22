use super::*;
use crate::Model;
use crate::data::{Dataset, Part, Values, split, strokes};
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
    let changes: [(&str, Change); 12] = [
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

use super::*;
use crate::Model;
use crate::data::{Dataset, Part, Selection, Values, split, strokes};
use crate::{Activation, AutoencoderConfig, Event, Flow, Optimizer, Run};

fn digits(n: usize) -> Dataset {
    strokes::generate(1, Part::Train, n).unwrap()
}

/// Two targets of a digit: its ink, and the product of the ink of its halves.
fn truth(data: &Dataset) -> Targets {
    let of = |x: &[f32]| {
        let [upper, lower] = [&x[..392], &x[392..]].map(|half| half.iter().sum::<f32>());
        [upper + lower, upper * lower]
    };
    Targets::new("truth", data.to_floats().chunks(784).flat_map(of).collect(), 2).unwrap()
}

fn layers() -> [AutoencoderConfig; 2] {
    [40, 30].map(|hidden| AutoencoderConfig { hidden, ..Default::default() }.epochs(2))
}

fn stack(data: &Dataset) -> Stack {
    Stack::initial(&layers(), data).unwrap()
}

fn config() -> SupervisedConfig {
    SupervisedConfig::default().epochs(12).batch(20).learning_rate(0.003)
}

fn fit(config: &SupervisedConfig, data: &Dataset, targets: &Targets) -> Regressor {
    Regressor::fit(&stack(data), config, (data, targets), None, &mut Run::new()).unwrap()
}

#[test]
fn it_learns_and_keeps_the_epoch_of_the_lowest_error() {
    let (data, valid) = (digits(600), strokes::generate(1, Part::Test, 200).unwrap());
    let (targets, wanted) = (truth(&data), truth(&valid));
    let pretrained = Stack::fit(&layers(), &data, &mut Run::new()).unwrap();
    for stack in [stack(&data), pretrained] {
        let pair: (&dyn Samples, &Targets) = (&data, &targets);
        let regressor =
            Regressor::fit(&stack, &config(), pair, Some((&valid, &wanted)), &mut Run::new()).unwrap();
        let history = regressor.history();
        let least = history.valid_error.iter().copied().fold(f64::MAX, f64::min);
        assert_eq!(history.valid_error[history.best_epoch.unwrap() - 1], least);
        let score = regressor.score(&valid, &wanted).unwrap();
        // A quarter of the variance at most is left, where the mean leaves all of it.
        assert!(score.r_squared.iter().all(|r| *r > Some(0.75)), "{score:?}");
        assert!(least < 0.5 * history.valid_error[0], "{:?}", history.valid_error);
        // What chose the epoch is the error in units of the deviation of the training samples.
        let units = score.rmse.iter().zip(&regressor.prediction.deviation);
        let mean = units.map(|(rmse, &s)| (rmse / f64::from(s)).powi(2)).sum::<f64>() / 2.0;
        // Rounding of f32 on the way into units and back.
        assert!((mean / least - 1.0).abs() < 1e-4, "{mean} for {least}");
    }
}

#[test]
fn target_units_affect_only_prediction_units() {
    let data = digits(300);
    let targets = truth(&data);
    let change = |values: &[f32]| values.iter().map(|value| 1000.0 * value + 5.0).collect::<Vec<f32>>();
    let other = Targets::new("other", change(targets.values()), 2).unwrap();
    let have = fit(&config(), &data, &other).predict(&data).unwrap();
    let want = change(&fit(&config(), &data, &targets).predict(&data).unwrap());
    for (have, want) in have.iter().zip(&want) {
        // The standardised targets differ by rounding, which twelve epochs of training multiply.
        assert!((have - want).abs() < 1e-3 * want.abs(), "{have} for {want}");
    }
}

#[test]
fn targets_are_standardised_by_the_samples_that_are_trained_on() {
    let data = digits(40);
    // The samples set aside lie far off; the second target never changes, and its mean is rounded.
    let split = split(40, 0.25, 0).unwrap();
    let far = |i: usize| if split.valid.contains(&i) { 1e6 } else { (i % 2) as f32 };
    let targets = Targets::new("t", (0..40).flat_map(|i| [far(i), 0.1]).collect(), 2).unwrap();
    let config = config().epochs(1).valid(0.25);
    let mut regressor = fit(&config, &data, &targets);
    let trained: Vec<f32> = split.train.iter().map(|&i| far(i)).collect();
    let mean = trained.iter().sum::<f32>() / 30.0;
    let deviation = (trained.iter().map(|t| (t - mean).powi(2)).sum::<f32>() / 30.0).sqrt();
    let near = |have: f32, want: f32| assert!((have - want).abs() < 1e-6, "{have} for {want}");
    near(regressor.prediction.mean[0], mean);
    near(regressor.prediction.deviation[0], deviation);
    assert_eq!((regressor.prediction.mean[1], regressor.prediction.deviation[1]), (0.1, 1.0));
    // Going on with other targets keeps the scale of what was learned.
    let scale = regressor.prediction.clone();
    let others = Targets::new("t", vec![7.0; 80], 2).unwrap();
    regressor.train((&data, &others), None, &mut Run::new()).unwrap();
    assert_eq!((regressor.prediction.clone(), regressor.history().epochs_begun), (scale, 2));
}

#[test]
fn it_starts_with_the_encoders_of_the_stack_and_stops_on_request() {
    let data = digits(60);
    let (stack, targets) = (stack(&data), truth(&data));
    let mut regressor = Regressor::on(&stack, &config(), 2).unwrap();
    for k in 0..3 {
        assert_eq!(regressor.encode_layers(&data, k).unwrap(), stack.encode_layers(&data, k).unwrap());
    }
    let mut stop = |event: &Event| match event {
        Event::Epoch { epoch: 2, .. } => Flow::Stop,
        _ => Flow::Continue,
    };
    regressor.train((&data, &targets), None, &mut Run::new().observer(&mut stop)).unwrap();
    let history = regressor.history();
    assert!(history.stopped && history.valid_error.len() == 2 && history.best_epoch.is_some());
}

#[test]
fn unsuitable_data_are_refused_and_change_nothing() {
    let data = digits(60);
    let (stack, targets) = (stack(&data), truth(&data));
    let message = |config: SupervisedConfig, samples, valid| {
        let mut regressor = Regressor::on(&stack, &SupervisedConfig::default(), 2).unwrap();
        let before = regressor.clone();
        let trained = |regressor: &mut Regressor| {
            regressor.set_config(&config)?;
            regressor.train(samples, valid, &mut Run::new())
        };
        let problem = trained(&mut regressor).unwrap_err().to_string();
        regressor.config = before.config.clone();
        assert_eq!(regressor, before);
        problem
    };
    let fewer = Targets::new("t", vec![0.5; 100], 2).unwrap();
    let rows = "targets: 50 rows for 60 samples; give one row per sample, in their order";
    assert_eq!(message(config(), (&data, &fewer), None), rows);
    assert_eq!(message(config(), (&data, &targets), Some((&data, &fewer))), rows);
    let three = Targets::new("t", vec![0.5; 180], 3).unwrap();
    assert_eq!(
        message(config(), (&data, &three), None),
        "targets: 3 values per row, but the model predicts 2"
    );
    let short = Dataset::new("x", Values::Floats(vec![0.5; 600]), 10).unwrap();
    assert!(message(config(), (&short, &targets), None).starts_with("data: samples have 10 values"));
    assert!(message(config(), (&data, &targets), Some((&short, &targets))).starts_with("data: samples have"));
    let smoothed = SupervisedConfig { label_smoothing: 0.1, ..config() };
    assert_eq!(
        message(smoothed, (&data, &targets), None),
        "label_smoothing: 0.1 is for classes, real values have none; leave it out"
    );
    let impatient = config().patience(Some(3)).valid(0.0);
    assert!(message(impatient, (&data, &targets), None).starts_with("patience: needs samples set aside"));
    assert_eq!(
        Regressor::on(&stack, &config(), 0).unwrap_err().to_string(),
        "targets: there are none; at least one is needed"
    );
    let linear = AutoencoderConfig { hidden: 9, activation: Activation::Linear, ..Default::default() };
    let linear = Stack::initial(&[linear], &data).unwrap();
    let far = config().learning_rate(1e30).optimizer(Optimizer::SGD);
    let problem = Regressor::fit(&linear, &far, (&data, &targets), None, &mut Run::new()).unwrap_err();
    assert!(problem.to_string().starts_with("training: the"), "{problem}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let data = digits(120);
    let targets = truth(&data);
    let one = fit(&config().threads(1).epochs(2), &data, &targets);
    let three = fit(&config().threads(3).epochs(2), &data, &targets);
    assert_eq!(one.parameters, three.parameters);
}

#[test]
fn targets_that_single_precision_does_not_hold_are_refused() {
    let data = digits(40);
    let refused = |targets: Vec<f32>| {
        let targets = Targets::new("t", targets, 2).unwrap();
        let mut regressor = Regressor::on(&stack(&data), &config(), 2).unwrap();
        let before = regressor.clone();
        let message = regressor.train((&data, &targets), None, &mut Run::new()).unwrap_err().to_string();
        assert_eq!(regressor, before);
        message
    };
    let column =
        |value: fn(f32) -> f32| (0..40).flat_map(|i| [i as f32, value(i as f32)]).collect::<Vec<f32>>();
    let coarse = refused(column(|i| 1.7e9 + 128.0 * i));
    assert!(
        coarse.starts_with("targets: column 1 (from 0) varies by 1.") && coarse.contains("e3 about 1.700e9"),
        "{coarse}"
    );
    assert!(
        coarse.ends_with("too little for single precision; subtract a number near the mean first"),
        "{coarse}"
    );
    for value in [|i| 1e-35 * i, |i| 1e35 * (i - 19.5)] {
        let message = refused(column(value));
        assert!(message.ends_with("outside of 1e-30 to 1e30; give it in other units"), "{message}");
    }
    // A large constant, and one that f32 cannot tell from others.
    let never: fn(f32) -> f32 = |_| 3e9;
    assert!(refused(column(never)).contains("subtract a number near the mean first"));
}

#[test]
fn continuing_in_other_units_is_refused() {
    let data = digits(40);
    let targets = truth(&data);
    let mut regressor = fit(&config().epochs(1), &data, &targets);
    let before = regressor.clone();
    let millions = Targets::new("t", targets.values().iter().map(|t| 1e6 * t).collect(), 2).unwrap();
    let message = regressor.train((&data, &millions), None, &mut Run::new()).unwrap_err().to_string();
    let far = "has values more than 1e5 deviations off the training targets; give them in the same units, or start \
               from the stack";
    assert_eq!(message, format!("targets: column 0 (from 0) {far}"));
    assert_eq!(regressor, before);
}

#[test]
fn a_weight_counts_as_copies_of_a_sample_and_its_targets() {
    let data = digits(60);
    let targets = truth(&data);
    let config = config().batch(1000).valid(0.0);
    let trained = |samples: &dyn Samples, targets: &Targets| {
        Regressor::fit(&stack(&data), &config, (samples, targets), None, &mut Run::new()).unwrap()
    };
    let all: Vec<u32> = (0..60).collect();
    let weighted = |weight: &dyn Fn(u32) -> f32| {
        let weights: Vec<f32> = all.iter().map(|&sample| weight(sample)).collect();
        let samples = Selection::new(&data, all.clone()).unwrap().with_weights("weights", &weights).unwrap();
        trained(&samples, &targets)
    };
    assert_eq!(weighted(&|_| 7.0), trained(&data, &targets));
    let copies: Vec<usize> = (0..60).flat_map(|sample| vec![sample; sample % 4]).collect();
    let selection = Selection::new(&data, copies.iter().map(|&sample| sample as u32).collect()).unwrap();
    let copies = trained(&selection, &targets.select(&copies));
    let have = weighted(&|sample| (sample % 4) as f32);
    let near = |have: &[f32], want: &[f32]| {
        // Rounding of f32 sums in another order, over twelve steps of Adam.
        let close = |(have, want): (&f32, &f32)| (have - want).abs() <= 1e-4 * want.abs().max(1.0);
        assert!(have.iter().zip(want).all(close), "{have:?} for {want:?}");
    };
    near(have.prediction.mean(), copies.prediction.mean());
    near(have.prediction.deviation(), copies.prediction.deviation());
    near(&have.predict(&data).unwrap(), &copies.predict(&data).unwrap());
}

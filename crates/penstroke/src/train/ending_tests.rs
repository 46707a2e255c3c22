//! Every ending, and every cause of a failure with its way out.

use super::*;
use crate::config::{Optimizer, Sparsity};
use crate::data::{Dataset, Part, Values, strokes};
use crate::{
    Autoencoder, AutoencoderConfig, ClassWeight, Classifier, Corruption, Event, Flow, Run, Stack,
    SupervisedConfig, Training,
};
use penstroke_engine::{Layer, Network, Objective};

fn corruption(text: &str) -> Corruption {
    text.parse().unwrap()
}

/// What a training tells its user: its error, its endings, or nothing.
fn told(config: &AutoencoderConfig, data: &Dataset) -> String {
    let mut told = Vec::new();
    let mut observer = |event: &Event| {
        if let Event::Ending(ending) = event {
            told.push(ending.problem().to_string());
        }
        Flow::Continue
    };
    match Autoencoder::fit(config, data, &mut Run::new().observer(&mut observer)) {
        Ok(_) => told.join("\n"),
        Err(error) => error.to_string(),
    }
}

/// Digits pooled to 7×7, times a number, plus another.
fn digits(scale: f32, shift: f32) -> Dataset {
    let digits = strokes::generate(0, Part::Train, 300).unwrap();
    let values = digits.to_floats();
    let mut pooled = vec![shift; 300 * 49];
    for (at, value) in values.iter().enumerate() {
        let (sample, y, x) = (at / 784, at % 784 / 28, at % 28);
        pooled[sample * 49 + y / 4 * 7 + x / 4] += scale * value / 16.0;
    }
    Dataset::new("digits", Values::Floats(pooled), 49).unwrap()
}

#[test]
fn each_cause_of_a_failure_has_its_own_way_out() {
    let base = || {
        let config = AutoencoderConfig { hidden: 20, ..Default::default() }.epochs(6).batch(20);
        config.learning_rate(0.002).schedule("constant".parse().unwrap())
    };
    type Change = fn(&mut AutoencoderConfig);
    let rows: [(&str, Change, Dataset, &str, &[&str]); 12] = [
        ("sound", |c| c.training.epochs = Some(60), digits(1.0, 0.0), "", &["worse"]),
        (
            "rate",
            |c| c.training.learning_rate = 3.0,
            digits(1.0, 0.0),
            "try learning_rate below 3",
            &["scale", "epochs"],
        ),
        (
            "rate of descent",
            |c| {
                c.training.optimizer = Optimizer::Sgd { momentum: 0.9 };
                c.decoder = Some(Activation::Linear);
                c.training.learning_rate = 1e4;
            },
            digits(1.0, 0.0),
            "try learning_rate below 10000",
            &["scale", "epochs"],
        ),
        ("huge values", |_| {}, digits(1e30, 0.0), "set scale to standard", &["learning_rate"]),
        (
            "huge values, descent",
            |c| c.training.optimizer = Optimizer::Sgd { momentum: 0.9 },
            digits(1e30, 0.0),
            "set scale to standard",
            &["learning_rate"],
        ),
        ("large values", |_| {}, digits(9000.0, 500.0), "set scale to standard", &["learning_rate"]),
        (
            "sigmoid decoder",
            |c| c.decoder = Some(Activation::Sigmoid),
            digits(9.0, -3.0),
            "set decoder to linear",
            &["learning_rate"],
        ),
        (
            "noise",
            |c| c.training.corruption = corruption("gaussian:50"),
            digits(1.0, 0.0),
            "add less noise with corruption",
            &["learning_rate"],
        ),
        (
            "weight decay",
            |c| c.training.weight_decay = 900.0,
            digits(1.0, 0.0),
            "try weight_decay below 900",
            &["rate"],
        ),
        (
            "contraction",
            |c| c.contraction = 1e9,
            digits(1.0, 0.0),
            "try contraction below 1000000000",
            &["rate"],
        ),
        (
            "sparsity",
            |c| c.sparsity = Some(Sparsity { target: 0.05, weight: 1e6 }),
            digits(1.0, 0.0),
            "give a lower weight with sparsity",
            &["rate"],
        ),
        (
            "too few steps",
            |c| (c.training.epochs, c.training.batch) = (Some(1), Some(300)),
            digits(1.0, 0.0),
            "train longer with epochs",
            &["learning_rate"],
        ),
    ];
    for (name, change, data, way_out, not) in rows {
        let mut config = base();
        change(&mut config);
        let told = told(&config, &data);
        assert!(told.contains(way_out), "{name}: {told:?} lacks {way_out:?}");
        assert!(!not.iter().any(|wrong| told.contains(wrong)), "{name}: {told}");
        assert!(!told.contains('\n'), "{name}: {told}");
    }
}

#[test]
fn the_mean_costs_what_its_formula_says() {
    let data =
        Dataset::new("t", Values::Floats(vec![0.0, 0.25, 1.0, 0.25, 1.0, 0.75, 0.0, 0.75]), 2).unwrap();
    let data = data.with_labels("t", vec![0, 1, 1, 1]).unwrap();
    let (training, all) = (Training::autoencoder(), [0, 1, 2, 3]);
    let targets = [1.0, 3.0, 1.0, 3.0];
    let plan = Plan { targets: Some(&targets), ..Plan::new(&training, &data, &all, &[]) };
    let net = |outputs, activation| {
        Network::new(vec![Layer::new(2, 3, Activation::Sigmoid), Layer::new(3, outputs, activation)])
    };
    let of = |objective: &dyn Fn(&Network) -> Objective, network: Network| {
        let task = Task::new(network.clone(), objective(&network));
        loss_of_mean(&task, &plan, &all).unwrap().unwrap()
    };
    let (sigmoid, linear) = (Activation::Sigmoid, Activation::Linear);
    let checks = [
        (of(&|n| Objective::reconstruction(n, Loss::Squared), net(2, sigmoid)), 0.25 + 0.0625),
        (of(&|n| Objective::reconstruction(n, Loss::CrossEntropy), net(2, sigmoid)), 2.0 * 2f64.ln()),
        (of(&Objective::regression, net(1, linear)), 1.0),
        (
            of(&|n| Objective::classification(n, 0.0), net(2, linear)),
            0.25 * 4f64.ln() + 0.75 * (4.0 / 3f64).ln(),
        ),
        (
            of(&|n| Objective::classification(n, 0.5), net(2, linear)),
            0.375 * (8.0 / 3f64).ln() + 0.625 * 1.6f64.ln(),
        ),
    ];
    for (k, (found, expected)) in checks.into_iter().enumerate() {
        assert!((found - expected).abs() < 1e-12, "{k}: {found} {expected}");
    }
    let same = Dataset::new("t", Values::Floats(vec![3.0; 8]), 2).unwrap();
    let plan = Plan::new(&training, &same, &all, &[]);
    let task = Task::autoencoder(2, 3, sigmoid, linear);
    assert_eq!(loss_of_mean(&task, &plan, &all).unwrap(), None);
    // A large offset does not swallow the variance.
    let far = Dataset::new("t", Values::Floats(vec![1e6, 1e6 + 1.0, 1e6, 1e6 + 1.0]), 1).unwrap();
    let plan = Plan::new(&training, &far, &all, &[]);
    let found = loss_of_mean(&Task::autoencoder(1, 3, sigmoid, linear), &plan, &all).unwrap().unwrap();
    assert!((found - 0.25).abs() < 1e-12, "{found}");
}

#[test]
fn a_loss_is_still_falling_if_the_last_fifth_of_the_epochs_lowered_it_by_a_hundredth_each() {
    for (losses, expected) in [
        (&[][..], None),
        (&[9.0, 1.0], None),
        (&[9.0, 5.0, 4.0, 3.0], None),
        (&[9.0, 8.0, 7.0, 6.0, 5.0], Some(1.0 / 6.0)),
        (&[9.0, 8.0, 7.0, 6.0, 5.95], None),
        (&[9.0, 8.0, 7.0, 6.0, 6.5], None),
        (&[20.0, 19.0, 18.0, 17.0, 16.0, 15.0, 14.0, 10.0, 9.9, 9.5], Some(0.025)),
    ] {
        match (falling(losses), expected) {
            (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12, "{losses:?}: {found}"),
            (found, expected) => assert_eq!(found, expected, "{losses:?}"),
        }
    }
}

#[test]
fn a_training_that_ends_early_says_so() {
    let config = AutoencoderConfig { hidden: 50, ..Default::default() }.epochs(10).batch(20);
    let config = config.learning_rate(0.01).schedule("constant".parse().unwrap());
    let short = told(&config, &strokes::generate(0, Part::Train, 300).unwrap());
    assert!(short.starts_with("the loss was still falling at the end, by "), "{short}");
    assert!(short.ends_with(" % an epoch; train longer with epochs"), "{short}");
}

#[test]
fn weights_count_in_the_mean_as_in_the_loss() {
    // Of 300 samples every twentieth belongs to the second class, which cannot be seen in them.
    let values: Vec<f32> = (0..600).map(|i| (i * 7 % 11) as f32 / 11.0).collect();
    let data = Dataset::new("few", Values::Floats(values), 2).unwrap();
    let data = data.with_labels("few", (0..300).map(|i| u32::from(i % 20 == 0)).collect()).unwrap();
    let config =
        SupervisedConfig { class_weight: ClassWeight::Balanced, ..Default::default() }.epochs(5).valid(0.3);
    let stack = Stack::initial(&[AutoencoderConfig { hidden: 3, ..Default::default() }], &data).unwrap();
    let mut worse = 0;
    let mut observer = |event: &Event| {
        worse += usize::from(
            matches!(event, Event::Ending(Ending::WorseThanMean { loss, mean_loss, .. }) if *loss > 2.0 * mean_loss),
        );
        Flow::Continue
    };
    Classifier::fit(&stack, &config, &data, None, &mut Run::new().observer(&mut observer)).unwrap();
    assert_eq!(worse, 0, "the weighted loss of the mean is ln 2");
}

#[test]
fn numbers_have_four_digits() {
    for (value, expected) in [
        (52.7189, "52.72"),
        (0.0, "0"),
        (80.0, "80"),
        (12345.6, "12346"),
        (0.012344, "0.01234"),
        (1e30, "1.000e30"),
    ] {
        assert_eq!(rounded(value), expected);
    }
}

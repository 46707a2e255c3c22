use super::*;
use crate::data::{Dataset, Preparation, Values};
use crate::{Event, Flow, Run};

fn data() -> Dataset {
    let values = (0..2000u32).map(|i| ((i * i + i / 7) % 11) as f32 / 10.0).collect();
    Dataset::new("test", Values::Floats(values), 20).unwrap()
}

fn config() -> AutoencoderConfig {
    AutoencoderConfig { hidden: 12, ..Default::default() }.epochs(8).batch(10)
}

#[test]
fn training_lowers_the_loss_and_is_remembered() {
    let model = Autoencoder::fit(&config(), &data(), &mut Run::new()).unwrap();
    let History { train_loss, valid_loss, epochs_begun, stopped, .. } = model.history();
    assert_eq!((train_loss.len(), valid_loss.len(), *epochs_begun, *stopped), (8, 8, 8, false));
    assert!(train_loss[7] < 0.9 * train_loss[0], "{train_loss:?}");
}

#[test]
fn what_is_decoded_is_the_reconstruction_of_what_was_encoded() {
    for tied in [true, false] {
        let model =
            Autoencoder::fit(&AutoencoderConfig { tied, ..config() }, &data(), &mut Run::new()).unwrap();
        let codes = Dataset::new("codes", Values::Floats(model.encode(&data()).unwrap()), 12).unwrap();
        let (decoded, restored) = (model.decode(&codes).unwrap(), model.reconstruct(&data()).unwrap());
        assert_eq!(decoded, restored, "tied: {tied}");
        let wrong = model.decode(&data()).unwrap_err().to_string();
        assert_eq!(wrong, "data: codes have 20 values, the model has 12 hidden units");
    }
}

#[test]
fn patience_ends_training_and_keeps_the_best_epoch() {
    // A rate at which nothing falls by as much as the tolerance.
    let still =
        AutoencoderConfig { tolerance: 0.1, ..config() }.learning_rate(1e-9).patience(Some(2)).epochs(50);
    let aside = Autoencoder::fit(&still, &data(), &mut Run::new()).unwrap();
    let History { valid_loss, best_epoch, stopped, .. } = aside.history();
    assert_eq!((valid_loss.len(), *stopped), (3, false));
    let lowest = valid_loss.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(valid_loss[best_epoch.unwrap() - 1], lowest);
    // The loss that chose is that of the weights that were kept.
    let split = split(100, 0.1, 0).unwrap();
    assert!((aside.loss(&data().select(&split.valid), 0).unwrap() - lowest).abs() < 0.2 * lowest);
    let none_aside = still.valid(0.0);
    let model = Autoencoder::fit(&none_aside, &data(), &mut Run::new()).unwrap();
    let History { train_loss, valid_loss, best_epoch, .. } = model.history();
    assert!(train_loss.len() < 50 && valid_loss.is_empty() && best_epoch.is_none(), "{train_loss:?}");
    // A loss that keeps falling does not stop training.
    let falling = AutoencoderConfig { tolerance: 0.0, ..none_aside }.learning_rate(0.002).epochs(8);
    let model = Autoencoder::fit(&falling, &data(), &mut Run::new()).unwrap();
    assert_eq!(model.history().train_loss.len(), 8);
}

#[test]
fn filters_have_norm_one() {
    let model = Autoencoder::initial(&config(), &data()).unwrap();
    for filter in model.filters().chunks(20) {
        let norm: f32 = filter.iter().map(|w| w * w).sum();
        // Rounding of twenty squares in f32.
        assert!((norm - 1.0).abs() < 1e-5);
    }
}

#[test]
fn the_same_seed_begins_alike_whatever_the_corruption() {
    let start = |corruption: &str, seed| {
        let config = config().corruption(corruption.parse().unwrap()).seed(seed);
        Autoencoder::initial(&config, &data()).unwrap().parameters
    };
    assert_eq!(start("none", 1), start("masking:0.5", 1));
    assert_ne!(start("none", 1), start("none", 2));
}

#[test]
fn an_observer_stops_training_and_what_was_learned_stays() {
    let mut batches = 0;
    let mut observer = |event: &Event| {
        batches += usize::from(matches!(event, Event::Batch { .. }));
        if batches == 12 { Flow::Stop } else { Flow::Continue }
    };
    let model = Autoencoder::fit(&config(), &data(), &mut Run::new().observer(&mut observer)).unwrap();
    // 90 training samples are nine batches: the twelfth comes in the second epoch.
    assert_eq!((model.history.train_loss.len(), model.history.stopped), (1, true));
    assert_ne!(model.parameters, Autoencoder::initial(&config(), &data()).unwrap().parameters);
}

#[test]
fn training_goes_on_with_fresh_corruption_and_another_configuration() {
    let mut stopped = {
        let mut batches = 0;
        let mut observer = |event: &Event| {
            batches += usize::from(matches!(event, Event::Batch { .. }));
            if batches == 12 { Flow::Stop } else { Flow::Continue }
        };
        Autoencoder::fit(&config(), &data(), &mut Run::new().observer(&mut observer)).unwrap()
    };
    // The second epoch was begun, so that the third comes next.
    assert_eq!(stopped.history.epochs_begun, 2);
    stopped.set_config(&AutoencoderConfig { decoder: None, ..config() }.epochs(2)).unwrap();
    let mut again = stopped.clone();
    again.history.epochs_begun = 1;
    stopped.train(&data(), &mut Run::new()).unwrap();
    again.train(&data(), &mut Run::new()).unwrap();
    assert_eq!((stopped.history.epochs_begun, stopped.history.train_loss.len()), (4, 3));
    assert_ne!(stopped.parameters, again.parameters);

    let mut message = |config: AutoencoderConfig| stopped.set_config(&config).unwrap_err().to_string();
    for (option, config) in [
        ("hidden", AutoencoderConfig { hidden: 3, ..config() }),
        ("activation", AutoencoderConfig { activation: Activation::Relu, ..config() }),
        ("decoder", AutoencoderConfig { decoder: Some(Activation::Linear), ..config() }),
        ("tied", AutoencoderConfig { tied: false, ..config() }),
        (
            "initialization",
            AutoencoderConfig { initialization: penstroke_engine::Initialization::Glorot, ..config() },
        ),
    ] {
        let expected = format!("{option}: is fixed by the weights of a trained model; leave it out");
        assert_eq!(message(config), expected);
    }
    assert!(message(config().batch(0)).starts_with("batch: 0"));
    let wide = Dataset::new("wide", Values::Floats(vec![3.0; 40]), 20).unwrap();
    stopped.set_config(&AutoencoderConfig { loss: Reconstruction::CrossEntropy, ..config() }).unwrap();
    let problem = stopped.train(&wide, &mut Run::new()).unwrap_err().to_string();
    assert!(problem.starts_with("loss: cross-entropy needs values within 0..=1"), "{problem}");
}

#[test]
fn the_preparation_of_the_data_is_the_models() {
    let scene = crate::data::Scene {
        height: 30,
        width: 30,
        values: (0..900u32).map(|i| ((i * i) % 251) as f32).collect(),
    };
    let options = crate::data::patches::PatchOptions { whiten: None, ..Default::default() };
    let patches = crate::data::patches::cut(&[scene], 50, 0, &options).unwrap();
    let model = Autoencoder::initial(&config(), &patches).unwrap();
    assert!(model.preparation().patches.as_ref().unwrap().scale.is_some());
    assert_eq!(model.preparation(), patches.select(&[3]).preparation());
    let model = Autoencoder::initial(&config(), &data()).unwrap();
    assert_eq!(model.preparation(), &Preparation::default());
}

#[test]
fn a_last_step_into_the_infinite_is_an_error_and_leaves_the_model_unchanged() {
    let linear =
        AutoencoderConfig { activation: Activation::Linear, decoder: Some(Activation::Linear), ..config() }
            .optimizer(crate::Optimizer::SGD)
            .learning_rate(1e30)
            .epochs(1)
            .batch(100_000);
    // One step, whose own loss is still finite: what is set aside shows it, or else the weights.
    for (config, start) in [
        (linear.clone(), "training: the validation loss became "),
        (linear.learning_rate(1e39).valid(0.0), "training: a weight became infinite or NaN"),
    ] {
        let initial = Autoencoder::initial(&config, &data()).unwrap();
        let mut model = initial.clone();
        let error = model.train(&data(), &mut Run::new()).unwrap_err();
        let way_out = format!("try learning_rate below {}", config.training.learning_rate);
        assert!(matches!(error, Error::Numerical { .. }));
        let message = error.to_string();
        assert!(message.starts_with(start) && message.ends_with(&way_out), "{message}");
        assert_eq!(model, initial);
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let message = |config: AutoencoderConfig, data: &Dataset| {
        Autoencoder::fit(&config, data, &mut Run::new()).unwrap_err().to_string()
    };
    let wide = Dataset::new("wide", Values::Floats(vec![0.0, 3.0]), 2).unwrap();
    let cross_entropy = AutoencoderConfig { loss: Reconstruction::CrossEntropy, ..config() };
    assert_eq!(
        message(cross_entropy, &wide),
        "loss: cross-entropy needs values within 0..=1, these lie in 0..=3; scale them or use squared"
    );
    assert_eq!(
        indices(&[1 << 32]).unwrap_err().to_string(),
        "data: more than 4294967295 samples do not fit into one data set"
    );
    assert!(message(config(), &wide).starts_with("valid: "));
    for hidden in [1 << 40, usize::MAX] {
        let problem = message(AutoencoderConfig { hidden, ..config() }, &wide);
        assert!(problem.ends_with("of 2 inputs have more than 2³¹ weights, the most that are trained"));
    }
    let far = config().learning_rate(1e30).optimizer(crate::Optimizer::SGD);
    let diverging =
        AutoencoderConfig { decoder: Some(Activation::Linear), activation: Activation::Linear, ..far };
    assert!(message(diverging, &data()).starts_with("training: the loss became"));
    let model = Autoencoder::initial(&config(), &data()).unwrap();
    let problem = model.encode(&wide).unwrap_err().to_string();
    assert_eq!(
        problem,
        "data: samples have 2 values, the model was trained on 20; give samples with 20 values"
    );
}

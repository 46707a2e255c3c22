use super::*;
use crate::Run;
use crate::config::Reconstruction;

fn data() -> Dataset {
    let values = (0..2000u32).map(|i| ((i * i + i / 7) % 11) as f32 / 10.0).collect();
    Dataset::new("test", Values::Floats(values), 20).unwrap()
}

fn layer(hidden: usize) -> AutoencoderConfig {
    AutoencoderConfig { hidden, ..Default::default() }.epochs(4).batch(10).seed(3)
}

fn configs() -> Vec<AutoencoderConfig> {
    vec![
        layer(12),
        AutoencoderConfig { activation: Activation::Tanh, ..layer(8) }
            .corruption("gaussian:0.1".parse().unwrap()),
        AutoencoderConfig { tied: false, loss: Reconstruction::Squared, ..layer(5) },
    ]
}

#[test]
fn each_layer_is_an_autoencoder_of_the_clean_codes_below_it() {
    let stack = Stack::fit(&configs(), &data(), &mut Run::new()).unwrap();
    assert_eq!(stack.layers().iter().map(Autoencoder::n_hidden).collect::<Vec<_>>(), [12, 8, 5]);
    let split = split(100, 0.1, 3).unwrap();
    let mut input = data();
    for (k, (layer, config)) in stack.layers().iter().zip(configs()).enumerate() {
        let config = config.seed(3 + k as u64);
        let mut alone = Autoencoder::initial(&config, &input).unwrap();
        alone.train_on(&input, &split, &mut Run::new()).unwrap();
        assert_eq!(&alone, layer, "layer {k}");
        input = codes_of(layer, &input).unwrap();
        assert_eq!(stack.encode_layers(&data(), k + 1).unwrap(), input.to_floats(), "layer {k}");
    }
}

#[test]
fn reconstructions_go_up_and_down_again() {
    let stack = Stack::fit(&configs()[..2], &data(), &mut Run::new()).unwrap();
    // Decoders alone, in f64, from the top code.
    let decode = |layer: &Autoencoder, code: &[f32]| -> Vec<f32> {
        let (h, d) = (layer.n_hidden(), layer.n_visible());
        let rows = code.chunks(h).flat_map(|code| {
            (0..d).map(move |j| {
                let a: f64 = (0..h).map(|i| f64::from(layer.weights()[i * d + j]) * f64::from(code[i])).sum();
                let a = a + f64::from(layer.visible_bias()[j]);
                match layer.config().decoder {
                    Some(Activation::Sigmoid) => (1.0 / (1.0 + (-a).exp())) as f32,
                    _ => a as f32,
                }
            })
        });
        rows.collect()
    };
    let code = stack.encode_layers(&data(), 2).unwrap();
    let want = decode(&stack.layers()[0], &decode(&stack.layers()[1], &code));
    for (have, want) in stack.reconstruct(&data()).unwrap().iter().zip(want) {
        // Rounding of some dozen products in f32.
        assert!((have - want).abs() < 1e-5, "{have} {want}");
    }
}

#[test]
fn training_end_to_end_lowers_the_loss_of_the_whole() {
    for configs in [configs()[..2].to_vec(), configs()] {
        let mut stack = Stack::initial(&configs, &data()).unwrap();
        let error = |stack: &Stack| {
            let restored = stack.reconstruct(&data()).unwrap();
            restored.iter().zip(data().to_floats()).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>()
        };
        let before = error(&stack);
        let config = layer(1).epochs(30).learning_rate(0.01);
        stack.train_end_to_end(&config, &data(), &mut Run::new()).unwrap();
        assert_eq!(stack.end_to_end().train_loss.len(), 30);
        assert!(error(&stack) < 0.8 * before, "{} from {before}", error(&stack));
        // Parameters come back to where they were taken from.
        let parameters = Parameters { layers: stack.parameters().into_iter().cloned().collect() };
        let mut again = stack.clone();
        again.set_parameters(parameters);
        assert_eq!(again, stack);
    }
}

#[test]
fn layers_do_not_share_their_random_numbers() {
    let stack = Stack::initial(&[layer(20), layer(20)], &data()).unwrap();
    assert_ne!(stack.layers()[0].weights(), stack.layers()[1].weights());
}

/// A stack that an observer stops in the second epoch of its second layer.
fn stopped_in_second_layer() -> Stack {
    let mut layers = 0;
    let mut observer = |event: &Event| {
        layers += usize::from(matches!(event, Event::Layer { .. }));
        if layers == 2 && matches!(event, Event::Epoch { epoch: 2, .. }) {
            Flow::Stop
        } else {
            Flow::Continue
        }
    };
    Stack::fit(&configs(), &data(), &mut Run::new().observer(&mut observer)).unwrap()
}

#[test]
fn an_observer_stops_a_stack_in_a_layer() {
    let stack = stopped_in_second_layer();
    assert!(stack.stopped());
    assert_eq!((stack.layers().len(), stack.layers()[1].history().train_loss.len()), (2, 2));
}

#[test]
fn a_stopped_stack_continues_to_all_its_layers_and_epochs() {
    let stopped = stopped_in_second_layer();
    let first = stopped.layers()[0].clone();
    let whole = stopped.clone().continue_fit(&configs(), &data(), &mut Run::new()).unwrap();
    assert_eq!(whole.layers()[0], first);
    let epochs =
        |layer: &Autoencoder| (layer.history().train_loss.len(), layer.config().training.epochs.unwrap());
    assert_eq!(whole.layers().iter().map(epochs).collect::<Vec<_>>(), [(4, 4); 3]);
    assert!(!whole.stopped());
    // Between two layers, too, a stack is not yet whole.
    let mut layers = 0;
    let mut observer = |event: &Event| {
        layers += usize::from(matches!(event, Event::Layer { .. }));
        if layers == 3 { Flow::Stop } else { Flow::Continue }
    };
    let two = Stack::fit(&configs(), &data(), &mut Run::new().observer(&mut observer)).unwrap();
    assert!(two.stopped() && two.layers().len() == 2);
    assert!(!two.continue_fit(&configs(), &data(), &mut Run::new()).unwrap().stopped());
    let problem = stopped.continue_fit(&configs()[..1], &data(), &mut Run::new()).unwrap_err().to_string();
    assert_eq!(problem, "layers: 1 layer, but the model has 2; give at least 2");
}

#[test]
fn codes_that_are_not_finite_are_refused_in_memory_and_out_of_it() {
    let huge = Dataset::new("huge", Values::Floats(vec![3e38; 2000]), 20).unwrap();
    let linear = AutoencoderConfig { activation: Activation::Linear, ..layer(12) };
    let stack = Stack::initial(&[linear], &huge).unwrap();
    let held = codes_of(&stack.layers()[0], &huge).map(drop).unwrap_err();
    let computed = Coded::new(&huge, stack.engine().unwrap(), 1).map(drop).unwrap_err();
    for error in [held, computed] {
        assert_eq!(error.to_string(), "stack: a code became infinite or NaN; try a lower learning rate");
    }
}

#[test]
fn mistakes_name_their_layer() {
    let message = |configs: &[AutoencoderConfig]| {
        Stack::fit(configs, &data(), &mut Run::new()).unwrap_err().to_string()
    };
    assert_eq!(message(&[]), "layers: there are none; a stack needs at least one");
    assert_eq!(message(&[layer(0)]), "hidden: 0 units; at least 1 is needed");
    assert_eq!(message(&[layer(3), layer(0)]), "layer 2: hidden: 0 units; at least 1 is needed");
    let stack = Stack::initial(&[layer(3)], &data()).unwrap();
    assert_eq!(
        stack.encode_layers(&data(), 2).unwrap_err().to_string(),
        "layer: 2 is not one of the model's layers, 0 to 1"
    );
}

//! An interpreter of the few operators in use runs the exported files, which must compute what the model computes.
//! `interop/onnx.py` compares them with independent runtimes.

use super::*;
use crate::data::patches::{PatchOptions, cut};
use crate::data::{ColumnPlace, Columns, Dataset, Feature, Scale, Scene, Targets, Values};
use crate::{Autoencoder, AutoencoderConfig, Classifier, Run, Stack, SupervisedConfig};
use interpreter::run;

mod interpreter;

const D: usize = 8;

/// Sixty rows with one constant row.
fn rows() -> Vec<f32> {
    let mut values: Vec<f32> = (0..60 * D as u32).map(|i| ((i * i + i / 7) % 11) as f32 / 10.0).collect();
    values[..D].fill(0.1);
    values
}

fn data() -> Dataset {
    Dataset::new("test", Values::Floats(rows()), D).unwrap()
}

fn config() -> AutoencoderConfig {
    AutoencoderConfig { hidden: 5, ..Default::default() }.epochs(2).batch(10).learning_rate(0.05)
}

fn stack() -> Stack {
    let upper = AutoencoderConfig { hidden: 3, activation: Activation::Tanh, ..config() };
    Stack::fit(&[config(), upper], &data(), &mut Run::new()).unwrap()
}

fn tuning() -> SupervisedConfig {
    SupervisedConfig { dropout: 0.3, ..Default::default() }.epochs(3).learning_rate(0.05)
}

fn classifier() -> Classifier {
    let labels = (0..60).map(|i| i % 3).collect();
    Classifier::fit(&stack(), &tuning(), &data().with_labels("test", labels).unwrap(), None, &mut Run::new())
        .unwrap()
}

fn write(model: &dyn Model, what: What, layer: Option<usize>, input: Input) -> Exported {
    export(model, &Options { what: Some(what), layer, input }).unwrap()
}

/// Runs the file; its last output must be `expected`.
fn check<T: Copy + Into<f64>>(file: &Exported, samples: &[T], expected: &[f32]) {
    let outputs = run(&file.bytes, samples);
    assert_eq!(outputs.len(), file.outputs.len());
    let have = &outputs[outputs.len() - 1];
    assert_eq!(have.len(), expected.len());
    let size = expected.iter().fold(1.0, |size: f32, value| size.max(value.abs()));
    for (have, expected) in have.iter().zip(expected) {
        // The interpreter does not round; the engine rounds sums of eight values.
        assert!((have - f64::from(*expected)).abs() <= 1e-6 * f64::from(size), "{have} is not {expected}");
    }
}

#[test]
fn every_activation_tied_and_untied_is_computed() {
    for (_, activation) in Activation::ALL {
        for (_, decoder) in Activation::ALL {
            for tied in [true, false] {
                let config =
                    AutoencoderConfig { activation: *activation, decoder: Some(*decoder), tied, ..config() };
                let model = Autoencoder::fit(&config, &data(), &mut Run::new()).unwrap();
                let (codes, restored) = (model.encode(&data()).unwrap(), model.reconstruct(&data()).unwrap());
                check(&export(&model, &Options::default()).unwrap(), &rows(), &codes);
                check(&write(&model, What::Reconstruction, None, Input::Floats), &rows(), &restored);
            }
        }
    }
}

#[test]
fn stacks_classifiers_and_regressors_are_computed() {
    let stack = stack();
    let model = stack.clone();
    for layer in [1, 2] {
        let file = write(&model, What::Encoder, Some(layer), Input::Floats);
        check(&file, &rows(), &stack.encode_layers(&data(), layer).unwrap());
    }
    let restored = stack.reconstruct(&data()).unwrap();
    check(&write(&model, What::Reconstruction, None, Input::Floats), &rows(), &restored);

    let classifier = classifier();
    let probabilities = classifier.probabilities(&data()).unwrap();
    let model = classifier.clone();
    let file = export(&model, &Options::default()).unwrap();
    check(&file, &rows(), &probabilities);
    let classes: Vec<f64> = classifier.predict(&data()).unwrap().into_iter().map(f64::from).collect();
    assert_eq!(run(&file.bytes, &rows())[0], classes);
    let codes = classifier.encode_layers(&data(), 1).unwrap();
    check(&write(&model, What::Encoder, Some(1), Input::Floats), &rows(), &codes);

    let values = rows().chunks(D).flat_map(|x| [1000.0 * x[0], x[1] - 7.0]).collect();
    let targets = Targets::new("targets", values, 2).unwrap();
    let regressor = Regressor::fit(&stack, &tuning(), (&data(), &targets), None, &mut Run::new()).unwrap();
    let predicted = regressor.predict(&data()).unwrap();
    check(&export(&regressor, &Options::default()).unwrap(), &rows(), &predicted);
}

#[test]
fn samples_are_prepared_as_the_models_own_were_and_restored_in_their_units() {
    let raw: Vec<f32> = rows().iter().map(|x| 50.0 * x + 1000.0).collect();
    let raw = Dataset::new("test", Values::Floats(raw), D).unwrap();
    for scale in [Scale::Range, Scale::Standard, Scale::PerSample, Scale::Divide(1500.0)] {
        let scaling = Scaling::learn(scale, &raw).unwrap().unwrap();
        let scaled = scaling.apply("test", &raw).unwrap();
        let model = Autoencoder::fit(&config(), &scaled, &mut Run::new()).unwrap();
        let (codes, restored) = (model.encode(&scaled).unwrap(), model.reconstruct(&scaled).unwrap());
        check(&export(&model, &Options::default()).unwrap(), &raw.to_floats(), &codes);
        let in_units = scaling.undo(&restored).unwrap_or_else(|| restored.clone());
        let what = What::Reconstruction;
        check(&write(&model, what, None, Input::Floats), &raw.to_floats(), &in_units);
        check(&write(&model, what, None, Input::Prepared), &scaled.to_floats(), &restored);
    }
}

#[test]
fn large_offsets_are_subtracted_and_added_in_double_precision() {
    let raw: Vec<f64> = rows().iter().map(|&x| 1.7e9 + 50.0 * f64::from(x)).collect();
    let data = Dataset::of_doubles("test", &raw, D).unwrap();
    let scaling = Scaling::learn(Scale::Standard, &data).unwrap().unwrap();
    let scaled = scaling.apply("test", &data).unwrap();
    let model = Autoencoder::fit(&config(), &scaled, &mut Run::new()).unwrap();
    let (codes, restored) = (model.encode(&scaled).unwrap(), model.reconstruct(&scaled).unwrap());
    let file = export(&model, &Options::default()).unwrap();
    assert_eq!(file.input.element, ElementType::Float64);
    check(&file, &raw, &codes);
    let file = write(&model, What::Reconstruction, None, Input::Floats);
    assert_eq!(file.outputs[0].element, ElementType::Float64);
    let have = &run(&file.bytes, &raw)[0];
    let expected = scaling.undo_in_double(&restored).unwrap();
    // The units of the source, whose deviations are about 15.
    assert!(have.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-4));
    check(&write(&model, What::Encoder, None, Input::Prepared), &scaled.to_floats(), &codes);
}

#[test]
fn bytes_are_divided_by_255() {
    let bytes: Vec<u8> = (0..10 * D).map(|i| (i * 37 % 256) as u8).collect();
    let data = Dataset::new("test", Values::Bytes(bytes.clone()), D).unwrap();
    let model = Autoencoder::initial(&config(), &data).unwrap();
    let codes = model.encode(&data).unwrap();
    let file = write(&model, What::Encoder, None, Input::Bytes);
    assert_eq!(file.input.element, ElementType::Uint8);
    check(&file, &bytes.iter().map(|&byte| f32::from(byte)).collect::<Vec<_>>(), &codes);
}

/// A model of a table. Its second column has two categories; missing values are not allowed in its third.
fn of_a_table() -> Autoencoder {
    let column = |number, name: &str| ColumnPlace { name: Some(name.into()), number };
    let features = vec![
        Feature { column: column(1, "age"), width: 1, means: Some(vec![0.25]), ..Feature::default() },
        Feature {
            column: column(2, "job"),
            width: 2,
            categories: Some(vec!["cook".into(), "smith".into()]),
            means: Some(vec![0.75, 0.5]),
            ..Feature::default()
        },
        Feature { column: column(3, "pay"), width: 1, ..Feature::default() },
    ];
    let columns = Some(Columns { features, ..Columns::default() });
    let data = Dataset::new("test", Values::Floats(vec![0.5; 8]), 4).unwrap();
    let data = data.with_preparation(Preparation { columns, ..Preparation::default() });
    Autoencoder::initial(&config(), &data).unwrap()
}

#[test]
fn missing_values_of_a_table_become_means_where_the_model_has_some() {
    let model = of_a_table();
    let filled = Dataset::new("test", Values::Floats(vec![0.25, 0.75, 0.5, 1.0]), 4).unwrap();
    let codes = model.encode(&filled).unwrap();
    let file = export(&model, &Options::default()).unwrap();
    check(&file, &[f32::NAN, f32::NAN, f32::NAN, 1.0], &codes);
    assert!(run(&file.bytes, &[0.25, 0.75, 0.5, f32::NAN])[0].iter().all(|code| code.is_nan()));
    assert!(holds(&file, r#"["age","job=cook","job=smith","pay"]"#));
}

#[test]
fn patches_lose_their_mean_and_are_divided_but_cannot_be_whitened() {
    let values: Vec<f32> = (0..400u32).map(|i| ((i * i) % 251) as f32 / 250.0).collect();
    let scene = Scene { height: 20, width: 20, values };
    let of = |whiten| {
        let options = PatchOptions { side: 3, whiten, remove_mean: true, border: 4, scale: None };
        let patches = cut(std::slice::from_ref(&scene), 40, 1, &options).unwrap();
        (Autoencoder::fit(&config(), &patches, &mut Run::new()).unwrap(), patches)
    };
    let (model, patches) = of(None);
    let raw = PatchOptions { side: 3, whiten: None, remove_mean: false, border: 4, scale: Some(1.0) };
    let raw = cut(std::slice::from_ref(&scene), 40, 1, &raw).unwrap().to_floats();
    check(&export(&model, &Options::default()).unwrap(), &raw, &model.encode_layers(&patches, 1).unwrap());

    if !cfg!(feature = "images") {
        return; // without whitening
    }
    let (model, patches) = of(Some(0.4));
    let message = export(&model, &Options::default()).unwrap_err().to_string();
    assert_eq!(
        message,
        "input: the model's samples are patches of whitened scenes, and a patch alone cannot be whitened; set input to prepared"
    );
    let file = write(&model, What::Encoder, None, Input::Prepared);
    check(&file, &patches.to_floats(), &model.encode_layers(&patches, 1).unwrap());
    let patches = PatchOptions { whiten: None, ..PatchOptions::default() };
    let mut model = model;
    model.input.preparation.patches = Some(patches);
    let message = export(&model, &Options::default()).unwrap_err().to_string();
    assert!(
        message.starts_with("input: the model does not record what its patches were divided by; "),
        "{message}"
    );
}

fn holds(file: &Exported, text: &str) -> bool {
    file.bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn equal_models_give_equal_bytes_and_describe_themselves() {
    let mut model = classifier();
    model.input.preparation.classes = ["daisy", "poppy", "rose"].map(str::to_owned).to_vec();
    let file = export(&model, &Options::default()).unwrap();
    assert_eq!(file, export(&model.clone(), &Options::default()).unwrap());
    for text in
        ["penstroke", env!("CARGO_PKG_VERSION"), "classifier", r#"["daisy","poppy","rose"]"#, "samples"]
    {
        assert!(holds(&file, text), "{text}");
    }
    for port in file.outputs.iter().chain([&file.input]) {
        assert!(holds(&file, &port.doc), "{}", port.doc);
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let message = |model: &dyn Model, what, layer, input| {
        let error = export(model, &Options { what, layer, input }).unwrap_err();
        assert!(error.is_wrong_input());
        error.to_string()
    };
    let (stack, classifier) = (stack(), classifier());
    for (model, what, layer, expected) in [
        (
            &stack as &dyn Model,
            Some(What::Classifier),
            None,
            "what: classifier is not available for a model of kind \"stack\"; choose from encoder, reconstruction",
        ),
        (
            &classifier,
            Some(What::Reconstruction),
            None,
            "what: reconstruction is not available for a model of kind \"classifier\"; choose from classifier, encoder",
        ),
        (&stack, None, Some(3), "layer: 3 is not one of the model's layers, 1 to 2"),
        (&stack, None, Some(0), "layer: 0 is not one of the model's layers, 1 to 2"),
        (&classifier, None, Some(1), "layer: applies only to encoders; set what to encoder, or leave it out"),
    ] {
        assert_eq!(message(model, what, layer, Input::Floats), expected);
    }
    assert_eq!(
        message(&of_a_table(), None, None, Input::Bytes),
        "input: bytes are pixels, and the model's samples are columns of a table; set input to floats"
    );
    assert!(check_size((1 << 31) - 1).is_ok());
    assert_eq!(
        check_size(5 << 30).unwrap_err().to_string(),
        "export: 5.0 GiB do not fit in an ONNX file, which is limited to 2 GiB; use fewer units"
    );
}

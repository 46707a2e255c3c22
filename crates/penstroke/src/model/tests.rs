use super::*;
use crate::data::patches::PatchOptions;
use crate::data::{Dataset, ImageShape, Preparation, Targets, Values};
use crate::{Activation, AutoencoderConfig, Error, Run, SupervisedConfig};
use safetensors::tensor::TensorView;

fn data() -> Dataset {
    let values = (0..1800).map(|i| (i % 7) as f32 / 7.0).collect();
    let data = Dataset::new("test", Values::Floats(values), 36).unwrap();
    let data = data.with_image("test", ImageShape { height: 3, width: 12, channels: 1 }).unwrap();
    data.with_labels("test", (0..50).map(|i| i % 3).collect()).unwrap()
}

fn config(tied: bool) -> AutoencoderConfig {
    AutoencoderConfig { hidden: 5, tied, ..Default::default() }.epochs(2).seed(u64::MAX)
}

fn model(tied: bool) -> Autoencoder {
    let mut model = Autoencoder::fit(&config(tied), &data(), &mut Run::new()).unwrap();
    let patches = PatchOptions { side: 6, scale: Some(0.1), ..PatchOptions::default() };
    model.input.preparation = Preparation { patches: Some(patches), ..Preparation::default() };
    model
}

fn stack() -> Stack {
    let upper = AutoencoderConfig { hidden: 4, activation: Activation::Relu, ..config(false) };
    let mut stack = Stack::fit(&[config(true), upper], &data(), &mut Run::new()).unwrap();
    stack.train_end_to_end(&config(true), &data(), &mut Run::new()).unwrap();
    stack
}

fn classifier() -> Classifier {
    let config = SupervisedConfig { dropout: 0.25, ..Default::default() }.epochs(2);
    Classifier::fit(&stack(), &config, &data(), None, &mut Run::new()).unwrap()
}

fn regressor() -> Regressor {
    let config = SupervisedConfig { dropout: 0.25, ..Default::default() }.epochs(2);
    let targets = Targets::new("test", (0..100).map(|i| (i % 9) as f32 - 20.0).collect(), 2).unwrap();
    Regressor::fit(&stack(), &config, (&data(), &targets), None, &mut Run::new()).unwrap()
}

fn models() -> Vec<Box<dyn Model>> {
    vec![
        model(true).boxed(),
        model(false).boxed(),
        stack().boxed(),
        classifier().boxed(),
        regressor().boxed(),
    ]
}

#[test]
fn model_files_are_read_back_and_equal_models_give_equal_bytes() {
    for (model, again) in models().into_iter().zip(models()) {
        let bytes = model.to_bytes().unwrap();
        let read = from_bytes("m", &bytes).unwrap();
        assert_eq!(read.kind(), model.kind());
        assert_eq!(read.to_bytes().unwrap(), bytes);
        assert_eq!(again.to_bytes().unwrap(), bytes);
        assert_eq!(read.encode_layers(&data(), 1).unwrap(), model.encode_layers(&data(), 1).unwrap());
    }
}

#[test]
fn every_truncation_and_every_flipped_header_byte_is_an_error_or_a_model() {
    for model in models() {
        let bytes = model.to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(from_bytes("m", &bytes[..end]).is_err());
        }
        for at in 0..bytes.len().min(2500) {
            for flip in [1, 0x20, 0x80] {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                // Must not panic; some flips only change a number or a name of the history.
                let _ = from_bytes("m", &bytes);
            }
        }
    }
}

#[test]
fn a_model_of_another_kind_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    model(true).save(&path("a")).unwrap();
    stack().save(&path("s")).unwrap();
    classifier().save(&path("c")).unwrap();
    regressor().save(&path("r")).unwrap();
    assert_eq!(Regressor::load(path("r")).unwrap(), regressor());
    assert_eq!(Stack::load(path("a")).unwrap(), model(true).into());
    let message = |error: Error| error.to_string().replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(
        message(Autoencoder::load(path("s")).unwrap_err()),
        "s: holds a model of kind \"stack\", an autoencoder is needed; fit one with a single layer"
    );
    assert_eq!(
        message(Stack::load(path("c")).unwrap_err()),
        "c: holds a model of kind \"classifier\", an autoencoder or a stack is needed; give a model with a decoder"
    );
    assert_eq!(
        message(Classifier::load(path("a")).unwrap_err()),
        "a: holds a model of kind \"autoencoder\", a classifier is needed; train one with labels"
    );
    assert_eq!(
        message(Regressor::load(path("c")).unwrap_err()),
        "c: holds a model of kind \"classifier\", a regressor is needed; train one with targets"
    );
}

#[test]
fn columns_scales_and_class_names_are_kept_and_checked() {
    let table = |columns: usize| {
        let row = |i: usize| (0..columns).map(|k| format!("{},", i * k % 7)).collect::<String>();
        (0..20).map(|i| format!("{}{}\n", row(i), ["no", "yes"][i % 2])).collect::<String>()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, table(6)).unwrap();
    let options = crate::data::LoadOptions {
        table: crate::data::TableOptions { label: Some("7".parse().unwrap()), ..Default::default() },
        scale: "standard".parse().unwrap(),
        ..Default::default()
    };
    let data = crate::data::load(&crate::data::Source::Path(file.path().into()), &options).unwrap();
    let stack = Stack::fit(&[config(true)], &data, &mut Run::new()).unwrap();
    let tuning = SupervisedConfig::default().epochs(1);
    let model = Classifier::fit(&stack, &tuning, &data, None, &mut Run::new()).unwrap();
    let bytes = model.to_bytes().unwrap();
    let read: Classifier = from_bytes("m", &bytes).unwrap().downcast().unwrap();
    assert_eq!(read, model);
    assert_eq!(read.preparation(), data.preparation());
    assert_eq!(read.preparation().classes, ["no", "yes"]);
    let replace = |from: &str, to: &str| {
        let mut bytes = bytes.clone();
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        from_bytes("m", &bytes).unwrap_err().to_string()
    };
    assert!(
        replace("\\\"width\\\":1", "\\\"width\\\":2")
            .contains("is damaged: columns: give samples of 7 values, not of 6")
    );
    assert!(
        replace("\\\"divisor\\\":[1.0", "\\\"divisor\\\":[0.0")
            .contains("is damaged: scaling: an offset is not finite")
    );
}

#[test]
fn model_files_are_recognised() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for (bytes, expected) in [
        (model(true).to_bytes().unwrap(), true),
        (b"".to_vec(), false),
        (b"\x93NUMPY\x01\x00\x76\x00{'descr'".to_vec(), false),
        (vec![0; 20], false),
    ] {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(is_model(&file).unwrap(), expected);
    }
    assert!(is_model("absent").is_err());
}

#[test]
fn other_files_and_newer_ones_are_named_as_such() {
    let message = |bytes: &[u8]| from_bytes("m", bytes).unwrap_err().to_string();
    assert!(message(b"").starts_with("m: is not a model file ("));
    assert!(message(b"hello, this is not it").starts_with("m: is not a model file ("));
    let plain = safetensors::serialize(Vec::<(&str, TensorView<'_>)>::new(), None).unwrap();
    assert!(message(&plain).starts_with("m: is a safetensors file, but not a penstroke model"));
    let replace = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let bytes = model(true).to_bytes().unwrap();
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut bytes = bytes;
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        message(&bytes)
    };
    assert_eq!(
        replace("format\\\":1", "format\\\":9"),
        "m: has model format 9, this version reads up to 1; update penstroke"
    );
    assert!(
        replace("\"autoencoder\\\"", "\"autodecoder\\\"")
            .contains("the known kinds are autoencoder, stack, classifier, regressor")
    );
    assert!(replace("\\\"hidden\\\":5", "\\\"hidden\\\":6").contains("is damaged: tensor encoder.weight"));
    let no_input = "m: is damaged: the shape or the range of its input is invalid";
    assert_eq!(replace("\\\"height\\\":3", "\\\"height\\\":9"), no_input);
    assert_eq!(replace("\\\"range\\\":[0.0", "\\\"range\\\":[9.0"), no_input);
    assert_eq!(
        replace("\\\"side\\\":6", "\\\"side\\\":7"),
        "m: is damaged: patches: side 7 does not give samples of 36 values"
    );
    assert!(
        replace("\\\"scale\\\":0.1", "\\\"scale\\\":0.0").contains("is damaged: patches: scale 0 is not")
    );
    assert!(replace("\\\"border\\\"", "\\\"bolder\\\"").contains("unknown field `bolder`"));
    assert_eq!(
        replace("\\\"epochs_begun\\\":2", "\\\"epochs_begun\\\":1"),
        "m: is damaged: its history is inconsistent"
    );
}

#[test]
fn models_without_layers_are_refused() {
    let message = |mut document: serde_json::Value, layers: &str, tensors: Vec<Tensor<'_>>| {
        document[layers] = serde_json::json!([]);
        from_bytes("m", &file::write(document.to_string(), tensors).unwrap()).unwrap_err().to_string()
    };
    let document = serde_json::from_str(&stack().document().unwrap()).unwrap();
    assert_eq!(message(document, "layers", Vec::new()), "m: is damaged: a stack without layers");
    let document = serde_json::from_str(&classifier().document().unwrap()).unwrap();
    let last = [0.5; 3 * 36];
    let tensors = vec![
        ("layers.0.weight".to_owned(), vec![3, 36], &last[..]),
        ("layers.0.bias".to_owned(), vec![3], &last[..3]),
    ];
    assert_eq!(message(document, "hidden", tensors), "m: is damaged: hidden units are missing");
}

/// Damaged copies of valid classifier and regressor files.
#[test]
fn damaged_classifiers_and_regressors_are_refused() {
    let replace = |bytes: Vec<u8>, from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut bytes = bytes;
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        from_bytes("m", &bytes).unwrap_err().to_string()
    };
    let classifier = |from: &str, to: &str| replace(classifier().to_bytes().unwrap(), from, to);
    assert_eq!(
        classifier("\\\"n_classes\\\":3", "\\\"n_classes\\\":1"),
        "m: is damaged: a classifier needs two classes"
    );
    assert!(
        classifier("\"classifier\\\"", "\"regressor\\\" ").contains("is damaged: a regressor needs a target")
    );
    let regressor = |from: &str, to: &str| replace(regressor().to_bytes().unwrap(), from, to);
    for (from, to, problem) in [
        ("\\\"n_targets\\\":2", "\\\"n_targets\\\":0", "is damaged: a regressor needs a target"),
        (
            "\\\"n_targets\\\":2",
            "\\\"n_targets\\\":3",
            "is damaged: tensor targets.mean is F32 [2], not F32 [3]",
        ),
        ("\\\"units\\\":4", "\\\"units\\\":9", "is damaged: tensor layers.1.weight is F32 [4, 5]"),
        ("targets.mean", "targets.meat", "is not a model file ("),
        ("targets.deviation", "targets.devotion_", "is not a model file ("),
        ("\\\"label_smoothing\\\":0.0", "\\\"label_smoothing\\\":0.5", "label_smoothing: 0.5 is for classes"),
    ] {
        let message = regressor(from, to);
        assert!(message.contains(problem), "{message}");
    }
    let model = self::regressor();
    for deviation in [0.0, -1.0, f32::NAN] {
        let deviations = [1.0, deviation];
        let mut tensors = model.tensors();
        let place = tensors.iter().position(|(name, ..)| name == "targets.deviation").unwrap();
        tensors[place].2 = &deviations;
        let bytes = file::write(model.document().unwrap(), tensors).unwrap();
        let problem = from_bytes("m", &bytes).unwrap_err().to_string();
        assert!(problem.starts_with("m: is damaged: tensor targets.deviation holds values"), "{problem}");
    }
}

use super::*;
use crate::data::{Part, strokes};
use crate::{Autoencoder, AutoencoderConfig, Classifier, Run, Stack, SupervisedConfig};

/// The fields of a message: number and value, as bytes.
fn fields(mut message: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(message: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = message.split_first().unwrap();
            *message = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let value = match key & 7 {
            0 => varint(&mut message).to_le_bytes().to_vec(),
            kind => {
                let length = match kind {
                    1 => 8,
                    5 => 4,
                    2 => varint(&mut message) as usize,
                    other => panic!("wire type {other}"),
                };
                let (value, rest) = message.split_at(length);
                message = rest;
                value.to_vec()
            }
        };
        fields.push((key >> 3, value));
    }
    fields
}

fn of(message: &[(u64, Vec<u8>)], number: u64) -> Option<&[u8]> {
    message.iter().find(|(n, _)| *n == number).map(|(_, value)| &value[..])
}

/// A value of a summary.
#[derive(Debug, PartialEq)]
enum Value {
    Scalar(f32),
    /// Height, width and the PNG.
    Image(u64, u64, Vec<u8>),
}

/// Step, wall time, and values under their tags.
type Decoded = (u64, f64, Vec<(String, Value)>);

fn decode(path: &Path) -> Vec<Decoded> {
    let bytes = fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut events = Vec::new();
    while let Some((event, after)) = tfrecord::first(rest).unwrap() {
        rest = after;
        let event = fields(event);
        let wall_time = f64::from_le_bytes(of(&event, 1).unwrap().try_into().unwrap());
        if events.is_empty() && of(&event, 3).is_some() {
            assert_eq!(of(&event, 3), Some(&b"brain.Event:2"[..]));
            continue;
        }
        let step = u64::from_le_bytes(of(&event, 2).unwrap().try_into().unwrap());
        let values = fields(of(&event, 5).unwrap()).into_iter().map(|(number, value)| {
            assert_eq!(number, 1);
            let value = fields(&value);
            let tag = String::from_utf8(of(&value, 1).unwrap().to_vec()).unwrap();
            let value = match of(&value, 2) {
                Some(scalar) => Value::Scalar(f32::from_le_bytes(scalar.try_into().unwrap())),
                None => {
                    let image = fields(of(&value, 4).unwrap());
                    assert_eq!(of(&image, 3).unwrap()[0], 1, "grey");
                    let side = |number| u64::from_le_bytes(of(&image, number).unwrap().try_into().unwrap());
                    Value::Image(side(1), side(2), of(&image, 4).unwrap().to_vec())
                }
            };
            (tag, value)
        });
        events.push((step, wall_time, values.collect()));
    }
    assert!(rest.is_empty());
    events
}

fn config(hidden: usize, epochs: usize) -> AutoencoderConfig {
    AutoencoderConfig { hidden, ..Default::default() }
        .epochs(epochs)
        .schedule("constant".parse().unwrap())
        .corruption("masking:0.5->0.1+gaussian:0.3".parse().unwrap())
}

fn scalar(event: &Decoded, tag: &str) -> Option<f64> {
    let (_, value) = event.2.iter().find(|(name, _)| name == tag)?;
    match value {
        Value::Scalar(value) => Some(f64::from(*value)),
        Value::Image(..) => None,
    }
}

#[test]
fn an_epoch_is_an_event_with_its_figures_and_now_and_then_its_filters() {
    let folder = tempfile::tempdir().unwrap();
    let digits = strokes::generate(0, Part::Train, 60).unwrap();
    let mut board = TensorBoard::begin(folder.path()).unwrap().clock(|| 12.5).image(digits.image());
    let model = Autoencoder::fit(&config(4, 7), &digits, &mut Run::new().observer(&mut board)).unwrap();
    board.finish().unwrap();
    let events = decode(&folder.path().join(FILE));
    assert_eq!(
        events.iter().map(|event| (event.0, event.1)).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7].map(|n| (n, 12.5))
    );
    for (k, event) in events.iter().enumerate() {
        let single = |value: f64| Some(f64::from(value as f32));
        assert_eq!(scalar(event, "loss/train"), single(model.history().train_loss[k]));
        assert_eq!(scalar(event, "loss/validation"), single(model.history().valid_loss[k]));
        assert_eq!(scalar(event, "error/validation"), None);
        assert_eq!(scalar(event, "learning_rate"), single(model.config().training.learning_rate));
        let share = k as f64 / 6.0;
        assert_eq!(scalar(event, "noise/1"), single((1.0 - share) * 0.5 + share * 0.1));
        assert_eq!(scalar(event, "noise/2"), single(0.3));
        let image = event.2.iter().find(|(tag, _)| tag == "filters");
        assert_eq!(
            image.is_some(),
            cfg!(feature = "report") && [1, 2, 4, 7].contains(&event.0),
            "{}",
            event.0
        );
    }
    #[cfg(feature = "report")]
    assert_eq!(events[6].2.last().unwrap().1, picture(&model));
}

/// Two by two filters of 56 pixels, with gaps of 2 around them and a key below.
#[cfg(feature = "report")]
fn picture(model: &Autoencoder) -> Value {
    let grid = Grid::new(model.filters(), 28, 28).unwrap().upscale(2);
    let picture = grid.grey_scale(GreyScale::SYMMETRIC_PER_TILE).key("weight").draw().unwrap();
    Value::Image(picture.height() as u64, picture.width() as u64, picture.to_png().unwrap())
}

#[test]
fn every_training_has_a_folder_and_codes_are_not_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let digits = strokes::generate(0, Part::Train, 60).unwrap();
    let mut board = TensorBoard::begin(folder.path().join("deep")).unwrap().image(digits.image());
    // As many units as a sample has values, so that their number alone does not tell codes from samples.
    let mut stack =
        Stack::fit(&[config(784, 1), config(3, 1)], &digits, &mut Run::new().observer(&mut board)).unwrap();
    stack.train_end_to_end(&config(9, 1), &digits, &mut Run::new().observer(&mut board)).unwrap();
    let tuning = SupervisedConfig::default().epochs(1);
    Classifier::fit(&stack, &tuning, &digits, None, &mut Run::new().observer(&mut board)).unwrap();
    board.finish().unwrap();
    for (name, is_drawn) in [("layer_1", true), ("layer_2", false), ("all_layers", true), ("", true)] {
        let events = decode(&folder.path().join("deep").join(name).join(FILE));
        assert_eq!(events.len(), 1, "{name}");
        let drawn = cfg!(feature = "report") && is_drawn;
        assert_eq!(events[0].2.iter().any(|(tag, _)| tag == "filters"), drawn, "{name}");
        assert_eq!(scalar(&events[0], "error/validation").is_some(), name.is_empty(), "{name}");
    }
}

#[test]
fn a_resumed_file_is_that_of_an_unbroken_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let digits = strokes::generate(0, Part::Train, 60).unwrap();
    let fit = |mut board: TensorBoard| {
        Autoencoder::fit(&config(4, 3), &digits, &mut Run::new().observer(&mut board)).unwrap();
        board.finish()
    };
    fit(TensorBoard::begin(folder.path()).unwrap()).unwrap();
    let whole = fs::read(&path).unwrap();
    for end in [0, 5, 30, 60, 200, whole.len() - 1, whole.len()] {
        fs::write(&path, &whole[..end]).unwrap();
        // Presents all epochs again; those in the file are skipped.
        fit(TensorBoard::resume(folder.path()).unwrap()).unwrap();
        assert!(fs::read(&path).unwrap() == whole, "cut at {end}");
    }
    fs::write(&path, "Dear reader, this is not an event file.").unwrap();
    let error = fit(TensorBoard::resume(folder.path()).unwrap()).unwrap_err();
    let problem = "is not an event file, or is damaged; remove it, or choose another folder";
    assert_eq!(error.to_string(), format!("{}: {problem}", path.display()));
    assert!(TensorBoard::begin(&path).unwrap_err().to_string().starts_with(&path.display().to_string()));
}

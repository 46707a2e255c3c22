use super::stream::NO_STREAM;
use super::*;
use crate::data::read::testing::{dictionary, gzip, npy};
use crate::data::{Part, Samples, Scale, TableOptions, Values};
use crate::{Activation, Autoencoder, AutoencoderConfig, Flow, Model, Run, Stack};
use tempfile::TempDir;

const N: usize = 300;
const D: usize = 12;

fn saved(bytes: &[u8]) -> (TempDir, Source) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    std::fs::write(&path, bytes).unwrap();
    (folder, Source::Path(path))
}

fn floats() -> Vec<u8> {
    let values = (0..N * D).map(|i| ((i * i) % 17) as f32 - 3.0 * (i % D) as f32);
    let bytes: Vec<u8> = values.flat_map(f32::to_be_bytes).collect();
    npy(&dictionary(">f4", "False", &format!("({N}, {D})")), &bytes)
}

#[cfg(feature = "columnar")]
fn columns() -> Vec<u8> {
    let names: Vec<String> = (0..D).map(|i| format!("x{i}")).collect();
    let values: Vec<f32> = (0..N * D).map(|i| ((i * i) % 17) as f32 - 3.0 * (i % D) as f32).collect();
    let mut file = Vec::new();
    crate::data::parquet::write(&mut file, &names, &values).unwrap();
    file
}

fn pictures() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    for size in [N, 3, 4] {
        bytes.extend((size as u32).to_be_bytes());
    }
    bytes.extend((0..N * D).map(|i| (i * i % 251) as u8));
    bytes
}

fn options(scale: Scale) -> LoadOptions {
    LoadOptions { scale, ..LoadOptions::default() }
}

fn all(samples: &dyn Samples) -> Vec<f32> {
    let indices: Vec<u32> = (0..samples.n_samples() as u32).collect();
    let mut values = Values::Bytes(Vec::new());
    samples.read(&indices, &mut values).unwrap();
    values.rows().to_floats()
}

#[test]
fn streaming_any_file_gives_its_samples() {
    let doubles: Vec<u8> = (0..24).flat_map(|i| (f64::from(i) * 0.3).to_le_bytes()).collect();
    let truths: Vec<u8> = (0..24).map(|i| u8::from(i % 3 == 0)).collect();
    let files = [
        #[cfg(feature = "columnar")]
        columns(),
        floats(),
        pictures(),
        gzip(&pictures()),
        npy(&dictionary("<f8", "False", "(6, 4)"), &doubles),
        npy(&dictionary("|b1", "False", "(6, 2, 2)"), &truths),
        npy(&dictionary("|u1", "False", "(2, 2, 2, 3)"), &truths),
    ];
    for (which, bytes) in files.iter().enumerate() {
        let (_folder, source) = saved(bytes);
        for scale in [Scale::None, Scale::Range, Scale::Standard, Scale::PerSample, Scale::Divide(3.0)] {
            let (held, streamed) =
                (load(&source, &options(scale)).unwrap(), stream(&source, &options(scale)).unwrap());
            assert!(all(&streamed) == held.to_floats(), "file {which}, {scale:?}");
            assert_eq!(streamed.preparation(), held.preparation(), "file {which}, {scale:?}");
            assert_eq!(
                (streamed.range(), streamed.image()),
                (held.range(), held.image()),
                "file {which}, {scale:?}"
            );
        }
    }
}

#[test]
fn samples_are_read_in_any_order() {
    let (_folder, source) = saved(&floats());
    let held = load(&source, &options(Scale::None)).unwrap();
    let streamed = stream(&source, &options(Scale::None)).unwrap();
    let mut values = Values::Floats(vec![7.0; 5]);
    streamed.read(&[3, 4, 5, 299, 0, 0, 1], &mut values).unwrap();
    assert_eq!(values.rows().to_floats(), held.select(&[3, 4, 5, 299, 0, 0, 1]).to_floats());
}

/// The order must be a shuffle of all samples.
#[test]
fn streamed_training_gives_the_same_bytes_as_memory() {
    for (bytes, scale) in [
        #[cfg(feature = "columnar")]
        (columns(), Scale::Standard),
        (floats(), Scale::Standard),
        (pictures(), Scale::None),
        (pictures(), Scale::Range),
    ] {
        let (_folder, source) = saved(&bytes);
        let held = load(&source, &options(scale)).unwrap();
        let streamed = stream(&source, &options(scale)).unwrap();
        let corruption = "masking-exact:0.3+gaussian:0.2".parse().unwrap();
        let config = AutoencoderConfig { hidden: 9, emphasis: Some((1.0, 0.5)), ..Default::default() }
            .epochs(3)
            .batch(32)
            .corruption(corruption);
        let [one, other] = [&held as &dyn Samples, &streamed]
            .map(|data| Autoencoder::fit(&config, data, &mut Run::new()).unwrap().to_bytes().unwrap());
        assert_eq!(one, other, "{scale:?}");
        for activation in [Activation::Sigmoid, Activation::Relu] {
            let layer = |hidden| AutoencoderConfig { hidden, activation, ..Default::default() }.epochs(2);
            let [one, other] = [&held as &dyn Samples, &streamed].map(|data| {
                let mut stack = Stack::fit(&[layer(9), layer(7), layer(5)], data, &mut Run::new()).unwrap();
                stack.train_end_to_end(&layer(9), data, &mut Run::new()).unwrap();
                assert_eq!(stack.encode(data).unwrap(), stack.encode(&held).unwrap());
                stack.to_bytes().unwrap()
            });
            assert_eq!(one, other, "{scale:?}, {activation:?}");
        }
    }
}

#[test]
fn codes_come_in_pieces() {
    let (_folder, source) = saved(&floats());
    let streamed = stream(&source, &options(Scale::Standard)).unwrap();
    let model = Autoencoder::fit(
        &AutoencoderConfig { hidden: 9, ..Default::default() }.epochs(1),
        &streamed,
        &mut Run::new(),
    )
    .unwrap();
    let mut codes = Vec::new();
    let mut take = |piece: &[f32]| {
        codes.extend_from_slice(piece);
        Ok(())
    };
    let whole = model.encode(&streamed).unwrap();
    model.encode_each(&streamed, 1, &mut take).unwrap();
    assert_eq!(codes, whole);
}

#[test]
fn an_observer_can_stop_training_while_a_file_is_read() {
    let (_folder, source) = saved(&floats());
    let streamed = stream(&source, &options(Scale::Standard)).unwrap();
    let mut observer = |event: &crate::Event| {
        if matches!(event, crate::Event::Batch { .. }) { Flow::Stop } else { Flow::Continue }
    };
    let config = AutoencoderConfig { hidden: 3, ..Default::default() }.batch(2);
    let model = Autoencoder::fit(&config, &streamed, &mut Run::new().observer(&mut observer)).unwrap();
    assert!(model.history().stopped);
}

#[test]
fn files_that_cannot_be_streamed_are_refused() {
    let problem = |bytes: &[u8]| {
        let (_folder, source) = saved(bytes);
        let error = stream(&source, &LoadOptions::default()).unwrap_err();
        assert!(error.is_wrong_input(), "{error}");
        error.to_string().split_once("x.npy: ").unwrap().1.to_owned()
    };
    let nan: Vec<u8> = [0.0, 1.0, f32::NAN, 3.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let array = |shape: &str, bytes: &[u8]| npy(&dictionary("<f4", "False", shape), bytes);
    assert_eq!(
        problem(&array("(2, 2)", &nan)),
        "row 1, column 0 (from 0) is NaN; replace or drop values that are not finite"
    );
    let n = npy(&dictionary("<f4", "False", "(2, 2)"), &[]).len();
    assert_eq!(
        problem(&array("(2, 2)", &nan[1..])),
        format!("header claims {} bytes, file holds {}", n + 16, n + 15)
    );
    assert_eq!(problem(&array("(2, 1)", &nan)), format!("header claims {} bytes, file holds more", n + 8));
    let damaged = gzip(&pictures());
    assert_eq!(
        problem(&damaged[..damaged.len() / 2]),
        "the compressed data are cut short; get the file again"
    );
    let mut more = pictures();
    more.push(0);
    assert!(problem(&gzip(&more)).ends_with("file holds more"));
    // Also if a single sample is that large.
    for shape in ["(9999999999, 9999999999)", "(3, 9999999999, 9999999999)"] {
        assert!(problem(&array(shape, &nan)).ends_with("more than any file holds"));
    }
    assert!(problem(&array("(4294967296, 1)", &nan)).starts_with("has more than 4294967295 samples"));
    assert!(problem(&array("(0, 4)", &[])).starts_with("holds no samples"));
    assert!(problem(&npy(&dictionary("<f4", "True", "(2, 2)"), &nan)).starts_with("is in Fortran order, so"));
    assert_eq!(problem(b"a,b\n1,2\n"), NO_STREAM);

    let refusal = |source: &str, options| stream(&source.parse().unwrap(), &options).unwrap_err().to_string();
    let built_in =
        "stream: only npy, IDX, Parquet and Arrow files and tables of text can be streamed; leave it out";
    assert_eq!(refusal("strokes", LoadOptions::default()), built_in);
    let all = |option: &str| format!("stream: reads all samples of a source; leave {option} out");
    assert_eq!(refusal("x.npy", LoadOptions { n: Some(3), ..LoadOptions::default() }), all("samples"));
    assert_eq!(refusal("x.npy", LoadOptions { part: Part::Test, ..LoadOptions::default() }), all("part"));
    let patches = LoadOptions { patches: Some(Default::default()), ..LoadOptions::default() };
    assert_eq!(refusal("x.npy", patches), "stream: patches are cut in memory; leave it out");
    let (_folder, source) = saved(&floats());
    let table = TableOptions { label: Some("1".parse().unwrap()), ..TableOptions::default() };
    let error = stream(&source, &LoadOptions { table, ..LoadOptions::default() }).unwrap_err().to_string();
    assert!(
        error.ends_with("x.npy: is not a table; only tables such as CSV or Parquet files have columns"),
        "{error}"
    );
}

#[test]
fn a_shrinking_file_is_an_error() {
    let (folder, source) = saved(&floats());
    let streamed = stream(&source, &options(Scale::Standard)).unwrap();
    let path = folder.path().join("x.npy");
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(2000).unwrap();
    let error =
        Autoencoder::fit(&AutoencoderConfig { hidden: 3, ..Default::default() }, &streamed, &mut Run::new())
            .unwrap_err();
    assert!(error.to_string().ends_with("x.npy: changed while it was read; start again"), "{error}");
}

#[test]
fn a_file_that_is_written_to_is_an_error() {
    let fit = |change: &dyn Fn(&std::fs::File)| {
        let (folder, source) = saved(&floats());
        let streamed = stream(&source, &options(Scale::Standard)).unwrap();
        let file = std::fs::OpenOptions::new().append(true).open(folder.path().join("x.npy")).unwrap();
        let mut n_epochs = 0;
        let mut observer = |event: &crate::Event| {
            if matches!(event, crate::Event::Epoch { .. }) {
                n_epochs += 1;
                if n_epochs == 1 {
                    change(&file);
                }
            }
            Flow::Continue
        };
        let config = AutoencoderConfig { hidden: 3, ..Default::default() }.epochs(2);
        let fitted = Autoencoder::fit(&config, &streamed, &mut Run::new().observer(&mut observer));
        fitted.map(|_| "trained").map_err(|error| error.to_string().rsplit_once('/').unwrap().1.to_owned())
    };
    let changed = Err("x.npy: changed while it was read; start again".to_owned());
    assert_eq!(fit(&|_| ()), Ok("trained"));
    assert_eq!(fit(&|mut file| drop(std::io::Write::write_all(&mut file, b"x"))), changed);
    let touch = |file: &std::fs::File| file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(fit(&touch), changed);
}

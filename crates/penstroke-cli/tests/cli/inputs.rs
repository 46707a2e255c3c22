//! One table of inputs, run through the library and the command line, in memory and streamed; `python/tests/test_inputs.py`
//! runs the same table through the Python package.

use crate::runner::{Run, Runner};
use penstroke::data::{self, Dataset, LoadOptions, Samples, Source, TableOptions, Values};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/inputs").canonicalize().unwrap()
}

fn table() -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(folder().join("table.json")).unwrap()).unwrap()
}

/// A row of the table.
struct Input<'a> {
    row: &'a Value,
    source: String,
    options: Map<String, Value>,
}

impl<'a> Input<'a> {
    fn new(row: &'a Value) -> Self {
        let source = folder().join(row["source"].as_str().unwrap()).to_str().unwrap().to_owned();
        Self { row, source, options: row["options"].as_object().cloned().unwrap_or_default() }
    }

    fn place(&self, face: &str) -> String {
        format!("{} ({face})", self.row["name"].as_str().unwrap())
    }

    /// The options of the library.
    fn load_options(&self) -> LoadOptions {
        let mut options = LoadOptions::default();
        for (name, value) in &self.options {
            let text = value.as_str().unwrap();
            set(&mut options, name, text);
        }
        options
    }

    /// The words of a command line.
    fn words(&self) -> Vec<String> {
        self.options
            .iter()
            .flat_map(|(name, value)| [format!("--{name}"), value.as_str().unwrap().to_owned()])
            .collect()
    }

    /// Checks a message, or what was read, against the row.
    fn check(&self, face: &str, result: Result<(u64, u64, String), String>) {
        let place = self.place(face);
        match (self.row["error"].as_str(), result) {
            (Some(expected), Err(message)) => assert!(message.contains(expected), "{place}: {message}"),
            (Some(_), Ok(_)) => panic!("{place}: is read"),
            (None, Err(message)) => panic!("{place}: {message}"),
            (None, Ok((samples, values, warnings))) => {
                let read = (Some(samples), Some(values));
                assert_eq!(read, (self.row["samples"].as_u64(), self.row["values"].as_u64()), "{place}");
                self.check_warnings(&place, &warnings);
            }
        }
    }

    fn check_warnings(&self, place: &str, warnings: &str) {
        match self.row["warnings"].as_array() {
            None => assert_eq!(warnings, "", "{place}"),
            Some(expected) => {
                // One line for each cause.
                assert_eq!(warnings.lines().count(), expected.len(), "{place}: {warnings}");
                for part in expected {
                    assert!(
                        warnings.contains(part.as_str().unwrap()),
                        "{place}: {part} is not in {warnings:?}"
                    );
                }
            }
        }
    }

    fn check_first(&self, face: &str, data: &dyn Samples) {
        let Some(expected) = self.row["first"].as_array() else { return };
        let mut first = Values::Floats(Vec::new());
        data.read(&[0], &mut first).unwrap();
        let first: Vec<f64> = first.rows().to_floats().iter().map(|&value| f64::from(value)).collect();
        assert_eq!(first.len(), expected.len(), "{}", self.place(face));
        for (value, expected) in first.iter().zip(expected) {
            let expected = expected.as_f64().unwrap();
            // Values are single-precision numbers.
            assert!(
                (value - expected).abs() <= 1e-7 * expected.abs().max(1.0),
                "{}: {first:?}",
                self.place(face)
            );
        }
    }
}

/// Sets an option of the library from the text that the command line takes.
fn set(options: &mut LoadOptions, name: &str, text: &str) {
    let picks = || text.split(',').map(|pick| pick.parse().unwrap()).collect();
    let table: &mut TableOptions = &mut options.table;
    match name {
        "label" => table.label = Some(text.parse().unwrap()),
        "columns" => table.columns = picks(),
        "one-hot" => table.one_hot = picks(),
        "header" => table.header = Some(text == "yes"),
        "missing" => table.missing = penstroke::config::Named::parse(text).unwrap(),
        "na-values" => table.na_values = Some(text.split(',').map(str::to_owned).collect()),
        "decimal" => table.decimal = text.chars().next(),
        "thousands" => table.thousands = text.chars().next(),
        "delimiter" => table.delimiter = Some(if text == "tab" { b'\t' } else { text.as_bytes()[0] }),
        "scale" => options.scale = text.parse().unwrap(),
        "shape" => options.shape = Some(text.parse().unwrap()),
        _ => panic!("{name} is not an option of a source that this test knows"),
    }
}

/// What the library reads: numbers of samples and values, and the warnings.
fn read(data: &dyn Samples, warnings: &[String]) -> (u64, u64, String) {
    let mut warnings = warnings.to_vec();
    warnings.extend(
        data::looks_wrong(data, data::SamplesFor::Train { decoder: None }).iter().map(ToString::to_string),
    );
    (data.n_samples() as u64, data.n_visible() as u64, warnings.join("\n"))
}

#[test]
fn the_library_reads_every_input_of_the_table() {
    for row in &table() {
        let input = Input::new(row);
        let source: Source = input.source.parse().unwrap();
        let loaded: Result<Dataset, _> = data::load(&source, &input.load_options());
        if let Ok(data) = &loaded {
            input.check_first("library", data);
        }
        let loaded = loaded.map(|data| read(&data, data.warnings())).map_err(|error| error.to_string());
        input.check("library", loaded);
        if row["stream"] != false {
            let streamed = data::stream(&source, &input.load_options());
            if let Ok(data) = &streamed {
                input.check_first("library, streamed", data);
            }
            let streamed =
                streamed.map(|data| read(&data, data.warnings())).map_err(|error| error.to_string());
            input.check("library, streamed", streamed);
        }
    }
}

/// Trains on an input; an error must be one line, and leave nothing behind.
fn fit(runner: &Runner, input: &Input, out: &str, stream: &[&str]) -> Result<(u64, u64, String), String> {
    let few = ["--hidden", "2", "--epochs", "1", "--valid", "0", "--json", "--out", out];
    let mut words = vec!["fit".to_owned(), input.source.clone()];
    words.extend(input.words());
    words.extend(few.iter().chain(stream).map(|&word| word.to_owned()));
    let Run { code, stdout, stderr, .. } = runner.command(&words).output().unwrap().into();
    match code {
        0 => {
            let answer: Value = serde_json::from_str(&stdout).unwrap();
            Ok((answer["n_samples"].as_u64().unwrap(), answer["n_visible"].as_u64().unwrap(), stderr))
        }
        _ => {
            assert_eq!((code, stderr.lines().count()), (2, 1), "{}: {stderr}", input.source);
            assert!(!runner.path(out).exists(), "{}: a model is left", input.source);
            Err(stderr)
        }
    }
}

#[test]
fn the_command_line_reads_every_input_of_the_table() {
    for row in &table() {
        let (input, runner) = (Input::new(row), Runner::new());
        input.check("fit", fit(&runner, &input, "model", &[]));
        if row["stream"] != false {
            input.check("fit --stream", fit(&runner, &input, "streamed", &["--stream"]));
            if row["error"].is_null() {
                let model = |name: &str| std::fs::read(runner.path(name)).unwrap();
                assert!(
                    model("model") == model("streamed"),
                    "{}: the models differ",
                    input.place("fit --stream")
                );
            }
        }
    }
}

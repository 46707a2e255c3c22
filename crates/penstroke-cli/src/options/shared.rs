//! What can be typed: the verbs, the options that several share, and the words for their values.

use crate::options::table::{self, TextArgs};
use crate::run::data_dir as place;
use crate::verbs::bench;
use crate::verbs::data;
use crate::verbs::encode;
use crate::verbs::export;
use crate::verbs::filters;
use crate::verbs::finetune;
use crate::verbs::fit;
use crate::verbs::inspect;
use crate::verbs::lecture;
use crate::verbs::manual;
use crate::verbs::predict;
use crate::verbs::probe;
use crate::verbs::reconstruct;
use crate::verbs::search;
use clap::builder::{OsStringValueParser, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Args, Command, CommandFactory, Parser, Subcommand};
use penstroke::config::Named;
use penstroke::data::{Dataset, Labels, LoadOptions, Part, Preparation, Source, TableOptions};
use penstroke::{Corruption, Error, Model};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Denoising autoencoders: learn features by repairing damage, see them, and measure whether they help.
#[derive(Debug, Parser)]
#[command(
    name = "penstroke",
    version,
    arg_required_else_help = true,
    after_help = "A SOURCE is a path (IDX, plain or .gz; .npy; .npz, or .npz:ARRAY; a table: .csv or .tsv, also .gz, Parquet, Arrow IPC; a PNG or JPEG picture \
                  or a folder of them; a folder with MNIST's four files) or a built-in name: strokes (generated digits), leaves (generated scenes), mnist \
                  (looked up in the data folder), and the variations that `penstroke data list` names; or -, npy or a table on \
                  standard input.\n\n\
                  EXAMPLE\n  \
                  penstroke fit strokes --out digits.safetensors\n  \
                  penstroke filters digits.safetensors --out filters.png\n  \
                  penstroke probe strokes --model digits.safetensors\n\n\
                  Exit codes: 0 fine, 1 failed, 2 wrong usage or input, 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Fit(Box<fit::FitArgs>),
    Finetune(Box<finetune::FinetuneArgs>),
    Predict(predict::PredictArgs),
    Encode(encode::EncodeArgs),
    Reconstruct(reconstruct::ReconstructArgs),
    Export(export::ExportArgs),
    Filters(filters::FiltersArgs),
    Probe(probe::ProbeArgs),
    Search(search::SearchArgs),
    Inspect(inspect::InspectArgs),
    Data(data::DataArgs),
    Lecture(lecture::LectureArgs),
    Bench(bench::BenchArgs),
    Completions(manual::CompletionsArgs),
    Man(manual::ManArgs),
}

/// The command line, with the library's defaults in the help.
pub(crate) fn command() -> Command {
    // A fixed width, so that help is the same in every terminal and test.
    Cli::command().term_width(100).mut_subcommands(|verb| {
        let verb = match verb.get_name() {
            "fit" => with_defaults(verb, fit::defaults()),
            "finetune" => with_defaults(verb, finetune::defaults()),
            _ => verb,
        };
        verb.mut_args(|arg| {
            // So that `--learning-rate -1` is a number out of range, not an unknown option -1.
            let is_option = !arg.is_positional() && arg.get_action().takes_values();
            if is_option { arg.allow_negative_numbers(true) } else { arg }
        })
    })
}

/// Where data sets are looked up.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// Folder of the data sets, where mnist and kodak are looked up [default: $PENSTROKE_DATA, else the cache folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// How many threads.
#[derive(Args, Debug)]
pub(crate) struct Threads {
    /// Number of threads, 0 to 1024; 0 is one for each processor; the result does not depend on it [default: 0]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,
}

impl Threads {
    /// Sizes the pool in which data are generated and measured, and gives the number for models.
    pub(crate) fn set(&self) -> usize {
        let threads = self.threads.unwrap_or_default();
        // Fails only where the pool exists already, and then its size changes nothing but the speed.
        drop(rayon::ThreadPoolBuilder::new().num_threads(threads).build_global());
        threads
    }
}

/// Which samples of a source a model is applied to.
#[derive(Args, Debug)]
pub(crate) struct Samples {
    /// Number of samples, at least 1, drawn at random if the source holds more [default: all; strokes: 60000, or
    /// 10000 of the test part; patches: 50000, or 10000]
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) samples: Option<usize>,
    /// Part of the source; variations alone have valid
    #[arg(long, value_name = "PART", default_value = "train", value_parser = part())]
    pub(crate) part: Part,
    /// Seed of generators, of drawn samples and of the places of patches [default: the model's]
    #[arg(long, value_name = "N", value_parser = seed)]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    pub(crate) place: Place,
}

impl Samples {
    /// The samples for a model of this `seed`, prepared as its own were.
    ///
    /// Whoever names the column of the labels needs them: there [`Labels::IfKnown`] becomes [`Labels::Needed`].
    pub(crate) fn prepared(self, preparation: &Preparation, seed: u64, labels: Labels) -> LoadOptions {
        let table = self.text.options();
        let labels = if labels == Labels::IfKnown && table.label.is_some() { Labels::Needed } else { labels };
        LoadOptions {
            data_dir: place::data_dir(self.place.data_dir),
            part: self.part,
            n: self.samples,
            seed: self.seed.unwrap_or(seed),
            table: TableOptions { labels, ..table },
            like: Some(preparation.clone()),
            ..LoadOptions::default()
        }
    }
}

/// A verb whose options tell their defaults.
fn with_defaults(command: Command, defaults: Vec<(&'static str, String)>) -> Command {
    defaults.into_iter().fold(command, |command, (id, default)| {
        command.mut_arg(id, |arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            arg.help(format!("{help} [default: {default}]"))
        })
    })
}

/// The hidden layer that is meant, counted from 1, and its units.
pub(crate) fn layer(said: Option<usize>, model: &Model) -> penstroke::Result<(usize, usize)> {
    let hidden = model.n_hidden();
    let layer = said.unwrap_or(hidden.len());
    match layer.checked_sub(1).and_then(|k| hidden.get(k)) {
        Some(&units) => Ok((layer, units)),
        None => Err(Error::input(
            "layer",
            format!("{layer} is none of the model's layers, 1 to {}", hidden.len()),
        )),
    }
}

/// Samples with labels.
pub(crate) fn labelled(source: &Source, options: &LoadOptions) -> penstroke::Result<Dataset> {
    let data = table::read(source, options)?;
    if data.labels().is_some() {
        return Ok(data);
    }
    let problem = "has no labels; strokes, mnist, variations, a folder with MNIST's files or one of class folders have some, \
                   and a table has with --label COLUMN";
    Err(Error::input(source.to_string(), problem))
}

/// A path or a built-in name.
pub(crate) fn source() -> impl TypedValueParser<Value = Source> {
    OsStringValueParser::new().try_map(|text: OsString| match text.to_str() {
        Some(text) => text.parse::<Source>(),
        None => Ok(Source::Path(text.into())),
    })
}

/// One of the words for a choice of the library.
pub(crate) fn named<T: Named + Send + Sync>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(T::ALL.iter().map(|(word, _)| *word)).try_map(|word| T::parse(&word))
}

/// `masking:0.25` and the like.
pub(crate) fn corruption() -> impl TypedValueParser<Value = Corruption> {
    StringValueParser::new().try_map(|text| text.parse::<Corruption>())
}

/// The words for parts.
pub(crate) const PARTS: [(&str, Part); 3] =
    [("train", Part::Train), ("valid", Part::Valid), ("test", Part::Test)];

pub(crate) fn part() -> impl TypedValueParser<Value = Part> {
    one_of(&PARTS)
}

/// The parts that a model is judged or chosen by.
pub(crate) fn judging_part() -> impl TypedValueParser<Value = Part> {
    one_of(&PARTS[1..])
}

fn one_of(parts: &'static [(&'static str, Part)]) -> impl TypedValueParser<Value = Part> {
    PossibleValuesParser::new(parts.iter().map(|(word, _)| *word))
        .map(|word| parts.iter().find(|(known, _)| *known == word).map_or(Part::Train, |(_, part)| *part))
}

pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let seconds = ["s", "m", "h"].iter().zip([1.0, 60.0, 3600.0]).find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    seconds.ok_or_else(|| format!("{text:?} is no time; examples are 90s, 10m and 2h"))
}

pub(crate) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is no whole number of 0 or more"))
}

pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is no whole number of 0 to {}", u64::MAX))
}

pub(crate) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 0..=1024) => Ok(threads),
        _ => Err(format!("{text:?} is no whole number of 0 to 1024")),
    }
}

/// Two weights, `1,0.5`.
pub(crate) fn emphasis(text: &str) -> Result<(f64, f64), String> {
    let weights = text
        .split_once(',')
        .and_then(|(corrupted, rest)| Some((corrupted.trim().parse().ok()?, rest.trim().parse().ok()?)));
    weights.ok_or_else(|| format!("{text:?} is no pair of weights; an example is 1,0.5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, seconds) in [("90s", 90.0), ("10m", 600.0), ("0.5h", 1800.0)] {
            assert_eq!(time(text), Ok(Duration::from_secs_f64(seconds)));
        }
        for text in ["", "10", "m", "-3s", "1e400h", "10 min"] {
            assert!(time(text).unwrap_err().contains("examples are 90s, 10m and 2h"), "{text}");
        }
    }
}

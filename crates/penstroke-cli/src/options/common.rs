//! Options of several verbs: samples, seed, threads, the data folder, and how much is printed.

use super::schema::SchemaArgs;
use super::shape::ShapeArg;
use super::table::TextArgs;
use super::values;
use crate::run::data_dir;
use crate::run::progress::Verbosity;
use clap::Args;
use penstroke::data::{Labels, LoadOptions, Part, Preparation, SchemaOptions, TableOptions};
use penstroke::{Error, Model};
use std::path::PathBuf;

/// The folder of named data sets.
#[derive(Args, Clone, Debug)]
pub(crate) struct DataDirArg {
    /// Folder of the data sets mnist and kodak [default: $PENSTROKE_DATA, else the cache folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
}

impl DataDirArg {
    /// The data folder, which may not exist.
    pub(crate) fn folder(&self) -> PathBuf {
        data_dir::data_dir(self.data_dir.clone())
    }
}

/// The number of threads.
#[derive(Args, Clone, Debug)]
pub(crate) struct ThreadsArg {
    /// Number of threads, 0 to 1024; 0 uses one per processor. The result does not depend on it [default: 0]
    #[arg(long, value_name = "N", value_parser = values::threads)]
    pub(crate) threads: Option<usize>,
}

impl ThreadsArg {
    /// Sets up the thread pool for generating and measuring data, and returns the number of threads for models.
    pub(crate) fn set(&self) -> usize {
        let threads = self.threads.unwrap_or_default();
        // This only fails if the pool exists already, which affects only speed.
        drop(rayon::ThreadPoolBuilder::new().num_threads(threads).build_global());
        threads
    }
}

/// The number of samples.
#[derive(Args, Clone, Debug)]
pub(crate) struct SamplesArg {
    /// Number of samples, at least 1, drawn at random if the source has more [default: all; 60000 of strokes, or 10000 of
    /// its test part; 50000 patches, or 10000]
    #[arg(long, value_name = "N", value_parser = values::count, help_heading = "Data")]
    pub(crate) samples: Option<usize>,
}

/// The seed.
#[derive(Args, Clone, Debug)]
pub(crate) struct SeedArg {
    /// Seed for all random numbers, at least 0
    #[arg(long, value_name = "N", value_parser = values::seed)]
    pub(crate) seed: Option<u64>,
}

/// A hidden layer of a model.
#[derive(Args, Clone, Debug)]
pub(crate) struct LayerArg {
    /// The hidden layer whose code is used, counted from 1 [default: the last]
    #[arg(long, value_name = "K", value_parser = values::count)]
    pub(crate) layer: Option<usize>,
}

impl LayerArg {
    /// The layer, counted from 1, and its number of units.
    pub(crate) fn of(&self, model: &dyn Model) -> penstroke::Result<(usize, usize)> {
        let hidden = model.widths();
        let layer = self.layer.unwrap_or(hidden.len());
        match layer.checked_sub(1).and_then(|k| hidden.get(k)) {
            Some(&units) => Ok((layer, units)),
            None => Err(Error::option(
                "layer",
                format!("{layer} is not one of the model's layers, 1 to {}", hidden.len()),
            )),
        }
    }
}

/// How much is printed while working.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct VerbosityArgs {
    /// Print only errors
    #[arg(long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print a line for each epoch or step to standard error instead of a progress bar
    #[arg(long)]
    verbose: bool,
}

impl VerbosityArgs {
    pub(crate) fn verbosity(self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Lines,
            _ => Verbosity::Bars,
        }
    }
}

/// Which samples of a source the model is applied to.
#[derive(Args, Debug)]
pub(crate) struct SampleArgs {
    #[command(flatten)]
    samples: SamplesArg,
    /// Part of the source; only the variations have a valid part
    #[arg(long, value_name = "PART", default_value = "train", value_parser = values::part(), help_heading = "Data")]
    part: Part,
    #[command(flatten)]
    seed: SeedArg,
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    shape: ShapeArg,
    #[command(flatten)]
    data_dir: DataDirArg,
}

impl SampleArgs {
    /// The names of the given options for samples of numbers.
    pub(crate) fn given_of_samples(&self) -> impl Iterator<Item = &'static str> {
        let options = [
            ("--samples", self.samples.samples.is_some()),
            ("--part", self.part != Part::Train),
            ("--seed", self.seed.seed.is_some()),
            ("--shape", self.shape.shape.is_some()),
            ("--label", self.text.options().label.is_some()),
        ];
        options.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option)
    }

    /// How the text of a table is read.
    pub(crate) fn schema_options(&self) -> SchemaOptions {
        SchemaArgs::default().options(&self.text.options())
    }

    /// How to load samples for a model with this `seed`, prepared like its training samples.
    ///
    /// A label column makes labels mandatory: [`Labels::IfKnown`] becomes [`Labels::Needed`].
    pub(crate) fn prepared(self, preparation: &Preparation, seed: u64, labels: Labels) -> LoadOptions {
        let table = self.text.options();
        let labels = if labels == Labels::IfKnown && table.label.is_some() { Labels::Needed } else { labels };
        LoadOptions {
            data_dir: self.data_dir.folder(),
            part: self.part,
            n: self.samples.samples,
            seed: self.seed.seed.unwrap_or(seed),
            shape: self.shape.shape,
            table: TableOptions { labels, ..table },
            like: Some(preparation.clone()),
            ..LoadOptions::default()
        }
    }
}

//! The options of `penstroke finetune` and the configurations they make.

use crate::options::checkpoints::CheckpointArgs;
use crate::options::common::{DataDirArg, SamplesArg, ThreadsArg, VerbosityArgs};
use crate::options::file::ConfigFile;
use crate::options::shape::ShapeArg;
use crate::options::supervised::SupervisedArgs;
use crate::options::table::TableArgs;
use crate::options::training::{ActivationArg, check_lists};
use crate::options::values::{self, count, parsed};
use crate::run::failure::{Failure, Result};
use crate::run::shell::{shell_word, source_word};
use clap::Args;
use penstroke::data::{Source, TargetsIn};
use penstroke::model::ModelOutput;
use penstroke::{AutoencoderConfig, Classifier, Corruption, Error, Model, Regressor, SupervisedConfig};
use std::path::{Path, PathBuf};

/// Train a classifier, or with --targets a regressor, by putting an output layer on a model and training all layers
///
/// --from starts from a model that penstroke fit has trained without labels. --layers starts from scratch, or with --pretrain
/// from a stack that is trained first, on all samples, with and without labels. A share of the labelled samples is set aside
/// (--valid), and the weights of the epoch with the fewest errors on it are kept. The error on the test part is measured once,
/// at the end.
///
/// --targets trains a regressor, which predicts real values: columns of the SOURCE's table, or a file with one row for each sample
/// of the SOURCE in the same order. It needs no labels. The epoch with the lowest squared error on the samples set aside is kept,
/// and its RMSE and R² on them are printed.
///
/// Ctrl-C, SIGTERM and SIGHUP stop after the current batch and save the best epoch so far; a second Ctrl-C quits at once.
#[derive(Args, Debug)]
#[command(mut_arg("activation", |arg| arg.requires("layers")))]
#[command(after_help = "EXAMPLE\n  \
    penstroke fit strokes --layers 300,300 --out stack.safetensors\n  \
    penstroke finetune strokes --from stack.safetensors --out classifier.safetensors\n  \
    penstroke finetune strokes --layers 300,300 --labels 100 --pretrain 15 --out few.safetensors\n  \
    penstroke finetune x.npy --targets y.npy --layers 300,300 --out regressor.safetensors\n  \
    penstroke finetune houses.csv --targets price --layers 50 --out prices.safetensors")]
pub(crate) struct FinetuneArgs {
    /// Labelled samples, or with --targets any samples: strokes, mnist, a variation (`penstroke data list`), a folder with MNIST's
    /// four files, a folder of class folders of pictures, or a table with --label
    #[arg(value_parser = values::source())]
    pub(super) source: Source,
    /// The model file to write, in the safetensors format
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// The autoencoder or stack to start from, or a classifier or regressor to continue, whose configuration becomes the default
    /// of all options
    #[arg(long, value_name = "MODEL", required_unless_present = "layers", conflicts_with = "layers")]
    pub(super) from: Option<PathBuf>,
    /// Start without a model: the number of hidden units of each layer, from the input upwards, each at least 1
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = count, help_heading = "Model")]
    layers: Vec<usize>,
    #[command(flatten)]
    activation: ActivationArg,
    /// First train the layers one after the other for this many epochs, without labels; 0 trains from scratch [default: 0]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Model", requires = "layers")]
    pub(super) pretrain: Option<usize>,
    /// Corruption of the input of each layer for --pretrain, one for all layers or one for each [default: masking:0.25]
    #[arg(long, value_name = "KIND:X,..", value_delimiter = ',', value_parser = parsed::<Corruption>(),
          help_heading = "Model", requires = "pretrain")]
    pretrain_corruption: Vec<Corruption>,
    /// Predict these values: columns of the SOURCE by names or numbers from 1, which are left out of its values, or a file: .npy of
    /// shape (samples) or (samples, targets), or a table [default: predict classes]
    #[arg(long, value_name = "COLUMN,..|FILE", help_heading = "Data",
          conflicts_with_all = ["labels", "draw", "label_smoothing", "class_weight", "samples"])]
    pub(super) targets: Option<PathBuf>,
    /// Factors of the samples' losses in fine-tuning and validation: an .npy file with a number of at least 0 for each sample of the
    /// SOURCE, in their order. Only ratios matter; 2 counts as two copies, 0 as a sample that is not there
    #[arg(long, value_name = "FILE", help_heading = "Data", conflicts_with = "samples")]
    pub(super) sample_weights: Option<PathBuf>,
    /// Measure the error at the end on these samples, with --targets on those of --test-targets [default: the test part of the
    /// SOURCE, if it has one]
    #[arg(long, value_name = "SOURCE", value_parser = values::source(), help_heading = "Data")]
    pub(super) test: Option<Source>,
    /// The targets of the samples of --test, as in --targets
    #[arg(long, value_name = "FILE", help_heading = "Data", requires = "test")]
    pub(super) test_targets: Option<PathBuf>,
    /// Use only this many labels, evenly from the classes; --pretrain uses all samples [default: all]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Data")]
    pub(super) labels: Option<usize>,
    /// Number of the random choice of --labels, at least 0
    #[arg(long, value_name = "N", default_value = "0", value_parser = draw, help_heading = "Data")]
    pub(super) draw: u32,
    #[command(flatten)]
    pub(super) samples: SamplesArg,
    /// Read samples of an .npy, IDX, Parquet or Arrow file, a table of text or a folder of Parquet files while training, not all at
    /// once: for data larger than memory. The model is the same
    #[arg(long, help_heading = "Data")]
    pub(super) stream: bool,
    #[command(flatten)]
    training: SupervisedArgs,
    #[command(flatten)]
    pub(super) checkpoints: CheckpointArgs,
    #[command(flatten)]
    config_file: ConfigFile,
    #[command(flatten)]
    pub(super) table: TableArgs,
    #[command(flatten)]
    pub(super) shape: ShapeArg,
    #[command(flatten)]
    pub(super) data_dir: DataDirArg,
    #[command(flatten)]
    pub(super) threads: ThreadsArg,
    #[command(flatten)]
    pub(super) verbosity: VerbosityArgs,
    /// Print a summary as JSON
    #[arg(long)]
    pub(super) json: bool,
}

fn draw(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number from 0 to {}", u32::MAX))
}

impl FinetuneArgs {
    /// Input files, which must not be overwritten.
    pub(super) fn inputs(&self) -> [Option<&Path>; 6] {
        [
            self.source.path(),
            self.targets.as_deref(),
            self.config_file.config.as_deref(),
            self.sample_weights.as_deref(),
            self.test.as_ref().and_then(Source::path),
            self.test_targets.as_deref(),
        ]
    }

    /// Checks options that need each other.
    pub(super) fn check_test(&self) -> Result<()> {
        let is_file = |targets: &PathBuf| {
            !matches!(targets.to_str().map(TargetsIn::parse), Some(Ok(TargetsIn::Columns(_))))
        };
        match (&self.test, &self.targets, &self.test_targets) {
            // Columns of the source are columns of the test source as well.
            (Some(_), Some(targets), None) if is_file(targets) => {
                let problem = "needs the targets of its samples";
                Err(Error::option("test", problem).with("test_targets", "name their file").into())
            }
            (_, None, Some(_)) => Err(Error::option("test_targets", "belong to a regressor")
                .with("targets", "train one")
                .into()),
            _ => Ok(()),
        }
    }

    pub(super) fn config(&self, start: Option<&dyn Model>) -> Result<SupervisedConfig> {
        check_lists(&self.training.training.lists(), 1)?;
        let classes = start.and_then(|model| model.downcast_ref().map(Classifier::config));
        let values = start.and_then(|model| model.downcast_ref().map(Regressor::config));
        let mut config = classes.or(values).cloned().unwrap_or_default();
        self.training.change(&mut config)?;
        config.training.threads = self.threads.threads.unwrap_or_default();
        config.check()?;
        Ok(config)
    }

    /// Checks that the model to start from can learn classes or values, as asked.
    pub(super) fn check_start(&self, start: Option<&dyn Model>) -> Result<()> {
        let Some(model) = start else { return Ok(()) };
        match (model.output(), &self.targets) {
            (ModelOutput::Classes(_), Some(_)) | (ModelOutput::Values(_), None) => {
                Err(self.refuse_start(model))
            }
            (_, Some(_)) if model.preparation().patches.is_some() => {
                let problem = "belong to whole samples, but the model was trained on patches of them";
                Err(Error::option("targets", problem).into())
            }
            _ => Ok(()),
        }
    }

    /// The error for a model that predicts the other kind of answers.
    pub(super) fn refuse_start(&self, model: &dyn Model) -> Failure {
        let (needed, way_out) = match self.targets {
            Some(_) => (
                "an autoencoder, a stack or a regressor",
                "leave out --targets to continue with a classifier",
            ),
            None => {
                ("an autoencoder, a stack or a classifier", "give --targets to continue with a regressor")
            }
        };
        let from = self.from.as_deref().unwrap_or(&self.out);
        model.needed(from, needed, way_out).into()
    }

    /// The layers of a stack that is created here; empty with --from.
    pub(super) fn layer_configs(&self, config: &SupervisedConfig) -> Result<Vec<AutoencoderConfig>> {
        let n = self.pretrain_corruption.len();
        let activations = self.activation.activation.len();
        check_lists(&[("pretrain_corruption", n), ("activation", activations)], self.layers.len())?;
        let layer = |(k, &hidden): (usize, &usize)| {
            let usual = AutoencoderConfig::default();
            let of = |count: usize| if count == 1 { 0 } else { k };
            let corruption = self.pretrain_corruption.get(of(n)).cloned();
            let layer = AutoencoderConfig {
                hidden,
                activation: self
                    .activation
                    .activation
                    .get(of(activations))
                    .copied()
                    .unwrap_or(usual.activation),
                ..usual
            };
            let corruption = corruption.unwrap_or_else(|| layer.training.corruption.clone());
            let mut layer = layer
                .corruption(corruption)
                .valid(0.0)
                .seed(config.training.seed)
                .threads(config.training.threads)
                .instructions(config.training.instructions)
                .precision(config.training.precision);
            layer.training.epochs = self.pretrain.filter(|&epochs| epochs > 0);
            layer.check().map_err(|error| error.in_layer(k))?;
            Ok(layer)
        };
        self.layers.iter().enumerate().map(layer).collect()
    }

    /// The command that trains the remaining epochs.
    pub(super) fn how_to_continue(&self, done: usize, epochs: usize) -> String {
        let out = shell_word(&self.out.display().to_string());
        let mut command = format!("penstroke finetune {}", source_word(&self.source));
        if let Some(n) = self.samples.samples {
            command += &format!(" --samples {n}");
        }
        if self.stream {
            command += " --stream";
        }
        if let Some(targets) = &self.targets {
            command += &format!(" --targets {}", shell_word(&targets.display().to_string()));
        }
        for (option, file) in [("sample-weights", &self.sample_weights), ("test-targets", &self.test_targets)]
        {
            if let Some(file) = file {
                command += &format!(" --{option} {}", shell_word(&file.display().to_string()));
            }
        }
        if let Some(test) = &self.test {
            command += &format!(" --test {}", source_word(test));
        }
        if let Some(n) = self.labels {
            command += &format!(" --labels {n} --draw {}", self.draw);
        }
        command += &self.table.text().words();
        command += &self.shape.words();
        if let Some(folder) = &self.data_dir.data_dir {
            command += &format!(" --data-dir {}", shell_word(&folder.display().to_string()));
        }
        if let Some(threads) = self.threads.threads {
            command += &format!(" --threads {threads}");
        }
        if let Some(instructions) = self.training.training.step.instructions {
            command += &format!(" --instructions {}", instructions.name());
        }
        let left = epochs.saturating_sub(done).max(1);
        format!(
            "interrupted: {done} of {epochs} epochs are done and saved; to continue: {command} --from {out} --out {out} --epochs {left}"
        )
    }
}

//! `penstroke finetune`: trains a classifier or a regressor on a stack, or from scratch.

mod classes;
mod values;

use crate::options::checkpoints::{Keeping, Kept};
use crate::options::file::{ConfigFile, Resolved, TOML};
use crate::options::shared::{self as args, Place, Threads};
use crate::options::supervised::{self as options, FineTuningArgs};
use crate::options::table::TableArgs;
use crate::run::data_dir as place;
use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use crate::run::output::OutputFile;
use crate::run::progress::{Telling, Training};
use crate::run::shell::shell_word;
use clap::Args;
use penstroke::data::{Dataset, LoadOptions, Part, Source};
use penstroke::{AutoencoderConfig, Corruption, Error, History, Model, Stack, SupervisedConfig};
use std::path::PathBuf;

/// Train a classifier of labelled samples: a model's encoders under a softmax layer, all of them trained; or with --targets a
/// regressor, under a linear layer
///
/// --from begins with a model that penstroke fit has trained without labels; --layers begins from scratch, or with
/// --pretrain as a stack that is trained first, on all samples, with and without labels. Of the labelled samples a share is
/// set aside (--valid), and of the epochs of this training the weights of the one with the fewest errors on it are kept. The
/// error on the test part is measured once, at the end.
///
/// --targets FILE trains a regressor instead, which predicts real values: an .npy file of numbers, (samples) or (samples,
/// targets), a row for each of the SOURCE's samples in their order. It needs no labels; the epoch of the lowest squared error on
/// the samples set aside is kept, and its RMSE and R² on them are printed; their mean would reach an R² of 0.
///
/// Ctrl-C stops after the running batch and saves the best epoch until then; a second one quits at once.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke fit strokes --layers 300,300 --out stack.safetensors\n  \
    penstroke finetune strokes --from stack.safetensors --out classifier.safetensors\n  \
    penstroke finetune strokes --layers 300,300 --labels 100 --pretrain 15 --out few.safetensors\n  \
    penstroke finetune x.npy --targets y.npy --layers 300,300 --out regressor.safetensors")]
pub(crate) struct FinetuneArgs {
    /// Labelled samples, or with --targets any: strokes, mnist, a variation (`penstroke data list`), a folder with MNIST's
    /// four files, or a folder of class folders of pictures
    #[arg(value_parser = args::source())]
    source: Source,
    /// The model file to write, in the safetensors format
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The autoencoder or stack to begin with, or a classifier or regressor to go on with, whose configuration is then the
    /// default of all options
    #[arg(long, value_name = "MODEL", required_unless_present = "layers", conflicts_with = "layers")]
    from: Option<PathBuf>,
    /// Begin without a model: the hidden units of each layer, from the input upwards, each at least 1
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = args::count, help_heading = "Model")]
    layers: Vec<usize>,
    /// Train the layers one after the other for so many epochs first, without labels; 0 is training from scratch
    /// [default: 0]
    #[arg(long, value_name = "N", value_parser = args::count, help_heading = "Model", requires = "layers")]
    pretrain: Option<usize>,
    /// Damage to the input of each layer of --pretrain, one for all or one for each [default: masking:0.25]
    #[arg(long, value_name = "KIND:X,..", value_delimiter = ',', value_parser = args::corruption(),
          help_heading = "Model", requires = "pretrain")]
    pretrain_corruption: Vec<Corruption>,
    /// Predict these values of the samples, an .npy file of numbers of shape (samples) or (samples, targets)
    /// [default: name classes]
    #[arg(long, value_name = "FILE", help_heading = "Data", conflicts_with_all = ["labels", "draw", "label_smoothing", "samples"])]
    targets: Option<PathBuf>,
    /// Learn from so few labels, evenly from the classes; --pretrain uses all samples [default: all]
    #[arg(long, value_name = "N", value_parser = args::count, help_heading = "Data")]
    labels: Option<usize>,
    /// Which of the possible choices of --labels
    #[arg(long, value_name = "N", default_value = "0", value_parser = draw, help_heading = "Data")]
    draw: u32,
    /// Number of samples, at least 1, drawn at random if the source holds more [default: all; strokes: 60000]
    #[arg(long, value_name = "N", value_parser = args::count, help_heading = "Data")]
    samples: Option<usize>,
    #[command(flatten)]
    training: FineTuningArgs,
    #[command(flatten)]
    keeping: Keeping,
    #[command(flatten)]
    config_file: ConfigFile,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    threads: Threads,
    /// Tell nothing but errors
    #[arg(long, conflicts_with = "verbose")]
    quiet: bool,
    /// Tell losses and errors of every epoch, a line each, on standard error, instead of a progress bar
    #[arg(long)]
    verbose: bool,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
}

fn draw(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text:?} is no whole number of 0 to {}", u32::MAX))
}

/// The library's defaults, by the ids of the options.
pub(crate) fn defaults() -> Vec<(&'static str, String)> {
    options::defaults()
}

pub(crate) fn run(args: FinetuneArgs, resolved: &Resolved) -> Result<()> {
    let telling = match (args.quiet, args.verbose) {
        (true, _) => Telling::Quiet,
        (_, true) => Telling::Lines,
        _ => Telling::Bars,
    };
    // Mistakes in numbers come before those in files; a classifier's own configuration is not known yet.
    if args.from.is_none() {
        args.config(None)?;
    }
    args.threads.set();
    let inputs = [args.source.path(), args.targets.as_deref(), args.config_file.config.as_deref()];
    let out = OutputFile::open_model(&args.out)?.apart_from(inputs)?;
    Resolved::check(out.beside_it(TOML).as_deref())?;
    let start = args.from.as_ref().map(Model::load).transpose()?;
    args.check_start(start.as_ref())?;
    let config = args.config(start.as_ref())?;
    let layers = args.layer_configs(&config)?;
    let work = Work { args: &args, telling, config, layers, resolved };
    match &args.targets {
        None => classes::run(&work, start, out),
        Some(path) => values::run(&work, start, out, path),
    }
}

/// What is to be done.
struct Work<'a> {
    args: &'a FinetuneArgs,
    telling: Telling,
    config: SupervisedConfig,
    /// Of a stack that begins here.
    layers: Vec<AutoencoderConfig>,
    resolved: &'a Resolved,
}

impl Work<'_> {
    /// What to load of the source.
    fn load_options(&self, start: Option<&Model>) -> Result<LoadOptions> {
        let like = start.map(Model::preparation);
        let (table, scale) = self.args.table.options(like)?;
        Ok(LoadOptions {
            data_dir: place::data_dir(self.args.place.data_dir.clone()),
            part: Part::Train,
            n: self.args.samples,
            seed: self.config.training.seed,
            table,
            scale,
            like: like.cloned(),
            ..LoadOptions::default()
        })
    }

    /// Opens what is written while training.
    fn open_kept(&self, data: &Dataset) -> Result<Kept> {
        let FinetuneArgs { source, from, targets, config_file, out, keeping, .. } = self.args;
        let inputs = [source.path(), from.as_deref(), targets.as_deref(), config_file.config.as_deref()];
        keeping.open(data, &inputs, out)
    }

    /// The stack to put a layer on: one that was trained before, is trained now, or is not trained.
    fn stack(&self, start: Option<Model>, all: &Dataset, progress: &mut Training) -> Result<Stack> {
        match start {
            Some(Model::Stack(stack)) => Ok(stack),
            Some(Model::Autoencoder(layer)) => Ok(layer.into()),
            Some(other @ (Model::Classifier(_) | Model::Regressor(_))) => Err(self.args.refuse_start(&other)),
            None if self.args.pretrain.unwrap_or_default() > 0 => {
                Ok(Stack::fit(&self.layers, all, progress)?)
            }
            None => Ok(Stack::initial(&self.layers, all)?),
        }
    }

    /// Ends the command if Ctrl-C came so early.
    fn begin(&self, progress: &mut Training, error: fn(f64) -> String) -> Result<()> {
        progress.tuning(error);
        if interrupt::stopped() {
            self.args.keeping.end_if_stopped(true)?;
            let message =
                "interrupted before fine-tuning began; nothing is saved, the same command begins again";
            return Err(Failure::Interrupted(message.into()));
        }
        Ok(())
    }

    /// How the command ends once everything is saved, having begun with a history of `n_before` epochs.
    fn end(&self, history: &History, n_before: usize) -> Result<()> {
        if !history.stopped {
            return Ok(());
        }
        let done = history.train_loss.len() - n_before;
        Err(Failure::Interrupted(self.args.way_on(done, self.config.training.epochs)))
    }
}

/// The epoch whose weights are kept, and the error that chose it. Errors of earlier trainings may be missing, never those of the
/// latest.
fn best(history: &History) -> Option<(usize, f64)> {
    let best = history.best_epoch?;
    let since = history.train_loss.len() - best;
    Some((best, *history.valid_error.iter().rev().nth(since)?))
}

/// Counts of units, from the input upwards, for people.
fn units(n_hidden: &[usize]) -> String {
    n_hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl FinetuneArgs {
    fn config(&self, start: Option<&Model>) -> Result<SupervisedConfig> {
        let mut config = match start {
            Some(Model::Classifier(model)) => model.config().clone(),
            Some(Model::Regressor(model)) => model.config().clone(),
            _ => SupervisedConfig::default(),
        };
        self.training.change(&mut config)?;
        config.training.threads = self.threads.threads.unwrap_or_default();
        config.check()?;
        Ok(config)
    }

    /// Whether the model to begin with can learn what is to be learned.
    fn check_start(&self, start: Option<&Model>) -> Result<()> {
        match (start, &self.targets) {
            (Some(model @ Model::Classifier(_)), Some(_)) | (Some(model @ Model::Regressor(_)), None) => {
                Err(self.refuse_start(model))
            }
            (Some(model), Some(_)) if model.preparation().patches.is_some() => {
                let problem = "belong to whole samples, but the model learned from patches cut out of them";
                Err(Error::input("targets", problem).into())
            }
            _ => Ok(()),
        }
    }

    /// What to say of a model that has learned something of the other kind.
    fn refuse_start(&self, model: &Model) -> Failure {
        let (needed, way_out) = match self.targets {
            Some(_) => {
                ("an autoencoder, a stack or a regressor", "leave out --targets to go on with a classifier")
            }
            None => ("an autoencoder, a stack or a classifier", "give --targets to go on with a regressor"),
        };
        let from = self.from.as_deref().unwrap_or(&self.out);
        model.needed(from, needed, way_out).into()
    }

    /// What to type to train the epochs that are missing.
    fn way_on(&self, done: usize, epochs: usize) -> String {
        let out = shell_word(&self.out.display().to_string());
        let mut command = format!("penstroke finetune {}", shell_word(&self.source.to_string()));
        if let Some(n) = self.samples {
            command += &format!(" --samples {n}");
        }
        if let Some(targets) = &self.targets {
            command += &format!(" --targets {}", shell_word(&targets.display().to_string()));
        }
        if let Some(n) = self.labels {
            command += &format!(" --labels {n} --draw {}", self.draw);
        }
        command += &self.table.text().words();
        if let Some(folder) = &self.place.data_dir {
            command += &format!(" --data-dir {}", shell_word(&folder.display().to_string()));
        }
        if let Some(threads) = self.threads.threads {
            command += &format!(" --threads {threads}");
        }
        let left = epochs.saturating_sub(done).max(1);
        format!(
            "interrupted: {done} of {epochs} epochs are done and saved; to go on: {command} --from {out} --out {out} --epochs {left}"
        )
    }

    /// The layers of a stack that begins here; none with --from.
    fn layer_configs(&self, tuning: &SupervisedConfig) -> Result<Vec<AutoencoderConfig>> {
        let n = self.pretrain_corruption.len();
        if n > 1 && n != self.layers.len() {
            let problem = format!("{n} values for {} layers; give one, or one for each", self.layers.len());
            return Err(Error::input("pretrain-corruption", problem).into());
        }
        let config = |(k, &hidden): (usize, &usize)| {
            let mut config = AutoencoderConfig { hidden, ..Default::default() }
                .epochs(self.pretrain.unwrap_or_default().max(1))
                .valid(0.0)
                .seed(tuning.training.seed)
                .threads(tuning.training.threads)
                .precision(tuning.training.precision);
            if let Some(activation) = self.training.activation {
                config.activation = activation;
            }
            if let Some(corruption) = self.pretrain_corruption.get(if n == 1 { 0 } else { k }) {
                config.training.corruption = corruption.clone();
            }
            config.check().map_err(|error| match error {
                Error::Input { place, problem, .. } => {
                    Error::input(format!("layer {}: {place}", k + 1), problem)
                }
                error => error.in_layer(k),
            })?;
            Ok(config)
        };
        self.layers.iter().enumerate().map(config).collect()
    }
}

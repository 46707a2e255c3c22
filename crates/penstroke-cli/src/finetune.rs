//! `penstroke finetune`: trains a classifier on a stack, or from scratch.

mod options;

use crate::args::{self, Place, Threads};
use crate::failure::{Failure, Result};
use crate::output::{self, OutputFile};
use crate::progress::{Telling, Training, spinner};
use crate::shell::shell_word;
use crate::table::{self, TableArgs};
use crate::{interrupt, place};
use clap::{Args, Command};
use options::FineTuningArgs;
use penstroke::data::{Dataset, LoadOptions, Part, Source, has_part, subset_per_class};
use penstroke::eval::ErrorRate;
use penstroke::{Classifier, Config, Corruption, Error, FineTuning, Model, Stack};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;

/// Train a classifier of labelled samples: a model's encoders under a softmax layer, all of them trained
///
/// --from begins with a model that penstroke fit has trained without labels; --layers begins from scratch, or with
/// --pretrain as a stack that is trained first, on all samples, with and without labels. Of the labelled samples a share is set
/// aside (--valid), and of the epochs of this training the weights of the one with the fewest errors on it are kept. The error on the test part is
/// measured once, at the end.
///
/// Ctrl-C stops after the running batch and saves the best epoch until then; a second one quits at once.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke fit strokes --layers 300,300 --out stack.safetensors\n  \
    penstroke finetune strokes --from stack.safetensors --out classifier.safetensors\n  \
    penstroke finetune strokes --layers 300,300 --labels 100 --pretrain 15 --out few.safetensors")]
pub(crate) struct FinetuneArgs {
    /// Labelled samples: strokes, mnist, a variation (`penstroke data list`), a folder with MNIST's four files, or a folder of
    /// class folders of pictures
    #[arg(value_parser = args::source())]
    source: Source,
    /// The model file to write, in the safetensors format
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The autoencoder or stack to begin with, or a classifier to go on with, whose configuration is then the default of all
    /// options
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

/// The verb with the library's defaults in its help.
pub(crate) fn with_defaults(command: Command) -> Command {
    options::with_defaults(command)
}

pub(crate) fn run(args: FinetuneArgs) -> Result<()> {
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
    let out = OutputFile::open(&args.out)?;
    let start = args.from.as_ref().map(Model::load).transpose()?;
    let config = args.config(start.as_ref())?;
    let layers = args.layer_configs(&config)?;
    let Data { all, labelled, valid, test } = Data::load(&args, &config, start.as_ref(), telling)?;

    let mut progress = Training::new(telling);
    // To the end: whoever presses Ctrl-C while the model is being saved wants it saved.
    interrupt::can_stop();
    let n_classes = valid.as_ref().map_or(0, Dataset::n_classes).max(all.n_classes());
    let mut classifier = match start {
        Some(Model::Classifier(mut classifier)) => {
            classifier.set_config(&config)?;
            classifier
        }
        Some(Model::Stack(stack)) => Classifier::on(&stack, &config, n_classes)?,
        Some(Model::Autoencoder(layer)) => Classifier::on(&layer.into(), &config, n_classes)?,
        None if args.pretrain.unwrap_or_default() > 0 => {
            let stack = Stack::fit(&layers, &all, &mut progress)?;
            Classifier::on(&stack, &config, n_classes)?
        }
        None => Classifier::on(&Stack::initial(&layers, &all)?, &config, n_classes)?,
    };
    if interrupt::stopped() {
        let message = "interrupted before a label was seen; nothing is saved, the same command begins again";
        return Err(Failure::Interrupted(message.into()));
    }
    let n_before = classifier.history().train_loss.len();
    let pretrain_seconds = progress.total_seconds();
    progress.tuning();
    classifier.train(&labelled, valid.as_ref(), &mut progress)?;
    let seconds = progress.total_seconds();
    drop(progress);
    let bytes = classifier.to_bytes()?;
    out.finish(|out| out.write_all(&bytes))?;

    let test = test.map(|test| classifier.error_rate(&test)).transpose()?;
    let tuned = Tuned { args: &args, classifier: &classifier, n_labels: labelled.n_samples(), test };
    if args.json {
        output::print_json(&tuned.json(seconds, pretrain_seconds))?;
    } else if telling != Telling::Quiet {
        output::print(&tuned.lines())?;
    }
    if classifier.history().stopped {
        let done = classifier.history().train_loss.len() - n_before;
        return Err(Failure::Interrupted(args.way_on(done, config.epochs)));
    }
    Ok(())
}

impl FinetuneArgs {
    fn config(&self, start: Option<&Model>) -> Result<FineTuning> {
        let mut config = match start {
            Some(Model::Classifier(model)) => model.config().clone(),
            _ => FineTuning::default(),
        };
        self.training.change(&mut config);
        config.threads = self.threads.threads.unwrap_or_default();
        config.check()?;
        Ok(config)
    }

    /// What to type to train the epochs that are missing.
    fn way_on(&self, done: usize, epochs: usize) -> String {
        let out = shell_word(&self.out.display().to_string());
        let mut command = format!("penstroke finetune {}", shell_word(&self.source.to_string()));
        if let Some(n) = self.samples {
            command += &format!(" --samples {n}");
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
    fn layer_configs(&self, tuning: &FineTuning) -> Result<Vec<Config>> {
        let n = self.pretrain_corruption.len();
        if n > 1 && n != self.layers.len() {
            let problem = format!("{n} values for {} layers; give one, or one for each", self.layers.len());
            return Err(Error::input("pretrain-corruption", problem).into());
        }
        let config = |(k, &hidden): (usize, &usize)| {
            let usual = Config::default();
            let corruption = self.pretrain_corruption.get(if n == 1 { 0 } else { k }).cloned();
            let config = Config {
                hidden,
                corruption: corruption.unwrap_or(usual.corruption.clone()),
                activation: self.training.activation.unwrap_or(usual.activation),
                epochs: self.pretrain.unwrap_or_default().max(1),
                valid: 0.0,
                seed: tuning.seed,
                threads: tuning.threads,
                precision: tuning.precision,
                ..usual
            };
            config.check().map_err(|error| match error {
                Error::Input { place, problem } => Error::input(format!("layer {}: {place}", k + 1), problem),
                error => error,
            })?;
            Ok(config)
        };
        self.layers.iter().enumerate().map(config).collect()
    }
}

/// Samples to learn from and to judge by.
struct Data {
    /// With and without labels.
    all: Dataset,
    labelled: Dataset,
    valid: Option<Dataset>,
    test: Option<Dataset>,
}

impl Data {
    fn load(
        args: &FinetuneArgs,
        config: &FineTuning,
        start: Option<&Model>,
        telling: Telling,
    ) -> Result<Self> {
        let reading = spinner(telling, &format!("reading {}", args.source));
        let like = start.map(Model::preparation);
        let (table, scale) = args.table.options(like)?;
        let options = LoadOptions {
            data_dir: place::data_dir(args.place.data_dir.clone()),
            part: Part::Train,
            n: args.samples,
            seed: config.seed,
            table,
            scale,
            like: like.cloned(),
            ..LoadOptions::default()
        };
        let all = args::labelled(&args.source, &options)?;
        drop(reading);
        table::tell_scale(telling, &args.source, &all, None);
        let labels = all.labels().unwrap_or_default();
        let labelled = match args.labels {
            Some(n) => all.select(&subset_per_class(labels, n, config.seed, args.draw)?),
            None => all.clone(),
        };
        // On the scale and with the classes of the samples to learn from.
        let options = LoadOptions { like: Some(all.preparation().clone()), ..options };
        let other = |part| {
            has_part(&args.source, part, &options.data_dir)
                .then(|| table::read(&args.source, &LoadOptions { part, n: None, ..options.clone() }))
                .transpose()
        };
        let (valid, test) = (other(Part::Valid)?, other(Part::Test)?);
        Ok(Self { all, labelled, valid, test })
    }
}

/// A classifier, and how good it is.
struct Tuned<'a> {
    args: &'a FinetuneArgs,
    classifier: &'a Classifier,
    n_labels: usize,
    test: Option<ErrorRate>,
}

impl Tuned<'_> {
    fn lines(&self) -> String {
        let Self { args, classifier, n_labels, test } = self;
        let history = classifier.history();
        let units: Vec<_> = classifier.n_hidden().iter().map(ToString::to_string).collect();
        let mut lines = format!(
            "{}: a classifier of {} classes on {} hidden units, {n_labels} labels, {} epochs",
            args.out.display(),
            classifier.n_classes(),
            units.join(", "),
            history.train_loss.len()
        );
        // Errors of earlier trainings may be missing, never those of the latest.
        let since = history.best_epoch.map(|best| (best, history.train_loss.len() - best));
        let error =
            since.and_then(|(best, since)| Some((best, history.valid_error.iter().rev().nth(since)?)));
        if let Some((best, error)) = error {
            let error = 100.0 * error;
            lines += &format!("\n  validation error  {error:.2} %, in epoch {best}, whose weights are kept");
        }
        if let Some(test) = test {
            let (error, interval) = (100.0 * test.share(), test.interval());
            lines += &format!(
                "\n  test error        {error:.2} %  ({:.2} to {:.2}), {} of {} samples",
                100.0 * interval.low,
                100.0 * interval.high,
                test.errors,
                test.n
            );
        }
        lines
    }

    fn json(&self, seconds: f64, pretrain_seconds: f64) -> Value {
        let Self { args, classifier, n_labels, test } = self;
        json!({
            "model": args.out.display().to_string(),
            "source": args.source.to_string(),
            "from": args.from.as_ref().map(|path| path.display().to_string()),
            "n_labels": n_labels,
            "n_visible": classifier.n_visible(),
            "n_hidden": classifier.n_hidden(),
            "n_classes": classifier.n_classes(),
            "config": classifier.config(),
            "history": classifier.history(),
            "test": test.map(|test| json!({
                "errors": test.errors, "n": test.n, "error": test.share(), "interval": test.interval(),
            })),
            "interrupted": classifier.history().stopped,
            "pretrain_seconds": pretrain_seconds,
            "seconds": seconds - pretrain_seconds,
        })
    }
}

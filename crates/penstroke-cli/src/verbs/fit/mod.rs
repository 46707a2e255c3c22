//! `penstroke fit`: trains an autoencoder and writes it.

mod stack;

use crate::options::checkpoints::{Keeping, Kept};
use crate::options::file::{ConfigFile, Resolved, TOML};
use crate::options::shared::{self as args, Place, Threads};
use crate::options::table::{self, TableArgs};
use crate::options::training::{self, TrainingArgs};
use crate::run::data_dir as place;
use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{Telling, Training, spinner};
use crate::run::shell::shell_word;
use clap::Args;
use penstroke::data::patches::{PatchOptions, USUAL_CUTOFF};
use penstroke::data::{LoadOptions, Part, Samples, Source};
use penstroke::{Autoencoder, AutoencoderConfig, Error};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Train a denoising autoencoder, or a stack of them, on a SOURCE and write it as a model file
///
/// Every sample is corrupted afresh each time it is presented, and the network learns to restore the original. Losses
/// are summed over the components of a sample and averaged over samples.
///
/// With --layers one autoencoder is trained after the other, each on the clean codes of those below; options that list
/// several values by commas give each layer its own.
///
/// Ctrl-C stops after the running batch, saves what was trained and says how to go on; a second one quits at once.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke fit strokes --hidden 500 --corruption masking:0.25 --epochs 15 --out digits.safetensors\n  \
    penstroke fit mnist --layers 1000,1000,1000 --corruption masking:0.1,masking:0.2,masking:0.3 --out stack.safetensors\n  \
    penstroke fit photographs/ --patches 12 --hidden 256 --corruption gaussian:0.5 --out edges.safetensors")]
pub(crate) struct FitArgs {
    /// What to learn from: a path, strokes, leaves, mnist, or another name of `penstroke data list`
    #[arg(value_parser = args::source())]
    source: Source,
    /// The model file to write, in the safetensors format
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Go on from this model's weights with fresh corruption. Its configuration is the default of all options; the
    /// hidden units, activations and preparation stay. With --layers, train what is missing of an interrupted stack
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["patches", "whiten"])]
    from: Option<PathBuf>,
    /// Train a stack: the hidden units of each layer, from the input upwards, each at least 1
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = args::count, help_heading = "Model",
          conflicts_with = "hidden")]
    layers: Vec<usize>,
    /// Train all layers of a stack together for so many epochs, afterwards: the input is corrupted, and the output of the
    /// last decoder is held against the clean input, with the options of the first layer [default: 0]
    #[arg(long, value_name = "N", value_parser = args::count, help_heading = "Training", requires = "layers",
          conflicts_with = "hidden")]
    end_to_end: Option<usize>,
    #[command(flatten)]
    training: TrainingArgs,
    /// Number of samples, at least 1, drawn at random if the source holds more [default: all; strokes: 60000; patches:
    /// 50000]
    #[arg(long, value_name = "N", value_parser = args::count, help_heading = "Data")]
    samples: Option<usize>,
    /// Cut square patches of so many pixels a side out of the source's pictures [default: 12 for leaves, else none]
    #[arg(long, value_name = "SIDE", value_parser = args::count, help_heading = "Data")]
    patches: Option<usize>,
    /// Cut-off of the whitening of the pictures before patches are cut, in cycles a pixel, above 0; or none [default:
    /// 0.4]
    #[arg(long, value_name = "F0", value_parser = whiten, help_heading = "Data")]
    whiten: Option<Whiten>,
    /// Read samples of an .npy, IDX or Parquet file when they are needed, not all at once: for files larger than memory. The model
    /// is the same
    #[arg(long, help_heading = "Data")]
    stream: bool,
    #[command(flatten)]
    keeping: Keeping,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    threads: Threads,
    /// Tell nothing but errors
    #[arg(long, conflicts_with = "verbose")]
    quiet: bool,
    /// Tell the losses of every epoch, a line each, on standard error, instead of a progress bar
    #[arg(long)]
    verbose: bool,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Whiten(Option<f64>);

fn whiten(text: &str) -> Result<Whiten, String> {
    match text {
        "none" => Ok(Whiten(None)),
        _ => text
            .parse()
            .map(|cutoff| Whiten(Some(cutoff)))
            .map_err(|_| format!("{text:?} is neither none nor a number; {USUAL_CUTOFF} is usual")),
    }
}

/// The library's defaults, by the ids of the options.
pub(crate) fn defaults() -> Vec<(&'static str, String)> {
    training::defaults()
}

pub(crate) fn run(args: FitArgs, resolved: &Resolved) -> Result<()> {
    let plan = Plan::new(args)?;
    plan.threads.set();
    let inputs = [plan.source.path(), plan.config_file.as_deref()];
    let out = OutputFile::open_model(&plan.out)?.apart_from(inputs)?;
    Resolved::check(out.beside_it(TOML).as_deref())?;
    if !plan.layers.is_empty() {
        return stack::run(&plan, out, resolved);
    }
    let start = plan.from.as_ref().map(Autoencoder::load).transpose()?;
    let config = plan.config(start.as_ref())?;
    let data = plan.load(&config, start.as_ref())?;
    let mut model = match start {
        Some(mut model) => {
            model.set_config(&config)?;
            model
        }
        None => Autoencoder::initial(&config, &*data)?,
    };
    let n_before = model.history().train_loss.len();
    let mut progress = Training::new(plan.telling).keeping(plan.open_kept(&*data)?);
    // To the end: whoever presses Ctrl-C while the model is being saved wants it saved.
    interrupt::can_stop();
    table::of_source(&plan.source, model.train(&*data, &mut progress))?;
    let (seconds, presented) = (progress.seconds(), progress.presented());
    plan.keeping.save(progress, model.history().stopped, (out, resolved), model.to_bytes())?;

    let fitted =
        Fitted { plan: &plan, model: &model, n_samples: data.n_samples(), n_before, seconds, presented };
    if plan.json {
        output::print_json(&fitted.json())?;
    } else if plan.telling != Telling::Quiet {
        output::print(&fitted.line())?;
    }
    match model.history().stopped {
        true => Err(Failure::Interrupted(fitted.way_on())),
        false => Ok(()),
    }
}

/// What is meant.
#[derive(Debug)]
struct Plan {
    source: Source,
    out: PathBuf,
    config_file: Option<PathBuf>,
    from: Option<PathBuf>,
    layers: Vec<usize>,
    end_to_end: usize,
    training: TrainingArgs,
    threads: Threads,
    keeping: Keeping,
    stream: bool,
    options: LoadOptions,
    table: TableArgs,
    /// Kept as it was said, for the way on after an interruption.
    data_dir: Option<PathBuf>,
    telling: Telling,
    json: bool,
}

impl Plan {
    fn new(args: FitArgs) -> Result<Self> {
        let patches = match (args.patches, &args.source, args.whiten) {
            (None, Source::Leaves, None) => None,
            (None, Source::Leaves, Some(_)) | (Some(_), ..) => {
                let usual = PatchOptions::default();
                Some(PatchOptions {
                    side: args.patches.unwrap_or(usual.side),
                    whiten: args.whiten.map_or(usual.whiten, |Whiten(cutoff)| cutoff),
                    ..usual
                })
            }
            (None, _, Some(_)) => {
                return Err(
                    Error::input("whiten", "is for patches; add --patches 12, or leave it out").into()
                );
            }
            (None, _, None) => None,
        };
        let plan = Self {
            options: LoadOptions {
                data_dir: place::data_dir(args.place.data_dir.clone()),
                part: Part::Train,
                n: args.samples,
                patches,
                ..LoadOptions::default()
            },
            source: args.source,
            out: args.out,
            config_file: args.config.config,
            from: args.from,
            layers: args.layers,
            table: args.table,
            end_to_end: args.end_to_end.unwrap_or_default(),
            training: args.training,
            threads: args.threads,
            keeping: args.keeping,
            stream: args.stream,
            data_dir: args.place.data_dir,
            telling: match (args.quiet, args.verbose) {
                (true, _) => Telling::Quiet,
                (_, true) => Telling::Lines,
                _ => Telling::Bars,
            },
            json: args.json,
        };
        // Mistakes in numbers come before those in files. A model's configuration is not known yet, nor needed.
        plan.training.check_layers(plan.layers.len().max(1))?;
        match (plan.layers.is_empty(), &plan.from) {
            (false, _) => drop(plan.layer_configs()?),
            (true, None) => drop(plan.config(None)?),
            (true, Some(_)) => {}
        }
        Ok(plan)
    }

    fn config(&self, start: Option<&Autoencoder>) -> Result<AutoencoderConfig> {
        let mut config = start.map_or_else(AutoencoderConfig::default, |model| model.config().clone());
        self.training.change(&mut config, 0)?;
        config.training.threads = self.threads.threads.unwrap_or_default();
        config.check()?;
        Ok(config)
    }

    /// The configuration of every layer of a stack.
    fn layer_configs(&self) -> Result<Vec<AutoencoderConfig>> {
        let epochs = self.training.epochs();
        if epochs.contains(&0) && epochs.iter().any(|&epochs| epochs > 0) {
            let problem = "0 for some layers; give 0 for all of them, or at least 1 for each";
            return Err(Error::input("epochs", problem).into());
        }
        let config = |(k, &hidden): (usize, &usize)| {
            let mut config = AutoencoderConfig::default();
            self.training.change(&mut config, k)?;
            (config.hidden, config.training.threads) = (hidden, self.threads.threads.unwrap_or_default());
            if config.training.epochs == 0 && self.end_to_end > 0 {
                // Nothing is trained layer by layer then.
                config.training.epochs = self.end_to_end;
            }
            config.check().map_err(|error| match error {
                Error::Input { place, problem, .. } if k > 0 => {
                    Error::input(format!("layer {}: {place}", k + 1), problem)
                }
                error if k > 0 => error.in_layer(k),
                error => error,
            })?;
            Ok(config)
        };
        self.layers.iter().enumerate().map(config).collect()
    }

    /// Opens what is written while training.
    fn open_kept(&self, data: &dyn Samples) -> Result<Kept> {
        let inputs = [self.source.path(), self.from.as_deref(), self.config_file.as_deref()];
        self.keeping.open(data, &inputs, &self.out)
    }

    fn load(&self, config: &AutoencoderConfig, start: Option<&Autoencoder>) -> Result<Box<dyn Samples>> {
        let mut options = LoadOptions { seed: config.training.seed, ..self.options.clone() };
        let like = start.map(Autoencoder::preparation);
        (options.table, options.scale) = self.table.options(like)?;
        options.like = like.cloned();
        let reading = spinner(self.telling, &format!("reading {}", self.source));
        let data = table::samples(&self.source, &options, self.stream)?;
        drop(reading);
        table::tell_scale(self.telling, &self.source, &*data, config.decoder);
        Ok(data)
    }
}

/// A model, and how it came about.
#[derive(Debug)]
struct Fitted<'a> {
    plan: &'a Plan,
    model: &'a Autoencoder,
    n_samples: usize,
    /// Epochs that the model had seen before.
    n_before: usize,
    seconds: f64,
    presented: u64,
}

impl Fitted<'_> {
    fn n_epochs(&self) -> usize {
        self.model.history().train_loss.len() - self.n_before
    }

    fn line(&self) -> String {
        let history = self.model.history();
        let loss = |name: &str, losses: &[f64]| {
            losses.last().map_or(String::new(), |loss| format!("; {name} loss {loss:.4}"))
        };
        format!(
            "{}: {} hidden units over {} values, {} of {} epochs{}{}",
            self.plan.out.display(),
            self.model.n_hidden(),
            self.model.n_visible(),
            self.n_epochs(),
            self.model.config().training.epochs,
            loss("training", &history.train_loss),
            loss("validation", &history.valid_loss),
        )
    }

    fn json(&self) -> Value {
        let history = self.model.history();
        json!({
            "model": self.plan.out.display().to_string(),
            "source": self.plan.source.to_string(),
            "from": self.plan.from.as_ref().map(|path| path.display().to_string()),
            "n_samples": self.n_samples,
            "n_visible": self.model.n_visible(),
            "n_hidden": self.model.n_hidden(),
            "config": self.model.config(),
            "preparation": self.model.preparation(),
            "epochs_done": self.n_epochs(),
            "train_loss": history.train_loss,
            "valid_loss": history.valid_loss,
            "interrupted": history.stopped,
            "seconds": self.seconds,
            "samples_per_second": self.presented as f64 / self.seconds.max(1e-9),
        })
    }

    /// What to type to train the epochs that are missing.
    fn way_on(&self) -> String {
        let Plan { source, out, options, data_dir, threads, .. } = self.plan;
        let out = shell_word(&out.display().to_string());
        let epochs = self.model.config().training.epochs;
        let left = epochs - self.n_epochs().min(epochs);
        let mut command = format!("penstroke fit {}", shell_word(&source.to_string()));
        if let Some(n) = options.n {
            command += &format!(" --samples {n}");
        }
        if self.plan.stream {
            command += " --stream";
        }
        command += &self.plan.table.text().words();
        if let Some(data_dir) = data_dir {
            command += &format!(" --data-dir {}", shell_word(&data_dir.display().to_string()));
        }
        if let Some(threads) = threads.threads {
            command += &format!(" --threads {threads}");
        }
        format!(
            "interrupted: {} of {epochs} epochs are done and saved; to go on: {command} --from {out} --out {out} --epochs {left}",
            self.n_epochs(),
        )
    }
}

//! `penstroke search`: which noise, width, depth and rates make the best classifier, by validation samples.

mod answer;

use crate::options::file::{ConfigFile, Resolved};
use crate::options::shared::{self as args, Place, Threads};
use crate::options::table::TableArgs;
use crate::options::training::schedule;
use crate::run::data_dir as place;
use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use crate::run::output;
use crate::run::progress::{Telling, spinner};
use crate::run::shell::shell_word;
use answer::Answer;
use clap::{Args, ValueHint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use penstroke::data::{Dataset, LoadOptions, Part, Source, has_part, load, split};
use penstroke::search::{Judge, Outcome, Ranking, Record, Space, Watch};
use penstroke::{Activation, AutoencoderConfig, Corruption, Error, Schedule};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Search noise, width, depth and learning rates of a stack on a validation split
///
/// Every combination of the values is tried: a stack is trained layer by layer without labels, fine-tuned, and judged by the
/// error on the samples set aside, never on a test part. Trials run one on each processor. Ctrl-C, or the end of the
/// budget, keeps what was finished, and the same command goes on from there; a search that was interrupted ends with the same
/// table as one that was not.
///
/// Writes into the folder: search.json, every trial; search.toml, what to try, for --config; winner.json, the best configuration; noise.svg, the error by noise
/// level; filters.png, what the first units have learned at each level, for which their layer is trained once more.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke search strokes --samples 3000 --corruption none,masking:0.1,masking:0.25,masking:0.4 --out search\n  \
    penstroke search mnist --hidden 500,1000 --depth 1,2,3 --seeds 3 --budget 2h --out search")]
pub(crate) struct SearchArgs {
    /// Labelled samples: strokes, mnist, a variation (`penstroke data list`), a folder with MNIST's four files, or a folder of
    /// class folders of pictures
    #[arg(value_parser = args::source())]
    source: Source,
    /// The folder to write to; it is made if it does not exist
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// Kinds and levels of damage to the input of every layer [default: none,masking:0.1,masking:0.25,masking:0.4,masking:0.55]
    #[arg(long, value_name = "KIND:X,..", value_delimiter = ',', value_parser = args::corruption(), help_heading = "Space")]
    corruption: Vec<Corruption>,
    /// Units of every layer [default: 500]
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = args::count, help_heading = "Space")]
    hidden: Vec<usize>,
    /// How many layers [default: 1]
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = args::count, help_heading = "Space")]
    depth: Vec<usize>,
    /// Learning rates of the layers, above 0 [default: 0.002]
    #[arg(long, value_name = "X,..", value_delimiter = ',', value_parser = args::number, help_heading = "Space")]
    learning_rate: Vec<f64>,
    /// Learning rates of fine-tuning, above 0 [default: 0.0005]
    #[arg(long, value_name = "X,..", value_delimiter = ',', value_parser = args::number, help_heading = "Space")]
    tuning_rate: Vec<f64>,
    /// Try every combination with so many seeds, at least 1
    #[arg(long, value_name = "N", default_value = "1", value_parser = args::count, help_heading = "Space")]
    seeds: usize,
    /// Begin no trial after so long: 90s, 10m or 2h [default: none, all trials are made]
    #[arg(long, value_name = "TIME", value_parser = args::time, help_heading = "Effort")]
    budget: Option<Duration>,
    /// Epochs of each layer, at least 1
    #[arg(long, value_name = "N", default_value = "15", value_parser = args::count, help_heading = "Effort")]
    epochs: usize,
    /// Epochs of fine-tuning, at least 1
    #[arg(long, value_name = "N", default_value = "30", value_parser = args::count, help_heading = "Effort")]
    tuning_epochs: usize,
    /// Samples in a step, at least 1
    #[arg(long, value_name = "N", default_value = "128", value_parser = args::count, help_heading = "Training")]
    batch: usize,
    /// Activation of the hidden units
    #[arg(long, value_name = "NAME", default_value = "sigmoid", value_parser = args::named::<Activation>(),
          help_heading = "Training")]
    activation: Activation,
    /// Course of the learning rate of the layers; that of fine-tuning falls in a straight line
    #[arg(long, value_name = "COURSE", default_value = "constant", value_parser = schedule(), help_heading = "Training")]
    schedule: Schedule,
    /// Share of the samples set aside to judge by, between 0 and 1, where the source has no validation part
    #[arg(long, value_name = "SHARE", default_value = "0.1", value_parser = args::number, help_heading = "Data")]
    valid: f64,
    /// Number of samples, at least 1, drawn at random if the source holds more [default: all; strokes: 60000]
    #[arg(long, value_name = "N", value_parser = args::count, help_heading = "Data")]
    samples: Option<usize>,
    /// The first seed of everything random
    #[arg(long, value_name = "N", default_value = "0", value_parser = args::seed, help_heading = "Data")]
    seed: u64,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    threads: Threads,
    /// Tell nothing but errors
    #[arg(long)]
    quiet: bool,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
}

impl SearchArgs {
    fn space(&self) -> Result<Space> {
        let usual = Space::default();
        fn or<T: Clone>(said: &[T], usual: Vec<T>) -> Vec<T> {
            if said.is_empty() { usual } else { said.to_vec() }
        }
        let space = Space {
            corruption: or(&self.corruption, usual.corruption),
            hidden: or(&self.hidden, usual.hidden),
            depth: or(&self.depth, usual.depth),
            learning_rate: or(&self.learning_rate, usual.learning_rate),
            tuning_rate: or(&self.tuning_rate, usual.tuning_rate),
            seeds: self.seeds,
            base: AutoencoderConfig { activation: self.activation, ..usual.base }
                .epochs(self.epochs)
                .batch(self.batch)
                .schedule(self.schedule)
                .seed(self.seed),
            tuning: usual.tuning.epochs(self.tuning_epochs).batch(self.batch).seed(self.seed),
        };
        space.trials()?;
        Ok(space)
    }

    /// The source as a command names it, with the options that say which samples.
    fn commands_source(&self) -> String {
        let mut words = shell_word(&self.source.to_string());
        if let Some(n) = self.samples {
            words += &format!(" --samples {n}");
        }
        words += &self.table.words();
        if let Some(folder) = &self.place.data_dir {
            words += &format!(" --data-dir {}", shell_word(&folder.display().to_string()));
        }
        words
    }

    /// What to learn from, and what to judge by.
    fn load(&self) -> Result<(Dataset, Dataset)> {
        let (table, scale) = self.table.options(None)?;
        let options = LoadOptions {
            data_dir: place::data_dir(self.place.data_dir.clone()),
            part: Part::Train,
            n: self.samples,
            seed: self.seed,
            table,
            scale,
            ..LoadOptions::default()
        };
        let data = args::labelled(&self.source, &options)?;
        // On the scale and with the classes of the samples to learn from.
        let options = LoadOptions { like: Some(data.preparation().clone()), ..options };
        if has_part(&self.source, Part::Valid, &options.data_dir) {
            let valid = load(&self.source, &LoadOptions { part: Part::Valid, n: None, ..options })?;
            return Ok((data, valid));
        }
        if !(self.valid > 0.0 && self.valid < 1.0) {
            let problem = format!("share {} is not between 0 and 1; 0.1 is usual", self.valid);
            return Err(Error::input("valid", problem).into());
        }
        let parts = split(data.n_samples(), self.valid, self.seed)?;
        Ok((data.select(&parts.train), data.select(&parts.valid)))
    }
}

pub(crate) fn run(args: SearchArgs, resolved: &Resolved) -> Result<()> {
    let space = args.space()?;
    let telling = if args.quiet { Telling::Quiet } else { Telling::Bars };
    let threads = match args.threads.set() {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let meant = args.out.join("search.toml");
    Resolved::check(Some(&meant))?;
    let reading = spinner(telling, &format!("reading {}", args.source));
    let (train, valid) = args.load()?;
    std::fs::create_dir_all(&args.out).map_err(|error| Error::io(&args.out, error))?;
    let path = args.out.join("search.json");
    let mut record = Record::resume(&path, &space, &train, &valid)?;
    interrupt::can_stop();
    // Before the long work it is known that the record can be written.
    record.save(&path)?;
    resolved.write(&meant)?;
    drop(reading);

    let trials = space.trials()?;
    // The record may hold more: values of an earlier call.
    let mut outcomes: Vec<Outcome> =
        record.outcomes.iter().filter(|outcome| trials.contains(&outcome.trial)).cloned().collect();
    let bar = progress(telling, trials.len(), outcomes.len());
    let clock = Clock { began: Instant::now(), budget: args.budget };
    let done = outcomes.clone();
    let judge = Judge { space: &space, train: &train, valid: &valid };
    judge.run(&done, threads, &clock, &mut |outcome| {
        record.outcomes.push(outcome.clone());
        record.save(&path)?;
        outcomes.push(outcome);
        let best = outcomes.iter().map(|outcome| outcome.valid_error).fold(1.0, f64::min);
        bar.inc(1);
        bar.set_message(format!("best validation error {:.2} %", 100.0 * best));
        Ok(())
    })?;
    bar.finish_and_clear();

    let left = trials.len() - outcomes.len();
    if outcomes.is_empty() {
        if interrupt::stopped() {
            let message = "interrupted before a trial was finished; the same command begins again";
            return Err(Failure::Interrupted(message.into()));
        }
        return Err(
            Error::numerical("search: no trial was finished within the budget; give more time").into()
        );
    }
    let answer = Answer { space: &space, table: Ranking::of(&outcomes)?, n_trials: trials.len(), left };
    if !interrupt::stopped() {
        let drawing = spinner(telling, "drawing");
        answer.write(&args.out, &args.commands_source(), &train)?;
        drop(drawing);
    }
    if args.json {
        output::print_json(&answer.json())?;
    } else if !args.quiet {
        output::print(&answer.lines())?;
    }
    if interrupt::stopped() {
        let message =
            format!("interrupted: {left} of {} trials are left; the same command goes on", trials.len());
        return Err(Failure::Interrupted(message));
    }
    Ok(())
}

/// Ends a search when the budget is spent or Ctrl-C was pressed.
struct Clock {
    began: Instant,
    budget: Option<Duration>,
}

impl Watch for Clock {
    fn may_begin(&self) -> bool {
        self.goes_on() && self.budget.is_none_or(|budget| self.began.elapsed() < budget)
    }

    fn goes_on(&self) -> bool {
        !interrupt::stopped()
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

fn progress(telling: Telling, n_trials: usize, n_done: usize) -> ProgressBar {
    let bar = match telling {
        Telling::Bars => ProgressBar::with_draw_target(Some(n_trials as u64), ProgressDrawTarget::stderr()),
        Telling::Quiet | Telling::Lines => ProgressBar::hidden(),
    };
    if let Ok(style) = ProgressStyle::with_template("trial {pos}/{len} {bar:12} {eta} left  {msg}") {
        bar.set_style(style);
    }
    bar.set_position(n_done as u64);
    bar.reset_eta();
    bar
}

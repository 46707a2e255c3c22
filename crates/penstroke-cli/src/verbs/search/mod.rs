//! `penstroke search`: searches the noise, width, depth and learning rates with the lowest validation error.

mod answer;

use crate::options::common::{DataDirArg, SamplesArg, ThreadsArg, VerbosityArgs};
use crate::options::file::{ConfigFile, Resolved};
use crate::options::shape::ShapeArg;
use crate::options::table::TableArgs;
use crate::options::training::{ActivationArg, TrainingArgs, check_lists, training_texts};
use crate::options::values;
use crate::run::console::note;
use crate::run::failure::{Failure, Result};
use crate::run::progress::{Verbosity, spinner};
use crate::run::reading;
use crate::run::shell::{shell_word, source_word};
use crate::run::{interrupt, output, words};
use answer::Answer;
use clap::{Args, ValueHint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use penstroke::Error;
use penstroke::config::Named;
use penstroke::data::{Dataset, LoadOptions, Part, SamplesFor, Source, has_part, load, split};
use penstroke::search::{Judge, Outcome, Ranking, RecordFile, Space, Watch};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Search noise, width, depth and learning rates of a stack on a validation split
///
/// Tries every combination of the values of --corruption, --hidden, --depth, --learning-rate and --tuning-rate: trains a stack
/// layer by layer without labels, fine-tunes it, and measures the error on the samples set aside, never on a test part. One trial
/// runs on each processor. Ctrl-C and the end of the budget keep the finished trials, and the same command continues; an
/// interrupted search ends with the same table as an uninterrupted one.
///
/// Writes to the folder: search.json, all trials; search.toml, the options, for --config; winner.json, the best configuration;
/// noise.svg, the error by noise level; filters.png, the first filters at each level, for which that layer is trained once more.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke search strokes --samples 3000 --corruption none,masking:0.1,masking:0.25,masking:0.4 --out search\n  \
    penstroke search mnist --hidden 500,1000 --depth 1,2,3 --seeds 3 --budget 2h --out search")]
pub(crate) struct SearchArgs {
    /// Labelled samples: strokes, mnist, a variation (`penstroke data list`), a folder with MNIST's four files, a folder of class
    /// folders of pictures, or a table with --label
    #[arg(value_parser = values::source())]
    source: Source,
    /// The folder to write to; it is created if necessary
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// Numbers of hidden units to try, the same in every layer [default: 500]
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = values::count, help_heading = "Space")]
    hidden: Vec<usize>,
    /// Numbers of layers to try [default: 1]
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = values::count, help_heading = "Space")]
    depth: Vec<usize>,
    /// Learning rates of fine-tuning to try, above 0 [default: 0.0005]
    #[arg(long, value_name = "X,..", value_delimiter = ',', value_parser = values::number, help_heading = "Space")]
    tuning_rate: Vec<f64>,
    /// Number of seeds for every combination, at least 1
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::count, help_heading = "Space")]
    seeds: usize,
    /// Start no trial after this time: 90s, 10m or 2h [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = values::time, help_heading = "Effort")]
    budget: Option<Duration>,
    /// At the end, train the winner once more and measure its error on these labelled samples, which choose nothing
    #[arg(long, value_name = "SOURCE", value_parser = values::source(), help_heading = "Data")]
    test: Option<Source>,
    /// Epochs of fine-tuning, at least 1 [default: as --epochs]
    #[arg(long, value_name = "N", value_parser = values::count, help_heading = "Effort")]
    tuning_epochs: Option<usize>,
    #[command(flatten)]
    activation: ActivationArg,
    #[command(flatten)]
    training: TrainingArgs,
    #[command(flatten)]
    samples: SamplesArg,
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    shape: ShapeArg,
    #[command(flatten)]
    data_dir: DataDirArg,
    #[command(flatten)]
    threads: ThreadsArg,
    #[command(flatten)]
    verbosity: VerbosityArgs,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
}

/// The library's defaults, by option id.
pub(crate) fn defaults() -> Vec<(&'static str, String)> {
    let usual = Space::default();
    let mut texts = training_texts(&usual.base.training);
    let corruptions: Vec<_> = usual.corruption.iter().map(ToString::to_string).collect();
    for (option, text) in &mut texts {
        match *option {
            "corruption" => *text = corruptions.join(","),
            "valid" => *text = VALID.to_string(),
            _ => {}
        }
    }
    texts.push(("activation", usual.base.activation.name().to_owned()));
    texts
}

/// The default share of samples set aside.
const VALID: f64 = 0.1;

impl SearchArgs {
    fn space(&self) -> Result<Space> {
        let usual = Space::default();
        fn or<T: Clone>(given: &[T], usual: Vec<T>) -> Vec<T> {
            if given.is_empty() { usual } else { given.to_vec() }
        }
        // The values of these two are candidates; those of the others apply to all trials.
        let lists = self.training.lists().into_iter();
        let lists: Vec<_> =
            lists.filter(|(name, _)| !["corruption", "learning_rate"].contains(name)).collect();
        check_lists(&lists, 1)?;
        check_lists(&[("activation", self.activation.activation.len())], 1)?;
        let mut base = usual.base.clone();
        self.training.change(&mut base.training, 0)?;
        base.training.corruption = usual.base.training.corruption.clone();
        base.training.learning_rate = usual.base.training.learning_rate;
        base.training.valid = usual.base.training.valid;
        base.activation = self.activation.activation.first().copied().unwrap_or(base.activation);
        let mut tuning = usual.tuning.instructions(base.training.instructions).seed(base.training.seed);
        (tuning.training.epochs, tuning.training.batch) = (self.tuning_epochs, base.training.batch);
        let space = Space {
            corruption: or(&self.training.step.corruption, usual.corruption),
            hidden: or(&self.hidden, usual.hidden),
            depth: or(&self.depth, usual.depth),
            learning_rate: or(&self.training.step.learning_rate, usual.learning_rate),
            tuning_rate: or(&self.tuning_rate, usual.tuning_rate),
            seeds: self.seeds,
            base,
            tuning,
        };
        space.trials()?;
        Ok(space)
    }

    /// The source with its sample options, as typed.
    fn commands_source(&self) -> String {
        let mut words = source_word(&self.source);
        if let Some(n) = self.samples.samples {
            words += &format!(" --samples {n}");
        }
        words += &self.table.words();
        words += &self.shape.words();
        if let Some(folder) = &self.data_dir.data_dir {
            words += &format!(" --data-dir {}", shell_word(&folder.display().to_string()));
        }
        words
    }

    fn load_options(&self, seed: u64) -> Result<LoadOptions> {
        let (table, scale) = self.table.options(None)?;
        Ok(LoadOptions {
            data_dir: self.data_dir.folder(),
            part: Part::Train,
            n: self.samples.samples,
            seed,
            shape: self.shape.shape,
            table,
            scale,
            ..LoadOptions::default()
        })
    }

    /// The samples of --test, with the scale and the classes of the training samples.
    fn load_test(&self, train: &Dataset, seed: u64) -> Result<Option<Dataset>> {
        let Some(source) = &self.test else { return Ok(None) };
        let options = self.load_options(seed)?;
        let part = reading::test_part(source, &options.data_dir);
        let options = LoadOptions { part, n: None, like: Some(train.preparation().clone()), ..options };
        Ok(Some(reading::labelled(source, &options)?))
    }

    /// Samples for training, and for measuring errors.
    fn load(&self, seed: u64) -> Result<(Dataset, Dataset)> {
        let options = self.load_options(seed)?;
        let data = reading::labelled(&self.source, &options)?;
        reading::check(self.verbosity.verbosity(), &self.source, &data, SamplesFor::Train { decoder: None });
        // Validation samples use the scale and the classes of the training samples.
        let options = LoadOptions { like: Some(data.preparation().clone()), ..options };
        if has_part(&self.source, Part::Valid, &options.data_dir) {
            let valid = load(&self.source, &LoadOptions { part: Part::Valid, n: None, ..options })?;
            return Ok((data, valid));
        }
        let share = self.training.valid.unwrap_or(VALID);
        if !(share > 0.0 && share < 1.0) {
            let problem = format!("share {share} is not between 0 and 1; {VALID} is usual");
            return Err(Error::option("valid", problem).into());
        }
        let parts = split(data.n_samples(), share, seed)?;
        Ok((data.select(&parts.train), data.select(&parts.valid)))
    }

    /// Writes and prints the results, after an interruption those so far; `recorded` is why the record lacks some trials.
    fn answer(&self, answer: &Answer<'_>, train: &Dataset, recorded: Option<&Error>) -> Result<()> {
        let verbosity = self.verbosity.verbosity();
        let mut unwritten = recorded.map(words::of_error);
        if !interrupt::stopped() {
            let drawing = spinner(verbosity, "drawing");
            if let Err(failure) = answer.write(&self.out, &self.commands_source(), train) {
                let Failure::Library(error) = failure else { return Err(failure) };
                unwritten.get_or_insert_with(|| words::of_error(&error));
            }
            drop(drawing);
        }
        if self.json {
            output::print_json(&answer.json())?;
        } else if verbosity != Verbosity::Quiet {
            output::print(&answer.lines())?;
        }
        if let Some(problem) = unwritten {
            return Err(Failure::Incomplete(format!("not every file could be written: {problem}")));
        }
        if interrupt::stopped() {
            let (left, n_trials) = (answer.left, answer.n_trials);
            let message =
                format!("interrupted: {left} of {n_trials} trials are left; the same command continues");
            return Err(Failure::Interrupted(message));
        }
        Ok(())
    }
}

pub(crate) fn run(args: SearchArgs, resolved: &Resolved) -> Result<()> {
    let space = args.space()?;
    let verbosity = args.verbosity.verbosity();
    let threads = n_threads(&args);
    let resolved_file = args.out.join("search.toml");
    Resolved::check(Some(&resolved_file))?;
    let reading = spinner(verbosity, &format!("reading {}", args.source));
    let (train, valid) = args.load(space.base.training.seed)?;
    let test = args.load_test(&train, space.base.training.seed)?;
    let mut record = RecordFile::resume(args.out.join("search.json"), &space, &train, &valid)?;
    interrupt::can_stop();
    resolved.write(&resolved_file)?;
    drop(reading);

    let trials = space.trials()?;
    // The record may have more trials, from an earlier command.
    let mut outcomes: Vec<Outcome> =
        record.outcomes().iter().filter(|outcome| trials.contains(&outcome.trial)).cloned().collect();
    let bar = progress(verbosity, trials.len(), outcomes.len());
    let clock = Clock { began: Instant::now(), budget: args.budget };
    let done = outcomes.clone();
    let judge = Judge { space: &space, train: &train, valid: &valid };
    let mut is_told = false;
    judge.run(&done, threads, &clock, &mut |outcome| {
        record.keep(outcome.clone());
        if let Some(error) = record.failure().filter(|_| !is_told && verbosity != Verbosity::Quiet) {
            bar.suspend(|| {
                note(&format!("penstroke: {}; the search goes on without it", words::of_error(error)))
            });
            is_told = true;
        }
        outcomes.push(outcome);
        let best = outcomes.iter().map(|outcome| outcome.valid_error).fold(1.0, f64::min);
        bar.inc(1);
        let message = format!("best validation error {:.2} %", 100.0 * best);
        if verbosity == Verbosity::Lines {
            note(&format!("trial {}/{}: {message}", outcomes.len(), trials.len()));
        }
        bar.set_message(message);
        Ok(())
    })?;
    bar.finish_and_clear();

    let left = trials.len() - outcomes.len();
    if outcomes.is_empty() {
        return Err(nothing_finished());
    }
    let table = Ranking::of(&outcomes)?;
    let test = match test.filter(|_| !interrupt::stopped()) {
        Some(test) => {
            let _testing = spinner(verbosity, "training the winner once more, for --test");
            let winner = judge.classifier(&table.winner().point, &clock)?;
            winner.map(|winner| winner.error_rate(&test)).transpose()?
        }
        None => None,
    };
    let answer = Answer { space: &space, table, n_trials: trials.len(), left, test };
    args.answer(&answer, &train, record.failure())
}

/// Number of trials that run at once.
fn n_threads(args: &SearchArgs) -> usize {
    match args.threads.set() {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// The error that no trial was finished.
fn nothing_finished() -> Failure {
    if interrupt::stopped() {
        let message = "interrupted before a trial was finished; the same command starts again";
        return Failure::Interrupted(message.into());
    }
    Error::numerical("search: no trial was finished within the budget; give a longer one").into()
}

/// Ends a search at the end of the budget or on a signal.
struct Clock {
    began: Instant,
    budget: Option<Duration>,
}

impl Watch for Clock {
    fn may_start(&self) -> bool {
        self.may_continue() && self.budget.is_none_or(|budget| self.began.elapsed() < budget)
    }

    fn may_continue(&self) -> bool {
        !interrupt::stopped()
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

fn progress(verbosity: Verbosity, n_trials: usize, n_done: usize) -> ProgressBar {
    let bar = match verbosity {
        Verbosity::Bars => ProgressBar::with_draw_target(Some(n_trials as u64), ProgressDrawTarget::stderr()),
        Verbosity::Quiet | Verbosity::Lines => ProgressBar::hidden(),
    };
    if let Ok(style) = ProgressStyle::with_template("trial {pos}/{len} {bar:12} {eta} left  {msg}") {
        bar.set_style(style);
    }
    bar.set_position(n_done as u64);
    bar.reset_eta();
    bar
}

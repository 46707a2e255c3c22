//! Trains a regressor, for `--targets`.

use super::args::FinetuneArgs;
use super::work::{FinetuneWork, best, units};
use crate::run::failure::Result;
use crate::run::interrupt;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{self, TrainingProgress, Verbosity, spinner};
use crate::run::reading;
use penstroke::data::{Samples, Selection, Targets, split};
use penstroke::error::counted;
use penstroke::eval::RegressionScore;
use penstroke::model::ModelOutput;
use penstroke::{Model, Regressor};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(
    work: &FinetuneWork<'_>,
    start: Option<Box<dyn Model>>,
    out: OutputFile,
    path: &Path,
) -> Result<()> {
    let FinetuneWork { args, verbosity, config, .. } = work;
    let Data { data, targets, test } = Data::load(work, start.as_deref(), path)?;
    let weighted = work.weighted(&*data)?;
    let mut files = work.open_checkpoints(&*data)?;
    let mut progress = TrainingProgress::new(*verbosity);
    // Until the end: a Ctrl-C while the model is being saved must not lose it.
    interrupt::can_stop();
    let mut regressor = FinetuneWork::continued(start, |start| {
        let stack = work.stack(start, &*data, &mut files.run(&mut progress))?;
        Ok(Regressor::on(&stack, config, targets.n_targets())?)
    })?;
    regressor.set_config(config)?;
    let n_before = regressor.history().train_loss.len();
    let pretrain_seconds = progress.total_seconds();
    work.begin(&mut progress, &files, progress::squared)?;
    regressor.train((&weighted, &targets), None, &mut files.run(&mut progress))?;
    let seconds = progress.total_seconds();
    let unwritten = args.checkpoints.save(
        (progress, files),
        regressor.history().stopped,
        (out, work.resolved),
        regressor.to_bytes(),
    )?;

    // The samples with a weight above 0 that training set aside.
    let weights = weighted.weights();
    let counts = |sample: &usize| weights.is_none_or(|weights| weights[*sample] > 0.0);
    let counting: Vec<usize> = (0..data.n_samples()).filter(counts).collect();
    let valid = split(counting.len(), config.training.valid, config.training.seed)?.valid;
    let valid: Vec<usize> = valid.into_iter().map(|at| counting[at]).collect();
    let valid = match valid.is_empty() {
        true => None,
        false => {
            let numbers = valid.iter().map(|&sample| sample as u32).collect();
            Some(regressor.score(&Selection::new(&*data, numbers)?, &targets.select(&valid))?)
        }
    };
    let test = test.map(|(samples, targets)| regressor.score(&*samples, &targets)).transpose()?;
    let trained = Trained { args, regressor: &regressor, n_samples: data.n_samples(), valid, test };
    if args.json {
        let targets = path.display().to_string();
        output::print_json(&trained.json(&targets, seconds, pretrain_seconds))?;
    } else if *verbosity != Verbosity::Quiet {
        output::print(&trained.lines())?;
    }
    work.end(&regressor, regressor.history(), n_before, &unwritten)
}

/// Samples and their targets, for training and for measuring errors.
struct Data {
    data: Box<dyn Samples>,
    targets: Targets,
    test: Option<(Box<dyn Samples>, Targets)>,
}

impl Data {
    fn load(work: &FinetuneWork<'_>, start: Option<&dyn Model>, path: &Path) -> Result<Self> {
        let FinetuneWork { args, verbosity, .. } = work;
        let reading = spinner(*verbosity, &format!("reading {}", args.source));
        let mut options = work.load_options(start)?;
        let of_file = reading::targets(path, &mut options)?;
        let data = reading::samples(&args.source, &options, args.stream)?;
        let targets = reading::of_either(of_file, &*data, path)?;
        drop(reading);
        work.check(start, &*data);
        let n_targets = match start.map(|start| start.output()) {
            Some(ModelOutput::Values(n)) => n,
            _ => targets.n_targets(),
        };
        targets.check_fits(&path.display().to_string(), data.n_samples(), n_targets)?;
        // Columns of the source are columns of the test source as well.
        let columns = args.test.as_ref().and(data.targets()).map(|_| path);
        let test = match args.test_targets.as_deref().or(columns) {
            None => None,
            Some(path) => {
                let of_file = reading::targets(path, &mut options)?;
                match work.test_samples(data.preparation(), &options)? {
                    None => None,
                    Some(test) => {
                        let targets = reading::of_either(of_file, &*test, path)?;
                        targets.check_fits(&path.display().to_string(), test.n_samples(), n_targets)?;
                        Some((test, targets))
                    }
                }
            }
        };
        Ok(Self { data, targets, test })
    }
}

/// A trained regressor and its errors.
struct Trained<'a> {
    args: &'a FinetuneArgs,
    regressor: &'a Regressor,
    n_samples: usize,
    valid: Option<RegressionScore>,
    test: Option<RegressionScore>,
}

impl Trained<'_> {
    fn lines(&self) -> String {
        let Self { args, regressor, n_samples, valid, test } = self;
        let history = regressor.history();
        let mut lines = format!(
            "{}: a regressor of {} on {} hidden units, {}, {}",
            args.out.display(),
            counted(regressor.n_targets(), "target"),
            units(&regressor.widths()),
            counted(*n_samples, "sample"),
            counted(history.train_loss.len(), "epoch")
        );
        if let Some((valid, (best, _))) = valid.as_ref().zip(best(history)) {
            let n = counted(valid.n, "sample");
            lines += &format!("\n  validation        {n}, in epoch {best}, whose weights are kept");
            lines += &output::scores(valid);
        }
        if let Some(test) = test {
            lines += &format!("\n  test              {}", counted(test.n, "sample"));
            lines += &output::scores(test);
        }
        lines
    }

    fn json(&self, targets: &str, seconds: f64, pretrain_seconds: f64) -> Value {
        let Self { args, regressor, n_samples, valid, test } = self;
        json!({
            "model": args.out.display().to_string(),
            "source": args.source.to_string(),
            "targets": targets,
            "from": args.from.as_ref().map(|path| path.display().to_string()),
            "n_samples": n_samples,
            "n_visible": regressor.n_visible(),
            "n_hidden": regressor.widths(),
            "n_targets": regressor.n_targets(),
            "config": regressor.config(),
            "history": regressor.history(),
            "valid": valid,
            "test": test,
            "interrupted": regressor.history().stopped,
            "pretrain_seconds": pretrain_seconds,
            "seconds": seconds - pretrain_seconds,
        })
    }
}

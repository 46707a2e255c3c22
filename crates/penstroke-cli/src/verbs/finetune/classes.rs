//! Trains a classifier on labelled samples.

use super::args::FinetuneArgs;
use super::work::{FinetuneWork, best, units};
use crate::run::failure::Result;
use crate::run::interrupt;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{self, TrainingProgress, Verbosity, spinner};
use crate::run::reading;
use penstroke::data::{Part, Samples, Selection, subset_per_class};
use penstroke::error::counted;
use penstroke::eval::ErrorRate;
use penstroke::{Classifier, Model};
use serde_json::{Value, json};

pub(super) fn run(work: &FinetuneWork<'_>, start: Option<Box<dyn Model>>, out: OutputFile) -> Result<()> {
    let FinetuneWork { args, verbosity, config, .. } = work;
    let Data { all, labelled, valid, test } = Data::load(work, start.as_deref())?;
    let weighted = work.weighted(&*all)?;
    let mut files = work.open_checkpoints(&*all)?;
    let mut progress = TrainingProgress::new(*verbosity);
    // Until the end: a Ctrl-C while the model is being saved must not lose it.
    interrupt::can_stop();
    let n_classes = valid.as_ref().map_or(0, |valid| valid.n_classes()).max(all.n_classes());
    let mut classifier = FinetuneWork::continued(start, |start| {
        let stack = work.stack(start, &*all, &mut files.run(&mut progress))?;
        Ok(Classifier::on(&stack, config, n_classes)?)
    })?;
    classifier.set_config(config)?;
    let n_labels = labelled.len();
    let n_before = classifier.history().train_loss.len();
    let pretrain_seconds = progress.total_seconds();
    work.begin(&mut progress, &files, progress::wrong)?;
    let labelled = Selection::new(&weighted, labelled)?;
    classifier.train(&labelled, valid.as_deref(), &mut files.run(&mut progress))?;
    let seconds = progress.total_seconds();
    let unwritten = args.checkpoints.save(
        (progress, files),
        classifier.history().stopped,
        (out, work.resolved),
        classifier.to_bytes(),
    )?;

    let test = test.map(|test| classifier.error_rate(&*test)).transpose()?;
    let trained = Trained { args, classifier: &classifier, n_labels, test };
    if args.json {
        output::print_json(&trained.json(seconds, pretrain_seconds))?;
    } else if *verbosity != Verbosity::Quiet {
        output::print(&trained.lines())?;
    }
    work.end(&classifier, classifier.history(), n_before, &unwritten)
}

/// Samples for training and for measuring errors.
struct Data {
    /// All samples, with and without labels.
    all: Box<dyn Samples>,
    /// Those with labels, by their numbers.
    labelled: Vec<u32>,
    valid: Option<Box<dyn Samples>>,
    test: Option<Box<dyn Samples>>,
}

impl Data {
    fn load(work: &FinetuneWork<'_>, start: Option<&dyn Model>) -> Result<Self> {
        let FinetuneWork { args, verbosity, config, .. } = work;
        let reading = spinner(*verbosity, &format!("reading {}", args.source));
        let options = work.load_options(start)?;
        let all = reading::samples(&args.source, &options, args.stream)?;
        reading::check_labels(&args.source, &*all)?;
        drop(reading);
        work.check(start, &*all);
        let labels = all.labels().unwrap_or_default();
        let labelled = match args.labels {
            Some(n) => subset_per_class(labels, n, config.training.seed, args.draw)?,
            None => (0..all.n_samples()).collect(),
        };
        let labelled = labelled.into_iter().map(|sample| sample as u32).collect();
        // They use the scale and the classes of the training samples.
        let like = all.preparation();
        let valid = work.part(Part::Valid, like, &options)?;
        let test = work.test_samples(like, &options)?;
        if let Some((test, source)) = test.as_ref().zip(args.test.as_ref()) {
            reading::check_labels(source, &**test)?;
        }
        Ok(Self { all, labelled, valid, test })
    }
}

/// A trained classifier and its errors.
struct Trained<'a> {
    args: &'a FinetuneArgs,
    classifier: &'a Classifier,
    n_labels: usize,
    test: Option<ErrorRate>,
}

impl Trained<'_> {
    fn lines(&self) -> String {
        let Self { args, classifier, n_labels, test } = self;
        let history = classifier.history();
        let mut lines = format!(
            "{}: a classifier of {} classes on {} hidden units, {}, {}",
            args.out.display(),
            classifier.n_classes(),
            units(&classifier.widths()),
            counted(*n_labels, "label"),
            counted(history.train_loss.len(), "epoch")
        );
        if let Some((best, error)) = best(history) {
            let error = 100.0 * error;
            lines += &format!("\n  validation error  {error:.2} %, in epoch {best}, whose weights are kept");
        }
        if let Some(test) = test {
            let (error, interval) = (100.0 * test.share(), test.interval());
            lines += &format!(
                "\n  test error        {error:.2} %  ({:.2} to {:.2}), {} of {}",
                100.0 * interval.low,
                100.0 * interval.high,
                test.errors,
                counted(test.n, "sample")
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
            "n_hidden": classifier.widths(),
            "n_classes": classifier.n_classes(),
            "config": classifier.config(),
            "history": classifier.history(),
            "test": test.map(output::errors),
            "interrupted": classifier.history().stopped,
            "pretrain_seconds": pretrain_seconds,
            "seconds": seconds - pretrain_seconds,
        })
    }
}

//! Trains one autoencoder.

use super::plan::FitPlan;
use super::table;
use crate::options::file::Resolved;
use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{TrainingProgress, Verbosity};
use crate::run::reading;
use crate::run::shell::shell_word;
use penstroke::Autoencoder;
use penstroke::Model;
use penstroke::error::counted;
use serde_json::{Value, json};

pub(super) fn run(plan: &FitPlan, out: OutputFile, resolved: &Resolved) -> Result<()> {
    let args = &plan.args;
    let start = args.from.as_ref().map(Autoencoder::load).transpose()?;
    let config = plan.config(start.as_ref())?;
    let data = match plan.load(&config, start.as_ref()) {
        Ok(data) => data,
        Err(failure) => return table::run_instead(plan, out, resolved, failure),
    };
    let mut model = match start {
        Some(mut model) => {
            model.set_config(&config)?;
            model
        }
        None => Autoencoder::initial(&config, &*data)?,
    };
    let n_before = model.history().train_loss.len();
    let mut files = plan.open_checkpoints(&*data)?;
    let mut progress = TrainingProgress::new(plan.verbosity);
    // Until the end: a Ctrl-C while the model is being saved must not lose it.
    interrupt::can_stop();
    reading::of_source(&args.source, model.train(&*data, &mut files.run(&mut progress)))?;
    let (seconds, presented) = (progress.seconds(), progress.presented());
    let unwritten = args.checkpoints.save(
        (progress, files),
        model.history().stopped,
        (out, resolved),
        model.to_bytes(),
    )?;

    let fitted = Fitted { plan, model: &model, n_samples: data.n_samples(), n_before, seconds, presented };
    if args.json {
        output::print_json(&fitted.json())?;
    } else if plan.verbosity != Verbosity::Quiet {
        output::print(&fitted.line())?;
    }
    match model.history().stopped {
        true => Err(Failure::Interrupted(fitted.how_to_continue())),
        false => unwritten.check(),
    }
}

/// A trained model and its training.
#[derive(Debug)]
struct Fitted<'a> {
    plan: &'a FitPlan,
    model: &'a Autoencoder,
    n_samples: usize,
    /// Epochs before this training.
    n_before: usize,
    seconds: f64,
    presented: u64,
}

impl Fitted<'_> {
    fn n_epochs(&self) -> usize {
        self.model.history().train_loss.len() - self.n_before
    }

    /// Number of epochs that were planned; the training has set it.
    fn epochs(&self) -> usize {
        self.model.config().training.epochs.unwrap_or_default()
    }

    fn line(&self) -> String {
        let history = self.model.history();
        format!(
            "{}: {} over {}, {} of {}{}{}",
            self.plan.args.out.display(),
            counted(self.model.n_hidden(), "hidden unit"),
            counted(self.model.n_visible(), "value"),
            self.n_epochs(),
            counted(self.epochs(), "epoch"),
            output::last_loss("training", &history.train_loss),
            output::last_loss("validation", &history.valid_loss),
        )
    }

    fn json(&self) -> Value {
        let history = self.model.history();
        json!({
            "model": self.plan.args.out.display().to_string(),
            "source": self.plan.args.source.to_string(),
            "from": self.plan.args.from.as_ref().map(|path| path.display().to_string()),
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

    /// The command that trains the remaining epochs.
    fn how_to_continue(&self) -> String {
        let out = shell_word(&self.plan.args.out.display().to_string());
        let (done, epochs) = (self.n_epochs(), self.epochs());
        let left = epochs - done.min(epochs);
        format!(
            "interrupted: {done} of {epochs} epochs are done and saved; to continue: {} --from {out} --out {out} --epochs {left}",
            self.plan.args.command(),
        )
    }
}

//! The common parts of training classifiers and regressors.

use super::args::FinetuneArgs;
use crate::options::file::Resolved;
use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use crate::run::progress::{TrainingProgress, Verbosity};
use crate::run::reading;
use crate::run::run_files::{RunFiles, Unwritten};
use penstroke::data::{LoadOptions, Part, Preparation, Samples, SamplesFor, Selection, has_part, npy};
use penstroke::{AutoencoderConfig, History, Model, Run, Stack, SupervisedConfig};

/// The command and its configurations.
pub(super) struct FinetuneWork<'a> {
    pub(super) args: &'a FinetuneArgs,
    pub(super) verbosity: Verbosity,
    pub(super) config: SupervisedConfig,
    /// The layers of a stack that is created here; empty with --from.
    pub(super) layers: Vec<AutoencoderConfig>,
    pub(super) resolved: &'a Resolved,
}

impl FinetuneWork<'_> {
    /// How to load the source.
    pub(super) fn load_options(&self, start: Option<&dyn Model>) -> Result<LoadOptions> {
        let like = start.map(|start| start.preparation());
        let (table, scale) = self.args.table.options(like)?;
        Ok(LoadOptions {
            data_dir: self.args.data_dir.folder(),
            part: Part::Train,
            n: self.args.samples.samples,
            seed: self.config.training.seed,
            shape: self.args.shape.shape,
            table,
            scale,
            like: like.cloned(),
            ..LoadOptions::default()
        })
    }

    /// Warns of what looks wrong with the samples of the source.
    pub(super) fn check(&self, start: Option<&dyn Model>, data: &dyn Samples) {
        let purpose = match start {
            Some(start) => SamplesFor::Model { range: start.range() },
            None => SamplesFor::Train { decoder: None },
        };
        reading::check(self.verbosity, &self.args.source, data, purpose);
    }

    /// Opens checkpoints and logs.
    pub(super) fn open_checkpoints(&self, data: &dyn Samples) -> Result<RunFiles> {
        let mut inputs = self.args.inputs().to_vec();
        inputs.push(self.args.from.as_deref());
        self.args.checkpoints.open(data, &inputs, &self.args.out)
    }

    /// All samples of a source, with the weights of --sample-weights.
    pub(super) fn weighted<'a>(&self, all: &'a dyn Samples) -> Result<Selection<'a>> {
        let every = Selection::new(all, (0..all.n_samples() as u32).collect())?;
        let Some(path) = &self.args.sample_weights else { return Ok(every) };
        let place = path.display().to_string();
        let weights = npy::read_targets(path)?;
        weights.check_fits(&place, all.n_samples(), 1)?;
        Ok(every.with_weights(&place, weights.values())?)
    }

    /// The samples of --test, or else the source's own test part if there is one, prepared like the training samples.
    pub(super) fn test_samples(
        &self,
        like: &Preparation,
        options: &LoadOptions,
    ) -> Result<Option<Box<dyn Samples>>> {
        let Some(test) = &self.args.test else {
            return self.part(Part::Test, like, options);
        };
        let part = reading::test_part(test, &options.data_dir);
        let options = LoadOptions { part, n: None, like: Some(like.clone()), ..options.clone() };
        Ok(Some(reading::samples(test, &options, self.args.stream)?))
    }

    /// A part of the source, if it has it, prepared like the samples that are trained on.
    pub(super) fn part(
        &self,
        part: Part,
        like: &Preparation,
        options: &LoadOptions,
    ) -> Result<Option<Box<dyn Samples>>> {
        if !has_part(&self.args.source, part, &options.data_dir) {
            return Ok(None);
        }
        let options = LoadOptions { part, n: None, like: Some(like.clone()), ..options.clone() };
        Ok(Some(reading::samples(&self.args.source, &options, self.args.stream)?))
    }

    /// The stack that gets an output layer: trained before, trained now, or untrained.
    pub(super) fn stack(
        &self,
        start: Option<Box<dyn Model>>,
        all: &dyn Samples,
        run: &mut Run<'_>,
    ) -> Result<Stack> {
        match start {
            Some(model) => Stack::of(model).map_err(|other| self.args.refuse_start(&*other)),
            None if self.args.pretrain.unwrap_or_default() > 0 => Ok(Stack::fit(&self.layers, all, run)?),
            None => Ok(Stack::initial(&self.layers, all)?),
        }
    }

    /// The model to continue, or a new one that `begin` makes from the starting model, if there is one.
    pub(super) fn continued<M: Model + Clone>(
        start: Option<Box<dyn Model>>,
        begin: impl FnOnce(Option<Box<dyn Model>>) -> Result<M>,
    ) -> Result<M> {
        match start.map(<dyn Model>::downcast) {
            Some(Ok(model)) => Ok(model),
            Some(Err(other)) => begin(Some(other)),
            None => begin(None),
        }
    }

    /// Starts supervised training, unless a signal has stopped the training of the layers.
    pub(super) fn begin(
        &self,
        progress: &mut TrainingProgress,
        files: &RunFiles,
        error: fn(f64) -> String,
    ) -> Result<()> {
        progress.tuning(error);
        if interrupt::stopped() {
            self.args.checkpoints.end_if_stopped(true, files)?;
            let message =
                "interrupted before fine-tuning started; nothing is saved, the same command starts again";
            return Err(Failure::Interrupted(message.into()));
        }
        Ok(())
    }

    /// Ends the command after the model is saved; `n_before` epochs were done before this command.
    pub(super) fn end(
        &self,
        model: &dyn Model,
        history: &History,
        n_before: usize,
        unwritten: &Unwritten,
    ) -> Result<()> {
        if !history.stopped {
            return unwritten.check();
        }
        let done = history.train_loss.len() - n_before;
        // The training has set them.
        let epochs = model.training().epochs.unwrap_or_default();
        Err(Failure::Interrupted(self.args.how_to_continue(done, epochs)))
    }
}

/// The epoch whose weights are kept, and its validation error. Earlier trainings may lack errors; the latest has them.
pub(super) fn best(history: &History) -> Option<(usize, f64)> {
    let best = history.best_epoch?;
    let since = history.train_loss.len() - best;
    Some((best, *history.valid_error.iter().rev().nth(since)?))
}

/// Numbers of units from the input upwards, for people.
pub(super) fn units(n_hidden: &[usize]) -> String {
    n_hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

//! The options for checkpoints and logs, the same for every verb that trains.

use super::file::{Resolved, TOML};
use super::values;
use crate::run::failure::{Failure, Result};
use crate::run::output::{self, OutputFile};
use crate::run::progress::TrainingProgress;
use crate::run::run_files::{RunFiles, Unwritten};
use crate::run::shell::shell_word;
use crate::run::words;
use clap::Args;
use penstroke::Error;
use penstroke::checkpoint::Checkpoints;
use penstroke::data::Samples;
use penstroke::files::write_atomic;
use penstroke::observers::{JsonLines, TensorBoard};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where a training writes checkpoints and logs while it runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct CheckpointArgs {
    /// Write checkpoints to this folder during training, from which a killed command can continue; they are removed at the
    /// end [default: none]
    #[arg(long, value_name = "FOLDER", help_heading = "Checkpoints")]
    checkpoint: Option<PathBuf>,
    /// Least time between two checkpoints: 90s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = values::time, default_value = "30s", requires = "checkpoint",
          help_heading = "Checkpoints")]
    every: Duration,
    /// Continue from the checkpoints of the same command, or start from the beginning if there are none; the result is the
    /// same, byte for byte
    #[arg(long, requires = "checkpoint", help_heading = "Checkpoints")]
    resume: bool,
    /// Write one line of JSON per epoch to this file (see docs/log-format.md); --resume appends to it [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Logs")]
    log: Option<PathBuf>,
    /// Write event files for TensorBoard to this folder: losses, errors, learning rate and noise of every epoch, and some
    /// pictures of the filters; --resume appends to them [default: none]
    #[arg(long, value_name = "FOLDER", help_heading = "Logs")]
    tensorboard: Option<PathBuf>,
}

impl CheckpointArgs {
    /// Opens checkpoints and logs for a training on `data`. The log must not be one of `inputs`, the `model`, or its
    /// TOML file.
    pub(crate) fn open(
        &self,
        data: &dyn Samples,
        inputs: &[Option<&Path>],
        model: &Path,
    ) -> Result<RunFiles> {
        let open = if self.resume { Checkpoints::resume } else { Checkpoints::begin };
        let checkpoints = self.checkpoint.as_ref().map(|folder| open(folder, self.every)).transpose()?;
        // Without a checkpoint to continue from, logs start anew; existing ones belong to an earlier run.
        let continues = checkpoints.as_ref().is_some_and(Checkpoints::has_checkpoint);
        let log = self.log.as_ref().map(|path| open_log(path, continues, inputs, model)).transpose()?;
        let board = match &self.tensorboard {
            Some(folder) => {
                let board =
                    if continues { TensorBoard::resume(folder)? } else { TensorBoard::begin(folder)? };
                let now =
                    || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64());
                Some(board.clock(now).image(data.image()))
            }
            None => None,
        };
        Ok(RunFiles { checkpoints, log, board })
    }

    /// If a signal has stopped the command and its checkpoints are complete, ends it without writing anything else: the output may be
    /// the model that the command started from.
    pub(crate) fn end_if_stopped(&self, stopped: bool, files: &RunFiles) -> Result<()> {
        match &self.checkpoint {
            Some(folder) if stopped && files.hold_the_result() => Err(Failure::Interrupted(format!(
                "interrupted; the checkpoints are in {}; to continue, repeat the command with --resume",
                shell_word(&folder.display().to_string())
            ))),
            _ => Ok(()),
        }
    }

    /// Ends a training. If it was stopped and its checkpoints are complete, they are the result; otherwise writes the model's bytes to
    /// `out` and the options beside it, and removes the checkpoints. Returns what else could not be written, to be checked after the
    /// summary.
    pub(crate) fn save(
        &self,
        (progress, files): (TrainingProgress, RunFiles),
        stopped: bool,
        (out, resolved): (OutputFile, &Resolved),
        bytes: penstroke::Result<Vec<u8>>,
    ) -> Result<Unwritten> {
        // Clears the progress bar.
        drop(progress);
        self.end_if_stopped(stopped, &files)?;
        let bytes = bytes?;
        let beside = out.beside_it(TOML);
        let path = out.path().to_owned();
        if let Err(failure) = out.finish(|out| out.write_all(&bytes)) {
            return Err(rescue(&path, &bytes, resolved, failure));
        }
        let options = beside.map_or(Ok(()), |path| resolved.write(&path));
        let mut unwritten = files.end();
        unwritten.add(options);
        Ok(unwritten)
    }
}

/// Writes a model that could not be written to `path` to the current folder, else to the folder for temporary files, under a name that
/// is not taken. The checkpoints stay.
fn rescue(path: &Path, bytes: &[u8], resolved: &Resolved, failure: Failure) -> Failure {
    let Failure::Library(error) = failure else { return failure };
    let problem = words::of_error(&error);
    let name = path.file_name().unwrap_or_default();
    let names = (1..=100).map(|number| match number {
        1 => name.to_owned(),
        number => [format!("{number}-").as_ref(), name].into_iter().collect(),
    });
    let folders = [std::env::current_dir().ok(), Some(std::env::temp_dir())];
    let places =
        folders.into_iter().flatten().flat_map(|folder| names.clone().map(move |name| folder.join(name)));
    for place in places.filter(|place| !place.exists() && !output::beside(place, TOML).exists()) {
        if write_atomic(&place, |out| out.write_all(bytes)).is_ok() {
            // The model holds its configuration; without this file it lacks only the source.
            drop(resolved.write(&output::beside(&place, TOML)));
            return Failure::Incomplete(format!("{problem}; the model is in {} instead", place.display()));
        }
    }
    Failure::Incomplete(problem)
}

fn open_log(path: &Path, continues: bool, inputs: &[Option<&Path>], model: &Path) -> Result<JsonLines> {
    if path == Path::new("-") {
        let problem = "standard output is for the summary";
        return Err(Error::option("log", problem).hint("give a file name").into());
    }
    let beside = output::beside(model, TOML);
    let others = inputs.iter().flatten().copied().chain([model, &beside]);
    if others.into_iter().any(|other| output::are_same(path, other)) {
        let problem = format!("{} is an input of this command or its model", path.display());
        return Err(Error::option("log", problem).hint("give another file name").into());
    }
    let log = if continues { JsonLines::resume(path)? } else { JsonLines::begin(path)? };
    let began = Instant::now();
    Ok(log.clock(move || began.elapsed().as_secs_f64()))
}

//! The options of checkpoints and logs, the same for everything that trains.

use crate::options::file::{Resolved, TOML};
use crate::options::shared as args;
use crate::run::failure::{Failure, Result};
use crate::run::output::{self, OutputFile};
use crate::run::progress::Training;
use crate::run::shell::shell_word;
use clap::Args;
use penstroke::Error;
use penstroke::checkpoint::Checkpoints;
use penstroke::data::Samples;
use penstroke::observers::{JsonLines, TensorBoard};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where a training is kept and written down while it runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct Keeping {
    /// Keep checkpoints in this folder while training, which a killed command goes on from; they are removed at the end
    /// [default: none]
    #[arg(long, value_name = "FOLDER", help_heading = "Checkpoints")]
    checkpoint: Option<PathBuf>,
    /// Least time between two checkpoints: 90s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = args::time, default_value = "30s", requires = "checkpoint",
          help_heading = "Checkpoints")]
    every: Duration,
    /// Go on from the checkpoints of the same command, and begin where there are none; the result is the same as without
    /// the break, byte for byte
    #[arg(long, requires = "checkpoint", help_heading = "Checkpoints")]
    resume: bool,
    /// Write a line of JSON for every epoch to this file, as docs/log-format.md describes; --resume goes on with it
    /// [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Logs")]
    log: Option<PathBuf>,
    /// Write event files for TensorBoard into this folder: losses, errors, learning rate and noise of every epoch, and now
    /// and then a picture of the filters; --resume goes on with them [default: none]
    #[arg(long, value_name = "FOLDER", help_heading = "Logs")]
    tensorboard: Option<PathBuf>,
}

/// What is open while a training runs.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) log: Option<JsonLines>,
    pub(crate) board: Option<TensorBoard>,
}

impl Keeping {
    /// Opens all, for a training on `data`; the log may be none of `inputs`, nor the model or what is written beside it.
    pub(crate) fn open(&self, data: &dyn Samples, inputs: &[Option<&Path>], model: &Path) -> Result<Kept> {
        let open = if self.resume { Checkpoints::resume } else { Checkpoints::begin };
        let checkpoints = self.checkpoint.as_ref().map(|folder| open(folder, self.every)).transpose()?;
        // Where nothing is left to go on from, logs begin as well: they may be those of an earlier run.
        let goes_on = checkpoints.as_ref().is_some_and(Checkpoints::goes_on);
        let log = match &self.log {
            Some(path) => {
                if path == Path::new("-") {
                    let problem = "is the summary's; give the name of a file";
                    return Err(Error::input("log: standard output", problem).into());
                }
                let beside = output::beside(model, TOML);
                let others = inputs.iter().flatten().copied().chain([model, &beside]);
                if others.into_iter().any(|other| output::are_same(path, other)) {
                    let problem = "is the name of what is read or of the model; give another name";
                    return Err(Error::input(format!("log: {}", path.display()), problem).into());
                }
                let log = if goes_on { JsonLines::resume(path)? } else { JsonLines::begin(path)? };
                let began = Instant::now();
                Some(log.clock(move || began.elapsed().as_secs_f64()))
            }
            None => None,
        };
        let board = match &self.tensorboard {
            Some(folder) => {
                let board = if goes_on { TensorBoard::resume(folder)? } else { TensorBoard::begin(folder)? };
                let now =
                    || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64());
                Some(board.clock(now).image(data.image()))
            }
            None => None,
        };
        Ok(Kept { checkpoints, log, board })
    }

    /// Ends a command that Ctrl-C has stopped, if all is kept. Nothing else is written: what the command began with may have the
    /// name of what it makes.
    pub(crate) fn end_if_stopped(&self, stopped: bool) -> Result<()> {
        match &self.checkpoint {
            Some(folder) if stopped => Err(Failure::Interrupted(format!(
                "interrupted; everything is kept in {}; to go on, give the same command with --resume",
                shell_word(&folder.display().to_string())
            ))),
            _ => Ok(()),
        }
    }

    /// Ends a training: writes the model's bytes to `out` and what was meant beside it, and removes the checkpoints, which have
    /// served then; or leaves all to the checkpoints if it was stopped. A log that could not be written is told last.
    pub(crate) fn save(
        &self,
        progress: Training,
        stopped: bool,
        (out, resolved): (OutputFile, &Resolved),
        bytes: penstroke::Result<Vec<u8>>,
    ) -> Result<()> {
        let Kept { checkpoints, log, board } = progress.into_kept();
        self.end_if_stopped(stopped)?;
        let bytes = bytes?;
        let beside = out.beside_it(TOML);
        out.finish(|out| out.write_all(&bytes))?;
        if let Some(path) = beside {
            resolved.write(&path)?;
        }
        if let Some(checkpoints) = checkpoints {
            checkpoints.remove()?;
        }
        log.map_or(Ok(()), JsonLines::finish)?;
        Ok(board.map_or(Ok(()), TensorBoard::finish)?)
    }
}

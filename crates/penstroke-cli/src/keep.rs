//! The options of checkpoints, the same for everything that trains.

use crate::args;
use crate::failure::{Failure, Result};
use crate::output::OutputFile;
use crate::progress::Training;
use crate::shell::shell_word;
use clap::Args;
use penstroke::checkpoint::Checkpoints;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Where a training is kept while it runs.
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
}

impl Keeping {
    /// Opens the folder.
    pub(crate) fn open(&self) -> Result<Option<Checkpoints>> {
        let Some(folder) = &self.checkpoint else { return Ok(None) };
        let open = if self.resume { Checkpoints::resume } else { Checkpoints::begin };
        Ok(Some(open(folder, self.every)?))
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

    /// Ends a training: writes the model's bytes to `out`, and removes the checkpoints, which have served then; or leaves all to
    /// the checkpoints if it was stopped.
    pub(crate) fn save(
        &self,
        progress: Training,
        stopped: bool,
        out: OutputFile,
        bytes: penstroke::Result<Vec<u8>>,
    ) -> Result<()> {
        let checkpoints = progress.into_checkpoints();
        self.end_if_stopped(stopped)?;
        let bytes = bytes?;
        out.finish(|out| out.write_all(&bytes))?;
        if let Some(checkpoints) = checkpoints {
            checkpoints.remove()?;
        }
        Ok(())
    }
}

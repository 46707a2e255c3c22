//! Runs the binary in its own folder, isolated from the user's data and settings.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) struct Runner {
    pub(crate) folder: TempDir,
}

pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    /// Without the lines on how a training ended: most trainings of these tests are too short, which is not what they are about.
    pub(crate) stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let is_verdict = |line: &&str| {
            line.contains("does worse than always answering the mean")
                || line.contains("the loss was still falling")
        };
        let lines = String::from_utf8(output.stderr).unwrap();
        let stderr = lines.split_inclusive('\n').filter(|line| !is_verdict(line)).collect();
        Run { code: output.status.code().unwrap(), stdout: String::from_utf8(output.stdout).unwrap(), stderr }
    }
}

impl Runner {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary with these arguments, not started yet.
    pub(crate) fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_penstroke"));
        command
            .args(args)
            .current_dir(&self.folder)
            .env_remove("PENSTROKE_DATA")
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("LOCALAPPDATA", self.path("cache"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command line whose words contain no blanks.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.command(line.split_whitespace()).output().unwrap().into()
    }

    /// Runs a command that must succeed without messages, and returns its output.
    pub(crate) fn print(&self, line: &str) -> String {
        let Run { code, stdout, stderr, .. } = self.run(line);
        assert_eq!((code, stderr.as_str()), (0, ""), "penstroke {line}");
        stdout
    }

    pub(crate) fn json(&self, line: &str) -> serde_json::Value {
        serde_json::from_str(&self.print(line)).unwrap()
    }

    /// The names of all files and folders in the runner's folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(&self.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

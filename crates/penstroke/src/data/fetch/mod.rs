//! Downloads data sets: resumes broken downloads, checks SHA-256, and puts a file in place only when it is correct.

#[cfg(feature = "fetch")]
mod download;
mod file;
#[cfg(feature = "fetch")]
mod pace;

#[cfg(feature = "fetch")]
use crate::files::FolderLock;
use crate::{Error, Result};
#[cfg(feature = "fetch")]
use download::{Download, sha256};
pub use file::{Progress, RemoteFile};
#[cfg(feature = "fetch")]
use std::fs;
use std::path::Path;
#[cfg(feature = "fetch")]
use std::time::{Duration, Instant};

/// The four files of MNIST (LeCun, Cortes and Burges, 1998).
pub const MNIST: [RemoteFile<'static>; 4] = [
    RemoteFile {
        name: "train-images-idx3-ubyte.gz",
        bytes: 9_912_422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    },
    RemoteFile {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 28_881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    },
    RemoteFile {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 1_648_877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    },
    RemoteFile {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 4_542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
];

/// Public copies of MNIST's files.
pub const MNIST_MIRRORS: [&str; 2] =
    ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"];

/// Downloads the files that `folder` lacks, each from the first of `mirrors` that delivers it.
///
/// A download goes to `NAME.part` and is renamed once its SHA-256 is correct. A broken download resumes where it
/// stopped, also in a later call or from another mirror. A mirror that is silent for 30 seconds, or sends less than 1000 bytes a
/// second over a minute, is given up. `mirrors` are addresses ending in `/`. The proxy set in the
/// environment is used except for addresses of this machine.
///
/// # Errors
/// If no mirror delivers a file, if the folder cannot be written or another download into it is under way, or if it holds a different file of that name.
#[cfg(feature = "fetch")]
pub fn fetch(
    files: &[RemoteFile<'_>],
    mirrors: &[&str],
    folder: impl AsRef<Path>,
    progress: impl FnMut(Progress<'_>),
) -> Result<()> {
    let began = Instant::now();
    fetch_timed(files, mirrors, folder.as_ref(), progress, &|| began.elapsed())
}

/// Like [`fetch`], with a clock that gives the time since any fixed moment.
#[cfg(feature = "fetch")]
fn fetch_timed(
    files: &[RemoteFile<'_>],
    mirrors: &[&str],
    folder: &Path,
    mut progress: impl FnMut(Progress<'_>),
    clock: &dyn Fn() -> Duration,
) -> Result<()> {
    fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
    for file in files {
        let place = folder.join(file.name);
        if place.exists() {
            let found = sha256(&place)?;
            if found != file.sha256 {
                return Err(Error::input(
                    place.display().to_string(),
                    format!(
                        "is a different file (its SHA-256 is {found}); move it away, or choose another folder"
                    ),
                ));
            }
            progress(Progress { name: file.name, received: file.bytes, total: file.bytes });
            continue;
        }
        let _lock = FolderLock::take(folder, "downloads")?;
        let part = folder.join(format!("{}.part", file.name));
        let download = Download { file, clock, part, place };
        if let Err(problems) = download.ask_all(mirrors, &mut progress)? {
            let names: Vec<&str> = files.iter().map(|file| file.name).collect();
            return Err(Error::Network {
                place: file.name.to_owned(),
                problem: format!(
                    "could not be fetched ({}); try again later, or put {} into {} by hand",
                    problems.join("; "),
                    names.join(", "),
                    folder.display()
                ),
            });
        }
    }
    Ok(())
}

/// Downloads the files that `folder` lacks.
///
/// # Errors
/// Whenever a file is missing: this build lacks the feature `fetch`.
#[cfg(not(feature = "fetch"))]
pub fn fetch(
    files: &[RemoteFile<'_>],
    _mirrors: &[&str],
    folder: impl AsRef<Path>,
    _progress: impl FnMut(Progress<'_>),
) -> Result<()> {
    let folder = folder.as_ref();
    match files.iter().find(|file| !folder.join(file.name).exists()) {
        None => Ok(()),
        Some(file) => Err(Error::Network {
            place: file.name.to_owned(),
            problem: format!(
                "this build downloads nothing; build penstroke with the feature fetch, or put the file into {} by hand",
                folder.display()
            ),
        }),
    }
}

#[cfg(test)]
#[cfg(feature = "fetch")]
mod tests;

//! Locks: they tell what a living process uses from what a killed one left behind.
//!
//! Everything that we create beside a user's files is a temporary file, `.penstroke-*.tmp`, locked by the process that uses it. The
//! system releases the locks of a killed process, so a temporary file without a lock is a leftover, and the next process that writes
//! to the folder removes it. A file system without locks has no such removal, and its folders are not protected.

use crate::{Error, Result};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// Prefix and suffix of temporary file names.
const PREFIX: &str = ".penstroke-";
const SUFFIX: &str = ".tmp";

/// Retries of a lock, and the pause between them: a process that was just killed holds its locks until its memory is freed.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_millis(50);

/// A folder that this process alone uses for some purpose, until this value is dropped.
#[derive(Debug)]
pub struct FolderLock {
    /// The locked file and its path; `None` on a file system without locks.
    held: Option<(File, PathBuf)>,
}

impl FolderLock {
    /// Locks the folder for `purpose`, one word, and creates it if it does not exist.
    ///
    /// ```
    /// use penstroke::files::FolderLock;
    /// # let temporary = tempfile::tempdir()?;
    /// # let folder = temporary.path().join("run");
    /// let lock = FolderLock::take(&folder, "results")?;
    /// assert!(FolderLock::take(&folder, "results").unwrap_err().to_string().contains("is in use"));
    /// drop(lock);
    /// FolderLock::take(&folder, "results")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Errors
    /// If another process, or another value in this one, holds the lock; if the folder cannot be created or written to.
    pub fn take(folder: impl AsRef<Path>, purpose: &str) -> Result<Self> {
        let folder = folder.as_ref();
        let path = folder.join(format!("{PREFIX}{purpose}{SUFFIX}"));
        let io_error = |error| Error::io(folder, error);
        for attempt in 1.. {
            fs::create_dir_all(folder).map_err(io_error)?;
            let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
            let file = match open {
                Ok(file) => file,
                // The process that used the folder has just removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound && attempt < TRIES => continue,
                Err(error) => return Err(io_error(error)),
            };
            match file.try_lock() {
                Ok(()) if is_in_place(&file, &path) => {
                    sweep(folder);
                    return Ok(Self { held: Some((file, path)) });
                }
                // The process that held the lock has just removed the file.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if attempt < TRIES => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => break,
                Err(TryLockError::Error(_)) => {
                    drop(fs::remove_file(&path));
                    return Ok(Self { held: None });
                }
            }
        }
        let problem = format!("is in use: another penstroke writes its {purpose} there");
        Err(Error::input(folder, problem).hint("wait until it ends").hint("name another folder"))
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        if let Some((file, path)) = self.held.take() {
            if is_in_place(&file, &path) {
                drop(fs::remove_file(&path));
            }
            // Closing is not enough while another thread starts a program: the child has the file open for a moment.
            drop(file.unlock());
        }
    }
}

/// Locks a file that is not ours alone to create, such as a log.
///
/// # Errors
/// If another process holds the lock.
#[cfg(unix)]
pub(crate) fn lock_file(file: &File, path: &Path) -> Result<()> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
    let error = Error::input(path, "is in use: another penstroke writes to it");
    Err(error.hint("wait until it ends").hint("name another file"))
}

/// Makes a locked temporary file with `make`, which a sweep by another process leaves alone.
pub(super) fn locked(make: impl Fn() -> io::Result<NamedTempFile>) -> io::Result<NamedTempFile> {
    for _ in 1..TRIES {
        let file = make()?;
        match file.as_file().try_lock() {
            Ok(()) if is_in_place(file.as_file(), file.path()) => return Ok(file),
            Err(TryLockError::Error(_)) => return Ok(file),
            // A sweep came between: it takes a new file for a leftover.
            Ok(()) | Err(TryLockError::WouldBlock) => {}
        }
    }
    make()
}

/// A builder of temporary files with our names.
pub(super) fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// Removes the temporary files that killed processes left in a folder.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| is_temporary(&entry.file_name())) {
        let path = entry.path();
        // The lock is held until the file is gone, so that no other process begins to use it.
        if let Ok(file) = OpenOptions::new().write(true).open(&path)
            && file.try_lock().is_ok()
        {
            if is_in_place(&file, &path) {
                drop(fs::remove_file(&path));
            }
            drop(file.unlock());
        }
    }
}

fn is_temporary(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

/// Whether `path` still names this open file.
#[cfg(unix)]
fn is_in_place(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(named)) = (file.metadata(), fs::metadata(path)) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

#[cfg(not(unix))]
fn is_in_place(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Output;
    use std::io::Write;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_folder_is_locked_for_one_purpose_until_the_lock_is_dropped() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("run");
        let lock = FolderLock::take(&folder, "checkpoints").unwrap();
        let error = FolderLock::take(&folder, "checkpoints").unwrap_err();
        assert!(error.is_wrong_input());
        assert_eq!(
            error.to_string(),
            format!(
                "{}: is in use: another penstroke writes its checkpoints there; wait until it ends, or name another folder",
                folder.display()
            )
        );
        let other = FolderLock::take(&folder, "events").unwrap();
        assert_eq!(names(&folder).len(), 2);
        drop((lock, other));
        assert!(names(&folder).is_empty());
        // A killed process leaves the file, but no lock.
        fs::write(folder.join(".penstroke-checkpoints.tmp"), "").unwrap();
        drop(FolderLock::take(&folder, "checkpoints").unwrap());
        assert!(names(&folder).is_empty());
    }

    #[test]
    fn leftovers_of_a_killed_process_are_removed_and_files_in_use_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (place, notes) = (folder.path(), folder.path().join(".penstroke-notes"));
        fs::write(&notes, "not ours").unwrap();
        let mut used = Output::create(place.join("used")).unwrap();
        let lock = FolderLock::take(place, "results").unwrap();
        for leftover in ["abc", "results2"] {
            fs::write(place.join(format!(".penstroke-{leftover}.tmp")), "half").unwrap();
        }
        drop(Output::create(place.join("other")).unwrap());
        assert_eq!(names(place).len(), 3, "{:?}", names(place));
        assert!(used.beside().unwrap().exists() && notes.exists());
        used.write_all(b"whole").unwrap();
        used.commit().unwrap();
        drop(lock);
        assert_eq!(fs::read(place.join("used")).unwrap(), b"whole");
        assert_eq!(names(place).len(), 2);
    }

    #[test]
    fn threads_that_write_to_one_folder_do_not_sweep_each_other() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let path = folder.path().join(thread.to_string());
                scope.spawn(move || {
                    for _ in 0..100 {
                        crate::files::write_atomic(&path, |out| out.write_all(&[thread])).unwrap();
                    }
                });
            }
        });
        assert_eq!(names(folder.path()).len(), 4);
    }
}

//! Atomic file writes: files are written to a temporary name in the same folder, then renamed.

use super::lock;
use crate::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Most links that are followed to a file that does not exist yet, as on Linux.
#[cfg(unix)]
const MOST_LINKS: usize = 40;

/// Writes everything that `write` writes to the file at `path`, or nothing.
///
/// The bytes go to a temporary file in the same folder, are flushed to disk, and take their place by a rename. If
/// anything fails, `path` is unchanged and nothing is left behind. A device or pipe (`/dev/stdout`) is written to
/// directly.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("losses.txt");
/// penstroke::files::write_atomic(&path, |out| writeln!(out, "48.5"))?;
/// assert_eq!(std::fs::read_to_string(&path)?, "48.5\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # Errors
/// If the folder does not exist, if `path` is a folder, if `write` fails, or if the system refuses to write. The error
/// names `path`.
pub fn write_atomic(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let mut output = Output::create(path)?;
    write(&mut output).map_err(|source| Error::io(&output.path, source))?;
    output.commit()
}

/// A file being written, for outputs that are opened before the long work that produces them.
///
/// Dropped without [`Output::commit`], it leaves no trace.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    /// A temporary file in the same folder, and the final path.
    Beside(BufWriter<NamedTempFile>, PathBuf),
    /// A device or pipe.
    Direct(BufWriter<File>),
}

impl Output {
    /// Checks that `path` can be written, without changing it, and opens the output.
    ///
    /// # Errors
    /// If the folder does not exist, if `path` is a folder, or if the system refuses.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let mut target = path.clone();
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {
                return Err(Error::input(path.display().to_string(), "is a folder; name a file to write"));
            }
            // Writes to the target of a link rather than replacing the link.
            Ok(found) if found.is_file() => {
                target = fs::canonicalize(&path).map_err(|e| Error::io(&path, e))?;
            }
            Ok(_) => {
                let file =
                    OpenOptions::new().write(true).open(&path).map_err(|source| Error::io(&path, source))?;
                return Ok(Self { path, sink: Sink::Direct(BufWriter::new(file)) });
            }
            Err(_) => target = end_of_links(target),
        }
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if target.file_name().is_none() {
            return Err(Error::input(path.display().to_string(), "is not the name of a file"));
        }
        if !folder.is_dir() {
            return Err(Error::input(
                path.display().to_string(),
                format!("the folder {} does not exist; create it first", folder.display()),
            ));
        }
        lock::sweep(folder);
        let beside = beside(folder).map_err(|source| failed(&path, folder, source))?;
        Ok(Self { path, sink: Sink::Beside(BufWriter::new(beside), target) })
    }

    /// The temporary file; `None` for a device or pipe. Code that ends the process without dropping this must remove
    /// it.
    pub fn beside(&self) -> Option<&Path> {
        match &self.sink {
            Sink::Beside(file, _) => Some(file.get_ref().path()),
            Sink::Direct(_) => None,
        }
    }

    /// Moves the file into place.
    ///
    /// # Errors
    /// If the last bytes cannot be written or the file cannot be renamed; `path` is then unchanged.
    pub fn commit(self) -> Result<()> {
        match self.sink {
            Sink::Direct(mut file) => file.flush().map_err(|source| Error::io(&self.path, source)),
            Sink::Beside(file, target) => {
                let folder = target.parent().unwrap_or(Path::new("")).to_owned();
                let file = file.into_inner().map_err(io::IntoInnerError::into_error);
                let placed = file.and_then(|file| place(file, &target));
                placed.map_err(|source| failed(&self.path, &folder, source))
            }
        }
    }
}

/// Moves a temporary file into place, or a copy of it if somebody has removed it.
fn place(mut file: NamedTempFile, target: &Path) -> io::Result<()> {
    loop {
        if !file.path().exists() {
            file = copied(file)?;
        }
        file.as_file().sync_all()?;
        match file.persist(target) {
            Ok(_) => return Ok(()),
            // Removed since: the copy fails if the folder went with it.
            Err(error) if !error.file.path().exists() => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
}

/// What a failed write says, which is about the folder if that is what is missing.
fn failed(path: &Path, folder: &Path, source: io::Error) -> Error {
    let is_gone =
        source.kind() == io::ErrorKind::NotFound && !folder.as_os_str().is_empty() && !folder.is_dir();
    match is_gone {
        true => Error::input(
            path.display().to_string(),
            format!("the folder {} no longer exists", folder.display()),
        ),
        false => Error::io(path, source),
    }
}

/// A locked temporary file in a folder, with the permissions of a new file; temporary files usually are private.
fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = lock::builder();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    lock::locked(|| builder.tempfile_in(folder))
}

/// A copy of a temporary file that somebody has removed, in the same folder. What it holds may have taken days to compute.
fn copied(mut file: NamedTempFile) -> io::Result<NamedTempFile> {
    let mut copy = beside(file.path().parent().unwrap_or(Path::new(".")))?;
    file.as_file_mut().rewind()?;
    io::copy(file.as_file_mut(), copy.as_file_mut())?;
    Ok(copy)
}

/// The path at the end of a chain of links, the last of which names a file that does not exist yet.
#[cfg(unix)]
fn end_of_links(mut path: PathBuf) -> PathBuf {
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    path
}

#[cfg(not(unix))]
fn end_of_links(path: PathBuf) -> PathBuf {
    path
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Beside(file, _) => file.write(bytes),
            Sink::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Beside(file, _) => file.flush(),
            Sink::Direct(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_written_file_takes_the_place_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write_atomic(&path, |out| out.write_all(b"old")).unwrap();
        write_atomic(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["model"]);
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        fs::write(&path, "old").unwrap();
        let error = write_atomic(&path, |out| {
            out.write_all(&[7; 100_000])?;
            Err(io::Error::other("disk full"))
        });
        let message = error.unwrap_err().to_string();
        assert_eq!(message, format!("{}: disk full", path.display()));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["model"]);
    }

    #[test]
    fn an_output_that_is_not_committed_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = Output::create(folder.path().join("model")).unwrap();
        output.write_all(b"half").unwrap();
        let beside = folder.path().join(&names(folder.path())[0]);
        assert_eq!(output.beside(), Some(&*beside));
        drop(output);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn an_output_survives_the_removal_of_its_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let mut output = Output::create(&path).unwrap();
        output.write_all(b"days of work").unwrap();
        fs::remove_file(output.beside().unwrap()).unwrap();
        output.write_all(b", and more").unwrap();
        output.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"days of work, and more");
        assert_eq!(names(folder.path()), ["model"]);
    }

    #[test]
    fn a_folder_removed_since_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        fs::create_dir(&gone).unwrap();
        let path = gone.join("model");
        let output = Output::create(&path).unwrap();
        fs::remove_dir_all(&gone).unwrap();
        assert_eq!(
            output.commit().unwrap_err().to_string(),
            format!("{}: the folder {} no longer exists", path.display(), gone.display())
        );
    }

    #[test]
    fn unwritable_outputs_are_refused_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let message = |path: &Path| {
            let error = Output::create(path).unwrap_err();
            assert!(error.is_wrong_input());
            error.to_string()
        };
        let path = folder.path().join("absent").join("model");
        let absent = folder.path().join("absent");
        assert_eq!(
            message(&path),
            format!("{}: the folder {} does not exist; create it first", path.display(), absent.display())
        );
        assert!(message(folder.path()).ends_with("is a folder; name a file to write"));
        assert!(message(Path::new("")).contains("is not the name of a file"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_are_not_replaced() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        write_atomic(&link, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

        // A link to a file that does not exist yet, through another link.
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        symlink("second", &first).unwrap();
        symlink(folder.path().join("new"), &second).unwrap();
        write_atomic(&first, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(folder.path().join("new")).unwrap(), b"new");
        assert!(fs::symlink_metadata(&first).unwrap().is_symlink());
        let nowhere = folder.path().join("nowhere");
        symlink("absent/new", &nowhere).unwrap();
        let error = write_atomic(&nowhere, |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("absent does not exist; create it first"), "{error}");

        write_atomic("/dev/null", |out| out.write_all(b"gone")).unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());

        // The permissions of any file made with `File::create`.
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&file), mode(&plain));
    }
}

//! A folder of images and labels with the file names of MNIST.
//!
//! The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
//! `t10k-labels-idx1-ubyte`, plain or with `.gz`; a dot before `idx`, as some decompressors write it, is accepted.
//! Other data sets with this layout, such as Fashion-MNIST, work as well.

use super::idx;
use crate::data::hold::{Dataset, Part, no_valid_part};
use crate::error::Remedy;
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Whether the folder holds the images of at least one part.
pub fn is_folder(folder: impl AsRef<Path>) -> bool {
    [Part::Train, Part::Test].into_iter().any(|part| has_part(&folder, part))
}

/// Whether the folder holds the images of `part`.
pub fn has_part(folder: impl AsRef<Path>, part: Part) -> bool {
    File::of(part).is_some_and(|(images, _)| find(folder.as_ref(), &images).is_some())
}

/// Reads the images of `part` with their labels, `(n, height · width)`.
///
/// # Errors
/// If MNIST has no such part, if a file is missing, unreadable or not IDX, or if the numbers of images and labels
/// differ.
pub fn read(folder: impl AsRef<Path>, part: Part) -> Result<Dataset> {
    let folder = folder.as_ref();
    let path = |file: File| {
        find(folder, &file).ok_or_else(|| {
            Error::input(
                folder,
                format!("holds no {}; the {part} part needs images and labels", file.name('-', "")),
            )
        })
    };
    let (images, labels) = File::of(part).ok_or_else(|| no_valid_part(folder.display().to_string()))?;
    let (images, labels) = (path(images)?, path(labels)?);
    let data = idx::read(images)?;
    data.with_labels(&labels.display().to_string(), idx::read_labels(&labels)?)
}

pub(in crate::data) fn mnist_folder(data_dir: &Path) -> Result<PathBuf> {
    let inner = data_dir.join("mnist");
    [&inner, data_dir].into_iter().find(|folder| is_folder(folder)).map(Path::to_owned).ok_or_else(|| {
        let problem = format!("not found in {} or {}", inner.display(), data_dir.display());
        Error::input("mnist", problem)
            .or(Remedy::Fetch { name: "mnist" })
            .with("data_dir", "name the folder that holds it")
    })
}

struct File {
    part: &'static str,
    content: &'static str,
    format: &'static str,
}

impl File {
    /// The names of a part's image and label files; `None` if MNIST has no such part.
    fn of(part: Part) -> Option<(Self, Self)> {
        let part = match part {
            Part::Train => "train",
            Part::Valid => return None,
            Part::Test => "t10k",
        };
        Some((
            Self { part, content: "images", format: "idx3" },
            Self { part, content: "labels", format: "idx1" },
        ))
    }

    fn name(&self, separator: char, suffix: &str) -> String {
        format!("{}-{}{separator}{}-ubyte{suffix}", self.part, self.content, self.format)
    }
}

fn find(folder: &Path, file: &File) -> Option<PathBuf> {
    // If both exist, the plain file is faster to read.
    [('-', ""), ('.', ""), ('-', ".gz"), ('.', ".gz")]
        .into_iter()
        .map(|(separator, suffix)| folder.join(file.name(separator, suffix)))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::read::testing::{gzip, idx};
    use std::fs;

    fn images(n: u32) -> Vec<u8> {
        idx(8, &[n, 1, 2], &vec![n as u8; 2 * n as usize])
    }

    fn labels(n: u32) -> Vec<u8> {
        idx(8, &[n], &vec![3; n as usize])
    }

    #[test]
    fn the_four_files_are_recognised_under_all_their_names() {
        for (separator, suffix) in [('-', ""), ('.', ""), ('-', ".gz"), ('.', ".gz")] {
            let folder = tempfile::tempdir().unwrap();
            assert!(!is_folder(&folder));
            for (part, n) in [("train", 3), ("t10k", 2)] {
                let write = |content, bytes: Vec<u8>| {
                    let name = format!("{part}-{content}-ubyte{suffix}").replace('/', &separator.to_string());
                    let bytes = if suffix.is_empty() { bytes } else { gzip(&bytes) };
                    fs::write(folder.path().join(name), bytes).unwrap();
                };
                write("images/idx3", images(n));
                write("labels/idx1", labels(n));
            }
            assert!(is_folder(&folder));
            for (part, n) in [(Part::Train, 3), (Part::Test, 2)] {
                let data = read(&folder, part).unwrap();
                assert_eq!((data.n_samples(), data.n_visible()), (n, 2));
                assert_eq!(data.labels(), Some(&vec![3; n][..]));
            }
        }
    }

    #[test]
    fn missing_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("train-images-idx3-ubyte"), images(3)).unwrap();
        assert!(has_part(&folder, Part::Train) && !has_part(&folder, Part::Test));
        let message = |part| {
            let error = read(&folder, part).unwrap_err();
            assert!(error.is_wrong_input());
            error.to_string()
        };
        assert!(
            message(Part::Train)
                .ends_with("holds no train-labels-idx1-ubyte; the training part needs images and labels")
        );
        assert!(
            message(Part::Test)
                .ends_with("holds no t10k-images-idx3-ubyte; the test part needs images and labels")
        );
    }

    #[test]
    fn the_number_of_labels_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("train-images-idx3-ubyte"), images(3)).unwrap();
        fs::write(folder.path().join("train-labels-idx1-ubyte"), labels(2)).unwrap();
        let message = read(&folder, Part::Train).unwrap_err().to_string();
        assert!(message.contains("train-labels-idx1-ubyte: 2 labels for 3 samples"), "{message}");
    }
}

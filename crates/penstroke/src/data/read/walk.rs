//! The files in a folder and the folders below it.

use crate::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Maximum nesting of folders. A link to a folder above would otherwise never end.
const MAX_NESTING: usize = 32;

/// The files in `folder` and below it, in the order of their paths, without hidden ones.
pub(in crate::data) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    visit(folder, &mut |inside| {
        files.extend(inside);
        false
    })?;
    files.sort();
    Ok(files)
}

/// Whether `folder` or a folder below it has such a file.
pub(in crate::data) fn any_below(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Result<bool> {
    visit(folder, &mut |inside| inside.iter().any(|file| is_wanted(file)))
}

/// Passes on the files of each folder until `enough` is true, and returns whether it was.
fn visit(folder: &Path, enough: &mut dyn FnMut(Vec<PathBuf>) -> bool) -> Result<bool> {
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        if depth == MAX_NESTING {
            let problem = format!("lies {MAX_NESTING} folders deep; is there a link to a folder above it?");
            return Err(Error::input(&folder, problem));
        }
        let (inside, folders) = list(&folder)?;
        if enough(inside) {
            return Ok(true);
        }
        open.extend(folders.into_iter().map(|folder| (folder, depth + 1)));
    }
    Ok(false)
}

/// The files and the folders in `folder`, each sorted by name, without hidden ones.
pub(in crate::data) fn list(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(|source| Error::io(folder, source))? {
        let entry = entry.map_err(|source| Error::io(folder, source))?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() { folders.push(path) } else { files.push(path) }
    }
    files.sort();
    folders.sort();
    Ok((files, folders))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_the_order_of_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b/2", "b/1", "a.x", "a/9", "c", ".hidden", ".git/x"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let files = files_below(folder.path()).unwrap();
        let names: Vec<_> =
            files.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a/9", "a.x", "b/1", "b/2", "c"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_within_itself_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("self")).unwrap();
        let message = files_below(folder.path()).unwrap_err().to_string();
        assert!(message.ends_with("is there a link to a folder above it?"), "{message}");
    }
}

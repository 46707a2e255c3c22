//! Paths with `*`, `?` or `[a-z]`, as shells expand them.

use crate::data::read::npz;
use crate::{Error, Result};
use std::path::{Component, Path, PathBuf};

/// Whether the path names something that exists, of any part.
pub(super) fn exists(path: &Path) -> bool {
    match pattern(path) {
        Some(pattern) => glob::glob(pattern).is_ok_and(|mut paths| paths.next().is_some()),
        None => npz::split(path).0.exists(),
    }
}

/// The path as a pattern with `*`, `?` or `[a-z]`, unless a file has that name.
pub(super) fn pattern(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.contains(['*', '?', '[']) && !npz::split(path).0.exists())
}

/// The files and folders that match a pattern.
pub(super) fn matching(path: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let found = glob::glob_with(pattern, options)
        .map_err(|error| Error::input(path, format!("is not a valid pattern: {}", error.msg)))?;
    let failed = |error: glob::GlobError| {
        let folder = error.path().to_owned();
        Error::io(folder, error.into())
    };
    found.map(|path| path.map_err(failed)).collect()
}

/// The folders of a pattern before its first special character.
pub(super) fn root(path: &Path) -> PathBuf {
    let is_plain = |component: &Component<'_>| {
        !component.as_os_str().to_str().is_some_and(|name| name.contains(['*', '?', '[']))
    };
    path.components().take_while(is_plain).collect()
}

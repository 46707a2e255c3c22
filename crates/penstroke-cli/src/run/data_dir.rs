//! The folder of data sets: the option, else the environment variable, else the platform's cache folder.

use std::env;
use std::path::PathBuf;

/// The environment variable that names the data folder.
pub(crate) const VARIABLE: &str = "PENSTROKE_DATA";

/// The data folder, which may not exist.
pub(crate) fn data_dir(given: Option<PathBuf>) -> PathBuf {
    given
        .or_else(|| folder(VARIABLE))
        .or_else(|| cache_folder().map(|cache| cache.join("penstroke")))
        .unwrap_or_else(|| PathBuf::from("penstroke-data"))
}

/// `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows, else `$XDG_CACHE_HOME` or `~/.cache`.
fn cache_folder() -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        env::home_dir().map(|home| home.join("Library/Caches"))
    } else if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else {
        // The base directory specification requires relative paths to be ignored.
        let given = folder("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        given.or_else(|| env::home_dir().map(|home| home.join(".cache")))
    }
}

/// An environment variable that is set and not empty.
fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

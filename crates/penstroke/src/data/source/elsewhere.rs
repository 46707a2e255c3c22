//! Sources that cannot be read: addresses, names that the shell did not expand, and spreadsheets.

use super::name::SOURCES;
use crate::error::Problem;
use std::path::Path;

/// The problem with a path at which nothing is.
pub(super) fn nothing_there(path: &Path) -> Problem {
    let text = path.to_string_lossy();
    if let Some((scheme, _)) = text.split_once("://").or_else(|| text.split_once(":/"))
        && scheme.len() > 1
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return Problem::from("is an address, and only files are read")
            .hint("download it and give the path of the file");
    }
    if text.starts_with('~') {
        return Problem::from("no such file or folder; the shell does not expand ~ inside quotes or files")
            .hint("write out the path of the home folder");
    }
    if text.contains(['*', '?', '[']) {
        return Problem::from("no such file or folder; patterns are not expanded here")
            .hint("put all rows into one file and give its name");
    }
    format!("no such file or folder; a source is {SOURCES}").into()
}

/// Whether the file is a spreadsheet: a zip file, or of the older kind of Excel.
pub(in crate::data) fn is_spreadsheet(path: &Path, beginning: &[u8]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_named_so = ["xlsx", "xlsm", "xlsb", "xls", "ods"].contains(&&*extension.to_ascii_lowercase());
    is_named_so && (beginning.starts_with(b"PK") || beginning.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]))
}

/// The problem with a spreadsheet.
pub(in crate::data) const SPREADSHEET: &str = "is a spreadsheet; save it as CSV and give that file";

//! A file of a table that is spread over several, and what its folders say about it.
//!
//! Folders named `key=value`, as Hive and Spark write them, are columns that the files themselves do not hold.

use crate::data::hold::{ColumnPlace, Preparation};
use crate::data::read::table::options::{Pick, TableOptions};
use std::path::{Component, Path, PathBuf};

/// A file, and the keys and values of the folders that it lies in, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct TableFile {
    pub(in crate::data) path: PathBuf,
    pub(in crate::data) keys: Vec<(String, Option<String>)>,
}

/// The name of a folder for rows without a value.
const NONE: &str = "__HIVE_DEFAULT_PARTITION__";

impl TableFile {
    /// A file that is a table of its own.
    pub(in crate::data) fn alone(path: &Path) -> Self {
        Self { path: path.to_owned(), keys: Vec::new() }
    }

    /// A file below the folder `root`.
    pub(in crate::data) fn below(root: &Path, path: PathBuf) -> Self {
        let folders = path.parent().and_then(|folder| folder.strip_prefix(root).ok());
        let names = folders.into_iter().flat_map(Path::components).filter_map(|component| match component {
            Component::Normal(name) => name.to_str(),
            _ => None,
        });
        let keys = names
            .filter_map(|name| name.split_once('='))
            .map(|(key, value)| (decoded(key), (value != NONE && !value.is_empty()).then(|| decoded(value))));
        Self { keys: keys.collect(), path }
    }
}

/// The text with each `%2F` or the like replaced by its character.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let code = after.get(..2).filter(|code| *first == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A column whose values are in the names of folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct Key {
    pub(in crate::data) name: String,
    pub(in crate::data) kind: KeyKind,
}

/// The type of all values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum KeyKind {
    Whole,
    Number,
    Text,
}

/// The keys in the folders of `files`, in the order in which they appear.
pub(in crate::data) fn keys(files: &[TableFile]) -> Vec<Key> {
    let mut all: Vec<Key> = Vec::new();
    for (name, value) in files.iter().flat_map(|file| &file.keys) {
        let kind = match value {
            None => KeyKind::Whole,
            Some(value) if value.parse::<i64>().is_ok() => KeyKind::Whole,
            Some(value) if value.parse::<f64>().is_ok_and(f64::is_finite) => KeyKind::Number,
            Some(_) => KeyKind::Text,
        };
        match all.iter_mut().find(|key| key.name == *name) {
            Some(key) => key.kind = if key.kind as u8 > kind as u8 { key.kind } else { kind },
            None => all.push(Key { name: name.clone(), kind }),
        }
    }
    all
}

/// Whether the column of this name is asked for, by the options or by the model that the table is for.
pub(in crate::data) fn is_asked_for(
    name: &str,
    options: &TableOptions,
    learned: Option<&Preparation>,
) -> bool {
    let is = |pick: &Pick| matches!(pick, Pick::Name(asked) if asked == name);
    let named = |column: &ColumnPlace| column.name.as_deref() == Some(name);
    let by_model = learned.and_then(|learned| learned.columns.as_ref()).is_some_and(|columns| {
        columns.features.iter().any(|feature| named(&feature.column))
            || columns.label.as_ref().is_some_and(named)
    });
    by_model || options.columns.iter().chain(&options.one_hot).chain(&options.label).any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_keys_and_values() {
        let file = |path: &str| TableFile::below(Path::new("a=0/root"), path.into());
        let keys_of = |path: &str| file(path).keys;
        let some = |key: &str, value: &str| (key.to_owned(), Some(value.to_owned()));
        assert_eq!(
            keys_of("a=0/root/year=2024/x/place=a%2Fb%20%/p=1.parquet"),
            [some("year", "2024"), some("place", "a/b %")]
        );
        assert_eq!(keys_of("a=0/root/year=__HIVE_DEFAULT_PARTITION__/p"), [("year".to_owned(), None)]);
        let files =
            ["year=2024/m=1/s=1", "year=2025/m=1.5/s=x"].map(|path| file(&format!("a=0/root/{path}/p")));
        let kinds = keys(&files).into_iter().map(|key| (key.name, key.kind)).collect::<Vec<_>>();
        let expected = [("year", KeyKind::Whole), ("m", KeyKind::Number), ("s", KeyKind::Text)];
        assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
    }
}

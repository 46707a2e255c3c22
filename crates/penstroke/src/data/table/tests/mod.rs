//! Tests of typed tables.

mod bad_input;
#[cfg(feature = "columnar")]
mod columnar;
mod fill;
mod given;
mod inference;
mod like;
mod mangled;
mod order;

use super::*;
use std::path::PathBuf;

/// A file with this content in a folder of its own.
fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

/// Reads a table of text.
fn read(content: impl AsRef<[u8]>, options: &SchemaOptions) -> crate::Result<TypedTable> {
    let (_folder, path) = file("t.csv", content);
    TypedTable::read(&path, options)
}

/// The kinds of a table that is read without options.
fn kinds(content: impl AsRef<[u8]>) -> String {
    let table = read(content, &SchemaOptions::default()).unwrap();
    words(&table)
}

fn words(table: &TypedTable) -> String {
    let columns = table.schema().columns.iter();
    let all: Vec<_> = columns.map(|column| format!("{}={}", column.name, column.kind)).collect();
    all.join(" ")
}

/// The message of an error, without its folder.
fn message(content: impl AsRef<[u8]>, options: &SchemaOptions) -> String {
    let (folder, path) = file("t.csv", content);
    let message = TypedTable::read(&path, options).map(drop).unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message.replace(&format!("{}/", folder.path().display()), "")
}

/// A random number below `n`, the next of a plain sequence.
fn below(state: &mut u64, n: usize) -> usize {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 33) as usize % n
}

fn types(pairs: &[(&str, ColumnKind)]) -> SchemaOptions {
    let types = pairs.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    SchemaOptions { types, ..SchemaOptions::default() }
}

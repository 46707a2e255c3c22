//! Typed tables: what is read is read again in its own way, and filling no gap changes no byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::data::{Cells, Fill, SchemaOptions, TypedTable};
use penstroke_fuzz::{bounded_by, file};

fuzz_target!(|bytes: &[u8]| {
    let path = file("x.csv", bytes);
    // What compressed text and columnar files may unpack to, as texts of which sets and counts are kept.
    let most = 256 * ((64 << 20) + 1024 * bytes.len());
    let options = SchemaOptions::default();
    let Ok(table) = bounded_by(most, || TypedTable::read(&path, &options)) else { return };
    assert!(table.schema().summary().len() <= 10);
    let again = TypedTable::read_like(&path, table.schema(), &options);
    let again = again.unwrap_or_else(|error| panic!("read, but not again: {error}"));
    assert_eq!(format!("{:?}", again.columns()), format!("{:?}", table.columns()));
    let is_text = table.schema().text.is_some();
    let done = path.with_file_name(if is_text { "done.csv" } else { "done.parquet" });
    table.write_filled(&done, &[]).unwrap_or_else(|error| panic!("read, but not written: {error}"));
    let is_packed = [&b"\x1f\x8b"[..], b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"].iter().any(|mark| bytes.starts_with(mark));
    if is_text && !is_packed {
        assert_eq!(std::fs::read(&done).unwrap(), bytes);
    }
    let mut fills = Vec::new();
    for (column, cells) in table.columns().iter().enumerate() {
        let rows: Vec<usize> = (0..table.n_rows()).filter(|&row| cells.is_missing(row)).collect();
        let values = match cells {
            Cells::Numbers(_) => Cells::Numbers(vec![1.0; rows.len()]),
            _ if table.schema().columns[column].categories.is_empty() => continue,
            _ if table.schema().columns[column].other() == Some(0) => continue,
            _ => Cells::Codes(vec![0; rows.len()]),
        };
        fills.push(Fill { column, rows, values });
    }
    table.write_filled(&done, &fills).unwrap_or_else(|error| panic!("read, but not filled: {error}"));
});

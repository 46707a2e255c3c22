//! Tables of text: the first bytes choose the options.
#![no_main]

use libfuzzer_sys::fuzz_target;
use penstroke::data::{LoadOptions, Missing, Pick, Source, TableOptions, load};
use penstroke_fuzz::{bounded, file};

// A comma is a float, its column's name and what is known of it; deflate makes 1032 commas of a byte.
const FACTOR: usize = 256;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let pick = |bit: u8, text: &str| (choice & bit != 0).then(|| text.parse::<Pick>().unwrap());
    let table = TableOptions {
        label: pick(1, "1"),
        one_hot: pick(2, "2").into_iter().collect(),
        columns: pick(4, "2-3").into_iter().collect(),
        missing: if choice & 8 != 0 { Missing::Mean } else { Missing::Refuse },
        header: (choice & 16 != 0).then_some(choice & 32 != 0),
        ..TableOptions::default()
    };
    let options = LoadOptions { table, ..LoadOptions::default() };
    let source = Source::Path(file(if choice & 64 != 0 { "x.tsv" } else { "x.csv" }, bytes));
    let factor = if bytes.starts_with(&[0x1f, 0x8b]) { FACTOR * 1032 } else { FACTOR };
    if let Ok(data) = bounded(bytes.len(), factor, || load(&source, &options)) {
        // What a model remembers reads the same table in the same way.
        let like = LoadOptions { like: Some(data.preparation().clone()), ..options };
        let again = bounded(bytes.len(), factor, || load(&source, &like));
        let again = again.unwrap_or_else(|error| panic!("read, but not again: {error}"));
        assert_eq!(again.to_floats(), data.to_floats());
    }
});

//! Folders and patterns of Parquet and Arrow files, as one table.

use super::tests::message;
use super::*;
use crate::data::hold::{Samples, Values};
use crate::data::read::testing::parquet;
use crate::data::write::parquet::write_column;
use crate::data::{Dataset, Part, TableOptions};
use crate::{Autoencoder, AutoencoderConfig, Model, Run};
use std::fs;
use std::path::Path;

/// Writes a file of columns `a` and `b`; `a` counts from `first`.
fn write(path: &Path, first: usize, n: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, parquet(&["a", "b"], &values(first, n))).unwrap();
}

fn values(first: usize, n: usize) -> Vec<f32> {
    (first..first + n).flat_map(|i| [i as f32, (i * i % 7) as f32]).collect()
}

/// The data set, which is the same streamed.
fn read(path: &Path, options: &LoadOptions) -> Dataset {
    let source = Source::Path(path.to_owned());
    let held = load(&source, options).unwrap();
    let streamed = stream(&source, options).unwrap();
    let mut values = Values::Bytes(Vec::new());
    streamed.read(&(0..held.n_samples() as u32).collect::<Vec<_>>(), &mut values).unwrap();
    assert_eq!(values.rows().to_floats(), held.to_floats());
    assert_eq!((streamed.labels(), streamed.preparation()), (held.labels(), held.preparation()));
    assert_eq!(streamed.warnings(), held.warnings());
    held
}

fn table(table: TableOptions) -> LoadOptions {
    LoadOptions { table, ..LoadOptions::default() }
}

#[test]
fn a_folder_of_parquet_files_gives_the_model_of_the_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let [parts, one] = ["parts", "one.parquet"].map(|name| folder.path().join(name));
    write(&one, 0, 60);
    // In the order of paths, not of time; files that start with _ or . are not data.
    write(&parts.join("part-2.parquet"), 40, 20);
    write(&parts.join("part-0.parquet"), 0, 15);
    write(&parts.join("part-1/x.parquet"), 15, 25);
    fs::write(parts.join("_SUCCESS"), "").unwrap();
    fs::write(parts.join(".part-0.parquet.crc"), "").unwrap();
    fs::write(parts.join("README.md"), "").unwrap();
    write(&parts.join("_temporary/part-0.parquet"), 0, 9);
    let options = LoadOptions { scale: "standard".parse().unwrap(), ..LoadOptions::default() };
    let whole = read(&one, &options);
    let fit = |data: &dyn Samples| {
        let config = AutoencoderConfig { hidden: 3, ..Default::default() }.epochs(2).batch(8);
        Autoencoder::fit(&config, data, &mut Run::new()).unwrap().to_bytes().unwrap()
    };
    for name in ["parts", "par*", "parts/**/*.parquet"] {
        let data = read(&folder.path().join(name), &options);
        assert_eq!(data.to_floats(), whole.to_floats(), "{name}");
        let streamed = stream(&Source::Path(folder.path().join(name)), &options).unwrap();
        assert!(fit(&data) == fit(&whole) && fit(&streamed) == fit(&whole), "{name}");
    }
    let data = read(&folder.path().join("parts/part-[02].parquet"), &options);
    assert_eq!(data.n_samples(), 35);
    let none = folder.path().join("none/*.parquet");
    assert!(message(&Source::Path(none), &options).ends_with("none/*.parquet: no file matches this pattern"));
}

#[test]
fn a_folder_may_have_two_parts() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::Path(folder.path().to_owned());
    write(&folder.path().join("train/0.parquet"), 0, 4);
    assert_eq!(load(&source, &LoadOptions::default()).unwrap().n_samples(), 4);
    assert!(!has_part(&source, Part::Test, Path::new("")));
    write(&folder.path().join("test/0.parquet"), 4, 2);
    assert!(has_part(&source, Part::Test, Path::new("")));
    for (part, n) in [(Part::Train, 4), (Part::Test, 2)] {
        assert_eq!(load(&source, &LoadOptions { part, ..LoadOptions::default() }).unwrap().n_samples(), n);
    }
    // So do files that are named by part.
    let folder = tempfile::tempdir().unwrap();
    let source = Source::Path(folder.path().to_owned());
    write(&folder.path().join("train-00000-of-00002.parquet"), 0, 3);
    write(&folder.path().join("train-00001-of-00002.parquet"), 3, 3);
    assert_eq!(read(folder.path(), &LoadOptions::default()).n_samples(), 6);
    assert!(!has_part(&source, Part::Test, Path::new("")));
    write(&folder.path().join("test.parquet"), 6, 2);
    assert!(has_part(&source, Part::Test, Path::new("")));
    assert_eq!(read(folder.path(), &LoadOptions::default()).n_samples(), 6);
    let test = LoadOptions { part: Part::Test, ..LoadOptions::default() };
    assert_eq!(load(&source, &test).unwrap().to_floats(), values(6, 2));
}

#[test]
fn names_of_folders_are_columns_only_if_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for (k, name) in ["year=2024/kind=a%20b", "year=2024/kind=c", "year=2025/kind=c"].iter().enumerate() {
        write(&folder.path().join(name).join("part-0.parquet"), 2 * k, 2);
    }
    let data = read(folder.path(), &LoadOptions::default());
    assert_eq!(data.to_floats(), values(0, 6));
    let place = folder.path().display();
    let warning =
        "year, kind are in names of folders, not columns of the files; they are left out of the values";
    assert_eq!(data.warnings(), [format!("{place}: {warning}")]);

    let pick = |text: &str| vec![text.parse().unwrap()];
    let data = read(
        folder.path(),
        &table(TableOptions { columns: [pick("a"), pick("year")].concat(), ..Default::default() }),
    );
    let years = [2024.0, 2024.0, 2024.0, 2024.0, 2025.0, 2025.0];
    assert_eq!(data.to_floats(), (0..6).flat_map(|i| [i as f32, years[i]]).collect::<Vec<_>>());
    assert!(data.warnings().is_empty());

    let labelled = TableOptions { label: Some("kind".parse().unwrap()), ..Default::default() };
    let data = read(folder.path(), &table(labelled.clone()));
    assert_eq!((data.to_floats(), data.labels()), (values(0, 6), Some(&[0, 0, 1, 1, 1, 1][..])));
    assert_eq!(data.preparation().classes, ["a b", "c"]);
    // A model of the column finds it in other folders.
    let one_hot = TableOptions { one_hot: pick("year"), ..Default::default() };
    let data = load(&Source::Path(folder.path().to_owned()), &table(one_hot)).unwrap();
    assert_eq!(data.row(4), [4.0, 2.0, 0.0, 1.0]);
    let like = LoadOptions { like: Some(data.preparation().clone()), ..LoadOptions::default() };
    assert_eq!(read(folder.path(), &like).to_floats(), data.to_floats());
    let path = folder.path().join("year=2025");
    assert!(message(&Source::Path(path), &like).contains("has no column \"year\""));
}

#[test]
fn files_that_differ_are_refused_with_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let refusal = |options: &LoadOptions| {
        let source = Source::Path(folder.path().to_owned());
        let text = message(&source, options);
        assert_eq!(stream(&source, options).unwrap_err().to_string(), text);
        text.replace(&format!("{}/", folder.path().display()), "")
    };
    write(&path("0.parquet"), 0, 3);
    let all = LoadOptions::default();
    let a = table(TableOptions { columns: vec!["a".parse().unwrap()], ..Default::default() });
    fs::write(path("1.parquet"), parquet(&["a", "c"], &values(3, 2))).unwrap();
    let same = "all files of a table need the same columns; choose columns that all have with columns";
    assert_eq!(refusal(&all), format!("1.parquet: has no column \"b\", which 0.parquet has; {same}"));
    assert_eq!(read(folder.path(), &a).to_floats(), [0.0, 1.0, 2.0, 3.0, 4.0]);
    fs::write(path("1.parquet"), parquet(&["b", "a", "c"], &[1.0, 2.0, 3.0])).unwrap();
    assert_eq!(refusal(&all), format!("1.parquet: has a column \"c\", which 0.parquet lacks; {same}"));
    // Columns are found by name.
    fs::write(path("1.parquet"), parquet(&["b", "a"], &[1.0, 2.0])).unwrap();
    assert_eq!(read(folder.path(), &all).row(3), [2.0, 1.0]);
    // Rows are counted in each file.
    fs::write(path("1.parquet"), parquet(&["a", "b"], &[1.0, 2.0, 1.0, f32::NAN])).unwrap();
    assert!(refusal(&all).starts_with("1.parquet: row 2 (from 1), column 2 (b): null or nan is missing"));
    fs::write(path("1.parquet"), "no table").unwrap();
    assert_eq!(refusal(&all), "1.parquet: is not a Parquet or Arrow file, despite its name");
    fs::remove_file(path("1.parquet")).unwrap();
    fs::write(path("more.csv"), "a,b\n1,2\n").unwrap();
    assert!(refusal(&all).ends_with(": holds more.csv beside 0.parquet; give one of them"));
    fs::remove_file(path("0.parquet")).unwrap();
    assert!(
        refusal(&all).ends_with(
            ": holds more.csv; only Parquet and Arrow files are read as one table, so give one file"
        )
    );
}

#[test]
fn types_that_differ_are_refused_with_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write(&path("0.parquet"), 0, 3);
    let mut texts = Vec::new();
    write_column(&mut texts, "a", ["x".to_owned()]).unwrap();
    fs::write(path("1.parquet"), texts).unwrap();
    let text = message(&Source::Path(folder.path().to_owned()), &LoadOptions::default());
    let place = folder.path().display();
    assert_eq!(
        text,
        format!(
            "{place}/1.parquet: column 1 (a): holds text, but numbers in {place}/0.parquet; all files of a table need the same \
             types; leave the column out with columns"
        )
    );
}

#[test]
fn other_compressions_are_named() {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/inputs");
    let text = message(&Source::Path(inputs.join("brotli.parquet")), &LoadOptions::default());
    assert!(
        text.ends_with("brotli.parquet: is compressed by Brotli, which is not read; write it with zstd"),
        "{text}"
    );
}

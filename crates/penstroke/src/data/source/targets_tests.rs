//! Targets, from columns and from files.

use super::tests::{message, source};
use super::*;
use crate::data::read::testing::{dictionary, npy};
use crate::data::{Samples, TableOptions};
use std::fs;

fn choosing(targets: &str) -> LoadOptions {
    let targets = targets.split(',').map(|pick| pick.parse().unwrap()).collect();
    LoadOptions { table: TableOptions { targets, ..TableOptions::default() }, ..LoadOptions::default() }
}

#[test]
fn columns_of_targets_are_left_out_of_the_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, "a,y,b,z\n1,10,2,20\n3,30,4,40\n5,50,6,60\n").unwrap();
    let data = load(&source(&path), &choosing("z,y")).unwrap();
    assert_eq!(data.to_floats(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(data.targets().unwrap().values(), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
    let streamed = stream(&source(&path), &choosing("y,z")).unwrap();
    assert_eq!((streamed.targets(), streamed.n_visible()), (data.targets(), 2));
    // Chosen samples keep their targets.
    let two = load(&source(&path), &LoadOptions { n: Some(2), ..choosing("2") }).unwrap();
    let targets = two.targets().unwrap();
    assert!((0..2).all(|i| targets.values()[i] == 10.0 * two.row(i)[0]), "{targets:?}");
    // For a model, the columns of values are its own.
    let like = Some(data.preparation().clone());
    let again = load(&source(&path), &LoadOptions { like: like.clone(), ..choosing("z") }).unwrap();
    assert_eq!((again.n_visible(), again.targets().unwrap().n_targets()), (2, 1));
    let refused =
        |options: &LoadOptions| message(&source(&path), options).split_once("t.csv: ").unwrap().1.to_owned();
    let both = "column 1 is both a target and a value; leave it out of one";
    assert_eq!(refused(&LoadOptions { like, ..choosing("a") }), both);
    let mut labelled = choosing("y");
    labelled.table.label = Some("y".parse().unwrap());
    assert_eq!(refused(&labelled), "column 2 is both a target and the label; leave it out of one");
    fs::write(&path, "a,y\n1,\n").unwrap();
    assert_eq!(refused(&choosing("y")), "line 2, column 2 (y): \"\" is missing; every row needs a target");
    fs::write(&path, "a,y\n1,x\n").unwrap();
    assert_eq!(refused(&choosing("y")), "line 2, column 2 (y): \"x\" is not a number, so not a target");
}

#[test]
fn a_file_of_targets_is_npy_or_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let array = write("y.npy", &npy(&dictionary("|u1", "False", "(3,)"), &[1, 2, 3]));
    let table = write("y.csv", b"y\n1\n2\n3\n");
    let indexed = write("index.csv", b",y\n0,1\n1,2\n2,3\n");
    for path in [array, table, indexed] {
        let targets = read_targets(&path).unwrap();
        assert_eq!((targets.values(), targets.n_targets()), (&[1.0, 2.0, 3.0][..], 1), "{}", path.display());
    }
    let refused = |path| read_targets(path).unwrap_err().to_string();
    assert!(refused(write("y.txt", b"1\n")).ends_with("give .npy, .csv, .tsv, .parquet or .arrow"));
    assert!(refused(write("gap.csv", b"y\n1\n?\n")).contains("is missing"));
    let columns =
        |picks: &[&str]| TargetsIn::Columns(picks.iter().map(|pick| pick.parse().unwrap()).collect());
    for (text, expected) in [
        ("y.npy", TargetsIn::File("y.npy".into())),
        ("y.csv.zst", TargetsIn::File("y.csv.zst".into())),
        ("folder/y", TargetsIn::File("folder/y".into())),
        ("price", columns(&["price"])),
        ("price,3-4", columns(&["price", "3-4"])),
    ] {
        assert_eq!(TargetsIn::parse(text).unwrap(), expected);
    }
    assert_eq!(
        TargetsIn::parse("0").unwrap_err().to_string(),
        "targets: 0 is not a column or range of columns; columns count from 1, as in 2-5"
    );
}

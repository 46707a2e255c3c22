//! Tables of columns in memory.

use super::*;

fn given(columns: Vec<(&str, GivenColumn)>, options: &SchemaOptions) -> crate::Result<TypedTable> {
    let (names, columns) = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).unzip();
    TypedTable::from_columns("frame", names, columns, options)
}

fn texts(all: &[&str]) -> GivenColumn {
    GivenColumn::Texts(all.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect())
}

fn numbers(all: &[f64]) -> GivenColumn {
    GivenColumn::Numbers(all.to_vec())
}

#[test]
fn types_give_the_kinds() {
    let codes = GivenColumn::Codes(vec![1, MISSING, 0, 2], vec!["c".into(), "a".into(), "b".into()]);
    let columns = vec![
        ("n", numbers(&[1.0, 1.0, f64::NAN, 2.0])),
        ("c", codes),
        ("t", texts(&["y", "x", "", "y"])),
        ("note", texts(&["p", "q", "r", "s"])),
        ("few", numbers(&[2.0, 1.0, 2.0, 1.0])),
    ];
    let table = given(columns, &types(&[("few", ColumnKind::Categorical)])).unwrap();
    assert_eq!(words(&table), "n=numeric c=categorical t=binary note=ignore few=categorical");
    let [n, c, t, _, few] = &table.schema().columns[..] else { panic!() };
    assert_eq!((n.is_whole, n.range, n.n_missing), (false, Some([1.0, 2.0]), 1));
    assert_eq!(
        (&c.categories[..], &t.categories[..]),
        (&["a", "b", "c"].map(String::from)[..], &["x", "y"].map(String::from)[..])
    );
    assert_eq!(few.categories, ["1", "2"]);
    assert_eq!(table.columns()[1], Cells::Codes(vec![0, MISSING, 2, 1]));
    assert_eq!(table.columns()[2], Cells::Codes(vec![1, 0, MISSING, 1]));
    assert_eq!(table.columns()[4], Cells::Codes(vec![1, 0, 1, 0]));
    assert_eq!(table.left_out(), ["column note is left out: text that differs in every row"]);
    let message = table.write_filled(std::path::Path::new("x.csv"), &[]).unwrap_err().to_string();
    assert_eq!(message, "frame: was not read from a file, so there is none to fill");
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    let none = SchemaOptions::default();
    let beyond = GivenColumn::Codes(vec![0, 3], vec!["a".into()]);
    let category = || GivenColumn::Codes(vec![0, 0], vec!["a".into()]);
    for (columns, options, expected) in [
        (vec![], &none, "frame: has 0 names for 0 columns"),
        (
            vec![("a", numbers(&[1.0])), ("a", numbers(&[1.0]))],
            &none,
            "frame: columns 1 and 2 are both named \"a\"; rename one",
        ),
        (
            vec![("a", numbers(&[1.0])), ("b", numbers(&[]))],
            &none,
            "frame: column 2 (b): has 0 rows, and the first column has 1",
        ),
        (
            vec![("a", beyond)],
            &none,
            "frame: row 2 (from 1), column 1 (a): code 3 is beyond the 1 categories",
        ),
        (
            vec![("a", numbers(&[1.0, f64::INFINITY]))],
            &none,
            "frame: row 2 (from 1), column 1 (a): \"inf\" is not a finite number",
        ),
        (
            vec![("a", numbers(&[f64::NAN]))],
            &none,
            "frame: column 1 (a): holds only missing values; set types to a=ignore",
        ),
        (
            vec![("a", category())],
            &types(&[("a", ColumnKind::Numeric)]),
            "frame: column 1 (a): holds categories, so it is not numeric",
        ),
    ] {
        let message = given(columns, options).map(drop).unwrap_err().to_string();
        assert!(message.starts_with(expected), "{message}");
    }
}

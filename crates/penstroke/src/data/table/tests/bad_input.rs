//! Tables that are refused, and what is told of tables that are odd.

use super::*;

#[test]
fn each_bad_input_has_its_message() {
    let mut among: String = (0..20).map(|k| format!("{k}.5,{k}\n")).collect();
    among += "oops,4\n";
    let dates = "d,x\n2024-01-02,1\n2024-01-03,2\n";
    for (text, expected) in [
        ("a,b\n1,?\n2,\n", "t.csv: column 2 (b): holds only missing values; set types to b=ignore"),
        ("a,a\n1,2\n", "t.csv: columns 1 and 2 are both named \"a\"; rename one"),
        (
            "a,b\n1.5,2\ninf,3\n",
            "t.csv: line 3, column 1 (a): \"inf\" is not a finite number; read it as missing with na_values, or set types to \
             a=ignore",
        ),
        (
            &format!("a,b\n{among}"),
            "t.csv: line 22, column 1 (a): \"oops\" is not a number, as 20 of 21 values are; read it as missing with na_values, or set types to \
             a=categorical",
        ),
        (
            dates,
            "t.csv: column 1 (d): holds dates; write them as numbers, such as days since the first, or set types to d=ignore",
        ),
        (
            "a;b\n1,234;x\n4,567;y\n",
            "t.csv: line 2, column 1 (a): the comma of \"1,234\" may be a decimal mark or separate thousands; set decimal to ,, or \
             set thousands to ,",
        ),
        ("a,b\n1\n", "t.csv: line 2 has 1 fields, the first row has 2; is a delimiter or a quote missing?"),
        ("a,b\n", "t.csv: holds column names but no rows"),
        ("0,1,2\n5,6,7.5\n", "t.csv: its first row counts columns from 0"),
        ("2019,2020,2021\n5,1,7.5\n3,9,1\n4,4,4\n", "t.csv: the numbers of its first row are evenly spaced"),
        ("id\n1\n2\n3\n", "t.csv: all its columns are left out, so nothing can be learned from it"),
    ] {
        let message = message(text, &SchemaOptions::default());
        assert!(message.starts_with(expected), "{message}\n{expected}");
    }
}

#[test]
fn kinds_that_do_not_fit_are_refused() {
    let text = "a,b\n1.5,x\n2,y\n3,z\n4,x\n";
    for (pairs, expected) in [
        (
            ("a", ColumnKind::Ordinal),
            "t.csv: column 1 (a): holds numbers with decimals, and an order needs whole numbers",
        ),
        (("b", ColumnKind::Numeric), "t.csv: line 2, column 2 (b): \"x\" is not a number"),
        (("b", ColumnKind::Binary), "t.csv: column 2 (b): holds 3 categories, so it is not binary"),
        (("c", ColumnKind::Ignore), "types: names \"c\", and the columns of t.csv are a, b"),
    ] {
        let message = message(text, &types(&[pairs]));
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn odd_tables_are_told() {
    let mut text = "a,b,c\n".to_owned();
    for row in 0..10 {
        text += if row < 7 { ",,\n" } else { "1.5,x,2\n" };
    }
    let table = read(text, &SchemaOptions::default()).unwrap();
    assert_eq!(
        table.warnings(),
        [
            "column a is constant",
            "column a: 70 % of its cells are missing",
            "column b is constant",
            "column b: 70 % of its cells are missing",
            "column c is constant",
            "column c: 70 % of its cells are missing",
            "7 rows without any value",
        ]
    );
}

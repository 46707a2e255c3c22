//! Tables that are refused, and what is told of tables that are odd.

use super::*;

#[test]
fn each_bad_input_has_its_message() {
    let mut among: String = (0..20).map(|k| format!("{k}.5,{k}\n")).collect();
    among += "oops,4\n";
    // Gaps with a word that is not known, beside decimals and beside many whole numbers.
    let dots: String =
        (0..40).map(|k| if k % 8 == 3 { ".,1\n".into() } else { format!("{k}.5,2\n") }).collect();
    let dashes: String =
        (0..40).map(|k| if k % 2 == 0 { "-,1\n".into() } else { format!("{k},2\n") }).collect();
    let dates = "d,x\n2024-01-02,1\n2024-01-03,2\n";
    let almost_dates: String = (10..29).map(|k| format!("2024-01-{k},{k}\n")).collect();
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
            &format!("a,b\n{dots}"),
            "t.csv: line 5, column 1 (a): \".\" is not a number, as 35 of 40 values are; read it as missing with na_values, or set types to \
             a=categorical",
        ),
        // Decimal commas are found in spite of them.
        (
            &format!("a;b\n{}", dots.replace(',', ";").replace(".5", ",5")),
            "t.csv: line 5, column 1 (a): \".\" is not a number, as 35 of 40 values are; read it as missing with na_values",
        ),
        (
            &format!("a,b\n{dashes}x,3\n"),
            "t.csv: line 2, column 1 (a): \"-\" is not a number, as 20 of 41 values are; read it as missing with na_values",
        ),
        (
            &format!("d,x\nunknown,1\n{almost_dates}"),
            "t.csv: line 3, column 1 (d): \"2024-01-10\" is a date, as 19 of 20 values are; write them as numbers, such as days since the \
             first, or set types to d=ignore",
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
        ("a,b\n1\n", "t.csv: line 2 has 1 field, the first row has 2; is a delimiter or a quote missing?"),
        (
            "a,b\n1,2\n3,\0\n",
            "t.csv: line 3 holds a NUL byte, so this is not a table of text, Parquet or Arrow IPC",
        ),
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
            "3 columns are constant: a, b, c",
            "3 columns have more than 60 % gaps: a (70 %), b (70 %), c (70 %)",
            "7 rows without any value",
        ]
    );
}

#[test]
fn each_kind_of_warning_is_one_line() {
    let names: Vec<String> = (0..30).map(|k| format!("k{k},g{k}")).collect();
    let mut text = format!("x,{}\n", names.join(","));
    for row in 0..20 {
        let gap = if row < 13 { String::new() } else { format!("{row}.5") };
        text += &format!("{row}.25,{}\n", vec![format!("7,{gap}"); 30].join(","));
    }
    let train = read(&text, &SchemaOptions::default()).unwrap();
    assert_eq!(
        train.warnings(),
        [
            "30 columns are constant: k0, k1, k2 and 27 more",
            "30 columns have more than 60 % gaps: g0 (65 %), g1 (65 %), g2 (65 %) and 27 more",
        ]
    );
    // Many rare categories, and categories that are new.
    let many: String = (0..300).map(|k| format!("c{k},d{k},x,y,1.5\nc{k},d{k},y,z,2.5\n")).collect();
    let train = read(format!("a,b,u,v,w\n{many}"), &SchemaOptions::default()).unwrap();
    assert_eq!(
        train.warnings(),
        [
            "2 columns have more than 128 categories; of each the 127 most frequent are kept, and the others merged into one, (other): a, b"
        ]
    );
    let (_folder, path) = file("u.csv", "a,b,u,v,w\nc1,d1,p,q,1\nc1,d1,p,r,2\n");
    let like = TypedTable::read_like(&path, train.schema(), &SchemaOptions::default()).unwrap();
    assert_eq!(
        like.warnings()[0],
        "2 columns hold categories not seen in training, which count as missing: u (2 cells, the first \"p\"), v (2 cells, the first \"q\")"
    );
}

//! What columns are inferred to hold.

use super::*;

/// A column of these values repeated over 60 rows.
fn column(name: &str, values: &[&str]) -> String {
    let rows = (0..60).map(|row| format!("{}\n", values[row % values.len()]));
    format!("{name}\n{}", rows.collect::<String>())
}

#[test]
fn columns_are_what_their_values_say() {
    let numbered: Vec<String> = (0..60).map(|k| k.to_string()).collect();
    let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
    let padded: Vec<String> = (0..60).map(|k| format!("{k:04}")).collect();
    let padded: Vec<&str> = padded.iter().map(String::as_str).collect();
    let texts: Vec<String> = (0..60).map(|k| format!("t{k}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for (name, values, kind) in [
        ("x", &["1.5", "2", "?"][..], "numeric"),
        ("x", &["1", "2", "3"], "categorical"),
        ("x", &["1", "2"], "binary"),
        ("x", &["1.0", "2.0"], "binary"),
        ("x", &["1", "2", "3", "4"], "numeric"),
        ("x", &["a", "b"], "binary"),
        ("x", &["a", "b", "NA", "c"], "categorical"),
        ("x", &["true", "false", ""], "binary"),
        ("x", &["01", "02", "03", "04", "05"], "categorical"),
        ("x", &["0.5", "1.5", "0", "-0.5"], "numeric"),
        ("x", &["1", "2", "many", "few"], "categorical"),
        ("x", &["1", "2", "none"], "categorical"),
        ("x", &["1.5", "2.5", "low", "high", "none"], "categorical"),
        (
            "x",
            &["001", "002", "003", "004", "005", "006", "007", "008", "009", "010", "011", "none", "none"],
            "categorical",
        ),
        ("x", &["2024-01-02", "2024-01-03", "2024-01-04", "open"], "categorical"),
        ("x", &numbered, "numeric"),
        ("id", &numbered, "ignore"),
        ("customer_id", &numbered, "ignore"),
        ("Unnamed: 0", &numbered, "ignore"),
        ("x", &padded, "ignore"),
        ("note", &texts, "ignore"),
    ] {
        // A second column, so that the table is used where the first is left out.
        let text = column(name, values);
        let lines = text
            .lines()
            .zip(column("y", &["0.5", "1.5"]).lines())
            .map(|(a, b)| format!("{a},{b}\n"))
            .collect::<String>();
        assert_eq!(kinds(&lines), format!("{name}={kind} y=numeric"), "{values:?}");
    }
}

#[test]
fn one_column_of_categories_is_a_table() {
    assert_eq!(kinds("colour\nred\nblue\nred\n\"light green\"\nblue\n"), "colour=categorical");
    assert_eq!(kinds("red\nblue\nred\nblue\nred\n"), "1=binary");
}

#[test]
fn the_form_of_a_text_is_found() {
    for (text, delimiter, decimal, thousands, header) in [
        ("a,b\n1.5,2\n2.5,?\n", ',', '.', None, true),
        ("a;b\n1,5;2\n2,5;?\n", ';', ',', None, true),
        ("1,5;2\n2,5;7\n", ';', ',', None, false),
        ("a\tb\n1,234,567\t2\n2\t3\n", '\t', '.', Some(','), true),
        ("a;b\n1.234,5;2\n2;3\n", ';', ',', Some('.'), true),
        ("a|b\n1 234|2\n1|3\n", '|', '.', Some(' '), true),
        ("a b\n1 x\n2 y\n3 x\n", ' ', '.', None, true),
        ("a,b\n\"1,5\",2\n\"12,25\",?\n", ',', ',', None, true),
        ("x,red\nx,blue\ny,red\ny,blue\n", ',', '.', None, false),
        ("a,b\nx,red\nx,blue\ny,red\n", ',', '.', None, true),
        ("x,3\ny,4.5\nx,5.5\n", ',', '.', None, false),
        (",0,1\n0,5.5,6\n1,4.5,8\n2,1,3\n", ',', '.', None, true),
        ("\u{feff}\"a;b\",c\n1,2\n", ',', '.', None, true),
        // Marks that turn one column into numbers and another into text are not taken.
        ("a;b\n1,5;2.5\n2,5;3.5\n", ';', '.', None, true),
    ] {
        let table = read(text, &SchemaOptions::default()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let form = table.schema().text.clone().unwrap();
        let found = (form.delimiter, form.decimal, form.thousands, form.header);
        assert_eq!(found, (delimiter, decimal, thousands, header), "{text:?}");
    }
}

#[test]
fn cells_are_numbers_and_codes() {
    let table = read("n;c;i\n1,5;b;1\n?;;2\n2,25;a;2\n-3;b;?\n", &SchemaOptions::default()).unwrap();
    let [n, c, _] = table.columns() else { unreachable!() };
    let Cells::Numbers(numbers) = n else { panic!("{n:?}") };
    assert_eq!((numbers[0], numbers[2], numbers[3]), (1.5, 2.25, -3.0));
    assert!(numbers[1].is_nan());
    assert_eq!(*c, Cells::Codes(vec![1, MISSING, 0, 1]));
    let schema = table.schema();
    assert_eq!(schema.columns[0].decimals, 2);
    assert_eq!(schema.columns[1].categories, ["a", "b"]);
    assert_eq!((schema.columns[2].is_whole, schema.columns[2].n_missing), (true, 1));
    assert_eq!((table.n_rows(), table.n_empty_rows()), (4, 0));
}

#[test]
fn given_kinds_come_first() {
    let text = "a,b,c,d\n1,1,2,x\n2,2,3,y\n3,1,2.5,z\n";
    let options = types(&[
        ("a", ColumnKind::Ordinal),
        ("2", ColumnKind::Categorical),
        ("c", ColumnKind::Label),
        ("d", ColumnKind::Id),
    ]);
    let table = read(text, &options).unwrap();
    assert_eq!(words(&table), "a=ordinal b=categorical c=label d=id");
    assert_eq!(table.schema().columns[1].categories, ["1", "2"]);
    assert_eq!(table.columns()[2], Cells::Numbers(vec![2.0, 3.0, 2.5]));
    assert_eq!(table.columns()[3], Cells::Left);
    // The schema gives the same kinds when it is read back.
    let json = serde_json::to_string(table.schema()).unwrap();
    let schema = Some(serde_json::from_str(&json).unwrap());
    let again = read(text, &SchemaOptions { schema, ..SchemaOptions::default() }).unwrap();
    assert_eq!(words(&again), words(&table));
}

#[test]
fn what_was_inferred_is_told_in_ten_lines() {
    let names: Vec<String> = (0..40).map(|k| format!("measurement_{k}")).collect();
    let mut text = format!("id;{};colour;ok\n", names.join(";"));
    for row in 0..30 {
        let values: Vec<String> =
            (0..40).map(|k| if k == row { "?".into() } else { format!("{row},{k}") }).collect();
        text +=
            &format!("{row};{};{};{}\n", values.join(";"), ["red", "blue", "green"][row % 3], row % 2 == 0);
    }
    let table = read(text, &SchemaOptions::default()).unwrap();
    let lines = table.schema().summary();
    assert!(lines.len() <= 10, "{lines:?}");
    assert_eq!(lines[0], "30 rows, 43 columns: 40 numeric, 1 categorical, 1 binary, 1 ignore");
    assert_eq!(
        lines[1],
        "text: fields separated by semicolons, decimal comma, the first row names the columns"
    );
    assert!(
        lines[2].starts_with("numeric: measurement_0, ") && lines[2].ends_with(" and 34 more"),
        "{}",
        lines[2]
    );
    assert_eq!(lines[3], "categorical: colour (3)");
    assert_eq!(lines[4], "binary: ok (false/true)");
    assert_eq!(lines[5], "ignore: id (whole numbers that name the rows)");
    assert!(
        lines[6].starts_with("gaps: 2.4 % of the cells, in 30 columns: measurement_0 3.3 %"),
        "{}",
        lines[6]
    );
    assert_eq!(table.left_out(), ["column id is left out: whole numbers that name the rows"]);
}

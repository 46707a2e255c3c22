mod marks;
mod row_names;

use super::*;
use crate::Result;
use crate::config::Named;
use crate::data::read::content::Content;
use crate::data::read::testing::gzip;
use crate::data::{Columns, Dataset, MAX_CATEGORIES, Preparation};

fn picks(text: &str) -> Vec<Pick> {
    text.split(',').filter(|pick| !pick.is_empty()).map(|pick| pick.parse().unwrap()).collect()
}

fn options(columns: &str, one_hot: &str, label: &str) -> TableOptions {
    let label = picks(label).pop();
    TableOptions { columns: picks(columns), one_hot: picks(one_hot), label, ..TableOptions::default() }
}

fn read_bytes(
    name: &str,
    bytes: &[u8],
    options: &TableOptions,
    learned: Option<&Preparation>,
) -> Result<Dataset> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(Content::open(&path)?, options, learned)
}

fn table(text: &str, options: &TableOptions) -> Dataset {
    read_bytes("t.csv", text.as_bytes(), options, None).unwrap()
}

/// The error, without the file name.
fn problem_in(bytes: &[u8], options: &TableOptions, learned: Option<&Preparation>) -> String {
    let error = read_bytes("t.csv", bytes, options, learned).unwrap_err();
    assert!(error.is_wrong_input(), "{error}");
    error.to_string().split_once("t.csv: ").unwrap().1.to_owned()
}

fn problem(text: &str, options: &TableOptions) -> String {
    problem_in(text.as_bytes(), options, None)
}

#[test]
fn headers_are_detected_or_declared() {
    let all = TableOptions::default();
    let check = |text: &str, options: &TableOptions, expected: &[f32]| {
        assert_eq!(table(text, options).to_floats(), expected, "{text:?}");
    };
    check("a,b\n1,2\n3,4\n", &all, &[1.0, 2.0, 3.0, 4.0]);
    check("1,2\n3,4", &all, &[1.0, 2.0, 3.0, 4.0]);
    check("\u{feff}a,b\r\n1,-2.5e1\r\n", &all, &[1.0, -25.0]);
    check("1,2\n3,4\n", &TableOptions { header: Some(true), ..all.clone() }, &[3.0, 4.0]);
    check("7,8\n3,4\n", &TableOptions { columns: vec![Pick::Name("8".into())], ..all.clone() }, &[4.0]);
    // Text in a column that is not read does not make the first row a header.
    check("1,x\n3,y\n", &options("1", "", ""), &[1.0, 3.0]);
    check("1,x\n3,y\n", &options("", "2", ""), &[1.0, 1.0, 0.0, 3.0, 0.0, 1.0]);
    let no = TableOptions { header: Some(false), ..all };
    assert_eq!(
        problem("a,b\n1,2\n", &no),
        "line 1, column 1: \"a\" is not a number; leave the column out with columns, or read it as categories with one_hot"
    );
}

#[test]
fn true_and_false_are_numbers() {
    let all = TableOptions::default();
    assert_eq!(table("True,1\nfalse,2\n", &all).to_floats(), [1.0, 1.0, 0.0, 2.0]);
    assert!(problem("1\ntruth\n", &all).starts_with("line 2, column 1: \"truth\" is not a number"));
}

#[test]
fn a_first_row_that_counts_columns_needs_an_explicit_header_option() {
    let with_header = |header| TableOptions { header, ..TableOptions::default() };
    for text in ["0,1,2\n5,6,7\n", ",0,1,2\n0,5,6,7\n"] {
        let problem = problem(text, &with_header(None));
        assert!(problem.starts_with("its first row counts columns from 0, as pandas writes"), "{problem}");
    }
    assert_eq!(table("0,1,2\n5,6,7\n", &with_header(Some(true))).to_floats(), [5.0, 6.0, 7.0]);
    assert_eq!(table("0,1,2\n5,6,7\n", &with_header(Some(false))).n_samples(), 2);
    assert_eq!(table("0,1\n5,6\n", &with_header(None)).n_samples(), 2);
}

#[test]
fn one_known_name_is_enough_for_a_header() {
    let learned = table("a,b,c\n1,2,3\n", &TableOptions::default()).preparation().clone();
    let problem = problem_in(b"a,b\n1,2\n", &TableOptions::default(), Some(&learned));
    assert_eq!(problem, "has no column \"c\"; its columns are a, b");
}

#[test]
fn columns_are_chosen_by_name_number_and_range_in_the_order_of_the_file() {
    let text = "id,x,y,z,kind\n1,2,3,4,5\n";
    for (columns, label, expected) in [
        ("y,x", "", &[2.0, 3.0][..]),
        ("2-4", "kind", &[2.0, 3.0, 4.0]),
        ("z,1", "", &[1.0, 4.0]),
        ("", "kind", &[1.0, 2.0, 3.0, 4.0]),
        ("", "1", &[2.0, 3.0, 4.0, 5.0]),
    ] {
        assert_eq!(table(text, &options(columns, "", label)).to_floats(), expected, "{columns}");
    }
    let names = table(text, &options("x,y", "kind", "")).preparation().columns.clone().unwrap().value_names();
    assert_eq!(names, ["x", "y", "kind=5"]);
}

#[test]
fn a_part_that_the_model_lacks_is_refused() {
    let text = "a,b,b\n1,2,3\n";
    for (columns, label, expected) in [
        ("c", "", "has no column \"c\"; its columns are a, b, b"),
        ("b", "", "two columns are named \"b\"; give a number"),
        ("4", "", "has 3 columns, so 4 is out of range"),
        ("1-3", "a", "column 1 is both the label and a value; leave it out of one"),
        ("1", "2-3", "label 2-3 names several columns; name one"),
    ] {
        assert_eq!(problem(text, &options(columns, "", label)), expected);
    }
    assert_eq!(problem("1\n2\n", &options("", "", "1")), "no column is left for the values");
    let named = TableOptions { header: Some(false), ..options("a", "", "") };
    assert_eq!(problem("1\n", &named), "has no column names, so \"a\" is not found; give numbers from 1");
    for (text, expected) in [
        ("0", "columns: 0 is not a column or range of columns; columns count from 1, as in 2-5"),
        ("5-2", "columns: 5-2 is not a column or range of columns; columns count from 1, as in 2-5"),
        (" ", "columns: a name is empty; an example is age,2,5-7"),
    ] {
        assert_eq!(text.parse::<Pick>().unwrap_err().to_string(), expected);
    }
    assert_eq!(
        Missing::parse("drop").unwrap_err().to_string(),
        "missing: \"drop\" is not one of error, mean"
    );
}

#[test]
fn quotes_blanks_and_delimiters_are_those_of_csv() {
    let text = "\"a, b\", \"say \"\"x\"\"\"\n 1 , 2\n\n\"3\",\"4\"\n";
    let data = table(text, &TableOptions::default());
    assert_eq!(data.to_floats(), [1.0, 2.0, 3.0, 4.0]);
    for (name, text, delimiter) in [
        ("t.tsv", "1\t2\n", None),
        ("t.TSV.gz", "1\t2\n", None),
        ("t.csv", "1;2\n", Some(b';')),
        ("t.data", "1,2\n", None),
    ] {
        let options = TableOptions { delimiter, ..TableOptions::default() };
        let bytes = if name.ends_with("gz") { gzip(text.as_bytes()) } else { text.into() };
        assert_eq!(read_bytes(name, &bytes, &options, None).unwrap().to_floats(), [1.0, 2.0], "{name}");
    }
}

#[test]
fn labels_are_classes_in_order_of_number_or_name() {
    for (text, classes, labels) in [
        ("1,10\n2,9\n3,10\n", &["9", "10"][..], &[1, 0, 1][..]),
        ("1,-1\n2,+1\n", &["-1", "+1"], &[0, 1]),
        ("1,b\n2,a\n3,10\n", &["10", "a", "b"], &[2, 1, 0]),
    ] {
        let data = table(text, &options("", "", "2"));
        assert_eq!(data.labels().unwrap(), labels);
        assert_eq!(data.preparation().classes, classes);
        assert_eq!(data.preparation().class_name(1), classes[1]);
    }
    assert_eq!(
        problem("1,a\n2,\n", &options("", "", "2")),
        "line 2, column 2: \"\" is missing; every row needs a label"
    );
}

#[test]
fn categories_are_sorted_and_each_is_a_value() {
    let data = table("c,x\nred,5\nblue,6\nred,7\n", &options("", "c", ""));
    assert_eq!(data.to_floats(), [0.0, 1.0, 5.0, 1.0, 0.0, 6.0, 0.0, 1.0, 7.0]);
    let many: String = (0..=MAX_CATEGORIES).map(|i| format!("c{i}\n")).collect();
    assert_eq!(
        problem(&many, &options("", "1", "")),
        "line 1001, column 1: \"c1000\" is category 1001 of the column, and at most 1000 are allowed; leave the column out with columns"
    );
}

#[test]
fn missing_values_are_errors_or_means() {
    let text = "x,c\n1,u\n?,v\n4,u\nNA,\n";
    let mean = TableOptions { missing: Missing::Mean, ..options("", "c", "") };
    // For x, (1 + 4) / 2; for u, 2 of the 3 present.
    let (x, u, v) = (2.5, 2.0 / 3.0, 1.0 / 3.0);
    let data = table(text, &mean);
    assert_eq!(data.to_floats(), [1.0, 1.0, 0.0, x, 0.0, 1.0, 4.0, 1.0, 0.0, x, u, v]);
    // Another table is filled with the means of the first.
    let other =
        read_bytes("t.csv", b"x,c\n100,u\nnan,?\n", &TableOptions::default(), Some(data.preparation()));
    assert_eq!(other.unwrap().to_floats(), [100.0, 1.0, 0.0, x, u, v]);

    let way_out = "is missing; set missing to mean, or leave the column out with columns";
    assert_eq!(problem(text, &options("", "c", "")), format!("line 3, column 1 (x): \"?\" {way_out}"));
    assert_eq!(problem("1,a\n2,\n", &options("", "2", "")), format!("line 2, column 2: \"\" {way_out}"));
    assert_eq!(problem("1,?\n2,\n", &mean_of_all()), "column 2 holds only missing values");
    assert_eq!(
        problem("1,?\n2,\n", &TableOptions { one_hot: picks("2"), ..mean_of_all() }),
        "column 2 holds only missing values"
    );
}

fn mean_of_all() -> TableOptions {
    TableOptions { missing: Missing::Mean, ..TableOptions::default() }
}

#[test]
fn another_table_becomes_samples_in_the_same_way() {
    let learned = table("x,c,y\n1,u,b\n2,v,a\n", &options("", "c", "y"));
    let again = |text: &str| {
        read_bytes("t.csv", text.as_bytes(), &TableOptions::default(), Some(learned.preparation()))
    };
    // Columns are found by name, whatever their order.
    let other = again("y,extra,c,x\na,9,v,5\n").unwrap();
    assert_eq!((other.to_floats(), other.labels()), (vec![5.0, 0.0, 1.0], Some(&[0][..])));
    assert_eq!(other.preparation().classes, ["a", "b"]);
    // Without names, columns are found by number; without a label column, there are no labels.
    assert_eq!(again("5,v\n").unwrap().labels(), None);
    assert_eq!(again("5,v\n").unwrap().to_floats(), [5.0, 0.0, 1.0]);
    let unknown = again("x,c\n5,w\n5,u\n5,z\n").unwrap();
    assert_eq!(unknown.to_floats(), [5.0, 0.0, 0.0, 5.0, 1.0, 0.0, 5.0, 0.0, 0.0]);
    let [warning] = unknown.warnings() else { panic!("one warning") };
    assert!(
        warning.ends_with(
            "t.csv: 2 places hold categories not seen in training, the first \"w\" in column 2 (c); their \
             values are all 0"
        ),
        "{warning}"
    );
    let problem =
        |text: &str| problem_in(text.as_bytes(), &TableOptions::default(), Some(learned.preparation()));
    assert_eq!(problem("x,z\n5,w\n"), "has no column \"c\"; its columns are x, z");
    assert_eq!(problem("5\n"), "has 1 column, the model needs column 2 (c)");
    assert_eq!(
        problem("x,c,y\n1,u,a\n1,u,c\n"),
        "line 3, column 3 (y): \"c\" is not one of the 2 classes that the model knows: \"a\", \"b\""
    );
}

#[test]
fn columns_with_equal_names_are_found_in_their_old_positions() {
    let options = options("", "", "3");
    let learned = table("x,x,y\n1,2,a\n", &options).preparation().clone();
    let read = |text: &str| read_bytes("t.csv", text.as_bytes(), &options, Some(&learned));
    assert_eq!(read("x,x,y\n3,4,a\n").unwrap().to_floats(), [3.0, 4.0]);
    let moved = read("y,x,x\na,3,4\n").unwrap_err().to_string();
    assert!(moved.ends_with("two columns are named \"x\"; give a number"), "{moved}");
}

#[test]
fn malformed_tables_are_refused_with_their_line() {
    let all = TableOptions::default();
    for (text, expected) in [
        ("1,2\n3\n", "line 2 has 1 field, the first row has 2; is a delimiter or a quote missing?"),
        ("1,2\n3,4,5\n", "line 2 has 3 fields, the first row has 2; is a delimiter or a quote missing?"),
        ("a,b\n", "holds column names but no rows"),
        ("\n\n", "holds no rows"),
        (
            "a,b\n1,2\n3,x\n",
            "line 3, column 2 (b): \"x\" is not a number (line 1 was read as column names); leave the column out with columns, or read \
             it as categories with one_hot",
        ),
        (
            "1,2\n3,inf\n",
            "line 2, column 2: \"inf\" is not a finite number in single precision (up to 3.4e38)",
        ),
        (
            "1,2\n1e39,4\n",
            "line 2, column 1: \"1e39\" is not a finite number in single precision (up to 3.4e38)",
        ),
    ] {
        assert_eq!(problem(text, &all), expected);
    }
    // Lines are counted as editors count them.
    for text in
        ["1,2\r\n3,4\r\n5,x\r\n", "1,2\r3,4\r5,x", "\n1,2\n5,x\n", "1,\"2\n\"\n5,x", "\u{feff}1,2\n\n5,x\n"]
    {
        assert!(problem(text, &all).starts_with("line 3, column 2: \"x\" is not a number"), "{text:?}");
    }
    assert!(problem("\n\na,b\n1,x\n", &all).contains("(line 3 was read as column names)"));
    let of = |bytes: &[u8]| problem_in(bytes, &all, None);
    assert_eq!(of(b"1,2\n3,\xff\n"), "line 2, column 2: is not UTF-8 text; save the file as UTF-8");
    assert_eq!(of(b"\xff\xfe1\0"), "is UTF-16 text; save it as UTF-8");
    let zipped = gzip("1,2\n".repeat(10_000).as_bytes());
    assert_eq!(of(&zipped[..zipped.len() / 2]), "the compressed data are cut short; get the file again");
    let long = format!("line 2, column 1: {:?} is not a number", format!("{}…", "x".repeat(40)));
    assert!(problem(&format!("1\n{}\n", "x".repeat(99)), &all).starts_with(&long));
}

#[test]
fn an_open_quote_swallows_no_rows() {
    // The rest of the file would be one field of an unused column.
    let text = "1,a\n2,\"b\n3,c\n4,d\n";
    let first = options("1", "", "");
    assert_eq!(problem(text, &first), "line 2: a quoted field is never closed");
    assert_eq!(table("1,a\n2,\"b\n3,c\"\n4,d\n", &first).to_floats(), [1.0, 2.0, 4.0]);
    // A second open quote would close the first.
    for (text, behind, line) in
        [("1,x\n2,\"y\n3,z\n4,\"q\n5,z\n", 4, 2), ("1,\"x\"y\n", 1, 1), ("1,\"x\" \"y\"\n", 1, 1)]
    {
        let expected = format!(
            "line {behind}: text follows the quote that closes a field opened in line {line}; inside a quoted field, \
             double the quotes"
        );
        assert_eq!(problem(text, &first), expected, "{text}");
    }
    assert_eq!(table("1,\"x\"\"y\" ,\n2,a\"b\",\n", &first).to_floats(), [1.0, 2.0]);
    assert_eq!(table("1,\"x\"\",\n\"\n2,a\n", &first).to_floats(), [1.0, 2.0]);
    assert_eq!(problem("1,\"x", &first), "line 1: a quoted field is never closed");
    // Compressed rows that never end stop at the limit instead of using all memory.
    let endless = gzip(&[&b"1,\""[..], &[b'x'; 17 << 20]].concat());
    assert_eq!(
        problem_in(&endless, &first, None),
        "the row after line 0 is longer than 16 MiB; is a quote left open, or is this not a table?"
    );
}

#[test]
fn columns_of_a_damaged_model_are_refused() {
    let good = table("x,c\n1,u\n2,v\n", &options("", "c", "")).preparation().columns.clone().unwrap();
    good.check(3).unwrap();
    let message = |change: fn(&mut Columns)| {
        let mut columns = good.clone();
        change(&mut columns);
        columns.check(3).unwrap_err().to_string()
    };
    assert_eq!(message(|c| c.features[0].width = 2), "columns: give samples of 4 values, not of 3");
    assert_eq!(message(|c| c.features[0].width = 0), "columns: column 1 (x) is not a valid column");
    assert_eq!(message(|c| c.features[1].width = 1), "columns: column 2 (c) is not a valid column");
    assert_eq!(
        message(|c| c.features[0].means = Some(vec![f32::NAN])),
        "columns: column 1 (x) is not a valid column"
    );
    assert_eq!(message(|c| c.features[0].column.number = 0), "columns: column 0 (x) is not a valid column");
}

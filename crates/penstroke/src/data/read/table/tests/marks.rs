//! Delimiters, marks in numbers, words for missing values, and first rows of numbers.

use super::*;

/// A table that cannot be read, what its error must advise, and the options of that advice.
#[track_caller]
fn check(text: &str, options: &TableOptions, advice: &str, advised: TableOptions, expected: &[f32]) {
    let message = problem(text, options);
    assert!(message.ends_with(advice), "{text:?}: {message}");
    assert!(!message.contains("one_hot"), "{message}");
    assert_eq!(table(text, &advised).to_floats(), expected, "{text:?}");
}

#[test]
fn an_unreadable_table_is_told_the_options_that_make_it_readable() {
    let all = TableOptions::default();
    let with = |delimiter: char, decimal: Option<char>, thousands: Option<char>| TableOptions {
        delimiter: Some(delimiter as u8),
        decimal,
        thousands,
        ..TableOptions::default()
    };
    let semicolons = "a;b\n0,1;0,5\n1,2;2,5\n";
    let values = [0.1, 0.5, 1.2, 2.5];
    check(semicolons, &all, "; set delimiter to ; and decimal to ,", with(';', Some(','), None), &values);
    check(semicolons, &with(';', None, None), "; set decimal to ,", with(';', Some(','), None), &values);
    for (text, delimiter, name) in [
        ("a;b\n1;2\n", ';', ";"),
        ("1;2\n3;4\n5;6\n", ';', ";"),
        ("a|b\n1|2\n", '|', "|"),
        ("a\tb\n1\t2\n", '\t', "tab"),
        ("a b\n1 2\n", ' ', "space"),
        ("1;2\n", ';', ";"),
    ] {
        let advice = format!("; set delimiter to {name}");
        let expected: Vec<f32> =
            text.bytes().filter(u8::is_ascii_digit).map(|b| f32::from(b - b'0')).collect();
        check(text, &all, &advice, with(delimiter, None, None), &expected);
    }
    let thousands = "a,b\n\"1,000\",0\n\"12,345,678\",1\n";
    check(
        thousands,
        &all,
        "; set thousands to ,",
        with(',', None, Some(',')),
        &[1000.0, 0.0, 12_345_678.0, 1.0],
    );
    // Such numbers may be meant in two ways.
    check(
        "a,b\n\"1,000\",0\n",
        &all,
        "; set thousands to ,, or set decimal to ,",
        with(',', Some(','), None),
        &[1.0, 0.0],
    );
    check("a\n1'000\n", &all, "; set thousands to '", with(',', None, Some('\'')), &[1000.0]);
    check("a,b\n1 000,2\n", &all, "; set thousands to space", with(',', None, Some(' ')), &[1000.0, 2.0]);
    let continental = with(';', Some(','), Some('.'));
    check(
        "a;b\n1.000,5;2\n",
        &all,
        "; set delimiter to ; and decimal to , and thousands to .",
        continental,
        &[1000.5, 2.0],
    );
    // A column that was asked for is found too.
    let kind = options("", "", "kind");
    let labelled = TableOptions { delimiter: Some(b';'), ..kind.clone() };
    check("x;kind\n1;u\n2;v\n", &kind, "; set delimiter to ;", labelled, &[1.0, 2.0]);
}

#[test]
fn a_late_number_in_other_marks_is_told_too() {
    let mut text: String = (0..20_000).map(|i| format!("{i},{}\n", i * 3 % 7)).collect();
    text += "\"1,000\",5\n";
    assert!(problem(&text, &TableOptions::default()).ends_with("; set thousands to ,, or set decimal to ,"));
    text += "x,5\n";
    assert!(problem(&text, &TableOptions::default()).ends_with("; set thousands to ,, or set decimal to ,"));
    // No option helps against a typo.
    for typo in ["3;4", "3,4 5", "3,4.5.6", "3,1'0"] {
        let message = problem(&format!("1,2\n{typo}\n"), &TableOptions::default());
        assert!(!message.contains("set"), "{message}");
    }
}

#[test]
fn marks_in_the_wrong_places_are_errors() {
    for (field, decimal, thousands, expected) in [
        ("1234,5", Some(','), None, Some(1234.5)),
        ("-1.234,5", Some(','), Some('.'), Some(-1234.5)),
        ("1\u{a0}234", None, Some(' '), Some(1234.0)),
        ("1\u{202f}234,5e1", Some(','), Some(' '), Some(12_345.0)),
        ("12,34,567", None, Some(','), Some(1_234_567.0)),
        ("1234567", None, Some(','), Some(1_234_567.0)),
        ("1e3", None, Some(','), Some(1000.0)),
        ("1.5", Some(','), None, None),
        ("1.5", Some(','), Some(' '), None),
        ("1.5", Some(','), Some('.'), None),
        ("1,5", None, Some(','), None),
        ("1,23,456,7", None, Some(','), None),
        ("1,,000", None, Some(','), None),
        (",100", None, Some(','), None),
        ("1,5,0", Some(','), None, None),
        ("1000,000", None, Some(','), None),
    ] {
        let options = TableOptions {
            decimal,
            thousands,
            delimiter: Some(b';'),
            header: Some(false),
            ..TableOptions::default()
        };
        let read = read_bytes("t.csv", format!("{field}\n").as_bytes(), &options, None);
        assert_eq!(read.ok().map(|data| data.to_floats()[0]), expected, "{field} {decimal:?} {thousands:?}");
    }
}

#[test]
fn impossible_marks_are_refused() {
    for (decimal, thousands, expected) in [
        (Some('x'), None, "decimal: is a point or a comma; set decimal to ,"),
        (None, Some('_'), "thousands: is a comma, a point, an apostrophe or a space; leave it out"),
        (None, Some('.'), "thousands: is a point, as is the decimal mark; set decimal to ,"),
        (Some(','), Some(','), "thousands: is the decimal mark too; leave it out"),
    ] {
        let options = TableOptions { decimal, thousands, ..TableOptions::default() };
        assert_eq!(read_bytes("t.csv", b"1\n", &options, None).unwrap_err().to_string(), expected);
    }
}

#[test]
fn the_words_for_missing_values_can_be_chosen_and_are_kept() {
    let text = "country,amount\nNA,1.5\nUS,n/a\nNone,2.0\nUS,#N/A\n,5\n";
    let mean = TableOptions { missing: Missing::Mean, ..options("", "country", "") };
    let categories =
        |data: &Dataset| data.preparation().columns.as_ref().unwrap().features[0].categories.clone().unwrap();
    assert_eq!(categories(&table(text, &mean)), ["US"]);
    let words = TableOptions { na_values: Some(vec!["n/a".into(), "#N/A".into()]), ..mean.clone() };
    let data = table(text, &words);
    assert_eq!(categories(&data), ["NA", "None", "US"]);
    // An empty field is missing all the same.
    assert_eq!(data.to_floats()[16..19], [0.25, 0.25, 0.5]);
    // Another table is read by the same words, whatever the options say.
    let other =
        read_bytes("t.csv", b"country,amount\nNA,n/a\n", &TableOptions::default(), Some(data.preparation()));
    assert_eq!(other.unwrap().to_floats()[..3], [1.0, 0.0, 0.0]);
    let none = TableOptions { na_values: Some(vec![]), ..options("country", "country", "") };
    assert_eq!(categories(&table("country\nNA\nn/a\nnan\n", &none)), ["NA", "n/a", "nan"]);
    let minus = TableOptions { na_values: Some(vec!["-999".into()]), ..mean_of_all() };
    assert_eq!(table("1\n-999\n3\n", &minus).to_floats(), [1.0, 2.0, 3.0]);
    for word in NA_VALUES {
        let text = format!("x\n1\n{word}\n3\n");
        assert_eq!(table(&text, &mean_of_all()).to_floats(), [1.0, 2.0, 3.0], "{word}");
    }
}

#[test]
fn a_gap_in_a_table_for_a_model_without_means_is_told_what_would_work() {
    let learned = table("x,c\n1,u\n2,v\n", &options("", "c", "")).preparation().clone();
    for text in [&b"x,c\n,u\n"[..], b"x,c\n1,\n"] {
        let message = problem_in(text, &TableOptions::default(), Some(&learned));
        let advice = "is missing; fill it in, or train the model on a table that is read with the means of its columns for \
                      missing values";
        assert!(message.ends_with(advice), "{message}");
    }
    let mean = TableOptions { missing: Missing::Mean, ..options("", "c", "") };
    let learned = table("x,c\n1,u\n2,v\n", &mean).preparation().clone();
    let read = read_bytes("t.csv", b"x,c\n,u\n", &TableOptions::default(), Some(&learned));
    assert_eq!(read.unwrap().to_floats(), [1.5, 1.0, 0.0]);
}

#[test]
fn an_evenly_stepped_first_row_over_others_needs_an_explicit_header_option() {
    let years = "2019,2020,2021\n52,14,84\n72,3,42\n64,49,34\n";
    let with_header = |header| TableOptions { header, ..TableOptions::default() };
    for text in
        [years, "400.0,399.5,399.0\n1,2,5\n", ",2019,2020,2021\n0,5,9,1\n", "0.1,0.2,0.3,0.4\n5,6,7,9\n"]
    {
        let problem = problem(text, &with_header(None));
        let expected = "the numbers of its first row are evenly spaced, as names such as years are, and those of other rows are \
                        not; set header to yes, or set header to no";
        assert_eq!(problem, expected, "{text}");
    }
    let labelled = problem("2019,2020,2021,kind\n52,14,84,u\n", &options("", "", "4"));
    assert!(labelled.ends_with("set header to yes, or set header to no"), "{labelled}");
    assert_eq!(table(years, &with_header(Some(true))).n_samples(), 3);
    assert_eq!(table(years, &with_header(Some(false))).n_samples(), 4);
    // Rows like the first, too few columns, and equal values are no sign of names.
    for text in ["1,2,3\n4,5,6\n7,8,9\n", "1,2,3\n", "3,5\n8,1\n", "5,5,5\n1,2,9\n", "1,2,4\n3,9,1\n"] {
        assert_eq!(table(text, &with_header(None)).n_samples(), text.lines().count(), "{text}");
    }
    // For a model of a table without names, the first row holds values.
    let learned = table("1,2,4\n", &with_header(None)).preparation().clone();
    let other = read_bytes("t.csv", b"1,2,3\n5,9,1\n", &with_header(None), Some(&learned));
    assert_eq!(other.unwrap().n_samples(), 2);
}

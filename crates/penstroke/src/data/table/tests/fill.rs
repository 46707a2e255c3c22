//! Tables that are written back.

use super::*;

/// Every missing number becomes 7.125, every missing category the first one.
pub(super) fn fills(table: &TypedTable) -> Vec<Fill> {
    let mut fills = Vec::new();
    for (column, cells) in table.columns().iter().enumerate() {
        let rows: Vec<usize> = (0..table.n_rows()).filter(|&row| cells.is_missing(row)).collect();
        let values = match cells {
            Cells::Numbers(_) => Cells::Numbers(vec![7.125; rows.len()]),
            _ => Cells::Codes(vec![0; rows.len()]),
        };
        if !rows.is_empty() {
            fills.push(Fill { column, rows, values });
        }
    }
    fills
}

/// The bytes of a table after its gaps are filled.
fn filled(content: &str, options: &SchemaOptions) -> String {
    let (folder, path) = file("t.csv", content);
    let table = TypedTable::read(&path, options).unwrap_or_else(|error| panic!("{content:?}: {error}"));
    let done = folder.path().join("done.csv");
    table.write_filled(&done, &fills(&table)).unwrap();
    String::from_utf8(std::fs::read(done).unwrap()).unwrap()
}

#[test]
fn observed_bytes_stay_and_gaps_are_filled() {
    for (content, expected) in [
        // Decimals, zeros at the end, signs and exponents stay.
        ("a,b\n38.50,+1\n?,2\n-0.10,?\n", "a,b\n38.50,+1\n7.12,2\n-0.10,7\n"),
        ("a,b\n1e-3,x\n,y\n2e5,x\n", "a,b\n1e-3,x\n7,y\n2e5,x\n"),
        // Line ends, also a missing one at the end, and empty lines.
        ("a,b\r\n1.5,x\r\n\r\nNA,x\r\n2.5,", "a,b\r\n1.5,x\r\n\r\n7.1,x\r\n2.5,x"),
        ("a,b\r1.5,x\r,y\r2.5,x\r", "a,b\r1.5,x\r7.1,y\r2.5,x\r"),
        // The mark of UTF-8, and blanks around fields.
        ("\u{feff}a,b\n 1.5 ,x\n NA  ,y\n   , x\n", "\u{feff}a,b\n 1.5 ,x\n 7.1  ,y\n   7.1, x\n"),
        // Quotes stay, and come where they are needed.
        (
            "\"a\",\"b\"\n\"1.5\",\"x, \"\"y\"\"\"\n\"\",\"x, \"\"y\"\"\"\n2.5,\n",
            "\"a\",\"b\"\n\"1.5\",\"x, \"\"y\"\"\"\n\"7.1\",\"x, \"\"y\"\"\"\n2.5,\"x, \"\"y\"\"\"\n",
        ),
        (
            "a,b\n1,\"line\nbreak\"\n2.5,?\n,\"line\nbreak\"\n",
            "a,b\n1,\"line\nbreak\"\n2.5,\"line\nbreak\"\n7.1,\"line\nbreak\"\n",
        ),
        // Decimal commas and thousands.
        ("a;b\n1,50;x\n;y\n2;x\n", "a;b\n1,50;x\n7,12;y\n2;x\n"),
        ("a,b\n\"1,5\",x\n,y\n\"2,25\",x\n", "a,b\n\"1,5\",x\n\"7,12\",y\n\"2,25\",x\n"),
        ("a;b\n1.234,5;x\n?;y\n2,0;x\n", "a;b\n1.234,5;x\n7,1;y\n2,0;x\n"),
        // Integers, and reals that happen to be whole, as the others are written.
        ("a,b\n1,x\n,y\n300,x\n", "a,b\n1,x\n7,y\n300,x\n"),
        ("a,b\n1.0,x\n,y\n300.0,x\n", "a,b\n1.0,x\n7.1,y\n300.0,x\n"),
        // A column that is left out, and a table without names.
        ("id,a\n1,0.5\n2,\n3,1.5\n", "id,a\n1,0.5\n2,7.1\n3,1.5\n"),
        ("1.5\t2\n?\t3\n2.5\t2\n", "1.5\t2\n7.1\t3\n2.5\t2\n"),
        // No gap: a copy.
        ("a,b\n1.5,x\n2.5,y", "a,b\n1.5,x\n2.5,y"),
    ] {
        assert_eq!(
            filled(content, &SchemaOptions::default().with_types(&[]).unwrap()),
            expected,
            "{content:?}"
        );
    }
}

#[test]
fn categories_that_are_numbers_are_written_as_the_others_are() {
    let rows: String =
        (0..63).map(|row| if row == 7 { "?,1\n".into() } else { format!("{}.0,0.5\n", row % 3) }).collect();
    let expected = rows.replace('?', "0.0");
    assert_eq!(filled(&format!("a,b\n{rows}"), &SchemaOptions::default()), format!("a,b\n{expected}"));
}

#[test]
fn exponents_and_large_whole_numbers_keep_their_digits() {
    let rows = "0.5\n5.73e-05\n".repeat(10);
    let (folder, path) = file("t.csv", format!("a,b\n{}", rows.replace('\n', ",1\n") + "NA,1e16\n"));
    let table = TypedTable::read(&path, &SchemaOptions::default()).unwrap();
    assert!(table.schema().columns[1].is_whole);
    let done = folder.path().join("done.csv");
    for (number, written) in [
        (0.000_061_523, "6.15e-5"),
        (0.25, "0.25"),
        (0.2512, "0.251"),
        (1.23e-8, "1.23e-8"),
        (-1.0 / 3e300, "-3.33e-301"),
        (-0.0, "0"),
    ] {
        let fill = Fill { column: 0, rows: vec![20], values: Cells::Numbers(vec![number]) };
        table.write_filled(&done, &[fill]).unwrap();
        assert!(
            std::fs::read_to_string(&done).unwrap().ends_with(&format!("\n{written},1e16\n")),
            "{number}"
        );
    }
    let text = "a;b\n1,234e-08;1e300\n?;\n2,1e-08;7e299\n";
    assert_eq!(
        filled(&text.replace('?', ""), &SchemaOptions::default()),
        text.replace('?', "7,125").replace(";\n", ";7\n")
    );
}

#[test]
fn an_empty_line_of_one_column_is_a_gap() {
    for (content, expected) in [
        ("a\n1.5\n\n2.5\n", "a\n1.5\n7.1\n2.5\n"),
        ("a\r\n1.5\r\n\r\n\r\n2.5\r\n", "a\r\n1.5\r\n7.1\r\n7.1\r\n2.5\r\n"),
        ("a\r1.5\r\r2.5\r", "a\r1.5\r7.1\r2.5\r"),
        // Not those before the names, nor at the end.
        ("\n\na\n\n1.5\n?\n\n2.5\n\n\n", "\n\na\n7.1\n1.5\n7.1\n7.1\n2.5\n\n\n"),
        ("\n\n1.5\n\n2.5\n\n", "\n\n1.5\n7.1\n2.5\n\n"),
        ("c\n\"x\n\ny\"\n\nz\n\"x\n\ny\"", "c\n\"x\n\ny\"\n\"x\n\ny\"\nz\n\"x\n\ny\""),
    ] {
        assert_eq!(filled(content, &SchemaOptions::default()), expected, "{content:?}");
    }
    let text = format!("a\n{}", "1.5\n\n2.5\n3.5\n".repeat(15));
    let table = read(&text, &SchemaOptions::default()).unwrap();
    assert_eq!((table.n_rows(), table.schema().columns[0].n_missing), (60, 15));
    let wrong = message(format!("{text}oops\n"), &SchemaOptions::default());
    assert!(wrong.starts_with("t.csv: line 62, column 1 (a): \"oops\" is not a number"), "{wrong}");
    let wrong = message("a\n1.5\n\n\n2.5\n3,5\n", &SchemaOptions::default());
    assert_eq!(wrong, "t.csv: line 6 has 2 fields, the first row has 1; is a delimiter or a quote missing?");
}

#[test]
fn compressed_text_is_filled_and_compressed_again() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, b"a,b\n1.5,x\n?,y\n").unwrap();
    let (folder, path) = file("t.csv.gz", packed.finish().unwrap());
    let table = TypedTable::read(&path, &types(&[("b", ColumnKind::Ignore)])).unwrap();
    let read = |name: &str| {
        let done = folder.path().join(name);
        table.write_filled(&done, &fills(&table)).unwrap();
        std::fs::read(done).unwrap()
    };
    assert_eq!(read("done.csv"), b"a,b\n1.5,x\n7.1,y\n");
    let mut unpacked = String::new();
    let packed = read("done.csv.gz");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut unpacked).unwrap();
    assert_eq!(unpacked, "a,b\n1.5,x\n7.1,y\n");
}

#[test]
fn fills_that_do_not_fit_are_refused_and_nothing_is_written() {
    let (folder, path) = file("t.csv", "a,b\n1.5,x\n?,y\n2.5,x\n");
    let table = TypedTable::read(&path, &SchemaOptions::default()).unwrap();
    let done = folder.path().join("done.csv");
    let number = |number: f64| Cells::Numbers(vec![number]);
    for (column, row, values, expected) in [
        (2, 1, number(1.0), "has no column 2 (from 0) to fill"),
        (0, 0, number(1.0), "column a: row 1 (from 1) is not missing"),
        (0, 9, number(1.0), "column a: row 10 (from 1) is not missing"),
        (0, 1, number(f64::NAN), "column a: is filled with NaN, which is not a finite number"),
        (0, 1, Cells::Codes(vec![0]), "column a: is filled with values of another kind"),
        (0, 1, Cells::Numbers(vec![1.0; 2]), "column a: has 2 values for 1 rows"),
        (1, 1, Cells::Codes(vec![2]), "column b: is filled with code 2, which is not that of a category"),
    ] {
        let fill = Fill { column, rows: vec![row], values };
        let message = table.write_filled(&done, &[fill]).unwrap_err().to_string();
        assert!(message.ends_with(expected), "{message}");
    }
    let fill = |values| Fill { column: 0, rows: vec![1], values };
    std::fs::write(&path, "a,b\n1.5,x\n?,y\n2.5,x\n3,y\n").unwrap();
    let message = table.write_filled(&done, &[fill(number(1.0))]).unwrap_err().to_string();
    assert!(message.ends_with("changed while it was read; start again"), "{message}");
    assert!(!done.exists());
}

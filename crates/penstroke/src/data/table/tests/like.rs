//! Tables that are read in the way of another.

use super::*;

#[test]
fn columns_are_found_by_name_and_unseen_categories_are_missing() {
    let train =
        read("a;c;note;l\n1,5;x;one;0\n2,5;y;two;1\n?;x;three;1\n", &types(&[("l", ColumnKind::Label)]))
            .unwrap();
    let (_folder, path) = file("u.csv", "extra;c;a\n5;z;9,25\n6;x;\n");
    let table = TypedTable::read_like(&path, train.schema(), &SchemaOptions::default()).unwrap();
    assert_eq!(words(&table), words(&train));
    assert_eq!(table.n_rows(), 2);
    let Cells::Numbers(numbers) = &table.columns()[0] else { panic!() };
    assert!(numbers[0] == 9.25 && numbers[1].is_nan());
    assert_eq!(table.columns()[1], Cells::Codes(vec![MISSING, 0]));
    assert_eq!(table.columns()[2], Cells::Left);
    assert_eq!(table.schema().columns[0].n_missing, 1);
    assert_eq!(
        table.warnings(),
        [
            "column extra is not among those of the model and is left out",
            "column c: 1 cell holds a category not seen in training, the first \"z\"; it counts as missing",
        ]
    );
}

#[test]
fn texts_are_those_of_the_column_that_is_asked_for() {
    let (_folder, path) = file("t.csv", "\u{feff}id;a;c\n 007 ;1,5;x\n\"P;2\";2,5;y\n?;3,5;x\n");
    let table = TypedTable::read(&path, &types(&[("id", ColumnKind::Id)])).unwrap();
    assert_eq!(table.texts(0).unwrap(), ["007", "P;2", ""]);
    assert_eq!(table.texts(1).unwrap(), ["1,5", "2,5", "3,5"]);
    let (_other, path) = file("u.csv", "a;c;id\n9,5;y;88\n");
    let like = TypedTable::read_like(&path, table.schema(), &SchemaOptions::default()).unwrap();
    assert_eq!(like.texts(0).unwrap(), ["88"]);
    for table in [like.select(&[0]), like.clone()] {
        assert!(table.texts(3).unwrap_err().to_string().contains("has no file with column 3"));
    }
    std::fs::write(&path, "a;c;id\n9,5;y;8\n").unwrap();
    assert!(like.texts(0).unwrap_err().to_string().contains("changed"), "a file that changed is refused");
}

#[test]
fn one_row_is_read_as_it_is_among_others() {
    let train = read("a,b,c\n1.5,x,007\n2.5,y,008\n3.5,x,007\n", &SchemaOptions::default()).unwrap();
    for (text, expected) in [
        ("a,b,c\n2,y,008\n", [2.0, 1.0, 1.0]),
        ("c,b,a\n007,x,3\n", [3.0, 0.0, 0.0]),
        ("c;b;a\n007;x;3\n", [3.0, 0.0, 0.0]),
    ] {
        let (_folder, path) = file("u.csv", text);
        let table = TypedTable::read_like(&path, train.schema(), &SchemaOptions::default()).unwrap();
        let found = table.columns().iter().map(|cells| match cells {
            Cells::Numbers(numbers) => numbers[0],
            Cells::Codes(codes) => f64::from(codes[0]),
            Cells::Left => f64::NAN,
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{text:?}");
    }
}

#[test]
fn rare_categories_of_many_stay_together() {
    let many: String = (0..300).map(|k| format!("c{k},1.5\nc{k},2.5\n")).collect();
    let train = read(format!("a,b\n{many}"), &SchemaOptions::default()).unwrap();
    let column = &train.schema().columns[0];
    assert_eq!((column.categories.len(), column.categories[0].as_str()), (MOST_CATEGORIES, OTHER));
    assert_eq!(
        train.warnings(),
        ["column a: the 173 rarest categories are merged into one, (other); the 127 most frequent are kept"]
    );
    let (_folder, path) = file("u.csv", "a,b\nnew,1\n");
    let table = TypedTable::read_like(&path, train.schema(), &SchemaOptions::default()).unwrap();
    assert_eq!(table.columns()[0], Cells::Codes(vec![0]));
}

#[test]
fn a_category_of_the_table_may_be_named_other() {
    let text = "a,b\n(other),1.5\nx,2.5\n,3\n(other),4.5\n";
    let train = read(text, &SchemaOptions::default()).unwrap();
    let column = &train.schema().columns[0];
    assert_eq!(column.categories, [OTHER, "x"]);
    let (folder, path) = file("u.csv", "a,b\nnew,1\n(other),2\n,3\nx,4\n");
    let table = TypedTable::read_like(&path, train.schema(), &SchemaOptions::default()).unwrap();
    assert_eq!(table.columns()[0], Cells::Codes(vec![MISSING, 0, MISSING, 1]));
    assert_eq!(
        table.warnings(),
        ["column a: 1 cell holds a category not seen in training, the first \"new\"; it counts as missing"]
    );
    let done = folder.path().join("done.csv");
    let fill = Fill { column: 0, rows: vec![2], values: Cells::Codes(vec![0]) };
    table.write_filled(&done, &[fill]).unwrap();
    assert_eq!(std::fs::read_to_string(done).unwrap(), "a,b\nnew,1\n(other),2\n(other),3\nx,4\n");
}

#[test]
fn tables_that_differ_are_refused() {
    let train = read("a,b,c\n1.5,x,1\n2.5,y,2.5\n3.5,x,3\n", &SchemaOptions::default()).unwrap();
    for (text, expected) in [
        ("b\nx\n", "lacks the columns a, c that are needed; its columns are b"),
        (
            "a,b,c\nhigh,x,1\n",
            "line 2, column 1 (a): \"high\" is not a number; read it as missing with na_values",
        ),
        // Numbers with other marks than those of the table that was learned.
        (
            "a;b;c\n0,776;x;1\n",
            "line 2, column 1 (a): \"0,776\" is not a number; set decimal to ,, or read it as missing with na_values",
        ),
        (
            "a;b;c\n1.234,5;x;1\n",
            "line 2, column 1 (a): \"1.234,5\" is not a number; set decimal to , and thousands to ., or read it as missing with \
             na_values",
        ),
        (
            "a,b,c\n\"1,234\",x,1\n",
            "line 2, column 1 (a): \"1,234\" is not a number; set thousands to ,, or read it as missing with na_values",
        ),
        (
            "a,b,c\ninf,x,1\n",
            "line 2, column 1 (a): \"inf\" is not a finite number; read it as missing with na_values",
        ),
    ] {
        let (_folder, path) = file("u.csv", text);
        let message =
            TypedTable::read_like(&path, train.schema(), &SchemaOptions::default()).unwrap_err().to_string();
        assert!(message.ends_with(expected), "{message}");
    }
}

#[test]
fn columns_in_memory_are_read_like_a_table() {
    let text =
        |all: &[Option<&str>]| GivenColumn::Texts(all.iter().map(|text| text.map(str::to_owned)).collect());
    let names = vec!["n".to_owned(), "c".to_owned(), "note".to_owned()];
    let columns = vec![
        GivenColumn::Numbers(vec![1.0, 2.5, 4.0]),
        text(&[Some("x"), Some("y"), Some("x")]),
        text(&[Some("p"), Some("q"), Some("r")]),
    ];
    let train = TypedTable::from_columns("frame", names, columns, &SchemaOptions::default()).unwrap();
    let like = |n: GivenColumn, c: GivenColumn| {
        let note = text(&vec![Some("q"); n.len()]);
        TypedTable::from_columns_like("X", vec![n, c, note], train.schema())
    };
    let codes = GivenColumn::Codes(vec![2, 1, MISSING, 0], ["z", "y", "x"].map(String::from).to_vec());
    let table = like(GivenColumn::Numbers(vec![9.0, f64::NAN, 0.0, 1.0]), codes).unwrap();
    assert_eq!(table.columns()[1..], [Cells::Codes(vec![0, 1, MISSING, MISSING]), Cells::Left]);
    assert!(table.columns()[0].is_missing(1) && !table.columns()[0].is_missing(0));
    assert_eq!((table.schema().columns[1].n_missing, table.n_rows()), (2, 4));
    let unseen =
        "column c: 1 cell holds a category not seen in training, the first \"z\"; it counts as missing";
    assert_eq!(table.warnings(), [unseen]);

    let refused = |n, c| like(n, c).unwrap_err().to_string();
    let infinite = GivenColumn::Numbers(vec![1.0, f64::INFINITY]);
    assert_eq!(
        refused(infinite, text(&[None, None])),
        "X: row 2 (from 1), column 1 (n): \"inf\" is not a finite number"
    );
    assert_eq!(
        refused(text(&[Some("many")]), text(&[None])),
        "X: row 1 (from 1), column 1 (n): \"many\" is not a number"
    );
    assert_eq!(
        refused(GivenColumn::Numbers(vec![1.0]), text(&[])),
        "X: column 2 (c): has 0 rows, and the first column has 1"
    );
    let beyond = GivenColumn::Codes(vec![7], vec!["x".into()]);
    assert_eq!(
        refused(GivenColumn::Numbers(vec![1.0]), beyond),
        "X: row 1 (from 1), column 2 (c): code 7 is beyond the 1 categories"
    );
    let few = TypedTable::from_columns_like("X", vec![], train.schema()).unwrap_err().to_string();
    assert_eq!(few, "X: has 0 columns; 3 are needed");
}

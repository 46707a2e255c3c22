//! Columnar files against each other, and against tables of text.

use crate::data::{ImageShape, Labels, Missing, TableOptions};
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::{Int16Type, Int32Type};
use arrow_array::*;
use arrow_buffer::OffsetBuffer;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, TimeUnit};
use files::*;
use std::sync::Arc;

mod damage;
mod files;

#[test]
fn numbers_of_every_type_keep_their_values() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("i8", Arc::new(Int8Array::from(vec![-128, 0, 127]))),
        ("i16", Arc::new(Int16Array::from(vec![-300, 0, 300]))),
        ("i32", Arc::new(Int32Array::from(vec![-70000, 0, 70000]))),
        ("i64", Arc::new(Int64Array::from(vec![-1, 0, 1 << 40]))),
        ("u8", Arc::new(UInt8Array::from(vec![0, 1, 255]))),
        ("u16", Arc::new(UInt16Array::from(vec![0, 1, 65535]))),
        ("u32", Arc::new(UInt32Array::from(vec![0, 1, 1 << 31]))),
        ("u64", Arc::new(UInt64Array::from(vec![0, 1, 1 << 63]))),
        ("f32", Arc::new(Float32Array::from(vec![0.1, 1e-45, -3.4e38]))),
        ("f64", floats([Some(0.1), Some(0.2), Some(1e300 * 1e-299)])),
        ("bool", Arc::new(BooleanArray::from(vec![true, false, true]))),
        (
            "decimal",
            Arc::new(Decimal128Array::from(vec![125, -5, 0]).with_precision_and_scale(9, 2).unwrap()),
        ),
    ];
    let data = read(&columns, &TableOptions::default());
    let rows: [[f32; 12]; 3] = [
        [-128.0, -300.0, -70000.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 1.0, 1.25],
        [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1e-45, 0.2, 0.0, -0.05],
        [
            127.0,
            300.0,
            70000.0,
            2f32.powi(40),
            255.0,
            65535.0,
            2f32.powi(31),
            2f32.powi(63),
            -3.4e38,
            10.0,
            1.0,
            0.0,
        ],
    ];
    assert_eq!(data.to_floats(), rows.concat());
    assert_eq!(data.preparation().columns.as_ref().unwrap().value_names()[11], "decimal");
}

#[test]
fn columns_labels_and_categories_are_those_of_a_table_of_text() {
    let mut kinds = StringDictionaryBuilder::<Int32Type>::new();
    ["rose", "aster", "rose", " iris "].iter().for_each(|kind| kinds.append_value(kind));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", texts([Some("p"), Some("q"), Some("r"), Some("s")])),
        ("x", floats([Some(1.0), Some(f64::NAN), Some(4.0), None])),
        ("c", texts([Some("u"), Some("v"), None, Some("u")])),
        ("n", Arc::new(Int16Array::from(vec![10, 9, 10, 9]))),
        ("kind", Arc::new(kinds.finish())),
    ];
    let csv = "id,x,c,n,kind\np,1,u,10,rose\nq,nan,v,9,aster\nr,4,?,10,rose\ns,,u,9, iris \n";
    for (chosen, one_hot, label) in
        [("x", "c", "kind"), ("2,4", "", "5"), ("", "id,c", "kind"), ("x", "n", "c")]
    {
        let options = TableOptions { missing: Missing::Mean, ..options(chosen, one_hot, label) };
        if label == "c" {
            let missing = "row 3 (from 1), column 3 (c): null is missing; every row needs a label";
            assert_eq!(problem(&columns, &options), missing);
            continue;
        }
        let text = read_bytes("t.csv", csv.as_bytes(), &options, None).unwrap();
        let data = read(&columns, &options);
        assert_eq!(data.to_floats(), text.to_floats(), "{chosen} {one_hot}");
        assert_eq!((data.labels(), data.preparation()), (text.labels(), text.preparation()));
    }
    let data = read(&columns, &TableOptions { missing: Missing::Mean, ..options("x", "", "kind") });
    assert_eq!(data.preparation().classes, ["aster", "iris", "rose"]);
    assert_eq!(data.labels(), Some(&[2, 0, 2, 1][..]));
    // Numbers and booleans can be class names too.
    let truth: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    let data = read(&[("t", truth), ("y", floats([Some(2.0), Some(0.5)]))], &options("", "t", "y"));
    assert_eq!(
        (data.to_floats(), &data.preparation().classes[..]),
        (vec![0.0, 1.0, 1.0, 0.0], &["0.5".into(), "2".into()][..])
    );
}

#[test]
fn text_is_never_missing_where_there_are_nulls() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("country", texts([Some("NA"), Some("None"), Some(""), Some("US")])),
        ("amount", floats([Some(1.0), Some(2.0), Some(3.0), Some(4.0)])),
    ];
    let data = read(&columns, &options("amount", "country", ""));
    assert_eq!(
        data.preparation().columns.as_ref().unwrap().features[0].categories.as_deref().unwrap(),
        ["", "NA", "None", "US"]
    );
    let labelled = read(&columns, &options("amount", "", "country"));
    assert_eq!(labelled.preparation().classes, ["", "NA", "None", "US"]);
}

#[test]
fn columns_of_targets_are_left_out_of_the_values() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("x", floats([Some(1.0), Some(2.0)])),
        ("y", Arc::new(Int16Array::from(vec![10, 20]))),
        ("z", floats([Some(0.5), None])),
    ];
    let targets = |name: &str| TableOptions { targets: vec![name.parse().unwrap()], ..options("x", "", "") };
    let data = read(&columns, &targets("y"));
    assert_eq!((data.to_floats(), data.targets().unwrap().values()), (vec![1.0, 2.0], &[10.0, 20.0][..]));
    assert_eq!(
        problem(&columns, &targets("z")),
        "row 2 (from 1), column 3 (z): null or nan is missing; every row needs a target"
    );
}

#[test]
fn a_nameless_first_column_that_counts_the_rows_is_left_out() {
    let numbers = || floats([Some(5.0), Some(7.0)]);
    for (name, first, warning) in [
        ("", [Some(0.0), Some(1.0)], "column 1 counts the rows and is left out"),
        ("Unnamed: 0", [Some(1.0), Some(2.0)], "column 1 counts the rows and is left out"),
        (
            "__index_level_0__",
            [Some(8.0), Some(3.0)],
            "column 1 (__index_level_0__) holds row names and is left out",
        ),
    ] {
        let data = read(&[(name, floats(first)), ("x", numbers())], &TableOptions::default());
        assert_eq!(data.to_floats(), [5.0, 7.0], "{name}");
        assert!(data.warnings()[0].contains(warning), "{:?}", data.warnings());
    }
}

#[test]
fn a_column_of_lists_is_as_many_values() {
    let fixed: ArrayRef = Arc::new(FixedSizeListArray::from_iter_primitive::<Int16Type, _, _>(
        [Some(vec![Some(1), Some(2)]), None, Some(vec![Some(5), Some(6)])],
        2,
    ));
    let columns =
        [("v", lists([Some(vec![0.5, 1.5, 2.5]), Some(vec![3.0; 3]), Some(vec![4.0; 3])])), ("w", fixed)];
    let mean = TableOptions { missing: Missing::Mean, ..TableOptions::default() };
    let data = read(&columns, &mean);
    let rows = [[0.5, 1.5, 2.5, 1.0, 2.0], [3.0, 3.0, 3.0, 3.0, 4.0], [4.0, 4.0, 4.0, 5.0, 6.0]];
    assert_eq!(data.to_floats(), rows.concat());
    let names = data.preparation().columns.as_ref().unwrap().value_names();
    assert_eq!(names, ["v[0]", "v[1]", "v[2]", "w[0]", "w[1]"]);
    assert_eq!(
        problem(&columns, &options("w", "", "")),
        "row 2 (from 1), column 2 (w): a value in the list is missing; set missing to mean, or leave the column out with columns"
    );
    let of = |lists: ArrayRef| problem(&[("v", lists)], &TableOptions::default());
    assert_eq!(
        of(lists([Some(vec![1.0; 3]), Some(vec![1.0; 3]), Some(vec![1.0; 2])])),
        "column 1 (v): row 3 (from 1) holds a list of 2 values instead of 3; all lists must have one length"
    );
    assert_eq!(
        of(lists([Some(vec![])])),
        "column 1 (v): holds empty lists; leave the column out with columns"
    );
    assert_eq!(
        of(lists([None, None])),
        "column 1 (v): begins with rows without a list, so the length of its lists is unknown; leave the column out \
         with columns"
    );
    assert_eq!(read(&columns, &mean).image(), None);
    let narrow = read(&[("v", lists([Some(vec![1.0, 2.0])]))], &TableOptions::default());
    assert_eq!(
        problem_like(&columns, &TableOptions::default(), Some(narrow.preparation())),
        "column 1 (v): gives 3 values but the model needs 2"
    );
}

/// Two samples of 2 × 3 values, as lists of lists in each of Arrow's forms.
#[test]
fn a_column_of_nested_lists_is_pictures() {
    let numbers: ArrayRef = Arc::new(Int16Array::from_iter_values(0..12));
    let element = |array: &ArrayRef| Arc::new(Field::new("item", array.data_type().clone(), true));
    let fixed = |array: &ArrayRef, width: i32| -> ArrayRef {
        Arc::new(FixedSizeListArray::new(element(array), width, array.clone(), None))
    };
    let variable = |array: &ArrayRef, widths: &[usize]| -> ArrayRef {
        let offsets = OffsetBuffer::from_lengths(widths.iter().copied());
        Arc::new(ListArray::new(element(array), offsets, array.clone(), None))
    };
    for rows in [
        fixed(&fixed(&numbers, 3), 2),
        variable(&fixed(&numbers, 3), &[2, 2]),
        fixed(&variable(&numbers, &[3; 4]), 2),
        variable(&variable(&numbers, &[3; 4]), &[2, 2]),
    ] {
        let data = read(&[("x", rows.clone())], &TableOptions::default());
        assert_eq!(data.image(), Some(ImageShape { height: 2, width: 3, channels: 1 }));
        assert_eq!(data.to_floats(), (0..12).map(|x| x as f32).collect::<Vec<_>>());
        // Beside another column they are values only.
        let data = read(&[("x", rows), ("y", floats([Some(9.0), Some(8.0)]))], &TableOptions::default());
        assert_eq!((data.image(), data.row(1)), (None, vec![6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 8.0]));
    }
    let ragged = variable(&variable(&numbers, &[3, 3, 3, 2, 1]), &[2, 3]);
    let of = |rows| problem(&[("x", rows)], &TableOptions::default());
    let message =
        "column 1 (x): row 2 (from 1) holds a list of 3 values instead of 2; all lists must have one length";
    assert_eq!(of(ragged), message);
    let message =
        "column 1 (x): row 2 (from 1) holds a list of 2 values instead of 3; all lists must have one length";
    assert_eq!(of(variable(&variable(&numbers, &[3, 3, 3, 2]), &[2, 2])), message);
    assert_eq!(
        of(variable(&variable(&texts([Some("a"), Some("b")]), &[1, 1]), &[1, 1])),
        "column 1 (x): holds lists of text, not numbers; leave the column out with columns"
    );
}

#[test]
fn columns_without_numbers_or_names_are_refused() {
    let all = TableOptions::default();
    let two = floats([Some(1.0), Some(2.0)]);
    let dates: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1, 2]));
    assert_eq!(dates.data_type(), &DataType::Timestamp(TimeUnit::Microsecond, None));
    let of = |array: ArrayRef| problem(&[("x", two.clone()), ("a", array)], &all);
    assert_eq!(
        of(texts([Some("1"), Some("2")])),
        "column 2 (a): holds text, not numbers; leave the column out with columns, or read it as categories with one_hot"
    );
    assert_eq!(
        of(dates.clone()),
        "column 2 (a): holds dates, not numbers; write them as numbers, such as days since the first, or leave the column out \
         with columns"
    );
    assert_eq!(
        of(Arc::new(BinaryArray::from(vec![&b"1"[..], b"2"]))),
        "column 2 (a): holds bytes, not numbers; leave the column out with columns"
    );
    let durations: ArrayRef = Arc::new(DurationNanosecondArray::from(vec![1, 2]));
    let times: ArrayRef = Arc::new(Time32SecondArray::from(vec![1, 2]));
    for (array, kind, unit) in
        [(durations.clone(), "durations", "seconds"), (times, "times of day", "seconds since midnight")]
    {
        let ways = format!("write them as numbers, such as {unit}, or leave the column out with columns");
        assert_eq!(of(array), format!("column 2 (a): holds {kind}, not numbers; {ways}"));
    }
    assert_eq!(
        problem(&[("x", two.clone()), ("a", durations)], &options("x", "", "a")),
        "column 2 (a): holds durations, not names; leave it out, or write it as text"
    );
    assert_eq!(
        problem(&[("x", two.clone()), ("a", dates)], &options("x", "", "a")),
        "column 2 (a): holds dates, not names; leave it out, or write it as text"
    );
    assert_eq!(
        problem(&[("x", floats([Some(1.0), None]))], &all),
        "row 2 (from 1), column 1 (x): null or nan is missing; set missing to mean, or leave the column out with columns"
    );
    assert_eq!(
        problem(&[("x", floats([Some(1.0), Some(1e39)]))], &all),
        "row 2 (from 1), column 1 (x): 1e39 is not a finite number in single precision (up to 3.4e38)"
    );
    assert_eq!(
        problem(&[("x", two.clone()), ("y", texts([Some("a"), None]))], &options("", "", "y")),
        "row 2 (from 1), column 2 (y): null is missing; every row needs a label"
    );
    assert_eq!(
        problem(&[("x", two.clone())], &options("z", "", "")),
        "has no column \"z\"; its columns are x"
    );
    let with_header = TableOptions { header: Some(true), ..all.clone() };
    assert_eq!(problem(&[("x", two.clone())], &with_header), "names its own columns; leave header out");
    let with_delimiter = TableOptions { delimiter: Some(b';'), ..all.clone() };
    assert_eq!(problem(&[("x", two.clone())], &with_delimiter), "names its own columns; leave delimiter out");
    let with_words = TableOptions { na_values: Some(vec![]), ..all.clone() };
    assert_eq!(problem(&[("x", two)], &with_words), "marks its own missing values; leave na_values out");
    assert_eq!(problem(&[("x", floats([]))], &all), "holds no rows");
    let long = "n".repeat(5000);
    let long = problem(&[("x", texts([Some(&long)]))], &options("", "x", ""));
    assert!(
        long.ends_with("is a category of more than 4096 bytes; leave the column out with columns"),
        "{long}"
    );
}

#[test]
fn row_names_become_values_only_if_selected() {
    let columns = [("x", floats([Some(1.0)])), ("__index_level_0__", floats([Some(7.0)]))];
    assert_eq!(read(&columns, &TableOptions::default()).to_floats(), [1.0]);
    assert_eq!(read(&columns, &options("1-2", "", "")).to_floats(), [1.0, 7.0]);
    // pandas lists named index columns.
    let pandas = r#"{"index_columns": ["id", {"kind": "range", "start": 0}], "columns": []}"#;
    assert_eq!(super::schema::row_names(Some(pandas)), ["id"]);
    assert!(
        super::schema::row_names(Some("{}")).is_empty()
            && super::schema::row_names(Some("no JSON")).is_empty()
    );
    let named = batch(&[("id", floats([Some(7.0)])), ("x", floats([Some(1.0)]))]);
    let schema = named
        .schema()
        .as_ref()
        .clone()
        .with_metadata(std::collections::HashMap::from([("pandas".to_owned(), pandas.to_owned())]));
    let named = named.with_schema(Arc::new(schema)).unwrap();
    let mut stream = Vec::new();
    let mut writer = StreamWriter::try_new(&mut stream, &named.schema()).unwrap();
    writer.write(&named).unwrap();
    writer.finish().unwrap();
    let pairs = vec![KeyValue::new("pandas".to_owned(), pandas.to_owned())];
    let properties = WriterProperties::builder().set_key_value_metadata(Some(pairs)).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, named.schema(), Some(properties)).unwrap();
    writer.write(&named).unwrap();
    writer.close().unwrap();
    for (name, bytes) in [("t.arrows", &stream), ("t.parquet", &file)] {
        let read = |options: &TableOptions| read_bytes(name, bytes, options, None).unwrap().to_floats();
        assert_eq!(read(&TableOptions::default()), [1.0], "{name}");
        assert_eq!(read(&options("id", "", "")), [7.0], "{name}");
    }
}

#[test]
fn another_table_becomes_samples_in_the_same_way() {
    let columns = [
        ("x", floats([Some(1.0), Some(2.0)])),
        ("c", texts([Some("u"), Some("v")])),
        ("y", texts([Some("b"), Some("a")])),
    ];
    let learned = read(&columns, &options("", "c", "y"));
    let like = |columns: Columns<'_>, labels: Labels| {
        read_like(columns, &TableOptions { labels, ..TableOptions::default() }, Some(learned.preparation()))
    };
    let other = [
        ("y", texts([Some("a"), Some("a.")])),
        ("c", texts([Some("w"), Some("u")])),
        ("x", floats([Some(5.0), Some(6.0)])),
    ];
    let needed =
        "row 2 (from 1), column 1 (y): \"a.\" is not one of the 2 classes that the model knows: \"a\", \"b\"";
    assert_eq!(problem_like(&other, &TableOptions::default(), Some(learned.preparation())), needed);
    let if_known = like(&other, Labels::IfKnown);
    assert_eq!((if_known.to_floats(), if_known.labels()), (vec![5.0, 0.0, 0.0, 6.0, 1.0, 0.0], None));
    let [labels, categories] = if_known.warnings() else { panic!("{:?}", if_known.warnings()) };
    assert!(labels.ends_with(&format!("{needed}; the samples are loaded without labels")), "{labels}");
    assert!(categories.contains("the first \"w\" in column 2 (c)"), "{categories}");
    assert_eq!(
        like(&other[..2].iter().cloned().chain([other[2].clone()]).collect::<Vec<_>>(), Labels::Ignored)
            .labels(),
        None
    );
    let known = [other[1].clone(), other[2].clone(), ("y", texts([Some("b"), Some("a")]))];
    assert_eq!(like(&known, Labels::IfKnown).labels(), Some(&[1, 0][..]));
    assert_eq!(like(&known, Labels::Ignored).labels(), None);
    // A model of a text table reads columnar files, and vice versa.
    let text = read_bytes("t.csv", b"x,c,y\n5,v,a\n", &TableOptions::default(), Some(learned.preparation()))
        .unwrap();
    assert_eq!((text.to_floats(), text.labels()), (vec![5.0, 0.0, 1.0], Some(&[0][..])));
}

use crate::data::{
    Dataset, Labels, LoadOptions, Missing, Preparation, Samples, Source, TableOptions, Values, load, stream,
};
use crate::{Error, Result};
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{WriterProperties, WriterVersion};
use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::{Float32Type, Int16Type, Int32Type};
use arrow_array::*;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, TimeUnit};
use std::sync::Arc;

type Columns<'a> = &'a [(&'a str, ArrayRef)];

fn batch(columns: Columns<'_>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true)))
        .unwrap()
}

/// The table as a file of every kind: three variants of Parquet, one with a row group per two rows, and Arrow IPC.
fn files(columns: Columns<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let batch = batch(columns);
    let parquet = |properties: WriterProperties| {
        let mut file = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        file
    };
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder;
    let ipc = |compression| {
        let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
        let mut file = Vec::new();
        let mut writer =
            FileWriter::try_new_with_options(&mut file, &batch.schema(), options.clone()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let mut stream = Vec::new();
        let mut writer = StreamWriter::try_new_with_options(&mut stream, &batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        [file, stream]
    };
    let [file, stream] = ipc(None);
    let [lz4, _] = ipc(Some(CompressionType::LZ4_FRAME));
    let [_, zstd_stream] = ipc(Some(CompressionType::ZSTD));
    vec![
        ("plain.parquet", parquet(properties().set_dictionary_enabled(false).build())),
        ("snappy.parquet", parquet(properties().set_compression(Compression::SNAPPY).build())),
        (
            "v2.parquet",
            parquet(
                properties()
                    .set_compression(zstd)
                    .set_writer_version(WriterVersion::PARQUET_2_0)
                    .set_max_row_group_row_count(Some(2))
                    .build(),
            ),
        ),
        ("t.arrow", file),
        ("t.arrows", stream),
        ("lz4.feather", lz4),
        ("zstd.arrows", zstd_stream),
    ]
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
    let options = LoadOptions { table: options.clone(), like: learned.cloned(), ..LoadOptions::default() };
    let source = Source::Path(path);
    let held = load(&source, &options);
    if name.ends_with(".parquet") {
        check_streamed(&source, &options, &held);
    }
    held
}

/// Checks that a streamed file gives the same data as in memory, or fails for the same reason.
fn check_streamed(source: &Source, options: &LoadOptions, held: &Result<Dataset>) {
    match (stream(source, options), held) {
        (Ok(streamed), Ok(held)) => {
            let all: Vec<u32> = (0..held.n_samples() as u32).collect();
            let mut values = Values::Bytes(Vec::new());
            streamed.read(&all, &mut values).unwrap();
            assert_eq!(values.rows().to_floats(), held.to_floats());
            assert_eq!(streamed.labels(), held.labels());
            assert_eq!(streamed.preparation(), held.preparation());
            assert_eq!(streamed.warnings(), held.warnings());
        }
        (Err(error), Err(held)) if !error.to_string().contains("learned from all rows") => {
            assert_eq!(error.to_string(), held.to_string());
        }
        (Err(error), _) => {
            let learns = !options.table.one_hot.is_empty() || options.table.missing == Missing::Mean;
            let text = error.to_string();
            assert!(learns && options.like.is_none(), "{text}");
            let what = ["categories", "means of missing values"]
                .map(|what| format!("{source}: {what} are learned from all rows at once; leave stream out"));
            assert!(what.contains(&text), "{text}");
        }
        (Ok(_), Err(error)) => panic!("streamed, but in memory {error}"),
    }
}

fn options(columns: &str, one_hot: &str, label: &str) -> TableOptions {
    let picks = |text: &str| -> Vec<_> {
        text.split(',').filter(|pick| !pick.is_empty()).map(|pick| pick.parse().unwrap()).collect()
    };
    TableOptions {
        columns: picks(columns),
        one_hot: picks(one_hot),
        label: picks(label).pop(),
        ..TableOptions::default()
    }
}

/// The data set that every file of the table gives.
fn read_like(columns: Columns<'_>, options: &TableOptions, learned: Option<&Preparation>) -> Dataset {
    let mut all = files(columns).into_iter().map(|(name, bytes)| {
        read_bytes(name, &bytes, options, learned).unwrap_or_else(|error| panic!("{name}: {error}"))
    });
    let first = all.next().unwrap();
    let keep_warnings =
        |data: &Dataset| (data.to_floats(), data.labels().map(<[u32]>::to_vec), data.preparation().clone());
    all.for_each(|other| assert_eq!(keep_warnings(&other), keep_warnings(&first)));
    first
}

fn read(columns: Columns<'_>, options: &TableOptions) -> Dataset {
    read_like(columns, options, None)
}

/// The error that every file of the table gives, without its file name.
fn problem_like(columns: Columns<'_>, options: &TableOptions, learned: Option<&Preparation>) -> String {
    let mut problems = files(columns).into_iter().map(|(name, bytes)| {
        let error = read_bytes(name, &bytes, options, learned).unwrap_err();
        problem_of(name, &error)
    });
    let first = problems.next().unwrap();
    problems.for_each(|other| assert_eq!(other, first));
    first
}

fn problem_of(name: &str, error: &Error) -> String {
    assert!(error.is_wrong_input(), "{error}");
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    text.split_once(&format!("{name}: ")).unwrap().1.to_owned()
}

fn problem(columns: Columns<'_>, options: &TableOptions) -> String {
    problem_like(columns, options, None)
}

fn floats<const N: usize>(values: [Option<f64>; N]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn texts<const N: usize>(values: [Option<&str>; N]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn lists<const N: usize>(values: [Option<Vec<f32>>; N]) -> ArrayRef {
    let values = values.into_iter().map(|list| list.map(|list| list.into_iter().map(Some)));
    Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(values))
}

#[test]
fn numbers_of_every_type_are_taken_as_they_are() {
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
        ("c", texts([Some("u"), Some("v"), Some("?"), Some("u")])),
        ("n", Arc::new(Int16Array::from(vec![10, 9, 10, 9]))),
        ("kind", Arc::new(kinds.finish())),
    ];
    let csv = "id,x,c,n,kind\np,1,u,10,rose\nq,nan,v,9,aster\nr,4,?,10,rose\ns,,u,9, iris \n";
    for (chosen, one_hot, label) in
        [("x", "c", "kind"), ("2,4", "", "5"), ("", "id,c", "kind"), ("x", "n", "c")]
    {
        let options = TableOptions { missing: Missing::Mean, ..options(chosen, one_hot, label) };
        if label == "c" {
            let missing = "row 3 (from 1), column 3 (c): \"?\" is missing; every row needs a label";
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
    let narrow = read(&[("v", lists([Some(vec![1.0, 2.0])]))], &TableOptions::default());
    assert_eq!(
        problem_like(&columns, &TableOptions::default(), Some(narrow.preparation())),
        "column 1 (v): gives 3 values but the model needs 2"
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
        "column 2 (a): holds dates, not numbers; leave the column out with columns"
    );
    assert_eq!(
        of(Arc::new(BinaryArray::from(vec![&b"1"[..], b"2"]))),
        "column 2 (a): holds bytes, not numbers; leave the column out with columns"
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
        "row 2 (from 1), column 1 (x): inf is not a finite number in single precision (up to 3.4e38)"
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
    assert_eq!(problem(&[("x", two)], &with_delimiter), "names its own columns; leave delimiter out");
    assert_eq!(problem(&[("x", floats([]))], &all), "holds no rows");
    let long = "n".repeat(5000);
    let long = problem(&[("x", texts([Some(&long)]))], &options("", "x", ""));
    assert!(
        long.ends_with("is a category of more than 4096 bytes; leave the column out with columns"),
        "{long}"
    );
}

#[test]
fn names_of_rows_are_no_values_unless_they_are_chosen() {
    let columns = [("x", floats([Some(1.0)])), ("__index_level_0__", floats([Some(7.0)]))];
    assert_eq!(read(&columns, &TableOptions::default()).to_floats(), [1.0]);
    assert_eq!(read(&columns, &options("1-2", "", "")).to_floats(), [1.0, 7.0]);
    // pandas lists named index columns.
    let pandas = r#"{"index_columns": ["id", {"kind": "range", "start": 0}], "columns": []}"#;
    assert_eq!(super::batches::row_names(Some(pandas)), ["id"]);
    assert!(
        super::batches::row_names(Some("{}")).is_empty()
            && super::batches::row_names(Some("no JSON")).is_empty()
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

/// A Parquet file that consists of this footer only.
fn footer(bytes: &[u8]) -> Vec<u8> {
    [b"PAR1", bytes, &(bytes.len() as u32).to_le_bytes(), b"PAR1"].concat()
}

#[test]
fn damaged_files_are_refused_before_they_are_believed() {
    let of = |name: &str, bytes: &[u8]| {
        problem_of(name, &read_bytes(name, bytes, &TableOptions::default(), None).unwrap_err())
    };
    let all = files(&[("x", floats([Some(1.0); 100])), ("c", floats([Some(1.0); 100]))]);
    let file = |name: &str| all.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let parquet = file("snappy.parquet");
    let n = parquet.len();
    assert_eq!(of("t.parquet", b"PAR1PAR1"), "is damaged (it is cut short); get it again");
    assert_eq!(
        of("t.parquet", &parquet[..n - 1]),
        "is damaged (its footer is not at its end; it is cut short or not a Parquet file); get it again"
    );
    assert_eq!(
        of("t.parquet", &[b"PAR1", &[255; 4][..], b"PAR1"].concat()),
        "is damaged (its footer claims 4294967295 bytes, the file holds 12); get it again"
    );
    assert_eq!(
        of("t.parquet", &[b"PAR1", &[0; 4][..], b"PARE"].concat()),
        "is encrypted; write it without encryption"
    );
    assert_eq!(
        of("t.parquet", &crate::data::read::testing::gzip(&parquet)),
        "is compressed as a whole, and such a file is read from its end; unpack it first"
    );
    // The kind of a page, which must be a number, as a text.
    let mut page = parquet.clone();
    assert_eq!(page[4..6], [0x15, 4]);
    page[4..6].copy_from_slice(&[0x18, 0]);
    assert_eq!(
        of("t.parquet", &page),
        "is damaged (column x: the header of a page is malformed); get it again"
    );
    let no_sense = "is damaged (its footer is malformed); get it again";
    // A list of 2^28 row groups; a root with 2^30 children; a thousand nested groups.
    assert_eq!(of("t.parquet", &footer(&[0x15, 2, 0x39, 0xfc, 0xff, 0xff, 0xff, 0x7f, 0])), no_sense);
    let element = |n_children: u8| [0x48, 1, b'g', 0x15, n_children, 0];
    let root =
        [&[0x15, 2, 0x19, 0x1c, 0x48, 1, b'r', 0x15][..], &[0x80, 0x80, 0x80, 0x80, 8], &[0, 0]].concat();
    assert_eq!(of("t.parquet", &footer(&root)), no_sense);
    let groups = [&[0x15, 2, 0x19, 0xfc, 0xe8, 7][..], &element(2).repeat(999), &element(0), &[0]].concat();
    assert_eq!(of("t.parquet", &footer(&groups)), no_sense);

    let cut = "is damaged (it is cut short); get it again";
    let arrow = file("t.arrow");
    assert_eq!(of("t.arrow", b"ARROW1"), cut);
    assert_eq!(of("t.arrow", &arrow[..arrow.len() - 6]), cut);
    let n = arrow.len();
    let mut long = arrow.clone();
    long[n - 10..n - 6].copy_from_slice(&(n as u32).to_le_bytes());
    assert_eq!(of("t.arrow", &long), cut);
    let stream = file("t.arrows");
    assert_eq!(of("t.arrows", &stream[..stream.len() - 4]), cut);
    let mut long = stream.clone();
    long[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(
        of("t.arrows", &long),
        format!(
            "is damaged (it is cut short: a message of 4294967295 bytes has {}); get it again",
            stream.len() - 8
        )
    );
    let end = stream.len() - 8;
    let mut start = stream.clone();
    start[end] = 0;
    assert_eq!(of("t.arrows", &start), "is damaged (a message does not begin where it must); get it again");
    assert_eq!(
        of("t.arrows", &[255, 255, 255, 255, 0, 0, 0, 0]),
        "is damaged (it holds no schema); get it again"
    );
    // The length in front of a compressed part.
    let mut lz4 = file("lz4.feather");
    let len = 800i64.to_le_bytes();
    let at = lz4.windows(8).position(|bytes| bytes == len).unwrap();
    lz4[at..at + 8].copy_from_slice(&(1i64 << 40).to_le_bytes());
    assert_eq!(of("t.feather", &lz4), super::limit::TOO_MUCH);
    assert_eq!(
        of("old.feather", b"FEA1 and more"),
        "is Feather version 1; write version 2, which is Arrow IPC"
    );
}

#[test]
fn small_files_that_unpack_to_much_are_refused() {
    let zeros = |n: usize| {
        let batch = batch(&[("x", Arc::new(Float64Array::from(vec![0.0; n])))]);
        let mut file = Vec::new();
        let zstd = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(zstd).set_dictionary_enabled(false);
        // Pages of 1 MiB, whatever number of rows that is.
        let properties = properties.set_data_page_row_count_limit(usize::MAX);
        let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties.build())).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        file
    };
    let read = |file: &[u8]| read_bytes("t.parquet", file, &TableOptions::default(), None);
    let problem = |file: &[u8]| problem_of("t.parquet", &read(file).unwrap_err());
    // 160 MB of zeros in a few kilobytes.
    let much = zeros(20_000_000);
    assert!(much.len() < 60_000, "{}", much.len());
    assert_eq!(problem(&much), super::limit::TOO_MUCH);
    // A page of 1 MiB that claims 128 MiB: after the mark come its kind and its size, each behind a field header.
    let mut page = zeros(1 << 17);
    assert_eq!(read(&page).unwrap().n_samples(), 1 << 17);
    assert_eq!((page[4], page[6], page[10] >> 7), (0x15, 0x15, 0));
    page[7..11].copy_from_slice(&[0xfe, 0xff, 0xff, 0x7f]);
    assert_eq!(problem(&page), super::limit::TOO_MUCH);
}

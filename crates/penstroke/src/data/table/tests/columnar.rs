//! Typed tables of Parquet and Arrow files.

use super::fill::fills;
use super::*;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray,
};
use arrow_schema::{Field, Schema as ArrowSchema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// What pandas writes of row names.
const PANDAS: &str = "{\"index_columns\": [\"row\"]}";

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true));
    let metadata = HashMap::from([("pandas".to_owned(), PANDAS.to_owned())]);
    let schema = ArrowSchema::new(fields.collect::<Vec<_>>()).with_metadata(metadata);
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn write(path: &Path, batches: &[RecordBatch]) {
    let pairs = vec![KeyValue::new("pandas".to_owned(), PANDAS.to_owned())];
    let properties = WriterProperties::builder().set_key_value_metadata(Some(pairs)).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batches[0].schema(), Some(properties)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
}

fn read_back(path: &Path) -> (Arc<ArrowSchema>, RecordBatch) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    let whole = arrow_select::concat::concat_batches(&batches[0].schema(), &batches).unwrap();
    (schema, whole)
}

/// Columns of many types with gaps.
fn sample() -> RecordBatch {
    let n = 50;
    let gap = |row: usize| !row.is_multiple_of(9);
    let dictionary: DictionaryArray<Int8Type> =
        (0..n).map(|row| gap(row).then_some(["red", "blue", "green"][row % 3])).collect();
    batch(vec![
        ("row", Arc::new((0..n as i64).map(Some).collect::<Int64Array>())),
        ("whole", Arc::new((0..n).map(|row| gap(row).then_some(row as i32)).collect::<Int32Array>())),
        ("real", Arc::new((0..n).map(|row| gap(row).then_some(row as f64 / 4.0)).collect::<Float64Array>())),
        ("colour", Arc::new(dictionary)),
        (
            "text",
            Arc::new((0..n).map(|row| gap(row).then_some(["u", "v"][row % 2])).collect::<StringArray>()),
        ),
        ("flag", Arc::new((0..n).map(|row| gap(row).then_some(row % 2 == 0)).collect::<BooleanArray>())),
        ("day", Arc::new((0..n as i32).map(Some).collect::<Date32Array>())),
    ])
}

#[test]
fn types_decide_and_gaps_are_filled_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    write(&path, &[sample()]);
    let message = TypedTable::read(&path, &SchemaOptions::default()).unwrap_err().to_string();
    let expected = "column 7 (day): holds dates; write them as numbers, such as days since the first, or set types to day=ignore";
    assert!(message.ends_with(expected), "{message}");
    let table = TypedTable::read(&path, &types(&[("day", ColumnKind::Ignore)])).unwrap();
    assert_eq!(
        words(&table),
        "row=ignore whole=numeric real=numeric colour=categorical text=binary flag=binary day=ignore"
    );
    assert!(table.schema().columns[1].is_whole && !table.schema().columns[2].is_whole);
    assert_eq!(table.schema().columns[3].categories, ["blue", "green", "red"]);

    assert_eq!(table.texts(0).unwrap()[48..], ["48", "49"]);
    assert_eq!(table.texts(3).unwrap()[..3], ["", "blue", "green"]);
    let dates = table.texts(6).unwrap_err().to_string();
    assert!(dates.contains("holds dates"), "{dates}");
    let (before, old) = read_back(&path);
    let done = folder.path().join("done.parquet");
    table.write_filled(&done, &fills(&table)).unwrap();
    let (after, new) = read_back(&done);
    assert_eq!(before, after);
    for (old, new) in old.columns().iter().zip(new.columns()) {
        assert_eq!(new.null_count(), 0);
        let kept: Vec<usize> = (0..50).filter(|&row| old.is_valid(row)).collect();
        kept.iter().for_each(|&row| assert_eq!(&old.slice(row, 1), &new.slice(row, 1)));
    }
    assert_eq!(new.column(1).as_primitive::<Int32Type>().value(0), 7);
    let colours = new.column(3).as_dictionary::<Int8Type>().downcast_dict::<StringArray>().unwrap();
    assert_eq!(colours.into_iter().next(), Some(Some("blue")));
    let expected = [(4, "u"), (5, "false")];
    for (at, text) in expected {
        let array = new.column(at);
        let found = match array.as_string_opt::<i32>() {
            Some(texts) => texts.value(0).to_owned(),
            None => array.as_boolean().value(0).to_string(),
        };
        assert_eq!(found, text);
    }
}

#[test]
fn a_dictionary_is_filled_with_values_that_it_has_or_lacks() {
    let keys = [0, 0, 2, 3].map(Some).into_iter().chain([None; 3]);
    let values = StringArray::from(vec!["red", "blue", "green", "last"]);
    let dictionary = DictionaryArray::<Int32Type>::new(keys.collect(), Arc::new(values));
    let n = dictionary.len();
    let numbers: ArrayRef = Arc::new((0..n).map(|row| Some(row as f64 / 4.0)).collect::<Float64Array>());
    let folder = tempfile::tempdir().unwrap();
    let [path, done] = ["t.arrow", "done.arrow"].map(|name| folder.path().join(name));
    let batch = batch(vec![("c", Arc::new(dictionary)), ("x", numbers)]);
    let mut writer =
        arrow_ipc::writer::FileWriter::try_new(File::create(&path).unwrap(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let mut table = TypedTable::read(&path, &SchemaOptions::default()).unwrap();
    // A category of another table, as with a model.
    table.schema.columns[0].categories.push("new".into());
    let code = |name: &str| {
        table.schema.columns[0].categories.iter().position(|known| known == name).unwrap() as u32
    };
    let values = Cells::Codes(["last", "new", "new"].map(code).to_vec());
    table.write_filled(&done, &[Fill { column: 0, rows: vec![4, 5, 6], values }]).unwrap();
    let mut reader = arrow_ipc::reader::FileReader::try_new(File::open(&done).unwrap(), None).unwrap();
    let column = reader.next().unwrap().unwrap().column(0).clone();
    let filled = column.as_dictionary::<Int32Type>();
    assert_eq!(filled.values().len(), 5);
    let texts: Vec<_> = filled.downcast_dict::<StringArray>().unwrap().into_iter().flatten().collect();
    assert_eq!(texts, ["red", "red", "green", "last", "last", "new", "new"]);
}

#[test]
fn arrow_files_and_streams_are_filled() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("t.parquet");
    write(&source, &[sample(), sample()]);
    let table = TypedTable::read(&source, &types(&[("day", ColumnKind::Ignore)])).unwrap();
    assert_eq!(table.n_rows(), 100);
    for name in ["done.arrow", "done.arrows"] {
        let done = folder.path().join(name);
        table.write_filled(&done, &fills(&table)).unwrap();
        let again = TypedTable::read(&done, &types(&[("day", ColumnKind::Ignore)])).unwrap();
        assert_eq!(words(&again), words(&table), "{name}");
        assert!(again.schema().columns.iter().all(|column| column.n_missing == 0));
        let over = folder.path().join(format!("over.{name}"));
        again.write_filled(&over, &[]).unwrap();
        assert!(TypedTable::read(&over, &types(&[("day", ColumnKind::Ignore)])).is_ok());
    }
}

#[test]
fn each_kind_of_format_is_written_as_itself() {
    let (folder, path) = file("t.csv", "a,b\n1.5,x\n2.5,y\n");
    let text = TypedTable::read(&path, &types(&[("b", ColumnKind::Categorical)])).unwrap();
    let parquet = folder.path().join("t.parquet");
    write(&parquet, &[sample()]);
    let columnar = TypedTable::read(&parquet, &types(&[("day", ColumnKind::Ignore)])).unwrap();
    for (table, name, ending) in [
        (&text, "x.parquet", "a table of text is written as text; name it .csv"),
        (&text, "x.arrow", "a table of text is written as text; name it .csv"),
        (&text, "x.xlsx", "spreadsheets are not written; name it .csv"),
        (&columnar, "x.csv", "a Parquet or Arrow table is not written as text; name it .parquet"),
    ] {
        let out = folder.path().join(name);
        for error in [table.check_output(&out).unwrap_err(), table.write_filled(&out, &[]).unwrap_err()] {
            assert!(error.to_string().ends_with(ending), "{error}");
        }
        assert!(!out.exists());
    }
}

/// The table's columns in Parquet: numbers, and texts.
fn as_parquet(table: &TypedTable, path: &Path) {
    let columns = table.each_column().map(|(column, cells)| {
        let array: ArrayRef = match cells {
            Cells::Numbers(numbers) => {
                Arc::new(Float64Array::from_iter(numbers.iter().map(|&n| Some(n).filter(|n| !n.is_nan()))))
            }
            Cells::Codes(codes) => {
                let name = |code: &u32| column.categories.get(*code as usize).cloned();
                Arc::new(StringArray::from_iter(codes.iter().map(name)))
            }
            Cells::Left => unreachable!(),
        };
        (column.name.as_str(), array)
    });
    write(path, &[batch(columns.collect())]);
}

/// Text tables and what they hold, in both formats.
#[test]
fn text_and_parquet_give_the_same_schema() {
    let mut text = "n,w,few,c,flag,gaps\n".to_owned();
    for row in 0..90 {
        let gap = if row % 4 == 0 { "" } else { "0.25" };
        text += &format!(
            "{}.5,{},{},{},{},{gap}\n",
            row * row % 17,
            row * 3,
            row % 3,
            ["x", "y", "z"][row % 3],
            row % 2 == 0
        );
    }
    let (folder, path) = file("t.csv", &text);
    let of_text = TypedTable::read(&path, &SchemaOptions::default()).unwrap();
    let options = types(&[("few", ColumnKind::Numeric)]);
    let parquet = folder.path().join("t.parquet");
    as_parquet(&TypedTable::read(&path, &options).unwrap(), &parquet);
    let of_parquet = TypedTable::read(&parquet, &SchemaOptions::default()).unwrap();
    assert_eq!(words(&of_text), "n=numeric w=numeric few=categorical c=categorical flag=binary gaps=numeric");
    for (a, b) in of_text.schema().columns.iter().zip(&of_parquet.schema().columns) {
        // Only text has decimals that are written.
        assert_eq!(ColumnSchema { decimals: 0, ..a.clone() }, *b);
    }
    let columns = |table: &TypedTable| format!("{:?}", table.columns());
    assert_eq!(columns(&of_text), columns(&of_parquet));
    assert!(of_parquet.schema().text.is_none());
    let options = SchemaOptions { decimal: Some(','), ..SchemaOptions::default() };
    let message = TypedTable::read(&parquet, &options).unwrap_err().to_string();
    assert!(message.ends_with("holds numbers, not their text; leave decimal out"), "{message}");
}

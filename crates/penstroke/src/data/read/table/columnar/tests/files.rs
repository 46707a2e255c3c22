//! Files of every kind that hold the same table.

use crate::data::{
    Dataset, LoadOptions, Missing, Preparation, Samples, Source, TableOptions, Values, load, stream,
};
use crate::{Error, Result};
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::{WriterProperties, WriterVersion};
use arrow_array::types::Float32Type;
use arrow_array::*;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use std::sync::Arc;

pub(super) type Columns<'a> = &'a [(&'a str, ArrayRef)];

pub(super) fn batch(columns: Columns<'_>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true)))
        .unwrap()
}

/// The table as a file of every kind: three variants of Parquet, one with a row group per two rows, and Arrow IPC.
pub(super) fn files(columns: Columns<'_>) -> Vec<(&'static str, Vec<u8>)> {
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

pub(super) fn read_bytes(
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
    if [".parquet", ".arrow", ".arrows"].iter().any(|extension| name.ends_with(extension)) {
        check_streamed(&source, &options, &held);
    }
    held
}

/// Checks that a streamed file gives the same data as in memory, or fails for the same reason.
pub(super) fn check_streamed(source: &Source, options: &LoadOptions, held: &Result<Dataset>) {
    match (stream(source, options), held) {
        (Ok(streamed), Ok(held)) => {
            let all: Vec<u32> = (0..held.n_samples() as u32).collect();
            let mut values = Values::Bytes(Vec::new());
            streamed.read(&all, &mut values).unwrap();
            assert_eq!(values.rows().to_floats(), held.to_floats());
            assert_eq!((streamed.labels(), streamed.image()), (held.labels(), held.image()));
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

pub(super) fn options(columns: &str, one_hot: &str, label: &str) -> TableOptions {
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
pub(super) fn read_like(
    columns: Columns<'_>,
    options: &TableOptions,
    learned: Option<&Preparation>,
) -> Dataset {
    let mut all = files(columns).into_iter().map(|(name, bytes)| {
        read_bytes(name, &bytes, options, learned).unwrap_or_else(|error| panic!("{name}: {error}"))
    });
    let first = all.next().unwrap();
    let keep_warnings =
        |data: &Dataset| (data.to_floats(), data.labels().map(<[u32]>::to_vec), data.preparation().clone());
    all.for_each(|other| assert_eq!(keep_warnings(&other), keep_warnings(&first)));
    first
}

pub(super) fn read(columns: Columns<'_>, options: &TableOptions) -> Dataset {
    read_like(columns, options, None)
}

/// The error that every file of the table gives, without its file name.
pub(super) fn problem_like(
    columns: Columns<'_>,
    options: &TableOptions,
    learned: Option<&Preparation>,
) -> String {
    let mut problems = files(columns).into_iter().map(|(name, bytes)| {
        let error = read_bytes(name, &bytes, options, learned).unwrap_err();
        problem_of(name, &error)
    });
    let first = problems.next().unwrap();
    problems.for_each(|other| assert_eq!(other, first));
    first
}

pub(super) fn problem_of(name: &str, error: &Error) -> String {
    assert!(error.is_wrong_input(), "{error}");
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    text.split_once(&format!("{name}: ")).unwrap().1.to_owned()
}

pub(super) fn problem(columns: Columns<'_>, options: &TableOptions) -> String {
    problem_like(columns, options, None)
}

pub(super) fn floats<const N: usize>(values: [Option<f64>; N]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

pub(super) fn texts<const N: usize>(values: [Option<&str>; N]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

pub(super) fn lists<const N: usize>(values: [Option<Vec<f32>>; N]) -> ArrayRef {
    let values = values.into_iter().map(|list| list.map(|list| list.into_iter().map(Some)));
    Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(values))
}

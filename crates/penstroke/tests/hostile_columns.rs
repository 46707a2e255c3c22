//! Parquet and Arrow files with any byte damaged: each is read or refused with one line, within bounded memory.
#![cfg(feature = "columnar")]
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use arrow_array::types::Float32Type;
use arrow_array::*;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use penstroke::data::{LoadOptions, Missing, Source, TableOptions, load};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: all calls go to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(held, Relaxed);
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: guaranteed by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Numbers, repeated texts and lists, with some nulls.
fn batch() -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, Some(3.0), Some(4.0)]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("u"), Some("v"), None, Some("u")]));
    let list = |x: f32| Some(vec![Some(x), Some(-x)]);
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>([
        list(1.0),
        None,
        list(3.0),
        list(4.0),
    ]));
    let columns = [("x", numbers), ("c", texts), ("v", lists)];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

fn parquet(properties: WriterProperties) -> Vec<u8> {
    let (mut file, batch) = (Vec::new(), batch());
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

/// Reads a file that may hold anything, or returns the error.
fn read(path: &Path, bytes: &[u8]) -> Result<(), String> {
    // Some file systems wait for the disk when a file is overwritten, and a thousand such waits take minutes.
    drop(std::fs::remove_file(path));
    std::fs::write(path, bytes).unwrap();
    let table = TableOptions {
        one_hot: vec!["2".parse().unwrap()],
        missing: Missing::Mean,
        ..TableOptions::default()
    };
    let options = LoadOptions { table, ..LoadOptions::default() };
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    let read = load(&Source::Path(path.to_owned()), &options);
    let taken = PEAK.load(Relaxed).saturating_sub(before);
    // Twice the documented limit, because a growing vector holds up to twice its content.
    assert!(taken < 2 * ((64 << 20) + 1024 * bytes.len()), "{taken} bytes for a file of {}", bytes.len());
    read.map(drop).map_err(|error| {
        let text = error.to_string();
        assert!(text.lines().count() == 1 && error.is_wrong_input(), "{text}");
        text.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    })
}

#[test]
fn no_damaged_column_makes_it_panic_or_take_more_than_its_limit() {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let plain = WriterProperties::builder().set_dictionary_enabled(false).build();
    let v2 = WriterProperties::builder().set_compression(zstd).set_writer_version(WriterVersion::PARQUET_2_0);
    let mut files = vec![parquet(plain), parquet(v2.build())];
    let compressed =
        |by| IpcWriteOptions::default().try_with_compression(by).map(|options| (options, batch())).unwrap();
    for by in [None, Some(CompressionType::ZSTD)] {
        let ((options, batch), mut file) = (compressed(by), Vec::new());
        let mut writer = FileWriter::try_new_with_options(&mut file, &batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        files.push(file);
    }
    let ((options, batch), mut stream) = (compressed(Some(CompressionType::LZ4_FRAME)), Vec::new());
    let mut writer = StreamWriter::try_new_with_options(&mut stream, &batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    files.push(stream);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged");
    let mut problems = BTreeSet::new();
    for file in files {
        read(&path, &file).unwrap();
        let mut n_refused = 0;
        for at in 0..file.len() {
            n_refused += usize::from(read(&path, &file[..at]).is_err());
            for damage in [|_| 0xff, |byte: u8| byte ^ 0x80, |byte: u8| byte.wrapping_add(1)] {
                let mut damaged = file.clone();
                damaged[at] = damage(file[at]);
                problems.extend(read(&path, &damaged).err());
            }
        }
        // A stream may end after any message; everything else must be complete.
        assert!(n_refused >= file.len() - 2, "{n_refused} of {}", file.len());
    }
    for problem in [
        "a message extends beyond the end of the file",
        "the length of a message is negative",
        "a column extends beyond the end of its message",
        "column x: its pages extend beyond the end of the file",
        "column x: the header of a page is malformed",
        "column x: a page is longer than the column",
    ] {
        let problem = format!("is damaged ({problem}); get it again");
        assert!(problems.contains(&problem), "{problem} is not one of {problems:#?}");
    }
}

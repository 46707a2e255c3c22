//! Parquet, row group by row group.
//!
//! A file consists of data pages and, at its end, a footer with their positions and types. Footer and page headers are
//! checked before the decoder sees them: no length may reach beyond the file, and no page may unpack beyond the limit.

use super::guard::{damaged, guarded, line};
use super::ipc::declared_schema;
use super::limit::{TOO_MUCH, limit};
use super::schema::Fields;
use super::sink::Sink;
use super::thrift::{Event, Kind, walk};
use crate::data::read::table::file::TableFile;
use crate::{Error, Result};
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use ::parquet::basic::{Compression, Type};
use ::parquet::file::metadata::ColumnChunkMetaData;
use arrow_array::RecordBatchReader;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// The length of what follows the footer: its length and the mark.
const TAIL: u64 = 8;
/// Maximum number of rows decoded at a time.
const MAX_BATCH: u64 = 8192;
/// Maximum nesting of columns.
const MAX_NESTING: usize = 32;
/// Maximum length of a page header.
const MAX_HEADER: u64 = 1 << 24;

/// Adds the rows of a file to a table.
pub(in crate::data) fn add(of_table: &TableFile, sink: &mut dyn Sink) -> Result<()> {
    let path = &of_table.path;
    let name = path.display().to_string();
    let mut file = File::open(path).map_err(|error| Error::io(path, error))?;
    let file_len = check_footer(&name, &mut file).map_err(|error| at(path, error))??;
    guarded(&name, || {
        let failed = |error: ::parquet::errors::ParquetError| damaged(&name, &error);
        // The embedded Arrow schema is only needed for the types that Parquet does not have.
        let reading = ArrowReaderOptions::new().with_skip_arrow_metadata(!sink.keeps_types());
        let metadata = ArrowReaderMetadata::load(&file, reading).map_err(failed)?;
        let pairs = metadata.metadata().file_metadata().key_value_metadata();
        let pair = |key: &str| pairs.into_iter().flatten().find(|pair| pair.key == key)?.value.as_deref();
        let declared = pair("ARROW:schema").and_then(declared_schema);
        let fields = Fields::new(metadata.schema(), declared.as_ref(), pair("pandas"));
        sink.begin(of_table, file_len, fields)?;
        let pairs = pairs.into_iter().flatten();
        let pairs: Vec<_> = pairs.map(|pair| (pair.key.clone(), pair.value.clone())).collect();
        sink.describe(metadata.schema(), &pairs);
        let columns = sink.columns();
        let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
        let mut pages =
            Pages { file, name: &name, file_len, left: limit(file_len), n_values: limit(file_len) / 4 };
        for row_group in 0..metadata.metadata().num_row_groups() {
            let mut largest_text = 1;
            for (leaf, chunk) in metadata.metadata().row_group(row_group).columns().iter().enumerate() {
                if mask.leaf_included(leaf) {
                    let largest = pages.check(chunk)?;
                    if chunk.column_type() == Type::BYTE_ARRAY {
                        largest_text = largest_text.max(largest);
                    }
                }
            }
            let file = pages.file.try_clone().map_err(|error| Error::io(path, error))?;
            // A text is at most as long as its page, and every row may hold the longest.
            let n_rows = (limit(file_len) / (largest_text * columns.len().max(1) as u64)).clamp(1, MAX_BATCH);
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
                .with_row_groups(vec![row_group])
                .with_projection(mask.clone())
                .with_batch_size(n_rows as usize)
                .build()
                .map_err(failed)?;
            if reader.schema().fields().len() != columns.len() {
                return Err(damaged(&name, &"its columns do not fit its schema"));
            }
            for batch in reader {
                let batch = batch.map_err(|error| damaged(&name, &error))?;
                sink.push(&batch, &|at| columns.binary_search(&at).ok())?;
            }
        }
        Ok(())
    })
}

/// An early end of the file means damage; other errors are I/O errors.
fn at(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged(&path.display().to_string(), &"it is cut short"),
        _ => Error::io(path, error),
    }
}

/// Checks the footer and returns the file's length.
fn check_footer(name: &str, file: &mut File) -> io::Result<Result<u64>> {
    let file_len = file.seek(SeekFrom::End(0))?;
    let refuse = |problem: &str| Ok(Err(Error::input(name, problem)));
    if file_len < TAIL + 4 {
        return Ok(Err(damaged(name, &"it is cut short")));
    }
    let mut tail = [0; TAIL as usize];
    file.seek(SeekFrom::Start(file_len - TAIL))?;
    file.read_exact(&mut tail)?;
    let [a, b, c, d, mark @ ..] = tail;
    match &mark {
        b"PAR1" => {}
        b"PARE" => return refuse("is encrypted; write it without encryption"),
        _ => {
            return Ok(Err(damaged(
                name,
                &"its footer is not at its end; it is cut short or not a Parquet file",
            )));
        }
    }
    let len = u64::from(u32::from_le_bytes([a, b, c, d]));
    if len > file_len - TAIL - 4 {
        let problem = format!("its footer claims {len} bytes, the file holds {file_len}");
        return Ok(Err(damaged(name, &problem)));
    }
    file.seek(SeekFrom::Start(file_len - TAIL - len))?;
    let mut footer = Vec::new();
    file.take(len).read_to_end(&mut footer)?;
    let mut schema = Schema::default();
    let walked = walk(&footer, kind_in_footer, &mut |path, event| schema.meet(path, event));
    Ok(match walked.is_some() && schema.is_tree() {
        true => Ok(file_len),
        false => Err(damaged(name, &"its footer is malformed")),
    })
}

/// The number of children of each schema element, in depth-first order.
#[derive(Default)]
struct Schema {
    elements: Vec<i64>,
    next: i64,
}

impl Schema {
    fn meet(&mut self, path: &[i16], event: Event) {
        match (path, event) {
            ([2, 5], Event::Integer(n_children)) => self.next = n_children,
            ([2], Event::End) => self.elements.push(std::mem::take(&mut self.next)),
            _ => {}
        }
    }

    /// Whether the elements form a tree shallow enough for a recursive decoder.
    fn is_tree(&self) -> bool {
        let mut open: Vec<i64> = Vec::new();
        for &n_children in &self.elements {
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            if n_children < 0 || n_children as u64 > self.elements.len() as u64 || open.len() == MAX_NESTING {
                return false;
            }
            open.push(n_children);
            while open.last() == Some(&0) {
                open.pop();
            }
        }
        open.is_empty() && !self.elements.is_empty()
    }
}

/// The pages of a file, and what they may still unpack to.
struct Pages<'a> {
    file: File,
    name: &'a str,
    file_len: u64,
    /// Bytes that pages may still unpack to.
    left: u64,
    n_values: u64,
}

impl Pages<'_> {
    /// Checks the page headers of a column and returns the size of the largest page.
    fn check(&mut self, chunk: &ColumnChunkMetaData) -> Result<u64> {
        let codec = match chunk.compression() {
            Compression::BROTLI(_) => "Brotli",
            Compression::LZO => "LZO",
            _ => "",
        };
        if !codec.is_empty() {
            let problem = format!("is compressed by {codec}, which is not read; write it with zstd");
            return Err(Error::input(self.name, problem));
        }
        let damaged = |problem: &str| {
            damaged(self.name, &format!("column {}: {problem}", line(&chunk.column_path().string())))
        };
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        let place = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok());
        let place = place.and_then(|(start, len)| Some((start, start.checked_add(len)?)));
        let Some((mut at, end)) = place.filter(|&(_, end)| end <= self.file_len) else {
            return Err(damaged("its pages extend beyond the end of the file"));
        };
        let mut largest = 1;
        while at < end {
            let page = page(&mut self.file, at, end).map_err(|error| Error::io(self.name, error))?;
            let page = page.ok_or_else(|| damaged("the header of a page is malformed"))?;
            at = page
                .body
                .checked_add(page.compressed)
                .filter(|&next| next <= end)
                .ok_or_else(|| damaged("a page is longer than the column"))?;
            largest = largest.max(page.uncompressed);
            let left = self.left.checked_sub(page.uncompressed).zip(self.n_values.checked_sub(page.n_values));
            (self.left, self.n_values) = left.ok_or_else(|| Error::input(self.name, TOO_MUCH))?;
        }
        Ok(largest)
    }
}

struct Page {
    /// The offset of the page's bytes.
    body: u64,
    compressed: u64,
    uncompressed: u64,
    n_values: u64,
}

/// The types of the fields of a footer: file, schema elements, row groups, their columns and statistics.
fn kind_in_footer(path: &[i16]) -> Kind {
    match path {
        [1 | 3] => Kind::Integer,
        [2 | 4 | 5 | 7] => Kind::Structs,
        [6 | 9] => Kind::Bytes,
        [8] => Kind::Struct,
        [2, 1..=3 | 5..=9] => Kind::Integer,
        [2, 4] => Kind::Bytes,
        [2, 10] => Kind::Struct,
        [4, 1 | 4] => Kind::Structs,
        [4, 2 | 3 | 5..=7] => Kind::Integer,
        [4, 1, 1 | 9] => Kind::Bytes,
        [4, 1, 2 | 4..=7] => Kind::Integer,
        [4, 1, 3 | 8] => Kind::Struct,
        [4, 1, 3, 1 | 4..=7 | 9..=11 | 14 | 15] => Kind::Integer,
        [4, 1, 3, 2] => Kind::Integers,
        [4, 1, 3, 3] => Kind::Texts,
        [4, 1, 3, 8 | 13] => Kind::Structs,
        [4, 1, 3, 12 | 16 | 17] => Kind::Struct,
        [4, 1, 3, 12, at] => kind_in_statistics(*at),
        [5, 1 | 2] | [4, 1, 3, 8, 1 | 2] => Kind::Bytes,
        [4, 1, 3, 13, 1..=3] => Kind::Integer,
        [4, 1, 3, 16, 1] => Kind::Integer,
        [4, 1, 3, 16, 2 | 3] => Kind::Integers,
        _ => Kind::Any,
    }
}

/// The types of the fields of statistics.
fn kind_in_statistics(at: i16) -> Kind {
    match at {
        1 | 2 | 5 | 6 => Kind::Bytes,
        3 | 4 => Kind::Integer,
        7 | 8 => Kind::Truth,
        _ => Kind::Any,
    }
}

/// The types of the fields of a page header: data pages of both versions, dictionaries and statistics.
fn kind_in_page(path: &[i16]) -> Kind {
    match path {
        [1..=4] | [5, 1..=4] | [7, 1..=2] | [8, 1..=6] => Kind::Integer,
        [7, 3] | [8, 7] => Kind::Truth,
        [5, 5, at] | [8, 8, at] => kind_in_statistics(*at),
        [5..=8] | [5, 5] | [8, 8] => Kind::Struct,
        _ => Kind::Any,
    }
}

/// Reads the page header at `at`; `None` if there is none before `end`.
fn page(file: &mut File, at: u64, end: u64) -> io::Result<Option<Page>> {
    let mut window = 1 << 10;
    loop {
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        file.take(window.min(end - at)).read_to_end(&mut bytes)?;
        let (mut compressed, mut uncompressed, mut n_values) = (-1, -1, 0);
        let len = walk(&bytes, kind_in_page, &mut |path, event| match (path, event) {
            ([2], Event::Integer(size)) => uncompressed = size,
            ([3], Event::Integer(size)) => compressed = size,
            ([5 | 7 | 8, 1], Event::Integer(n)) => n_values = n,
            _ => {}
        });
        let sizes = (u64::try_from(compressed), u64::try_from(uncompressed), u64::try_from(n_values));
        match (len, sizes) {
            (Some(len), (Ok(compressed), Ok(uncompressed), Ok(n_values))) => {
                return Ok(Some(Page { body: at + len as u64, compressed, uncompressed, n_values }));
            }
            // Statistics may be long.
            (None, _) if window < (end - at).min(MAX_HEADER) => window *= 16,
            _ => return Ok(None),
        }
    }
}

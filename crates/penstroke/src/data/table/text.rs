//! Tables of text: CSV with any delimiter, plain or compressed.
//!
//! Rows are as RFC 4180 has them: fields may stand between quotes, a quote in them is doubled, and they then may hold
//! delimiters and line breaks. Blanks around fields are no part of them, lines without a single byte are passed over. Every
//! other row is a sample or an error that names its line.

use super::gather::Gather;
use super::layout::Layout;
use super::{TableOptions, is_missing};
use crate::data::content::Content;
use crate::data::{Dataset, Preparation};
use crate::{Error, Result};
use csv::{ByteRecord, ReaderBuilder, Trim};
use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

/// The most bytes of one row.
const MAX_ROW: u64 = 1 << 24;

/// Whether a file of this name holds a table of text.
pub(in crate::data) fn is_text(path: &Path) -> bool {
    delimiter(path).is_some()
}

fn delimiter(path: &Path) -> Option<u8> {
    let extension = |path: &Path| path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let extension = match extension(path).as_deref() {
        Some("gz") => extension(Path::new(path.file_stem()?)),
        _ => extension(path),
    };
    match extension?.as_str() {
        "csv" => Some(b','),
        "tsv" | "tab" => Some(b'\t'),
        _ => None,
    }
}

/// Reads a table; with `learned` as another of the kind that a model was trained on.
pub(in crate::data) fn read(
    content: Content,
    options: &TableOptions,
    learned: Option<&Preparation>,
) -> Result<Dataset> {
    let file = content.place();
    if content.beginning().starts_with(&[0xff, 0xfe]) || content.beginning().starts_with(&[0xfe, 0xff]) {
        return Err(content.error("is text of two bytes a letter (UTF-16); save it as UTF-8"));
    }
    let delimiter = options.delimiter.or_else(|| delimiter(content.path())).unwrap_or(b',');
    let watch = Watch::default();
    let reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(Watched { content, watch: watch.clone() });
    let mut rows = Rows { reader, watch, file, row: ByteRecord::new(), line: 0 };
    let columns = learned.and_then(|learned| learned.columns.as_ref());
    if !rows.advance()? {
        return Err(Error::input(rows.file, "holds no rows"));
    }
    let layout = {
        let first: Vec<&str> = (0..rows.row.len()).map(|at| rows.field(at)).collect::<Result<_>>()?;
        Layout::of(&first, options, columns).map_err(|problem| Error::input(&rows.file, problem))?
    };
    let mut gather = Gather::new(&layout, &vec![1; layout.features.len()], options, learned);
    let mut has_row = layout.names.is_none() || rows.advance()?;
    if !has_row {
        return Err(Error::input(rows.file, "holds the names of columns and no row"));
    }
    while has_row {
        rows.gather(&layout, &mut gather)?;
        has_row = rows.advance()?;
    }
    gather.finish(&rows.file)
}

struct Rows {
    reader: csv::Reader<Watched>,
    watch: Watch,
    file: String,
    row: ByteRecord,
    /// That in which the row begins, from 1.
    line: u64,
}

impl Rows {
    /// The next row, if there is one.
    fn advance(&mut self) -> Result<bool> {
        let held_break = self.row.iter().any(|field| field.contains(&b'\n'));
        self.watch.in_row.set(0);
        let more = self.reader.read_byte_record(&mut self.row).map_err(|error| self.failure(error))?;
        if !more && held_break && self.watch.n_quotes.get() % 2 == 1 {
            let problem = format!("line {}: a quote begins a field and is never closed", self.line);
            return Err(Error::input(&self.file, problem));
        }
        self.line = self.row.position().map_or(self.line, csv::Position::line);
        Ok(more)
    }

    fn failure(&self, error: csv::Error) -> Error {
        match error.into_kind() {
            csv::ErrorKind::Io(error) if self.watch.in_row.get() > MAX_ROW => {
                drop(error);
                let problem = format!(
                    "the row after line {} is longer than 16 MiB; is a quote not closed, or is it no table?",
                    self.line
                );
                Error::input(&self.file, problem)
            }
            csv::ErrorKind::Io(error) => self.reader.get_ref().content.failure(error),
            other => Error::input(&self.file, format!("{other:?}")),
        }
    }

    fn field(&self, at: usize) -> Result<&str> {
        std::str::from_utf8(&self.row[at]).map_err(|_| {
            let problem =
                format!("line {}, column {}: is no UTF-8 text; save the file as UTF-8", self.line, at + 1);
            Error::input(&self.file, problem)
        })
    }

    /// Takes the row apart.
    fn gather(&self, layout: &Layout, gather: &mut Gather) -> Result<()> {
        if self.row.len() != layout.n_fields {
            let problem = format!(
                "line {} has {} fields, the first row has {}; is a delimiter or a quote missing?",
                self.line,
                self.row.len(),
                layout.n_fields
            );
            return Err(Error::input(&self.file, problem));
        }
        gather.reserve().map_err(|_| Error::input(&self.file, "there is no memory left for its rows"))?;
        for (k, chosen) in layout.features.iter().enumerate() {
            let field = self.field(chosen.at)?;
            let pushed = if chosen.one_hot {
                gather.push_category(k, field)
            } else if is_missing(field) {
                gather.push_missing()
            } else {
                match field.parse() {
                    Ok(number) => gather.push_number(number),
                    Err(_) => Err(self.no_number(layout)),
                }
            };
            pushed.map_err(|problem| self.wrong(gather.place(k), field, &problem))?;
        }
        if let Some(at) = layout.label {
            let field = self.field(at)?;
            gather.push_label(field, |place, problem| self.wrong(place, field, problem))?;
        }
        Ok(())
    }

    fn no_number(&self, layout: &Layout) -> String {
        let header = if layout.names.is_some() {
            "; line 1 was taken for names, --header no takes it for values"
        } else {
            ""
        };
        format!(
            "is no number; leave the column out by --columns, or take it as categories by --one-hot{header}"
        )
    }

    fn wrong(&self, column: &super::ColumnPlace, field: &str, problem: &str) -> Error {
        let mut shown: String = field.chars().take(40).collect();
        if shown.len() < field.len() {
            shown.push('…');
        }
        Error::input(&self.file, format!("line {}, {column}: {shown:?} {problem}", self.line))
    }
}

/// What passes by while rows are read.
#[derive(Clone, Debug, Default)]
struct Watch {
    /// Bytes since the row began, and what was read ahead.
    in_row: Rc<Cell<u64>>,
    n_quotes: Rc<Cell<u64>>,
}

/// Ends rows that do not end.
struct Watched {
    content: Content,
    watch: Watch,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.content.read(buffer)?;
        let Watch { in_row, n_quotes } = &self.watch;
        in_row.set(in_row.get() + n as u64);
        n_quotes.set(n_quotes.get() + buffer[..n].iter().filter(|&&byte| byte == b'"').count() as u64);
        if in_row.get() > MAX_ROW {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the row is too long"));
        }
        Ok(n)
    }
}

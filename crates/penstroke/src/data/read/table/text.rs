//! Text tables: CSV with any delimiter, plain or compressed.
//!
//! Rows follow RFC 4180: a field may be quoted, and may then contain delimiters, line breaks and doubled quotes. Blanks
//! around fields are trimmed and empty lines skipped. Every other row is a sample, or an error that names its line.

use super::field::{LEAVE_OUT, cell, is_missing, number};
use super::gather::Gather;
use super::layout::Layout;
use super::options::TableOptions;
use crate::data::hold::{ColumnPlace, Dataset, Preparation};
use crate::data::read::content::Content;
use crate::error::{Place, Problem, Row};
use crate::{Error, Result};
use csv::{ByteRecord, ReaderBuilder, Trim};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;

/// Maximum length of a row in bytes.
const MAX_ROW: u64 = 1 << 24;

/// Whether a file of this name holds a text table.
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

/// Reads a table; with `learned`, in the way of the table that a model was trained on.
pub(in crate::data) fn read(
    content: Content,
    options: &TableOptions,
    learned: Option<&Preparation>,
) -> Result<Dataset> {
    let file = content.place();
    if content.beginning().starts_with(&[0xff, 0xfe]) || content.beginning().starts_with(&[0xfe, 0xff]) {
        return Err(content.error("is UTF-16 text; save it as UTF-8"));
    }
    let delimiter = options.delimiter.or_else(|| delimiter(content.path())).unwrap_or(b',');
    let reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(Watched::new(content, delimiter));
    let mut rows = Rows { reader, file, row: ByteRecord::new(), line: 0, line_of_names: 0 };
    let columns = learned.and_then(|learned| learned.columns.as_ref());
    if !rows.advance()? {
        return Err(Error::input(rows.file, "holds no rows"));
    }
    rows.line_of_names = rows.line;
    let layout = {
        let first: Vec<&str> = (0..rows.row.len()).map(|at| rows.field(at)).collect::<Result<_>>()?;
        Layout::of(&first, options, columns).map_err(|problem| Error::input(&rows.file, problem))?
    };
    let mut gather = Gather::new(&layout, &vec![1; layout.features.len()], options, learned);
    let mut has_row = layout.names.is_none() || rows.advance()?;
    if !has_row {
        return Err(Error::input(rows.file, "holds column names but no rows"));
    }
    while has_row {
        rows.gather(&layout, &mut gather)?;
        has_row = rows.advance()?;
    }
    gather.finish(&rows.file)
}

struct Rows {
    reader: csv::Reader<Watched>,
    file: String,
    row: ByteRecord,
    /// The line where the row begins, from 1.
    line: u64,
    line_of_names: u64,
}

impl Rows {
    /// Reads the next row, if there is one.
    fn advance(&mut self) -> Result<bool> {
        self.reader.get_mut().in_row = 0;
        let more = self.reader.read_byte_record(&mut self.row).map_err(|error| self.failure(error))?;
        let at = self.row.position().map_or(0, csv::Position::byte);
        let watched = self.reader.get_mut();
        if let Some(problem) = watched.problem(!more) {
            return Err(Error::input(&self.file, problem));
        }
        if more {
            self.line = watched.line_of_row(at).unwrap_or(self.line);
        }
        Ok(more)
    }

    fn failure(&self, error: csv::Error) -> Error {
        match error.into_kind() {
            csv::ErrorKind::Io(error) if self.reader.get_ref().in_row > MAX_ROW => {
                drop(error);
                let problem = format!(
                    "the row after line {} is longer than 16 MiB; is a quote left open, or is this not a table?",
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
            let column = ColumnPlace { name: None, number: at + 1 };
            let problem = Problem::from("is not UTF-8 text").hint("save the file as UTF-8");
            Error::input(self.place(&column), problem)
        })
    }

    /// Pushes the fields of the row.
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
        gather.reserve().map_err(|_| Error::input(&self.file, "its rows do not fit in memory"))?;
        for (k, chosen) in layout.features.iter().enumerate() {
            let field = self.field(chosen.at)?;
            let pushed = if chosen.one_hot {
                gather.push_category(k, field)
            } else if is_missing(field) {
                gather.push_missing()
            } else {
                match number(field) {
                    Some(number) => gather.push_number(number),
                    None => Err(self.not_a_number(layout)),
                }
            };
            pushed.map_err(|problem| self.wrong(gather.place(k), field, problem))?;
        }
        if let Some(at) = layout.label {
            let field = self.field(at)?;
            gather.push_label(field, |place, problem| self.wrong(place, field, problem))?;
        }
        Ok(())
    }

    fn not_a_number(&self, layout: &Layout) -> Problem {
        let (text, is_named) = match layout.names {
            Some(_) => {
                (format!("is not a number (line {} was read as column names)", self.line_of_names), true)
            }
            None => ("is not a number".to_owned(), false),
        };
        let problem = Problem::from(text).with("columns", LEAVE_OUT).with("one_hot", "read it as categories");
        if is_named { problem.set("header", "no") } else { problem }
    }

    fn place(&self, column: &ColumnPlace) -> Place {
        cell(&self.file, Some(Row::Line(self.line as usize)), column)
    }

    fn wrong(&self, column: &ColumnPlace, field: &str, problem: Problem) -> Error {
        let mut shown: String = field.chars().take(40).collect();
        if shown.len() < field.len() {
            shown.push('…');
        }
        Error::input(self.place(column), Problem { text: format!("{shown:?} {}", problem.text), ..problem })
    }
}

/// A reader that tracks where rows begin, whether quotes are closed, and how long rows are.
struct Watched {
    content: Content,
    delimiter: u8,
    /// Bytes read since the row began, including read-ahead.
    in_row: u64,
    n_bytes: u64,
    /// The current line, from 1.
    line: u64,
    last: u8,
    field: Field,
    /// Byte offset and line of each upcoming row.
    rows: VecDeque<(u64, u64)>,
    /// The lines of an opening quote and of the text that follows its closing quote.
    behind_quote: Option<(u64, u64)>,
}

/// The position of a byte within a field.
#[derive(Clone, Copy)]
enum Field {
    Start,
    Plain,
    /// Inside quotes; the opening quote is in this line.
    Quoted(u64),
    /// After a quote that closes the field or is the first of a doubled quote.
    Quote(u64),
    /// After blanks that follow a closing quote.
    Closed(u64),
}

impl Watched {
    fn new(content: Content, delimiter: u8) -> Self {
        Self {
            content,
            delimiter,
            in_row: 0,
            n_bytes: 0,
            line: 1,
            last: b'\n',
            field: Field::Start,
            rows: VecDeque::new(),
            behind_quote: None,
        }
    }

    fn see(&mut self, byte: u8) {
        let is_end = matches!(byte, b'\n' | b'\r');
        let is_quoted = matches!(self.field, Field::Quoted(_));
        if !is_end && !is_quoted && matches!(self.last, b'\n' | b'\r') {
            self.rows.push_back((self.n_bytes, self.line));
        }
        self.field = match (self.field, byte) {
            (Field::Quoted(line), b'"') => Field::Quote(line),
            (Field::Quoted(line), _) => Field::Quoted(line),
            (Field::Start, b'"') => Field::Quoted(self.line),
            (Field::Quote(line), b'"') => Field::Quoted(line),
            _ if is_end || byte == self.delimiter => Field::Start,
            (Field::Quote(line) | Field::Closed(line), b' ' | b'\t') => Field::Closed(line),
            (Field::Quote(line) | Field::Closed(line), _) => {
                self.behind_quote.get_or_insert((line, self.line));
                Field::Plain
            }
            (Field::Start | Field::Plain, _) => Field::Plain,
        };
        // A line ends with \n, \r or both.
        if byte == b'\r' || (byte == b'\n' && self.last != b'\r') {
            self.line += 1;
        }
        self.last = byte;
        self.n_bytes += 1;
    }

    /// The problem with the quotes, if any; `ended` is true at the end of the file.
    fn problem(&self, ended: bool) -> Option<String> {
        match (self.behind_quote, self.field) {
            (Some((line, behind)), _) => Some(format!(
                "line {behind}: text follows the quote that closes a field opened in line {line}; inside a quoted field, double \
                 the quotes"
            )),
            (None, Field::Quoted(line)) if ended => {
                Some(format!("line {line}: a quoted field is never closed"))
            }
            _ => None,
        }
    }

    /// The line of the first row at or after this byte; blank lines may come between.
    fn line_of_row(&mut self, at: u64) -> Option<u64> {
        while self.rows.front().is_some_and(|&(byte, _)| byte < at) {
            self.rows.pop_front();
        }
        self.rows.front().map(|&(_, line)| line)
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.content.read(buffer)?;
        self.in_row += n as u64;
        buffer[..n].iter().for_each(|&byte| self.see(byte));
        if self.in_row > MAX_ROW {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the row is too long"));
        }
        Ok(n)
    }
}

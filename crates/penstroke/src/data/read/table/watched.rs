//! Watches the bytes of a text table on their way to the parser.

use crate::data::read::content::Content;
use std::collections::VecDeque;
use std::io::{self, Read};

/// Maximum length of a row in bytes.
pub(super) const MAX_ROW: u64 = 1 << 24;
/// Bytes at the beginning that are kept to find out how the table could be read.
const HEAD: usize = 1 << 16;

/// A reader that tracks where rows begin, whether quotes are closed, and how long rows are.
pub(super) struct Watched {
    pub(super) content: Content,
    pub(super) delimiter: u8,
    /// The first bytes.
    pub(super) head: Vec<u8>,
    /// Bytes read since the row began, including read-ahead.
    pub(super) in_row: u64,
    pub(super) n_bytes: u64,
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
    pub(super) fn new(content: Content, delimiter: u8) -> Self {
        Self {
            content,
            delimiter,
            head: Vec::new(),
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

    /// Reads on until the head is complete, or cannot be.
    pub(super) fn complete_head(&mut self) {
        let mut buffer = [0; 1 << 12];
        while self.head.len() < HEAD && self.read(&mut buffer).is_ok_and(|n| n > 0) {}
    }

    /// The problem with the quotes, if any; `ended` is true at the end of the file.
    pub(super) fn problem(&self, ended: bool) -> Option<String> {
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
    pub(super) fn line_of_row(&mut self, at: u64) -> Option<u64> {
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
        self.head.extend_from_slice(&buffer[..n.min(HEAD - self.head.len())]);
        buffer[..n].iter().for_each(|&byte| self.see(byte));
        if self.in_row > MAX_ROW {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the row is too long"));
        }
        Ok(n)
    }
}

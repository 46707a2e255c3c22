//! Watches the bytes of a text table on their way to the parser.

use super::quotes::{Field, Quoting};
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
    /// The first bytes.
    pub(super) head: Vec<u8>,
    /// Bytes read since the row began, including read-ahead.
    pub(super) in_row: u64,
    pub(super) n_bytes: u64,
    quoting: Quoting,
    /// The line of the last byte that is not the end of a line, or 0.
    last_line: u64,
    /// Where the upcoming rows begin.
    rows: VecDeque<Start>,
}

/// Where a row begins.
#[derive(Clone, Copy)]
pub(super) struct Start {
    byte: u64,
    pub(super) line: u64,
    /// Empty lines before it.
    pub(super) n_empty: u64,
}

impl Watched {
    pub(super) fn new(content: Content, delimiter: u8) -> Self {
        Self {
            content,
            head: Vec::new(),
            in_row: 0,
            n_bytes: 0,
            quoting: Quoting::new(delimiter),
            last_line: 0,
            rows: VecDeque::new(),
        }
    }

    /// The field delimiter.
    pub(super) fn delimiter(&self) -> u8 {
        self.quoting.delimiter
    }

    fn see(&mut self, byte: u8) {
        let (is_end, line) = (matches!(byte, b'\n' | b'\r'), self.quoting.line);
        let is_first = matches!(self.quoting.last, b'\n' | b'\r')
            && !is_end
            && !matches!(self.quoting.field, Field::Quoted(_));
        if is_first {
            let n_empty = line - self.last_line - 1;
            self.rows.push_back(Start { byte: self.n_bytes, line, n_empty });
        }
        if !is_end {
            self.last_line = line;
        }
        self.quoting.see(byte);
        self.n_bytes += 1;
    }

    /// Reads on until the head is complete, or cannot be.
    pub(super) fn complete_head(&mut self) {
        let mut buffer = [0; 1 << 12];
        while self.head.len() < HEAD && self.read(&mut buffer).is_ok_and(|n| n > 0) {}
    }

    /// The problem with the quotes, if any; `ended` is true at the end of the file.
    pub(super) fn problem(&self, ended: bool) -> Option<String> {
        match (self.quoting.behind_quote, self.quoting.field) {
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

    /// Where the first row at or after this byte begins; empty lines may come between.
    pub(super) fn start_of_row(&mut self, at: u64) -> Option<Start> {
        while self.rows.front().is_some_and(|start| start.byte < at) {
            self.rows.pop_front();
        }
        self.rows.front().copied()
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

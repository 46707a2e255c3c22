//! Copies a table of text with its missing fields filled.

use super::super::schema::TextForm;
use super::format::{refused, with_text};
use super::values::Values;
use crate::data::read::content::Content;
use crate::data::read::table::quotes::{Quoting, Seen};
use crate::{Result, interrupt};
use std::io::{self, Read, Write};
use std::path::Path;

/// The mark of UTF-8 at the beginning of a file.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

/// Copies the text at `path`; fields with a value are replaced.
pub(super) fn copy(
    path: &Path,
    form: &TextForm,
    values: Values<'_>,
    (to, out): (&Path, &mut dyn Write),
) -> Result<()> {
    let mut content = Content::open(path)?;
    with_text((to, out), |out| {
        let mut copying = Copying {
            quoting: Quoting::new(form.delimiter as u8),
            form,
            values,
            raw: Vec::new(),
            at: 0,
            row: if form.header { None } else { Some(0) },
            is_empty: true,
            n_fields: None,
            is_first: true,
            out: Vec::new(),
        };
        let mut chunk = vec![0; CHUNK];
        loop {
            interrupt::check()?;
            let n = match content.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(content.failure(error)),
            };
            chunk[..n].iter().for_each(|&byte| copying.see(byte));
            out.write_all(&copying.out).map_err(refused(to))?;
            copying.out.clear();
        }
        copying.end_field();
        out.write_all(&copying.out).map_err(refused(to))
    })
}

struct Copying<'a> {
    quoting: Quoting,
    form: &'a TextForm,
    values: Values<'a>,
    /// The current field as it is written in the file.
    raw: Vec<u8>,
    /// Its column.
    at: usize,
    /// The current row of values; `None` in the row of names.
    row: Option<usize>,
    /// Whether the line is empty; such a line is skipped, except in a table of one column.
    is_empty: bool,
    /// Number of fields of the first line that is not empty.
    n_fields: Option<usize>,
    is_first: bool,
    out: Vec<u8>,
}

impl Copying<'_> {
    fn see(&mut self, byte: u8) {
        // The mark of UTF-8 does not belong to the first field.
        if self.is_first && self.raw.len() < BOM.len() && BOM[self.raw.len()] == byte {
            self.raw.push(byte);
            if self.raw == BOM {
                self.out.append(&mut self.raw);
                self.is_first = false;
            }
            return;
        }
        self.is_first = false;
        let line = self.quoting.line();
        let seen = self.quoting.see(byte);
        // The second byte of \r\n ends no line.
        let is_row = !self.is_empty || (self.has_empty_rows() && self.quoting.line() > line);
        match seen {
            Seen::Inside => {
                self.raw.push(byte);
                self.is_empty = false;
            }
            Seen::Delimiter => {
                self.is_empty = false;
                self.end_field();
                self.out.push(byte);
                self.at += 1;
            }
            Seen::End => {
                if is_row {
                    self.end_field();
                    self.n_fields.get_or_insert(self.at + 1);
                    self.row = Some(self.row.map_or(0, |row| row + 1));
                }
                self.out.push(byte);
                (self.at, self.is_empty) = (0, true);
            }
        }
    }

    /// Whether an empty line is a row: one before others in a table of one column. Those behind the last row have no value.
    fn has_empty_rows(&self) -> bool {
        self.n_fields == Some(1)
    }

    /// Passes on the field, or the value for it.
    fn end_field(&mut self) {
        let value = self
            .row
            .filter(|_| !self.is_empty || self.has_empty_rows())
            .and_then(|row| self.values.next(self.at, row));
        let Some((column, value)) = value else {
            self.out.append(&mut self.raw);
            return;
        };
        let text = value.written(column, self.form.decimal);
        let core = self.raw.trim_ascii();
        let n_before = self.raw.len() - self.raw.trim_ascii_start().len();
        let n_after = if core.is_empty() { 0 } else { self.raw.len() - n_before - core.len() };
        let needs_quotes =
            text.bytes().any(|byte| byte == self.quoting.delimiter() || matches!(byte, b'"' | b'\n' | b'\r'))
                || text.trim_ascii() != text;
        // A quote behind a blank would not open a quoted field.
        if !needs_quotes {
            self.out.extend_from_slice(&self.raw[..n_before]);
        }
        if needs_quotes || core.starts_with(b"\"") {
            self.out.push(b'"');
            self.out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
        self.out.extend_from_slice(&self.raw[self.raw.len() - n_after..]);
        self.raw.clear();
    }
}

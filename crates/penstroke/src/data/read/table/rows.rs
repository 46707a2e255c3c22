//! The rows of a text table, one after the other, and their places for messages.

use super::field::cell;
use super::watched::{MAX_ROW, Watched};
use crate::data::hold::ColumnPlace;
use crate::data::read::content::Content;
use crate::error::{Place, Problem, Row, counted};
use crate::{Error, Result};
use csv::{ByteRecord, ReaderBuilder, Trim};

/// The rows of a text table.
pub(in crate::data) struct Rows {
    pub(super) reader: csv::Reader<Watched>,
    pub(in crate::data) file: String,
    pub(in crate::data) row: ByteRecord,
    /// The line where the row begins, from 1.
    pub(in crate::data) line: u64,
    pub(super) line_of_names: u64,
    /// Number of fields of the first row.
    pub(super) n_fields: usize,
    /// Whether an empty line before a row is a row of one empty field, and not skipped.
    pub(in crate::data) has_empty_rows: bool,
    /// The row behind the empty ones, and how many rows until it is the current one.
    behind_empty: (ByteRecord, u64),
}

impl Rows {
    pub(in crate::data) fn new(content: Content, delimiter: u8) -> Self {
        let file = content.place();
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(Watched::new(content, delimiter));
        Self {
            reader,
            file,
            row: ByteRecord::new(),
            line: 0,
            line_of_names: 0,
            n_fields: 0,
            has_empty_rows: false,
            behind_empty: (ByteRecord::new(), 0),
        }
    }

    /// Reads the next row, if there is one.
    pub(in crate::data) fn advance(&mut self) -> Result<bool> {
        let (behind, n) = &mut self.behind_empty;
        if *n > 0 {
            (*n, self.line) = (*n - 1, self.line + 1);
            if *n == 0 {
                std::mem::swap(&mut self.row, behind);
            }
            return Ok(true);
        }
        self.reader.get_mut().in_row = 0;
        let more = self.reader.read_byte_record(&mut self.row).map_err(|error| self.failure(error))?;
        let at = self.row.position().map_or(0, csv::Position::byte);
        let watched = self.reader.get_mut();
        if let Some(problem) = watched.problem(!more) {
            return Err(Error::input(&self.file, problem));
        }
        if more {
            let Some(start) = watched.start_of_row(at) else { return Ok(true) };
            self.line = start.line;
            if self.has_empty_rows && start.n_empty > 0 {
                self.line -= start.n_empty;
                let empty = ByteRecord::from(vec![""]);
                self.behind_empty = (std::mem::replace(&mut self.row, empty), start.n_empty);
            }
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

    pub(in crate::data) fn field(&self, at: usize) -> Result<&str> {
        std::str::from_utf8(&self.row[at]).map_err(|_| {
            let column = ColumnPlace { name: None, number: at + 1 };
            let problem = Problem::from("is not UTF-8 text").hint("save the file as UTF-8");
            Error::input(self.place(&column), problem)
        })
    }

    /// Checks that the row has as many fields as the first.
    pub(in crate::data) fn check_len(&self, n_fields: usize) -> Result<()> {
        if self.row.len() == n_fields {
            return Ok(());
        }
        let problem = format!(
            "line {} has {}, the first row has {n_fields}; is a delimiter or a quote missing?",
            self.line,
            counted(self.row.len(), "field")
        );
        Err(Error::input(&self.file, problem))
    }

    pub(in crate::data) fn place(&self, column: &ColumnPlace) -> Place {
        cell(&self.file, Some(Row::Line(self.line as usize)), column)
    }

    pub(in crate::data) fn wrong(&self, column: &ColumnPlace, field: &str, problem: Problem) -> Error {
        let mut shown: String = field.chars().take(40).collect();
        if shown.len() < field.len() {
            shown.push('…');
        }
        Error::input(self.place(column), Problem { text: format!("{shown:?} {}", problem.text), ..problem })
    }
}

//! Writes a table back with its missing cells filled; every other cell stays as it is.

#[cfg(feature = "columnar")]
mod arrays;
#[cfg(feature = "columnar")]
mod columnar;
mod format;
mod text;
mod values;

use self::format::Form;
use self::values::Values;
use super::source::TableSource;
use super::typed::{Cells, Fill, SourceFile, TypedTable};
use crate::files::write_atomic;
use crate::{Error, Result};
use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;

impl TypedTable {
    /// Writes the table to `path` with missing cells filled by `fills`, whole or not at all. The file that the table was read from
    /// is read again, and all its other cells are kept: in text byte for byte, with quotes, blanks and line ends; in Parquet and
    /// Arrow with the types of the columns and the metadata.
    ///
    /// A table of text is written as text, with its own delimiter and marks, compressed if the name ends in `.gz`; a Parquet or Arrow file
    /// as Parquet or Arrow, as the extension says. Filled numbers have as many decimals as the column's observed ones at most, in the
    /// file's decimal mark, and whole columns get whole numbers. In a column with an exponent somewhere, they have as
    /// many significant digits as its observed ones at most, and an exponent if that is shorter.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let (path, done) = (folder.path().join("t.csv"), folder.path().join("done.csv"));
    /// use penstroke::data::{Cells, Fill, SchemaOptions, TypedTable};
    /// std::fs::write(&path, "a;b\r\n38,50;x\r\n NA ;\"y\"\r\n").unwrap();
    /// let table = TypedTable::read(&path, &SchemaOptions::default().with_types(&[("b", "categorical")])?)?;
    /// let fill = Fill { column: 0, rows: vec![1], values: Cells::Numbers(vec![40.126]) };
    /// table.write_filled(&done, &[fill])?;
    /// assert_eq!(std::fs::read(&done).unwrap(), b"a;b\r\n38,50;x\r\n 40,13 ;\"y\"\r\n");
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a fill does not fit its column, or its cells are not missing; if the table was not read from a file, or the file changed
    /// since; or if it cannot be read or written.
    pub fn write_filled(&self, path: &Path, fills: &[Fill]) -> Result<()> {
        let Some(file) = &self.file else {
            return Err(Error::input(self.name(), "was not read from a file, so there is none to fill"));
        };
        fills.iter().try_for_each(|fill| self.check_fill(fill))?;
        let source = TableSource { opened: file.opened.clone(), ..TableSource::open(&file.path)? };
        source.check_unchanged()?;
        let form = Form::of(path, file.form.is_some())?;
        // An error of the library, which `write_atomic` would take for one of the system.
        let wrong = RefCell::new(None);
        let write = |out: &mut dyn Write| {
            let written = self.write_as(form, file, fills, out).and_then(|()| source.check_unchanged());
            written.map_err(|error| match error {
                Error::Io { path: of, source } if of == path => source,
                error => {
                    *wrong.borrow_mut() = Some(error);
                    io::Error::other("the table cannot be filled")
                }
            })
        };
        let written = write_atomic(path, write);
        match wrong.into_inner() {
            Some(error) => Err(error),
            None => written,
        }
    }

    /// Checks that [`TypedTable::write_filled`] can write this table under the name of `path`, before the work that fills it.
    ///
    /// # Errors
    /// If it has no file, or the extension names another kind of format.
    pub fn check_output(&self, path: &Path) -> Result<()> {
        let Some(file) = &self.file else {
            return Err(Error::input(self.name(), "was not read from a file, so there is none to fill"));
        };
        Form::of(path, file.form.is_some()).map(drop)
    }

    fn write_as(&self, form: Form<'_>, file: &SourceFile, fills: &[Fill], out: &mut dyn Write) -> Result<()> {
        let values = Values::new(self, file, fills);
        match (&file.form, form) {
            (Some(text), Form::Text(path)) => text::copy(&file.path, text, values, (path, out)),
            #[cfg(feature = "columnar")]
            (None, form) => columnar::rewrite(&file.path, values, (form, out)),
            // `Form::of` gives no other.
            _ => Err(Error::input(self.name(), "cannot be written in this format")),
        }
    }

    fn check_fill(&self, fill: &Fill) -> Result<()> {
        let Some((column, cells)) = self.each_column().nth(fill.column) else {
            let problem = format!("has no column {} (from 0) to fill", fill.column);
            return Err(Error::input(self.name(), problem));
        };
        let wrong =
            |problem: String| Err(Error::input(self.name(), format!("column {}: {problem}", column.name)));
        let n_values = match (&fill.values, cells) {
            (Cells::Numbers(numbers), Cells::Numbers(_)) => {
                if let Some(number) = numbers.iter().find(|number| !number.is_finite()) {
                    return wrong(format!("is filled with {number}, which is not a finite number"));
                }
                numbers.len()
            }
            (Cells::Codes(codes), Cells::Codes(_)) => {
                let is_wrong = |code: &&u32| {
                    let code = **code as usize;
                    code >= column.categories.len() || Some(code) == column.other()
                };
                if let Some(code) = codes.iter().find(is_wrong) {
                    return wrong(format!("is filled with code {code}, which is not that of a category"));
                }
                codes.len()
            }
            _ => return wrong("is filled with values of another kind".into()),
        };
        if n_values != fill.rows.len() {
            return wrong(format!("has {n_values} values for {} rows", fill.rows.len()));
        }
        if !fill.rows.is_sorted_by(|a, b| a < b) {
            return wrong("the rows to fill do not ascend".into());
        }
        match fill.rows.iter().find(|row| **row >= self.n_rows || !cells.is_missing(**row)) {
            Some(row) => wrong(format!("row {} (from 1) is not missing", row + 1)),
            None => Ok(()),
        }
    }
}

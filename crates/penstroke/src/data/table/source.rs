//! The file of a typed table, whatever its format.

#[cfg(feature = "columnar")]
use super::columnar;
use super::infer::{Decided, Refusal};
#[cfg(not(feature = "columnar"))]
use super::no_columnar as columnar;
use super::options::SchemaOptions;
use super::schema::TextForm;
use super::take::Taken;
use super::text::{self, Like, Observed};
use crate::data::hold::{ColumnPlace, changed, is_unchanged};
use crate::data::read::content::Content;
use crate::data::read::table::field::cell;
use crate::data::read::table::is_text;
use crate::data::source::{Columnar, SPREADSHEET, is_spreadsheet};
use crate::error::{Place, Row};
use crate::{Error, Result};
use std::fs::{self, Metadata};
use std::path::Path;

/// Whether the file at `path` is a table by its name (CSV and the like) or by its first bytes (Parquet, Arrow IPC).
pub fn is_table(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_named_so = extension.is_some_and(|extension| ["txt", "dat", "data"].contains(&extension));
    is_text(path)
        || is_named_so
        || Content::open(path).is_ok_and(|content| Columnar::of(content.beginning()).is_some())
}

/// A file that is read several times.
pub(super) struct TableSource<'a> {
    pub(super) path: &'a Path,
    pub(super) opened: Metadata,
    pub(super) is_text: bool,
}

impl<'a> TableSource<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self> {
        let opened = fs::metadata(path).map_err(|error| Error::io(path, error))?;
        if opened.is_dir() {
            return Err(Error::input(path, "is a folder; give a file"));
        }
        if !opened.is_file() {
            return Err(Error::input(path, "is read more than once; save it to a file first"));
        }
        let content = Content::open(path)?;
        let is_text = Columnar::of(content.beginning()).is_none();
        if is_text && is_spreadsheet(path, content.beginning()) {
            return Err(content.error(SPREADSHEET));
        }
        Ok(Self { path, opened, is_text })
    }

    /// The file's name, for messages.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Sees all cells.
    pub(super) fn observe(&self, options: &SchemaOptions) -> Result<Observed> {
        if self.is_text {
            return text::observe(self.path, options);
        }
        self.refuse_text_options(options)?;
        columnar::observe(self.path, options)
    }

    /// The names of the columns, and for a text how it is read so that it is `like` an earlier one.
    pub(super) fn names(
        &self,
        options: &SchemaOptions,
        like: &Like<'_>,
    ) -> Result<(Vec<String>, Option<TextForm>)> {
        if self.is_text {
            let form = text::form_of(self.path, options, Some(like))?;
            return Ok((text::names(self.path, &form)?, Some(form)));
        }
        self.refuse_text_options(options)?;
        Ok((columnar::names(self.path)?, None))
    }

    /// Takes the cells of the columns at `places`, one for each of `taken`, and returns the number of rows.
    pub(super) fn take(
        &self,
        form: Option<&TextForm>,
        places: &[Option<usize>],
        taken: &mut [Taken],
        names: &[String],
    ) -> Result<usize> {
        let n_rows = match form {
            Some(form) => text::take(self.path, form, places, taken, names)?,
            None => columnar::take(self.path, places, taken)?,
        };
        self.check_unchanged()?;
        Ok(n_rows)
    }

    /// Refuses a file that changed since it was opened.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        let now = fs::metadata(self.path).map_err(|error| Error::io(self.path, error))?;
        if is_unchanged(&self.opened, &now) { Ok(()) } else { Err(changed(self.path)) }
    }

    /// The error that a column cannot be read.
    pub(super) fn refuse(&self, names: &[String], at: usize, has_names: bool, refusal: Refusal) -> Error {
        let row = |at| if self.is_text { Row::Line(at) } else { Row::Number(at) };
        Error::input(self.place(names, at, has_names, refusal.at.map(row)), refusal.problem)
    }

    fn place(&self, names: &[String], at: usize, has_names: bool, row: Option<Row>) -> Place {
        let name = has_names.then(|| names[at].clone()).filter(|name| !name.is_empty());
        cell(&self.name(), row, &ColumnPlace { name, number: at + 1 })
    }

    fn refuse_text_options(&self, options: &SchemaOptions) -> Result<()> {
        let given = [
            ("header", options.header.is_some(), "names its own columns"),
            ("delimiter", options.delimiter.is_some(), "names its own columns"),
            ("decimal", options.decimal.is_some(), "holds numbers, not their text"),
            ("thousands", options.thousands.is_some(), "holds numbers, not their text"),
            ("na_values", options.na_values.is_some(), "marks its own missing values"),
        ];
        match given.into_iter().find(|(_, is_set, _)| *is_set) {
            Some((option, _, why)) => Err(Error::input(self.path, why).leave_out(option)),
            None => Ok(()),
        }
    }
}

/// How the columns are taken.
pub(super) fn takers(decided: &[Decided]) -> Vec<Taken> {
    decided.iter().map(|decided| Taken::new(decided.how)).collect()
}

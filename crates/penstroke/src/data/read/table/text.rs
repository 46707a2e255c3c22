//! Text tables: CSV with any delimiter, plain or compressed.
//!
//! Rows follow RFC 4180: a field may be quoted, and may then contain delimiters, line breaks and doubled quotes. Blanks
//! around fields are trimmed and empty lines skipped. Every other row is a sample, or an error that names its line.

use super::advice;
use super::field::{Fields, LEAVE_OUT};
use super::gather::Gather;
use super::layout::{EVENLY_STEPPED, Layout, header_in_doubt};
use super::learned::{Learned, needs_all};
use super::options::TableOptions;
use super::rows::Rows;
use crate::data::hold::{Dataset, Preparation};
use crate::data::read::compressed::Compression;
use crate::data::read::content::Content;
use crate::error::Problem;
use crate::{Error, Result};
use std::io::Cursor;
use std::path::Path;

/// Rows that are passed on at a time.
const BLOCK: usize = 4096;

/// Whether a file of this name holds a text table.
pub(in crate::data) fn is_text(path: &Path) -> bool {
    delimiter(path).is_some()
}

pub(in crate::data) fn delimiter(path: &Path) -> Option<u8> {
    let extension = |path: &Path| path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let extension = match extension(path).as_deref() {
        Some(packed) if Compression::is_extension(packed) => extension(Path::new(path.file_stem()?)),
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
    gathered(content, options, learned, &mut |_| Ok(()))?.finish(&file)
}

/// Passes on the values in blocks of a few thousand rows as they are read, and returns what was learned.
pub(in crate::data) fn spool(
    content: Content,
    options: &TableOptions,
    learned: Option<&Preparation>,
    values: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<Learned> {
    let file = content.place();
    let mut pass_on = |gather: &mut Gather| match gather.needs_all() {
        Some(what) => Err(needs_all(&file, what)),
        None => values(&gather.take_rows(&file)?),
    };
    let mut n_rows = 0;
    let mut gather = gathered(content, options, learned, &mut |gather| {
        n_rows += 1;
        if n_rows % BLOCK == 0 { pass_on(gather) } else { Ok(()) }
    })?;
    pass_on(&mut gather)?;
    gather.learned_of_taken(&file)
}

/// Collects the rows, and calls `after` after each.
fn gathered(
    content: Content,
    options: &TableOptions,
    learned: Option<&Preparation>,
    after: &mut dyn FnMut(&mut Gather) -> Result<()>,
) -> Result<Gather> {
    options.check()?;
    refuse_utf16(&content)?;
    let delimiter = options.delimiter.or_else(|| delimiter(content.path())).unwrap_or(b',');
    let mut rows = Rows::new(content, delimiter);
    rows.gather_all(options, learned, after).map_err(|wrong| match wrong {
        Wrong::Other(error) => error,
        Wrong::Format(error) => advice::on_format(
            error,
            &rows.samples(),
            &TableOptions { delimiter: Some(delimiter), ..options.clone() },
            &|sample, tried| n_columns(sample, tried, learned),
        ),
    })
}

/// Refuses text that is not in UTF-8 by its first bytes.
pub(in crate::data) fn refuse_utf16(content: &Content) -> Result<()> {
    if content.beginning().starts_with(&[0xff, 0xfe]) || content.beginning().starts_with(&[0xfe, 0xff]) {
        return Err(content.error("is UTF-16 text; save it as UTF-8"));
    }
    Ok(())
}

/// The number of columns of a table that begins like this, if it can be read.
fn n_columns(sample: &[u8], options: &TableOptions, learned: Option<&Preparation>) -> Option<usize> {
    let content = Content::of(Path::new("sample"), Box::new(Cursor::new(sample.to_vec()))).ok()?;
    let mut rows = Rows::new(content, options.delimiter.unwrap_or(b','));
    rows.gather_all(options, learned, &mut |_| Ok(())).ok()?;
    Some(rows.n_fields)
}

/// Why a table cannot be read.
enum Wrong {
    /// Another delimiter or other marks in numbers may help.
    Format(Error),
    Other(Error),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Wrong::Other(error)
    }
}

impl Rows {
    fn gather_all(
        &mut self,
        options: &TableOptions,
        learned: Option<&Preparation>,
        after: &mut dyn FnMut(&mut Gather) -> Result<()>,
    ) -> Result<Gather, Wrong> {
        let columns = learned.and_then(|learned| learned.columns.as_ref());
        let fields = Fields::of(options, columns);
        if !self.advance()? {
            return Err(Error::input(&self.file, "holds no rows").into());
        }
        (self.line_of_names, self.n_fields) = (self.line, self.row.len());
        let layout = {
            let first: Vec<&str> = (0..self.row.len()).map(|at| self.field(at)).collect::<Result<_>>()?;
            Layout::of(&first, &fields, options, columns)
                .map_err(|problem| Wrong::Format(Error::input(&self.file, problem)))?
        };
        let mut gather = Gather::new(&layout, &vec![1; layout.features.len()], options, learned);
        let mut has_row = layout.names.is_none() || self.advance()?;
        if !has_row {
            return Err(Wrong::Format(Error::input(&self.file, "holds column names but no rows")));
        }
        let (mut n_rows, mut n_even) = (0u64, 0);
        while has_row {
            self.gather(&layout, &fields, &mut gather)?;
            if layout.is_evenly_stepped {
                let number = |at| self.field(at).ok().and_then(|field| fields.number(field));
                n_even += u64::from(layout.is_evenly_stepped(number));
            }
            n_rows += 1;
            after(&mut gather)?;
            has_row = self.advance()?;
        }
        // The first row is even itself.
        if layout.is_evenly_stepped && n_rows > 1 && 2 * (n_even - 1) < n_rows - 1 {
            return Err(Error::input(&self.file, header_in_doubt(EVENLY_STEPPED)).into());
        }
        Ok(gather)
    }

    /// What is kept of the file: with the rows that follow the current one, and up to that one.
    fn samples(&mut self) -> Vec<Vec<u8>> {
        self.reader.get_mut().complete_head();
        let head = &self.reader.get_ref().head;
        let of_row = self.row.position().map_or(0, csv::Position::byte) as usize;
        let up_to = self.reader.position().byte() as usize;
        let whole_lines = head.iter().rposition(|&byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
        if up_to <= head.len() {
            let all =
                if self.reader.get_ref().n_bytes as usize > head.len() { whole_lines } else { head.len() };
            return vec![head[..all].to_vec(), head[..up_to].to_vec()];
        }
        let mut writer =
            csv::WriterBuilder::new().delimiter(self.reader.get_ref().delimiter()).from_writer(Vec::new());
        let row = writer.write_byte_record(&self.row).ok().and_then(|()| writer.into_inner().ok());
        vec![[&head[..whole_lines.min(of_row)], &row.unwrap_or_default()].concat()]
    }

    /// Pushes the fields of the row.
    fn gather(&self, layout: &Layout, fields: &Fields, gather: &mut Gather) -> Result<(), Wrong> {
        self.check_len(layout.n_fields).map_err(Wrong::Format)?;
        gather.begin_row(&self.file)?;
        for (k, chosen) in layout.features.iter().enumerate() {
            let field = self.field(chosen.at)?;
            let is_missing = fields.is_missing(field);
            let pushed = if chosen.one_hot {
                gather.push_category(k, (!is_missing).then_some(field))
            } else if is_missing {
                gather.push_missing(k)
            } else {
                match fields.number(field) {
                    Some(number) => gather.push_number(k, number),
                    None => {
                        let error = self.wrong(gather.place(k), field, self.not_a_number(layout));
                        return Err(Wrong::Format(error));
                    }
                }
            };
            pushed.map_err(|problem| self.wrong(gather.place(k), field, problem))?;
        }
        for (k, &at) in layout.targets.iter().enumerate() {
            let field = self.field(at)?;
            let number = fields.number(field).filter(|_| !fields.is_missing(field));
            if number.is_none() && !fields.is_missing(field) {
                let error =
                    self.wrong(gather.target_place(k), field, "is not a number, so not a target".into());
                return Err(Wrong::Format(error));
            }
            gather
                .push_target(number)
                .map_err(|problem| self.wrong(gather.target_place(k), field, problem))?;
        }
        if let Some(at) = layout.label {
            let field = self.field(at)?;
            let text = (!fields.is_missing(field)).then_some(field);
            gather.push_label(text, |place, problem| self.wrong(place, field, problem))?;
        }
        Ok(())
    }

    fn not_a_number(&self, layout: &Layout) -> Problem {
        let text = match layout.names {
            Some(_) => format!("is not a number (line {} was read as column names)", self.line_of_names),
            None => "is not a number".to_owned(),
        };
        Problem::from(text).with("columns", LEAVE_OUT).with("one_hot", "read it as categories")
    }
}

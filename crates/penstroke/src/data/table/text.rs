//! Reads tables of text, once to see what the columns hold and how numbers are written, and once to take the cells.
//!
//! How a table is read is decided by what works for all of its rows: see [`settle_marks`] and [`begins_with_names`].

use super::head;
use super::kind::ColumnKind;
use super::observe::{Seen, is_boolean};
use super::options::SchemaOptions;
use super::schema::TextForm;
use super::take::Taken;
use crate::data::hold::ColumnPlace;
use crate::data::read::content::Content;
use crate::data::read::table::advice::{MARKS, in_words, other_marks};
use crate::data::read::table::field::{Fields, cell};
use crate::data::read::table::layout::{EVENLY_STEPPED, are_evenly_stepped, counts_columns, header_in_doubt};
use crate::data::read::table::quotes::Quoting;
use crate::data::read::table::rows::Rows;
use crate::data::read::table::{delimiter, refuse_utf16};
use crate::error::{Problem, Row};
use crate::{Error, Result, interrupt};
use std::io::Read;
use std::path::Path;

/// Bytes in which the delimiter is looked for.
const HEAD: u64 = 1 << 20;
/// Rows after which reading asks whether it is to stop.
const PAUSE: usize = 1024;

/// A decimal mark other than a point, and a separator of thousands.
type Marks = (Option<char>, Option<char>);

/// What was seen in a table.
pub(super) struct Observed {
    pub(super) names: Vec<String>,
    pub(super) seen: Vec<Seen>,
    pub(super) n_rows: usize,
    pub(super) form: Option<TextForm>,
}

/// What was seen in one way to read a text.
struct Pass {
    first: Vec<String>,
    /// Whether the first row has a field that is not a number.
    has_text_first: bool,
    /// Whether the first row was taken for names.
    header: bool,
    seen: Vec<Seen>,
    n_rows: usize,
    /// Rows whose numbers are evenly spaced, as those of the first row are.
    n_even: Option<usize>,
}

impl Pass {
    fn names(&self) -> Vec<String> {
        match self.header {
            true => self.first.clone(),
            false => (1..=self.first.len()).map(|number| number.to_string()).collect(),
        }
    }
}

/// The beginning of a text, and whether that is all.
fn beginning(path: &Path) -> Result<(Vec<u8>, bool)> {
    let mut content = Content::open(path)?;
    refuse_utf16(&content)?;
    let mut head = Vec::new();
    content.by_ref().take(HEAD).read_to_end(&mut head).map_err(|error| content.failure(error))?;
    if let Some(at) = head.iter().position(|byte| *byte == 0) {
        let mut quoting = Quoting::new(b',');
        for &byte in &head[..at] {
            quoting.see(byte);
        }
        let problem = "holds a NUL byte, so this is not a table of text, Parquet or Arrow IPC";
        return Err(content.error(format!("line {} {problem}", quoting.line())));
    }
    let is_whole = (head.len() as u64) < HEAD;
    // The mark of UTF-8 does not belong to the first field.
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    Ok((head, is_whole))
}

/// What a text must have in common with an earlier table.
pub(super) struct Like<'a> {
    /// Names that are in its first row.
    pub(super) names: &'a [&'a str],
    /// The delimiter of the earlier table, which is tried first.
    pub(super) delimiter: Option<u8>,
}

impl Like<'_> {
    fn delimiter(&self, head: &[u8], header: Option<bool>) -> Option<u8> {
        match header {
            Some(false) => self.delimiter,
            _ => head::delimiter_for(head, self.names, self.delimiter),
        }
    }
}

/// The form that the options give, with the delimiter found.
pub(super) fn form_of(path: &Path, options: &SchemaOptions, like: Option<&Like<'_>>) -> Result<TextForm> {
    let given = options.schema.as_ref().and_then(|schema| schema.text.as_ref());
    let delimiter = match options.delimiter.map(char::from).or_else(|| given.map(|form| form.delimiter)) {
        Some(delimiter) => delimiter,
        None => {
            let (head, is_whole) = beginning(path)?;
            let found = like.and_then(|like| like.delimiter(&head, options.header));
            let found = found.or_else(|| head::delimiter(&head, is_whole));
            char::from(found.or_else(|| delimiter(path)).unwrap_or(b','))
        }
    };
    let form = TextForm {
        delimiter,
        decimal: options.decimal.or_else(|| given.map(|form| form.decimal)).unwrap_or('.'),
        thousands: options.thousands.or_else(|| given.and_then(|form| form.thousands)),
        header: options.header.or_else(|| given.map(|form| form.header)).unwrap_or(true),
        na_values: options.na_values.clone().or_else(|| given.and_then(|form| form.na_values.clone())),
    };
    options.check_marks()?;
    Ok(form)
}

/// Sees all cells of a text table.
pub(super) fn observe(path: &Path, options: &SchemaOptions) -> Result<Observed> {
    let given = options.schema.as_ref().and_then(|schema| schema.text.as_ref());
    let mut form = form_of(path, options, None)?;
    let mut marks_are_known = given.is_some() || options.decimal.is_some() || options.thousands.is_some();
    let mut header = options.header.or_else(|| given.map(|form| form.header)).or(None);
    let is_named = |first: &[String]| options.types.iter().any(|(name, _)| first.contains(name));
    let mut plain: Option<Pass> = None;
    loop {
        let pass = see_all(path, &form, header)?;
        if let Some(before) = plain.take() {
            // Other marks are right if they leave no text in the columns that they are for, and make none in others.
            let n_texts = |pass: &Pass| pass.seen.iter().map(|seen| seen.n_texts).collect::<Vec<_>>();
            let (now, before) = (n_texts(&pass), n_texts(&before));
            let are_fewer = now != before && now.iter().zip(&before).all(|(now, before)| now <= before);
            if !are_fewer {
                (form.decimal, form.thousands) = ('.', None);
                continue;
            }
        }
        if !marks_are_known {
            marks_are_known = true;
            if let Some((decimal, thousands)) = settle_marks(path, &form, &pass, options)? {
                (form.decimal, form.thousands) = (decimal.unwrap_or('.'), thousands);
                plain = Some(pass);
                continue;
            }
        }
        if header.is_none() && pass.header && !is_named(&pass.first) && !begins_with_names(&pass, &form) {
            header = Some(false);
            continue;
        }
        if header.is_none() && !pass.header {
            refuse_doubt(path, &pass)?;
        }
        form.header = pass.header;
        let names = pass.names();
        if pass.n_rows == 0 {
            return Err(Error::input(path.display().to_string(), "holds column names but no rows"));
        }
        return Ok(Observed { names, seen: pass.seen, n_rows: pass.n_rows, form: Some(form) });
    }
}

fn fields_of(form: &TextForm) -> Fields {
    Fields::new(form.na_values.as_deref(), form.decimal, form.thousands)
}

/// The rows of a text, of which the first is the current one. In a table of one column, empty lines before others are missing cells.
fn open(path: &Path, form: &TextForm) -> Result<Rows> {
    let content = Content::open(path)?;
    refuse_utf16(&content)?;
    let mut rows = Rows::new(content, form.delimiter as u8);
    if !rows.advance()? {
        return Err(Error::input(&rows.file, "holds no rows"));
    }
    rows.has_empty_rows = rows.row.len() == 1;
    Ok(rows)
}

/// Sees all cells. Without `header`, the first row is taken for names if it has a field that is not a number.
fn see_all(path: &Path, form: &TextForm, header: Option<bool>) -> Result<Pass> {
    let mut rows = open(path, form)?;
    let fields = fields_of(form);
    let others: Vec<Fields> = MARKS
        .iter()
        .map(|(decimal, thousands)| Fields::new(None, decimal.unwrap_or('.'), *thousands))
        .collect();
    let first: Vec<String> =
        (0..rows.row.len()).map(|at| rows.field(at).map(str::to_owned)).collect::<Result<_>>()?;
    let number = |field: &str| if fields.is_missing(field) { None } else { fields.number::<f64>(field) };
    let has_text_first = first.iter().any(|field| !fields.is_missing(field) && number(field).is_none());
    let header = header.unwrap_or(has_text_first || has_corner(&first));
    let is_even = are_evenly_stepped(first.iter().map(|field| number(field)));
    let mut pass = Pass {
        seen: first.iter().map(|_| Seen::new()).collect(),
        first,
        has_text_first,
        header,
        n_rows: 0,
        n_even: is_even.then_some(0),
    };
    let mut has_row = !header || rows.advance()?;
    while has_row {
        if pass.n_rows.is_multiple_of(PAUSE) {
            interrupt::check()?;
        }
        rows.check_len(pass.first.len())?;
        for (at, seen) in pass.seen.iter_mut().enumerate() {
            let field = rows.field(at)?;
            if fields.is_missing(field) {
                seen.see_missing();
            } else {
                seen.first_recurs |= pass.header && field == pass.first[at];
                seen.see_field(field, &fields, &others, rows.line as usize);
            }
        }
        if let Some(n_even) = &mut pass.n_even {
            let numbers = (0..pass.first.len()).map(|at| rows.field(at).ok().and_then(number));
            *n_even += usize::from(are_evenly_stepped(numbers));
        }
        pass.n_rows += 1;
        has_row = rows.advance()?;
    }
    Ok(pass)
}

/// Whether the first row is that of pandas over unnamed columns: an empty corner, then 0, 1, 2, ….
fn has_corner(first: &[String]) -> bool {
    let mut rest = first.iter().skip(1).enumerate();
    first.len() > 1 && first[0].is_empty() && rest.all(|(k, field)| *field == k.to_string())
}

/// Whether the first row, which was taken for names, holds names: a text over numbers, an empty corner over row numbers, or texts
/// that all differ and do not recur below.
fn begins_with_names(pass: &Pass, form: &TextForm) -> bool {
    let fields = fields_of(form);
    let is_missing = |field: &String| fields.is_missing(field);
    let is_text = |field: &String| !is_missing(field) && fields.number::<f64>(field).is_none();
    let mut columns = pass.first.iter().zip(&pass.seen);
    let mut over_numbers =
        columns.clone().any(|(field, seen)| is_text(field) && seen.n_numbers > 9 * seen.n_texts);
    over_numbers |= pass.first[0].is_empty() && pass.seen[0].counts_rows();
    let mut sorted: Vec<&String> = pass.first.iter().filter(|field| !is_missing(field)).collect();
    sorted.sort_unstable();
    let are_distinct = sorted.windows(2).all(|pair| pair[0] != pair[1]);
    over_numbers
        || (pass.has_text_first
            && are_distinct
            && columns.all(|(field, seen)| (is_text(field) || is_missing(field)) && !seen.first_recurs))
}

/// Refuses a first row of numbers that may be names.
fn refuse_doubt(path: &Path, pass: &Pass) -> Result<()> {
    let first: Vec<&str> = pass.first.iter().map(String::as_str).collect();
    let doubt = match pass.n_even {
        _ if counts_columns(&first) => {
            "its first row counts columns from 0, as pandas writes columns without names"
        }
        Some(n) if pass.n_rows > 1 && 2 * (n - 1) < pass.n_rows - 1 => EVENLY_STEPPED,
        _ => return Ok(()),
    };
    Err(Error::input(path.display().to_string(), header_in_doubt(doubt)))
}

/// The marks by which columns of texts become columns of numbers, if there are any.
///
/// # Errors
/// If a comma may be the decimal mark as well as the separator of thousands, as in 1,234.
fn settle_marks(path: &Path, form: &TextForm, pass: &Pass, options: &SchemaOptions) -> Result<Option<Marks>> {
    let names = pass.names();
    let may_be_numbers = |at: usize| {
        let asked = options.asked(&names, at);
        !asked.is_some_and(|kind| kind.is_left() || kind == ColumnKind::Categorical)
    };
    let marked = pass.seen.iter().enumerate().filter_map(|(at, seen)| {
        let marks = seen.marks().filter(|marks| marks.contains(&true) && may_be_numbers(at))?;
        Some((at, marks))
    });
    let marked: Vec<_> = marked.collect();
    let fits = |k: usize| !marked.is_empty() && marked.iter().all(|(_, marks)| marks[k]);
    let of = |marks: (Option<char>, Option<char>)| MARKS.iter().position(|known| *known == marks);
    let [thousands, decimal] =
        [(None, Some(',')), (Some(','), None)].map(|marks| of(marks).is_some_and(fits));
    if thousands && decimal {
        let (at, _) = marked[0];
        let shown = pass.seen[at].first_marked.clone().unwrap_or_default();
        let name = pass.header.then(|| pass.first[at].clone());
        let column = ColumnPlace { name, number: at + 1 };
        let problem =
            Problem::from(format!("the comma of {:?} may be a decimal mark or separate thousands", shown.0));
        let problem = problem.set("decimal", in_words(',')).set("thousands", in_words(','));
        let place = cell(&path.display().to_string(), Some(Row::Line(shown.1)), &column);
        return Err(Error::input(place, problem));
    }
    let usable = |k: &usize| {
        let (decimal, thousands) = MARKS[*k];
        [decimal, thousands].into_iter().flatten().all(|mark| mark != form.delimiter) || fits(*k)
    };
    Ok((1..MARKS.len()).filter(usable).find(|&k| fits(k)).map(|k| MARKS[k]))
}

/// Takes the cells of the columns at `places`, one for each of `taken`, and returns the number of rows.
pub(super) fn take(
    path: &Path,
    form: &TextForm,
    places: &[Option<usize>],
    taken: &mut [Taken],
    names: &[String],
) -> Result<usize> {
    let mut rows = open(path, form)?;
    let fields = fields_of(form);
    let mut n_rows = 0;
    let n_fields = rows.row.len();
    let mut has_row = !form.header || rows.advance()?;
    while has_row {
        if n_rows % PAUSE == 0 {
            interrupt::check()?;
        }
        rows.check_len(n_fields)?;
        for ((place, taken), name) in places.iter().zip(taken.iter_mut()).zip(names) {
            let Some(at) = *place else {
                taken.push_missing();
                continue;
            };
            if let Taken::Left = taken {
                continue;
            }
            let field = rows.field(at)?;
            if fields.is_missing(field) {
                taken.push_missing();
                continue;
            }
            taken.push(field, || number(&fields, field)).map_err(|problem| {
                let name = form.header.then(|| name.clone());
                let marks = other_marks(field, (form.decimal, form.thousands), form.delimiter);
                let problem =
                    marks.into_iter().fold(problem, Problem::or).with("na_values", "read it as missing");
                rows.wrong(&ColumnPlace { name, number: at + 1 }, field, problem)
            })?;
        }
        n_rows += 1;
        has_row = rows.advance()?;
    }
    Ok(n_rows)
}

/// The number in a field; true and false do not count.
pub(super) fn number(fields: &Fields, field: &str) -> Option<f64> {
    fields.number::<f64>(field).filter(|number| !number.is_nan() && !is_boolean(field))
}

/// The names of a text's columns.
pub(super) fn names(path: &Path, form: &TextForm) -> Result<Vec<String>> {
    let rows = open(path, form)?;
    match form.header {
        true => (0..rows.row.len()).map(|at| rows.field(at).map(str::to_owned)).collect(),
        false => Ok((1..=rows.row.len()).map(|number| number.to_string()).collect()),
    }
}

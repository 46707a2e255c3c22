//! Reads Parquet and Arrow IPC batch by batch, once to see what the columns hold, and once to take the cells.

use super::infer::dates;
use super::kind::ColumnKind;
use super::observe::Seen;
use super::options::SchemaOptions;
use super::take::Taken;
use super::text::Observed;
use crate::data::hold::ColumnPlace;
use crate::data::read::table::columnar::{Column, Fields, Kind, Sink, TOO_MUCH, in_words, is_list, limit};
use crate::data::read::table::field::cell;
use crate::data::read::table::file::TableFile;
use crate::data::source::add_columnar;
use crate::error::{Problem, Row};
use crate::{Error, Result, interrupt};
use arrow_array::RecordBatch;
use arrow_schema::DataType;
use std::path::Path;

/// How the values of a column are read.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Numbers,
    Texts,
    Left,
}

/// A table that is being read.
struct Reading<'a> {
    file: String,
    names: Vec<String>,
    columns: Vec<As>,
    n_rows: usize,
    used: u64,
    limit: u64,
    goal: Goal<'a>,
}

/// What is done with the cells.
enum Goal<'a> {
    Names,
    Observe(Vec<Seen>, &'a SchemaOptions),
    /// Takes cells; the places of the columns that are taken.
    Take(&'a mut [Taken], &'a [Option<usize>]),
}

/// Sees all cells of a columnar file.
pub(super) fn observe(path: &Path, options: &SchemaOptions) -> Result<Observed> {
    let read = read(path, Goal::Observe(Vec::new(), options))?;
    let seen = if let Goal::Observe(seen, _) = read.goal { seen } else { Vec::new() };
    if read.n_rows == 0 {
        return Err(Error::input(read.file, "holds no rows"));
    }
    Ok(Observed { names: read.names, seen, n_rows: read.n_rows, form: None })
}

/// The names of the columns.
pub(super) fn names(path: &Path) -> Result<Vec<String>> {
    Ok(read(path, Goal::Names)?.names)
}

/// Takes the cells of the columns at `places`, one for each of `taken`, and returns the number of rows.
pub(super) fn take(path: &Path, places: &[Option<usize>], taken: &mut [Taken]) -> Result<usize> {
    Ok(read(path, Goal::Take(taken, places))?.n_rows)
}

fn read<'a>(path: &Path, goal: Goal<'a>) -> Result<Reading<'a>> {
    let mut reading = Reading {
        file: path.display().to_string(),
        names: Vec::new(),
        columns: Vec::new(),
        n_rows: 0,
        used: 0,
        limit: 0,
        goal,
    };
    add_columnar(&TableFile::alone(path), &mut reading)?;
    Ok(reading)
}

impl Sink for Reading<'_> {
    fn begin(&mut self, _: &TableFile, n_bytes: u64, fields: Fields) -> Result<()> {
        self.limit = limit(n_bytes);
        self.names = fields.names.clone();
        for at in 0..self.names.len() {
            let read_as = self.read_as(at, &fields)?;
            self.columns.push(read_as);
        }
        if let Goal::Observe(seen, _) = &mut self.goal {
            seen.extend(self.names.iter().map(|_| Seen::new()));
            for (seen, name) in seen.iter_mut().zip(&self.names) {
                seen.is_row_name = fields.is_row_name(name);
            }
        }
        Ok(())
    }

    fn grow(&mut self, n_bytes: u64) {
        self.limit = limit(n_bytes);
    }

    fn columns(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|&at| self.columns[at] != As::Left).collect()
    }

    fn push(&mut self, batch: &RecordBatch, at: &dyn Fn(usize) -> Option<usize>) -> Result<()> {
        interrupt::check()?;
        let n_rows = batch.num_rows();
        let n_values = (self.columns().len() as u64 + 1).saturating_mul(n_rows as u64);
        self.used = self.used.saturating_add(n_values.saturating_mul(8));
        if self.used > self.limit {
            return Err(Error::input(&self.file, TOO_MUCH));
        }
        for of in self.columns() {
            let array = at(of).and_then(|at| batch.columns().get(at));
            let array = array.ok_or_else(|| Error::input(&self.file, format!("lacks column {}", of + 1)))?;
            let column = match self.columns[of] {
                As::Texts => Column::texts(array),
                _ => Column::numbers(array, &[], self.n_rows as u64),
            };
            let column = column.map_err(|problem| self.refuse(of, None, problem))?;
            self.push_column(of, &column, n_rows)?;
        }
        if let Goal::Take(taken, places) = &mut self.goal {
            for (taken, _) in taken.iter_mut().zip(places.iter()).filter(|(_, place)| place.is_none()) {
                (0..n_rows).for_each(|_| taken.push_missing());
            }
        }
        self.n_rows += n_rows;
        Ok(())
    }
}

impl Reading<'_> {
    /// How a column of the file is read.
    fn read_as(&mut self, at: usize, fields: &Fields) -> Result<As> {
        let (name, declared) = (&self.names[at], fields.declared.get(at).unwrap_or(&DataType::Null));
        let kind = Kind::of(declared);
        let of_type = match declared {
            DataType::Boolean | DataType::Dictionary(..) => As::Texts,
            _ if kind == Kind::Texts => As::Texts,
            _ => As::Numbers,
        };
        match &mut self.goal {
            Goal::Names => return Ok(As::Left),
            Goal::Take(taken, places) => {
                let taken = places.iter().position(|place| *place == Some(at)).map(|k| &taken[k]);
                if matches!(taken, None | Some(Taken::Left)) {
                    return Ok(As::Left);
                }
            }
            Goal::Observe(seen, options) => {
                if let Some(seen) = seen.get_mut(at) {
                    seen.is_real = declared.is_floating();
                }
                let asked = options.asked(&self.names, at);
                if asked.is_some_and(ColumnKind::is_left) || fields.is_row_name(name) {
                    return Ok(As::Left);
                }
            }
        }
        let problem = match kind {
            Kind::Numbers | Kind::Texts | Kind::Nothing if !is_list(declared) => return Ok(of_type),
            Kind::Dates => dates(name),
            _ => {
                let problem = format!("holds {}, not numbers or text", in_words(declared));
                Problem::from(problem).set("types", format!("{name}=ignore"))
            }
        };
        Err(self.refuse(at, None, problem))
    }

    fn push_column(&mut self, of: usize, column: &Column<'_>, n_rows: usize) -> Result<()> {
        let first = self.n_rows + 1;
        match &mut self.goal {
            Goal::Names => {}
            Goal::Observe(seen, _) => {
                let seen = &mut seen[of];
                for row in 0..n_rows {
                    match (column, column.number(row), column.text(row)) {
                        (Column::Numbers(..), Some(number), _) => {
                            seen.see_number(number, || number.to_string(), first + row);
                        }
                        (Column::Texts(_), _, Some(text)) => seen.see_text(&text, first + row),
                        _ => seen.see_missing(),
                    }
                }
            }
            Goal::Take(taken, places) => {
                let at = places.iter().position(|place| *place == Some(of));
                let Some(taken) = at.map(|at| &mut taken[at]) else { return Ok(()) };
                for row in 0..n_rows {
                    let pushed = match (column.number(row), column.text(row)) {
                        (Some(number), _) => taken.push_number(number),
                        (_, Some(text)) => taken.push(&text, || None),
                        _ => {
                            taken.push_missing();
                            Ok(())
                        }
                    };
                    if let Err(problem) = pushed {
                        let problem =
                            Problem { text: format!("{} {}", column.shown(row), problem.text), ..problem };
                        return Err(self.refuse(of, Some(first + row), problem));
                    }
                }
            }
        }
        Ok(())
    }

    fn refuse(&self, at: usize, row: Option<usize>, problem: Problem) -> Error {
        let column = ColumnPlace { name: self.names.get(at).cloned(), number: at + 1 };
        Error::input(cell(&self.file, row.map(Row::Number), &column), problem)
    }
}

//! Typed tables of columns that are already in memory.

use super::infer::{How, Refusal, decide, settle};
use super::kind::ColumnKind;
use super::observe::Seen;
use super::options::SchemaOptions;
use super::read::check_names;
use super::schema::{ColumnSchema, Schema};
use super::take::{Named, Taken, ordered};
use super::typed::{Cells, GivenColumn, MISSING, TypedTable};
use super::warnings::Warnings;
use crate::data::hold::ColumnPlace;
use crate::data::read::table::field::cell;
use crate::error::{Problem, Row};
use crate::{Error, Result};

impl TypedTable {
    /// A table of columns in memory, which messages call `name`. The columns' types give their kinds: numbers are numeric, codes and
    /// texts are categorical, or binary if there are two categories; text that differs in every row is left out. `options.types`
    /// and the kinds of `options.schema` come first.
    ///
    /// ```
    /// use penstroke::data::{ColumnKind, GivenColumn, SchemaOptions, TypedTable};
    /// let columns = vec![GivenColumn::Numbers(vec![1.5, f64::NAN]), GivenColumn::Codes(vec![1, 0], vec!["b".into(), "a".into()])];
    /// let table = TypedTable::from_columns("frame", vec!["x".into(), "y".into()], columns, &SchemaOptions::default())?;
    /// assert_eq!(table.schema().columns[1].kind, ColumnKind::Binary);
    /// assert_eq!(table.schema().columns[1].categories, ["a", "b"]);
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If columns differ in length or share a name, if a code is beyond the categories, if a number is infinite, if a column
    /// holds only missing values, or if a kind does not fit its column.
    pub fn from_columns(
        name: &str,
        names: Vec<String>,
        columns: Vec<GivenColumn>,
        options: &SchemaOptions,
    ) -> Result<Self> {
        if names.len() != columns.len() || columns.is_empty() {
            let problem = format!("has {} names for {} columns", names.len(), columns.len());
            return Err(Error::input(name, problem));
        }
        check_names(name, &names)?;
        options.check_names(name, &names)?;
        let n_rows = columns[0].len();
        let mut table = Self {
            name: name.to_owned(),
            schema: Schema { columns: Vec::new(), text: None, n_rows },
            n_rows,
            columns: Vec::new(),
            warnings: Vec::new(),
            file: None,
        };
        for (at, column) in columns.into_iter().enumerate() {
            let place = ColumnPlace { name: Some(names[at].clone()), number: at + 1 };
            let wrong = |refusal: Refusal| {
                Error::input(cell(name, refusal.at.map(Row::Number), &place), refusal.problem)
            };
            if column.len() != n_rows {
                let problem = format!("has {} rows, and the first column has {n_rows}", column.len());
                return Err(wrong(Refusal { problem: problem.into(), at: None }));
            }
            let (column, cells) = typed(&names[at], column, options.asked(&names, at)).map_err(wrong)?;
            table.schema.columns.push(column);
            table.columns.push(cells);
        }
        table.count_missing();
        let mut warnings = Warnings::default();
        table.schema.columns.iter().for_each(|column| warnings.gaps(column, n_rows));
        table.warnings = warnings.lines();
        table.checked()
    }
}

const LEFT: &str = "text that differs in every row";

impl GivenColumn {
    pub(super) fn len(&self) -> usize {
        match self {
            GivenColumn::Numbers(numbers) => numbers.len(),
            GivenColumn::Codes(codes, _) => codes.len(),
            GivenColumn::Texts(texts) => texts.len(),
        }
    }

    fn see(&self, seen: &mut Seen) -> Result<(), Refusal> {
        match self {
            GivenColumn::Numbers(numbers) => {
                seen.is_real = true;
                (1..).zip(numbers).for_each(|(row, &number)| match number.is_nan() {
                    true => seen.see_missing(),
                    false => seen.see_number(number, || number.to_string(), row),
                })
            }
            GivenColumn::Texts(texts) => (1..).zip(texts).for_each(|(row, text)| match text {
                None => seen.see_missing(),
                Some(text) => seen.see_text(text, row),
            }),
            GivenColumn::Codes(codes, all) => {
                for (row, &code) in (1..).zip(codes) {
                    match all.get(code as usize) {
                        Some(_) => seen.see_code(),
                        None if code == MISSING => seen.see_missing(),
                        None => {
                            let problem = format!("code {code} is beyond the {} categories", all.len());
                            return Err(Refusal { problem: problem.into(), at: Some(row) });
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// A column with its cells.
fn typed(
    name: &str,
    column: GivenColumn,
    asked: Option<ColumnKind>,
) -> Result<(ColumnSchema, Cells), Refusal> {
    let mut seen = Seen::new();
    column.see(&mut seen)?;
    let by_type = asked.or(match column {
        // Numbers are what their type says, however few they are.
        GivenColumn::Numbers(_) => Some(ColumnKind::Numeric),
        _ => None,
    });
    let mut decided = match (&column, asked) {
        (GivenColumn::Codes(..), Some(kind @ (ColumnKind::Numeric | ColumnKind::Ordinal))) => {
            return Err(Refusal {
                problem: format!("holds categories, so it is not {kind}").into(),
                at: None,
            });
        }
        _ => decide(name, &seen, by_type)?,
    };
    if asked.is_none() {
        decided.reason = match decided.how {
            How::Left => LEFT.to_owned(),
            _ => "by its type".to_owned(),
        };
    }
    let (cells, named) = cells(column, decided.how)?;
    let is_number = matches!(decided.how, How::Numbers | How::Values);
    let schema = ColumnSchema {
        name: name.to_owned(),
        kind: settle(
            decided.kind,
            if asked.is_some() { "as given" } else { &decided.reason },
            named.categories.len(),
        )?,
        is_whole: is_number && seen.are_integers(),
        has_other: named.has_other(),
        categories: named.categories,
        decimals: 0,
        digits: 0,
        range: seen.range.filter(|_| decided.how == How::Numbers),
        n_missing: seen.n_missing,
        reason: decided.reason,
    };
    Ok((schema, cells))
}

/// The cells of a column, and their categories if they have any.
fn cells(column: GivenColumn, how: How) -> Result<(Cells, Named), Problem> {
    let mut taken = Taken::new(how);
    match column {
        _ if how == How::Left => {}
        GivenColumn::Codes(codes, all) => {
            let mut counts = vec![0; all.len()];
            codes.iter().filter(|code| **code != MISSING).for_each(|code| counts[*code as usize] += 1);
            let (named, new) = ordered(&all, &counts);
            let codes = codes.into_iter().map(|code| if code == MISSING { code } else { new[code as usize] });
            return Ok((Cells::Codes(codes.collect()), named));
        }
        GivenColumn::Numbers(numbers) if how == How::Numbers => {
            return Ok((Cells::Numbers(numbers), Named::none()));
        }
        GivenColumn::Numbers(numbers) => {
            for number in numbers {
                match number.is_nan() {
                    true => taken.push_missing(),
                    false => taken.push_number(number)?,
                }
            }
        }
        GivenColumn::Texts(texts) => {
            for text in &texts {
                match text {
                    None => taken.push_missing(),
                    Some(text) => taken.push(text, || None)?,
                }
            }
        }
    }
    Ok(taken.finish())
}

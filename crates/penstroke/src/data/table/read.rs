//! Reads tables with typed columns, and infers what their columns hold.

use super::infer::{Decided, How, Refusal, decide, settle};
use super::observe::Seen;
use super::options::SchemaOptions;
use super::schema::{ColumnSchema, Schema};
use super::source::{TableSource, takers};
use super::take::{Named, Taken};
use super::text::Observed;
use super::typed::{Cells, SourceFile, TypedTable};
use super::warnings::Warnings;
use crate::error::counted;
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::Path;

impl TypedTable {
    /// Reads a table of text, Parquet or Arrow IPC, and infers what its columns hold from all of its rows.
    ///
    /// The file is read at least twice, once to see what the columns hold and once to take their cells, so that memory holds only
    /// the cells.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("t.csv");
    /// use penstroke::data::{ColumnKind, SchemaOptions, TypedTable};
    /// std::fs::write(&path, "height;colour\n1,75;red\n?;blue\n1,9;red\n").unwrap();
    /// let table = TypedTable::read(&path, &SchemaOptions::default())?;
    /// let [height, colour] = &table.schema().columns[..] else { unreachable!() };
    /// assert_eq!((height.kind, height.range), (ColumnKind::Numeric, Some([1.75, 1.9])));
    /// assert_eq!((colour.kind, &colour.categories[..]), (ColumnKind::Binary, &["blue".to_owned(), "red".into()][..]));
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the table cannot be read, or if it is in doubt what a column holds. The error names the cell or the column, and what to
    /// set.
    pub fn read(path: &Path, options: &SchemaOptions) -> Result<Self> {
        let source = TableSource::open(path)?;
        let Observed { names, seen, n_rows, form } = source.observe(options)?;
        check_names(&source.name(), &names)?;
        options.check_names(&source.name(), &names)?;
        let has_names = form.as_ref().is_none_or(|form| form.header);
        let mut decided = Vec::with_capacity(names.len());
        for (at, seen) in seen.iter().enumerate() {
            // Messages give columns without a name by their number.
            let called = if names[at].is_empty() { (at + 1).to_string() } else { names[at].clone() };
            let name = if names[at].is_empty() && seen.counts_rows() { "" } else { &called };
            decided.push(
                decide(name, seen, options.asked(&names, at))
                    .map_err(|refusal| source.refuse(&names, at, has_names, refusal))?,
            );
        }
        let mut taken = takers(&decided);
        let places: Vec<_> = (0..names.len()).map(Some).collect();
        source.take(form.as_ref(), &places, &mut taken, &names)?;
        let mut columns = Vec::with_capacity(names.len());
        let mut cells = Vec::with_capacity(names.len());
        let mut warnings = Warnings::default();
        for (at, ((taken, decided), seen)) in taken.into_iter().zip(&decided).zip(&seen).enumerate() {
            let (of_column, named) = taken.finish();
            let column = describe(&names[at], decided, seen, named, &mut warnings)
                .map_err(|refusal| source.refuse(&names, at, has_names, refusal))?;
            warnings.gaps(&column, n_rows);
            columns.push(column);
            cells.push(of_column);
        }
        let schema = Schema { columns, text: form.clone(), n_rows };
        let file = SourceFile { path: path.to_owned(), opened: source.opened.clone(), form, places };
        let name = source.name();
        Self { name, schema, n_rows, columns: cells, warnings: warnings.lines(), file: Some(file) }.checked()
    }

    /// Checks that something can be learned, and warns about empty rows.
    pub(super) fn checked(mut self) -> Result<Self> {
        if self.columns.iter().all(|cells| matches!(cells, Cells::Left)) {
            let problem = "all its columns are left out, so nothing can be learned from it";
            return Err(Error::input(self.name.as_str(), problem).with("types", "say what they hold"));
        }
        let n_empty = self.n_empty_rows();
        if n_empty > 0 {
            self.warnings.push(format!("{} without any value", counted(n_empty, "row")));
        }
        Ok(self)
    }
}

/// Refuses columns of one name.
pub(super) fn check_names(table: &str, names: &[String]) -> Result<()> {
    let mut known = HashMap::new();
    for (number, name) in (1..).zip(names) {
        if let Some(before) = known.insert(name, number) {
            let problem = match name.as_str() {
                "" => format!("columns {before} and {number} have no name; name them"),
                name => format!("columns {before} and {number} are both named {name:?}; rename one"),
            };
            return Err(Error::input(table, problem));
        }
    }
    Ok(())
}

/// The schema of a column that was read.
fn describe(
    name: &str,
    decided: &Decided,
    seen: &Seen,
    named: Named,
    warnings: &mut Warnings,
) -> Result<ColumnSchema, Refusal> {
    let has_other = named.has_other();
    let Named { categories, n_merged } = named;
    let kind = settle(decided.kind, &decided.reason, categories.len())?;
    if n_merged > 0 {
        warnings.merged(name, n_merged, categories.len() - 1);
    }
    if seen.n_observed() > 0 && decided.how != How::Left && (categories.len() == 1 || seen.is_constant()) {
        warnings.constant(name);
    }
    let is_number = matches!(decided.how, How::Numbers | How::Values);
    Ok(ColumnSchema {
        name: name.to_owned(),
        kind,
        is_whole: is_number && seen.are_integers(),
        categories,
        has_other,
        decimals: if is_number && !seen.has_exponents { seen.decimals } else { 0 },
        digits: if is_number && seen.has_exponents { seen.digits } else { 0 },
        range: seen.range.filter(|_| decided.how == How::Numbers),
        n_missing: seen.n_missing,
        reason: decided.reason.clone(),
    })
}

/// The cells of a column that is like an earlier one.
pub(super) fn taken_like(column: &ColumnSchema) -> Taken {
    match (column.kind.is_left(), column.categories.is_empty()) {
        (true, _) => Taken::Left,
        (false, true) => Taken::Numbers(Vec::new()),
        (false, false) => Taken::known(&column.categories, column.other()),
    }
}

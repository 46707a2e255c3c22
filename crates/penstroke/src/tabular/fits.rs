//! Whether a table has the columns that were learned.

use crate::data::{ColumnSchema, Schema, TypedTable};
use crate::{Error, Result};

/// Checks that a table has the columns of `learned`, in its order.
pub(crate) fn check_fits(learned: &Schema, table: &TypedTable) -> Result<()> {
    let (own, all) = (&learned.columns, &table.schema().columns);
    let same = |(a, b): (&ColumnSchema, &ColumnSchema)| {
        a.name == b.name && a.kind.is_left() == b.kind.is_left() && a.categories == b.categories
    };
    if own.len() == all.len() && own.iter().zip(all).all(same) {
        return Ok(());
    }
    let problem = format!("{}; read it like the table that was learned", differing(own, all));
    Err(Error::input(table.name(), problem))
}

/// How the columns of a table differ from the learned ones.
fn differing(own: &[ColumnSchema], all: &[ColumnSchema]) -> String {
    let of = |column: &ColumnSchema, in_all: &[ColumnSchema]| {
        in_all.iter().position(|other| other.name == column.name)
    };
    let listed = |columns: &mut dyn Iterator<Item = &ColumnSchema>| -> String {
        let names: Vec<&str> = columns.take(21).map(|column| column.name.as_str()).collect();
        format!("{}{}", names[..names.len().min(20)].join(", "), if names.len() > 20 { ", …" } else { "" })
    };
    let lacking = listed(&mut own.iter().filter(|column| of(column, all).is_none()));
    let extra = listed(&mut all.iter().filter(|column| of(column, own).is_none()));
    let other = listed(&mut own.iter().filter(|column| {
        let other = of(column, all).map(|at| &all[at]);
        other.is_some_and(|other| {
            column.kind.is_left() != other.kind.is_left() || column.categories != other.categories
        })
    }));
    let parts =
        [("lacks the columns", lacking), ("has the new columns", extra), ("has other categories in", other)];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} {names}"))
        .collect();
    if parts.is_empty() { "has its columns in another order".into() } else { parts.join(", and ") }
}

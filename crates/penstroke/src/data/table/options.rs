//! How a table with typed columns is to be read.

use super::kind::ColumnKind;
use super::schema::Schema;
use crate::data::read::table::TableOptions;
use crate::{Error, Result};

/// How a table with typed columns is to be read. By default everything is inferred.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchemaOptions {
    /// The kinds of columns by name, or by number from 1 if no column has that name.
    pub types: Vec<(String, ColumnKind)>,
    /// A schema that gives the kinds of its columns and how text is read. `types` comes first.
    pub schema: Option<Schema>,
    /// Fields of a text table that count as missing, in place of [`NA_VALUES`](crate::data::NA_VALUES); an empty field
    /// always does.
    pub na_values: Option<Vec<String>>,
    /// The field delimiter of a text table. `None`: the one of `, ; tab | blank` that divides the first 100 lines alike.
    pub delimiter: Option<u8>,
    /// The decimal mark of a text table, a point or a comma. `None`: found.
    pub decimal: Option<char>,
    /// The separator of thousands in a text table: a comma, a point, an apostrophe or a space. `None`: found.
    pub thousands: Option<char>,
    /// Whether the first row names the columns. `None`: found.
    pub header: Option<bool>,
}

impl SchemaOptions {
    /// These options with kinds for columns, given by name and word.
    ///
    /// # Errors
    /// If a word is not that of a kind.
    pub fn with_types(mut self, types: &[(&str, &str)]) -> Result<Self> {
        for (name, kind) in types {
            self.types.push(((*name).to_owned(), kind.parse()?));
        }
        Ok(self)
    }

    /// The kind that is given for the column at `at` of these names.
    pub(super) fn asked(&self, names: &[String], at: usize) -> Option<ColumnKind> {
        let number = (at + 1).to_string();
        let by_name = self.types.iter().find(|(name, _)| *name == names[at]);
        let by_number = || self.types.iter().find(|(name, _)| *name == number && !names.contains(name));
        let by_schema = || {
            let mut columns = self.schema.iter().flat_map(|schema| &schema.columns);
            columns.find(|column| column.name == names[at]).map(|column| column.kind)
        };
        by_name.or_else(by_number).map(|(_, kind)| *kind).or_else(by_schema)
    }

    /// Checks that every given name is that of a column.
    pub(super) fn check_names(&self, table: &str, names: &[String]) -> Result<()> {
        let is_known = |name: &String| {
            let number = name.parse::<usize>().ok().filter(|number| (1..=names.len()).contains(number));
            names.contains(name) || number.is_some()
        };
        let listed = || names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
        if let Some((name, _)) = self.types.iter().find(|(name, _)| !is_known(name)) {
            let problem = format!("names {name:?}, and the columns of {table} are {}", listed());
            return Err(Error::option("types", problem));
        }
        let given = self.schema.iter().flat_map(|schema| &schema.columns);
        if let Some(column) = given.map(|column| &column.name).find(|name| !names.contains(name)) {
            let problem = format!("names {column:?}, and the columns of {table} are {}", listed());
            return Err(Error::option("schema", problem));
        }
        Ok(())
    }

    /// Checks the marks in numbers.
    pub(super) fn check_marks(&self) -> Result<()> {
        let (decimal, thousands) = (self.decimal, self.thousands);
        TableOptions { decimal, thousands, ..TableOptions::default() }.check()
    }
}

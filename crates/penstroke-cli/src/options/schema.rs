//! The options for what the columns of a table hold.

use super::table::{MarksArgs, NaValuesArg};
use crate::run::shell::shell_word;
use clap::{Arg, Args};
use penstroke::data::{ColumnKind, Schema, SchemaOptions, TableOptions};
use std::path::{Path, PathBuf};

/// What the columns of a table hold.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SchemaArgs {
    /// What columns of a table hold: numeric, categorical, binary, ordinal, ignore, id or label, each after the name of the column
    /// or its number from 1, as in age=numeric,zip=categorical [default: found in the table]
    #[arg(long, value_name = "COLUMN=KIND,..", value_delimiter = ',', value_parser = kind, help_heading = "Tables")]
    types: Vec<(String, ColumnKind)>,
    /// JSON file of what the columns of a table hold, which `penstroke inspect` writes and other verbs read
    #[arg(long, value_name = "FILE", help_heading = "Tables")]
    schema: Option<PathBuf>,
}

fn kind(text: &str) -> Result<(String, ColumnKind), String> {
    let (name, kind) = text
        .rsplit_once('=')
        .ok_or_else(|| format!("{text:?} does not say what a column holds; an example is age=numeric"))?;
    Ok((name.trim().to_owned(), kind.trim().parse().map_err(|error: penstroke::Error| reason(&error))?))
}

/// The problem without the option's name, which clap adds.
fn reason(error: &penstroke::Error) -> String {
    let message = error.to_string();
    message.split_once(": ").map_or(message.clone(), |(_, reason)| reason.to_owned())
}

impl SchemaArgs {
    /// The file of the schema.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.schema.as_deref()
    }

    /// Whether any of these options is given.
    pub(crate) fn are_given(&self) -> bool {
        !self.types.is_empty() || self.schema.is_some()
    }

    /// The names of the given ones.
    fn given(&self) -> Vec<&'static str> {
        let options = [("--types", !self.types.is_empty()), ("--schema", self.schema.is_some())];
        options.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option).collect()
    }

    /// The options of a table with typed columns, without the schema. `table` says how text is read, and its label is one.
    pub(crate) fn options(&self, table: &TableOptions) -> SchemaOptions {
        let mut types = self.types.clone();
        types.extend(table.label.iter().map(|label| (label.to_string(), ColumnKind::Label)));
        SchemaOptions {
            types,
            schema: None,
            na_values: table.na_values.clone(),
            delimiter: table.delimiter,
            decimal: table.decimal,
            thousands: table.thousands,
            header: table.header,
        }
    }

    /// The options as typed, with a space before each word.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        if !self.types.is_empty() {
            let types: Vec<_> = self.types.iter().map(|(name, kind)| format!("{name}={kind}")).collect();
            words += &format!(" --types {}", shell_word(&types.join(",")));
        }
        if let Some(schema) = &self.schema {
            words += &format!(" --schema {}", shell_word(&schema.to_string_lossy()));
        }
        words
    }
}

/// How a table with typed columns is read.
#[derive(Args, Clone, Debug, Default)]
#[command(mut_args(found_in_the_table))]
pub(crate) struct TypedArgs {
    #[command(flatten)]
    schema: SchemaArgs,
    #[command(flatten)]
    na_values: NaValuesArg,
    #[command(flatten)]
    marks: MarksArgs,
}

/// The help of options for the text of tables, for verbs that find what is not given.
pub(crate) fn found_in_the_table(arg: Arg) -> Arg {
    let help = match arg.get_id().as_str() {
        "header" => "Whether the first row of a table names its columns, yes or no",
        "delimiter" => "Separator of the fields of a table: a character, tab or space",
        "decimal" => "Decimal mark of a table of text: . or ,",
        "thousands" => "Separator of thousands in a table of text: , . ' or space",
        _ => return arg,
    };
    arg.help(format!("{help} [default: found in the table]"))
}

impl TypedArgs {
    pub(crate) fn options(&self) -> penstroke::Result<SchemaOptions> {
        let table = TableOptions { na_values: self.na_values.words(), ..self.marks.options() };
        let schema = self.schema.file().map(Schema::read).transpose()?;
        Ok(SchemaOptions { schema, ..self.schema.options(&table) })
    }

    /// The file of the schema.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.schema.file()
    }

    /// The names of the options for what columns hold, as far as they are given.
    pub(crate) fn schema_options(&self) -> Vec<&'static str> {
        self.schema.given()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_given_by_column() {
        assert_eq!(kind("a=b=numeric"), Ok(("a=b".into(), ColumnKind::Numeric)));
        assert!(kind("age").unwrap_err().ends_with("an example is age=numeric"));
        let expected = "\"number\" is not one of numeric, categorical, binary, ordinal, ignore, id, label";
        assert_eq!(kind("age=number").unwrap_err(), expected);
    }
}

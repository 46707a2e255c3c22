//! How a table with typed columns is to be read.

use super::kind::ColumnKind;
use super::schema::Schema;

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

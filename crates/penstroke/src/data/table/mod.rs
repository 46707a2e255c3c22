//! Tables of mixed columns with gaps: what each column holds is inferred over the whole table, and missing cells can be
//! filled in the user's own file.

mod kind;
mod options;
mod read;
mod schema;
mod typed;

pub use kind::ColumnKind;
pub use options::SchemaOptions;
pub use schema::{ColumnSchema, MOST_CATEGORIES, OTHER, Schema, TextForm};
pub use typed::{Cells, Fill, GivenColumn, MISSING, TypedTable};

//! Tables of mixed columns with gaps: what each column holds is inferred over the whole table, and missing cells can be
//! filled in the user's own file.

#[cfg(feature = "columnar")]
mod columnar;
mod dates;
mod fill;
mod given;
mod head;
mod infer;
mod kind;
mod like;
#[cfg(not(feature = "columnar"))]
mod no_columnar;
mod observe;
mod options;
mod read;
mod schema;
mod source;
mod summary;
mod take;
mod text;
mod texts;
mod typed;
mod warnings;

pub use kind::ColumnKind;
pub use options::SchemaOptions;
pub use schema::{ColumnSchema, MOST_CATEGORIES, OTHER, Schema, TextForm};
pub use source::is_table;
pub use typed::{Cells, Fill, GivenColumn, MISSING, TypedTable};

#[cfg(test)]
mod tests;

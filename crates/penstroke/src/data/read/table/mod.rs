//! Tables: rows of named or numbered columns. Some columns are values, one may be the label, the rest is left out.
//!
//! ```text
//! age, workclass,  income          one_hot: workclass, label: income
//! 39,  State-gov,  <=50K     →     x = (39, 0, 1)   label 0, of the class "<=50K"
//! 50,  Private,    >50K            x = (50, 1, 0)   label 1, of the class ">50K"
//! ```
//!
//! A column holds numbers unless it is named as categorical, so a typo in a number is an error with a line number
//! rather than a new category. Categories, class names and the means that replace missing values are learned from the
//! table that a model is trained on and kept in its [`Preparation`](crate::data::Preparation).
//!
//! If a text table cannot be read, other delimiters and marks in numbers are tried, and the error names the options of
//! the ones that work.
//!
//! The module `text` reads text tables; `columnar` reads files that declare the types of their columns.
//!
//! Memory for text: a value takes four bytes, and at least two in the file; a growing vector holds at most twice its
//! content. So reading takes at most four times the size of the decompressed text, plus expanded one-hot columns, which
//! [`MAX_CATEGORIES`](crate::data::MAX_CATEGORIES) limits per column. Compressed text may unpack to 64 MiB plus 100 times
//! its size.

pub(in crate::data) mod advice;
pub(in crate::data) mod categories;
#[cfg(feature = "columnar")]
pub(in crate::data) mod columnar;
pub(in crate::data) mod field;
#[cfg_attr(
    not(feature = "columnar"),
    allow(dead_code, reason = "only columnar files have columns in the names of folders")
)]
pub(in crate::data) mod file;
mod gather;
pub(in crate::data) mod layout;
mod learned;
mod numbers;
mod options;
pub(in crate::data) mod quotes;
mod row_names;
pub(in crate::data) mod rows;
mod text;
mod watched;

pub use field::NA_VALUES;
pub(in crate::data) use learned::Learned;
pub use options::{Missing, Pick, TableOptions};
pub(in crate::data) use text::{delimiter, is_text, read, refuse_utf16, spool};

#[cfg(test)]
mod tests;

//! Tables: rows of named or numbered columns, of which some are values, one may be the label, and the rest is left out.
//!
//! ```text
//! age, workclass,  income          one_hot: workclass, label: income
//! 39,  State-gov,  <=50K     →     x = (39, 0, 1)   label 0, of the class "<=50K"
//! 50,  Private,    >50K            x = (50, 1, 0)   label 1, of the class ">50K"
//! ```
//!
//! A column is of numbers unless it is named as one of categories, so that a slip of the pen in a number is an error with
//! its line and not a new category. Categories, class names and the means that replace missing values are learned from the table
//! that a model is trained on, and kept in its [`Preparation`](crate::data::Preparation).
//!
//! Tables of text are read by `text`; columnar files, which know the types of their columns, by `columnar`.
//!
//! Memory, of text: four bytes a value, and a value takes at least two bytes of the file; a vector that grows holds at most twice
//! what is in it. So reading takes at most four times the size of the (decompressed) text, and then what one-hot columns
//! spread to, which is limited by [`MAX_CATEGORIES`](crate::data::MAX_CATEGORIES) a column.

#[cfg(feature = "columnar")]
pub(in crate::data) mod columnar;
mod field;
mod gather;
mod layout;
mod options;
mod text;

pub(in crate::data) use gather::Learned;
pub use options::{Missing, Pick, TableOptions};
pub(in crate::data) use text::{is_text, read};

#[cfg(test)]
mod tests;

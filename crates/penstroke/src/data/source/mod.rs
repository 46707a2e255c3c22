//! Sources of data: built-in names and paths.

mod columnar;
mod elsewhere;
mod file;
mod find;
mod load;
mod name;
mod options;
mod parts;
mod pattern;
mod stream;
mod targets;

pub(in crate::data) use columnar::Columnar;
#[cfg(not(feature = "columnar"))]
pub(in crate::data) use columnar::NO_COLUMNAR;
#[cfg(feature = "columnar")]
pub(in crate::data) use columnar::add_columnar;
pub(in crate::data) use elsewhere::{SPREADSHEET, is_spreadsheet};
pub use load::{load, load_scenes};
pub use name::Source;
pub use options::LoadOptions;
pub use parts::has_part;
pub use stream::stream;
pub use targets::{TargetsIn, read_targets};

#[cfg(test)]
#[cfg(feature = "columnar")]
mod folder_tests;
#[cfg(test)]
#[cfg(feature = "images")]
mod picture_tests;
#[cfg(test)]
mod precision_tests;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod targets_tests;
#[cfg(test)]
mod tests;

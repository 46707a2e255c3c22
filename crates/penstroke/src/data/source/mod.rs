//! Sources of data: built-in names and paths.

mod columnar;
mod file;
mod find;
mod load;
mod name;
mod options;
mod parts;
mod pattern;
mod stream;

pub use load::{load, load_scenes};
pub use name::Source;
pub use options::LoadOptions;
pub use parts::has_part;
pub use stream::stream;

#[cfg(test)]
#[cfg(feature = "columnar")]
mod folder_tests;
#[cfg(test)]
#[cfg(feature = "images")]
mod picture_tests;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod tests;

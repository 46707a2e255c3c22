//! Options for loading a source.

use crate::data::hold::{ImageShape, Part, PatchOptions, Preparation};
use crate::data::prepare::Scale;
use crate::data::read::table::TableOptions;
use std::path::PathBuf;

/// Options for loading a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadOptions {
    /// The data folder, in which `mnist` is searched for, directly or in the folder `mnist`, and photographs in the
    /// folder `kodak`.
    pub data_dir: PathBuf,
    /// The part to load.
    pub part: Part,
    /// Number of samples. `None`: all of a file or a variation, or a generator's default number. From a file or
    /// variation with more samples, this many are drawn at random and kept in order, so that a file sorted by class
    /// still gives every class.
    pub n: Option<usize>,
    /// Seed for generators, for drawing samples and for positions of patches. Variations are fixed, like files.
    pub seed: u64,
    /// How to cut patches from the pictures of a source; `None` takes each picture as a sample. `leaves` are always
    /// cut, with default options if there are none.
    pub patches: Option<PatchOptions>,
    /// The shape of pictures that a source holds as flat rows of values; `None` leaves the shape of the source.
    pub shape: Option<ImageShape>,
    /// How to read the columns of a table.
    pub table: TableOptions,
    /// How to scale values; the scaling is learned from the loaded samples.
    pub scale: Scale,
    /// Prepares samples like a model's: its patches, columns, classes and scaling replace the options here. Only the
    /// header, the delimiter, the marks in numbers, the label and the targets of `table`, and `shape`, still apply.
    pub like: Option<Preparation>,
}

/// Whether any table-only option is set.
pub(super) fn is_as_table(options: &LoadOptions) -> bool {
    !options.table.is_default() || options.like.as_ref().is_some_and(|like| like.columns.is_some())
}

//! What to load of a source.

use crate::data::hold::{Part, PatchOptions, Preparation};
use crate::data::prepare::Scale;
use crate::data::read::table::TableOptions;
use std::path::PathBuf;

/// What to load of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadOptions {
    /// The folder in which `mnist` is looked up, itself or as the folder `mnist` in it, and photographs as the folder
    /// `kodak`.
    pub data_dir: PathBuf,
    /// Which part.
    pub part: Part,
    /// How many samples. None: all of a file or a variation, and of a generator as many as are usual. Of a file or a
    /// variation that holds more, so many are drawn at random and keep their order, so that a file sorted by class still
    /// gives every class.
    pub n: Option<usize>,
    /// The seed of generators, of the drawing of samples and of the places of patches. Variations are fixed, as files are.
    pub seed: u64,
    /// Cuts patches out of the pictures of a source instead of taking each as a sample. `leaves` is always cut, by
    /// the default options where there are none.
    pub patches: Option<PatchOptions>,
    /// How to read the columns of a table.
    pub table: TableOptions,
    /// How values are scaled; it is learned from what is loaded.
    pub scale: Scale,
    /// Prepares samples as a model's samples were: its patches, columns, classes and scaling replace the options here. Only the
    /// header, the delimiter and the label of `table` still count.
    pub like: Option<Preparation>,
}

/// Whether any table-only option is set.
pub(super) fn is_as_table(options: &LoadOptions) -> bool {
    !options.table.is_default() || options.like.as_ref().is_some_and(|like| like.columns.is_some())
}

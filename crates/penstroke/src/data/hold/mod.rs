//! Samples with their labels, shapes and preparation: in memory, borrowed, sparse, or in a file.

mod batches;
mod columns;
mod dataset;
mod element;
mod part;
mod patch_options;
mod preparation;
mod samples;
mod scaling;
mod selection;
mod sparse;
mod streamed;
mod summary;
mod targets;
mod values;
mod view;

pub(crate) use batches::{Enough, Gathered, each_batch, each_piece};
pub use columns::{ColumnPlace, Columns, Feature, MAX_CATEGORIES};
pub use dataset::Dataset;
pub(super) use element::{ByteOrder, Element, append_floats};
pub use part::Part;
pub(super) use part::no_valid_part;
pub(super) use patch_options::check_cutoff;
pub use patch_options::{PatchOptions, USUAL_CUTOFF};
pub use preparation::Preparation;
pub use samples::Samples;
pub use scaling::Scaling;
pub(super) use scaling::{deviations, divisor};
pub use selection::Selection;
pub use sparse::SparseRows;
pub use streamed::Streamed;
pub(super) use streamed::{changed, is_unchanged};
pub use summary::{Kind, Summary, summary};
pub use targets::Targets;
pub use values::{ImageShape, Scene, Values};
pub use view::View;

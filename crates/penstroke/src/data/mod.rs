//! Data: readers, generators and what they give, a [`Dataset`].

mod array;
mod content;
mod dataset;
mod describe;
pub mod fetch;
pub mod idx;
pub mod images;
mod jpeg;
pub mod leaves;
pub mod mnist;
pub mod npy;
mod npy_header;
mod npz;
#[cfg(feature = "columnar")]
pub mod parquet;
pub mod patches;
mod preparation;
mod samples;
mod scaling;
mod source;
mod sparse;
mod split;
mod streamed;
pub mod strokes;
mod table;
mod targets;
pub mod text;
pub mod variations;
mod view;
mod whiten;

pub use dataset::{Dataset, ImageShape, Scene, Values};
pub use describe::{Kind, Summary, summary};
pub use penstroke_engine::Rows;
pub use preparation::Preparation;
pub use samples::Samples;
pub(crate) use samples::{Enough, Gathered, each_batch, each_piece};
pub use scaling::{Scale, Scaling, range_warning, scale_warning};
pub use source::{LoadOptions, Part, Source, has_part, load, load_scenes};
pub use sparse::SparseRows;
pub use split::{Split, split, subset_per_class};
pub use streamed::{Streamed, stream};
pub use table::{ColumnPlace, Columns, Feature, Labels, MAX_CATEGORIES, Missing, Pick, TableOptions};
pub use targets::Targets;
pub use view::View;

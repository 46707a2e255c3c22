//! Data: readers and generators, and the [`Dataset`] they return.

pub mod fetch;
mod hold;
mod make;
mod prepare;
mod read;
mod source;
mod table;
mod write;

pub use hold::{
    CloseColumn, ColumnPlace, Columns, Dataset, Feature, ImageShape, Kind, MAX_CATEGORIES, Part, Preparation,
    Samples, Scaling, Scene, Selection, SparseRows, Streamed, Summary, Targets, Values, View, close_columns,
    summary,
};
pub(crate) use hold::{Enough, Gathered, each_batch, each_piece};
pub use make::{leaves, strokes, variations};
pub use penstroke_engine::Rows;
pub(crate) use prepare::indices;
pub use prepare::{SamplesFor, Scale, Split, looks_wrong, of_close_columns, split, subset_per_class};
pub use read::labels::Labels;
pub use read::table::{Missing, NA_VALUES, Pick, TableOptions};
pub use source::{LoadOptions, Source, TargetsIn, has_part, load, load_scenes, read_targets, stream};
pub use table::{
    Cells, ColumnKind, ColumnSchema, Fill, GivenColumn, MISSING, MOST_CATEGORIES, OTHER, Schema,
    SchemaOptions, TextForm, TypedTable, is_table,
};
#[cfg(feature = "columnar")]
pub use write::parquet;
pub use write::{Float, text};

/// IDX, the format of MNIST.
pub mod idx {
    pub use super::read::idx::{read, read_labels};
}

/// PNG and JPEG pictures, alone or in a folder, read as grey.
pub mod images {
    pub use super::read::images::{load_scenes, read};
}

/// A folder of images and labels with the file names of MNIST.
pub mod mnist {
    pub use super::read::mnist::{has_part, is_folder, read};
}

/// npy, NumPy's format for one array, read and written.
pub mod npy {
    pub use super::read::npy::{read, read_targets};
    pub use super::write::npy::{
        RowWriter, write, write_bools, write_data, write_labels, write_like, write_rows, write_targets,
        write_texts, write_whole,
    };
}

/// Patches: small square windows cut from scenes at random positions.
pub mod patches {
    pub use super::hold::{PatchOptions, USUAL_CUTOFF};
    pub use super::prepare::patches::cut;
    pub use super::prepare::whiten::{whiten, whitening_response};
}

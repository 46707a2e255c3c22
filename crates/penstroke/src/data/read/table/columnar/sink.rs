//! Where the batches of columnar files go.

use super::schema::Fields;
use crate::Result;
use crate::data::read::table::file::TableFile;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// A table that takes the batches of one file, or of several.
pub(in crate::data) trait Sink {
    /// Starts a file of `n_bytes` with these columns.
    fn begin(&mut self, file: &TableFile, n_bytes: u64, fields: Fields) -> Result<()>;

    /// Raises the limit of what the file may unpack to after `n_bytes` of it have been read.
    fn grow(&mut self, n_bytes: u64);

    /// The columns to read from the file that was begun, in its order.
    fn columns(&self) -> Vec<usize>;

    /// Whether batches have the types that the writer of the file knew, such as dictionaries.
    fn keeps_types(&self) -> bool {
        false
    }

    /// Is told of the schema of the batches, and of a Parquet file's keys and values, before the first batch.
    fn describe(&mut self, _schema: &SchemaRef, _metadata: &[(String, Option<String>)]) {}

    /// Takes the rows of a batch. `at` maps a column of the file to a column of the batch.
    fn push(&mut self, batch: &RecordBatch, at: &dyn Fn(usize) -> Option<usize>) -> Result<()>;
}

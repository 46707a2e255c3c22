//! Tables whose file says what type each column has: Parquet and Arrow IPC, batch of rows by batch of rows.
//!
//! Both come as Arrow's record batches, and rows are gathered as those of a table of text are. A number is taken as it is,
//! rounded to single precision; null and nan are missing. A column of lists of one length is as many values.
//!
//! Memory: four bytes a value, what one-hot columns spread to, and what one batch takes. Compression may make much of little, so there is a limit: a file
//! of `n` bytes may unpack to 64 MiB and 1024 times `n`, which is checked against its headers before they are trusted.

mod batches;
mod column;
mod guard;
mod ipc;
mod limit;
mod parquet;
mod thrift;

pub(in crate::data) use ipc::{read_file as read_ipc_file, read_stream as read_ipc_stream};
pub(in crate::data) use parquet::{read as read_parquet, spool as spool_parquet};

#[cfg(test)]
mod tests;

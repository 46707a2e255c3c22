//! Tables whose files declare column types, Parquet and Arrow IPC, read batch by batch.
//!
//! Both arrive as Arrow record batches, whose rows are gathered like those of a text table. Numbers are rounded to
//! single precision; null and nan are missing. A column of lists of equal length counts as that many values.
//!
//! Memory: four bytes per value, plus expanded one-hot columns, plus one batch. Because a small compressed file may
//! unpack to a huge one, a file of `n` bytes may unpack to at most 64 MiB plus 1024 times `n`; its headers are checked
//! against this limit first.

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

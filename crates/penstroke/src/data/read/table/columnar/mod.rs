//! Tables whose files declare column types, Parquet and Arrow IPC, read batch by batch.
//!
//! Both arrive as Arrow record batches, whose rows are gathered like those of a text table. Numbers are rounded to
//! single precision; null and nan are missing. A column of lists of equal length counts as that many values, and so do
//! lists of lists; if it is the only one, two or three levels of lists are the height, width and channels of pictures.
//!
//! Several files with the same columns are one table, in the order of the files.
//!
//! Memory: four bytes per value, plus expanded one-hot columns, plus one batch. Because a small compressed file may
//! unpack to a huge one, a file of `n` bytes may unpack to at most 64 MiB plus 1024 times `n`; its headers are checked
//! against this limit first.

mod batches;
mod column;
mod guard;
mod ipc;
mod kind;
mod limit;
mod parquet;
mod schema;
mod sink;
mod thrift;

pub(in crate::data) use batches::{After, Batches, Followed};
pub(in crate::data) use column::Column;
pub(in crate::data) use ipc::{add_file as add_ipc_file, add_stream as add_ipc_stream};
pub(in crate::data) use kind::{Kind, in_words, is_list};
pub(in crate::data) use limit::{TOO_MUCH, limit};
pub(in crate::data) use parquet::add as add_parquet;
pub(in crate::data) use schema::Fields;
pub(in crate::data) use sink::Sink;

#[cfg(test)]
mod tests;

//! The options that several verbs share, each defined once.

pub(crate) mod checkpoints;
pub(crate) mod common;
pub(crate) mod file;
pub(crate) mod rows;
pub(crate) mod schema;
pub(crate) mod shape;
pub(crate) mod supervised;
pub(crate) mod table;
pub(crate) mod training;
pub(crate) mod values;

//! Tables as networks have them: what imputers, detectors and encoders of tables share.

mod diverged;
mod encoding;
mod fits;
mod graph;
mod network;
mod options;
pub(crate) mod ridge;
mod rows;
mod stored;
mod team;

pub(crate) use diverged::refuse_diverged;
pub(crate) use encoding::{Code, CodedColumn, Encoded, Encoding, is_feature};
pub(crate) use fits::check_fits;
pub(crate) use graph::{TableGraph, port};
pub(crate) use network::{network, objective};
pub(crate) use options::Options;
pub(crate) use rows::{Rows, canonical};
pub(crate) use stored::{StoredColumn, layer_tensors, read_encoding, read_layers, stored_columns};
pub(crate) use team::{Team, n_threads};

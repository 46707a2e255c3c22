//! The verbs, one file or folder each: first the options (`…Args`), then the work.

pub(crate) mod bench;
pub(crate) mod data;
pub(crate) mod encode;
pub(crate) mod export;
pub(crate) mod filters;
pub(crate) mod finetune;
pub(crate) mod fit;
pub(crate) mod impute;
mod imputed;
pub(crate) mod inspect;
pub(crate) mod lecture;
pub(crate) mod manual;
pub(crate) mod pool;
pub(crate) mod predict;
pub(crate) mod probe;
pub(crate) mod reconstruct;
pub(crate) mod score;
pub(crate) mod search;

//! Codes of samples that do not fit into memory, computed whenever they are read.

use crate::data::{Preparation, Samples, Values, each_piece};
use crate::{Error, Result};
use penstroke_engine::{Apply, Rows};
use std::fmt;
use std::sync::Arc;

/// Codes of `data` after the first layers of a network, as samples.
pub(super) struct Coded<'a> {
    data: &'a dyn Samples,
    engine: Arc<dyn Apply>,
    n_layers: usize,
    n_hidden: usize,
    range: (f32, f32),
    preparation: Preparation,
}

impl<'a> Coded<'a> {
    /// # Errors
    /// If the data cannot be read, or a code is infinite or NaN.
    pub(super) fn new(data: &'a dyn Samples, engine: Arc<dyn Apply>, n_layers: usize) -> Result<Self> {
        let mut coded = Self {
            data,
            n_layers,
            n_hidden: engine.network().width(n_layers),
            engine,
            range: (0.0, 1.0),
            preparation: Preparation::default(),
        };
        let (mut low, mut high, mut finite) = (f32::MAX, f32::MIN, true);
        each_piece(&coded, |rows| {
            if let Rows::Floats(values) = rows {
                finite &= values.iter().all(|x| x.is_finite());
                (low, high) = values.iter().fold((low, high), |(low, high), &x| (low.min(x), high.max(x)));
            }
            Ok(())
        })?;
        if !finite {
            return Err(infinite());
        }
        coded.range = (low, high);
        Ok(coded)
    }
}

/// The error for a code that is infinite or NaN.
pub(super) fn infinite() -> Error {
    Error::numerical("stack: a code became infinite or NaN; try a lower learning rate")
}

impl fmt::Debug for Coded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coded").field("data", &self.data).field("n_layers", &self.n_layers).finish()
    }
}

impl Samples for Coded<'_> {
    fn n_samples(&self) -> usize {
        self.data.n_samples()
    }

    fn n_visible(&self) -> usize {
        self.n_hidden
    }

    fn weights(&self) -> Option<&[f32]> {
        self.data.weights()
    }

    fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    fn range(&self) -> (f32, f32) {
        self.range
    }

    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()> {
        self.data.read(indices, out)?;
        let mut codes = vec![0.0; indices.len() * self.n_hidden];
        self.engine.apply(out.rows(), 0..self.n_layers, &mut codes);
        *out = Values::Floats(codes);
        Ok(())
    }
}

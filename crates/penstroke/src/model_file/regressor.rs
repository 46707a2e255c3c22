//! A regressor in a file: the layers of [`tuned`], the last of them linear, and with `targets.mean (targets)` and
//! `targets.deviation (targets)` what makes units of its output.

use super::file::{ModelFile, Tensor};
use super::tuned;
use crate::regressor::{Scale, check};
use crate::tuned::Top;
use crate::{Regressor, Result};

pub(super) const KIND: &str = "regressor";

pub(super) fn document(model: &Regressor) -> Result<tuned::Document> {
    tuned::document(&model.tuned, KIND)
}

pub(super) fn read(file: &ModelFile<'_>) -> Result<Regressor> {
    let document: tuned::Document = file.document()?;
    let Some(n_targets) = document.n_targets.filter(|&n| n >= 1) else {
        return Err(file.wrong("is damaged: a regressor needs a target"));
    };
    let tuned = tuned::read(file, document, Top::Values(n_targets))?;
    check(&tuned.config).map_err(|error| file.no_model(&error))?;
    let scale = Scale {
        mean: file.tensor("targets.mean", &[n_targets])?,
        deviation: file.tensor("targets.deviation", &[n_targets])?,
    };
    if scale.deviation.iter().any(|&deviation| deviation <= 0.0) {
        return Err(file.wrong("is damaged: tensor targets.deviation holds values that are not above 0"));
    }
    Ok(Regressor { tuned, scale })
}

impl Regressor {
    /// Its tensors by the names of the model file, with their shapes.
    #[must_use]
    pub fn tensors(&self) -> Vec<Tensor<'_>> {
        let of_targets = |name: &str, values| (format!("targets.{name}"), vec![self.n_targets()], values);
        let mut tensors = self.tuned.tensors();
        tensors.push(of_targets("mean", self.scale.mean.as_slice()));
        tensors.push(of_targets("deviation", self.scale.deviation.as_slice()));
        tensors
    }
}

//! A classifier in a file: the layers of [`tuned`], the last of them the softmax layer.

use super::file::{ModelFile, Tensor};
use super::tuned;
use crate::tuned::Top;
use crate::{Classifier, Result};

pub(super) const KIND: &str = "classifier";

pub(super) fn document(model: &Classifier) -> Result<tuned::Document> {
    tuned::document(&model.tuned, KIND)
}

pub(super) fn read(file: &ModelFile<'_>) -> Result<Classifier> {
    let document: tuned::Document = file.document()?;
    let Some(n_classes) = document.n_classes.filter(|&n| n >= 2) else {
        return Err(file.wrong("is damaged: a classifier needs two classes"));
    };
    Ok(Classifier { tuned: tuned::read(file, document, Top::Classes(n_classes))? })
}

impl Classifier {
    /// Its tensors by the names of the model file, with their shapes.
    #[must_use]
    pub fn tensors(&self) -> Vec<Tensor<'_>> {
        self.tuned.tensors()
    }
}

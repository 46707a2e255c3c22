//! How samples were made from a source, so that a model can prepare later sources in the same way.

use super::columns::Columns;
use super::patch_options::PatchOptions;
use super::scaling::Scaling;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// What was done to a source to make samples. By default nothing: values were taken as they are.
///
/// Data sets carry it from where they were made into the model that learns from them, and models into their files.
/// Loading with it prepares another source in the same way:
///
/// ```
/// use penstroke::data::{LoadOptions, Source, load};
/// use penstroke::{Autoencoder, AutoencoderConfig};
/// # #[cfg(feature = "images")] {
/// let options = LoadOptions { n: Some(200), ..LoadOptions::default() };
/// let model = Autoencoder::initial(&AutoencoderConfig::default(), &load(&Source::Leaves, &options)?)?;
/// // Other patches, divided by the number that the model's own were divided by.
/// let options = LoadOptions { like: Some(model.preparation().clone()), seed: 1, ..options };
/// let other = load(&Source::Leaves, &options)?;
/// assert_eq!(other.preparation(), model.preparation());
/// # }
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preparation {
    /// Patches were cut out of scenes, and divided by [`PatchOptions::scale`].
    pub patches: Option<PatchOptions>,
    /// Columns of a table became values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
    /// Values were scaled, as the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// Class names by label, from 0; empty if classes are called by their numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
}

impl Preparation {
    /// Checks that it can give samples of `n_visible` components.
    ///
    /// # Errors
    /// If it cannot, or an option is impossible.
    pub(crate) fn check(&self, n_visible: usize) -> Result<()> {
        if let Some(columns) = &self.columns {
            columns.check(n_visible)?;
        }
        if let Some(scaling) = &self.scaling {
            scaling.check(n_visible)?;
        }
        let Some(patches) = &self.patches else { return Ok(()) };
        patches.check()?;
        if patches.side.checked_mul(patches.side) != Some(n_visible) {
            let problem = format!("side {} does not give samples of {n_visible} values", patches.side);
            return Err(Error::input("patches", problem));
        }
        Ok(())
    }

    /// Takes over the label column and the class names from the samples that a classifier learns from.
    pub(crate) fn learn_labels(&mut self, of: &Self) {
        if !of.classes.is_empty() {
            self.classes.clone_from(&of.classes);
        }
        if let (Some(columns), Some(of)) = (&mut self.columns, &of.columns) {
            columns.label.clone_from(&of.label);
        }
    }

    /// The name of a class, or else its number.
    #[must_use]
    pub fn class_name(&self, class: u32) -> String {
        self.classes.get(class as usize).cloned().unwrap_or_else(|| class.to_string())
    }
}

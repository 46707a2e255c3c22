//! How samples were made from a source, so that a model can prepare other sources in the same way.

use super::columns::Columns;
use super::patch_options::PatchOptions;
use super::scaling::Scaling;
use crate::error::counted;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// How samples were made from a source. By default, values are unchanged.
///
/// A data set passes it on to the model trained on it, which stores it in its file. Loading with it prepares another
/// source in the same way:
///
/// ```
/// use penstroke::data::{LoadOptions, Source, load};
/// use penstroke::{Autoencoder, AutoencoderConfig, Model};
/// # #[cfg(feature = "images")] {
/// let options = LoadOptions { n: Some(200), ..LoadOptions::default() };
/// let model = Autoencoder::initial(&AutoencoderConfig::default(), &load(&Source::Leaves, &options)?)?;
/// // Other patches, divided by the same number as the model's own.
/// let options = LoadOptions { like: Some(model.preparation().clone()), seed: 1, ..options };
/// let other = load(&Source::Leaves, &options)?;
/// assert_eq!(other.preparation(), model.preparation());
/// # }
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preparation {
    /// How patches were cut from scenes, including their divisor [`PatchOptions::scale`].
    pub patches: Option<PatchOptions>,
    /// How columns of a table became values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
    /// How values were scaled, as the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// Class names by label, from 0; empty if the classes are numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
}

impl Preparation {
    /// Checks that it gives samples of `n_visible` components.
    ///
    /// # Errors
    /// If it does not, or if an option is impossible.
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
            let problem =
                format!("side {} does not give samples of {}", patches.side, counted(n_visible, "value"));
            return Err(Error::input("patches", problem));
        }
        Ok(())
    }

    /// Copies the label column and the class names from the samples that a classifier is trained on.
    pub(crate) fn learn_labels(&mut self, of: &Self) {
        if !of.classes.is_empty() {
            self.classes.clone_from(&of.classes);
        }
        if let (Some(columns), Some(of)) = (&mut self.columns, &of.columns) {
            columns.label.clone_from(&of.label);
        }
    }

    /// The name of a class, or its number if it has none.
    pub fn class_name(&self, class: u32) -> String {
        self.classes.get(class as usize).cloned().unwrap_or_else(|| class.to_string())
    }
}

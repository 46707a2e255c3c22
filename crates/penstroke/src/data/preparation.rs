//! How samples were made of a source, so that a model meets later sources prepared as the one it learned from.

use super::patches::PatchOptions;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// What was done to a source before its samples were samples. By default nothing: they were taken as they are.
///
/// Data sets carry it from where they were made into the model that learns from them, and models into their files.
/// Loading with it prepares another source in the same way:
///
/// ```
/// use penstroke::data::{LoadOptions, Source, load};
/// use penstroke::{Autoencoder, Config};
/// let options = LoadOptions { n: Some(200), ..LoadOptions::default() };
/// let model = Autoencoder::initial(&Config::default(), &load(&Source::Leaves, &options)?)?;
/// // Other patches, divided by the number that the model's own were divided by.
/// let options = LoadOptions { patches: model.preparation().patches.clone(), seed: 1, ..options };
/// let other = load(&Source::Leaves, &options)?;
/// assert_eq!(other.preparation(), model.preparation());
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preparation {
    /// Patches were cut out of scenes, and divided by [`PatchOptions::scale`].
    pub patches: Option<PatchOptions>,
}

impl Preparation {
    /// Whether it can give samples of `n_visible` components.
    ///
    /// # Errors
    /// If it cannot, or an option is impossible.
    pub(crate) fn check(&self, n_visible: usize) -> Result<()> {
        let Some(patches) = &self.patches else { return Ok(()) };
        patches.check()?;
        if patches.side.checked_mul(patches.side) != Some(n_visible) {
            let problem = format!("side {} does not give samples of {n_visible} values", patches.side);
            return Err(Error::input("patches", problem));
        }
        Ok(())
    }
}

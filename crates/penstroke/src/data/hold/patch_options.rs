//! How patches are cut from scenes.

use crate::{Error, Result};

/// The cut-off frequency of Olshausen and Field, in cycles per pixel.
pub const USUAL_CUTOFF: f64 = 0.4;

pub(in crate::data) fn check_cutoff(cutoff: f64) -> Result<()> {
    if cutoff.is_finite() && cutoff > 0.0 {
        return Ok(());
    }
    let problem = format!("cut-off {cutoff} is not above 0; {USUAL_CUTOFF} cycles per pixel is usual");
    Err(Error::input("whiten", problem))
}

/// How patches are cut from scenes.
///
/// ```
/// use penstroke::data::patches::PatchOptions;
/// let options = PatchOptions { side: 16, ..PatchOptions::default() };
/// assert_eq!((options.border, options.whiten), (4, Some(0.4)));
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatchOptions {
    /// Pixels per side.
    pub side: usize,
    /// Cut-off frequency of the whitening filter in cycles per pixel; `None` leaves the scenes unchanged.
    pub whiten: Option<f64>,
    /// Pixels along the edges of a scene that no patch touches: scans have frames, and whitening mixes opposite edges.
    pub border: usize,
    /// Whether each patch's mean is subtracted before scaling.
    pub remove_mean: bool,
    /// The divisor of all values, finite and above 0. `None` uses their standard deviation over the whole set, which
    /// [`cut`](crate::data::patches::cut) then records in the preparation of the data set.
    pub scale: Option<f64>,
}

impl PatchOptions {
    /// Checks the options, as far as possible without scenes.
    pub(in crate::data) fn check(&self) -> Result<()> {
        let wrong = |problem: String| Err(Error::input("patches", problem));
        if self.side == 0 {
            return wrong("side 0 makes no patch; 12 pixels is usual".to_owned());
        }
        if let Some(scale) = self.scale
            && !(scale.is_finite() && scale > 0.0)
        {
            return wrong(format!("scale {scale} is not a finite number above 0"));
        }
        match self.whiten {
            Some(cutoff) => check_cutoff(cutoff),
            None => Ok(()),
        }
    }
}

impl Default for PatchOptions {
    fn default() -> Self {
        Self { side: 12, whiten: Some(USUAL_CUTOFF), border: 4, remove_mean: false, scale: None }
    }
}

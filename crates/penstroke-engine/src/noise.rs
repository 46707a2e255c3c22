//! The kinds of noise; [`corruption`](crate::corrupt_row) has their definitions.

use crate::error::EngineError;

/// One kind of noise, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// Each component becomes 0 independently with this probability.
    Masking {
        /// q, in `0..=1`.
        probability: f64,
    },
    /// Exactly `round(q·d)` components of every sample, chosen uniformly, become 0.
    MaskingExact {
        /// q, in `0..=1`.
        fraction: f64,
    },
    /// Adds normal noise.
    Gaussian {
        /// σ, the standard deviation, at least 0.
        deviation: f64,
    },
    /// Each component, independently with this probability, becomes the minimum or maximum by a fair coin flip.
    SaltAndPepper {
        /// q, in `0..=1`.
        probability: f64,
        /// The minimum of the data's range.
        low: f64,
        /// The maximum of the data's range.
        high: f64,
    },
    /// Each component becomes 0 independently with probability q; the others are divided by `1 − q`, so every component
    /// keeps its mean (Srivastava et al., 2014). [`Noise::Masking`] leaves survivors unchanged.
    Dropout {
        /// q, in `0..1`.
        probability: f64,
    },
    /// All components of a [cell](crate::Cell), its flag too, become 0 with probability q, independently for every cell;
    /// every presentation of a sample has its own q, uniform between `low` and `high`.
    MaskCells {
        /// The least q, in `0..=1`.
        low: f64,
        /// The greatest q, in `low..=1`.
        high: f64,
    },
    /// All components of a cell become those of the same cell in another row, with this probability, independently for
    /// every cell and each time from a row of its own, uniform in the data set (in a [gathered](crate::Batch::gathered)
    /// batch: in the batch). A cell that is missing here or there stays.
    SwapCells {
        /// q, in `0..=1`.
        probability: f64,
    },
    /// Normal noise of a level of its own for each presentation, for a network that is told the level: ln s is uniform between
    /// the logarithms of `low` and `high`. All components but the last become what the network [sees](crate::Level::sees), scaled
    /// to variance 1, and the last becomes the [level](crate::Level::input), whatever it was. It needs a corruption of its own,
    /// and [`Loss::Denoising`](crate::Loss::Denoising) on heads that reconstruct the input.
    Levels {
        /// The least s, finite and above 0.
        low: f64,
        /// The greatest s, finite and at least `low`.
        high: f64,
    },
    /// Every cell that is missing in another row becomes 0 here; the row is uniform in the data set (in a gathered batch: in
    /// the batch), and new for each presentation.
    CopyMask,
}

impl Noise {
    /// The noise's strength: a probability, a fraction, or a standard deviation. Masked cells have their mean probability, levels
    /// their median, copied masks, whose strength is the data's, 0.
    pub fn level(&self) -> f64 {
        match *self {
            Noise::MaskCells { low, high } => low + (high - low) / 2.0,
            Noise::Levels { low, high } => (low * high).sqrt(),
            Noise::CopyMask => 0.0,
            Noise::Masking { probability: level }
            | Noise::MaskingExact { fraction: level }
            | Noise::Gaussian { deviation: level }
            | Noise::SaltAndPepper { probability: level, .. }
            | Noise::SwapCells { probability: level }
            | Noise::Dropout { probability: level } => level,
        }
    }

    /// The name of a noise on whole cells; `None` for noises on components.
    pub(crate) fn on_cells(&self) -> Option<&'static str> {
        match self {
            Noise::MaskCells { .. } => Some("mask"),
            Noise::SwapCells { .. } => Some("swap"),
            Noise::CopyMask => Some("copy-mask"),
            _ => None,
        }
    }

    /// Whether it draws a level for each presentation.
    pub(crate) fn is_levels(&self) -> bool {
        matches!(self, Noise::Levels { .. })
    }

    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let probability = |noise, value: f64| {
            if (0.0..=1.0).contains(&value) { Ok(()) } else { Err(EngineError::Probability { noise, value }) }
        };
        match *self {
            Noise::Masking { probability: q } => probability("masking", q),
            Noise::MaskingExact { fraction } => probability("masking-exact", fraction),
            Noise::Gaussian { deviation } if deviation.is_finite() && deviation >= 0.0 => Ok(()),
            Noise::Gaussian { deviation } => Err(EngineError::Deviation { value: deviation }),
            Noise::MaskCells { low, high } if 0.0 <= low && low <= high && high <= 1.0 => Ok(()),
            Noise::MaskCells { low, high } => Err(EngineError::MaskCells { low, high }),
            Noise::SwapCells { probability: q } => probability("swap", q),
            Noise::CopyMask => Ok(()),
            Noise::Levels { low, high } if 0.0 < low && low <= high && high.is_finite() => Ok(()),
            Noise::Levels { low, high } => Err(EngineError::Levels { low, high }),
            Noise::Dropout { probability } if (0.0..1.0).contains(&probability) => Ok(()),
            Noise::Dropout { probability } => Err(EngineError::Dropout { value: probability }),
            Noise::SaltAndPepper { probability: q, low, high } => {
                if low.is_finite() && high.is_finite() && low <= high {
                    probability("salt-and-pepper", q)
                } else {
                    Err(EngineError::Range { low, high })
                }
            }
        }
    }
}

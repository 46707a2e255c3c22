//! How values become grey levels, each rule with its description in words.

/// The level of zero under a symmetric rule.
pub(super) const MID_GREY: u8 = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Intensity,
    SymmetricPerTile,
    SymmetricShared,
}

/// The rule that turns the values of all tiles of a figure into grey levels.
///
/// Samples and weights have one convention, ink on paper: dark is a high value or a positive weight
/// ([`INK`](Self::INK) and the symmetric rules). Photographs are light where they are bright
/// ([`INTENSITY`](Self::INTENSITY)).
///
/// ```
/// use penstroke::report::GreyScale;
/// assert_eq!(GreyScale::INTENSITY.describe(), "0 is black and 1 is white; values outside are clipped");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreyScale {
    rule: Rule,
    high_is_dark: bool,
}

impl GreyScale {
    /// 0 is black, 1 is white, values outside are clipped: for photographs.
    pub const INTENSITY: Self = Self { rule: Rule::Intensity, high_is_dark: false };
    /// 0 is white, 1 is black, values outside are clipped: for digits and other drawings.
    pub const INK: Self = Self { rule: Rule::Intensity, high_is_dark: true };
    /// 0 is mid grey, positive values are dark, and each tile is divided by its own largest absolute value: for filters whose shape matters and whose
    /// norm does not.
    pub const SYMMETRIC_PER_TILE: Self = Self { rule: Rule::SymmetricPerTile, high_is_dark: true };
    /// 0 is mid grey, positive values are dark, and all tiles are divided by the largest absolute value of the figure: for filters whose strengths
    /// are compared.
    pub const SYMMETRIC_SHARED: Self = Self { rule: Rule::SymmetricShared, high_is_dark: true };

    /// The same rule with dark and light swapped.
    #[must_use]
    pub const fn inverted(self) -> Self {
        Self { rule: self.rule, high_is_dark: !self.high_is_dark }
    }

    /// The rule in words, to end a caption: without capital and full stop.
    pub fn describe(self) -> &'static str {
        match (self.rule, self.high_is_dark) {
            (Rule::Intensity, false) => "0 is black and 1 is white; values outside are clipped",
            (Rule::Intensity, true) => "0 is white and 1 is black; values outside are clipped",
            (Rule::SymmetricPerTile, false) => {
                "zero is mid grey, light is positive, dark is negative; each tile is divided by its own largest absolute value"
            }
            (Rule::SymmetricPerTile, true) => {
                "zero is mid grey, dark is positive, light is negative; each tile is divided by its own largest absolute value"
            }
            (Rule::SymmetricShared, false) => {
                "zero is mid grey, light is positive, dark is negative; all tiles are divided by the largest absolute value of the figure"
            }
            (Rule::SymmetricShared, true) => {
                "zero is mid grey, dark is positive, light is negative; all tiles are divided by the largest absolute value of the figure"
            }
        }
    }

    /// What the lowest and the highest value of a key mean, for values of this name: "negative weight", "positive weight".
    pub(super) fn ends(self, values: &str) -> [String; 2] {
        match self.rule {
            Rule::Intensity => [format!("{values} 0"), "1".into()],
            Rule::SymmetricPerTile | Rule::SymmetricShared => {
                [format!("negative {values}"), format!("positive {values}")]
            }
        }
    }

    /// The lowest and the highest value that differ in level, after the rule's division.
    pub(super) fn range(self) -> (f32, f32) {
        match self.rule {
            Rule::Intensity => (0.0, 1.0),
            Rule::SymmetricPerTile | Rule::SymmetricShared => (-1.0, 1.0),
        }
    }

    /// The level of `value`, given the largest absolute values of its tile and of the whole figure. A divisor of zero means
    /// that all values are zero, so the level is mid grey.
    pub(super) fn level(self, value: f32, Largest { tile, shared }: Largest) -> u8 {
        let level = match self.rule {
            Rule::Intensity => (255.0 * value.clamp(0.0, 1.0)).round() as u8,
            Rule::SymmetricPerTile => symmetric(value, tile),
            Rule::SymmetricShared => symmetric(value, shared),
        };
        // Mid grey stays mid grey: a symmetric rule is inverted by negating the value, not the level.
        match (self.rule, self.high_is_dark) {
            (_, false) => level,
            (Rule::Intensity, true) => 255 - level,
            (Rule::SymmetricPerTile, true) => symmetric(-value, tile),
            (Rule::SymmetricShared, true) => symmetric(-value, shared),
        }
    }
}

/// The largest absolute values that a symmetric rule divides by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Largest {
    /// The tile's.
    pub(super) tile: f32,
    /// The whole figure's.
    pub(super) shared: f32,
}

/// −1 at level 0, 0 at 128, 1 at 255 (127.5 + 127.5·share, rounded half up).
fn symmetric(value: f32, divisor: f32) -> u8 {
    if divisor > 0.0 { (127.5 + 127.5 * (value / divisor).clamp(-1.0, 1.0)).round() as u8 } else { MID_GREY }
}

/// The largest absolute value; 0 if there are no values.
pub(super) fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most, value| value.abs().max(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(scale: GreyScale, values: &[f32], shared: f32) -> Vec<u8> {
        let largest = Largest { tile: largest(values), shared };
        values.iter().map(|&value| scale.level(value, largest)).collect()
    }

    #[test]
    fn each_rule_gives_its_exact_levels() {
        let values = [-2.0, -1.0, 0.0, 0.2, 1.0, 4.0];
        assert_eq!(levels(GreyScale::INTENSITY, &values, 8.0), [0, 0, 0, 51, 255, 255]);
        assert_eq!(levels(GreyScale::INK, &values, 8.0), [255, 255, 255, 204, 0, 0]);
        // 127.5 − 127.5·v/4: 191.25, 159.375, 127.5, 121.125, 95.625, 0.
        assert_eq!(levels(GreyScale::SYMMETRIC_PER_TILE, &values, 8.0), [191, 159, 128, 121, 96, 0]);
        // 127.5 − 127.5·v/8: 159.375, 143.4375, 127.5, 124.3125, 111.5625, 63.75.
        assert_eq!(levels(GreyScale::SYMMETRIC_SHARED, &values, 8.0), [159, 143, 128, 124, 112, 64]);
        assert_eq!(
            levels(GreyScale::SYMMETRIC_PER_TILE.inverted(), &values, 8.0),
            [64, 96, 128, 134, 159, 255]
        );
    }

    #[test]
    fn a_tile_of_zeros_is_mid_grey() {
        for scale in [GreyScale::SYMMETRIC_PER_TILE, GreyScale::SYMMETRIC_SHARED.inverted()] {
            assert_eq!(levels(scale, &[0.0, -0.0], 0.0), [MID_GREY; 2]);
        }
        // A divisor so small that the quotient leaves the floats still gives a level.
        assert_eq!(levels(GreyScale::SYMMETRIC_PER_TILE, &[f32::MIN_POSITIVE / 8.0, 0.0], 1.0), [0, 128]);
    }

    #[test]
    fn grey_scales_have_distinct_descriptions() {
        let all = [
            GreyScale::INTENSITY,
            GreyScale::INK,
            GreyScale::SYMMETRIC_PER_TILE,
            GreyScale::SYMMETRIC_SHARED,
            GreyScale::SYMMETRIC_PER_TILE.inverted(),
            GreyScale::SYMMETRIC_SHARED.inverted(),
        ];
        let words: std::collections::BTreeSet<_> = all.iter().map(|scale| scale.describe()).collect();
        assert_eq!(words.len(), all.len());
        assert_eq!(GreyScale::INTENSITY.inverted(), GreyScale::INK);
    }
}

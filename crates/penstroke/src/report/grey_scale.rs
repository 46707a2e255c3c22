//! How values become grey levels, by one rule that can be said in a sentence.

/// The level of zero under a symmetric rule.
pub(super) const MID_GREY: u8 = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Intensity,
    SymmetricPerTile,
    SymmetricShared,
}

/// The rule by which all tiles of a figure become grey levels.
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
    /// 0 black to 1 white, values outside clipped: samples and reconstructions.
    pub const INTENSITY: Self = Self { rule: Rule::Intensity, high_is_dark: false };
    /// 0 white to 1 black, values outside clipped: ink on paper.
    pub const INK: Self = Self { rule: Rule::Intensity, high_is_dark: true };
    /// 0 mid grey, each tile divided by its own largest absolute value: filters, whose shape matters and whose norm
    /// does not.
    pub const SYMMETRIC_PER_TILE: Self = Self { rule: Rule::SymmetricPerTile, high_is_dark: false };
    /// 0 mid grey, all tiles divided by the largest absolute value of them all: filters whose strengths are compared.
    pub const SYMMETRIC_SHARED: Self = Self { rule: Rule::SymmetricShared, high_is_dark: false };

    /// The same rule with dark and light exchanged.
    #[must_use]
    pub const fn inverted(self) -> Self {
        Self { rule: self.rule, high_is_dark: !self.high_is_dark }
    }

    /// The rule in words, to end a caption with: no capital at the start, no full stop at the end.
    #[must_use]
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
                "zero is mid grey, light is positive, dark is negative; all tiles are divided by one number, the largest absolute value of them all"
            }
            (Rule::SymmetricShared, true) => {
                "zero is mid grey, dark is positive, light is negative; all tiles are divided by one number, the largest absolute value of them all"
            }
        }
    }

    /// The level of `value` in a tile whose largest absolute value is `tile` and all of whose figure's is `shared`.
    /// A divisor of zero means that all values are zero, hence mid grey.
    pub(super) fn level(self, value: f32, Largest { tile, shared }: Largest) -> u8 {
        let level = match self.rule {
            Rule::Intensity => (255.0 * value.clamp(0.0, 1.0)).round() as u8,
            Rule::SymmetricPerTile => symmetric(value, tile),
            Rule::SymmetricShared => symmetric(value, shared),
        };
        // Mid grey stays mid grey: under a symmetric rule the value changes sign, not the level its place.
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
    /// Of the tile.
    pub(super) tile: f32,
    /// Of all tiles of the figure.
    pub(super) shared: f32,
}

/// −1 at level 0, 0 at 128, 1 at 255 (127.5 + 127.5·share, rounded half up).
fn symmetric(value: f32, divisor: f32) -> u8 {
    if divisor > 0.0 { (127.5 + 127.5 * (value / divisor).clamp(-1.0, 1.0)).round() as u8 } else { MID_GREY }
}

/// The largest absolute value; 0 of no values.
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
        // 127.5 + 127.5·v/4: 63.75, 95.625, 127.5, 133.875, 159.375, 255.
        assert_eq!(levels(GreyScale::SYMMETRIC_PER_TILE, &values, 8.0), [64, 96, 128, 134, 159, 255]);
        // 127.5 + 127.5·v/8: 95.625, 111.5625, 127.5, 130.6875, 143.4375, 191.25.
        assert_eq!(levels(GreyScale::SYMMETRIC_SHARED, &values, 8.0), [96, 112, 128, 131, 143, 191]);
        assert_eq!(
            levels(GreyScale::SYMMETRIC_PER_TILE.inverted(), &values, 8.0),
            [191, 159, 128, 121, 96, 0]
        );
    }

    #[test]
    fn a_tile_of_zeros_is_mid_grey() {
        for scale in [GreyScale::SYMMETRIC_PER_TILE, GreyScale::SYMMETRIC_SHARED.inverted()] {
            assert_eq!(levels(scale, &[0.0, -0.0], 0.0), [MID_GREY; 2]);
        }
        // A divisor so small that the quotient leaves the floats still gives a level.
        assert_eq!(levels(GreyScale::SYMMETRIC_PER_TILE, &[f32::MIN_POSITIVE / 8.0, 0.0], 1.0), [255, 128]);
    }

    #[test]
    fn every_rule_says_something_else() {
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

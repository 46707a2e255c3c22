//! Levels of noise: what a network that is told the level sees, and what it should answer.

/// A level of noise: the standard deviation `s`, finite and above 0, of the noise `s z` on a clean `x`; `z` is standard normal.
///
/// With `r = √(1+s²)`, the network sees every component as `u = (x + s z)/r`, which has variance 1 at every level if `x` has,
/// and the level as one more component, `ln(s)/2`. From its linear output `F`, it restores `D = u/r + (s/r) F`: almost what it
/// sees at low levels, almost its output at high ones. The squared error of `D` against `x`, times `r²/s²`, is that of `F`
/// against `t = (s x − z)/r = (r x − u)/s`, which also has variance 1.
///
/// This is the preconditioning of Karras et al. ("Elucidating the design space of diffusion-based generative models", 2022,
/// table 1) for data of variance 1, except that they give the level as `ln(s)/4`.
///
/// ```
/// use penstroke_engine::Level;
/// let level = Level::new(0.75);
/// let (x, z) = (2.0, -0.4);
/// // r = 1.25
/// let (seen, wanted) = (level.sees(x, z), level.wanted(x, z));
/// assert_eq!((seen, wanted), (1.7 / 1.25, 1.9 / 1.25));
/// assert!((level.restored(seen, wanted) - x).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    s: f64,
    /// `1/r`, with which what is seen holds `x`, and what is wanted `−z`.
    cos: f64,
    /// `s/r`, with which what is seen holds `z`, and what is wanted `x`.
    sin: f64,
}

impl Level {
    /// The level of standard deviation `s`, finite and above 0.
    #[must_use]
    pub fn new(s: f64) -> Self {
        let r = (1.0 + s * s).sqrt();
        Self { s, cos: 1.0 / r, sin: s / r }
    }

    /// The level that a random `word` gives: `ln s = ln_low + (ln_high − ln_low) word/2³²`.
    #[inline]
    pub(crate) fn drawn((ln_low, ln_high): (f64, f64), word: u32) -> Self {
        Self::new((ln_low + (ln_high - ln_low) * (f64::from(word) / 4_294_967_296.0)).exp())
    }

    /// `s`.
    #[must_use]
    pub fn s(self) -> f64 {
        self.s
    }

    /// The component that tells the network the level: `ln(s)/2`.
    #[must_use]
    pub fn input(self) -> f32 {
        (0.5 * self.s.ln()) as f32
    }

    /// What the network sees of the clean component `x` under the noise `z`: `(x + s z)/√(1+s²)`.
    #[must_use]
    pub fn sees(self, x: f32, z: f64) -> f32 {
        (self.cos * f64::from(x) + self.sin * z) as f32
    }

    /// The output with which the network restores `x` from what it sees: `(s x − z)/√(1+s²)`.
    #[must_use]
    pub fn wanted(self, x: f32, z: f64) -> f32 {
        (self.sin * f64::from(x) - self.cos * z) as f32
    }

    /// The component that the network restores with the output `output` from what it sees: `(seen + s·output)/√(1+s²)`.
    #[must_use]
    pub fn restored(self, seen: f32, output: f32) -> f32 {
        (self.cos * f64::from(seen) + self.sin * f64::from(output)) as f32
    }

    /// `1/√(1+s²)` and `s/√(1+s²)`.
    #[inline]
    pub(crate) fn cos_sin(self) -> (f32, f32) {
        (self.cos as f32, self.sin as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_restores_the_clean_component_at_every_level() {
        for s in [1e-3, 0.05, 0.5, 1.0, 3.0, 1e3] {
            let (level, r) = (Level::new(s), (1.0 + s * s).sqrt());
            for (x, z) in [(0.0f32, 1.0), (1.5, 0.0), (-2.0, 0.3), (0.7, -2.5)] {
                let (seen, wanted) = (level.sees(x, z), level.wanted(x, z));
                // Each of three numbers is rounded to f32.
                let near = |have: f32, want: f64| (f64::from(have) - want).abs() < 3e-7 * want.abs().max(1.0);
                assert!(near(seen, (f64::from(x) + s * z) / r), "s = {s}");
                assert!(near(wanted, (s * f64::from(x) - z) / r), "s = {s}");
                assert!(near(level.restored(seen, wanted), f64::from(x)), "s = {s}");
            }
            assert_eq!(level.input(), (s.ln() / 2.0) as f32);
        }
    }
}

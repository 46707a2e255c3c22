//! A learned scaling, which brings values in any unit to a range suitable for training.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// A scaling with its learned parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum Scaling {
    /// `(x − offset) / divisor`, per component or with one number for all components.
    Affine {
        /// Subtracted first, `(d)` or `(1)`.
        offset: Vec<f32>,
        /// The divisor, `(d)` or `(1)`, above 0.
        divisor: Vec<f32>,
    },
    /// Each sample is scaled by its own mean and standard deviation.
    PerSample,
}

impl Scaling {
    /// Scales values `(n, d)`.
    pub(in crate::data) fn scale(&self, values: &mut [f32], d: usize) {
        match self {
            Scaling::Affine { offset, divisor } => {
                let parts = offset.iter().zip(divisor).cycle();
                values
                    .iter_mut()
                    .zip(parts)
                    .for_each(|(x, (&offset, &divisor))| *x = scaled(*x, offset, divisor));
            }
            Scaling::PerSample => values.chunks_exact_mut(d).for_each(|row| {
                // Values in memory can always be read.
                let Ok((mean, deviation)) = deviations(1, |f| {
                    f(row);
                    Ok(())
                }) else {
                    return;
                };
                row.iter_mut().for_each(|x| *x = scaled(*x, mean[0], deviation[0]));
            }),
        }
    }

    /// Converts values `(n, d)` back to the units of their source; `None` for per-sample scaling, whose parameters are
    /// not stored.
    pub fn undo(&self, values: &[f32]) -> Option<Vec<f32>> {
        match self {
            Scaling::PerSample => None,
            Scaling::Affine { offset, divisor } => {
                let parts = offset.iter().zip(divisor).cycle();
                Some(values.iter().zip(parts).map(|(x, (offset, divisor))| x * divisor + offset).collect())
            }
        }
    }

    /// Checks that it fits samples of `n_visible` values.
    pub(in crate::data) fn check(&self, n_visible: usize) -> Result<()> {
        let Scaling::Affine { offset, divisor } = self else { return Ok(()) };
        let problem = if offset.len() != divisor.len() || ![1, n_visible].contains(&offset.len()) {
            format!(
                "{} offsets and {} divisors do not fit samples of {n_visible} values",
                offset.len(),
                divisor.len()
            )
        } else if !offset.iter().all(|x| x.is_finite()) || !divisor.iter().all(|x| x.is_finite() && *x > 0.0)
        {
            "an offset is not finite or a divisor is not above 0".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::input("scaling", problem))
    }
}

/// In double precision, where the difference of two floats is always finite.
fn scaled(x: f32, offset: f32, divisor: f32) -> f32 {
    ((f64::from(x) - f64::from(offset)) / f64::from(divisor)) as f32
}

/// The mean and standard deviation of each of `d` columns; 1 if the deviation is 0. `each` passes all values to its
/// argument, in whole rows.
pub(in crate::data) fn deviations(
    d: usize,
    each: impl Fn(&mut dyn FnMut(&[f32])) -> Result<()>,
) -> Result<(Vec<f32>, Vec<f32>)> {
    let (mut means, mut n) = (vec![0.0f64; d], 0);
    each(&mut |values| {
        for row in values.chunks_exact(d) {
            row.iter().zip(&mut means).for_each(|(x, sum)| *sum += f64::from(*x));
            n += 1;
        }
    })?;
    let n = n as f64;
    means.iter_mut().for_each(|sum| *sum /= n);
    let mut squares = vec![0.0f64; d];
    each(&mut |values| {
        for row in values.chunks_exact(d) {
            for ((x, mean), sum) in row.iter().zip(&means).zip(&mut squares) {
                *sum += (f64::from(*x) - mean).powi(2);
            }
        }
    })?;
    let of = |(sum, mean): (f64, &f64)| {
        let deviation = (sum / n).sqrt();
        // Rounding can make equal values seem to vary a little.
        divisor(if deviation > mean.abs() * f64::from(f32::EPSILON) * 0.25 { deviation } else { 0.0 })
    };
    let deviations = squares.into_iter().zip(&means).map(of).collect();
    Ok((means.iter().map(|&mean| mean as f32).collect(), deviations))
}

/// A valid divisor: 1 if `x` rounds to 0 as a float, and at most the largest float.
pub(in crate::data) fn divisor(x: f64) -> f32 {
    match x as f32 {
        0.0 => 1.0,
        x => x.min(f32::MAX),
    }
}

//! A learned scaling, which brings values in any unit to a range suitable for training.

use crate::error::counted;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
        /// The exact offsets of columns whose values single precision cannot tell apart, by column from 0. These are subtracted
        /// from values in double precision. With one offset for all components, its column is 0.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        doubles: BTreeMap<usize, f64>,
    },
    /// Each sample is scaled by its own mean and standard deviation.
    PerSample,
}

impl Scaling {
    /// Scales values `(n, d)`; `exact` gives the value at an index in double precision, where there is one.
    pub(in crate::data) fn scale(&self, values: &mut [f32], d: usize, exact: impl Fn(usize) -> Option<f64>) {
        match self {
            Scaling::Affine { offset, divisor, doubles } if doubles.is_empty() => {
                let parts = offset.iter().zip(divisor).cycle();
                values
                    .iter_mut()
                    .zip(parts)
                    .for_each(|(x, (&offset, &divisor))| *x = scaled(*x, offset, divisor));
            }
            Scaling::Affine { offset, divisor, doubles } => {
                for (at, x) in values.iter_mut().enumerate() {
                    let c = at % offset.len();
                    *x = match doubles.get(&c) {
                        None => scaled(*x, offset[c], divisor[c]),
                        Some(offset) => {
                            let exact = exact(at).unwrap_or(f64::from(*x));
                            ((exact - offset) / f64::from(divisor[c])) as f32
                        }
                    };
                }
            }
            Scaling::PerSample => values.chunks_exact_mut(d).for_each(|row| {
                // Values in memory can always be read.
                let Ok((mean, deviation)) = deviations(1, |f| {
                    f(row);
                    Ok(())
                }) else {
                    return;
                };
                row.iter_mut().for_each(|x| *x = scaled(*x, mean[0] as f32, deviation[0]));
            }),
        }
    }

    /// The columns whose values are subtracted from in double precision.
    pub(in crate::data) fn doubles(&self) -> impl Iterator<Item = usize> {
        let doubles = match self {
            Scaling::Affine { doubles, .. } => Some(doubles.keys().copied()),
            Scaling::PerSample => None,
        };
        doubles.into_iter().flatten()
    }

    /// Whether offsets of columns are subtracted.
    pub(in crate::data) fn subtracts(&self) -> bool {
        match self {
            Scaling::Affine { offset, .. } => offset.iter().any(|&offset| offset != 0.0),
            Scaling::PerSample => false,
        }
    }

    /// Converts values `(n, d)` back to the units of their source; `None` for per-sample scaling, whose parameters are
    /// not stored.
    pub fn undo(&self, values: &[f32]) -> Option<Vec<f32>> {
        match self {
            Scaling::Affine { offset, divisor, doubles } if doubles.is_empty() => {
                let parts = offset.iter().zip(divisor).cycle();
                Some(values.iter().zip(parts).map(|(x, (offset, divisor))| x * divisor + offset).collect())
            }
            _ => Some(self.undo_in_double(values)?.into_iter().map(|x| x as f32).collect()),
        }
    }

    /// As [`undo`](Self::undo), in double precision, which [some columns](Self::needs_double) need.
    pub fn undo_in_double(&self, values: &[f32]) -> Option<Vec<f64>> {
        let Scaling::Affine { offset, divisor, doubles } = self else { return None };
        let exact: Vec<f64> =
            (0..).zip(offset).map(|(c, &x)| doubles.get(&c).copied().unwrap_or(f64::from(x))).collect();
        let parts = exact.iter().zip(divisor).cycle();
        Some(
            values.iter().zip(parts).map(|(&x, (offset, &y))| f64::from(x) * f64::from(y) + offset).collect(),
        )
    }

    /// Whether single precision cannot tell apart the values of some column.
    pub fn needs_double(&self) -> bool {
        self.doubles().next().is_some()
    }

    /// Checks that it fits samples of `n_visible` values.
    pub(in crate::data) fn check(&self, n_visible: usize) -> Result<()> {
        let Scaling::Affine { offset, divisor, doubles } = self else { return Ok(()) };
        let problem = if offset.len() != divisor.len() || ![1, n_visible].contains(&offset.len()) {
            format!(
                "{} and {} do not fit samples of {}",
                counted(offset.len(), "offset"),
                counted(divisor.len(), "divisor"),
                counted(n_visible, "value")
            )
        } else if !offset.iter().all(|x| x.is_finite()) || !divisor.iter().all(|x| x.is_finite() && *x > 0.0)
        {
            "an offset is not finite or a divisor is not above 0".to_owned()
        } else if doubles.iter().any(|(&column, x)| column >= offset.len() || !x.is_finite()) {
            "an exact offset is not finite or has no column".to_owned()
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

/// The mean and standard deviation of each of `d` columns, the latter as a valid divisor. `each` passes all values to its
/// argument, in whole rows.
pub(in crate::data) fn deviations<T: Copy + Into<f64>>(
    d: usize,
    each: impl Fn(&mut dyn FnMut(&[T])) -> Result<()>,
) -> Result<(Vec<f64>, Vec<f32>)> {
    let (mut means, mut n) = (vec![0.0f64; d], 0);
    each(&mut |values| {
        for row in values.chunks_exact(d) {
            row.iter().zip(&mut means).for_each(|(&x, sum)| *sum += x.into());
            n += 1;
        }
    })?;
    let n = n as f64;
    means.iter_mut().for_each(|sum| *sum /= n);
    let mut squares = vec![0.0f64; d];
    each(&mut |values| {
        for row in values.chunks_exact(d) {
            for ((&x, mean), sum) in row.iter().zip(&means).zip(&mut squares) {
                *sum += (x.into() - mean).powi(2);
            }
        }
    })?;
    // Rounding can make equal values seem to vary a little.
    let rounding = if size_of::<T>() == size_of::<f32>() { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let of = |(sum, mean): (f64, &f64)| {
        let deviation = (sum / n).sqrt();
        divisor(if deviation > mean.abs() * rounding * 0.25 { deviation } else { 0.0 })
    };
    let deviations = squares.into_iter().zip(&means).map(of).collect();
    Ok((means, deviations))
}

/// A valid divisor: 1 if `x` rounds to 0 as a float, and at most the largest float.
pub(in crate::data) fn divisor(x: f64) -> f32 {
    match x as f32 {
        0.0 => 1.0,
        x => x.min(f32::MAX),
    }
}

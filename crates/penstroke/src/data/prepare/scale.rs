//! Scaling: brings values in any unit to a range suitable for training, in the same way for every later source.
//!
//! ```text
//! range        (x − min) / (max − min)           within 0..=1 on what it was learned from
//! standard     (x − mean) / standard deviation   divided by n, not n − 1
//! per-sample   the same with the mean and the standard deviation of each sample's own values
//! a number a   x / a
//! ```
//!
//! `range` and `standard` are learned per component, but for pictures from all their pixels together, which share one
//! unit. A constant component becomes 0. `standard` leaves one-hot components unchanged.

use crate::data::hold::{
    CloseColumn, Dataset, Exact, Samples, Scaling, Values, deviations, divisor, each_exact_piece, each_piece,
};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The scaling to apply.
///
/// ```
/// use penstroke::data::Scale;
/// assert_eq!("per-sample".parse::<Scale>()?, Scale::PerSample);
/// assert_eq!("255".parse::<Scale>()?, Scale::Divide(255.0));
/// let wrong = "minmax".parse::<Scale>().unwrap_err().to_string();
/// assert_eq!(wrong, "scale: \"minmax\" is not one of none, range, standard, per-sample, or a number above 0 such as 255");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Scale {
    /// Values stay unchanged.
    #[default]
    None,
    /// Each component to 0..=1.
    Range,
    /// Each component to mean 0 and standard deviation 1.
    Standard,
    /// Each sample to mean 0 and standard deviation 1.
    PerSample,
    /// All values divided by a number above 0.
    Divide(f32),
}

impl FromStr for Scale {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "none" => Scale::None,
            "range" => Scale::Range,
            "standard" => Scale::Standard,
            "per-sample" => Scale::PerSample,
            number => match number.parse() {
                Ok(by) if f32::is_finite(by) && by > 0.0 => Scale::Divide(by),
                _ => {
                    let problem = format!(
                        "{text:?} is not one of none, range, standard, per-sample, or a number above 0 such as 255"
                    );
                    return Err(Error::option("scale", problem));
                }
            },
        })
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scale::None => f.write_str("none"),
            Scale::Range => f.write_str("range"),
            Scale::Standard => f.write_str("standard"),
            Scale::PerSample => f.write_str("per-sample"),
            Scale::Divide(by) => by.fmt(f),
        }
    }
}

/// The minimum and the maximum of each of `d` columns. `each` passes all values to its argument, in whole rows.
fn extremes<T: Copy + Into<f64>>(
    d: usize,
    each: impl Fn(&mut dyn FnMut(&[T])) -> Result<()>,
) -> Result<Vec<(f64, f64)>> {
    let mut all = vec![(f64::INFINITY, f64::NEG_INFINITY); d];
    each(&mut |values| {
        for row in values.chunks_exact(d) {
            for (&x, (low, high)) in row.iter().zip(&mut all) {
                (*low, *high) = (low.min(x.into()), high.max(x.into()));
            }
        }
    })?;
    Ok(all)
}

/// The offset and the divisor of each of `d` columns.
fn learned<T: Copy + Into<f64>>(
    scale: Scale,
    d: usize,
    each: impl Fn(&mut dyn FnMut(&[T])) -> Result<()>,
) -> Result<(Vec<f64>, Vec<f32>)> {
    match scale {
        Scale::Range => {
            let of = |(low, high)| (low, divisor(high - low));
            Ok(extremes(d, each)?.into_iter().map(of).unzip())
        }
        _ => deviations(d, each),
    }
}

impl Scaling {
    /// Learns a scaling from `data`, from [close columns](Samples::close_columns) in double precision; `None` if values stay
    /// unchanged.
    ///
    /// # Errors
    /// If a file that holds the data cannot be read.
    pub fn learn(scale: Scale, data: &dyn Samples) -> Result<Option<Self>> {
        let d = if data.image().is_some() { 1 } else { data.n_visible() };
        match scale {
            Scale::None => return Ok(None),
            Scale::PerSample => return Ok(Some(Scaling::PerSample)),
            Scale::Divide(by) => {
                let doubles = BTreeMap::new();
                return Ok(Some(Scaling::Affine { offset: vec![0.0], divisor: vec![by], doubles }));
            }
            Scale::Range | Scale::Standard => {}
        }
        let (offset, mut divisor) = learned(scale, d, |f| {
            each_piece(data, |rows| {
                f(&rows.to_floats());
                Ok(())
            })
        })?;
        let mut offset: Vec<f32> = offset.into_iter().map(|x| x as f32).collect();
        let mut doubles = BTreeMap::new();
        if !data.close_columns().is_empty() {
            let exact = learned(scale, d, |f| each_exact_piece(data, |values| f(values)))?;
            for &CloseColumn { column, .. } in data.close_columns() {
                (offset[column], divisor[column]) = (exact.0[column] as f32, exact.1[column]);
                doubles.insert(column, exact.0[column]);
            }
        }
        if scale == Scale::Standard {
            let columns = data.preparation().columns.as_ref();
            let one_hot = columns.map(|columns| columns.is_one_hot()).unwrap_or_default();
            for at in (0..d).filter(|&at| one_hot.get(at) == Some(&true)) {
                (offset[at], divisor[at]) = (0.0, 1.0);
            }
        }
        Ok(Some(Scaling::Affine { offset, divisor, doubles }))
    }

    /// Scales samples and records the scaling in their preparation.
    ///
    /// # Errors
    /// If the scaling is for samples of another length, or a value becomes infinite or NaN.
    pub fn apply(&self, place: &str, data: &Dataset) -> Result<Dataset> {
        self.check(data.n_visible())?;
        let mut values = data.to_floats();
        self.scale(&mut values, data.n_visible(), |at| data.exact(at));
        let mut preparation = data.preparation().clone();
        preparation.scaling = Some(self.clone());
        let scaled = data.with_values(place, Values::Floats(values))?.with_preparation(preparation);
        let close = if self.subtracts() { Vec::new() } else { data.close_columns().to_vec() };
        Ok(scaled.with_exact(Exact { close, ..Exact::default() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageShape;

    fn data(values: &[f32], d: usize) -> Dataset {
        Dataset::new("test", Values::Floats(values.to_vec()), d).unwrap()
    }

    fn scaled(scale: Scale, data: &Dataset) -> Vec<f32> {
        Scaling::learn(scale, data).unwrap().unwrap().apply("test", data).unwrap().to_floats()
    }

    #[test]
    fn every_scaling_is_its_formula() {
        let two = data(&[0.0, 7.0, 4.0, 7.0, 8.0, 7.0], 2);
        assert_eq!(scaled(Scale::Range, &two), [0.0, 0.0, 0.5, 0.0, 1.0, 0.0]);
        // Mean 4, variance (16 + 0 + 16) / 3.
        let unit = (1.5f64).sqrt() as f32;
        let expected = [-unit, 0.0, 0.0, 0.0, unit, 0.0];
        // The divisor is rounded to single precision.
        let close = |(x, expected): (f32, f32)| (x - expected).abs() <= 2.0 * f32::EPSILON;
        assert!(scaled(Scale::Standard, &two).into_iter().zip(expected).all(close));
        assert_eq!(scaled(Scale::PerSample, &two), [-1.0, 1.0, -1.0, 1.0, 1.0, -1.0]);
        assert_eq!(scaled(Scale::Divide(2.0), &two), [0.0, 3.5, 2.0, 3.5, 4.0, 3.5]);
        assert_eq!(scaled(Scale::PerSample, &data(&[3.0, 3.0], 2)), [0.0, 0.0]);
        assert_eq!(Scaling::learn(Scale::None, &two).unwrap(), None);
    }

    #[test]
    fn equal_values_have_no_variance() {
        let same = data(&[0.1; 1000], 1);
        assert!(scaled(Scale::Standard, &same).iter().all(|x| x.abs() < 1e-6));
        let huge = data(&[f32::MIN, f32::MAX], 1);
        assert!(scaled(Scale::Range, &huge).iter().all(|x| x.is_finite()));
    }

    #[test]
    fn pictures_share_one_scale() {
        let image = ImageShape { height: 1, width: 2, channels: 1 };
        let picture = data(&[0.0, 10.0, 20.0, 5.0], 2).with_image("test", image).unwrap();
        assert_eq!(scaled(Scale::Range, &picture), [0.0, 0.5, 1.0, 0.25]);
        let learned = Scaling::learn(Scale::Range, &picture).unwrap().unwrap();
        assert_eq!(learned.apply("test", &picture).unwrap().image(), Some(image));
    }

    #[test]
    fn a_learned_scaling_applies_to_other_data_and_is_undone() {
        let learned = Scaling::learn(Scale::Range, &data(&[1.0, 0.0, 3.0, 10.0], 2)).unwrap().unwrap();
        let other = learned.apply("test", &data(&[5.0, 5.0], 2)).unwrap();
        assert_eq!(other.to_floats(), [2.0, 0.5]);
        assert_eq!(other.preparation().scaling, Some(learned.clone()));
        assert_eq!(learned.undo(&other.to_floats()).unwrap(), [5.0, 5.0]);
        assert_eq!(Scaling::PerSample.undo(&[1.0]), None);
        let message = learned.apply("test", &data(&[1.0], 1)).unwrap_err().to_string();
        assert_eq!(message, "scaling: 2 offsets and 2 divisors do not fit samples of 1 value");
    }

    #[test]
    fn an_impossible_scaling_is_refused() {
        for (offset, divisor) in [(0.0, 0.0), (0.0, -1.0), (f32::NAN, 1.0), (0.0, f32::INFINITY)] {
            let scaling =
                Scaling::Affine { offset: vec![offset], divisor: vec![divisor], doubles: BTreeMap::new() };
            let message = scaling.check(3).unwrap_err().to_string();
            assert_eq!(message, "scaling: an offset is not finite or a divisor is not above 0");
        }
    }
}

//! Scaling: brings values of any unit to one that a network learns from well, in the same way for every later source.
//!
//! ```text
//! range        (x − min) / (max − min)           within 0..=1 on what it was learned from
//! standard     (x − mean) / standard deviation   divided by n, not n − 1
//! per-sample   the same with the mean and the standard deviation of each sample's own values
//! a number a   x / a
//! ```
//!
//! `range` and `standard` are learned for each component alone, but for pictures from all their pixels together, which
//! share one unit. A component that never varies becomes 0. `standard` leaves one-hot components as they are.

use super::{Dataset, Samples, Values, each_piece};
use crate::{Activation, Error, Result};
use penstroke_engine::Rows;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The scaling that is asked for.
///
/// ```
/// use penstroke::data::Scale;
/// assert_eq!("per-sample".parse::<Scale>()?, Scale::PerSample);
/// assert_eq!("255".parse::<Scale>()?, Scale::Divide(255.0));
/// let wrong = "minmax".parse::<Scale>().unwrap_err().to_string();
/// assert_eq!(wrong, "scale: \"minmax\" is none of none, range, standard, per-sample and a number above 0 such as 255");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Scale {
    /// Values as they are.
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
                        "{text:?} is none of none, range, standard, per-sample and a number above 0 such as 255"
                    );
                    return Err(Error::input("scale", problem));
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

/// A scaling with what was learned for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum Scaling {
    /// `(x − offset) / divisor`, by component, or with one number for all components.
    Affine {
        /// What is taken away, `(d)` or `(1)`.
        offset: Vec<f32>,
        /// What is divided by, `(d)` or `(1)`, above 0.
        divisor: Vec<f32>,
    },
    /// Each sample by its own mean and standard deviation.
    PerSample,
}

impl Scaling {
    /// Learns a scaling from `data`; none where values stay as they are.
    ///
    /// # Errors
    /// If a file that holds the data cannot be read.
    pub fn learn(scale: Scale, data: &dyn Samples) -> Result<Option<Self>> {
        let d = if data.image().is_some() { 1 } else { data.n_visible() };
        let (offset, divisor) = match scale {
            Scale::None => return Ok(None),
            Scale::PerSample => return Ok(Some(Scaling::PerSample)),
            Scale::Divide(by) => (vec![0.0], vec![by]),
            Scale::Range => ranges(data, d)?,
            Scale::Standard => {
                let (mut offset, mut divisor) = deviations(d, |f| {
                    each_piece(data, |rows| {
                        f(&rows.to_floats());
                        Ok(())
                    })
                })?;
                let columns = data.preparation().columns.as_ref();
                let one_hot = columns.map(|columns| columns.is_one_hot()).unwrap_or_default();
                for at in (0..d).filter(|&at| one_hot.get(at) == Some(&true)) {
                    (offset[at], divisor[at]) = (0.0, 1.0);
                }
                (offset, divisor)
            }
        };
        Ok(Some(Scaling::Affine { offset, divisor }))
    }

    /// Scales samples, and notes it in their preparation.
    ///
    /// # Errors
    /// If the scaling is for samples of another length, or a value leaves the finite numbers.
    pub fn apply(&self, place: &str, data: &Dataset) -> Result<Dataset> {
        self.check(data.n_visible())?;
        let mut values = data.to_floats();
        self.scale(&mut values, data.n_visible());
        let mut preparation = data.preparation().clone();
        preparation.scaling = Some(self.clone());
        Ok(data.with_values(place, Values::Floats(values))?.with_preparation(preparation))
    }

    /// Scales values `(n, d)` that it is for.
    pub(super) fn scale(&self, values: &mut [f32], d: usize) {
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

    /// Takes values `(n, d)` back to the units of their source, if that is possible: what a sample was scaled by of its own is
    /// not kept.
    #[must_use]
    pub fn undo(&self, values: &[f32]) -> Option<Vec<f32>> {
        match self {
            Scaling::PerSample => None,
            Scaling::Affine { offset, divisor } => {
                let parts = offset.iter().zip(divisor).cycle();
                Some(values.iter().zip(parts).map(|(x, (offset, divisor))| x * divisor + offset).collect())
            }
        }
    }

    /// Whether it is for samples of `n_visible` values.
    pub(crate) fn check(&self, n_visible: usize) -> Result<()> {
        let Scaling::Affine { offset, divisor } = self else { return Ok(()) };
        let problem = if offset.len() != divisor.len() || ![1, n_visible].contains(&offset.len()) {
            format!(
                "{} offsets and {} divisors are none for samples of {n_visible} values",
                offset.len(),
                divisor.len()
            )
        } else if !offset.iter().all(|x| x.is_finite()) || !divisor.iter().all(|x| x.is_finite() && *x > 0.0)
        {
            "an offset is not finite or a divisor not above 0".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::input("scaling", problem))
    }
}

/// What to say of values that a network with this decoder would hardly learn from, with the way out; none if they look right.
///
/// ```
/// use penstroke::Activation;
/// use penstroke::data::{Dataset, Values, scale_warning};
/// let data = Dataset::new("photos.npy", Values::Floats(vec![0.0, 128.0, 255.0, 7.0]), 2)?;
/// assert_eq!(
///     scale_warning(&data, Some(Activation::Sigmoid)).unwrap(),
///     "values of 0 to 255 look like pixels of 0 to 255, and the sigmoid decoder gives 0 to 1; --scale 255 divides them"
/// );
/// # Ok::<(), penstroke::Error>(())
/// ```
#[must_use]
pub fn scale_warning(data: &dyn Samples, decoder: Option<Activation>) -> Option<String> {
    // Of a file, its first samples.
    let mut some = Values::Floats(Vec::new());
    let rows = match data.in_memory() {
        Some(rows) => rows,
        None => {
            let first: Vec<u32> = (0..data.n_samples().min(1000) as u32).collect();
            data.read(&first, &mut some).ok()?;
            some.rows()
        }
    };
    let Rows::Floats(values) = rows else { return None };
    let (low, high) = data.range();
    let sigmoid = match decoder {
        Some(Activation::Sigmoid) => ", and the sigmoid decoder gives 0 to 1",
        _ => "",
    };
    let said = format!("values of {low} to {high}");
    if low == 0.0 && (128.0..=255.0).contains(&high) && values.iter().all(|x| x.fract() == 0.0) {
        return Some(format!("{said} look like pixels of 0 to 255{sigmoid}; --scale 255 divides them"));
    }
    if !sigmoid.is_empty() && (low < -0.5 || high > 1.5) {
        return Some(format!(
            "{said} are far outside of 0 to 1{sigmoid}; --scale range brings them there, or take --decoder linear"
        ));
    }
    // Where codes saturate and steps overshoot.
    if low < -1000.0 || high > 1000.0 {
        return Some(format!(
            "{said} are too large to learn from; --scale standard or --scale range brings columns to one scale"
        ));
    }
    None
}

/// What to say of values that are of another scale than those within `learned`, which a model was trained on; none if they look
/// alike.
///
/// ```
/// use penstroke::data::{Dataset, Values, range_warning};
/// let data = Dataset::new("photos.npy", Values::Floats(vec![0.0, 128.0, 255.0, 7.0]), 2)?;
/// assert_eq!(
///     range_warning(&data, (0.0, 1.0)).unwrap(),
///     "values of 0 to 255 are of another scale than the 0 to 1 that the model learned from; bring them to that"
/// );
/// assert_eq!(range_warning(&data, (-100.0, 250.0)), None);
/// # Ok::<(), penstroke::Error>(())
/// ```
#[must_use]
pub fn range_warning(data: &dyn Samples, learned: (f32, f32)) -> Option<String> {
    let reach = |(low, high): (f32, f32)| low.abs().max(high.abs());
    let (found, known) = (reach(data.range()), reach(learned));
    // Other samples of the same kind reach further or less far, but hardly ten times.
    let alike = found == 0.0 || known == 0.0 || (0.1..=10.0).contains(&(found / known));
    let ((low, high), (from, to)) = (data.range(), learned);
    (!alike).then(|| {
        format!(
            "values of {low} to {high} are of another scale than the {from} to {to} that the model learned from; bring them \
             to that"
        )
    })
}

/// In double precision, where the distance of two floats is always finite.
fn scaled(x: f32, offset: f32, divisor: f32) -> f32 {
    ((f64::from(x) - f64::from(offset)) / f64::from(divisor)) as f32
}

/// The minimum of every column of `d`, and its distance to the maximum, or 1 where that is 0.
fn ranges(data: &dyn Samples, d: usize) -> Result<(Vec<f32>, Vec<f32>)> {
    let (mut low, mut high) = (vec![f32::MAX; d], vec![f32::MIN; d]);
    each_piece(data, |rows| {
        for row in rows.to_floats().chunks_exact(d) {
            for ((x, low), high) in row.iter().zip(&mut low).zip(&mut high) {
                (*low, *high) = (low.min(*x), high.max(*x));
            }
        }
        Ok(())
    })?;
    let distance = |(low, high): (&f32, &f32)| divisor(f64::from(*high) - f64::from(*low));
    let divisors = low.iter().zip(&high).map(distance).collect();
    Ok((low, divisors))
}

/// The mean and the standard deviation of every column of `d`; 1 where that is 0. `each` calls with all values, whole rows after
/// another.
fn deviations(d: usize, each: impl Fn(&mut dyn FnMut(&[f32])) -> Result<()>) -> Result<(Vec<f32>, Vec<f32>)> {
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
        // Rounding lets a column of equal values seem to vary a little.
        divisor(if deviation > mean.abs() * f64::from(f32::EPSILON) * 0.25 { deviation } else { 0.0 })
    };
    let deviations = squares.into_iter().zip(&means).map(of).collect();
    Ok((means.iter().map(|&mean| mean as f32).collect(), deviations))
}

/// What can be divided by: 1 where `x` as a float is 0, and no more than the largest float.
fn divisor(x: f64) -> f32 {
    match x as f32 {
        0.0 => 1.0,
        x => x.min(f32::MAX),
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
    fn equal_values_do_not_vary_whatever_they_are() {
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
    fn what_was_learned_scales_other_data_and_is_undone() {
        let learned = Scaling::learn(Scale::Range, &data(&[1.0, 0.0, 3.0, 10.0], 2)).unwrap().unwrap();
        let other = learned.apply("test", &data(&[5.0, 5.0], 2)).unwrap();
        assert_eq!(other.to_floats(), [2.0, 0.5]);
        assert_eq!(other.preparation().scaling, Some(learned.clone()));
        assert_eq!(learned.undo(&other.to_floats()).unwrap(), [5.0, 5.0]);
        assert_eq!(Scaling::PerSample.undo(&[1.0]), None);
        let message = learned.apply("test", &data(&[1.0], 1)).unwrap_err().to_string();
        assert_eq!(message, "scaling: 2 offsets and 2 divisors are none for samples of 1 values");
    }

    #[test]
    fn values_of_a_wrong_scale_are_told_with_the_way_out() {
        let check = |values: &[f32], decoder, expected: Option<&str>| {
            assert_eq!(scale_warning(&data(values, 1), decoder).as_deref(), expected, "{values:?}");
        };
        let sigmoid = Some(Activation::Sigmoid);
        check(&[0.0, 1.0], sigmoid, None);
        check(&[0.0, 0.5, 200.0], None, None);
        check(
            &[0.0, 3.0, 200.0],
            Some(Activation::Linear),
            Some("values of 0 to 200 look like pixels of 0 to 255; --scale 255 divides them"),
        );
        check(
            &[-2.5, 1.0],
            sigmoid,
            Some(
                "values of -2.5 to 1 are far outside of 0 to 1, and the sigmoid decoder gives 0 to 1; --scale range \
                 brings them there, or take --decoder linear",
            ),
        );
        check(&[-2.5, 1.0], Some(Activation::Linear), None);
        check(
            &[1.0, 1484705.0],
            None,
            Some(
                "values of 1 to 1484705 are too large to learn from; --scale standard or --scale range brings columns to \
                 one scale",
            ),
        );
        let bytes = Dataset::new("test", Values::Bytes(vec![0, 255]), 1).unwrap();
        assert_eq!(scale_warning(&bytes, sigmoid), None);
    }

    #[test]
    fn an_impossible_scaling_is_refused() {
        for (offset, divisor) in [(0.0, 0.0), (0.0, -1.0), (f32::NAN, 1.0), (0.0, f32::INFINITY)] {
            let scaling = Scaling::Affine { offset: vec![offset], divisor: vec![divisor] };
            let message = scaling.check(3).unwrap_err().to_string();
            assert_eq!(message, "scaling: an offset is not finite or a divisor not above 0");
        }
    }
}

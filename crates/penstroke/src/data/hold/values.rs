//! Rows of values, and the shapes of pictures.

use crate::error::counted;
use crate::{Error, Result, interrupt};
use penstroke_engine::Rows;
use std::fmt;
use std::str::FromStr;

/// Values in row-major order, `(n, d)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Intensities of 0..=255, read as `value / 255`; they stay bytes in memory.
    Bytes(Vec<u8>),
    /// Values used unchanged.
    Floats(Vec<f32>),
}

impl Values {
    /// The values in the engine's form.
    pub fn rows(&self) -> Rows<'_> {
        match self {
            Values::Bytes(values) => Rows::Bytes(values),
            Values::Floats(values) => Rows::Floats(values),
        }
    }

    /// Replaces these values by the rows `indices` of `rows`, with `d` values each.
    pub(super) fn gather(&mut self, rows: Rows<'_>, d: usize, indices: &[u32]) {
        fn rows_of<T: Copy>(out: &mut Vec<T>, values: &[T], d: usize, indices: &[u32]) {
            out.clear();
            indices.iter().for_each(|&i| out.extend_from_slice(&values[i as usize * d..][..d]));
        }
        match (&mut *self, rows) {
            (Values::Bytes(out), Rows::Bytes(values)) => rows_of(out, values, d, indices),
            (Values::Floats(out), Rows::Floats(values)) => rows_of(out, values, d, indices),
            (_, Rows::Bytes(values)) => {
                let mut out = Vec::new();
                rows_of(&mut out, values, d, indices);
                *self = Values::Bytes(out);
            }
            (_, Rows::Floats(values)) => {
                let mut out = Vec::new();
                rows_of(&mut out, values, d, indices);
                *self = Values::Floats(out);
            }
        }
    }

    /// Appends other values; bytes and floats together become floats.
    pub(in crate::data) fn append(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Values::Bytes(values), Values::Bytes(other)) => values.extend_from_slice(other),
            (Values::Floats(values), _) => values.extend(other.rows().to_floats()),
            (Values::Bytes(_), _) => {
                *self = Values::Floats([self.rows().to_floats(), other.rows().to_floats()].concat())
            }
        }
    }
}

/// The shape of a picture with `height · width · channels` values, channels last.
///
/// ```
/// use penstroke::data::ImageShape;
/// assert_eq!("16x12".parse::<ImageShape>()?, ImageShape { height: 16, width: 12, channels: 1 });
/// assert_eq!("16x12x3".parse::<ImageShape>()?.to_string(), "16x12x3");
/// assert!("16".parse::<ImageShape>().is_err());
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ImageShape {
    /// Number of rows of pixels.
    pub height: usize,
    /// Number of columns of pixels.
    pub width: usize,
    /// Number of channels; 1 for grey.
    pub channels: usize,
}

/// `16x16`, height × width, or `16x16x3` with channels.
impl FromStr for ImageShape {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let sizes: Option<Vec<usize>> = text.split(['x', '×']).map(|size| size.trim().parse().ok()).collect();
        match sizes.as_deref() {
            Some(&[height, width]) if height > 0 && width > 0 => Ok(Self { height, width, channels: 1 }),
            Some(&[height, width, channels]) if height > 0 && width > 0 && channels > 0 => {
                Ok(Self { height, width, channels })
            }
            _ => Err(Error::option("shape", format!("{text:?} is not height x width; an example is 16x16"))),
        }
    }
}

impl fmt::Display for ImageShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.height, self.width)?;
        if self.channels > 1 { write!(f, "x{}", self.channels) } else { Ok(()) }
    }
}

impl ImageShape {
    /// Checks that rows of `n_visible` values are pictures of this shape.
    ///
    /// # Errors
    /// If they are not; `place` names their source.
    pub fn check_fits(&self, place: &str, n_visible: usize) -> Result<()> {
        let Self { height, width, channels } = *self;
        let n_values = height.checked_mul(width).and_then(|area| area.checked_mul(channels));
        if n_values == Some(n_visible) {
            return Ok(());
        }
        let problem =
            format!("rows of {} are not {height}×{width}×{channels} pictures", counted(n_visible, "value"));
        Err(Error::input(place, problem))
    }
}

/// A grey picture of any size: row-major intensities from 0, black, to 1, white.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Number of rows of pixels.
    pub height: usize,
    /// Number of columns of pixels.
    pub width: usize,
    /// `height · width` intensities.
    pub values: Vec<f32>,
}

/// Checks that the values of samples from index `first` on are finite.
pub(in crate::data) fn check_finite(
    place: &str,
    rows: Rows<'_>,
    n_visible: usize,
    first: usize,
) -> Result<()> {
    let Rows::Floats(values) = rows else { return Ok(()) };
    let mut is_finite = true;
    for values in values.chunks(1 << 22) {
        interrupt::check()?;
        // Unlike a search for the first that is not finite, this compiles to vector instructions.
        is_finite &= values.iter().fold(true, |all, value| all & value.is_finite());
    }
    if is_finite {
        return Ok(());
    }
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (row, column, value) = (first + at / n_visible, at % n_visible, values[at]);
            Err(Error::input(
                place,
                format!(
                    "row {row}, column {column} (from 0) is {value}; replace or drop values that are not finite"
                ),
            ))
        }
    }
}

/// Checks that there is a whole number of samples, at least one, of `n_visible` values.
pub(in crate::data) fn check_shape(place: &str, n_values: usize, n_visible: usize) -> Result<()> {
    if n_values == 0 || n_visible == 0 {
        return Err(Error::input(place, "holds no samples"));
    }
    if !n_values.is_multiple_of(n_visible) {
        let problem = format!("{} cannot be divided into rows of {n_visible}", counted(n_values, "value"));
        return Err(Error::input(place, problem));
    }
    Ok(())
}

/// The minimum and maximum; always `(0, 1)` for bytes.
pub(in crate::data) fn range(rows: Rows<'_>) -> (f32, f32) {
    match rows {
        Rows::Bytes(_) => (0.0, 1.0),
        Rows::Floats(values) => {
            values.iter().fold((f32::MAX, f32::MIN), |(low, high), &v| (low.min(v), high.max(v)))
        }
    }
}

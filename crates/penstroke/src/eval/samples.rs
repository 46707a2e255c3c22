//! Validated rows of values, the input of every measurement.

use crate::{Error, Result};

/// `n` samples of `d` values each, row-major `(n, d)`, all finite.
#[derive(Clone, Copy, Debug)]
pub struct SampleMatrix<'a> {
    values: &'a [f32],
    n_components: usize,
}

impl<'a> SampleMatrix<'a> {
    /// Samples of `n_components` values each.
    ///
    /// ```
    /// let samples = penstroke::eval::SampleMatrix::new(&[0.0, 1.0, 2.0, 3.0], 2)?;
    /// assert_eq!((samples.n_samples(), samples.row(1)), (2, &[2.0, 3.0][..]));
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no sample or no component, if the values are not a whole number of rows, or if one is not finite.
    pub fn new(values: &'a [f32], n_components: usize) -> Result<Self> {
        if values.is_empty() || n_components == 0 {
            return Err(Error::input(
                "samples",
                "there are no samples; at least one row of one value is needed",
            ));
        }
        if !values.len().is_multiple_of(n_components) {
            let problem = format!("{} values are not a whole number of rows of {n_components}", values.len());
            return Err(Error::input("samples", problem));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let (row, column, value) = (at / n_components, at % n_components, values[at]);
            return Err(Error::input(
                "samples",
                format!("row {row}, column {column} (from 0) is {value}; every value must be finite"),
            ));
        }
        Ok(Self { values, n_components })
    }

    /// All values, `(n, d)`.
    pub fn values(&self) -> &'a [f32] {
        self.values
    }

    /// Number of samples, `n`, at least 1.
    pub fn n_samples(&self) -> usize {
        self.values.len() / self.n_components
    }

    /// Number of components of a sample, `d`, at least 1.
    pub fn n_components(&self) -> usize {
        self.n_components
    }

    /// One sample, `(d)`.
    ///
    /// # Panics
    /// If there is no such sample.
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.values[index * self.n_components..(index + 1) * self.n_components]
    }

    #[cfg(feature = "eval")]
    /// Returns an error for `place` unless every sample has `n_components` components.
    pub(super) fn check_components(&self, place: &str, n_components: usize) -> Result<()> {
        if self.n_components == n_components {
            return Ok(());
        }
        Err(Error::input(
            place,
            format!(
                "samples have {} instead of {n_components}",
                crate::error::counted(self.n_components, "component")
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_samples_are_refused() {
        let none = "there are no samples; at least one row of one value is needed";
        for (values, d, problem) in [
            (&[][..], 3, none),
            (&[1.0], 0, none),
            (&[1.0; 5], 2, "5 values are not a whole number of rows of 2"),
            (&[1.0, f32::INFINITY], 1, "row 1, column 0 (from 0) is inf; every value must be finite"),
        ] {
            let message = SampleMatrix::new(values, d).unwrap_err().to_string();
            assert_eq!(message, format!("samples: {problem}"));
        }
    }
}

//! How well a model repairs corruption: the squared error on corrupted components alone.
//!
//! A component counts as corrupted if its value differs from the clean one. Masking a pixel that is already zero
//! changes nothing, so that pixel does not count; if the data contain zeros, the share of corrupted components is
//! therefore below the masking probability (about 0.19 q on MNIST).
//!
//! ```
//! use penstroke::eval::Repair;
//! let repair = Repair::measure(&[1.0, 1.0, 0.0, 1.0], &[0.0, 1.0, 0.0, 1.0], &[0.5, 1.0, 0.0, 0.8])?;
//! assert_eq!((repair.n_corrupted, repair.copied), (1, Some(1.0)));
//! assert_eq!(repair.corrupted, Some(0.25));
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::{Error, Result};

/// Mean squared errors, per component.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Repair {
    /// Number of components, `n·d`.
    pub n: usize,
    /// Number of components whose corrupted value differs from the clean one.
    pub n_corrupted: usize,
    /// Error of the reconstruction on the corrupted components; `None` if there are none.
    pub corrupted: Option<f64>,
    /// Error of the reconstruction on the intact components; `None` if there are none.
    pub intact: Option<f64>,
    /// Error of the reconstruction on all components.
    pub all: f64,
    /// Error of copying the corrupted values, on the corrupted components; `None` if there are none.
    pub copied: Option<f64>,
    /// Error of copying the corrupted values, on all components.
    pub copied_all: f64,
}

impl Repair {
    /// Compares three arrays of the same shape, `(n, d)`: the clean values, the corrupted values, and their
    /// reconstruction.
    ///
    /// # Errors
    /// If they are empty or differ in length, or a value is not finite.
    pub fn measure(clean: &[f32], corrupted: &[f32], restored: &[f32]) -> Result<Self> {
        let n = clean.len();
        if n == 0 || corrupted.len() != n || restored.len() != n {
            let problem = format!(
                "{n} clean, {} corrupted and {} restored values; the three must have the same length, at least 1",
                corrupted.len(),
                restored.len()
            );
            return Err(Error::input("repair", problem));
        }
        let (mut n_corrupted, mut damaged, mut kept, mut copied) = (0, 0.0, 0.0, 0.0);
        for ((&clean, &corrupted), &restored) in clean.iter().zip(corrupted).zip(restored) {
            let error = (f64::from(restored) - f64::from(clean)).powi(2);
            if clean == corrupted {
                kept += error;
            } else {
                n_corrupted += 1;
                damaged += error;
                copied += (f64::from(corrupted) - f64::from(clean)).powi(2);
            }
        }
        // A sum of squares is finite only if every value is.
        if !(damaged + kept + copied).is_finite() {
            return Err(Error::input("repair", "some values are not finite"));
        }
        let mean = |sum: f64, count: usize| (count > 0).then(|| sum / count as f64);
        Ok(Self {
            n,
            n_corrupted,
            corrupted: mean(damaged, n_corrupted),
            intact: mean(kept, n - n_corrupted),
            all: (damaged + kept) / n as f64,
            copied: mean(copied, n_corrupted),
            copied_all: copied / n as f64,
        })
    }

    /// Share of corrupted components, 0..=1.
    pub fn corrupted_share(&self) -> f64 {
        self.n_corrupted as f64 / self.n as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_the_mean_over_its_own_components() {
        let repair = Repair::measure(
            &[1.0, 2.0, 0.0, 4.0, 5.0],
            // The third is masked as well, but was zero before.
            &[0.0, 0.0, 0.0, 4.0, 5.0],
            &[0.0, 3.0, 2.0, 4.0, 6.0],
        )
        .unwrap();
        assert_eq!((repair.n, repair.n_corrupted, repair.corrupted_share()), (5, 2, 0.4));
        assert_eq!(repair.corrupted, Some((1.0 + 1.0) / 2.0));
        assert_eq!(repair.intact, Some((4.0 + 0.0 + 1.0) / 3.0));
        assert_eq!(repair.all, 7.0 / 5.0);
        assert_eq!(repair.copied, Some((1.0 + 4.0) / 2.0));
        assert_eq!(repair.copied_all, 1.0);
    }

    #[test]
    fn copying_has_the_error_of_copying() {
        let (clean, corrupted) = ([1.0, 2.0, 3.0], [1.0, 0.0, 0.0]);
        let repair = Repair::measure(&clean, &corrupted, &corrupted).unwrap();
        assert_eq!((repair.corrupted, repair.all), (repair.copied, repair.copied_all));
        assert_eq!(repair.intact, Some(0.0));
    }

    #[test]
    fn without_corruption_there_is_no_error_on_corrupted_components() {
        let repair = Repair::measure(&[1.0], &[1.0], &[3.0]).unwrap();
        assert_eq!((repair.corrupted, repair.copied, repair.all), (None, None, 4.0));
        let repair = Repair::measure(&[1.0], &[0.0], &[1.0]).unwrap();
        assert_eq!((repair.intact, repair.corrupted), (None, Some(0.0)));
    }

    #[test]
    fn arrays_that_do_not_match_are_refused() {
        let message = |clean: &[f32], corrupted: &[f32], restored: &[f32]| {
            Repair::measure(clean, corrupted, restored).unwrap_err().to_string()
        };
        let needed = "the three must have the same length, at least 1";
        assert_eq!(
            message(&[], &[], &[]),
            format!("repair: 0 clean, 0 corrupted and 0 restored values; {needed}")
        );
        assert_eq!(
            message(&[1.0], &[1.0], &[]),
            format!("repair: 1 clean, 1 corrupted and 0 restored values; {needed}")
        );
        assert_eq!(message(&[1.0], &[f32::NAN], &[1.0]), "repair: some values are not finite");
    }
}

//! Samples in compressed row form, whose zeros are filled in one batch at a time.

use super::preparation::Preparation;
use super::samples::Samples;
use super::values::{Values, check_finite, range};
use crate::error::counted;
use crate::{Error, Result, interrupt};
use penstroke_engine::Rows;

/// `n` samples of `d` values each in compressed row form (CSR): sample `i` has the values `values[starts[i]..starts[i +
/// 1]]` in the columns `columns[starts[i]..starts[i + 1]]`, and zeros elsewhere. Values in the same position are added.
///
/// ```
/// use penstroke::data::{Samples, SparseRows, Values};
/// let rows = SparseRows::new("counts", &[0, 2, 2, 3], &[0, 3, 1], &[1.0, 4.0, 2.0], 4)?;
/// let mut values = Values::Floats(Vec::new());
/// rows.read(&[2, 0], &mut values)?;
/// assert_eq!(values, Values::Floats(vec![0.0, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 4.0]));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SparseRows<'a> {
    starts: &'a [i64],
    columns: &'a [i32],
    values: &'a [f32],
    n_visible: usize,
    range: (f32, f32),
    preparation: Preparation,
}

impl<'a> SparseRows<'a> {
    /// `place` names the source in error messages.
    ///
    /// # Errors
    /// If there is no sample or no component, if a start or a column is out of range, or if a value is not finite.
    pub fn new(
        place: &str,
        starts: &'a [i64],
        columns: &'a [i32],
        values: &'a [f32],
        n_visible: usize,
    ) -> Result<Self> {
        if starts.len() < 2 || n_visible == 0 {
            return Err(Error::input(place, "holds no samples"));
        }
        let ends_well = starts[0] == 0 && starts.last() == Some(&(values.len() as i64));
        if !(ends_well && starts.is_sorted() && columns.len() == values.len()) {
            let problem = "is not a compressed row matrix: starts must rise from 0 to the number of values, and each value needs a column";
            return Err(Error::input(place, problem));
        }
        if let Some(column) = columns.iter().find(|&&column| !(0..n_visible as i64).contains(&column.into()))
        {
            return Err(Error::input(
                place,
                format!("column {column} (from 0) is outside rows of {}", counted(n_visible, "value")),
            ));
        }
        let mut sparse = Self {
            starts,
            columns,
            values,
            n_visible,
            range: (0.0, 0.0),
            preparation: Preparation::default(),
        };
        let (mut row, mut all) = (Vec::new(), (f32::MAX, f32::MIN));
        for sample in 0..sparse.n_samples() {
            interrupt::check()?;
            row.clear();
            sparse.add_to(sample, &mut row);
            let (low, high) = range(Rows::Floats(&row));
            all = (all.0.min(low), all.1.max(high));
            check_finite(place, Rows::Floats(&row), n_visible, sample)?;
        }
        sparse.range = all;
        Ok(sparse)
    }

    /// Appends a whole row.
    fn add_to(&self, sample: usize, out: &mut Vec<f32>) {
        let begin = out.len();
        out.resize(begin + self.n_visible, 0.0);
        let places = self.starts[sample] as usize..self.starts[sample + 1] as usize;
        for (&column, value) in self.columns[places.clone()].iter().zip(&self.values[places]) {
            out[begin + column as usize] += value;
        }
    }
}

impl Samples for SparseRows<'_> {
    fn n_samples(&self) -> usize {
        self.starts.len() - 1
    }

    fn n_visible(&self) -> usize {
        self.n_visible
    }

    fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    fn range(&self) -> (f32, f32) {
        self.range
    }

    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()> {
        let mut floats = match std::mem::replace(out, Values::Floats(Vec::new())) {
            Values::Floats(floats) => floats,
            Values::Bytes(_) => Vec::new(),
        };
        floats.clear();
        floats.reserve(indices.len() * self.n_visible);
        for &sample in indices {
            self.add_to(sample as usize, &mut floats);
        }
        *out = Values::Floats(floats);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use crate::{Autoencoder, AutoencoderConfig, Model, Run};

    #[test]
    fn compressed_data_train_to_the_same_bytes() {
        let dense: Vec<f32> =
            (0..900u32).map(|i| if (i * i) % 5 == 1 { (i % 13) as f32 / 6.0 - 0.5 } else { 0.0 }).collect();
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for row in dense.chunks(9) {
            for (column, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                // In two halves, which are added.
                columns.extend([column as i32; 2]);
                values.extend([value / 2.0; 2]);
            }
            starts.push(values.len() as i64);
        }
        let sparse = SparseRows::new("X", &starts, &columns, &values, 9).unwrap();
        let data = Dataset::new("X", Values::Floats(dense), 9).unwrap();
        let corruption = "salt-and-pepper:0.2".parse().unwrap();
        let config =
            AutoencoderConfig { hidden: 5, ..Default::default() }.epochs(2).batch(7).corruption(corruption);
        let fit = |data: &dyn Samples| {
            Autoencoder::fit(&config, data, &mut Run::new()).unwrap().to_bytes().unwrap()
        };
        assert!(fit(&sparse) == fit(&data));
    }

    #[test]
    fn invalid_matrices_are_refused_with_their_place() {
        let message = |starts: &[i64], columns: &[i32], values: &[f32]| {
            SparseRows::new("X", starts, columns, values, 3).unwrap_err().to_string()
        };
        assert_eq!(message(&[0], &[], &[]), "X: holds no samples");
        let none = "X: is not a compressed row matrix: starts must rise from 0 to the number of values, and each value needs a column";
        assert_eq!(message(&[0, 2], &[0], &[1.0]), none);
        assert_eq!(message(&[0, 2, 1, 2], &[0, 1], &[1.0, 2.0]), none);
        assert_eq!(message(&[-1, 1], &[0], &[1.0]), none);
        assert_eq!(message(&[0, 1], &[0, 1], &[1.0]), none);
        assert_eq!(message(&[0, 1], &[3], &[1.0]), "X: column 3 (from 0) is outside rows of 3 values");
        assert_eq!(message(&[0, 1], &[-1], &[1.0]), "X: column -1 (from 0) is outside rows of 3 values");
        let infinite = message(&[0, 0, 1], &[2], &[f32::INFINITY]);
        assert!(infinite.starts_with("X: row 1, column 2 (from 0) is inf"), "{infinite}");
    }
}

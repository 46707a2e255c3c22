//! Samples borrowed from the caller's memory.

use super::preparation::Preparation;
use super::samples::Samples;
use super::values::{ImageShape, Values, check_finite, check_shape, range};
use crate::Result;
use penstroke_engine::Rows;
use std::sync::OnceLock;

/// `n` samples of `d` finite values each, borrowed from the caller; only selected samples are copied.
///
/// ```
/// use penstroke::data::{Rows, View};
/// use penstroke::{Autoencoder, AutoencoderConfig, Model, Run};
/// let values: Vec<f32> = (0..600).map(|i| if (i / 3) % 2 == 0 { 0.9 } else { 0.1 }).collect();
/// let view = View::new("example", Rows::Floats(&values), 6)?;
/// let model = Autoencoder::fit(&AutoencoderConfig { hidden: 4, ..Default::default() }.epochs(5), &view, &mut Run::new())?;
/// assert_eq!(model.encode(&view)?.len(), 100 * 4);
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct View<'a> {
    rows: Rows<'a>,
    n_visible: usize,
    /// Found when it is first asked for: applying a model does not need it.
    range: OnceLock<(f32, f32)>,
    image: Option<ImageShape>,
    preparation: Preparation,
}

impl<'a> View<'a> {
    /// A view of `rows.len() / n_visible` samples. `place` names the source in error messages.
    ///
    /// # Errors
    /// As [`Dataset::new`](super::Dataset::new).
    pub fn new(place: &str, rows: Rows<'a>, n_visible: usize) -> Result<Self> {
        check_shape(place, rows.len(), n_visible)?;
        check_finite(place, rows, n_visible, 0)?;
        let (range, preparation) = (OnceLock::new(), Preparation::default());
        Ok(Self { rows, n_visible, range, image: None, preparation })
    }

    /// Declares each row to be a picture.
    ///
    /// # Errors
    /// If rows and pictures differ in their number of values.
    pub fn with_image(mut self, place: &str, image: ImageShape) -> Result<Self> {
        image.check_fits(place, self.n_visible)?;
        self.image = Some(image);
        Ok(self)
    }
}

impl Samples for View<'_> {
    fn n_samples(&self) -> usize {
        self.rows.len() / self.n_visible
    }

    fn n_visible(&self) -> usize {
        self.n_visible
    }

    fn image(&self) -> Option<ImageShape> {
        self.image
    }

    fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    fn range(&self) -> (f32, f32) {
        *self.range.get_or_init(|| range(self.rows))
    }

    fn in_memory(&self) -> Option<Rows<'_>> {
        Some(self.rows)
    }

    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()> {
        out.gather(self.rows, self.n_visible, indices);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use crate::{Autoencoder, AutoencoderConfig, Model, Run};

    fn floats() -> Vec<f32> {
        (0..1200u32).map(|i| ((i * i + i / 7) % 11) as f32 / 10.0 - 0.3).collect()
    }

    #[test]
    fn a_view_trains_to_the_same_bytes_as_a_data_set() {
        let (floats, bytes) = (floats(), (0..1200).map(|i| (i % 251) as u8).collect::<Vec<_>>());
        for values in [Values::Floats(floats), Values::Bytes(bytes)] {
            let image = ImageShape { height: 3, width: 4, channels: 1 };
            let data = Dataset::new("here", values, 12).unwrap().with_image("here", image).unwrap();
            let view = View::new("here", data.rows(), 12).unwrap().with_image("here", image).unwrap();
            let corruption = "salt-and-pepper:0.2".parse().unwrap();
            let config = AutoencoderConfig { hidden: 5, ..Default::default() }
                .epochs(2)
                .batch(7)
                .corruption(corruption);
            let fit = |data: &dyn Samples| {
                Autoencoder::fit(&config, data, &mut Run::new()).unwrap().to_bytes().unwrap()
            };
            assert!(fit(&view) == fit(&data));
            let (mut of_view, mut of_data) = (Values::Bytes(vec![9]), Values::Bytes(vec![9]));
            view.read(&[99, 0, 3], &mut of_view).unwrap();
            Samples::read(&data, &[99, 0, 3], &mut of_data).unwrap();
            assert_eq!(of_view, of_data);
        }
    }

    #[test]
    fn invalid_samples_are_refused_with_their_place() {
        let message = |rows, d| View::new("X", rows, d).unwrap_err().to_string();
        assert_eq!(message(Rows::Bytes(&[]), 3), "X: holds no samples");
        assert_eq!(message(Rows::Bytes(&[1; 5]), 3), "X: 5 values cannot be divided into rows of 3");
        let nan = message(Rows::Floats(&[0.0, 1.0, 2.0, f32::NAN]), 2);
        assert!(nan.starts_with("X: row 1, column 1 (from 0) is NaN"), "{nan}");
        let view = View::new("X", Rows::Bytes(&[1; 6]), 6).unwrap();
        let wrong = view.with_image("X", ImageShape { height: 2, width: 2, channels: 1 }).unwrap_err();
        assert_eq!(wrong.to_string(), "X: rows of 6 values are not 2×2×1 pictures");
    }
}

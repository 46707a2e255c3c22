//! A data set in memory: rows of values, with optional labels and image shape.

use super::narrowing::{CloseColumn, Exact};
use super::preparation::Preparation;
use super::samples::Samples;
use super::targets::Targets;
use super::values::{ImageShape, Scene, Values, check_finite, check_shape, range};
use crate::config::Corruption;
use crate::error::counted;
use crate::{Error, Result, interrupt};
use penstroke_engine::{CorruptionDraws, CorruptionUse, Donors, Rows, corrupt_row};

/// `n` samples of `d` values each, all finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    values: Values,
    n_samples: usize,
    n_visible: usize,
    labels: Option<Vec<u32>>,
    targets: Option<Targets>,
    image: Option<ImageShape>,
    preparation: Preparation,
    warnings: Vec<String>,
    /// What the values lose in single precision.
    exact: Exact,
}

impl Dataset {
    /// A data set of `values.len() / n_visible` samples. `place` names the source in error messages.
    ///
    /// # Errors
    /// If there is no sample or no component, if the values are not a whole number of rows, or if one is not finite.
    pub fn new(place: &str, values: Values, n_visible: usize) -> Result<Self> {
        let len = match &values {
            Values::Bytes(values) => values.len(),
            Values::Floats(values) => values.len(),
        };
        check_shape(place, len, n_visible)?;
        check_finite(place, values.rows(), n_visible, 0)?;
        let preparation = Preparation::default();
        Ok(Self {
            n_samples: len / n_visible,
            values,
            n_visible,
            labels: None,
            targets: None,
            image: None,
            preparation,
            warnings: Vec::new(),
            exact: Exact::default(),
        })
    }

    /// A data set of values in double precision, rounded to floats. A scaling is learned and subtracted exactly from
    /// [columns](Samples::close_columns) that would lose by that.
    ///
    /// ```
    /// use penstroke::data::{Dataset, Scale, Scaling};
    /// let seconds: Vec<f64> = (0..200).map(|k| 1.7e9 + f64::from(k)).collect();
    /// let data = Dataset::of_doubles("seconds", &seconds, 1)?;
    /// // The floats are multiples of 128.
    /// assert_eq!(data.range().1 - data.range().0, 256.0);
    /// let scaling = Scaling::learn(Scale::Range, &data)?.expect("there is one");
    /// assert_eq!(scaling.apply("seconds", &data)?.row(1), [1.0 / 199.0]);
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Dataset::new`], and if a value is too large for a float.
    pub fn of_doubles(place: &str, values: &[f64], n_visible: usize) -> Result<Self> {
        let floats: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let exact = Exact::of(values.len(), n_visible, |at| values[at]);
        Ok(Self::new(place, Values::Floats(floats), n_visible)?.with_exact(exact))
    }

    /// Adds what the values lose in single precision.
    pub(in crate::data) fn with_exact(self, exact: Exact) -> Self {
        Self { exact, ..self }
    }

    /// The value at an index of all values in double precision, if its column is there in it.
    pub(in crate::data) fn exact(&self, at: usize) -> Option<f64> {
        self.exact.value(at, self.n_visible, self.image.is_some())
    }

    /// Adds one label per sample.
    ///
    /// # Errors
    /// If the numbers of labels and samples differ.
    pub fn with_labels(mut self, place: &str, labels: Vec<u32>) -> Result<Self> {
        if labels.len() != self.n_samples {
            return Err(Error::input(
                place,
                format!(
                    "{} for {}; one label per sample is needed",
                    counted(labels.len(), "label"),
                    counted(self.n_samples, "sample")
                ),
            ));
        }
        self.labels = Some(labels);
        Ok(self)
    }

    /// Adds targets, one row per sample.
    ///
    /// # Errors
    /// If the number of rows differs; `place` names the data set in the message.
    pub fn with_targets(mut self, place: &str, targets: Targets) -> Result<Self> {
        targets.check_fits(place, self.n_samples, targets.n_targets())?;
        self.targets = Some(targets);
        Ok(self)
    }

    /// The targets of a regression, if there are any.
    pub fn targets(&self) -> Option<&Targets> {
        self.targets.as_ref()
    }

    /// Removes the labels.
    pub(in crate::data) fn without_labels(self) -> Self {
        Self { labels: None, ..self }
    }

    /// Declares each row to be a picture.
    ///
    /// # Errors
    /// If rows and pictures differ in their number of values.
    pub fn with_image(mut self, place: &str, image: ImageShape) -> Result<Self> {
        image.check_fits(place, self.n_visible)?;
        if self.image.is_none() && !self.exact.columns.is_empty() {
            let floats = self.to_floats();
            let exact = |at: usize| self.exact(at).unwrap_or(f64::from(floats[at]));
            self.exact = Exact::of(floats.len(), 1, exact);
        }
        self.image = Some(image);
        Ok(self)
    }

    /// Replaces the values, `(n, d)`, and keeps labels, image shape and preparation.
    ///
    /// # Errors
    /// If the number of samples differs, or a value is not finite.
    pub fn with_values(&self, place: &str, values: Values) -> Result<Self> {
        let same = Self::new(place, values, self.n_visible)?;
        if same.n_samples != self.n_samples {
            let problem = format!("{} instead of {}", counted(same.n_samples, "sample"), self.n_samples);
            return Err(Error::input(place, problem));
        }
        Ok(Self {
            values: same.values,
            labels: self.labels.clone(),
            targets: self.targets.clone(),
            preparation: self.preparation.clone(),
            warnings: self.warnings.clone(),
            exact: Exact::default(),
            ..*self
        })
    }

    /// Adds a record of how the samples were made from their source.
    #[must_use]
    pub fn with_preparation(mut self, preparation: Preparation) -> Self {
        self.preparation = preparation;
        self
    }

    /// Warnings from reading, one per line.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(in crate::data) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Number of samples, `n`.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// Number of components of a sample, `d`.
    pub fn n_visible(&self) -> usize {
        self.n_visible
    }

    /// One label per sample, if the data are labelled.
    pub fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    /// Number of classes: the largest label plus one; 0 without labels.
    pub fn n_classes(&self) -> usize {
        self.labels.iter().flatten().max().map_or(0, |&label| label as usize + 1)
    }

    /// The shape of a picture, if rows are pictures.
    pub fn image(&self) -> Option<ImageShape> {
        self.image
    }

    /// How the samples were made from their source.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// All values, `(n, d)`, in the engine's form.
    pub fn rows(&self) -> Rows<'_> {
        self.values.rows()
    }

    /// The minimum and maximum; always `(0, 1)` for bytes.
    pub fn range(&self) -> (f32, f32) {
        range(self.rows())
    }

    /// Sample `index` as floats, `(d)`.
    ///
    /// # Panics
    /// If `index` is not below `n`.
    pub fn row(&self, index: usize) -> Vec<f32> {
        let mut row = vec![0.0; self.n_visible];
        self.rows().copy_to(index * self.n_visible, &mut row);
        row
    }

    /// All values as floats, `(n, d)`.
    pub fn to_floats(&self) -> Vec<f32> {
        self.rows().to_floats()
    }

    /// All values after this corruption, `(n, d)`, with the random numbers of evaluation number `draw` for a model with
    /// this `seed`. A corruption that changes during training is applied as at its end.
    ///
    /// # Errors
    /// If the corruption needs cells, which these data do not have, or if it [is stopped](crate::interrupt).
    pub fn corrupted(&self, corruption: &Corruption, seed: u64, draw: u32) -> Result<Vec<f32>> {
        corruption.check_without_cells()?;
        let noises = corruption.noises(self.range());
        let draws = CorruptionDraws { seed, use_: CorruptionUse::Evaluation };
        let mut values = self.to_floats();
        let mut struck = vec![false; self.n_visible];
        for (sample, row) in values.chunks_exact_mut(self.n_visible).enumerate() {
            interrupt::check()?;
            corrupt_row(&noises, draws, (draw, sample as u32), Donors::NONE, (row, &mut struck));
        }
        Ok(values)
    }

    /// The samples at `indices`, in that order, with their labels.
    ///
    /// # Panics
    /// If an index is not below `n`.
    pub fn select(&self, indices: &[usize]) -> Self {
        fn rows<T: Copy>(values: &[T], d: usize, indices: &[usize]) -> Vec<T> {
            indices.iter().flat_map(|&i| values[i * d..(i + 1) * d].iter().copied()).collect()
        }
        let d = self.n_visible;
        Self {
            values: match &self.values {
                Values::Bytes(values) => Values::Bytes(rows(values, d, indices)),
                Values::Floats(values) => Values::Floats(rows(values, d, indices)),
            },
            n_samples: indices.len(),
            n_visible: d,
            labels: self.labels.as_ref().map(|labels| indices.iter().map(|&i| labels[i]).collect()),
            targets: self.targets.as_ref().map(|targets| targets.select(indices)),
            image: self.image,
            preparation: self.preparation.clone(),
            warnings: self.warnings.clone(),
            exact: self.select_exact(indices),
        }
    }

    fn select_exact(&self, indices: &[usize]) -> Exact {
        let (width, step) = if self.image.is_some() { (self.n_visible, 1) } else { (1, self.n_visible) };
        let order = indices.iter().flat_map(|&i| i * width..(i + 1) * width);
        self.exact.rearranged(order, |column, k| {
            let at = column + k * step;
            self.rows().range(at..at + 1).to_floats()[0]
        })
    }

    /// Converts the pictures to grey scenes.
    ///
    /// # Errors
    /// If rows are not pictures, or have colour.
    pub(in crate::data) fn scenes(&self, place: &str) -> Result<Vec<Scene>> {
        match self.image {
            Some(ImageShape { height, width, channels: 1 }) => Ok((0..self.n_samples)
                .map(|index| Scene { height, width, values: self.row(index) })
                .collect()),
            Some(ImageShape { channels, .. }) => Err(Error::input(
                place,
                format!("holds pictures of {channels} channels; scenes are grey: give (n, height, width)"),
            )),
            None => Err(Error::input(
                place,
                format!(
                    "rows of {} are not pictures; give (n, height, width) or a folder of pictures",
                    counted(self.n_visible, "value")
                ),
            )),
        }
    }
}

impl Samples for Dataset {
    fn n_samples(&self) -> usize {
        self.n_samples()
    }

    fn n_visible(&self) -> usize {
        self.n_visible()
    }

    fn labels(&self) -> Option<&[u32]> {
        self.labels()
    }

    fn targets(&self) -> Option<&Targets> {
        self.targets()
    }

    fn image(&self) -> Option<ImageShape> {
        self.image()
    }

    fn preparation(&self) -> &Preparation {
        self.preparation()
    }

    fn range(&self) -> (f32, f32) {
        self.range()
    }

    fn close_columns(&self) -> &[CloseColumn] {
        &self.exact.close
    }

    fn in_memory(&self) -> Option<Rows<'_>> {
        Some(self.rows())
    }

    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()> {
        out.gather(self.rows(), self.n_visible, indices);
        Ok(())
    }

    fn read_exact(&self, indices: &[u32], out: &mut Vec<f64>) -> Result<()> {
        let d = self.n_visible;
        out.clear();
        for &index in indices {
            let at = index as usize * d..(index as usize + 1) * d;
            let floats = self.rows().range(at.clone()).to_floats();
            out.extend(at.zip(floats).map(|(at, float)| self.exact(at).unwrap_or(f64::from(float))));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats() -> Dataset {
        Dataset::new("here", Values::Floats(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), 2).unwrap()
    }

    #[test]
    fn invalid_data_are_refused_with_their_place() {
        let message = |values, d| Dataset::new("x.npy", values, d).unwrap_err().to_string();
        assert_eq!(message(Values::Bytes(vec![]), 3), "x.npy: holds no samples");
        assert_eq!(message(Values::Bytes(vec![1; 5]), 3), "x.npy: 5 values cannot be divided into rows of 3");
        let nan = message(Values::Floats(vec![0.0, 1.0, 2.0, f32::NAN]), 2);
        assert!(nan.starts_with("x.npy: row 1, column 1 (from 0) is NaN"), "{nan}");
        let labels = floats().with_labels("y", vec![0, 1]).unwrap_err().to_string();
        assert!(labels.starts_with("y: 2 labels for 3 samples"), "{labels}");
        assert!(floats().with_image("z", ImageShape { height: 2, width: 2, channels: 1 }).is_err());
    }

    #[test]
    fn bytes_are_read_as_shares_of_255() {
        let data = Dataset::new("b", Values::Bytes(vec![0, 51, 255]), 3).unwrap();
        assert_eq!(data.row(0), [0.0, 0.2, 1.0]);
    }

    #[test]
    fn a_selection_keeps_order_and_labels() {
        let data = floats().with_labels("y", vec![7, 8, 9]).unwrap().select(&[2, 0]);
        assert_eq!(data.to_floats(), [4.0, 5.0, 0.0, 1.0]);
        assert_eq!(data.labels(), Some(&[9, 7][..]));
        assert_eq!((data.n_samples(), data.n_classes()), (2, 10));
    }

    #[test]
    fn noises_on_cells_are_refused_where_there_are_none() {
        let data = Dataset::new("data", Values::Floats(vec![0.5; 60]), 3).unwrap();
        for (text, noise) in
            [("masking:0.1+mask:0.05..0.6", "mask"), ("swap:0.1", "swap"), ("copy-mask", "copy-mask")]
        {
            let corruption: Corruption = text.parse().unwrap();
            let config = crate::AutoencoderConfig { hidden: 2, ..Default::default() };
            let config = config.corruption(corruption.clone()).epochs(1);
            let fitted = crate::Autoencoder::fit(&config, &data, &mut crate::Run::new());
            for error in [fitted.err().unwrap(), data.corrupted(&corruption, 0, 0).unwrap_err()] {
                let want =
                    "needs a table with cells of several kinds; use masking:0.3 for pictures and arrays";
                assert_eq!(error.to_string(), format!("corruption: {noise} {want}"));
            }
        }
    }

    #[test]
    fn a_damaged_data_set_is_what_the_loss_restores_from() {
        use crate::Model as _;
        let values: Vec<f32> = (0..60_000).map(|i| (i % 97) as f32 / 96.0).collect();
        let data = Dataset::new("data", Values::Floats(values), 30).unwrap();
        let data = data.with_labels("data", (0..2000).collect()).unwrap();
        let texts =
            ["none", "masking:0.3", "dropout:0.3", "gaussian:0.2+salt-and-pepper:0.1", "masking-exact:0.5"];
        for corruption in texts {
            let corruption: Corruption = corruption.parse().unwrap();
            let config = crate::AutoencoderConfig { hidden: 7, ..Default::default() }
                .corruption(corruption.clone())
                .seed(5);
            let model = crate::Autoencoder::initial(&config, &data).unwrap();
            let apply = |seed, draw| {
                let values = data.corrupted(&corruption, seed, draw).unwrap();
                data.with_values("damaged", Values::Floats(values)).unwrap()
            };
            let damaged = apply(5, 3);
            assert_eq!((damaged.labels(), damaged.image()), (data.labels(), data.image()));
            let restored = model.reconstruct(&damaged).unwrap();
            let squares = restored.iter().zip(data.to_floats()).map(|(x, y)| f64::from(x - y).powi(2));
            let (expected, loss) = (squares.sum::<f64>() / 2000.0, model.loss(&data, 3).unwrap());
            // Products in single precision, with the corruption inside the engine and before it.
            assert!((loss - expected).abs() < 1e-5 * expected, "{corruption}: {loss} {expected}");
            let other = (apply(5, 4), apply(6, 3));
            assert_eq!(other.0 == damaged, corruption.is_none());
            assert_eq!(other.1 == damaged, corruption.is_none());
        }
    }
}

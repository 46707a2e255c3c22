//! An array read from a file, and its conversion to a data set.

use crate::data::hold::{Dataset, Exact, ImageShape, Values};
use crate::{Error, Result};
/// The values of a file in row-major order, and their shape.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) struct Array {
    pub(in crate::data) shape: Vec<usize>,
    pub(in crate::data) values: Values,
    pub(in crate::data) exact: Exact,
}

impl Array {
    /// Converts an array `(n, d)`, `(n, height, width)` or `(n, height, width, channels)` to samples.
    pub(in crate::data) fn into_dataset(self, place: &str) -> Result<Dataset> {
        let (n_visible, image) = samples_of(place, &self.shape)?;
        let mut data = Dataset::new(place, self.values, n_visible)?;
        if let Some(image) = image {
            data = data.with_image(place, image)?;
        }
        Ok(data.with_exact(self.exact))
    }

    /// Converts column-major order, where the first index runs fastest, to row-major.
    pub(in crate::data) fn into_row_major(self) -> Self {
        let Self { shape, values, mut exact } = self;
        // A column of a table keeps its order, pixels do not.
        if shape.len() > 2
            && let Values::Floats(floats) = &values
            && !exact.columns.is_empty()
        {
            let places = reorder(&shape, &(0..floats.len()).collect::<Vec<_>>());
            exact = exact.rearranged(places.into_iter(), |_, k| floats[k]);
        }
        let values = match values {
            Values::Bytes(values) => Values::Bytes(reorder(&shape, &values)),
            Values::Floats(values) => Values::Floats(reorder(&shape, &values)),
        };
        Self { shape, values, exact }
    }
}

/// The length of a sample in an array of this shape, and its image shape.
pub(in crate::data) fn samples_of(place: &str, shape: &[usize]) -> Result<(usize, Option<ImageShape>)> {
    match *shape {
        [_, d] => Ok((d, None)),
        [_, height, width] => Ok((height * width, Some(ImageShape { height, width, channels: 1 }))),
        [_, height, width, channels] => {
            Ok((height * width * channels, Some(ImageShape { height, width, channels })))
        }
        _ => Err(Error::input(
            place,
            format!(
                "an array with {} dimensions is not a data set; give (n, d), (n, height, width) or (n, height, \
                 width, channels)",
                shape.len()
            ),
        )),
    }
}

fn reorder<T: Copy>(shape: &[usize], values: &[T]) -> Vec<T> {
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for &n in shape {
        strides.push(stride);
        stride *= n;
    }
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        out.push(values[at]);
        // The next index in row-major order, like an odometer.
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_major_becomes_row_major() {
        // Element (i, j, k) of shape (2, 3, 4) has the value 100 i + 10 j + k.
        let shape = vec![2, 3, 4];
        let mut column_major = Vec::new();
        for k in 0..4u8 {
            for j in 0..3 {
                for i in 0..2 {
                    column_major.push(100 * i + 10 * j + k);
                }
            }
        }
        let array = Array { shape, values: Values::Bytes(column_major), exact: Exact::default() };
        let array = array.into_row_major();
        let Values::Bytes(values) = array.values else { panic!("bytes stay bytes") };
        assert_eq!(values[..6], [0, 1, 2, 3, 10, 11]);
        assert_eq!(values[4 * (3 + 2) + 3], 123);
    }

    #[test]
    fn other_shapes_are_refused() {
        let array = |shape: &[usize]| Array {
            shape: shape.to_vec(),
            values: Values::Bytes(vec![0; 6]),
            exact: Exact::default(),
        };
        for (shape, image) in [
            (&[2, 3][..], None),
            (&[1, 2, 3], Some(ImageShape { height: 2, width: 3, channels: 1 })),
            (&[2, 1, 1, 3], Some(ImageShape { height: 1, width: 1, channels: 3 })),
        ] {
            assert_eq!(array(shape).into_dataset("a").unwrap().image(), image);
        }
        for shape in [&[6][..], &[], &[1, 1, 1, 2, 3]] {
            let message = array(shape).into_dataset("a").unwrap_err().to_string();
            assert!(message.contains("is not a data set; give (n, d)"), "{message}");
        }
    }
}

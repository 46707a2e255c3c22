//! Warnings about values from which a network would hardly learn.

use crate::data::hold::{Samples, Values};
use crate::error::Problem;
use penstroke_engine::{Activation, Rows};

/// Returns a warning if a network with this decoder would hardly learn from the values.
///
/// ```
/// use penstroke::Activation;
/// use penstroke::data::{Dataset, Values, scale_warning};
/// let data = Dataset::new("photos.npy", Values::Floats(vec![0.0, 128.0, 255.0, 7.0]), 2)?;
/// assert_eq!(
///     scale_warning(&data, Some(Activation::Sigmoid)).unwrap().to_string(),
///     "values of 0 to 255 look like pixels of 0 to 255, and the sigmoid decoder gives 0 to 1; set scale to 255"
/// );
/// # Ok::<(), penstroke::Error>(())
/// ```
pub fn scale_warning(data: &dyn Samples, decoder: Option<Activation>) -> Option<Problem> {
    // For a file, the first samples decide.
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
    let found = format!("values of {low} to {high}");
    if low == 0.0 && (128.0..=255.0).contains(&high) && values.iter().all(|x| x.fract() == 0.0) {
        return Some(
            Problem::from(format!("{found} look like pixels of 0 to 255{sigmoid}")).set("scale", 255),
        );
    }
    if !sigmoid.is_empty() && (low < -0.5 || high > 1.5) {
        let problem = format!("{found} are far outside 0 to 1{sigmoid}");
        return Some(Problem::from(problem).set("scale", "range").set("decoder", "linear"));
    }
    // There codes saturate and steps overshoot.
    if low < -1000.0 || high > 1000.0 {
        let problem = format!("{found} are too large to learn from");
        return Some(Problem::from(problem).set("scale", "standard").set("scale", "range"));
    }
    None
}

/// Returns a warning if the values differ in scale from the range `learned` that a model was trained on.
///
/// ```
/// use penstroke::data::{Dataset, Values, range_warning};
/// let data = Dataset::new("photos.npy", Values::Floats(vec![0.0, 128.0, 255.0, 7.0]), 2)?;
/// assert_eq!(
///     range_warning(&data, (0.0, 1.0)).unwrap().to_string(),
///     "values of 0 to 255 differ in scale from the 0 to 1 that the model learned from"
/// );
/// assert_eq!(range_warning(&data, (-100.0, 250.0)), None);
/// # Ok::<(), penstroke::Error>(())
/// ```
pub fn range_warning(data: &dyn Samples, learned: (f32, f32)) -> Option<Problem> {
    let reach = |(low, high): (f32, f32)| low.abs().max(high.abs());
    let (found, known) = (reach(data.range()), reach(learned));
    // Other samples of the same kind may have a different range, but hardly by a factor of ten.
    let alike = found == 0.0 || known == 0.0 || (0.1..=10.0).contains(&(found / known));
    let ((low, high), (from, to)) = (data.range(), learned);
    (!alike).then(|| {
        format!(
            "values of {low} to {high} differ in scale from the {from} to {to} that the model learned from"
        )
        .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;

    #[test]
    fn values_of_an_unsuitable_scale_give_a_warning() {
        let check = |values: &[f32], decoder, expected: Option<&str>| {
            let data = Dataset::new("test", Values::Floats(values.to_vec()), 1).unwrap();
            assert_eq!(
                scale_warning(&data, decoder).map(|warning| warning.to_string()).as_deref(),
                expected,
                "{values:?}"
            );
        };
        let sigmoid = Some(Activation::Sigmoid);
        check(&[0.0, 1.0], sigmoid, None);
        check(&[0.0, 0.5, 200.0], None, None);
        check(
            &[0.0, 3.0, 200.0],
            Some(Activation::Linear),
            Some("values of 0 to 200 look like pixels of 0 to 255; set scale to 255"),
        );
        check(
            &[-2.5, 1.0],
            sigmoid,
            Some(
                "values of -2.5 to 1 are far outside 0 to 1, and the sigmoid decoder gives 0 to 1; set scale to range, or set \
                 decoder to linear",
            ),
        );
        check(&[-2.5, 1.0], Some(Activation::Linear), None);
        check(
            &[1.0, 1484705.0],
            None,
            Some(
                "values of 1 to 1484705 are too large to learn from; set scale to standard, or set scale to range",
            ),
        );
        let bytes = Dataset::new("test", Values::Bytes(vec![0, 255]), 1).unwrap();
        assert_eq!(scale_warning(&bytes, sigmoid), None);
    }
}

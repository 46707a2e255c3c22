//! Warnings about values that a network would hardly learn from.

use crate::data::hold::{Samples, Values};
use penstroke_engine::{Activation, Rows};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;

    #[test]
    fn values_of_a_wrong_scale_are_told_with_the_way_out() {
        let check = |values: &[f32], decoder, expected: Option<&str>| {
            let data = Dataset::new("test", Values::Floats(values.to_vec()), 1).unwrap();
            assert_eq!(scale_warning(&data, decoder).as_deref(), expected, "{values:?}");
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
}

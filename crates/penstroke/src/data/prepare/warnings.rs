//! Warnings about samples that a model would hardly learn from, or that are unlike those it learned from.

use crate::data::hold::{CloseColumn, Samples, Values};
use crate::error::Problem;
use penstroke_engine::{Activation, Rows};

/// What samples are for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SamplesFor {
    /// Training a new model.
    Train {
        /// The decoder, if it was chosen.
        decoder: Option<Activation>,
    },
    /// Applying a model, or training it further.
    Model {
        /// The lowest and the highest value that it learned from.
        range: (f32, f32),
    },
    /// Anything else.
    Other,
}

/// Returns what looks wrong with samples for this purpose, the worst first.
///
/// ```
/// use penstroke::Activation;
/// use penstroke::data::{Dataset, SamplesFor, Values, looks_wrong};
/// let data = Dataset::new("photos.npy", Values::Floats(vec![0.0, 128.0, 255.0, 7.0]), 2)?;
/// let [problem] = &looks_wrong(&data, SamplesFor::Train { decoder: Some(Activation::Sigmoid) })[..] else { panic!() };
/// assert_eq!(
///     problem.to_string(),
///     "values of 0 to 255 look like pixels of 0 to 255, and the sigmoid decoder gives 0 to 1; set scale to 255"
/// );
/// let [problem] = &looks_wrong(&data, SamplesFor::Model { range: (0.0, 1.0) })[..] else { panic!() };
/// assert_eq!(
///     problem.to_string(),
///     "values of 0 to 255 differ in scale from the 0 to 1 that the model learned from"
/// );
/// # Ok::<(), penstroke::Error>(())
/// ```
pub fn looks_wrong(data: &dyn Samples, purpose: SamplesFor) -> Vec<Problem> {
    let of_scale = match purpose {
        SamplesFor::Train { decoder } => of_scale(data, decoder),
        SamplesFor::Model { range } => of_range(data, range),
        SamplesFor::Other => None,
    };
    let close = of_close_columns(data.close_columns(), |column| name(data, column));
    let bits = of_bits(data);
    // One cause needs one warning: these two are of scale as well.
    let of_scale = of_scale.filter(|_| close.is_none() && bits.is_none());
    [close, bits, of_scale].into_iter().flatten().collect()
}

/// Calls `f` with all values, or for a file with those of the first samples.
fn some<T>(data: &dyn Samples, f: impl FnOnce(Rows<'_>) -> Option<T>) -> Option<T> {
    match data.in_memory() {
        Some(rows) => f(rows),
        None => {
            let first: Vec<u32> = (0..data.n_samples().min(1000) as u32).collect();
            let mut values = Values::Floats(Vec::new());
            data.read(&first, &mut values).ok()?;
            f(values.rows())
        }
    }
}

/// Returns what looks wrong with columns whose different values become the same float; `name` names a column.
pub fn of_close_columns(close: &[CloseColumn], name: impl Fn(usize) -> String) -> Option<Problem> {
    let mut lossy = close.iter().filter(|column| column.is_lossy);
    let first @ &CloseColumn { column, low, high, .. } = lossy.next()?;
    let more = match lossy.count() {
        0 => String::new(),
        1 => ", and so does 1 more column".to_owned(),
        n => format!(", and so do {n} more columns"),
    };
    let step = first.step();
    let problem = format!(
        "{} holds values of {low} to {high}, which single precision rounds to multiples of {step}, so different ones become \
         equal{more}",
        name(column)
    );
    Some(Problem::from(problem).set("scale", "standard"))
}

/// The name of a column of `data`.
fn name(data: &dyn Samples, column: usize) -> String {
    let columns = data.preparation().columns.as_ref();
    match columns.and_then(|columns| columns.column_of(column)) {
        _ if data.image().is_some() => "the data set of pictures".to_owned(),
        Some(place) => place.to_string(),
        None => format!("column {column} (from 0)"),
    }
}

/// Bytes that are hardly pixels.
fn of_bits(data: &dyn Samples) -> Option<Problem> {
    some(data, |rows| {
        let Rows::Bytes(values) = rows else { return None };
        let text = "uint8 is read as value / 255, but all values are 0 or 1";
        (values.iter().max() == Some(&1))
            .then(|| Problem::from(text).set("scale", "range").hint("give them as float32 or bool"))
    })
}

fn of_scale(data: &dyn Samples, decoder: Option<Activation>) -> Option<Problem> {
    let are_whole = some(data, |rows| match rows {
        Rows::Bytes(_) => None,
        Rows::Floats(values) => Some(values.iter().all(|x| x.fract() == 0.0)),
    })?;
    let (low, high) = data.range();
    let sigmoid = match decoder {
        Some(Activation::Sigmoid) => ", and the sigmoid decoder gives 0 to 1",
        _ => "",
    };
    let found = format!("values of {low} to {high}");
    if low == 0.0 && (128.0..=255.0).contains(&high) && are_whole {
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

fn of_range(data: &dyn Samples, learned: (f32, f32)) -> Option<Problem> {
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
    use crate::data::{Dataset, Scale, Scaling};

    #[test]
    fn values_of_an_unsuitable_scale_give_a_warning() {
        let check = |values: &[f32], decoder, expected: Option<&str>| {
            let data = Dataset::new("test", Values::Floats(values.to_vec()), 1).unwrap();
            assert_eq!(
                looks_wrong(&data, SamplesFor::Train { decoder }).first().map(Problem::to_string).as_deref(),
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
        assert_eq!(looks_wrong(&bytes, SamplesFor::Train { decoder: sigmoid }), []);
        assert_eq!(looks_wrong(&bytes, SamplesFor::Model { range: (0.0, 1.0) }), []);
    }

    #[test]
    fn bits_in_bytes_give_a_warning() {
        for purpose in [SamplesFor::Train { decoder: None }, SamplesFor::Model { range: (0.0, 1.0) }] {
            let check = |bytes: &[u8]| {
                let data = Dataset::new("test", Values::Bytes(bytes.to_vec()), 1).unwrap();
                looks_wrong(&data, purpose).iter().map(Problem::to_string).collect::<Vec<_>>()
            };
            let expected = "uint8 is read as value / 255, but all values are 0 or 1; set scale to range, or give them as \
                            float32 or bool";
            assert_eq!(check(&[0, 1, 1]), [expected]);
            assert!(check(&[0, 2]).is_empty() && check(&[0, 0]).is_empty());
        }
    }

    #[test]
    fn columns_that_lose_values_give_a_warning_until_an_offset_is_subtracted() {
        let seconds: Vec<f64> = (0..400).map(|k| 1.7e9 + f64::from(k)).collect();
        let data = Dataset::of_doubles("test", &seconds, 2).unwrap();
        let train = SamplesFor::Train { decoder: None };
        let check = |data: &Dataset| looks_wrong(data, train).first().map(Problem::to_string);
        let expected = "column 0 (from 0) holds values of 1700000000 to 1700000398, which single precision rounds to \
                        multiples of 128, so different ones become equal, and so does 1 more column; set scale to standard";
        assert_eq!(check(&data).as_deref(), Some(expected));
        let scaled = |scale| Scaling::learn(scale, &data).unwrap().unwrap().apply("test", &data).unwrap();
        assert_eq!(check(&scaled(Scale::Divide(1.7e9))).as_deref(), Some(expected));
        assert_eq!(check(&scaled(Scale::Range)), None);
    }
}

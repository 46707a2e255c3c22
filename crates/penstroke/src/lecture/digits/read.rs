//! The digits of the lecture: read, and checked for suitability.

use crate::data::{Dataset, LoadOptions, Part, Source, has_part, load as load_source, split};
use crate::error::{Error, Result};
use crate::lecture::effort::Effort;
use crate::lecture::options::LectureOptions;

/// Reads the digits and checks that they are suitable.
pub(in crate::lecture) fn read(options: &LectureOptions, effort: &Effort) -> Result<(Dataset, Dataset)> {
    let (train, test) = load(options, effort.digits, effort.test_digits)?;
    check(options, &train, &test)?;
    Ok((train, test))
}

/// Training and test digits, at most the given number of each. If the source has no test part, a sixth of its samples
/// become the test digits.
fn load(
    options: &LectureOptions,
    n_train: Option<usize>,
    n_test: Option<usize>,
) -> Result<(Dataset, Dataset)> {
    let source = &options.digits;
    let part = |part, n| {
        let load = LoadOptions {
            data_dir: options.data_dir.clone(),
            part,
            n: None,
            seed: options.seed,
            ..LoadOptions::default()
        };
        if *source == Source::Strokes {
            return load_source(source, &LoadOptions { n, ..load });
        }
        let all = load_source(source, &load)?;
        Ok(match n {
            Some(n) if n < all.n_samples() => load_source(source, &LoadOptions { n: Some(n), ..load })?,
            _ => all,
        })
    };
    if has_part(source, Part::Test, &options.data_dir) {
        return Ok((part(Part::Train, n_train)?, part(Part::Test, n_test)?));
    }
    let all = part(Part::Train, n_train)?;
    let split = split(all.n_samples(), 1.0 / 6.0, options.seed)?;
    Ok((all.select(&split.train), all.select(&split.valid)))
}

fn check(options: &LectureOptions, train: &Dataset, test: &Dataset) -> Result<()> {
    let wrong = |problem: &str| Err(Error::input(options.digits.to_string(), problem));
    if train.labels().is_none() || test.labels().is_none() {
        return wrong("has no labels, but the lecture trains classifiers; use labelled digits");
    }
    if train.image().is_none_or(|image| image.channels != 1) || train.image() != test.image() {
        return wrong("does not hold grey pictures of one size, but the lecture draws them");
    }
    let (low, high) = train.range();
    if low < 0.0 || high > 1.0 {
        return wrong("has values outside 0..=1; the lecture needs intensities");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImageShape, Values};

    #[test]
    fn unsuitable_digits_are_refused() {
        let rows = Dataset::new("x", Values::Floats(vec![0.0, 0.5, 1.0, 2.0]), 2).unwrap();
        let rows = rows.with_labels("x", vec![0, 1]).unwrap();
        let image = |channels| ImageShape { height: 1, width: 2 / channels, channels };
        let pictures = |channels| rows.clone().with_image("x", image(channels)).unwrap();
        let message = |train: &Dataset, test: &Dataset| {
            check(&LectureOptions::default(), train, test).unwrap_err().to_string()
        };
        let no_pictures = "strokes: does not hold grey pictures of one size, but the lecture draws them";
        for (train, test) in
            [(rows.clone(), rows.clone()), (pictures(2), pictures(2)), (pictures(1), rows.clone())]
        {
            assert_eq!(message(&train, &test), no_pictures);
        }
        assert_eq!(
            message(&pictures(1), &pictures(1)),
            "strokes: has values outside 0..=1; the lecture needs intensities"
        );
    }
}

//! The digits of the lecture: read, and checked for suitability; and the names of their classes.

use super::model::Digits;
use crate::data::{Dataset, LoadOptions, Part, Preparation, Source, has_part, load as load_source, split};
use crate::error::counted;
use crate::error::{Error, Result};
use crate::lecture::effort::Effort;
use crate::lecture::options::LectureOptions;

/// Reads the digits and checks that they are suitable.
pub(in crate::lecture) fn read(options: &LectureOptions, effort: &Effort) -> Result<(Dataset, Dataset)> {
    let (train, test) = load(options, effort.digits, effort.test_digits)?;
    check(options, &train, &test)?;
    check_names(options, n_classes(&train, &test))?;
    Ok((train, test))
}

/// The digits with the names of their classes. Models are trained without them: a model refuses labels that it knows by other names.
pub(super) fn named(digits: Dataset, options: &LectureOptions) -> Dataset {
    let Some(names) = &options.class_names else { return digits };
    let preparation = Preparation { classes: names.clone(), ..digits.preparation().clone() };
    digits.with_preparation(preparation)
}

fn n_classes(train: &Dataset, test: &Dataset) -> usize {
    train.n_classes().max(test.n_classes())
}

fn class_names(train: &Dataset, test: &Dataset) -> Vec<String> {
    (0..n_classes(train, test) as u32).map(|label| train.preparation().class_name(label)).collect()
}

impl Digits {
    /// The names of the classes in the order of their labels; the label of a class without a name.
    pub(in crate::lecture) fn class_names(&self) -> Vec<String> {
        class_names(&self.train, &self.test)
    }
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
        return wrong("has no labels, but the lecture trains classifiers; use labelled pictures");
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

fn check_names(options: &LectureOptions, n_classes: usize) -> Result<()> {
    let Some(names) = &options.class_names else { return Ok(()) };
    let wrong = |problem: String| Err(Error::option("class_names", problem));
    if names.len() != n_classes {
        return wrong(format!(
            "{} for {}; give one for each, in the order of their labels",
            counted(names.len(), "name"),
            counted(n_classes, "class")
        ));
    }
    match names.iter().position(|name| name.trim().is_empty()) {
        Some(empty) => wrong(format!("name {} is empty", empty + 1)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImageShape, Values};
    use crate::lecture::effort::Effort;

    #[test]
    fn classes_have_the_names_of_their_folders_or_of_the_options() {
        const CLASSES: [&str; 3] = ["boot", "coat", "shirt"];
        let folder = tempfile::tempdir().unwrap();
        for (part, class) in ["train", "test"].iter().flat_map(|part| CLASSES.map(|class| (part, class))) {
            let place = folder.path().join(part).join(class);
            std::fs::create_dir_all(&place).unwrap();
            let picture = image::GrayImage::from_pixel(3, 2, image::Luma([7]));
            picture.save(place.join("one.png")).unwrap();
        }
        let mut options =
            LectureOptions { digits: Source::Path(folder.path().to_owned()), ..LectureOptions::default() };
        let effort = Effort::full();
        let (train, test) = read(&options, &effort).unwrap();
        assert_eq!(class_names(&train, &test), CLASSES);

        options.class_names = Some(vec!["b".into(), "c".into(), "s".into()]);
        let (train, test) = read(&options, &effort).unwrap();
        let (train, test) = (named(train, &options), named(test, &options));
        assert_eq!(class_names(&train, &test), ["b", "c", "s"]);
        let mut message = |names: &[&str]| {
            options.class_names = Some(names.iter().map(|name| (*name).to_owned()).collect());
            read(&options, &effort).unwrap_err().to_string()
        };
        assert_eq!(
            message(&["b"]),
            "class_names: 1 name for 3 classes; give one for each, in the order of their labels"
        );
        assert_eq!(message(&["b", " ", "s"]), "class_names: name 2 is empty");
    }

    #[test]
    fn classes_without_names_are_called_by_their_labels() {
        let rows = Dataset::new("x", Values::Floats(vec![0.0; 3]), 1).unwrap();
        let rows = rows.with_labels("x", vec![0, 2, 1]).unwrap();
        assert_eq!(class_names(&rows.select(&[0, 2]), &rows), ["0", "1", "2"]);
    }

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

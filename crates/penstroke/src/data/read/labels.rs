//! Labels that a model may not know.

use crate::data::hold::{Dataset, Preparation};
use crate::{Error, Result};
use std::collections::BTreeMap;

/// How to treat labels of classes that a model does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// An unknown class is an error that names the place.
    #[default]
    Needed,
    /// The samples are loaded without labels, with a warning that names the place.
    IfKnown,
    /// Labels are not read.
    Ignored,
}

/// The error message for a class that the model does not know.
pub(in crate::data) fn no_class(known: &[String]) -> String {
    let shown: Vec<_> = known.iter().take(20).map(|class| format!("{class:?}")).collect();
    let one_of = match known.len() {
        1 => "the only class".to_owned(),
        n => format!("one of the {n} classes"),
    };
    format!("is not {one_of} that the model knows: {}", shown.join(", "))
}

/// The warning that the samples are loaded without labels.
pub(in crate::data) fn without_labels(reason: &Error) -> String {
    format!("{reason}; the samples are loaded without labels")
}

/// The samples with labels numbered as in a model with the classes `known`; unchanged if `known` is empty. A label without
/// a name is known by its number.
pub(in crate::data) fn numbered_like(
    place: &str,
    mut data: Dataset,
    known: &[String],
    labels: Labels,
) -> Result<Dataset> {
    let (Some(own), false) = (data.labels(), known.is_empty()) else { return Ok(data) };
    if labels == Labels::Ignored {
        return Ok(data.without_labels());
    }
    let name = |label: u32| data.preparation().class_name(label);
    let position = |name: &String| known.iter().position(|known| known == name).map(|number| number as u32);
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    let mut unknown = None;
    for &label in own {
        if unknown.is_none() && !numbers.contains_key(&label) {
            match position(&name(label)) {
                Some(number) => drop(numbers.insert(label, number)),
                None => unknown = Some(name(label)),
            }
        }
    }
    let Some(unknown) = unknown else {
        let labels = own.iter().map(|label| numbers[label]).collect();
        let preparation = Preparation { classes: known.to_vec(), ..data.preparation().clone() };
        return Ok(data.with_labels(place, labels)?.with_preparation(preparation));
    };
    let error = Error::input(place, format!("the label {unknown:?} {}", no_class(known)));
    if labels == Labels::Needed {
        return Err(error);
    }
    data = data.without_labels();
    data.warn(without_labels(&error));
    Ok(data)
}

//! Labels that a model may not know.

use crate::Error;

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
    format!("is not one of the {} classes that the model knows: {}", known.len(), shown.join(", "))
}

/// The warning that the samples are loaded without labels.
pub(in crate::data) fn without_labels(reason: &Error) -> String {
    format!("{reason}; the samples are loaded without labels")
}

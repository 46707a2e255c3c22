//! A configuration as text without the options that have their defaults.

use serde::Serialize;
use serde_json::{Map, Value};

/// A configuration as JSON, without the options that have their defaults and without the number of threads, which changes no
/// result. An option added later leaves earlier texts unchanged.
///
/// ```
/// use penstroke::AutoencoderConfig;
/// use penstroke::config::without_defaults;
/// let config = AutoencoderConfig { hidden: 30, ..Default::default() }.learning_rate(0.005).batch(50);
/// assert_eq!(without_defaults(&config), r#"{"batch":50,"hidden":30}"#, "this learning rate is the default");
/// ```
#[must_use]
pub fn without_defaults<C: Serialize + Default>(config: &C) -> String {
    differing(config, &C::default())
}

/// The entries of `config`, as JSON, that differ from those of `usual`.
pub(super) fn differing(config: &impl Serialize, usual: &impl Serialize) -> String {
    let usual = entries(usual);
    let mut entries = entries(config);
    // An option that is not set is left out of the JSON of some configurations.
    for option in usual.keys() {
        entries.entry(option.clone()).or_insert(Value::Null);
    }
    entries.retain(|option, value| usual.get(option).unwrap_or(&Value::Null) != value);
    Value::Object(entries).to_string()
}

/// The entries of a configuration, which is a struct; its names and numbers always have a form in JSON.
fn entries(config: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(entries)) => entries,
        Ok(other) => Map::from_iter([("value".to_owned(), other)]),
        Err(error) => Map::from_iter([("error".to_owned(), error.to_string().into())]),
    }
}

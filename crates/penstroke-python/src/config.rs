//! How to train, which the face says in JSON, and mistakes in it.

use crate::errors::exception;
use penstroke::{AutoencoderConfig, Error, Result, SupervisedConfig};
use pyo3::prelude::*;
use serde_json::json;

/// A configuration of JSON; mistakes name their option and no place in the text.
pub(crate) fn config<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Result<T> {
    let wrong = |error: serde_json::Error| Error::input("configuration", error.to_string());
    let whole: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(wrong)?;
    serde_json::from_value(whole.clone().into()).map_err(|error| {
        // Several options have one type, and its words are all that the message names. Reading each option alone finds the wrong
        // one; numbers of the optimizer need the optimizer beside them.
        let rule = whole.get("optimizer").cloned();
        let alone = |(key, value): (String, _)| {
            let mut object = json!({&key: value});
            if let Some(rule) = rule.clone() {
                object["optimizer"] = rule;
            }
            Some(at(&key, &serde_json::from_value::<T>(object).err()?.to_string()))
        };
        let rule = rule.iter().map(|rule| ("optimizer".to_owned(), rule.clone()));
        rule.chain(whole.clone()).find_map(alone).unwrap_or_else(|| wrong(error))
    })
}

/// A problem of the option `key`, whether or not its text begins with a name.
pub(crate) fn at(key: &str, problem: &str) -> Error {
    let names = [&format!("{key}: "), "activation: "];
    Error::input(key, names.iter().find_map(|name| problem.strip_prefix(*name)).unwrap_or(problem))
}

/// The configurations of several layers.
pub(crate) fn layer_configs(texts: &[String], threads: usize) -> PyResult<Vec<AutoencoderConfig>> {
    let layer = |(k, text): (usize, &String)| {
        let config: AutoencoderConfig = in_layer(k, config(text))?;
        Ok(config.threads(threads))
    };
    texts.iter().enumerate().map(layer).collect()
}

/// Mistakes in the layer `k` of several, which above the first name it.
fn in_layer<T>(k: usize, result: Result<T>) -> PyResult<T> {
    result.map_err(|error| match error {
        Error::Input { place, problem, remedies } if k > 0 => {
            let place = format!("layer {}: {place}", k + 1).into();
            exception(Error::Input { place, problem, remedies })
        }
        error if k > 0 => exception(error.in_layer(k)),
        error => exception(error),
    })
}

/// Whether layers can be trained like this, whatever the samples are.
#[pyfunction]
pub(crate) fn check_layers(configs: Vec<String>) -> PyResult<()> {
    for (k, config) in layer_configs(&configs, 0)?.iter().enumerate() {
        in_layer(k, config.check())?;
    }
    Ok(())
}

/// Whether a classifier can be fine-tuned like this, whatever the samples are.
#[pyfunction]
pub(crate) fn check_fine_tuning(tuning: &str) -> PyResult<()> {
    config::<SupervisedConfig>(tuning).and_then(|tuning| tuning.check()).map_err(exception)
}

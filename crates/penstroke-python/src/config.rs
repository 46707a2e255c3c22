//! Configurations, which Python passes as JSON.

use crate::errors::Names;
use penstroke::config::{Named, Optimizer};
use penstroke::error::Words;
use penstroke::{AutoencoderConfig, SupervisedConfig};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Parses a configuration from JSON.
pub(crate) fn config<T: DeserializeOwned>(text: &str, names: &Names) -> PyResult<T> {
    check_rule(text).map_err(|error| names.exception(error))?;
    parse(text).map_err(|(option, problem)| PyValueError::new_err(message(&option, &problem, names)))
}

/// Checks that the optimizer's parameters belong to its rule. serde would keep only the text of this error, without its
/// remedy.
fn check_rule(text: &str) -> penstroke::Result<()> {
    let whole: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let rule = whole.get("optimizer").and_then(Value::as_str).map(Optimizer::parse);
    let Some(Ok(rule)) = rule else { return Ok(()) };
    for option in ["momentum", "beta1", "beta2", "epsilon"] {
        if let Some(value) = whole.get(option).and_then(Value::as_f64) {
            rule.set(option, value)?;
        }
    }
    Ok(())
}

/// Parses the configurations of several layers.
pub(crate) fn layer_configs(
    texts: &[String],
    names: &Names,
    threads: usize,
) -> PyResult<Vec<AutoencoderConfig>> {
    for text in texts {
        check_rule(text).map_err(|error| names.exception(error))?;
    }
    let layer = |(k, text): (usize, &String)| match parse::<AutoencoderConfig>(text) {
        Ok(config) => Ok(config.threads(threads)),
        Err((option, problem)) => {
            let layer = if k > 0 { format!("layer {}: ", k + 1) } else { String::new() };
            Err(PyValueError::new_err(layer + &message(&option, &problem, names)))
        }
    };
    texts.iter().enumerate().map(layer).collect()
}

/// Parses a configuration from JSON; the error names the option and the problem.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, (String, String)> {
    let unknown = |error: serde_json::Error| ("configuration".to_owned(), error.to_string());
    let whole: Map<String, Value> = serde_json::from_str(text).map_err(unknown)?;
    serde_json::from_value(whole.clone().into()).map_err(|error| {
        // The message does not name the option, so each is tried alone. The optimizer's parameters need their rule with
        // them.
        let rule = whole.get("optimizer").cloned();
        let alone = |(option, value): (&String, &Value)| {
            let mut object = json!({option: value});
            if let Some(rule) = &rule {
                object["optimizer"] = rule.clone();
            }
            let error = serde_json::from_value::<T>(object).err()?;
            Some((option.clone(), error.to_string()))
        };
        let rule = whole.iter().filter(|(option, _)| *option == "optimizer");
        rule.chain(&whole).find_map(alone).unwrap_or_else(|| unknown(error))
    })
}

/// The problem of an option, whether or not its text starts with the name of the option or of its type.
pub(crate) fn message(option: &str, problem: &str, names: &Names) -> String {
    let name = [&format!("{option}: "), "activation: "];
    let problem = name.iter().find_map(|name| problem.strip_prefix(*name)).unwrap_or(problem);
    format!("{}: {problem}", names.option(option))
}

/// Checks the configurations of layers, as far as possible without samples.
#[pyfunction]
pub(crate) fn check_layers(configs: Vec<String>, names: Names) -> PyResult<()> {
    for (k, config) in layer_configs(&configs, &names, 0)?.iter().enumerate() {
        config.check().map_err(|error| names.exception(if k > 0 { error.in_layer(k) } else { error }))?;
    }
    Ok(())
}

/// Checks the configuration of fine-tuning, as far as possible without samples.
#[pyfunction]
pub(crate) fn check_fine_tuning(tuning: &str, names: Names) -> PyResult<()> {
    config::<SupervisedConfig>(tuning, &names)?.check().map_err(|error| names.exception(error))
}

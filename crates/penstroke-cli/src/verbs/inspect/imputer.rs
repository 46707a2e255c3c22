//! Describes an imputer.

use crate::run::failure::Result;
use crate::run::output;
use penstroke::data::{ColumnSchema, Schema};
use penstroke::error::counted;
use penstroke::impute::Imputer;
use penstroke::model::FORMAT_VERSION;
use penstroke::train::History;
use serde_json::{Value, json};
use std::path::Path;

/// Most characters of the categories of a column in text.
const WIDTH: usize = 80;

pub(super) fn print(path: &Path, imputer: &Imputer, as_json: bool) -> Result<()> {
    if as_json {
        return output::print_json(&answer(imputer));
    }
    let mut lines = vec![format!("{}: imputer, model format {FORMAT_VERSION}", path.display())];
    lines.extend(of_schema(imputer.schema()));
    lines.extend(of_config(&json!(imputer.config())));
    for (k, history) in (1..).zip(imputer.histories()) {
        lines.push(line(&format!("network {k}"), losses(history)));
    }
    output::print(&lines.join("\n"))
}

pub(super) fn line(name: &str, value: String) -> String {
    format!("  {name:<16} {value}")
}

/// What was learned from.
pub(super) fn of_schema(Schema { columns, n_rows, .. }: &Schema) -> Vec<String> {
    let size = format!("{} of {}", counted(*n_rows, "row"), counted(columns.len(), "column"));
    let mut lines = vec![line("trained on", size)];
    for column in columns {
        let name = if column.name.is_empty() { "(no name)" } else { &column.name };
        lines.push(line(name, described(column, *n_rows)));
    }
    lines
}

/// A line for each option of a configuration.
pub(super) fn of_config(config: &Value) -> Vec<String> {
    let options = config.as_object().into_iter().flatten();
    options.map(|(option, value)| line(&option.replace('_', "-"), in_words(value))).collect()
}

fn answer(imputer: &Imputer) -> Value {
    let networks: Vec<Value> = imputer.histories().map(|history| json!({"history": history})).collect();
    json!({
        "kind": "imputer",
        "format": FORMAT_VERSION,
        "schema": imputer.schema(),
        "config": imputer.config(),
        "networks": networks,
        "errors": imputer.errors(),
    })
}

/// What a column holds, and its share of gaps in training.
fn described(column: &ColumnSchema, n_rows: usize) -> String {
    let mut words = column.kind.to_string();
    if column.kind.is_left() {
        return format!("{words}, left out");
    }
    if let Some([low, high]) = column.range {
        let whole = if column.is_whole { "whole numbers from" } else { "from" };
        words += &format!(", {whole} {} to {}", number(low), number(high));
    }
    if !column.categories.is_empty() {
        words += &format!(", {}", listed(&column.categories));
    }
    let share = 100.0 * column.n_missing as f64 / n_rows.max(1) as f64;
    words + &if column.n_missing > 0 { format!("; {share:.1} % missing") } else { String::new() }
}

/// A number with all its digits, as an exponent if it is very large or small.
fn number(value: f64) -> String {
    if value == 0.0 || (1e-5..1e15).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

/// As many categories as fit into a line.
fn listed(categories: &[String]) -> String {
    let mut text = String::new();
    for (k, category) in categories.iter().enumerate() {
        if !text.is_empty() && text.chars().count() + category.chars().count() > WIDTH {
            return format!("{text} and {} more", categories.len() - k);
        }
        text += if text.is_empty() { "" } else { ", " };
        text += category;
    }
    text
}

/// A value of the configuration.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

/// The last training loss, and the loss on left-out rows of the epoch whose weights were kept.
pub(super) fn losses(history: &History) -> String {
    let epoch = history.best_epoch.unwrap_or(history.train_loss.len());
    let of = |values: &[f64]| epoch.checked_sub(1).and_then(|at| values.get(at).copied());
    let kept =
        history.best_epoch.map_or(String::new(), |epoch| format!(", the weights of epoch {epoch} kept"));
    let loss = of(&history.train_loss).map_or(String::new(), |loss| format!("; loss {loss:.4}"));
    let valid = of(&history.valid_loss);
    let valid = valid.map_or(String::new(), |loss| format!(", on the rows left out {loss:.4}"));
    format!("{}{kept}{loss}{valid}", counted(history.train_loss.len(), "epoch"))
}

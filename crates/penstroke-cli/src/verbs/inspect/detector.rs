//! Describes a detector of anomalies.

use super::imputer::{line, losses, of_config, of_schema};
use crate::run::failure::Result;
use crate::run::output;
use penstroke::anomaly::{Contamination, Detector};
use penstroke::error::counted;
use penstroke::model::FORMAT_VERSION;
use penstroke::report::number::significant;
use serde_json::{Value, json};
use std::path::Path;

/// Shares of anomalies for which the threshold is told.
const SHARES: [f64; 3] = [0.1, 0.05, 0.01];

pub(super) fn print(path: &Path, detector: &Detector, as_json: bool) -> Result<()> {
    if as_json {
        return output::print_json(&answer(detector)?);
    }
    let mut lines = vec![format!("{}: detector, model format {FORMAT_VERSION}", path.display())];
    lines.extend(of_schema(detector.schema()));
    lines.extend(of_config(&json!(detector.config())));
    let n = detector.config().networks;
    for (k, history) in detector.histories().enumerate() {
        let kind = if k < n { "local" } else { "level" };
        lines.push(line(&format!("{kind} network {}", k % n + 1), losses(history)));
    }
    let scores = detector.learned_scores();
    let [low, high] = ends(scores).map(|score| significant(score, 3));
    lines.push(line(
        "scores",
        format!("{} of the learned rows, {low} to {high}", counted(scores.len(), "score")),
    ));
    let told = |(contamination, threshold): (Contamination, f64)| {
        format!("{} for {contamination}", significant(threshold, 3))
    };
    let told: Vec<String> = thresholds(detector)?.into_iter().map(told).collect();
    lines.push(line("thresholds", told.join(", ")));
    output::print(&lines.join("\n"))
}

fn thresholds(detector: &Detector) -> penstroke::Result<Vec<(Contamination, f64)>> {
    let all = [Contamination::Auto].into_iter().chain(SHARES.map(Contamination::Share));
    all.map(|contamination| Ok((contamination, detector.threshold(contamination)?))).collect()
}

fn ends(scores: &[f64]) -> [f64; 2] {
    [scores.first(), scores.last()].map(|score| score.copied().unwrap_or_default())
}

fn answer(detector: &Detector) -> penstroke::Result<Value> {
    let (n, scores) = (detector.config().networks, detector.learned_scores());
    let networks: Vec<Value> = detector
        .histories()
        .enumerate()
        .map(|(k, history)| json!({"kind": if k < n { "local" } else { "level" }, "history": history}))
        .collect();
    let thresholds: Vec<Value> = thresholds(detector)?
        .into_iter()
        .map(|(contamination, threshold)| {
            let name = match contamination {
                Contamination::Auto => json!("auto"),
                Contamination::Share(share) => json!(share),
            };
            json!({"contamination": name, "threshold": threshold})
        })
        .collect();
    Ok(json!({
        "kind": "detector",
        "format": FORMAT_VERSION,
        "schema": detector.schema(),
        "config": detector.config(),
        "networks": networks,
        "n_scores": scores.len(),
        "score_range": ends(scores),
        "thresholds": thresholds,
    }))
}

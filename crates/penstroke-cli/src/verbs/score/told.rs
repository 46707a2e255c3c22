//! What `penstroke score` prints: the rows with the largest scores, and a summary.

use super::scored::Scored;
use super::words;
use penstroke::anomaly::{Contamination, Expected, UnusualCell};
use penstroke::data::Cells;
use penstroke::error::counted;
use penstroke::report::number::significant;
use serde_json::{Value, json};
use std::path::Path;

/// Most characters of a name or a value in a line.
const LONGEST: usize = 30;

/// The least score of a cell that is told, twice that of a usual one.
const TOLD: f64 = 2.0;

/// The `top` rows, a line each under a heading.
pub(super) fn table(scored: &Scored, top: &[usize]) -> String {
    let lines = top.iter().map(|&at| {
        let row = &scored.rows[at];
        let odd = row.cells.iter().filter(|cell| cell.score >= TOLD && is_odd(scored, at, cell));
        let mut cells: Vec<String> = odd.map(|cell| of_cell(scored, at, cell)).collect();
        if cells.is_empty() && !row.cells.is_empty() {
            cells.push("no single cell".into());
        }
        let id = scored.ids.as_ref().map_or(String::new(), |ids| shortened(&ids.texts[at]));
        line(at, id, (row.score, row.share_above), cells.join("; "))
    });
    let name = scored.ids.as_ref().map_or(String::new(), |ids| shortened(&ids.name));
    let cells = if scored.rows.iter().any(|row| !row.cells.is_empty()) { "unusual cells" } else { "" };
    aligned(name, cells, lines)
}

/// A line of the table.
pub(super) type Line = [String; 5];

/// The line of a row with its score and share.
pub(super) fn line(row: usize, id: String, (score, share): (f64, f64), cells: String) -> Line {
    [(row + 1).to_string(), id, significant(score, 3), format!("{:.1} %", 100.0 * share), cells]
}

/// The lines under a heading; `id` and `cells` head columns that may be empty.
pub(super) fn aligned(id: String, cells: &str, lines: impl Iterator<Item = Line>) -> String {
    let mut all = vec![["row".into(), id, "score".into(), "share".into(), cells.to_owned()]];
    all.extend(lines);
    let width = |k: usize| all.iter().map(|line| line[k].chars().count()).max().unwrap_or_default();
    let [of_row, of_id, of_score, of_share] = [0, 1, 2, 3].map(width);
    let written = |[row, id, score, share, cells]: &Line| {
        let id = if of_id > 0 { format!("  {id:<of_id$}") } else { String::new() };
        let line = format!("{row:>of_row$}{id}  {score:>of_score$}  {share:>of_share$}  {cells}");
        line.trim_end().to_owned()
    };
    all.iter().map(written).collect::<Vec<_>>().join("\n")
}

/// Whether a cell is outside of the range that was expected, or in another category.
fn is_odd(scored: &Scored, row: usize, cell: &UnusualCell) -> bool {
    match (&cell.expected, &scored.table.columns()[cell.column]) {
        (Expected::Number { range: [low, high], .. }, Cells::Numbers(numbers)) => {
            !(*low..=*high).contains(&numbers[row])
        }
        (Expected::Category { category, .. }, Cells::Codes(codes)) => codes[row] as usize != *category,
        _ => false,
    }
}

/// `amount 4520.00 (expected 12.10 to 80.00)`
fn of_cell(scored: &Scored, row: usize, cell: &UnusualCell) -> String {
    let column = words::column(&scored.table, cell);
    let name = if column.name.is_empty() { "(no name)" } else { &column.name };
    let value = words::value(&scored.table, row, cell);
    let expected = words::expected_with_range(column, &cell.expected);
    format!("{} {} (expected {})", shortened(name), shortened(&value), shortened(&expected))
}

fn shortened(text: &str) -> String {
    match text.chars().count() > LONGEST {
        true => text.chars().take(LONGEST - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// How many rows count as anomalies.
pub(super) fn summary(scored: &Scored) -> String {
    counts(scored.rows.len(), scored.n_anomalies(), scored.contamination, scored.threshold)
}

/// How many of `n_rows` count as anomalies.
pub(super) fn counts(n_rows: usize, n: usize, contamination: Contamination, threshold: f64) -> String {
    format!(
        "{} scored; {n} {} as {}: score above {}, contamination {contamination}",
        counted(n_rows, "row"),
        if n == 1 { "counts" } else { "count" },
        if n == 1 { "an anomaly" } else { "anomalies" },
        significant(threshold, 3),
    )
}

pub(super) fn contamination(contamination: Contamination) -> Value {
    match contamination {
        Contamination::Auto => json!("auto"),
        Contamination::Share(share) => json!(share),
    }
}

/// The summary for programs.
pub(super) fn answer(scored: &Scored, top: &[usize], (file, model): (&Path, Option<&Path>)) -> Value {
    let row = |&at: &usize| {
        let row = &scored.rows[at];
        let cells: Vec<Value> = row.cells.iter().map(|cell| of_json(scored, at, cell)).collect();
        json!({
            "row": at + 1,
            "id": scored.ids.as_ref().map(|ids| &ids.texts[at]),
            "score": row.score,
            "share": row.share_above,
            "is_anomaly": scored.is_anomaly(row),
            "cells": cells,
        })
    };
    json!({
        "file": file,
        "model": model,
        "heat_map": null,
        "n_rows": scored.rows.len(),
        "n_learned": scored.detector.schema().n_rows,
        "contamination": contamination(scored.contamination),
        "threshold": scored.threshold,
        "n_anomalies": scored.n_anomalies(),
        "top": top.iter().map(row).collect::<Vec<_>>(),
    })
}

fn of_json(scored: &Scored, row: usize, cell: &UnusualCell) -> Value {
    let column = words::column(&scored.table, cell);
    let value = match &scored.table.columns()[cell.column] {
        Cells::Numbers(numbers) => json!(numbers[row]),
        _ => json!(words::value(&scored.table, row, cell)),
    };
    let mut answer = json!({"column": column.name, "score": cell.score, "value": value});
    match &cell.expected {
        Expected::Number { value, range } => {
            answer["expected"] = json!(value);
            answer["range"] = json!(range);
        }
        Expected::Category { category, probability } => {
            answer["expected"] = json!(words::category(column, *category));
            answer["probability"] = json!(probability);
        }
    }
    answer
}

//! One table of bad tables, imputed through the library and the command line; `python/tests/test_bad_tables.py` runs it through Python.

use crate::runner::{Run, Runner};
use penstroke::Run as Training;
use penstroke::data::{Cells, SchemaOptions, TypedTable};
use penstroke::impute::{Imputer, ImputerConfig};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn table() -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/inputs/bad-tables.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The texts under a key.
fn texts<'a>(row: &'a Value, key: &str) -> Vec<&'a str> {
    row[key].as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

/// The table under a key, as text.
fn csv(row: &Value, key: &str) -> String {
    let lines = texts(row, key);
    let repeated = lines[1..].repeat(row["times"].as_u64().unwrap_or(10) as usize);
    let all = lines[..1].iter().chain(&repeated).copied();
    let then = texts(row, "then").into_iter().filter(|_| key == "rows");
    all.chain(then).map(|line| format!("{line}\n")).collect()
}

fn check_error(row: &Value, face: &str, message: &str, more: &[&str]) {
    assert!(!row["error"].is_null(), "{} ({face}): {message}", row["name"]);
    assert!(!message.trim_end().contains('\n'), "{message}");
    for part in texts(row, "error").iter().chain(more) {
        assert!(message.contains(part), "{} ({face}): {part:?} is not in {message}", row["name"]);
    }
}

/// Checks warnings and the number of filled cells.
fn check_filled(row: &Value, face: &str, warnings: &[String], n_filled: usize) {
    let name = &row["name"];
    assert!(row["error"].is_null(), "{name} ({face}): is imputed");
    assert_eq!(row["filled"], n_filled, "{name} ({face})");
    let told = texts(row, "told");
    assert_eq!(warnings.len(), told.len(), "{name} ({face}): {warnings:?}");
    for (warning, part) in warnings.iter().zip(told) {
        assert!(warning.contains(part), "{name} ({face}): {warning}");
    }
}

/// Reads, trains and fills with the library.
fn impute(row: &Value, folder: &Path) -> penstroke::Result<(TypedTable, Vec<penstroke::data::Fill>)> {
    let read = |key: &str| {
        let file = folder.join(key);
        fs::write(&file, csv(row, key)).unwrap();
        file
    };
    let config = ImputerConfig {
        networks: 2,
        hidden: vec![16],
        steps: 40,
        learning_rate: row["learning_rate"].as_f64().unwrap_or(0.002),
        ..ImputerConfig::default()
    };
    let options = SchemaOptions::default();
    let learned = if row["learned"].is_null() { "rows" } else { "learned" };
    let table = TypedTable::read(&read(learned), &options)?;
    let imputer = Imputer::fit(&config, &table, &mut Training::new())?;
    let table = match learned {
        "rows" => table,
        _ => TypedTable::read_like(&read("rows"), imputer.schema(), &options)?,
    };
    let fills = imputer.impute(&table)?;
    Ok((table, fills))
}

#[test]
fn the_library_says_what_is_wrong_with_every_bad_table() {
    for row in &table() {
        let folder = tempfile::tempdir().unwrap();
        match impute(row, folder.path()) {
            Err(error) => check_error(row, "library", &error.to_string(), &[]),
            Ok((table, fills)) => {
                let n_filled = fills.iter().map(|fill| fill.rows.len()).sum();
                check_filled(row, "library", table.warnings(), n_filled);
                for (name, value) in row["fills"].as_object().into_iter().flatten() {
                    let column = table.schema().columns.iter().position(|column| column.name == *name);
                    let of = fills.iter().find(|fill| Some(fill.column) == column).unwrap();
                    assert_eq!(of.values, Cells::Numbers(vec![value.as_f64().unwrap(); of.rows.len()]));
                }
            }
        }
    }
}

/// Tables of a saved imputer or another learning rate are left out: these verbs have neither.
#[test]
fn inspecting_and_encoding_say_what_is_wrong_with_every_bad_table() {
    let mut n = 0;
    for row in table().iter().filter(|row| row["learning_rate"].is_null() && row["learned"].is_null()) {
        // A table that is too short is described, and `fit` has its own lower limit for one of numbers.
        if row["error"].is_null() || row["times"] == 6 {
            continue;
        }
        let runner = Runner::new();
        fs::write(runner.path("t.csv"), csv(row, "rows")).unwrap();
        for line in ["inspect t.csv", "fit t.csv --epochs 1 --out m"] {
            let Run { code, stdout, stderr } = runner.run(line);
            assert_eq!((code, stdout.as_str()), (2, ""), "{}: {line}: {stderr}", row["name"]);
            check_error(row, line, &stderr, &texts(row, "command"));
        }
        assert_eq!(runner.names(), ["t.csv"]);
        n += 1;
    }
    assert!(n >= 4, "{n} tables");
}

#[test]
fn the_command_line_says_what_is_wrong_with_every_bad_table() {
    for row in table().iter().filter(|row| row["learning_rate"].is_null()) {
        let runner = Runner::new();
        fs::write(runner.path("t.csv"), csv(row, "rows")).unwrap();
        let mut how = "--networks 2".to_owned();
        if !row["learned"].is_null() {
            fs::write(runner.path("learned.csv"), csv(row, "learned")).unwrap();
            runner.print("impute learned.csv --networks 1 --save-model m --out filled.csv --quiet");
            how = "--model m".to_owned();
        }
        let before = runner.names();
        let Run { code, stdout, stderr } = runner.run(&format!("impute t.csv --out done.csv {how}"));
        if code != 0 {
            // What the columns hold is told before.
            let message = stderr.lines().last().unwrap();
            assert_eq!((code, stderr.matches("penstroke: ").count()), (2, 1), "{stderr}");
            check_error(row, "impute", message, &texts(row, "command"));
            assert_eq!(runner.names(), before, "{}", row["name"]);
            continue;
        }
        let is_warning = |line: &&str| line.starts_with("penstroke: ");
        let warnings: Vec<String> = stderr.lines().filter(is_warning).map(str::to_owned).collect();
        let n_filled = stdout.split_whitespace().nth(1).unwrap().parse().unwrap_or(0);
        check_filled(row, "impute", &warnings, n_filled);
        let done = fs::read_to_string(runner.path("done.csv")).unwrap();
        let names: Vec<&str> = done.lines().next().unwrap().split(',').collect();
        for (name, value) in row["fills"].as_object().into_iter().flatten() {
            let at = names.iter().position(|other| other == name).unwrap();
            for line in done.lines().skip(1) {
                assert_eq!(line.split(',').nth(at), Some(&*value.to_string()), "{}", row["name"]);
            }
        }
        if n_filled == 0 {
            assert_eq!(done, csv(row, "rows"));
        }
    }
}

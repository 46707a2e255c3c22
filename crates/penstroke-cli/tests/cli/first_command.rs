//! The first command that a user types, without an option, on tables as they come.

use crate::runner::{Run, Runner};
use std::fs;
use std::path::Path;

/// 30 rows of a number, another that follows from it, and a category, with gaps; cells are joined by `delimiter`.
fn table(delimiter: &str, decimal: &str, gap: &str) -> String {
    let mut text = ["width", "height", "colour"].join(delimiter) + "\n";
    for row in 0..30 {
        let value = row * 7 % 30;
        let number = |value: usize| format!("{}{decimal}{}", value / 4, ["0", "25", "5", "75"][value % 4]);
        let colour = if value > 15 { "red" } else { "blue" };
        let mut cells = [number(value + 4), number(2 * value + 5), colour.to_owned()];
        if row % 2 == 1 {
            cells[row / 2 % 3] = gap.to_owned();
        }
        text += &(cells.join(delimiter) + "\n");
    }
    text
}

/// Imputes a table without an option: what was inferred takes at most ten lines, and no gap is left.
fn impute(runner: &Runner, name: &str, out: &str, n_filled: usize) -> String {
    let Run { code, stdout, stderr } = runner.run(&format!("impute {name} --out {out}"));
    assert_eq!(code, 0, "{name}: {stderr}");
    let cells = format!("{out}: {n_filled} cells filled in ");
    let copied = format!("{out}: no cell is missing in the columns that are learned; the table is copied");
    assert!(stdout.starts_with(if n_filled == 0 { &copied } else { &cells }), "{name}: {stdout}");
    let told = stderr.split("held-out errors").next().unwrap();
    assert!((3..=10).contains(&told.lines().count()), "{name}: {told}");
    let done = runner.json(&format!("inspect {out} --json"));
    for column in done["schema"]["columns"].as_array().unwrap() {
        assert_eq!(column["n_missing"], 0, "{name}: {column}");
    }
    told.to_owned()
}

#[test]
fn delimiters_decimal_commas_and_marks_of_gaps_are_found() {
    let runner = Runner::new();
    for (name, content, form) in [
        ("semicolons.csv", table(";", ",", ""), "fields separated by semicolons, decimal comma"),
        ("tabs.csv", table("\t", ".", ""), "fields separated by tabs, decimal point"),
        ("blanks.txt", table(" ", ".", "NA"), "fields separated by blanks, decimal point"),
        ("marks.csv", table(",", ".", "?"), "fields separated by commas, decimal point"),
    ] {
        fs::write(runner.path(name), content).unwrap();
        let told = impute(&runner, name, &format!("done-{name}"), 15);
        for part in [form, "\nnumeric: width, height\n", "\nbinary: colour (blue/red)\n"] {
            assert!(told.contains(part), "{name}: {part:?} is not in {told}");
        }
    }
}

#[test]
fn tables_of_one_column_and_without_gaps_are_taken() {
    let runner = Runner::new();
    fs::write(runner.path("one.csv"), format!("colour\n{}", "red\nblue\n?\n".repeat(10))).unwrap();
    let told = impute(&runner, "one.csv", "done.csv", 10);
    assert!(told.contains("\nbinary: colour (blue/red)\n"), "{told}");
    let whole: String = table(",", ".", "")
        .lines()
        .filter(|line| !line.split(',').any(str::is_empty))
        .collect::<Vec<_>>()
        .join("\n");
    fs::write(runner.path("whole.csv"), &whole).unwrap();
    let told = impute(&runner, "whole.csv", "whole-done.csv", 0);
    assert!(told.ends_with("no gaps\n"), "{told}");
    assert_eq!(fs::read_to_string(runner.path("whole-done.csv")).unwrap(), whole);
}

#[test]
fn categories_that_are_new_are_filled() {
    let runner = Runner::new();
    fs::write(runner.path("t.csv"), table(",", ".", "")).unwrap();
    runner.print("impute t.csv --save-model m --out done.csv --quiet");
    fs::write(runner.path("new.csv"), "width,height,colour\n1.5,2.25,green\n,14.5,red\n").unwrap();
    let Run { code, stdout, stderr } = runner.run("impute new.csv --model m --out new-done.csv");
    assert_eq!((code, stdout.as_str()), (0, "new-done.csv: 2 cells filled in 2 columns\n"), "{stderr}");
    assert_eq!(
        stderr,
        "penstroke: column colour: 1 cell holds a category not seen in training, the first \"green\"; it counts as missing\n"
    );
    assert!(!fs::read_to_string(runner.path("new-done.csv")).unwrap().contains("green"));
}

#[test]
fn nulls_and_dictionaries_of_parquet_are_filled() {
    let runner = Runner::new();
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/inputs");
    fs::copy(inputs.join("nulls-dictionaries.parquet"), runner.path("t.parquet")).unwrap();
    let told = impute(&runner, "t.parquet", "done.parquet", 20);
    for part in ["numeric: x, count", "binary: size (large/small), sold (false/true)"] {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
}

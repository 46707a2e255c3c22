//! `impute` and `pool` from end to end.

use crate::runner::{Run, Runner};
use std::fs;

/// 120 rows as a spreadsheet in Europe writes them: `;`, decimal commas, quotes, gaps. The score is near 10 in Rome, 30 in Oslo.
fn survey() -> String {
    let mut text = String::from("name;city;score;group\r\n");
    for i in 0..120 {
        let (city, base) = if i % 3 == 0 { ("\"Oslo\"", 300) } else { ("Rome", 100) };
        let score = base + i * 7 % 11;
        let score = if i % 10 == 4 { "?".to_owned() } else { format!("{},{}0", score / 10, score % 10) };
        let city = if i % 10 == 7 { "" } else { city };
        text += &format!("person {i};{city};{score};{}\r\n", if i % 2 == 0 { "yes" } else { "no" });
    }
    text
}

fn runner() -> Runner {
    let runner = Runner::new();
    fs::write(runner.path("survey.csv"), survey()).unwrap();
    runner
}

#[test]
fn a_messy_table_is_filled_without_an_option_and_keeps_its_observed_cells() {
    let runner = runner();
    let Run { code, stdout, stderr } = runner.run("impute survey.csv --out done.csv");
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stdout, "done.csv: 24 cells filled in 2 columns\n");
    assert!(stderr.lines().count() <= 10, "{stderr}");
    assert!(stderr.contains("fields separated by ;, decimal comma"), "{stderr}");
    let done = fs::read_to_string(runner.path("done.csv")).unwrap();
    let (mut right, before) = (0, survey());
    assert_eq!(done.matches("\r\n").count(), 121);
    for (before, after) in before.lines().zip(done.lines()) {
        let fields: Vec<(&str, &str)> = before.split(';').zip(after.split(';')).collect();
        for (k, (before, after)) in fields.iter().enumerate() {
            if !["", "?"].contains(before) {
                assert_eq!(before, after);
                continue;
            }
            // The city tells the score to one, and the score tells the city.
            right += usize::from(match k {
                1 => after.trim_matches('"').starts_with(if fields[2].0.starts_with('3') {
                    "Oslo"
                } else {
                    "Rome"
                }),
                _ => after.starts_with(if fields[1].0 == "Rome" { "10," } else { "30," }),
            });
        }
    }
    assert!(right >= 22, "{right} of 24 cells are right");
}

#[test]
fn imputations_differ_in_filled_cells_alone_and_are_pooled() {
    let runner = runner();
    let filled = runner.run("impute survey.csv --imputations 3 --networks 3 --out done-{}.csv --quiet");
    assert_eq!((filled.code, filled.stderr.as_str()), (0, ""));
    let [first, second] =
        ["done-1.csv", "done-2.csv"].map(|name| fs::read_to_string(runner.path(name)).unwrap());
    assert_ne!(first, second);
    let before = survey();
    for ((first, second), before) in first.lines().zip(second.lines()).zip(before.lines()) {
        assert!(first == second || before.contains('?') || before.contains(";;"), "{first} {second}");
    }
    let terms = runner.json("pool done-1.csv done-2.csv done-3.csv --ols score~city --json");
    assert_eq!((&terms["n_tables"], &terms["terms"][1]["name"]), (&3.into(), &"city = Rome".into()));
    let difference = terms["terms"][1]["estimate"].as_f64().unwrap();
    assert!((difference + 20.0).abs() < 1.0, "{difference}");
    let told = runner.print("pool done-1.csv done-2.csv --mean score");
    assert!(told.contains("estimate") && told.lines().count() == 2, "{told}");
}

#[test]
fn a_table_without_gaps_is_copied() {
    let runner = Runner::new();
    let text = format!("a,b\n{}", "1.50,x\n2.25,y\n".repeat(15));
    fs::write(runner.path("t.csv"), &text).unwrap();
    assert_eq!(
        runner.print("impute t.csv --out done.csv --quiet"),
        "done.csv: no cell is missing in the columns that are learned; the table is copied\n"
    );
    assert_eq!(fs::read_to_string(runner.path("done.csv")).unwrap(), text);
}

#[test]
fn what_cannot_be_imputed_or_pooled_is_one_line_and_leaves_nothing() {
    let runner = runner();
    fs::write(runner.path("few.csv"), "a,b\n1.5,2.5\n,3.5\n").unwrap();
    fs::write(runner.path("done.csv"), "a,b\n1.5,2.5\n2.5,3.5\n").unwrap();
    let before = runner.names();
    for (line, message) in [
        ("impute few.csv --out x.csv", "few.csv: has 2 rows; at least 20 are needed to learn from"),
        (
            "impute survey.csv --imputations 3 --out x.csv",
            "--out: x.csv does not say where the number of an imputation goes; use --out 'x-{}.csv'",
        ),
        (
            "impute survey.csv --imputations 3 --networks 2 --out x-{}.csv",
            "--networks: 2 networks for 3 imputations; use --networks 3",
        ),
        ("impute survey.csv --out x.parquet", "x.parquet: a table of text is written as text; name it .csv"),
        (
            "inspect survey.csv --schema survey.csv",
            "survey.csv: is an input of this command and would be overwritten; give another output name",
        ),
        (
            "pool done.csv --mean a",
            "done.csv: one table does not tell how uncertain its filled cells are; name at least 2",
        ),
        ("pool few.csv done.csv --mean a", "few.csv: column a has 1 missing cell; impute it first"),
        ("pool done.csv done.csv --mean c", "done.csv: has no column \"c\"; it has a, b"),
        (
            "pool done.csv done.csv --ols a",
            "--ols: \"a\" does not have one ~ between outcome and terms, as y ~ x1 + x2",
        ),
    ] {
        let run = runner.run(&format!("{line}{}", if line.starts_with("impute") { " --quiet" } else { "" }));
        assert_eq!(
            (run.code, run.stderr.trim_end()),
            (2, format!("penstroke: {message}").as_str()),
            "{line}"
        );
    }
    assert_eq!(runner.names(), before);
}

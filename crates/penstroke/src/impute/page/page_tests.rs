//! Tests of the page about an imputation.

use super::ImputationReport;
use crate::Run;
use crate::data::{GivenColumn, MISSING, SchemaOptions, TypedTable};
use crate::impute::{Imputer, ImputerConfig};
use penstroke_engine::philox::{Draws, Purpose};

/// A number and a category with gaps, and one text that is all distinct.
fn table(n_gaps: usize) -> TypedTable {
    let mut draws = Draws::new(8, Purpose::Resample).at(0, 0).sequence();
    let x: Vec<f64> = (0..90).map(|_| draws.uniform()).collect();
    let y = x.iter().enumerate().map(|(row, x)| if row < n_gaps { f64::NAN } else { x * x + 0.25 });
    let codes =
        x.iter().enumerate().map(|(row, x)| if row < n_gaps / 2 { MISSING } else { u32::from(*x > 0.3) });
    let columns = vec![
        GivenColumn::Numbers(y.collect()),
        GivenColumn::Codes(codes.collect(), vec!["<low>".into(), "high & up".into()]),
        GivenColumn::Texts((0..90).map(|row| Some(format!("note {row}"))).collect()),
        GivenColumn::Numbers(x),
    ];
    let names = ["y<script>", "group", "note", "x"].map(String::from).to_vec();
    TypedTable::from_columns("a & b.csv", names, columns, &SchemaOptions::default()).unwrap()
}

fn page(table: &TypedTable, networks: usize) -> String {
    let config = ImputerConfig { networks, hidden: vec![8], steps: 30, ..ImputerConfig::default() };
    let imputer = Imputer::fit(&config, table, &mut Run::new()).unwrap();
    let imputations = [imputer.impute(table).unwrap()];
    let footer = "made by <a test>".to_owned();
    ImputationReport { table, imputer: Some(&imputer), imputations: &imputations, footer }.page().unwrap()
}

#[test]
fn the_page_has_every_part_and_loads_nothing() {
    let page = page(&table(60), 3);
    for part in [
        "What the columns hold",
        "Many gaps.",
        "y&lt;script&gt; (67\u{a0}%)",
        "Left out.",
        "Pattern of gaps",
        "30 rows, 33.3 %",
        "Error by column",
        "best linear predictor",
        "Overimputation",
        ": covers ",
        "of hidden truths lie in their 90\u{a0}% intervals.",
        "left out: text that differs in every row",
        "Observed and imputed values",
        "high &amp; up",
        "left-out rows",
        "made by &lt;a test&gt;",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<script>") && !page.contains("NaN"));
    // A callout of its own tells it.
    assert!(!page.contains("of its cells are missing"));
    assert_eq!(
        page.matches("http").count(),
        page.matches("http://www.w3.org/").count() + page.matches("http-equiv").count()
    );
}

#[test]
fn another_table_than_that_of_the_training_is_not_told_as_held_out() {
    let (learned, other) = (table(60), table(50));
    let config = ImputerConfig { networks: 2, hidden: vec![8], steps: 30, ..ImputerConfig::default() };
    let imputer = Imputer::fit(&config, &learned, &mut Run::new()).unwrap();
    let page = |table: &TypedTable| {
        let imputations = [imputer.impute(table).unwrap()];
        let report = ImputationReport {
            table,
            imputer: Some(&imputer),
            imputations: &imputations,
            footer: String::new(),
        };
        report.page().unwrap()
    };
    let held_out = ["by networks that had not learned from their rows", "of hidden truths lie in"];
    assert!(held_out.iter().all(|words| page(&learned).contains(words)));
    let page = page(&other);
    assert!(
        held_out.iter().all(|words| !page.contains(words))
            && page.contains("the shares hold only for new rows")
    );
}

#[test]
fn a_single_network_and_a_table_without_gaps_say_what_they_cannot_tell() {
    let single = page(&table(60), 1);
    assert!(single.contains("Train at least 2 networks") && !single.contains("Overimputation"));
    assert!(
        single.contains("nothing was held out")
            && !single.contains("those left out")
            && !single.contains("bands")
    );
    let whole = table(0);
    let report = ImputationReport { table: &whole, imputer: None, imputations: &[], footer: String::new() };
    let page = report.page().unwrap();
    assert!(page.contains("a &amp; b.csv has no gaps") && !page.contains("Pattern of gaps"));
}

/// Numbers in columns that are missing where `is_missing` says, and a complete column after them.
fn with_gaps(n_columns: usize, is_missing: impl Fn(usize, usize) -> bool) -> TypedTable {
    let cell = |row: usize, at: usize| match at < n_columns && is_missing(row, at) {
        true => f64::NAN,
        false => ((row * (at + 3)) % 37) as f64 + 0.5,
    };
    let column = |at: usize| GivenColumn::Numbers((0..60).map(|row| cell(row, at)).collect());
    let names = (0..=n_columns).map(|at| format!("x{at}")).collect();
    let columns = (0..=n_columns).map(column).collect();
    TypedTable::from_columns("wide", names, columns, &SchemaOptions::default()).unwrap()
}

#[test]
fn patterns_of_gaps_are_those_of_all_columns() {
    // Row 0 is complete; 1 to 3 lack the first column, 2 and 3 also one that is not shown, since it has fewest gaps.
    let table = with_gaps(25, |row, at| match row {
        0 => false,
        1..=3 => at == 0 || (at == 24 && row > 1),
        4 => at == 0,
        row => (1..24).contains(&at) && row * (2 * at + 1) % 61 < 12,
    });
    let report = ImputationReport { table: &table, imputer: None, imputations: &[], footer: String::new() };
    let page = report.page().unwrap();
    let told = page.split("Missing: ").nth(1).unwrap().split('<').next().unwrap();
    assert!(told.contains("x0 in 2 rows") && told.contains("x0 and 1 column not shown in 2 rows"), "{told}");
    assert!(page.contains("2 rows, 3.3 %; 1 gap not shown"));
    assert!(page.contains("each in at most as many rows"));
}

#[test]
fn a_column_alone_is_compared_with_no_other() {
    let table = {
        let x = (0..60).map(|row| if row % 4 == 0 { f64::NAN } else { (row * 7 % 60) as f64 + 0.5 });
        let columns = vec![GivenColumn::Numbers(x.collect())];
        TypedTable::from_columns("one", vec!["x".into()], columns, &SchemaOptions::default()).unwrap()
    };
    let page = page(&table, 2);
    for words in ["linear predictor", ">linear<", "Pattern of gaps", "From reading."] {
        assert!(!page.split("application/json").next().unwrap().contains(words), "{words}");
    }
    assert_eq!(page.matches("15 rows without any value").count(), 1);
    assert!(page.contains("They are not clearly better than a constant answer"));
    assert!(page.contains("<td>not clearly better than the mean</td>"));
}

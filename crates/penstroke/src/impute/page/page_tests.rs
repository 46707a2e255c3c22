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
        "y&lt;script&gt; (67 %)",
        "Left out.",
        "Pattern of gaps",
        "30 rows, 33.3 %",
        "Error by column",
        "best linear predictor",
        "Overimputation",
        "% in 90 %",
        "Observed and imputed values",
        "high &amp; up",
        "left-out rows",
        "made by &lt;a test&gt;",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<script>") && !page.contains("NaN"));
    assert_eq!(
        page.matches("http").count(),
        page.matches("http://www.w3.org/").count() + page.matches("http-equiv").count()
    );
}

#[test]
fn a_single_network_and_a_table_without_gaps_say_what_they_cannot_tell() {
    let single = page(&table(60), 1);
    assert!(single.contains("Train at least 2 networks") && !single.contains("Overimputation"));
    let whole = table(0);
    let report = ImputationReport { table: &whole, imputer: None, imputations: &[], footer: String::new() };
    let page = report.page().unwrap();
    assert!(page.contains("a &amp; b.csv has no gaps") && !page.contains("Pattern of gaps"));
}

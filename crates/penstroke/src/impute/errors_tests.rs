//! Tests of the errors of imputed cells and of overimputation, against what is known of Gaussian columns.

use super::{CellError, Imputer, ImputerConfig, OverimputeOptions, OverimputedCells};
use crate::Run;
use crate::data::{GivenColumn, MISSING, SchemaOptions, TypedTable};
use penstroke_engine::philox::{Draws, Purpose, Sequence};

/// Standard deviation of `y` and correlation of `x` and `y`.
const Y: f64 = 10.0;
const CORRELATION: f64 = 0.8;

fn normal(draws: &mut Sequence) -> f64 {
    // Box and Muller.
    (-2.0 * (1.0 - draws.uniform()).ln()).sqrt() * (std::f64::consts::TAU * draws.uniform()).cos()
}

/// Gaussian x and y with gaps in y; z, which is independent of all; and whether x is above 0, with gaps.
fn gaussian(n: usize, stream: u32, order: impl Fn(usize) -> usize) -> TypedTable {
    let mut draws = Draws::new(5, Purpose::Resample).at(stream, 0).sequence();
    let rows: Vec<_> = (0..n)
        .map(|_| {
            let x = normal(&mut draws);
            let rest = (1.0 - CORRELATION * CORRELATION).sqrt();
            let y = Y * (CORRELATION * x + rest * normal(&mut draws));
            let z = normal(&mut draws);
            let y = if draws.below(5) == 0 { f64::NAN } else { y };
            let sign = if draws.below(5) == 0 { MISSING } else { u32::from(x > 0.0) };
            (x, y, z, sign)
        })
        .collect();
    let rows: Vec<_> = (0..n).map(|row| rows[order(row)]).collect();
    let columns = vec![
        GivenColumn::Numbers(rows.iter().map(|row| row.0).collect()),
        GivenColumn::Numbers(rows.iter().map(|row| row.1).collect()),
        GivenColumn::Numbers(rows.iter().map(|row| row.2).collect()),
        GivenColumn::Codes(rows.iter().map(|row| row.3).collect(), vec!["minus".into(), "plus".into()]),
    ];
    let names = ["x", "y", "z", "sign"].map(String::from).to_vec();
    TypedTable::from_columns("gaussian", names, columns, &SchemaOptions::default()).unwrap()
}

fn config() -> ImputerConfig {
    ImputerConfig { networks: 3, hidden: vec![32], steps: 600, ..ImputerConfig::default() }
}

#[test]
fn errors_are_those_of_the_gaussian_distribution() {
    let table = gaussian(800, 0, |row| row);
    let imputer = Imputer::fit(&config(), &table, &mut Run::new()).unwrap();
    let errors = imputer.errors();
    assert_eq!(errors.iter().map(|error| error.name.as_str()).collect::<Vec<_>>(), ["x", "y", "z", "sign"]);
    let CellError::Number { rmse, rmse_linear, rmse_mean, r_squared } = errors[1].of else { panic!() };
    // y depends on x alone: s √(1 − ρ²). Within 10 %, three standard errors of a standard deviation from 450 cells.
    let known = Y * (1.0 - CORRELATION * CORRELATION).sqrt();
    assert!((rmse_linear.unwrap() / known - 1.0).abs() < 0.1, "{rmse_linear:?} {known}");
    assert!((rmse_mean / Y - 1.0).abs() < 0.1, "{rmse_mean}");
    // No network does better than the conditional mean; one that learned a little noise is a little worse.
    assert!((0.9..1.25).contains(&(rmse / known)), "{rmse} {known}");
    assert!((r_squared.unwrap() - (1.0 - (rmse / rmse_mean).powi(2))).abs() < 1e-12);
    assert!(errors[1].is_better && errors[0].is_better && errors[3].is_better);
    assert!((400..650).contains(&errors[1].n_cells), "{}", errors[1].n_cells);
    let CellError::Category { accuracy, accuracy_linear, accuracy_mode, cross_entropy, .. } = errors[3].of
    else {
        panic!()
    };
    assert!(accuracy > 0.85 && accuracy_linear.unwrap() > 0.85 && cross_entropy < 0.4, "{:?}", errors[3]);
    assert!((0.45..0.6).contains(&accuracy_mode), "{accuracy_mode}");
}

#[test]
fn a_column_that_depends_on_no_other_is_no_better_than_its_mean() {
    let imputer = Imputer::fit(&config(), &gaussian(800, 0, |row| row), &mut Run::new()).unwrap();
    let z = &imputer.errors()[2];
    let CellError::Number { r_squared, .. } = z.of else { panic!() };
    assert!(!z.is_better && r_squared.unwrap() < 0.05, "{z:?}");
    assert!(z.of.relative_linear().unwrap() < 1.05 && z.of.relative().unwrap() < 1.3, "{z:?}");
}

#[test]
fn overimputed_intervals_hold_the_truth_as_often_as_they_say() {
    let table = gaussian(800, 0, |row| row);
    let imputer = Imputer::fit(&config(), &table, &mut Run::new()).unwrap();
    let options =
        OverimputeOptions { draws: 39, columns: vec!["y".into(), "z".into()], ..Default::default() };
    for table in [&table, &gaussian(700, 1, |row| row)] {
        for column in imputer.overimpute(table, &options).unwrap() {
            let (of_90, of_95) = (column.coverage_90(), column.coverage_95().unwrap());
            // Three standard errors of 400 cells are 4.5 and 3.3 %; a bootstrap network adds a little to that.
            assert!((0.84..0.96).contains(&of_90), "{} {of_90}", column.column);
            assert!((0.90..0.99).contains(&of_95), "{} {of_95}", column.column);
            let OverimputedCells::Numbers(cells) = &column.cells else { panic!() };
            assert!((380..=500).contains(&cells.len()), "{}", cells.len());
            // An interval of 90 % of a normal distribution is 3.29 standard deviations wide.
            let sd = if column.column == 1 { Y * (1.0 - CORRELATION * CORRELATION).sqrt() } else { 1.0 };
            let width = cells.iter().map(|cell| cell.interval_90[1] - cell.interval_90[0]).sum::<f64>();
            assert!((0.85..1.35).contains(&(width / cells.len() as f64 / (3.29 * sd))), "{width}");
        }
    }
}

#[test]
fn drawn_categories_agree_with_the_truth_as_often_as_with_each_other() {
    let table = gaussian(800, 0, |row| row);
    let imputer = Imputer::fit(&config(), &table, &mut Run::new()).unwrap();
    let options = OverimputeOptions { columns: vec!["sign".into()], ..Default::default() };
    let [column] = &imputer.overimpute(&table, &options).unwrap()[..] else { panic!() };
    let OverimputedCells::Categories(cells) = &column.cells else { panic!() };
    let mean =
        |of: fn(&super::OverimputedCategory) -> f64| cells.iter().map(of).sum::<f64>() / cells.len() as f64;
    let (right, agreement) = (mean(|cell| cell.right()), mean(|cell| cell.agreement()));
    assert!(right > 0.8 && (right - agreement).abs() < 0.06, "{right} {agreement}");
    assert!(column.coverage_90() > 0.87, "{}", column.coverage_90());
}

#[test]
fn neither_errors_nor_overimputed_cells_depend_on_the_order_of_rows() {
    let shuffled = |row: usize| (row * 77) % 100;
    let (straight, turned) = (gaussian(100, 0, |row| row), gaussian(100, 0, shuffled));
    let config = ImputerConfig { steps: 50, ..config() };
    let fit = |table: &TypedTable| Imputer::fit(&config, table, &mut Run::new()).unwrap();
    let (first, second) = (fit(&straight), fit(&turned));
    assert_eq!(first.errors(), second.errors());
    let options = OverimputeOptions { cells: 30, ..Default::default() };
    let cells = first.overimpute(&straight, &options).unwrap();
    for (one, other) in cells.iter().zip(second.overimpute(&turned, &options).unwrap()) {
        assert_eq!(one.cells, other.cells);
        assert_eq!(one.rows, other.rows.iter().map(|&row| shuffled(row)).collect::<Vec<_>>());
    }
    // A cell is drawn by networks that did not learn from its row, except in a table that is new to all.
    let known = first.overimpute(&straight, &options).unwrap();
    let part = first.overimpute(&straight.select(&(0..99).collect::<Vec<_>>()), &options).unwrap();
    assert_ne!(known[0].rows, part[0].rows);
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let table = gaussian(60, 0, |row| row);
    let one = ImputerConfig { networks: 1, steps: 5, ..config() };
    let imputer = Imputer::fit(&one, &table, &mut Run::new()).unwrap();
    assert!(imputer.errors().is_empty());
    let message = |options: &OverimputeOptions| imputer.overimpute(&table, options).unwrap_err().to_string();
    assert!(
        message(&OverimputeOptions::default()).starts_with("networks: learned from every row of this table")
    );
    let few = OverimputeOptions { draws: 18, ..Default::default() };
    assert_eq!(message(&few), "draws: 18; an interval of 90 % needs at least 19");
    assert_eq!(
        message(&OverimputeOptions { cells: 0, ..Default::default() }),
        "cells: 0; at least 1 is needed"
    );
    let unknown = OverimputeOptions { columns: vec!["u".into()], ..Default::default() };
    assert_eq!(message(&unknown), "columns: \"u\" is not a column that was learned");
    assert_eq!(
        imputer.overimpute(&gaussian(60, 1, |row| row), &OverimputeOptions::default()).unwrap().len(),
        4
    );
}

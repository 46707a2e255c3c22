//! The figures of an imputation's page.

use super::density::{density, range};
use super::given::{ImputationReport, MOST_SHOWN};
use crate::data::Cells;
use crate::error::counted;
use crate::impute::fitting::lost_by_constant;
use crate::impute::{ColumnError, Imputer, Overimputed, OverimputedCells};
use crate::report::{
    Axis, Chart, Checked, Compared, Estimate, Figure, GapPatterns, Page, Panel, Point, Series,
};
use crate::train::History;
use std::collections::HashMap;

/// Most columns and most lines of the pattern of gaps.
const MOST_PATTERNS: (usize, usize) = (24, 12);

/// Most columns whose errors are drawn.
const MOST_ERRORS: usize = 30;

/// Most categories of a column that are drawn.
const MOST_CATEGORIES: usize = 8;

/// Which columns are shown, if not all are.
fn shown_first(n: usize, most: usize) -> String {
    if n > most { format!(" The {most} columns with most gaps are shown, of {n}.") } else { String::new() }
}

/// Columns with the most gaps first, as many as are shown, then in the table's order.
pub(super) fn most_gaps(report: &ImputationReport<'_>, gaps: &[usize], most: usize) -> Vec<usize> {
    let mut columns = gaps.to_vec();
    columns.sort_by_cached_key(|&at| std::cmp::Reverse(report.n_missing(at)));
    columns.truncate(most);
    columns.sort_unstable();
    columns
}

/// The sets of columns that are missing together, with their numbers of rows, the commonest first. A set has one bit for each of
/// `gaps`, the first of a word in its highest bit.
fn patterns(report: &ImputationReport<'_>, gaps: &[usize]) -> Vec<(Vec<u64>, usize)> {
    let cells = report.table.columns();
    let mut counts: HashMap<Vec<u64>, usize> = HashMap::new();
    for row in 0..report.table.n_rows() {
        let mut missing = vec![0; gaps.len().div_ceil(64)];
        for (k, &at) in gaps.iter().enumerate() {
            missing[k / 64] |= u64::from(cells[at].is_missing(row)) << (63 - k % 64);
        }
        *counts.entry(missing).or_default() += 1;
    }
    let mut patterns: Vec<(Vec<u64>, usize)> = counts.into_iter().collect();
    patterns.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    patterns
}

/// The commonest sets of missing columns.
pub(super) fn pattern(report: &ImputationReport<'_>, gaps: &[usize]) -> Figure {
    let columns = most_gaps(report, gaps, MOST_PATTERNS.0);
    let patterns = patterns(report, gaps);
    let n_patterns = patterns.len();
    let names = columns.iter().map(|&at| report.name(at));
    let mut grid = GapPatterns::new("The commonest patterns of gaps", names, report.table.n_rows());
    for (missing, n) in patterns.into_iter().take(MOST_PATTERNS.1) {
        let is_missing = |k: usize| missing[k / 64] >> (63 - k % 64) & 1 == 1;
        let all = (0..gaps.len()).filter(|&k| is_missing(k)).count();
        let drawn: Vec<bool> =
            (0..gaps.len()).filter(|&k| columns.contains(&gaps[k])).map(is_missing).collect();
        let n_more = all - drawn.iter().filter(|is| **is).count();
        grid = grid.pattern_and_more(drawn, n_more, n);
    }
    let others = match n_patterns.saturating_sub(MOST_PATTERNS.1) {
        0 => String::new(),
        n => format!(" Not shown: {}, each in at most as many rows.", counted(n, "pattern")),
    };
    let shown = shown_first(gaps.len(), MOST_PATTERNS.0);
    Figure::new(format!(
        "Columns that are missing together: a square is a gap, a dot an observed cell.{shown}{others}"
    ))
    .chart(&grid.draw())
}

/// The errors of networks and linear predictor, relative to the constant.
pub(super) fn errors(report: &ImputationReport<'_>, errors: &[&ColumnError]) -> Figure {
    let axis = Axis::linear("error, the constant's being 1").including(0.0);
    // With one column, the linear predictor has no inputs.
    let n_series = if report.is_one_column() { 1 } else { 2 };
    let series = ["networks", "best linear predictor"];
    let mut chart = Compared::new("Error by column", axis, series.into_iter().take(n_series))
        .reference("mean or most frequent", 1.0);
    for error in errors.iter().take(MOST_ERRORS) {
        let values = [error.of.relative(), error.of.relative_linear()];
        chart = chart.row(&error.name, values.into_iter().take(n_series));
    }
    let shown = shown_first(errors.len(), MOST_ERRORS);
    Figure::new(format!(
        "Error of filled cells divided by that of a constant answer: root mean squared error of numbers, share of wrong categories. \
         Further left is better; at 1 the mean or the most frequent category would do as well. Columns with most gaps first.{shown}"
    ))
    .chart(&chart.draw())
}

/// Truth against draws.
pub(super) fn overimputed(report: &ImputationReport<'_>, all: &[Overimputed], n_gaps: usize) -> Figure {
    let caption = format!(
        "Cells that were hidden and drawn again, with the share of truths inside the intervals of 90\u{a0}%. Numbers: the truth across, intervals \
         upright with their means; an interval that does not reach the line misses the truth and is orange. Categories: how often a draw is right \
         for each true category, and how often it would be if categories were drawn by their frequencies.{}",
        shown_first(n_gaps, MOST_SHOWN)
    );
    let mut figure = Figure::new(caption);
    for of in all {
        let name = report.name(of.column);
        let panel = match &of.cells {
            OverimputedCells::Numbers(cells) => {
                let checked = cells.iter().map(|cell| Checked {
                    truth: cell.truth,
                    mean: cell.mean,
                    interval: cell.interval_90,
                });
                Panel::intervals(name, checked)
            }
            OverimputedCells::Categories(cells) => {
                let categories = &report.table.schema().columns[of.column].categories;
                let mut right = vec![(0.0, 0.0); categories.len()];
                for cell in cells {
                    let (sum, n) = &mut right[cell.truth as usize];
                    *sum += cell.right();
                    *n += 1.0;
                }
                let order = frequent(right.iter().map(|of| of.1));
                let named: Vec<String> = order.iter().map(|&k| categories[k].clone()).collect();
                let pale = order.iter().map(|&k| right[k].1 / cells.len() as f64).collect();
                let strong = order.iter().map(|&k| right[k].0 / right[k].1).collect();
                Panel::shares(name, named, [("by frequency".into(), pale), ("drawn right".into(), strong)])
            }
        };
        let covers = format!("covers {:.0} %", 100.0 * of.coverage_90());
        figure = figure.chart(&panel.remark(covers).draw());
    }
    figure
}

/// The indices of the commonest categories.
fn frequent(counts: impl Iterator<Item = f64>) -> Vec<usize> {
    let counts: Vec<f64> = counts.collect();
    let mut order: Vec<usize> = (0..counts.len()).filter(|&k| counts[k] > 0.0).collect();
    order.sort_by(|&a, &b| counts[b].total_cmp(&counts[a]));
    order.truncate(MOST_CATEGORIES);
    order
}

/// Observed against imputed values.
pub(super) fn distributions(report: &ImputationReport<'_>, gaps: &[usize]) -> Figure {
    let shown = most_gaps(report, gaps, MOST_SHOWN);
    let mut figure = Figure::new(format!(
        "Observed and imputed values. Numbers: densities from the 0.5\u{a0}% to the 99.5\u{a0}% quantile, each of area 1; a peak more than twice \
         as high as that of the observed values is cut off. Categories: their shares, the {MOST_CATEGORIES} most frequent.{}",
        shown_first(gaps.len(), MOST_SHOWN)
    ));
    for at in shown {
        let name = report.name(at);
        let fills = report.imputations.iter().flatten().filter(|fill| fill.column == at);
        let panel = match &report.table.columns()[at] {
            Cells::Numbers(numbers) => {
                let sorted = |mut values: Vec<f64>| {
                    values.retain(|value| value.is_finite());
                    values.sort_by(f64::total_cmp);
                    values
                };
                let observed = sorted(numbers.clone());
                let imputed = sorted(fills.flat_map(|fill| numbers_of(&fill.values)).copied().collect());
                let range = range(&[&observed, &imputed]);
                let curve = |values: &[f64]| density(values, range);
                let curves =
                    vec![("observed".to_owned(), curve(&observed)), ("imputed".to_owned(), curve(&imputed))];
                Panel::densities(name, curves)
            }
            Cells::Codes(codes) => {
                let categories = &report.table.schema().columns[at].categories;
                let shares = |codes: &mut dyn Iterator<Item = u32>| {
                    let (mut counts, mut n) = (vec![0.0; categories.len()], 0.0);
                    for code in codes.filter(|&code| (code as usize) < categories.len()) {
                        counts[code as usize] += 1.0;
                        n += 1.0;
                    }
                    counts.iter().map(|count| count / f64::max(n, 1.0)).collect::<Vec<f64>>()
                };
                let observed = shares(&mut codes.iter().copied());
                let imputed = shares(&mut fills.flat_map(|fill| codes_of(&fill.values)).copied());
                let order = frequent(observed.iter().copied());
                let of = |shares: &[f64]| order.iter().map(|&k| shares[k]).collect();
                let named = order.iter().map(|&k| categories[k].clone()).collect();
                Panel::shares(
                    name,
                    named,
                    [("observed".into(), of(&observed)), ("imputed".into(), of(&imputed))],
                )
            }
            Cells::Left => continue,
        };
        figure = figure.chart(&panel.draw());
    }
    figure
}

fn numbers_of(cells: &Cells) -> &[f64] {
    if let Cells::Numbers(numbers) = cells { numbers } else { &[] }
}

fn codes_of(cells: &Cells) -> &[u32] {
    if let Cells::Codes(codes) = cells { codes } else { &[] }
}

/// The losses of the networks after each epoch: their means, with bands from the lowest to the highest.
pub(super) fn convergence(page: &mut Page, imputer: &Imputer) {
    // Each masked cell costs 1 if it is answered by a constant.
    let n_masked = lost_by_constant(imputer.config(), &imputer.encoding, imputer.schema());
    let curve = |of: fn(&History) -> &[f64]| -> Vec<Point> {
        let all: Vec<&[f64]> = imputer.histories().map(of).collect();
        let n = all.iter().map(|losses| losses.len()).min().unwrap_or_default();
        let point = |epoch: usize| {
            let losses = || all.iter().map(|losses| losses[epoch] / n_masked);
            let value = losses().sum::<f64>() / all.len() as f64;
            let (low, high) =
                (losses().fold(f64::INFINITY, f64::min), losses().fold(f64::NEG_INFINITY, f64::max));
            Point::estimated((epoch + 1) as f64, Estimate { value, low, high })
        };
        (0..n).map(point).collect()
    };
    let loss = Axis::linear("loss of a masked cell").including(0.0);
    let mut chart = Chart::new("Loss by epoch", Axis::linear("epoch"), loss)
        .series(Series::curve("learned rows", curve(|history| &history.train_loss)));
    let left_out = curve(|history| &history.valid_loss);
    let (after, of) = match left_out.is_empty() {
        true => ("", "Loss of the network on the rows it learned from."),
        false => (
            " If the loss of rows that were left out still falls at the end, training in more steps would help, which can be set in Rust and in \
             Python; if it rises, the weights of its lowest point are used.",
            "Loss of the networks, on the rows they learned from and on those left out: means, with bands from the lowest to the highest network.",
        ),
    };
    if !left_out.is_empty() {
        chart = chart.series(Series::curve("left-out rows", left_out));
    }
    page.section("Training");
    page.paragraph(format!("The loss for each masked cell after each pass over the rows.{after}"));
    let caption = format!("{of} Always answering the mean or the frequencies costs about 1.");
    page.figure(&Figure::new(caption).chart(&chart.reference("the mean", 1.0).draw()));
}

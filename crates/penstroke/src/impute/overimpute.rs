//! Overimputation: observed cells are hidden and drawn again, and the draws are compared with the truth.
//!
//! Blackwell, Honaker and King, "A unified approach to measurement error and missing data" (2017), use it to check imputations: intervals
//! of 90 % should hold the truth in 90 % of the cells.

use super::errors::left_out;
use super::hiding::{evenly, likenesses};
use super::imputer::{Gap, Imputer};
use super::sample::taken;
use crate::data::{Cells, Fill, MISSING, TypedTable};
use crate::tabular::{canonical, check_fits};
use crate::{Error, Result, interrupt};
use penstroke_engine::Apply;
use serde::Serialize;
use std::sync::Arc;

/// Draws at a time.
const AT_ONCE: usize = 1 << 15;

/// Fewest draws for an interval of 95 %: its ends are then the smallest and the largest draw.
const FOR_95: usize = 39;

/// What is overimputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverimputeOptions {
    /// Number of draws of each cell, at least 19, so that an interval of 90 % lies between the smallest and the largest; at least 39 for 95 %.
    pub draws: usize,
    /// Most cells of each column; they are spread evenly over the column's observed cells.
    pub cells: usize,
    /// Names of the columns; empty for all that are not left out.
    pub columns: Vec<String>,
}

impl Default for OverimputeOptions {
    fn default() -> Self {
        Self { draws: 20, cells: 500, columns: Vec::new() }
    }
}

/// Observed cells of a column, and what was drawn for them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overimputed {
    /// The column, its index in the schema.
    pub column: usize,
    /// The rows of the cells in the table, from 0.
    pub rows: Vec<usize>,
    /// The cells, one for each row.
    pub cells: OverimputedCells,
}

/// Truth and draws of cells.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OverimputedCells {
    /// Of numbers.
    Numbers(Vec<OverimputedNumber>),
    /// Of categories.
    Categories(Vec<OverimputedCategory>),
}

/// A number and its draws.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OverimputedNumber {
    /// The observed number.
    pub truth: f64,
    /// The mean of the draws.
    pub mean: f64,
    /// An interval that holds a further draw with probability 0.9: between the quantiles `p (n + 1)` of the `n` draws.
    pub interval_90: [f64; 2],
    /// The same for 0.95; `None` with fewer than 39 draws.
    pub interval_95: Option<[f64; 2]>,
}

/// A category and its draws.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OverimputedCategory {
    /// The code of the observed category.
    pub truth: u32,
    /// For each category the number of draws that gave it.
    pub counts: Vec<u32>,
}

impl Imputer {
    /// Hides observed cells of a table, one at a time, with what else rows lack that lack such a cell, and draws each several times as
    /// [`Imputer::sample`] draws missing cells.
    ///
    /// In the table that was learned, a cell is drawn by the networks that did not learn from its row, in turn; in any other table, by all
    /// networks. The cells do not depend on the order of the rows.
    ///
    /// ```
    /// use penstroke::data::{GivenColumn, SchemaOptions, TypedTable};
    /// use penstroke::impute::{Imputer, ImputerConfig, OverimputeOptions};
    /// use penstroke::Run;
    /// let x: Vec<f64> = (0..200).map(f64::from).collect();
    /// let columns = vec![GivenColumn::Numbers(x.iter().map(|x| 2.0 * x).collect()), GivenColumn::Numbers(x)];
    /// let table = TypedTable::from_columns("example", vec!["x".into(), "y".into()], columns, &SchemaOptions::default())?;
    /// let config = ImputerConfig { networks: 2, steps: 300, ..Default::default() };
    /// let imputer = Imputer::fit(&config, &table, &mut Run::new())?;
    /// let columns = imputer.overimpute(&table, &OverimputeOptions::default())?;
    /// assert_eq!(columns.len(), 2);
    /// assert!(columns[0].coverage_90() > 0.5);
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there are fewer than 19 draws, no cells, or no such column; if the table has other columns than the one that was learned, or is
    /// that table and there is only one network, which learned from all rows; or if work is [stopped](crate::interrupt).
    pub fn overimpute(&self, table: &TypedTable, options: &OverimputeOptions) -> Result<Vec<Overimputed>> {
        check_fits(&self.schema, table)?;
        self.check(options)?;
        let (is_learned, order) = self.learned_in_order(table)?;
        let n = order.len();
        let outside = match is_learned {
            true => left_out(self, n),
            false => vec![vec![true; n]; self.networks.len()],
        };
        if outside.is_empty() {
            let problem = "learned from every row of this table; cells that were not learned need at least 2";
            return Err(Error::option("networks", problem).set("networks", 5));
        }
        let engines = self.engines()?;
        let mut all = Vec::new();
        for coded in 0..self.encoding.columns.len() {
            let column = self.encoding.columns[coded].column;
            if !options.columns.is_empty() && !options.columns.contains(&self.schema.columns[column].name) {
                continue;
            }
            let draws = Drawing { imputer: self, table, order: &order, outside: &outside, coded };
            all.push(draws.overimputed(&engines, options)?);
        }
        all.sort_by_key(|of| of.column);
        Ok(all)
    }

    /// Whether this is the table that was learned, and the canonical order of its rows.
    pub(super) fn learned_in_order(&self, table: &TypedTable) -> Result<(bool, Vec<usize>)> {
        let (rows, order) = canonical(&self.encoding, table)?;
        Ok((rows.hash(self.encoding.n_inputs)? == self.learned, order))
    }

    fn check(&self, options: &OverimputeOptions) -> Result<()> {
        if options.draws < 19 {
            let problem = format!("{}; an interval of 90 % needs at least 19", options.draws);
            return Err(Error::option("draws", problem));
        }
        if options.cells == 0 {
            return Err(Error::option("cells", "0; at least 1 is needed"));
        }
        let learned = |name: &&String| {
            self.encoding.columns.iter().any(|coded| self.schema.columns[coded.column].name == **name)
        };
        match options.columns.iter().find(|name| !learned(name)) {
            Some(name) => Err(Error::option("columns", format!("{name:?} is not a column that was learned"))),
            None => Ok(()),
        }
    }
}

/// The cells of one column.
struct Drawing<'a> {
    imputer: &'a Imputer,
    table: &'a TypedTable,
    /// The canonical order of the rows.
    order: &'a [usize],
    /// For each network and place in that order, whether the network may draw its cells.
    outside: &'a [Vec<bool>],
    coded: usize,
}

impl Drawing<'_> {
    fn overimputed(&self, engines: &[Arc<dyn Apply>], options: &OverimputeOptions) -> Result<Overimputed> {
        let column = self.imputer.encoding.columns[self.coded].column;
        let cells = &self.table.columns()[column];
        let (lacking, known): (Vec<usize>, Vec<usize>) =
            (0..self.order.len()).partition(|&place| cells.is_missing(self.order[place]));
        let likenesses = likenesses(self.imputer.config.seed, self.coded, &lacking, self.order.len());
        let known: Vec<usize> =
            known.into_iter().filter(|&place| self.outside.iter().any(|outside| outside[place])).collect();
        let judged = evenly(&known, options.cells);
        // For each network the cells it draws, one for each draw.
        let mut tasks = vec![Vec::new(); engines.len()];
        for (at, &place) in judged.iter().enumerate() {
            let may: Vec<usize> = (0..engines.len()).filter(|&k| self.outside[k][place]).collect();
            (0..options.draws).for_each(|draw| tasks[may[draw % may.len()]].push(at));
        }
        let mut drawn: Vec<Vec<f64>> = vec![Vec::new(); judged.len()];
        for (k, task) in tasks.iter().enumerate() {
            for cells in task.chunks(AT_ONCE) {
                interrupt::check()?;
                let places: Vec<usize> = cells.iter().map(|&at| judged[at]).collect();
                let hidden = self.hidden(&places, &likenesses);
                let values = self.draw(k, &*engines[k], &hidden, places.len())?;
                cells.iter().zip(values).for_each(|(&at, value)| drawn[at].push(value));
            }
        }
        let rows: Vec<usize> = judged.iter().map(|&place| self.order[place]).collect();
        let cells = match cells {
            Cells::Numbers(numbers) => {
                let cells = rows.iter().zip(&mut drawn);
                OverimputedCells::Numbers(cells.map(|(&row, drawn)| number(numbers[row], drawn)).collect())
            }
            Cells::Codes(codes) => {
                let n = self.imputer.encoding.columns[self.coded].units.len();
                let cells = rows.iter().zip(&drawn);
                OverimputedCells::Categories(
                    cells.map(|(&row, drawn)| category(codes[row], drawn, n)).collect(),
                )
            }
            Cells::Left => OverimputedCells::Numbers(Vec::new()),
        };
        Ok(Overimputed { column, rows, cells })
    }

    /// All columns of these rows, without the cell in question and what the rows that they are likened to lack.
    fn hidden(&self, places: &[usize], likenesses: &[usize]) -> Vec<Cells> {
        let rows: Vec<usize> = places.iter().map(|&place| self.order[place]).collect();
        let own = self.imputer.encoding.columns[self.coded].column;
        let hide = |(column, cells): (usize, &Cells)| {
            let mut taken = taken(cells, &rows);
            for (at, place) in places.iter().enumerate() {
                let like = likenesses.get(*place).map(|&like| self.order[like]);
                if column == own || like.is_some_and(|like| cells.is_missing(like)) {
                    match &mut taken {
                        Cells::Numbers(numbers) => numbers[at] = f64::NAN,
                        Cells::Codes(codes) => codes[at] = MISSING,
                        Cells::Left => {}
                    }
                }
            }
            taken
        };
        self.table.columns().iter().enumerate().map(hide).collect()
    }

    /// A draw of network `k` for each of `n` rows; rows with equal cells are drawn independently.
    fn draw(&self, k: usize, engine: &dyn Apply, hidden: &[Cells], n: usize) -> Result<Vec<f64>> {
        let imputer = self.imputer;
        let columns = imputer.encoding.columns.iter().enumerate();
        let gaps: Vec<Gap<'_>> = columns
            .map(|(coded, column)| Gap { coded, column: column.column, cells: &hidden[column.column] })
            .filter(|gap| (0..n).any(|row| gap.cells.is_missing(row)))
            .collect();
        let all: Vec<usize> = (0..n).collect();
        let contents = imputer.contents(hidden, n);
        let own = imputer.encoding.columns[self.coded].column;
        let fills = imputer.draw(k, engine, &gaps, (&all, hidden, &contents))?;
        Ok(match fills.into_iter().find(|fill| fill.column == own) {
            Some(Fill { values: Cells::Numbers(numbers), .. }) => numbers,
            Some(Fill { values: Cells::Codes(codes), .. }) => codes.into_iter().map(f64::from).collect(),
            _ => Vec::new(),
        })
    }
}

fn number(truth: f64, drawn: &mut [f64]) -> OverimputedNumber {
    drawn.sort_by(f64::total_cmp);
    let n = drawn.len();
    // Quantile p of the draws lies at place p (n + 1), counted from 1: with exchangeable draws a further one is below it with probability p.
    let at = |p: f64| {
        let place = (p * (n + 1) as f64).clamp(1.0, n as f64);
        let (low, part) = (place as usize, place.fract());
        drawn[low - 1] + part * (drawn[low.min(n - 1)] - drawn[low - 1])
    };
    let interval = |outside: f64| [at(outside / 2.0), at(1.0 - outside / 2.0)];
    OverimputedNumber {
        truth,
        mean: drawn.iter().map(|value| value / n as f64).sum(),
        interval_90: interval(0.1),
        interval_95: (n >= FOR_95).then(|| interval(0.05)),
    }
}

fn category(truth: u32, drawn: &[f64], n: usize) -> OverimputedCategory {
    let mut counts = vec![0; n];
    drawn.iter().for_each(|&code| counts[code as usize] += 1);
    OverimputedCategory { truth, counts }
}

impl OverimputedCategory {
    /// The share of draws that gave the observed category.
    pub fn right(&self) -> f64 {
        let n: u32 = self.counts.iter().sum();
        f64::from(self.counts.get(self.truth as usize).copied().unwrap_or_default()) / f64::from(n.max(1))
    }

    /// The share of pairs of draws that agree. If the draws have the distribution of the truth, it is [`right`](Self::right) on average.
    pub fn agreement(&self) -> f64 {
        let n: f64 = self.counts.iter().copied().map(f64::from).sum();
        self.counts.iter().copied().map(|count| f64::from(count) * (f64::from(count) - 1.0)).sum::<f64>()
            / (n * (n - 1.0)).max(1.0)
    }

    /// Whether the truth is among the most frequent categories that have this share of the draws together.
    fn is_covered(&self, share: f64) -> bool {
        let n: u32 = self.counts.iter().sum();
        let own = self.counts.get(self.truth as usize).copied().unwrap_or_default();
        let before: u32 = self.counts.iter().filter(|&&count| count > own).sum();
        own > 0 && f64::from(before) < share * f64::from(n) - 1e-9
    }
}

impl Overimputed {
    /// The share of cells whose truth lies in the interval of 90 %, or, for categories, is among the most frequent draws that are 90 % of
    /// all draws together. Categories come in whole, so their share should be 90 % or more.
    pub fn coverage_90(&self) -> f64 {
        match &self.cells {
            OverimputedCells::Numbers(all) => share(all, |cell| is_inside(cell.truth, cell.interval_90)),
            OverimputedCells::Categories(all) => share(all, |cell| cell.is_covered(0.9)),
        }
    }

    /// The same for 95 %; `None` with fewer than 39 draws of numbers.
    pub fn coverage_95(&self) -> Option<f64> {
        match &self.cells {
            OverimputedCells::Numbers(all) => all
                .iter()
                .all(|cell| cell.interval_95.is_some())
                .then(|| share(all, |cell| cell.interval_95.is_some_and(|ends| is_inside(cell.truth, ends)))),
            OverimputedCells::Categories(all) => Some(share(all, |cell| cell.is_covered(0.95))),
        }
    }
}

fn is_inside(truth: f64, [low, high]: [f64; 2]) -> bool {
    (low..=high).contains(&truth)
}

/// The share of cells for which something holds; NaN without cells.
fn share<T>(all: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    all.iter().filter(|cell| holds(cell)).count() as f64 / all.len() as f64
}

//! The local view: each cell predicted from the others of its row.
//!
//! A cell is hidden, and a local network predicts it: a number under squared error, and its class, one of intervals with about as many
//! rows each, or a category. The *surprise* of a cell is −ln of the probability of its class, in nats. A class has another probability over
//! all rows, its share; share / probability are the odds that the cell was taken from any row, against that it belongs to its own.
//!
//! A wrong cell also makes the others of its row surprising. So the cells with the largest odds are judged once more: the *gain*
//! of a cell is by how much less surprising the others are, a quarter of the row at a time, if this one is hidden too.
//!
//! A network that learned a row predicts its cells too well, wrong ones too. So each leaves out a *fold* of the rows, by their content, and
//! predicts the rows of that fold alone, learned or new. If all learned rows are normal, all networks learn them all, and their answers are
//! averaged.

use super::columns::{Columns, Kind, RowCells};
use super::config::DetectorConfig;
use super::divided::{Column, Divided, surprise};
use super::linear::LinearRows;
use super::training::Trained;
use crate::Result;
use std::collections::BTreeMap;

/// Most cells of a row that are hidden one by one; wider rows lose several at once.
const PASSES: usize = 64;

/// Cells of a row whose gain is computed: the ones with the largest odds.
const CANDIDATES: usize = 5;

/// The part of a gain that counts: half, as of the networks' probabilities beside the linear ones.
const GAIN: f32 = 0.5;

/// The least share of a class, for a category that no learned row has.
const LEAST_SHARE: f32 = 1e-6;

/// Groups of cells that are hidden together to find a gain.
const GROUPS: usize = 4;

/// The local networks, ready to be applied.
pub(super) struct Local {
    networks: Vec<Divided>,
    /// Whether network `k` predicts the rows of fold `k`, and not all networks every row.
    in_folds: bool,
}

/// What the networks tell of some rows; each `(n, columns)`.
pub(super) struct Predicted {
    /// Squared errors of numbers, in standard deviations, and surprises of categories; 0 for missing cells.
    pub(super) errors: Vec<f32>,
    /// The expected `z` of a number.
    pub(super) numbers: Vec<f32>,
    /// For each column `(n, classes)`, the probability of each class.
    classes: Vec<Vec<f32>>,
}

impl Predicted {
    /// What is expected of a cell of one of `n` rows: a number, or the probability of each category.
    pub(super) fn expected(&self, columns: &Columns, (n, row): (usize, usize), at: usize) -> Vec<f32> {
        match columns.seen[at].kind {
            Kind::Number { .. } => vec![self.numbers[row * columns.len() + at]],
            Kind::Category { .. } => self.probabilities(n, row, at).to_vec(),
        }
    }

    /// Adds a share of what was predicted of a column of some of the rows.
    fn add(
        &mut self,
        columns: &Columns,
        (rows, share): (&[usize], f32),
        at: usize,
        Column { numbers, classes }: &Column,
    ) {
        let n_classes = columns.seen[at].kind.n_classes();
        for (k, &row) in rows.iter().enumerate() {
            self.numbers[row * columns.len() + at] += share * numbers[k];
            let to = &mut self.classes[at][row * n_classes..][..n_classes];
            to.iter_mut().zip(&classes[k * n_classes..]).for_each(|(to, of)| *to += share * of);
        }
    }

    /// Compares the observed cells with what was predicted.
    fn judge(&mut self, columns: &Columns, cells: &RowCells) {
        for cell in (0..cells.observed.len()).filter(|&cell| cells.observed[cell]) {
            let (row, at) = (cell / columns.len(), cell % columns.len());
            self.errors[cell] = match columns.seen[at].kind {
                Kind::Number { .. } => (self.numbers[cell] - cells.numbers[cell]).powi(2),
                Kind::Category { .. } => surprise(columns, cells, (row, at), (&self.classes[at], row)),
            };
        }
    }

    /// Gives half of the probability of numbers to the linear prediction.
    pub(super) fn mix(&mut self, linear: &LinearRows<'_>, cells: &RowCells) {
        for row in 0..cells.n {
            let Some(columns) = linear.predict(cells, row) else { continue };
            for (classes, linear) in self.classes.iter_mut().zip(columns) {
                let Some(linear) = linear else { continue };
                let own = &mut classes[row * linear.len()..][..linear.len()];
                own.iter_mut().zip(linear).for_each(|(own, other)| *own = 0.5 * (*own + other as f32));
            }
        }
    }

    /// The log odds of each cell that it comes from any row rather than from its own, `(n, columns)`; 0 for missing cells.
    pub(super) fn log_odds(&self, columns: &Columns, cells: &RowCells) -> Vec<f32> {
        let of = |cell: usize| {
            let (row, at) = (cell / columns.len(), cell % columns.len());
            let share = columns.seen[at].kind.shares()[cells.classes[cell] as usize];
            surprise(columns, cells, (row, at), (&self.classes[at], row)) + share.max(LEAST_SHARE).ln()
        };
        (0..cells.observed.len()).map(|cell| if cells.observed[cell] { of(cell) } else { 0.0 }).collect()
    }

    /// Drops what was expected, which takes the most memory.
    pub(super) fn keep_errors(&mut self) {
        (self.numbers, self.classes) = (Vec::new(), Vec::new());
    }

    /// The probability of each class of a cell.
    pub(super) fn probabilities(&self, n: usize, row: usize, column: usize) -> &[f32] {
        let all = &self.classes[column];
        let width = all.len() / n.max(1);
        &all[row * width..][..width]
    }
}

impl Local {
    pub(super) fn open(config: &DetectorConfig, columns: &Columns, trained: &[Trained]) -> Result<Self> {
        let networks = trained.iter().map(|trained| Divided::new(config, columns, trained));
        Ok(Self { networks: networks.collect::<Result<_>>()?, in_folds: config.in_folds() })
    }

    /// The share of a network in an answer.
    fn share(&self) -> f32 {
        if self.in_folds { 1.0 } else { 1.0 / self.networks.len() as f32 }
    }

    /// Each network with the rows that it predicts.
    fn assigned(&self, columns: &Columns, cells: &RowCells) -> Vec<(&Divided, Vec<usize>)> {
        if !self.in_folds {
            return self.networks.iter().map(|network| (network, (0..cells.n).collect())).collect();
        }
        let folds = cells.folds(columns, self.networks.len());
        let rows = |fold: usize| (0..cells.n).filter(|&row| folds[row] == fold).collect::<Vec<_>>();
        let all = self.networks.iter().enumerate().map(|(fold, network)| (network, rows(fold)));
        all.filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// Predicts every cell of some rows from the others.
    pub(super) fn predict(&self, columns: &Columns, cells: &RowCells) -> Predicted {
        let (n, d) = (cells.n, columns.len());
        let mut predicted = Predicted {
            errors: vec![0.0; n * d],
            numbers: vec![0.0; n * d],
            classes: columns.seen.iter().map(|seen| vec![0.0; n * seen.kind.n_classes()]).collect(),
        };
        let n_passes = d.min(PASSES);
        let passes: Vec<Vec<usize>> =
            (0..n_passes).map(|pass| (pass..d).step_by(n_passes).collect()).collect();
        for (network, rows) in self.assigned(columns, cells) {
            let some = cells.select(&rows, columns);
            let hides: Vec<(usize, &[usize])> =
                passes.iter().flat_map(|pass| (0..rows.len()).map(|row| (row, &pass[..]))).collect();
            let hidden = network.hidden(&network.sum(columns, &some), &hides);
            let of_passes = hidden.chunks_exact(hidden.len() / passes.len());
            for (together, hidden) in passes.iter().zip(of_passes) {
                for &at in together {
                    let column = network.column(columns, at, hidden, rows.len());
                    predicted.add(columns, (&rows, self.share()), at, &column);
                }
            }
        }
        predicted.judge(columns, cells);
        predicted
    }

    /// Adds to the log odds of the cells of each row with the largest ones their gains.
    pub(super) fn add_gains(&self, columns: &Columns, cells: &RowCells, odds: &mut [f32]) {
        let d = columns.len();
        if d < 2 {
            return;
        }
        for (network, rows) in self.assigned(columns, cells) {
            let some = cells.select(&rows, columns);
            let own: Vec<f32> =
                rows.iter().flat_map(|&row| odds[row * d..(row + 1) * d].iter().copied()).collect();
            for (row, at, gain) in gains(network, columns, &some, &own) {
                odds[rows[row] * d + at] += GAIN * self.share() * gain;
            }
        }
    }
}

/// The cells of each row with the largest log odds: row and column.
fn candidates(columns: &Columns, cells: &RowCells, odds: &[f32]) -> Vec<(usize, usize)> {
    let d = columns.len();
    let of_row = |row: usize| {
        let mut order: Vec<usize> = (0..d).filter(|at| cells.observed[row * d + at]).collect();
        let of = |at: usize| odds[row * d + at];
        order.sort_by(|&a, &b| of(b).total_cmp(&of(a)).then(a.cmp(&b)));
        order.into_iter().take(CANDIDATES).map(move |at| (row, at)).collect::<Vec<_>>()
    };
    (0..cells.n).flat_map(of_row).collect()
}

/// The gains of the cells of rows with the largest log odds: row, column, and a part of the gain.
fn gains(network: &Divided, columns: &Columns, cells: &RowCells, odds: &[f32]) -> Vec<(usize, usize, f32)> {
    let (d, n) = (columns.len(), cells.n);
    let (candidates, summed) = (candidates(columns, cells, odds), network.sum(columns, cells));
    let mut gains = Vec::new();
    let n_groups = GROUPS.min(d);
    for group in (0..n_groups).map(|group| (group..d).step_by(n_groups).collect::<Vec<_>>()) {
        // The whole group hides a candidate of its own, and no other; the gain is the difference that this makes.
        let is_own = |at: usize| at % n_groups == group[0];
        let hidden_apart = |at: usize| -> Vec<usize> {
            let others = group.iter().copied().filter(|&other| other != at);
            if is_own(at) { others.collect() } else { others.chain([at]).collect() }
        };
        let apart: BTreeMap<usize, Vec<usize>> =
            candidates.iter().map(|&(_, at)| (at, hidden_apart(at))).collect();
        let mut hides: Vec<(usize, &[usize])> = (0..n).map(|row| (row, &group[..])).collect();
        hides.extend(candidates.iter().map(|(row, at)| (*row, &apart[at][..])));
        let codes = network.hidden(&summed, &hides);
        // For each candidate the surprises of the others in the group, hidden with the whole group, and apart.
        let mut sums = vec![[0.0f32; 2]; candidates.len()];
        for &other in &group {
            let column = network.column(columns, other, &codes, hides.len());
            for (k, &(row, at)) in candidates.iter().enumerate() {
                if other != at && cells.observed[row * d + other] {
                    let of = |hide: usize| surprise(columns, cells, (row, other), (&column.classes, hide));
                    sums[k][0] += of(row);
                    sums[k][1] += of(n + k);
                }
            }
        }
        let each = candidates.iter().zip(&sums);
        gains.extend(each.map(|(&(row, at), [whole, apart])| {
            (row, at, if is_own(at) { apart - whole } else { whole - apart })
        }));
    }
    gains
}

#[cfg(test)]
mod tests {
    use super::super::tests::{N, fitted, in_order, quick};
    use super::super::training::learned_rows;
    use super::*;

    #[test]
    fn cells_predicted_by_the_shares_of_all_rows_have_even_odds() {
        let detector = fitted(&quick(), &in_order());
        let (columns, cells) = (&detector.columns, detector.cells(&in_order(), 0..N));
        let shares = columns.seen.iter().map(|seen| seen.kind.shares().repeat(N)).collect();
        let predicted = Predicted { errors: Vec::new(), numbers: Vec::new(), classes: shares };
        for (cell, odds) in predicted.log_odds(columns, &cells).into_iter().enumerate() {
            // But for what lies far beyond the outermost edges.
            let beyond = columns.seen[cell % columns.len()].kind.beyond(cells.numbers[cell]);
            let expected = if cells.observed[cell] { beyond } else { 0.0 };
            assert!((odds - expected).abs() < 1e-5, "{cell}: {odds} {expected}");
        }
    }

    #[test]
    fn every_fold_has_its_part_of_the_rows_and_its_network_learns_the_others() {
        let detector = fitted(&quick(), &in_order());
        let cells = detector.cells(&in_order(), 0..N);
        let folds = cells.folds(&detector.columns, 4);
        for fold in 0..4 {
            let n = folds.iter().filter(|&&of| of == fold).count();
            assert!((N / 8..N / 2).contains(&n), "{n} rows of {N} in fold {fold}");
            let learned = learned_rows(N, Some(&folds), fold);
            assert!(learned.len() == N - n && learned.iter().all(|&row| folds[row as usize] != fold));
        }
        let opened = detector.open().unwrap();
        let assigned = opened.local.assigned(&detector.columns, &cells);
        let mut rows: Vec<usize> = assigned.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..N) && assigned.len() == quick().networks);
        let all = fitted(&DetectorConfig { trim: 0.0, ..quick() }, &in_order());
        let opened = all.open().unwrap();
        assert!(opened.local.assigned(&all.columns, &cells).iter().all(|(_, rows)| rows.len() == N));
    }
}

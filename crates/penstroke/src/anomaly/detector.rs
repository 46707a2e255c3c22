//! The detector: networks that restore and predict rows, and what of them is unusual.

use super::columns::{Columns, RowCells};
use super::config::DetectorConfig;
use super::levels::Levels;
use super::linear::{Linear, Quantiles, quantiles};
use super::local::{Local, Predicted};
use super::pieces::in_pieces;
use super::training::{Trained, train_levels, train_local};
use super::usual::{Usual, Views};
use crate::data::{Schema, TypedTable};
use crate::tabular::{Encoded, Encoding, canonical, check_fits, is_feature};
use crate::train::{History, Run};
use crate::{Error, Result};
use penstroke_engine::BitRows;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Most learned rows, evenly spaced, from which means, spreads and the distribution of scores are taken.
pub(super) const USUAL: usize = 10_000;

/// Learns what rows of a table are like, and tells how unusual others are, cell by cell.
///
/// Cells may be missing; a missing cell adds nothing to a score. Neither the order of rows or columns nor the number of threads changes a
/// bit, and a row has the same score alone or among others. Columns of kind [`Label`](crate::data::ColumnKind::Label) are left out.
///
/// ```
/// use penstroke::anomaly::{Detector, DetectorConfig};
/// use penstroke::data::{GivenColumn, SchemaOptions, TypedTable};
/// use penstroke::Run;
/// // y = 2x but in one row.
/// let x: Vec<f64> = (0..200).map(f64::from).collect();
/// let mut y: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
/// y[150] = 40.0;
/// let columns = vec![GivenColumn::Numbers(x), GivenColumn::Numbers(y)];
/// let table = TypedTable::from_columns("example", vec!["x".into(), "y".into()], columns, &SchemaOptions::default())?;
/// let config = DetectorConfig { networks: 1, steps: 600, ..Default::default() };
/// let detector = Detector::fit(&config, &table, &mut Run::new())?;
/// let scores = detector.score(&table)?;
/// let most_unusual = (0..200).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
/// assert_eq!(most_unusual, Some(150));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Detector {
    pub(super) config: DetectorConfig,
    pub(super) schema: Schema,
    pub(super) columns: Columns,
    pub(super) local: Vec<Trained>,
    pub(super) levels: Vec<Trained>,
    /// Nothing if the rows have too many values.
    pub(super) linear: Option<Linear>,
    pub(super) usual: Usual,
    pub(super) opened: OpenedOnce,
}

/// The networks of a detector, opened when they are first needed. Clones share them.
#[derive(Clone, Default)]
pub(super) struct OpenedOnce(Arc<OnceLock<Arc<Opened>>>);

impl fmt::Debug for OpenedOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenedOnce")
    }
}

/// The networks, ready to be applied.
pub(super) struct Opened {
    pub(super) local: Local,
    levels: Levels,
    quantiles: Vec<Option<Quantiles>>,
}

/// What the views tell of some rows.
pub(super) struct Seen {
    pub(super) cells: RowCells,
    pub(super) predicted: Predicted,
    /// `(levels, n, columns)`.
    levels: Vec<f32>,
}

impl Seen {
    fn views(&self, n_columns: usize) -> Views<'_> {
        let mut errors: Vec<&[f32]> = self.levels.chunks_exact((self.cells.n * n_columns).max(1)).collect();
        errors.push(&self.predicted.errors);
        Views { errors, observed: &self.cells.observed, n_columns }
    }
}

impl Detector {
    /// Trains on the rows of a table. If some of them are anomalies, the default [`trim`](DetectorConfig::trim) keeps the networks from
    /// learning them; if all are known to be normal, use 0.
    ///
    /// # Errors
    /// If an option is out of range, the table has fewer than [`DetectorConfig::fewest_rows`] or no column to learn, or training fails or
    /// ends far worse than always answering the mean.
    pub fn fit(config: &DetectorConfig, table: &TypedTable, run: &mut Run<'_>) -> Result<Self> {
        config.check()?;
        let (n, fewest) = (table.n_rows(), config.fewest_rows);
        if n < fewest {
            let problem = format!("has {n} rows; at least {fewest} are needed to learn from");
            return Err(Error::input(table.name(), problem));
        }
        let encoding = Encoding::learn(table, is_feature);
        if encoding.columns.is_empty() {
            return Err(Error::input(table.name(), "has no column to learn: all are left out"));
        }
        Error::room(n.saturating_mul(4 * encoding.n_inputs), || "the codes of the table take".into())?;
        let (rows, _) = canonical(&encoding, table)?;
        let columns = Columns::learn(encoding, &rows.encoded);
        let cells = columns.cells(Encoded { inputs: rows.data.to_floats(), ..rows.encoded });
        let local = train_local(config, table.name(), (&columns, &cells), run)?;
        let linear = Linear::learn(&columns, &cells);
        let mut detector = Self {
            config: config.clone(),
            schema: table.schema().clone(),
            columns,
            local,
            levels: Vec::new(),
            linear,
            usual: Usual::default(),
            opened: OpenedOnce::default(),
        };
        let (values, observed) = detector.restored(&cells)?;
        let n_values = detector.columns.n_values;
        let observed = observed.as_deref().map(|bits| BitRows::new(bits, n_values));
        detector.levels = train_levels(config, table.name(), (&values, observed), n_values, run)?;
        detector.usual = detector.learn_usual(&cells)?;
        Ok(detector)
    }

    /// The columns of the table.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The configuration.
    pub fn config(&self) -> &DetectorConfig {
        &self.config
    }

    /// The losses of each network: first of the local ones, then of the level networks.
    pub fn histories(&self) -> impl Iterator<Item = &History> {
        self.local.iter().chain(&self.levels).map(|trained| &trained.history)
    }

    /// Sets the number of threads; 0 means one per processor. Files do not store it, because no result depends on it.
    pub fn set_threads(&mut self, threads: usize) {
        self.config.threads = threads;
    }

    /// The score of each row of a table with this detector's schema: near 1 for rows that are usual among the learned ones, larger for unusual
    /// rows. It depends on the row's own cells alone.
    ///
    /// # Errors
    /// If the table has other columns, or work is [stopped](crate::interrupt).
    pub fn score(&self, table: &TypedTable) -> Result<Vec<f64>> {
        check_fits(&self.schema, table)?;
        let opened = self.open()?;
        let scores = in_pieces(self.config.threads, (table.n_rows(), self.columns.len()), |rows| {
            Ok(self.row_scores(&self.see(&opened, self.cells(table, rows))))
        });
        Ok(scores?.concat())
    }

    /// The share of the learned rows with a larger score, in `0..=1`.
    pub fn share_above(&self, score: f64) -> f64 {
        self.usual.share_above(score)
    }

    /// The scores of the learned rows, ascending; of 10,000 evenly spaced ones if there are more.
    pub fn learned_scores(&self) -> &[f64] {
        &self.usual.scores
    }

    /// The networks, which are opened once: that takes longer than to score a row.
    pub(super) fn open(&self) -> Result<Arc<Opened>> {
        let Self { config, columns, opened, .. } = self;
        if let Some(opened) = opened.0.get() {
            return Ok(Arc::clone(opened));
        }
        let new = Arc::new(Opened {
            local: Local::open(config, columns, &self.local)?,
            levels: Levels::open(config, columns.n_values, &self.levels)?,
            quantiles: quantiles(columns),
        });
        // Another thread may have been faster. None is waited for: in a forked process it may not exist.
        Ok(Arc::clone(opened.0.get_or_init(|| new)))
    }

    /// The cells of some rows of a table.
    pub(super) fn cells(&self, table: &TypedTable, rows: Range<usize>) -> RowCells {
        let rows: Vec<usize> = rows.collect();
        self.columns.cells(self.columns.encoding.encode(table.columns(), &rows))
    }

    /// Looks at some rows in every view.
    pub(super) fn see(&self, opened: &Opened, cells: RowCells) -> Seen {
        let predicted = opened.local.predict(&self.columns, &cells);
        let values =
            self.columns.values(&cells, |row, at| predicted.expected(&self.columns, (cells.n, row), at));
        let of_columns: Vec<Range<usize>> =
            self.columns.seen.iter().map(|seen| seen.values.clone()).collect();
        let levels = opened.levels.errors(&values, &of_columns);
        Seen { cells, predicted, levels }
    }

    /// The log odds of cells, `(n, columns)`, by networks and linear prediction together, which is then what is expected.
    pub(super) fn log_odds(&self, opened: &Opened, cells: &RowCells, predicted: &mut Predicted) -> Vec<f32> {
        if let Some(linear) = &self.linear {
            predicted.mix(&linear.rows(&self.columns, &opened.quantiles), cells);
        }
        predicted.log_odds(&self.columns, cells)
    }

    pub(super) fn row_scores(&self, seen: &Seen) -> Vec<f64> {
        self.usual.score(&seen.views(self.columns.len()))
    }

    /// What the level networks restore, and which of it is observed if not all is.
    fn restored(&self, cells: &RowCells) -> Result<(Vec<f32>, Option<Vec<u8>>)> {
        let Self { config, columns, .. } = self;
        if cells.observed.iter().all(|observed| *observed) {
            return Ok((columns.values(cells, |_, _| Vec::new()), None));
        }
        let local = Local::open(config, columns, &self.local)?;
        let values = in_pieces(config.threads, (cells.n, columns.len()), |rows| {
            let some = cells.select(&rows.collect::<Vec<_>>(), columns);
            let predicted = local.predict(columns, &some);
            Ok(columns.values(&some, |row, at| predicted.expected(columns, (some.n, row), at)))
        })?;
        let stride = columns.n_values.div_ceil(8);
        let mut bits = vec![0; cells.n * stride];
        for (row, bits) in bits.chunks_exact_mut(stride).enumerate() {
            for (at, seen) in columns.seen.iter().enumerate() {
                if cells.observed[row * columns.len() + at] {
                    seen.values.clone().for_each(|value| bits[value / 8] |= 1 << (value % 8));
                }
            }
        }
        Ok((values.concat(), Some(bits)))
    }

    /// Scores the learned rows, or evenly spaced ones of them.
    fn learn_usual(&self, cells: &RowCells) -> Result<Usual> {
        let n = cells.n.min(USUAL);
        let rows: Vec<usize> = (0..n).map(|k| k * cells.n / n.max(1)).collect();
        let opened = self.open()?;
        let seen = in_pieces(self.config.threads, (n, self.columns.len()), |piece| {
            let mut seen = self.see(&opened, cells.select(&rows[piece], &self.columns));
            let odds = self.log_odds(&opened, &seen.cells, &mut seen.predicted);
            seen.predicted.keep_errors();
            Ok((seen, odds))
        })?;
        let (seen, odds): (Vec<Seen>, Vec<Vec<f32>>) = seen.into_iter().unzip();
        let d = self.columns.len();
        let n_views = seen.first().map_or(0, |seen| seen.views(d).errors.len());
        let of_view =
            |view: usize| seen.iter().flat_map(move |seen| seen.views(d).errors[view].to_vec()).collect();
        let errors: Vec<Vec<f32>> = (0..n_views).map(of_view).collect();
        let observed: Vec<bool> = seen.iter().flat_map(|seen| seen.cells.observed.iter().copied()).collect();
        let errors = errors.iter().map(Vec::as_slice).collect();
        Ok(Usual::learn(&Views { errors, observed: &observed, n_columns: d }, &odds.concat()))
    }
}

//! Cells: what the columns of a table are to a network, and the noises on whole cells.
//!
//! A cell is a group of input components together with the output units that restore it: for a number its standardised
//! value, its encoding and a flag, restored by one unit; for a category a one-hot code and a flag, restored by a softmax
//! over its units.
//!
//! Noises on cells are like the others ([`corruption`](crate::corrupt_row)): term `t` draws words for its purpose at
//! `(epoch, sample)`. Here the words belong to cells, of which there are `m`, in the order of the list:
//!
//! | noise | words | cell `c` |
//! | --- | --- | --- |
//! | mask cells | `q` from `u_0`, cell `c` from `u_{1+c}` | all its components become 0 when `u_{1+c} < q·2³²`, with `q = low + (high − low) u_0/2³²` |
//! | swap cells | `u_2c`, `u_{2c+1}` | becomes the same cell of the row that `u_{2c+1}` chooses when `u_2c < q·2³²` and both are observed |
//! | copy mask | `u_0` | all its components become 0 if it is missing in the row that `u_0` chooses |
//!
//! A word `u` chooses number `⌊u (n − 1)/2³²⌋` of the other `n − 1` rows, so each has the same probability up to `n/2³²`
//! of it. Swapping is the noise of M. Jahrer's winning entry to Porto Seguro's challenge (2017); copied masks are those of An et
//! al. (AutoComplete, 2023) and Gorla et al. (CACTI, 2025).

use crate::batch::Batch;
use crate::error::EngineError;
use crate::philox::{Sequence, threshold};
use crate::rows::{BitRows, Rows};
use std::ops::Range;

/// A column of a table: its input components, and the output units that restore it.
///
/// ```
/// use penstroke_engine::*;
/// // A number (value, flag) and a category of three classes (one-hot, flag).
/// let network = Network::new(vec![Layer::new(6, 8, Activation::Relu), Layer::new(8, 4, Activation::Linear)]);
/// let classes = Loss::SoftmaxCrossEntropy { label_smoothing: 0.0 };
/// let objective = Objective {
///     cells: vec![Cell { inputs: 0..2, units: 0..1 }, Cell { inputs: 2..6, units: 1..4 }],
///     emphasis: Some(Emphasis { corrupted: 1.0, rest: 0.0 }),
///     corruption: vec![Noise::MaskCells { low: 0.05, high: 0.6 }],
///     ..Objective::new(vec![
///         Head::new(0..1, Loss::Squared, Target::Values),
///         Head::new(1..4, classes, Target::Labels).weighing(0.9),
///     ])
/// };
/// objective.check(&network)?;
/// # Ok::<(), EngineError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The input components; at least one.
    pub inputs: Range<usize>,
    /// The output units; at least one. The cell of a row is missing if the row's first of them is not
    /// [observed](crate::Batch::observed).
    pub units: Range<usize>,
}

/// Checks that the ranges of all cells ascend and lie within the network.
pub(crate) fn check(cells: &[Cell], inputs: usize, outputs: usize) -> Result<(), EngineError> {
    let (mut input, mut unit) = (0, 0);
    for (cell, Cell { inputs: here, units }) in cells.iter().enumerate() {
        let fits = here.start >= input && units.start >= unit && here.end <= inputs && units.end <= outputs;
        if !fits || here.is_empty() || units.is_empty() {
            return Err(EngineError::Cells { cell, inputs, outputs });
        }
        (input, unit) = (here.end, units.end);
    }
    Ok(())
}

/// The cells of a sample, and the rows from which noises take cells and masks.
#[derive(Clone, Copy, Debug)]
pub struct Donors<'a> {
    /// The cells of every row.
    pub cells: &'a [Cell],
    /// The rows of the data set, or of the batch if they were [gathered](crate::Batch::gathered).
    pub rows: Rows<'a>,
    /// For each output unit of each of these rows, whether it was observed; `None`: all were.
    pub observed: Option<BitRows<'a>>,
    /// The sample's own row, which gives it nothing.
    pub row: usize,
}

impl<'a> Donors<'a> {
    /// For samples without cells.
    pub const NONE: Donors<'static> = Donors { cells: &[], rows: Rows::Floats(&[]), observed: None, row: 0 };

    /// Those of the first sample of a batch.
    pub(crate) fn of(cells: &'a [Cell], batch: &Batch<'a>) -> Self {
        Self { cells, rows: batch.rows, observed: batch.observed, row: 0 }
    }

    /// The other row, out of `n`, that `word` chooses; `None` if there is no other.
    fn chosen(&self, word: u32, n: usize) -> Option<usize> {
        let others = n.checked_sub(1).filter(|&others| others > 0)?;
        let row = ((u64::from(word) * others as u64) >> 32) as usize;
        Some(if row < self.row { row } else { row + 1 })
    }

    /// The fate of cell `cell` once its donor was asked: it stays if it is missing there.
    #[inline]
    pub(crate) fn granted(&self, cell: usize, fate: Fate) -> Fate {
        let gap = |row: usize| self.is_missing(row, &self.cells[cell]);
        if fate.donor().is_some_and(gap) { Fate::STAYS } else { fate }
    }

    fn is_missing(&self, row: usize, cell: &Cell) -> bool {
        self.observed.is_some_and(|observed| !observed.get(row, cell.units.start))
    }
}

/// What a noise does to a cell: it stays, is lost, or becomes that of another row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fate(u32);

impl Fate {
    pub(crate) const STAYS: Self = Self(u32::MAX);
    pub(crate) const LOST: Self = Self(u32::MAX - 1);

    /// The row whose cell this one becomes.
    #[inline(always)]
    pub(crate) fn donor(self) -> Option<usize> {
        (self.0 < Self::LOST.0).then_some(self.0 as usize)
    }
}

/// Decides the fate of every cell, in order: lost with a probability that the first of `words` chooses between `low` and `high`.
#[inline]
pub(crate) fn mask(
    (low, high): (f64, f64),
    mut words: Sequence,
    donors: Donors<'_>,
    mut decided: impl FnMut(usize, Fate),
) {
    let share = f64::from(words.word()) / 4_294_967_296.0;
    let threshold = threshold(low + (high - low) * share);
    for cell in 0..donors.cells.len() {
        let lost = u64::from(words.word()) < threshold;
        decided(cell, if lost { Fate::LOST } else { Fate::STAYS });
    }
}

/// Decides the fate of every cell, in order: with this probability, it becomes that of one of `n` rows, if that row
/// [grants](Donors::granted) it.
#[inline]
pub(crate) fn swap(
    probability: f64,
    mut words: Sequence,
    (donors, n): (Donors<'_>, usize),
    mut decided: impl FnMut(usize, Fate),
) {
    let threshold = threshold(probability);
    for (number, cell) in donors.cells.iter().enumerate() {
        let (coin, chosen) = (words.word(), donors.chosen(words.word(), n));
        let swaps = |_: &usize| u64::from(coin) < threshold && !donors.is_missing(donors.row, cell);
        decided(number, chosen.filter(swaps).map_or(Fate::STAYS, |row| Fate(row as u32)));
    }
}

/// Decides the fate of every cell, in order: lost if it is missing in the one of `n` rows that the first of `words` chooses.
#[inline]
pub(crate) fn copy_mask(
    mut words: Sequence,
    (donors, n): (Donors<'_>, usize),
    mut decided: impl FnMut(usize, Fate),
) {
    let chosen = donors.chosen(words.word(), n);
    for (number, cell) in donors.cells.iter().enumerate() {
        let lost = chosen.is_some_and(|row| donors.is_missing(row, cell));
        decided(number, if lost { Fate::LOST } else { Fate::STAYS });
    }
}

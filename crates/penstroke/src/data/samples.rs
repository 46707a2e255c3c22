//! Samples wherever they lie: in memory, or in a file that is read piece by piece.

use super::{Dataset, ImageShape, Preparation, Values};
use crate::Result;
use penstroke_engine::Rows;
use std::fmt::Debug;
use std::sync::mpsc;
use std::thread;

/// Values of samples that are read at once in passing through all of them: 4 MiB of floats.
const PIECE: usize = 1 << 20;
/// How many batches are read before they are needed.
const AHEAD: usize = 4;

/// `n` samples of `d` values each, all finite, that can be read in any order: a [`Dataset`] in memory, or a
/// [`Streamed`](super::Streamed) file.
pub trait Samples: Debug + Sync {
    /// Number of samples, `n`.
    fn n_samples(&self) -> usize;

    /// Number of components of a sample, `d`.
    fn n_visible(&self) -> usize;

    /// One label a sample, if they are labelled.
    fn labels(&self) -> Option<&[u32]> {
        None
    }

    /// How a row is a picture, if it is one.
    fn image(&self) -> Option<ImageShape> {
        None
    }

    /// How the samples were made of their source.
    fn preparation(&self) -> &Preparation;

    /// The least and the greatest value; `(0, 1)` for bytes, whatever they hold.
    fn range(&self) -> (f32, f32);

    /// All of them, `(n, d)`, if they lie in memory.
    fn in_memory(&self) -> Option<Rows<'_>> {
        None
    }

    /// Reads the samples of these numbers, in this order, in place of what `out` holds.
    ///
    /// # Errors
    /// If the file they lie in can no longer be read.
    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()>;
}

impl Samples for Dataset {
    fn n_samples(&self) -> usize {
        self.n_samples()
    }

    fn n_visible(&self) -> usize {
        self.n_visible()
    }

    fn labels(&self) -> Option<&[u32]> {
        self.labels()
    }

    fn image(&self) -> Option<ImageShape> {
        self.image()
    }

    fn preparation(&self) -> &Preparation {
        self.preparation()
    }

    fn range(&self) -> (f32, f32) {
        self.range()
    }

    fn in_memory(&self) -> Option<Rows<'_>> {
        Some(self.rows())
    }

    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()> {
        let samples = indices.iter().map(|&index| index as usize).collect::<Vec<_>>();
        *out = self.select(&samples).into_values();
        Ok(())
    }
}

/// Some samples, as [`each_batch`] hands them on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gathered<'a> {
    pub(crate) rows: Rows<'a>,
    /// Whether `rows` are these samples alone, and not all there are.
    pub(crate) alone: bool,
    pub(crate) indices: &'a [u32],
}

/// Calls `f` with `size` samples after another in this order until it has enough; what lies in a file is read meanwhile, a
/// few batches ahead.
pub(crate) fn each_batch(
    data: &dyn Samples,
    order: &[u32],
    size: usize,
    mut f: impl FnMut(Gathered<'_>) -> Result<Enough>,
) -> Result<()> {
    let batches = order.chunks(size.max(1));
    if let Some(rows) = data.in_memory() {
        for indices in batches {
            if f(Gathered { rows, alone: false, indices })? == Enough::Yes {
                break;
            }
        }
        return Ok(());
    }
    thread::scope(|scope| {
        let (full, read) = mpsc::sync_channel(AHEAD);
        let (empty, used) = mpsc::channel::<Values>();
        let to_read = batches.clone();
        scope.spawn(move || {
            for indices in to_read {
                let mut values = used.try_recv().unwrap_or(Values::Floats(Vec::new()));
                let done = data.read(indices, &mut values);
                // Nobody listens once there is enough.
                if full.send(done.map(|()| values)).is_err() {
                    return;
                }
            }
        });
        for (indices, values) in batches.zip(read) {
            let values = values?;
            if f(Gathered { rows: values.rows(), alone: true, indices })? == Enough::Yes {
                break;
            }
            // The reader may have read all it has to.
            drop(empty.send(values));
        }
        Ok(())
    })
}

/// Whether more is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enough {
    Yes,
    No,
}

/// Calls `f` with all samples in their order, a few whole ones after another.
pub(crate) fn each_piece(data: &dyn Samples, mut f: impl FnMut(Rows<'_>) -> Result<()>) -> Result<()> {
    let d = data.n_visible();
    let at_once = (PIECE / d.max(1)).max(1);
    if let Some(rows) = data.in_memory() {
        return (0..rows.len())
            .step_by(at_once * d)
            .try_for_each(|start| f(rows.range(start..rows.len().min(start + at_once * d))));
    }
    let in_order: Vec<u32> = (0..data.n_samples() as u32).collect();
    each_batch(data, &in_order, at_once, |piece| f(piece.rows).map(|()| Enough::No))
}

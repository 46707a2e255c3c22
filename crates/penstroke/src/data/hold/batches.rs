//! Batches of samples, from memory or read ahead from a file.

use super::samples::Samples;
use super::values::Values;
use crate::{Result, interrupt};
use penstroke_engine::Rows;
use std::sync::mpsc;
use std::thread;

/// Values read at a time when passing through all samples: 4 MiB of floats.
const PIECE: usize = 1 << 20;

/// Number of batches read ahead.
const AHEAD: usize = 4;

/// The samples of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gathered<'a> {
    pub(crate) rows: Rows<'a>,
    /// Whether `rows` holds only these samples rather than all samples.
    pub(crate) alone: bool,
    pub(crate) indices: &'a [u32],
}

/// Calls `f` with batches of `size` samples in this order until it has enough. Another thread reads samples in a file a
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
            interrupt::check()?;
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
                // The receiver is gone once `f` has enough.
                if full.send(done.map(|()| values)).is_err() {
                    return;
                }
            }
        });
        for (indices, values) in batches.zip(read) {
            interrupt::check()?;
            let values = values?;
            if f(Gathered { rows: values.rows(), alone: true, indices })? == Enough::Yes {
                break;
            }
            // The reader may have finished.
            drop(empty.send(values));
        }
        Ok(())
    })
}

/// Whether to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enough {
    Yes,
    No,
}

/// Number of samples of `d` values to read at a time.
pub(super) fn at_once(d: usize) -> usize {
    (PIECE / d.max(1)).max(1)
}

/// Calls `f` with all samples in order, a few megabytes at a time.
pub(crate) fn each_piece(data: &dyn Samples, mut f: impl FnMut(Rows<'_>) -> Result<()>) -> Result<()> {
    let d = data.n_visible();
    let at_once = at_once(d);
    if let Some(rows) = data.in_memory() {
        return (0..rows.len()).step_by(at_once * d).try_for_each(|start| {
            interrupt::check()?;
            f(rows.range(start..rows.len().min(start + at_once * d)))
        });
    }
    let in_order: Vec<u32> = (0..data.n_samples() as u32).collect();
    each_batch(data, &in_order, at_once, |piece| f(piece.rows).map(|()| Enough::No))
}

/// Calls `f` with all samples in order, in double precision, a few megabytes at a time.
pub(in crate::data) fn each_exact_piece(data: &dyn Samples, mut f: impl FnMut(&[f64])) -> Result<()> {
    let in_order: Vec<u32> = (0..data.n_samples() as u32).collect();
    let mut values = Vec::new();
    for indices in in_order.chunks(at_once(data.n_visible())) {
        interrupt::check()?;
        data.read_exact(indices, &mut values)?;
        f(&values);
    }
    Ok(())
}

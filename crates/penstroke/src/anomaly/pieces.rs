//! Work on many rows, piece by piece, on several threads.

use crate::tabular::n_threads;
use crate::{Error, Result, interrupt};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Most and fewest rows of a piece.
const PIECE: (usize, usize) = (256, 32);

/// Cells of a piece of rows that are so wide that it has fewer of them; memory grows by some 500 bytes with each.
const CELLS: usize = 1 << 18;

/// Calls `work` with pieces of `n` rows of this width, and returns the results in order.
///
/// # Errors
/// The first error in this order, or that work was [stopped](crate::interrupt).
pub(super) fn in_pieces<T: Send>(
    threads: usize,
    (n, width): (usize, usize),
    work: impl Fn(Range<usize>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let size = (CELLS / width.max(1)).clamp(PIECE.1, PIECE.0);
    let (n_pieces, next) = (n.div_ceil(size), AtomicUsize::new(0));
    let done = Mutex::new(Vec::with_capacity(n_pieces));
    let each = || {
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= n_pieces {
                return;
            }
            let rows = piece * size..n.min((piece + 1) * size);
            let result = interrupt::check().and_then(|()| work(rows));
            if result.is_err() {
                next.store(n_pieces, Ordering::Relaxed);
            }
            if let Ok(mut done) = done.lock() {
                done.push((piece, result));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..n_threads(threads).min(n_pieces) {
            scope.spawn(each);
        }
        each();
    });
    let mut done = done.into_inner().map_err(|_| Error::numerical("a thread failed"))?;
    done.sort_by_key(|(piece, _)| *piece);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_in_order_at_any_number_of_threads() {
        for threads in [1, 2, 3, 7] {
            for (width, size) in [(0, 256), (1024, 256), (2048, 128), (1 << 20, 32)] {
                for n in [0, 1, size, size + 1, 5 * size - 1] {
                    let pieces = in_pieces(threads, (n, width), |rows| Ok(rows.collect::<Vec<_>>())).unwrap();
                    assert!(
                        pieces.iter().all(|piece| piece.len() <= size) && pieces.len() == n.div_ceil(size)
                    );
                    assert!(pieces.concat().into_iter().eq(0..n), "{n} rows of {width} on {threads} threads");
                }
            }
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let failed = in_pieces(2, (9 * 256, 1), |rows| match rows.start {
            0 => Ok(()),
            _ => Err(Error::numerical("wrong")),
        });
        assert!(failed.unwrap_err().to_string().contains("wrong"));
    }
}

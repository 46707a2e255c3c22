//! Work on many rows, piece by piece, on several threads.

use crate::tabular::n_threads;
use crate::{Error, Result, interrupt};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Rows per piece.
pub(super) const PIECE: usize = 256;

/// Calls `work` with pieces of `0..n`, and returns the results in order.
///
/// # Errors
/// The first error in this order, or that work was [stopped](crate::interrupt).
pub(super) fn in_pieces<T: Send>(
    threads: usize,
    n: usize,
    work: impl Fn(Range<usize>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let (n_pieces, next) = (n.div_ceil(PIECE), AtomicUsize::new(0));
    let done = Mutex::new(Vec::with_capacity(n_pieces));
    let each = || {
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= n_pieces {
                return;
            }
            let rows = piece * PIECE..n.min((piece + 1) * PIECE);
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
            for n in [0, 1, PIECE, PIECE + 1, 5 * PIECE - 1] {
                let rows: Vec<usize> =
                    in_pieces(threads, n, |rows| Ok(rows.collect::<Vec<_>>())).unwrap().concat();
                assert!(rows.into_iter().eq(0..n), "{n} rows on {threads} threads");
            }
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let failed = in_pieces(2, 9 * PIECE, |rows| match rows.start {
            0 => Ok(()),
            _ => Err(Error::numerical("wrong")),
        });
        assert!(failed.unwrap_err().to_string().contains("wrong"));
    }
}

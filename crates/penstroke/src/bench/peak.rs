//! How many products this machine can do at most, measured.

use penstroke_engine::{InstructionSet, multiply_adds};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// An odd number, so that one run in the middle is the median.
const RUNS: usize = 7;
/// All runs together take 0.3 s.
const RUN: Duration = Duration::from_millis(43);
/// 10 to 80 µs of work between two looks at the clock, which take 30 ns.
const ROUNDS: u32 = 4096;

/// Billions of `f32` operations a second, two a multiply-add, that `threads` threads (0 is taken as 1) can do at once
/// with these instructions if nothing but registers is touched: no product is faster. The median of several short runs.
#[must_use]
pub fn peak_gflops(instructions: InstructionSet, threads: usize) -> f64 {
    let runs: Vec<f64> = (0..RUNS).map(|_| operations_a_second(instructions, threads)).collect();
    super::median(&runs) / 1e9
}

fn operations_a_second(instructions: InstructionSet, threads: usize) -> f64 {
    let begin = AtomicBool::new(false);
    let work = || {
        while !begin.load(Ordering::Acquire) {
            thread::yield_now();
        }
        let (started, mut operations) = (Instant::now(), 0);
        loop {
            operations += multiply_adds(instructions, ROUNDS);
            let elapsed = started.elapsed();
            if elapsed >= RUN {
                return operations as f64 / elapsed.as_secs_f64();
            }
        }
    };
    thread::scope(|scope| {
        // A thread that the system refuses is refused to the engine as well.
        let others: Vec<_> =
            (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        begin.store(true, Ordering::Release);
        let mine = work();
        mine + others.into_iter().filter_map(|other| other.join().ok()).sum::<f64>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_has_a_peak() {
        for set in InstructionSet::all() {
            let peak = peak_gflops(set, 2);
            // No processor has been slower than this for thirty years, or faster.
            assert!((1e-3..1e6).contains(&peak), "{}: {peak}", set.name());
        }
    }
}

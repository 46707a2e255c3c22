//! The peak of this machine, measured in multiply-adds.

use super::median::median;
use penstroke_engine::{InstructionSet, multiply_adds};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Odd, so that the median is one of the runs.
const RUNS: usize = 7;
/// All runs together take 0.3 s.
const RUN: Duration = Duration::from_millis(43);
/// 10 to 80 µs of work between two readings of the clock, which take 30 ns each.
const ROUNDS: u32 = 4096;

/// Billions of `f32` operations per second, two for each multiply-add, of `threads` threads (0 counts as 1) that use these
/// instructions on registers alone; no product is faster. The median of several short runs.
pub fn peak_gflops(instructions: InstructionSet, threads: usize) -> f64 {
    let runs: Vec<f64> = (0..RUNS).map(|_| operations_a_second(instructions, threads)).collect();
    median(&runs) / 1e9
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
        // If the system refuses a thread, it refuses one to the engine as well.
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
            // Every processor of the last thirty years is within this range.
            assert!((1e-3..1e6).contains(&peak), "{}: {peak}", set.name());
        }
    }
}

//! A few threads that live as long as their engine and share the parts of one job after another.
//!
//! A training step is a handful of short jobs with a barrier after each. A thread starts with its own share of the
//! parts, the same in every job with that many (so that they are in its cache), and then helps the others. Every part
//! writes its own output and parts do not depend on the number of threads, so the result does not either. A waiting
//! thread spins for a while (the next job usually comes within microseconds), then sleeps.

use super::pieces::Divide;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// How often a thread looks for work before it sleeps: some 50 µs, longer than the pause between two jobs of a step.
/// (Once under Miri, where all threads share one.)
const SPINS: usize = if cfg!(miri) { 1 } else { 2_000 };

/// The calling thread and `threads − 1` threads of its own.
pub(crate) struct Team {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// The process that owns the threads; a forked process has none.
    process: u32,
}

/// A job: calls the closure with a part and a worker. The lifetime is erased; see [`Team::run`].
#[derive(Clone, Copy)]
struct Job(*const (dyn Fn(usize, usize) + Sync + 'static));

// SAFETY: the pointer leads to a `Sync` closure, which several threads may call at once.
unsafe impl Send for Job {}

/// A counter on a cache line of its own.
#[repr(align(128))]
#[derive(Default)]
struct Next(AtomicUsize);

struct Shared {
    /// The current job and its number of parts.
    job: Mutex<Option<(Job, usize)>>,
    /// Counts jobs; a worker that sees a new number takes the job.
    generation: AtomicUsize,
    /// For every worker, the next part of its own share that is not taken yet.
    next: Vec<Next>,
    /// Workers that have not finished the current job.
    busy: AtomicUsize,
    /// Workers that sleep or are about to.
    sleepers: Mutex<usize>,
    wake: Condvar,
    stop: AtomicBool,
    panicked: AtomicBool,
}

impl Team {
    /// Creates a team of `threads` (at least one) workers.
    pub(crate) fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            job: Mutex::new(None),
            generation: AtomicUsize::new(0),
            next: (0..threads).map(|_| Next::default()).collect(),
            busy: AtomicUsize::new(0),
            sleepers: Mutex::new(0),
            wake: Condvar::new(),
            stop: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
        });
        // If the system refuses a thread, there is one helper less; the result is the same.
        let threads = (1..threads)
            .map_while(|worker| {
                let shared = Arc::clone(&shared);
                std::thread::Builder::new()
                    .name(format!("penstroke-{worker}"))
                    .spawn(move || shared.work(worker))
                    .ok()
            })
            .collect();
        Self { shared, threads, process: std::process::id() }
    }

    /// The number of workers, including the caller.
    pub(crate) fn len(&self) -> usize {
        self.threads.len() + 1
    }

    /// Calls `act(part, worker, piece)` once for every part of `pieces` and returns when all are done. The team is
    /// mutably borrowed meanwhile, so jobs neither overlap nor nest.
    pub(crate) fn each<D: Divide>(&mut self, pieces: D, act: impl Fn(usize, usize, D::Piece) + Sync) {
        let n_parts = pieces.n_parts();
        self.run(n_parts, &|part, worker| {
            // SAFETY: `run` calls this once for every part in `0..n_parts`, so no piece is handed out twice.
            act(part, worker, unsafe { pieces.piece(part) });
        });
    }

    fn run(&mut self, n_parts: usize, act: &(dyn Fn(usize, usize) + Sync)) {
        if self.threads.is_empty() || n_parts < 2 || self.process != std::process::id() {
            (0..n_parts).for_each(|part| act(part, 0));
            return;
        }
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. No worker touches the closure after this function returns: it waits until
        // all have finished, even when a part panics. `&mut self` prevents a second job from starting meanwhile, which
        // would hand out the first one's parts again.
        let job = Job(unsafe {
            std::mem::transmute::<
                *const (dyn Fn(usize, usize) + Sync + '_),
                *const (dyn Fn(usize, usize) + Sync),
            >(act)
        });
        *lock(&shared.job) = Some((job, n_parts));
        for (worker, next) in shared.next.iter().enumerate() {
            next.0.store(shared.share(worker, n_parts).start, Ordering::Relaxed);
        }
        shared.busy.store(self.threads.len(), Ordering::Relaxed);
        shared.generation.fetch_add(1, Ordering::Release);
        if *lock(&shared.sleepers) > 0 {
            shared.wake.notify_all();
        }
        let mine = catch_unwind(AssertUnwindSafe(|| shared.take(act, n_parts, 0)));
        let mut looks = 0;
        while shared.busy.load(Ordering::Acquire) > 0 {
            looks += 1;
            if looks < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        *lock(&shared.job) = None;
        // Cleared even if this thread panicked, so the next job starts clean.
        let panicked = shared.panicked.swap(false, Ordering::Relaxed);
        if let Err(panic) = mine {
            std::panic::resume_unwind(panic);
        }
        assert!(!panicked, "a worker thread panicked");
    }
}

impl Shared {
    /// The parts that a worker starts with.
    fn share(&self, worker: usize, n_parts: usize) -> std::ops::Range<usize> {
        let n = self.next.len();
        n_parts * worker / n..n_parts * (worker + 1) / n
    }

    /// Runs the worker's own share, then what is left of the others' shares.
    fn take(&self, act: &(dyn Fn(usize, usize) + Sync), n_parts: usize, worker: usize) {
        let n = self.next.len();
        for owner in (worker..n).chain(0..worker) {
            let end = self.share(owner, n_parts).end;
            loop {
                let part = self.next[owner].0.fetch_add(1, Ordering::Relaxed);
                if part >= end {
                    break;
                }
                act(part, worker);
            }
        }
    }

    fn work(&self, worker: usize) {
        let mut seen = 0;
        loop {
            self.wait(seen);
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            // Jobs do not overlap: the next does not begin before this worker has reported that it is done.
            seen += 1;
            let job = *lock(&self.job);
            if let Some((Job(act), n_parts)) = job {
                // SAFETY: `run` keeps the closure alive until `busy` is back at zero.
                let act = unsafe { &*act };
                if catch_unwind(AssertUnwindSafe(|| self.take(act, n_parts, worker))).is_err() {
                    self.panicked.store(true, Ordering::Relaxed);
                }
            }
            self.busy.fetch_sub(1, Ordering::Release);
        }
    }

    /// Returns when there is a job after number `seen`, or when the team is shutting down.
    fn wait(&self, seen: usize) {
        let idle = || self.generation.load(Ordering::Acquire) == seen && !self.stop.load(Ordering::Acquire);
        for _ in 0..SPINS {
            if !idle() {
                return;
            }
            std::hint::spin_loop();
        }
        let mut sleepers = lock(&self.sleepers);
        *sleepers += 1;
        while idle() {
            sleepers = self.wake.wait(sleepers).unwrap_or_else(PoisonError::into_inner);
        }
        *sleepers -= 1;
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // There is no thread to wait for.
            return self.threads.drain(..).for_each(std::mem::forget);
        }
        self.shared.stop.store(true, Ordering::Release);
        drop(lock(&self.shared.sleepers));
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            // Nothing can be done about a worker that panicked.
            let _ = thread.join();
        }
    }
}

/// A panic while one of these locks is held leaves nothing inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::pieces::Pieces;
    use super::*;

    #[test]
    fn every_piece_is_handed_out_once_at_any_team_size() {
        for threads in [1, 2, 3, 7] {
            let mut team = Team::new(threads);
            for len in [0usize, 1, 5, 64, 1000] {
                let mut counts = vec![0u32; len];
                let mut owners = vec![usize::MAX; len.div_ceil(3)];
                for _ in 0..50 {
                    team.each(
                        (Pieces::new(&mut counts, 3), Pieces::new(&mut owners, 1)),
                        |part, worker, (counts, owner)| {
                            assert!(worker < threads);
                            owner[0] = part;
                            counts.iter_mut().for_each(|c| *c += 1);
                        },
                    );
                }
                assert!(counts.iter().all(|&c| c == 50));
                assert!(owners.iter().enumerate().all(|(i, &o)| i == o));
            }
        }
    }

    #[test]
    fn a_panic_in_a_part_reaches_the_caller_and_the_team_survives() {
        let mut team = Team::new(3);
        let mut data = vec![0u8; 64];
        let failed = catch_unwind(AssertUnwindSafe(|| {
            team.each(Pieces::new(&mut data, 1), |part, _, _| assert!(part != 40, "part 40"));
        }));
        assert!(failed.is_err());
        team.each(Pieces::new(&mut data, 1), |_, _, piece| piece[0] = 1);
        assert_eq!(data, vec![1; 64]);
    }

    #[test]
    fn panics_in_every_part_leave_nothing_for_the_next_job() {
        let mut team = Team::new(3);
        let mut data = vec![0u8; 64];
        for _ in 0..20 {
            // Every worker, the caller among them, holds a part before one of them panics.
            let here = std::sync::Barrier::new(3);
            let failed = catch_unwind(AssertUnwindSafe(|| {
                team.each(Pieces::new(&mut data, 22), |part, _, _| {
                    here.wait();
                    std::panic::resume_unwind(Box::new(part));
                });
            }));
            assert!(failed.is_err());
            team.each(Pieces::new(&mut data, 1), |_, _, piece| piece[0] += 1);
        }
        assert_eq!(data, vec![20; 64]);
    }

    #[test]
    fn parts_past_the_end_of_a_member_get_an_empty_piece() {
        let (mut long, mut short) = (vec![0u8; 9], vec![0u8; 4]);
        Team::new(2).each((Pieces::new(&mut long, 2), Pieces::new(&mut short, 3)), |part, _, (_, piece)| {
            assert_eq!(piece.len(), [3, 1, 0, 0, 0][part]);
        });
    }
}

//! Trains several networks side by side, one thread each, and passes their progress to the caller's observers.

use crate::train::Run;
use crate::{Error, Event, Flow, Result, interrupt};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Several networks that are trained side by side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Team {
    /// Number of networks.
    pub(crate) networks: usize,
    /// Number of rows that a network is presented at most; a small table or an early end leaves some.
    pub(crate) rows_each: usize,
    /// Number of threads; 0 stands for one per processor.
    pub(crate) threads: usize,
}

/// What a network tells while it trains.
enum Told<T> {
    /// The network, the rows that it was presented since its last message, and the loss.
    Batch(usize, u64, f64),
    Finished(usize, Result<T>),
}

impl Team {
    /// Trains all networks with `train`, in any order; the result does not depend on it.
    ///
    /// # Errors
    /// The first error of a network, or [`Error::Interrupted`] if an observer stops the training.
    pub(crate) fn train<T: Send>(
        self,
        run: &mut Run<'_>,
        train: impl Fn(usize, &mut Run<'_>) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..n_threads(self.threads).min(self.networks) {
                let (sender, stop, next, train) = (sender.clone(), &stop, &next, &train);
                scope.spawn(move || {
                    loop {
                        let k = next.fetch_add(1, Ordering::Relaxed);
                        if k >= self.networks || stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let mut presented_before = 0;
                        let mut observer = |event: &Event| {
                            if let Event::Batch { presented, loss, .. } = *event {
                                drop(sender.send(Told::Batch(k, presented - presented_before, loss)));
                                presented_before = presented;
                            }
                            if stop.load(Ordering::Relaxed) { Flow::Stop } else { Flow::Continue }
                        };
                        let trained = train(k, &mut Run::new().observer(&mut observer));
                        if sender.send(Told::Finished(k, trained)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let gathered = self.gather(run, &receiver);
            stop.store(true, Ordering::Relaxed);
            gathered
        })
    }

    fn gather<T>(self, run: &mut Run<'_>, receiver: &mpsc::Receiver<Told<T>>) -> Result<Vec<T>> {
        let mut networks: Vec<Option<T>> = (0..self.networks).map(|_| None).collect();
        let (samples, mut presented) = (self.networks * self.rows_each, vec![0; self.networks]);
        if run.event(&Event::Begin { epochs: 1, samples, presented: 0 }) == Flow::Stop {
            return Err(Error::Interrupted);
        }
        for told in receiver {
            match told {
                Told::Batch(k, n, loss) => {
                    interrupt::check()?;
                    presented[k] = (presented[k] + n).min(self.rows_each as u64);
                    let presented = presented.iter().sum();
                    if run.event(&Event::Batch { epoch: 1, presented, loss }) == Flow::Stop {
                        return Err(Error::Interrupted);
                    }
                }
                Told::Finished(k, trained) => {
                    networks[k] = Some(trained?);
                    presented[k] = self.rows_each as u64;
                }
            }
        }
        networks
            .into_iter()
            .collect::<Option<_>>()
            .ok_or_else(|| Error::numerical("a network was not trained"))
    }
}

/// The number of threads that an option asks for: 0 stands for one per processor.
pub(crate) fn n_threads(threads: usize) -> usize {
    match threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

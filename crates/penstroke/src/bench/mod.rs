//! The speed of training or encoding on this machine, and its share of the machine's peak.
//!
//! Whole epochs are timed, exactly as users train them: every sample, in a fresh order, with fresh corruption. Operations
//! are counted densely, two for each multiply-add, even if an engine skips some. A training step of an autoencoder with `d`
//! visible and `h` hidden units has five products, each with `2·d·h` operations per sample, tied or untied: encoder,
//! decoder, back-propagation through the decoder, and two weight gradients. Encoding has one.
//!
//! ```
//! use penstroke::bench::{self, BenchOptions};
//! use penstroke::data::LoadOptions;
//! use penstroke::{AutoencoderConfig, Flow};
//! let options = BenchOptions {
//!     config: AutoencoderConfig { hidden: 20, ..BenchOptions::default().config }.epochs(3),
//!     data: LoadOptions { n: Some(300), ..LoadOptions::default() },
//!     ..BenchOptions::default()
//! };
//! let speed = bench::run(&options, &mut |_| Flow::Continue)?.speed;
//! assert_eq!(speed.epoch_seconds.len(), 3);
//! let operations = speed.samples_per_second * (10 * 784 * 20) as f64;
//! assert!((speed.gflops / (operations / 1e9) - 1.0).abs() < 1e-12);
//! # Ok::<(), penstroke::Error>(())
//! ```

mod median;
mod memory;
mod options;
mod peak;
mod samples;
mod verify;

use crate::config::{Training, names};
use crate::data::{Dataset, indices};
use crate::train::{Device, Plan, Run, train};
use crate::{Autoencoder, AutoencoderConfig, Error, Event, Flow, Result};
use penstroke_engine::{Apply, InstructionSet, Parameters, Precision, Train};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;

use median::median;

pub use options::{BenchOptions, TIMED, Work};
pub use peak::peak_gflops;

/// Progress of a measurement.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BenchProgress<'a> {
    /// A part of the work with this name starts.
    Step(&'static str),
    /// An event of training, including warm-up epochs.
    Training(&'a Event),
}

/// The result of a measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Samples per epoch or pass, `n`.
    pub n_samples: usize,
    /// Visible units, `d`.
    pub n_visible: usize,
    /// The speed.
    pub speed: Speed,
}

/// Figures of speed. For [`Work::Encode`] an epoch is one pass over the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Samples per second in the median epoch.
    pub samples_per_second: f64,
    /// Billions of operations per second, counted densely, in the median epoch.
    pub gflops: f64,
    /// Peak of this machine with its best instruction set and the same number of threads: billions of `f32` operations per
    /// second in registers. Measured before and after the run; this is the larger figure.
    pub peak_gflops: f64,
    /// `gflops / peak_gflops`. Skipped zeros and 16-bit numbers can take it above 1.
    pub share_of_peak: f64,
    /// Precision of the products.
    #[serde(with = "names")]
    pub precision: Precision,
    /// Instruction set of the engine.
    pub path: String,
    /// Threads of the engine.
    pub threads: usize,
    /// Largest resident size of the process; `None` if the system does not report it.
    pub peak_rss_bytes: Option<u64>,
    /// Seconds to open the source and the engine.
    pub setup_seconds: f64,
    /// Seconds per training step in the median epoch, including shuffling; `None` for [`Work::Encode`].
    pub step_seconds: Option<f64>,
    /// Seconds of each timed epoch.
    pub epoch_seconds: Vec<f64>,
    /// Mean training loss of each timed epoch, each batch measured before its step; empty for [`Work::Encode`].
    pub losses: Vec<f64>,
}

/// Verifies the engine against the reference, then measures its speed. `progress` can stop it.
///
/// # Errors
/// If an option is out of range, if the source cannot be read, if the engine disagrees with the reference, if a loss becomes
/// infinite or NaN, or if `progress` stops it.
pub fn run(options: &BenchOptions, progress: &mut dyn FnMut(&BenchProgress<'_>) -> Flow) -> Result<Measured> {
    let BenchOptions { config, .. } = options;
    check(options)?;
    let mut step = |name| match progress(&BenchProgress::Step(name)) {
        Flow::Continue => Ok(()),
        Flow::Stop => Err(Error::Interrupted),
    };

    step("reading samples")?;
    let started = Instant::now();
    let data = samples::open(options)?;
    let model = Autoencoder::initial(config, &data)?;
    let (network, setup) = (model.task().network, started.elapsed());

    step("measuring the peak")?;
    let best = InstructionSet::detect();
    let peak_before = peak_gflops(best, config.training.n_threads());

    step("verifying the engine")?;
    let started = Instant::now();
    let (timed, description, opened) = match options.work {
        Work::Train => {
            let parameters = Parameters::clone(model.shared_parameters());
            let mut engine = device(options).train(&model.task(), parameters)?;
            let opened = started.elapsed();
            verify::verify(&mut *engine, options, &data)?;
            (train_epochs(&mut *engine, options, &data, progress)?, engine.describe(), opened)
        }
        Work::Encode => {
            let engine = device(options).apply(network.clone(), Arc::clone(model.shared_parameters()))?;
            let opened = started.elapsed();
            verify::verify_codes(&*engine, &model, &data)?;
            (encode_passes(&*engine, options, &data, progress)?, engine.describe(), opened)
        }
    };
    // The engine is gone, and its threads with it.
    let peak_gflops = peak_before.max(peak_gflops(best, config.training.n_threads()));

    let (n_samples, seconds) = (data.n_samples(), median(&timed.epoch_seconds));
    let samples_per_second = n_samples as f64 / seconds;
    let gflops = samples_per_second * options.work.operations(&network) / 1e9;
    let speed = Speed {
        samples_per_second,
        gflops,
        peak_gflops,
        share_of_peak: gflops / peak_gflops,
        precision: options.work.precision(&config.training),
        path: description.path.to_owned(),
        threads: description.threads,
        peak_rss_bytes: memory::peak_rss_bytes(),
        setup_seconds: (setup + opened).as_secs_f64(),
        step_seconds: (options.work == Work::Train)
            .then(|| seconds / n_samples.div_ceil(config.training.batch_for(n_samples)) as f64),
        epoch_seconds: timed.epoch_seconds,
        losses: timed.losses,
    };
    Ok(Measured { n_samples, n_visible: data.n_visible(), speed })
}

fn check(options: &BenchOptions) -> Result<()> {
    let BenchOptions { config, .. } = options;
    config.check()?;
    let n_epochs = options.warm_up.saturating_add(n_timed(config));
    if n_epochs > u32::MAX as usize {
        let problem =
            format!("{n_epochs} epochs including the timed ones; at most {} are possible", u32::MAX);
        return Err(Error::option("warmup", problem));
    }
    Ok(())
}

/// Number of timed epochs or passes.
fn n_timed(config: &AutoencoderConfig) -> usize {
    config.training.epochs.unwrap_or(TIMED)
}

fn device(BenchOptions { config, .. }: &BenchOptions) -> Device {
    Device::of(&config.training)
}

struct Timed {
    epoch_seconds: Vec<f64>,
    losses: Vec<f64>,
}

fn train_epochs(
    engine: &mut dyn Train,
    options: &BenchOptions,
    data: &Dataset,
    progress: &mut dyn FnMut(&BenchProgress<'_>) -> Flow,
) -> Result<Timed> {
    let BenchOptions { config, warm_up, .. } = options;
    let all = indices(&(0..data.n_samples()).collect::<Vec<_>>())?;
    let n_epochs = warm_up + n_timed(config);
    let training = Training { epochs: Some(n_epochs), ..config.training.clone() };
    let plan = Plan::new(&training, data, &all, &[]);
    let mut ends = Vec::with_capacity(n_epochs + 1);
    let mut observer = |event: &Event| {
        if let Event::Begin { .. } | Event::Epoch { .. } = event {
            ends.push(Instant::now());
        }
        progress(&BenchProgress::Training(event))
    };
    let history = train(engine, &plan, &mut Run::new().observer(&mut observer))?;
    if history.stopped {
        return Err(Error::Interrupted);
    }
    let seconds = ends.windows(2).map(|ends| (ends[1] - ends[0]).as_secs_f64());
    Ok(Timed {
        epoch_seconds: seconds.skip(*warm_up).collect(),
        losses: history.train_loss[*warm_up..].to_vec(),
    })
}

fn encode_passes(
    engine: &dyn Apply,
    options: &BenchOptions,
    data: &Dataset,
    progress: &mut dyn FnMut(&BenchProgress<'_>) -> Flow,
) -> Result<Timed> {
    let BenchOptions { config, warm_up, .. } = options;
    let mut codes = vec![0.0; data.n_samples() * config.hidden];
    let mut epoch_seconds = Vec::new();
    for pass in 0..warm_up + n_timed(config) {
        if progress(&BenchProgress::Step("encoding")) == Flow::Stop {
            return Err(Error::Interrupted);
        }
        let started = Instant::now();
        engine.apply(data.rows(), 0..1, &mut codes);
        if pass >= *warm_up {
            epoch_seconds.push(started.elapsed().as_secs_f64());
        }
    }
    Ok(Timed { epoch_seconds, losses: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AutoencoderConfig;
    use crate::data::LoadOptions;

    fn options() -> BenchOptions {
        BenchOptions {
            config: AutoencoderConfig { hidden: 30, ..BenchOptions::default().config }
                .batch(32)
                .epochs(3)
                .threads(2),
            warm_up: 2,
            visible: Some(50),
            data: LoadOptions { n: Some(200), seed: 4, ..LoadOptions::default() },
            ..BenchOptions::default()
        }
    }

    #[test]
    fn figures_follow_from_the_times_of_whole_epochs() {
        for (work, tied, products) in
            [(Work::Train, true, 5), (Work::Train, false, 5), (Work::Encode, true, 1)]
        {
            let options =
                BenchOptions { work, config: AutoencoderConfig { tied, ..options().config }, ..options() };
            let Measured { n_samples, n_visible, speed } = run(&options, &mut |_| Flow::Continue).unwrap();
            assert_eq!((n_samples, n_visible, speed.threads), (200, 50, 2));
            assert_eq!(speed.path, InstructionSet::detect().name());
            assert_eq!(speed.epoch_seconds.len(), 3);
            let seconds = median(&speed.epoch_seconds);
            assert_eq!(speed.samples_per_second, 200.0 / seconds);
            let gflops = 200.0 / seconds * f64::from(2 * 50 * 30 * products) / 1e9;
            // The same four roundings in two orders.
            assert!((speed.gflops / gflops - 1.0).abs() < 1e-14);
            assert_eq!(speed.share_of_peak, speed.gflops / speed.peak_gflops);
            // 200 samples make six steps of 32 and one of 8.
            assert_eq!(speed.step_seconds, (work == Work::Train).then_some(seconds / 7.0));
            assert_eq!(speed.losses.len(), if work == Work::Train { 3 } else { 0 });
            assert_eq!(speed.peak_rss_bytes.is_some(), cfg!(target_os = "linux"));
            assert!(speed.setup_seconds > 0.0);
            let text = serde_json::to_string(&speed).unwrap();
            assert_eq!(serde_json::from_str::<Speed>(&text).unwrap(), speed);
        }
    }

    #[test]
    fn the_timed_training_is_the_ordinary_training() {
        let options = options();
        let speed = run(&options, &mut |_| Flow::Continue).unwrap().speed;
        let data = samples::open(&options).unwrap();
        let config = options.config.epochs(5).valid(0.0);
        let model = Autoencoder::fit(&config, &data, &mut crate::Run::new()).unwrap();
        assert_eq!(speed.losses, model.history().train_loss[2..]);
    }

    #[test]
    fn progress_can_stop_it_at_every_event() {
        // Three steps come first. For training, then: the start, the first batch, the end of the first epoch after 7
        // batches, and the last batch of the fifth epoch. For encoding: the first and the last pass.
        for (work, stops) in [(Work::Train, &[1, 3, 4, 5, 12, 43][..]), (Work::Encode, &[4, 8])] {
            let options = BenchOptions { work, ..options() };
            for &stop_at in stops {
                let mut turn = 0;
                let result = run(&options, &mut |_| {
                    turn += 1;
                    if turn == stop_at { Flow::Stop } else { Flow::Continue }
                });
                assert!(matches!(result, Err(Error::Interrupted)), "{work:?} {stop_at}: {result:?}");
                assert_eq!(turn, stop_at);
            }
        }
    }

    #[test]
    fn invalid_options_are_refused() {
        let message = |options: BenchOptions| run(&options, &mut |_| Flow::Continue).unwrap_err().to_string();
        let config = options().config.batch(0);
        assert_eq!(message(BenchOptions { config, ..options() }), "batch: 0 samples; at least 1 is needed");
        let many = message(BenchOptions { warm_up: usize::MAX, ..options() });
        assert!(many.starts_with("warmup: ") && many.ends_with(" at most 4294967295 are possible"), "{many}");
        let config = options().config.learning_rate(1e30);
        let config = AutoencoderConfig { decoder: Some(crate::Activation::Linear), ..config };
        assert!(message(BenchOptions { config, ..options() }).starts_with("training: the loss became "));
    }
}

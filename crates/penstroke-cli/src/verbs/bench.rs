//! `penstroke bench`: measures how fast this machine trains.

use crate::options::common::{DataDirArg, SamplesArg, ThreadsArg};
use crate::options::training::{ModelArgs, StepArgs, check_lists, texts};
use crate::options::values::{self, count};
use crate::run::failure::Result;
use crate::run::output;
use crate::run::progress::{Bar, TrainingProgress, Verbosity, spinner};
use clap::Args;
use penstroke::Observer;
use penstroke::bench::{self, BenchOptions, BenchProgress, Measured, Work};
use penstroke::config::Named;
use penstroke::data::patches::PatchOptions;
use penstroke::data::{LoadOptions, Source};
use penstroke::error::counted;
use serde_json::json;

/// Measure how fast this machine trains, as a share of what it can do
///
/// First checks the engine against plain loops that define every operation, then times whole epochs as `fit` trains them, with a
/// new order and new corruption in each. GFLOP/s count two operations per multiplication and addition, including those with
/// zeros, and are compared with what the processor reaches in registers alone, measured before and after.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke bench\n  \
    penstroke bench --source mnist --corruption masking:0.5 --batch 512 --threads 1 --json")]
pub(crate) struct BenchArgs {
    /// Values per sample, at least 1: 784 for generated digits, other numbers for random bytes with the same share of zeros
    /// [default: 784, or as many as the source has]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Model")]
    visible: Option<usize>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    step: StepArgs,
    /// Training data: a path, strokes, leaves, mnist, or another name from `penstroke data list` [default: generated, see
    /// --visible]
    #[arg(long, value_name = "SOURCE", value_parser = values::source(), help_heading = "Data")]
    source: Option<Source>,
    #[command(flatten)]
    samples: SamplesArg,
    /// Cut whitened square patches, this many pixels a side, from the pictures of the source [default: 12 for leaves, else none]
    #[arg(long, value_name = "SIDE", value_parser = count, requires = "source", help_heading = "Data")]
    patches: Option<usize>,

    /// Number of timed epochs, at least 1; the result is their median
    #[arg(long, value_name = "N", value_parser = count, default_value_t = bench::TIMED)]
    epochs: usize,
    /// Number of epochs before the timed ones, at least 0
    #[arg(long, value_name = "N", value_parser = count, default_value_t = BenchOptions::default().warm_up)]
    warmup: usize,
    /// Time encoding of the whole source instead of training
    #[arg(long)]
    encode: bool,
    #[command(flatten)]
    threads: ThreadsArg,
    #[command(flatten)]
    data_dir: DataDirArg,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// The library's defaults, by option id.
pub(crate) fn defaults() -> Vec<(&'static str, String)> {
    // The epochs of a measurement have their own default in the help; other options do not affect it.
    let of_a_step = |(option, _): &(&str, String)| {
        !["epochs", "schedule", "valid", "loss", "l1", "contraction", "tolerance"].contains(option)
    };
    texts(&BenchOptions::default().config).into_iter().filter(of_a_step).collect()
}

pub(crate) fn run(args: BenchArgs) -> Result<()> {
    let as_json = args.json;
    let options = args.options()?;
    let mut watching = Watching::default();
    let measured = bench::run(&options, &mut |progress| watching.observe(progress))?;
    drop(watching);
    if as_json {
        return output::print_json(&json!(measured.speed));
    }
    output::print(&lines(&options, &measured).join("\n"))
}

impl BenchArgs {
    fn options(self) -> Result<BenchOptions> {
        let usual = BenchOptions::default();
        let mut config = usual.config;
        let lists =
            [("corruption", self.step.corruption.len()), ("learning_rate", self.step.learning_rate.len())];
        check_lists(&lists, 1)?;
        check_lists(&self.model.lists(), 1)?;
        self.model.change(&mut config, 0);
        self.step.change(&mut config.training, 0)?;
        config.training.epochs = Some(self.epochs);
        config.training.threads = self.threads.set();
        Ok(BenchOptions {
            work: if self.encode { Work::Encode } else { Work::Train },
            warm_up: self.warmup,
            source: self.source,
            visible: self.visible,
            data: LoadOptions {
                data_dir: self.data_dir.folder(),
                n: self.samples.samples,
                seed: config.training.seed,
                patches: self.patches.map(|side| PatchOptions { side, ..PatchOptions::default() }),
                ..LoadOptions::default()
            },
            config,
        })
    }
}

/// Shows a spinner for every step and a bar for training.
#[derive(Debug, Default)]
struct Watching {
    step: Option<(&'static str, Bar)>,
    training: Option<TrainingProgress>,
}

impl Watching {
    fn observe(&mut self, progress: &BenchProgress<'_>) -> penstroke::Flow {
        match progress {
            // A network that is only timed may learn too little.
            BenchProgress::Training(penstroke::Event::Ending(_)) => {}
            BenchProgress::Training(event) => {
                self.step = None;
                return self
                    .training
                    .get_or_insert_with(|| TrainingProgress::new(Verbosity::Bars))
                    .observe(event);
            }
            BenchProgress::Step(name) if self.step.as_ref().is_none_or(|(now, _)| now != name) => {
                // Clears the old spinner before the new one is drawn.
                self.step = None;
                self.step = Some((name, spinner(Verbosity::Bars, name)));
            }
            _ => {}
        }
        penstroke::Flow::Continue
    }
}

fn lines(options: &BenchOptions, Measured { n_samples, n_visible, speed }: &Measured) -> Vec<String> {
    let BenchOptions { config, .. } = options;
    let what = match options.work {
        Work::Encode => format!("encoding {n_visible}-{}", config.hidden),
        Work::Train => format!(
            "training {n_visible}-{}-{n_visible} {}, {}, {} {}, batch {}",
            config.hidden,
            if config.tied { "tied" } else { "untied" },
            config.training.corruption,
            config.training.optimizer.name(),
            config.training.learning_rate,
            config.training.batch_for(*n_samples)
        ),
    };
    let source = options.source.as_ref().map_or("made in memory".to_owned(), ToString::to_string);
    let mut lines = vec![format!("{what}; {}, {source}", counted(*n_samples, "sample"))];
    let mut line = |name: &str, value: String| lines.push(format!("  {name:<14} {value}"));
    line("samples/s", format!("{:.0}", speed.samples_per_second));
    let of = |seconds: fn(f64, f64) -> f64, from| speed.epoch_seconds.iter().copied().fold(from, seconds);
    let (least, most) = (of(f64::min, f64::INFINITY), of(f64::max, 0.0));
    let n = speed.epoch_seconds.len();
    line(
        "epoch",
        format!(
            "{:.3} s, median of {n} ({least:.3} to {most:.3})",
            *n_samples as f64 / speed.samples_per_second
        ),
    );
    if let Some(seconds) = speed.step_seconds {
        line("step", format!("{:.3} ms", 1e3 * seconds));
    }
    line("GFLOP/s", format!("{:.1}, counted densely", speed.gflops));
    line("peak", format!("{:.1} GFLOP/s in registers", speed.peak_gflops));
    line("share of peak", format!("{:.1} %", 100.0 * speed.share_of_peak));
    if let Some(bytes) = speed.peak_rss_bytes {
        line("memory", format!("{:.0} MB at most", bytes as f64 / 1e6));
    }
    line(
        "runs on",
        format!("{}, {}, {}", speed.path, speed.precision.name(), counted(speed.threads, "thread")),
    );
    line("setup", format!("{:.3} s", speed.setup_seconds));
    if let (Some(first), Some(last)) = (speed.losses.first(), speed.losses.last()) {
        line("loss", format!("{first:.4} to {last:.4}"));
    }
    lines
}

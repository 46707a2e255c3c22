//! `penstroke bench`: how fast this machine trains.

use crate::options::shared::{self as args, Place, Threads, count, named, number};
use crate::run::data_dir as place;
use crate::run::failure::Result;
use crate::run::output;
use crate::run::progress::{Spinner, Telling, Training, spinner};
use clap::Args;
use penstroke::bench::{self, BenchOptions, BenchProgress, Measured, Work};
use penstroke::config::Named;
use penstroke::data::patches::PatchOptions;
use penstroke::data::{LoadOptions, Source};
use penstroke::{Activation, AutoencoderConfig, Corruption, InstructionSet, Observer, Optimizer, Precision};
use serde_json::json;

/// Measure how fast this machine trains, as a share of what it can do
///
/// Whole epochs are timed as `fit` trains them, in a fresh order and freshly corrupted, once the engine was held against
/// plain loops that define every operation. GFLOP/s are counted densely, two operations a multiplication with its
/// addition, and compared with what the processor does in registers alone, measured before and after.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke bench\n  \
    penstroke bench --source mnist --corruption masking:0.5 --batch 512 --threads 1 --json")]
pub(crate) struct BenchArgs {
    /// Values of a sample, at least 1: 784 are generated digits, other numbers random bytes with as many zeros [default:
    /// 784, or the source's]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Model")]
    visible: Option<usize>,
    /// Number of hidden units, at least 1
    #[arg(long, value_name = "N", value_parser = count, default_value_t = usual().hidden, help_heading = "Model")]
    hidden: usize,
    /// Activation of the hidden units
    #[arg(long, value_name = "NAME", value_parser = named::<Activation>(), default_value = usual().activation.name(),
        help_heading = "Model")]
    activation: Activation,
    /// Activation of the reconstruction [default: sigmoid for data within 0..=1, else linear]
    #[arg(long, value_name = "NAME", value_parser = named::<Activation>(), help_heading = "Model")]
    decoder: Option<Activation>,
    /// Give the decoder weights of its own [default: the encoder's, transposed]
    #[arg(long, help_heading = "Model")]
    untied: bool,

    /// Damage to the input: none, masking:Q, masking-exact:Q, gaussian:S, salt-and-pepper:Q, dropout:Q; joined by + they apply one
    /// after another
    #[arg(long, value_name = "KIND:X", value_parser = args::corruption(), default_value_t = usual().training.corruption,
        help_heading = "Training")]
    corruption: Corruption,
    /// Samples in a step, at least 1
    #[arg(long, value_name = "N", value_parser = count, default_value_t = usual().training.batch, help_heading = "Training")]
    batch: usize,
    /// Rule that changes the weights
    #[arg(long, value_name = "NAME", value_parser = named::<Optimizer>(), default_value = usual().training.optimizer.name(),
        help_heading = "Training")]
    optimizer: Optimizer,
    /// Learning rate, above 0
    #[arg(long, value_name = "X", value_parser = number, default_value_t = usual().training.learning_rate,
        help_heading = "Training")]
    learning_rate: f64,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = usual().training.seed, value_parser = args::seed, help_heading = "Training")]
    seed: u64,

    /// What to learn from: a path, strokes, leaves, mnist, or another name of `penstroke data list` [default: made in
    /// memory, see --visible]
    #[arg(long, value_name = "SOURCE", value_parser = args::source(), help_heading = "Data")]
    source: Option<Source>,
    /// Number of samples, at least 1 [default: all of a file; what is made: 60000; patches: 50000]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Data")]
    samples: Option<usize>,
    /// Cut whitened square patches of so many pixels a side out of the source's pictures [default: 12 for leaves, else
    /// none]
    #[arg(long, value_name = "SIDE", value_parser = count, requires = "source", help_heading = "Data")]
    patches: Option<usize>,

    /// Epochs that are timed, at least 1; their median counts
    #[arg(long, value_name = "N", value_parser = count, default_value_t = usual().training.epochs)]
    epochs: usize,
    /// Epochs before the first that is timed
    #[arg(long, value_name = "N", value_parser = count, default_value_t = BenchOptions::default().warm_up)]
    warmup: usize,
    /// Time passes that encode the whole source instead of epochs of training
    #[arg(long)]
    encode: bool,
    /// Numbers that products are computed in
    #[arg(long, value_name = "NAME", value_parser = named::<Precision>(),
        default_value = BenchOptions::default().config.training.precision.name())]
    precision: Precision,
    /// Vector instructions: avx512, avx2, neon or portable [default: the best that the processor has]
    #[arg(long, value_name = "NAME", value_parser = instructions)]
    instructions: Option<InstructionSet>,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    place: Place,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

fn usual() -> AutoencoderConfig {
    BenchOptions::default().config
}

fn instructions(text: &str) -> Result<InstructionSet, String> {
    InstructionSet::named(text).ok_or_else(|| {
        let names: Vec<_> = InstructionSet::all().map(InstructionSet::name).collect();
        format!("{text:?} is none of {}, which this processor has", names.join(", "))
    })
}

pub(crate) fn run(args: BenchArgs) -> Result<()> {
    let as_json = args.json;
    let options = args.meant();
    let mut telling = Watching::default();
    let measured = bench::run(&options, &mut |progress| telling.observe(progress))?;
    drop(telling);
    if as_json {
        return output::print_json(&json!(measured.speed));
    }
    output::print(&lines(&options, &measured).join("\n"))
}

impl BenchArgs {
    fn meant(self) -> BenchOptions {
        let usual = BenchOptions::default();
        BenchOptions {
            config: AutoencoderConfig {
                hidden: self.hidden,
                activation: self.activation,
                decoder: self.decoder,
                tied: !self.untied,
                ..usual.config
            }
            .corruption(self.corruption)
            .batch(self.batch)
            .optimizer(self.optimizer)
            .learning_rate(self.learning_rate)
            .epochs(self.epochs)
            .seed(self.seed)
            .precision(self.precision)
            .threads(self.threads.set()),
            work: if self.encode { Work::Encode } else { Work::Train },
            warm_up: self.warmup,
            source: self.source,
            visible: self.visible,
            data: LoadOptions {
                data_dir: place::data_dir(self.place.data_dir),
                n: self.samples,
                seed: self.seed,
                patches: self.patches.map(|side| PatchOptions { side, ..PatchOptions::default() }),
                ..LoadOptions::default()
            },
            instructions: self.instructions.unwrap_or(usual.instructions),
        }
    }
}

/// A spinner for every step, a bar for the training.
#[derive(Debug, Default)]
struct Watching {
    step: Option<(&'static str, Spinner)>,
    training: Option<Training>,
}

impl Watching {
    fn observe(&mut self, progress: &BenchProgress<'_>) -> penstroke::Flow {
        match progress {
            BenchProgress::Training(event) => {
                self.step = None;
                return self.training.get_or_insert_with(|| Training::new(Telling::Bars)).observe(event);
            }
            BenchProgress::Step(name) if self.step.as_ref().is_none_or(|(now, _)| now != name) => {
                // The old one is cleared before the new one is drawn.
                self.step = None;
                self.step = Some((name, spinner(Telling::Bars, name)));
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
            config.training.batch
        ),
    };
    let source = options.source.as_ref().map_or("made in memory".to_owned(), ToString::to_string);
    let mut lines = vec![format!("{what}; {n_samples} samples, {source}")];
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
    line("runs on", format!("{}, {}, {} threads", speed.path, speed.precision.name(), speed.threads));
    line("setup", format!("{:.3} s", speed.setup_seconds));
    if let (Some(first), Some(last)) = (speed.losses.first(), speed.losses.last()) {
        line("loss", format!("{first:.4} to {last:.4}"));
    }
    lines
}

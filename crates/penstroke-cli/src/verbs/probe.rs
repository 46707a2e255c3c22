//! `penstroke probe`: compares linear classifiers on raw input and on a model's code.

use crate::options::common::{DataDirArg, LayerArg, SamplesArg, SeedArg, ThreadsArg};
use crate::options::shape::ShapeArg;
use crate::options::table::TableArgs;
use crate::options::values;
use crate::run::failure::Result;
use crate::run::progress::{Verbosity, spinner};
use crate::run::{output, reading};
use clap::Args;
use penstroke::data::{Dataset, LoadOptions, Part, SamplesFor, Source, has_part, split, subset_per_class};
use penstroke::error::counted;
use penstroke::eval::interval::{Difference, ErrorRate, Paired};
use penstroke::eval::probe::Convergence;
use penstroke::eval::{Probe, ProbeData, ProbeOptions, SampleMatrix};
use penstroke::{Error, Model, model};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Compare linear classifiers on raw input and on a model's code
///
/// Trains multinomial logistic regression to convergence on the training part of a labelled SOURCE, and measures its errors on the
/// test part, or on samples set aside if there is none. The 95 % intervals cover the choice of test samples; the difference is
/// paired, since both classifiers see the same samples.
#[derive(Args, Debug)]
#[command(mut_arg("layer", |arg| arg.requires("model")))]
#[command(after_help = "EXAMPLE\n  \
    penstroke probe strokes --model digits.safetensors\n  \
    penstroke probe mnist --model digits.safetensors --labels 100 1000 --json")]
pub(crate) struct ProbeArgs {
    /// Labelled samples: strokes, mnist or a variation (see `penstroke data list`), a folder with MNIST's four files, or a
    /// folder of class folders of pictures
    #[arg(value_parser = values::source())]
    source: Source,
    /// The model whose code is compared with the raw input [default: none; only raw input]
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
    #[command(flatten)]
    layer: LayerArg,
    /// Another source of test samples: its test part if it has one, else all of it
    #[arg(long, value_name = "SOURCE", value_parser = values::source())]
    test: Option<Source>,
    /// The part to measure errors on: test, or valid to choose a model without looking at the test part
    #[arg(long, value_name = "PART", default_value = "test", value_parser = values::judging_part(), conflicts_with = "test")]
    part: Part,
    /// Train on this many labels, evenly from the classes; several numbers give several comparisons [default: all]
    #[arg(long, value_name = "N", num_args = 1.., value_parser = values::count)]
    labels: Vec<usize>,
    /// Weight of the L2 penalty, above 0; from several, each classifier takes the one with the fewest errors on a tenth of its
    /// training samples
    #[arg(long, value_name = "X", num_args = 1.., default_values = ["0.001"], value_parser = values::number)]
    penalty: Vec<f64>,
    #[command(flatten)]
    samples: SamplesArg,
    /// Number of test samples, at least 1, drawn at random if the source has more [default: all; 10000 of strokes]
    #[arg(long, value_name = "N", value_parser = values::count)]
    test_samples: Option<usize>,
    /// Share of the samples, between 0 and 1, set aside for testing if the source has no test part
    #[arg(long, value_name = "SHARE", default_value = "0.2", value_parser = values::number)]
    hold_out: f64,
    #[command(flatten)]
    seed: SeedArg,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    shape: ShapeArg,
    #[command(flatten)]
    data_dir: DataDirArg,
    #[command(flatten)]
    threads: ThreadsArg,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: ProbeArgs) -> Result<()> {
    if !(args.hold_out > 0.0 && args.hold_out < 1.0) {
        let problem = format!("share {} is not between 0 and 1; 0.2 is usual", args.hold_out);
        return Err(Error::option("hold_out", problem).into());
    }
    let threads = args.threads.set();
    let mut model = args.model.as_ref().map(model::load).transpose()?;
    if let Some(model) = &mut model {
        model.set_threads(threads);
    }
    let spinner = spinner(Verbosity::Bars, &format!("probing {}", args.source));
    let seed = args.seed.seed.or(model.as_ref().map(|model| model.training().seed)).unwrap_or_default();
    let data = Data::load(&args, model.as_deref(), seed)?;
    let all = data.train.n_samples();
    let sizes = if args.labels.is_empty() { vec![all] } else { args.labels.clone() };
    let mut comparisons = Vec::new();
    for n_labels in sizes {
        comparisons.push(Comparison::measure(&args, &data, model.as_deref(), n_labels, seed)?);
    }
    drop(spinner);
    if args.json {
        return output::print_json(&json!({
            "source": args.source.to_string(),
            "test": data.test_place,
            "model": args.model.as_ref().map(|path| path.display().to_string()),
            "n_test": data.test.n_samples(),
            "n_classes": data.n_classes,
            "comparisons": comparisons.iter().map(Comparison::json).collect::<Vec<_>>(),
        }));
    }
    output::print(&format!(
        "linear probe on {}, {} of {}",
        args.source,
        counted(data.test.n_samples(), "test sample"),
        data.test_place
    ))?;
    output::print(&format!(
        "{:>8}  {:<10} {:>7}  {:>8}  95 % interval",
        "labels", "features", "values", "error"
    ))?;
    for comparison in &comparisons {
        output::print(&comparison.lines())?;
    }
    Ok(())
}

/// Samples for training and for testing.
#[derive(Debug)]
struct Data {
    train: Dataset,
    test: Dataset,
    /// A description of where the test samples come from.
    test_place: String,
    n_classes: usize,
}

impl Data {
    fn load(args: &ProbeArgs, model: Option<&dyn Model>, seed: u64) -> Result<Self> {
        let like = model.map(|model| model.preparation());
        let (table, scale) = args.table.options(like)?;
        let train_options = LoadOptions {
            data_dir: args.data_dir.folder(),
            part: Part::Train,
            n: args.samples.samples,
            seed,
            shape: args.shape.shape,
            table,
            scale,
            like: like.cloned(),
            ..LoadOptions::default()
        };
        let data = reading::labelled(&args.source, &train_options)?;
        let purpose = match model {
            Some(model) => SamplesFor::Model { range: model.range() },
            None => SamplesFor::Other,
        };
        reading::check(Verbosity::Bars, &args.source, &data, purpose);
        // Test samples use the scale and the classes of the training samples.
        let like = Some(data.preparation().clone());
        let test_options = |source: &Source| {
            let part =
                if has_part(source, Part::Test, &train_options.data_dir) { Part::Test } else { Part::Train };
            LoadOptions { part, n: args.test_samples, like: like.clone(), ..train_options.clone() }
        };
        let (train, test, test_place) = match &args.test {
            Some(source) => (data, reading::labelled(source, &test_options(source))?, source.to_string()),
            // If there is no validation part, loading reports it.
            None if args.part == Part::Valid
                || has_part(&args.source, Part::Test, &train_options.data_dir) =>
            {
                let options = LoadOptions { part: args.part, ..test_options(&args.source) };
                let test = reading::labelled(&args.source, &options)?;
                (data, test, format!("the {} part of {}", args.part, args.source))
            }
            None if args.test_samples.is_some() => {
                let error = Error::option("test_samples", "the source has no test part");
                let error = error.with("hold_out", "give the share of samples to set aside");
                return Err(error.with("test", "give a source of test samples").into());
            }
            None => {
                let parts = split(data.n_samples(), args.hold_out, seed).map_err(|_| {
                    Error::input(args.source.to_string(), "has too few samples to set some aside")
                        .with("test", "give a source of test samples")
                })?;
                let place = format!("{} set aside from training", args.source);
                (data.select(&parts.train), data.select(&parts.valid), place)
            }
        };
        if train.n_visible() != test.n_visible() {
            let [of_test, of_train] = [&test, &train].map(Dataset::n_visible);
            let problem = format!("samples have {of_test} values, but training samples have {of_train}");
            return Err(Error::input(test_place, problem).into());
        }
        let n_classes = train.n_classes().max(test.n_classes());
        Ok(Self { train, test, test_place, n_classes })
    }
}

/// Classifiers trained on the same labels.
#[derive(Debug)]
struct Comparison {
    n_labels: usize,
    raw: Judged,
    /// The classifier on the code, and its error minus that on raw input.
    code: Option<(Judged, Difference)>,
}

impl Comparison {
    fn measure(
        args: &ProbeArgs,
        data: &Data,
        model: Option<&dyn Model>,
        n_labels: usize,
        seed: u64,
    ) -> Result<Self> {
        let chosen;
        let train = if args.labels.is_empty() {
            &data.train
        } else {
            let labels = data.train.labels().unwrap_or_default();
            chosen = data.train.select(&subset_per_class(labels, n_labels, seed, 0)?);
            &chosen
        };
        let judge = |train_values: Vec<f32>, test_values: Vec<f32>, d: usize| {
            Judged::new(args, data, (train, &train_values), &test_values, d, seed)
        };
        let raw = judge(train.to_floats(), data.test.to_floats(), train.n_visible())?;
        let code = match model {
            Some(model) => {
                let (layer, h) = args.layer.of(model)?;
                let encode = |data| reading::of_source(&args.source, model.encode_layers(data, layer));
                let code = judge(encode(train)?, encode(&data.test)?, h)?;
                let labels = data.test.labels().unwrap_or_default();
                let difference = Paired::of(&code.predicted, &raw.predicted, labels)?.difference();
                Some((code, difference))
            }
            None => None,
        };
        Ok(Self { n_labels: train.n_samples(), raw, code })
    }

    fn lines(&self) -> String {
        let line = |name: &str, judged: &Judged| {
            let (error, interval) = (100.0 * judged.error.share(), judged.error.interval());
            let (low, high) = (100.0 * interval.low, 100.0 * interval.high);
            let converged = match judged.convergence {
                Convergence { converged: true, .. } => String::new(),
                Convergence { distance, .. } if distance < 1.0 => {
                    format!("  (training stopped up to {:.0} % from the optimum)", (100.0 * distance).ceil())
                }
                _ => "  (training stopped far from the optimum)".into(),
            };
            format!(
                "{:>8}  {name:<10} {:>7}  {error:>6.2} %  {low:.2} to {high:.2}{converged}",
                self.n_labels, judged.n_features
            )
        };
        let mut lines = line("raw input", &self.raw);
        if let Some((code, Difference { difference, interval })) = &self.code {
            lines += &format!(
                "\n{}\n          code − raw input:    {:>+6.2} points  {:+.2} to {:+.2}",
                line("code", code),
                100.0 * difference,
                100.0 * interval.low,
                100.0 * interval.high
            );
        }
        lines
    }

    fn json(&self) -> Value {
        json!({
            "n_labels": self.n_labels,
            "raw": self.raw.json(),
            "code": self.code.as_ref().map(|(code, _)| code.json()),
            "code_minus_raw": self.code.as_ref().map(|(_, difference)| difference),
        })
    }
}

/// A classifier and its errors.
#[derive(Debug)]
struct Judged {
    n_features: usize,
    penalty: f64,
    convergence: Convergence,
    predicted: Vec<u32>,
    error: ErrorRate,
}

impl Judged {
    fn new(
        args: &ProbeArgs,
        data: &Data,
        (train, train_values): (&Dataset, &[f32]),
        test_values: &[f32],
        d: usize,
        seed: u64,
    ) -> Result<Self> {
        let labels = train.labels().unwrap_or_default();
        let probe = match args.penalty[..] {
            [penalty] => {
                let options = ProbeOptions { penalty, ..ProbeOptions::default() };
                Probe::fit(
                    ProbeData::new(SampleMatrix::new(train_values, d)?, labels, data.n_classes)?,
                    &options,
                )?
            }
            _ => {
                let parts = split(labels.len(), 0.1, seed)?;
                let part = |indices: &[usize]| -> (Vec<f32>, Vec<u32>) {
                    let values = indices.iter().flat_map(|&i| &train_values[i * d..][..d]).copied().collect();
                    (values, indices.iter().map(|&i| labels[i]).collect())
                };
                let ((fit, fit_labels), (valid, valid_labels)) = (part(&parts.train), part(&parts.valid));
                let fit = ProbeData::new(SampleMatrix::new(&fit, d)?, &fit_labels, data.n_classes)?;
                let valid = ProbeData::new(SampleMatrix::new(&valid, d)?, &valid_labels, data.n_classes)?;
                Probe::select(fit, valid, &args.penalty, &ProbeOptions::default())?.probe
            }
        };
        let predicted = probe.predict(SampleMatrix::new(test_values, d)?)?;
        let truth = data.test.labels().unwrap_or_default();
        let errors = predicted.iter().zip(truth).filter(|(predicted, truth)| predicted != truth).count();
        Ok(Self {
            n_features: d,
            penalty: probe.options().penalty,
            convergence: probe.convergence(),
            predicted,
            error: ErrorRate { errors, n: truth.len() },
        })
    }

    fn json(&self) -> Value {
        json!({
            "n_features": self.n_features,
            "errors": self.error.errors,
            "n": self.error.n,
            "error": self.error.share(),
            "interval": self.error.interval(),
            "penalty": self.penalty,
            "converged": self.convergence.converged,
            "distance": self.convergence.distance,
        })
    }
}

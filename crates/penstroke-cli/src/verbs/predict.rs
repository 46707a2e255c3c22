//! `penstroke predict`: writes the classes or values that a model predicts.

use crate::options::common::{SampleArgs, ThreadsArg};
use crate::options::rows::RowsArgs;
use crate::options::values as parsers;
use crate::run::failure::Result;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{Verbosity, spinner};
use crate::run::reading;
use clap::{Args, ValueEnum};
use penstroke::data::{Labels, Preparation, Source, Targets, npy, parquet, text};
use penstroke::error::counted;
use penstroke::eval::{ErrorRate, RegressionScore};
use penstroke::{Classifier, Error, Model, Regressor, model};
use serde_json::json;
use std::path::PathBuf;

/// Write the classes or values that a classifier or regressor predicts for a SOURCE's samples
///
/// Samples are prepared like the training samples of the model. If they have labels of classes that the classifier knows, its
/// error is printed too; with --targets, a regressor's RMSE and R². Values are float32 of shape (samples), or (samples, targets)
/// for several targets.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke predict classifier.safetensors mnist --part test --out classes.npy\n  \
    penstroke predict classifier.safetensors mnist --part test --what probabilities --out p.npy\n  \
    penstroke predict regressor.safetensors x.npy --targets y.npy --out values.npy")]
pub(crate) struct PredictArgs {
    /// The model file of a classifier or a regressor
    model: PathBuf,
    /// Samples to predict: a path, - for standard input (npy or a table), strokes, mnist, or another name of
    /// `penstroke data list`
    #[arg(value_parser = parsers::source())]
    source: Source,
    #[command(flatten)]
    rows: RowsArgs,
    /// Output of a classifier [default: classes]
    #[arg(long, value_enum, value_name = "WHAT")]
    what: Option<What>,
    /// True values, to measure a regressor's errors: columns of the SOURCE, or a file with a row for each sample: .npy of shape
    /// (samples) or (samples, targets), or a table [default: none]
    #[arg(long, value_name = "COLUMN,..|FILE", conflicts_with = "samples")]
    targets: Option<PathBuf>,
    #[command(flatten)]
    samples: SampleArgs,
    #[command(flatten)]
    threads: ThreadsArg,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum What {
    /// The name of the most probable class of every sample, of shape (samples): int64 if all names are whole numbers, else
    /// text
    #[default]
    Classes,
    /// Probabilities of the classes, float32 of shape (samples, classes)
    Probabilities,
}

pub(crate) fn run(args: PredictArgs) -> Result<()> {
    let out = args.rows.open([args.source.path(), args.targets.as_deref()])?;
    let mut model = model::load(&args.model)?;
    model.set_threads(args.threads.set());
    if let Some(classifier) = model.downcast_ref() {
        return classes(args, classifier, out);
    }
    if let Some(regressor) = model.downcast_ref() {
        return values(args, regressor, out);
    }
    let way_out = "train one with penstroke finetune";
    Err(model.needed(&args.model, "a classifier or a regressor", way_out).into())
}

fn classes(args: PredictArgs, model: &Classifier, out: OutputFile) -> Result<()> {
    if args.targets.is_some() {
        let problem = "need a regressor, but the model is a classifier";
        return Err(Error::option("targets", problem).leave_out("targets").into());
    }
    let print = out.summary();
    let spinner = spinner(Verbosity::Bars, &format!("predicting {}", args.source));
    let options = args.samples.prepared(model.preparation(), model.config().training.seed, Labels::IfKnown);
    let data = reading::read(&args.source, &options)?;
    reading::check_for_model(&args.source, &data, model.range());
    let probabilities = reading::of_source(&args.source, model.probabilities(&data))?;
    let classes: Vec<u32> = penstroke::argmax(&probabilities, model.n_classes()).collect();
    drop(spinner);
    match args.what.unwrap_or_default() {
        What::Classes => write_classes(out, model.preparation(), &classes)?,
        What::Probabilities => out.finish_rows(&probabilities, &class_names(model))?,
    }
    let error = data.labels().map(|truth| {
        let errors = classes.iter().zip(truth).filter(|(class, truth)| class != truth).count();
        ErrorRate { errors, n: truth.len() }
    });
    let (file, n) = (args.rows.place(), data.n_samples());
    if args.rows.json {
        return output::print_json(&json!({
            "file": file,
            "n_samples": n,
            "n_classes": model.n_classes(),
            "error": error.map(|error| json!({
                "errors": error.errors, "n": error.n, "error": error.share(), "interval": error.interval(),
            })),
        }));
    }
    print(&format!("{file}: classes of {}", counted(n, "sample")))?;
    if let Some(error) = error {
        let interval = error.interval();
        print(&format!(
            "error: {:.2} %  ({:.2} to {:.2}), {} of {}",
            100.0 * error.share(),
            100.0 * interval.low,
            100.0 * interval.high,
            error.errors,
            counted(n, "sample")
        ))?;
    }
    Ok(())
}

fn class_names(model: &Classifier) -> Vec<String> {
    (0..model.n_classes() as u32).map(|class| model.preparation().class_name(class)).collect()
}

fn write_classes(out: OutputFile, preparation: &Preparation, classes: &[u32]) -> Result<()> {
    let names = || classes.iter().map(|&class| preparation.class_name(class));
    if out.is("csv") {
        return out.finish(|out| text::write_column(out, "class", names()));
    }
    if out.is("parquet") {
        return out.finish(|out| parquet::write_column(out, "class", names()));
    }
    match names().map(|name| name.parse().ok()).collect::<Option<Vec<i64>>>() {
        Some(numbers) => out.finish(|out| npy::write_whole(out, &numbers)),
        None => out.finish(|out| npy::write_texts(out, &names().collect::<Vec<_>>())),
    }
}

fn values(args: PredictArgs, model: &Regressor, out: OutputFile) -> Result<()> {
    if args.what.is_some() {
        let problem = "needs a classifier, but the model is a regressor";
        return Err(Error::option("what", problem).leave_out("what").into());
    }
    let print = out.summary();
    let spinner = spinner(Verbosity::Bars, &format!("predicting {}", args.source));
    let mut options =
        args.samples.prepared(model.preparation(), model.config().training.seed, Labels::Ignored);
    let of_file = args.targets.as_ref().map(|given| reading::targets(given, &mut options)).transpose()?;
    let data = reading::read(&args.source, &options)?;
    let targets = of_file
        .zip(args.targets.as_ref())
        .map(|(of_file, given)| reading::of_either(of_file, &data, given))
        .transpose()?;
    reading::check_for_model(&args.source, &data, model.range());
    let (n, k) = (data.n_samples(), model.n_targets());
    if let Some((targets, path)) = targets.as_ref().zip(args.targets.as_ref()) {
        targets.check_fits(&path.display().to_string(), n, k)?;
    }
    let values = reading::of_source(&args.source, model.predict(&data))?;
    drop(spinner);
    let score = targets.map(|targets| RegressionScore::of(&values, &targets)).transpose()?;
    let values = Targets::new(&format!("{}: predictions", args.model.display()), values, k)?;
    if !out.is("npy") {
        let names: Vec<_> = (1..=k).map(|j| format!("target {j}")).collect();
        out.finish_rows(values.values(), &names)?;
    } else {
        out.finish(|out| npy::write_targets(out, &values))?;
    }
    let file = args.rows.place();
    if args.rows.json {
        return output::print_json(&json!({"file": file, "n_samples": n, "n_targets": k, "score": score}));
    }
    let errors = score.map_or(String::new(), |score| output::scores(&score));
    print(&format!("{file}: {} of each of {}{errors}", counted(k, "value"), counted(n, "sample")))
}

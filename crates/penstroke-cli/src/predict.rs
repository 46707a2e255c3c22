//! `penstroke predict`: the classes of samples.

use crate::args::{self, Samples, Threads};
use crate::failure::Result;
use crate::output::{self, OutputFile, ROWS};
use crate::progress::{Telling, spinner};
use crate::table;
use clap::{Args, ValueEnum};
use penstroke::Classifier;
use penstroke::data::{Preparation, Source, npy, text};
use penstroke::eval::ErrorRate;
use serde_json::json;
use std::path::PathBuf;

/// Write the classes of a SOURCE's samples as a classifier names them
///
/// Samples are prepared as the model's own were. Where they have labels, the error is printed too.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke predict classifier.safetensors mnist --part test --out classes.npy\n  \
    penstroke predict classifier.safetensors mnist --part test --what probabilities --out p.npy")]
pub(crate) struct PredictArgs {
    /// The model file of a classifier
    model: PathBuf,
    /// What to name: a path, strokes, mnist, or another name of `penstroke data list`
    #[arg(value_parser = args::source())]
    source: Source,
    /// The file to write, .npy or .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What to write
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    what: What,
    #[command(flatten)]
    samples: Samples,
    #[command(flatten)]
    threads: Threads,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum What {
    /// The most probable class of every sample by its name, of shape (samples): int64 where all names are whole numbers,
    /// else text
    #[default]
    Classes,
    /// Probabilities of the classes, float32 of shape (samples, classes)
    Probabilities,
}

pub(crate) fn run(args: PredictArgs) -> Result<()> {
    let out = OutputFile::open_as_one_of(&args.out, &ROWS)?;
    let mut model = Classifier::load(&args.model)?;
    model.set_threads(args.threads.set());
    let spinner = spinner(Telling::Bars, &format!("naming {}", args.source));
    let data = table::read(&args.source, &args.samples.prepared(model.preparation(), model.config().seed))?;
    let probabilities = model.probabilities(&data)?;
    let classes: Vec<u32> = penstroke::most_probable(&probabilities, model.n_classes()).collect();
    drop(spinner);
    match args.what {
        What::Classes => write_classes(out, model.preparation(), &classes)?,
        What::Probabilities => out.finish_rows(&probabilities, &class_names(&model))?,
    }
    let error = data.labels().map(|truth| {
        let errors = classes.iter().zip(truth).filter(|(class, truth)| class != truth).count();
        ErrorRate { errors, n: truth.len() }
    });
    let (file, n) = (args.out.display().to_string(), data.n_samples());
    if args.json {
        return output::print_json(&json!({
            "file": file,
            "n_samples": n,
            "n_classes": model.n_classes(),
            "error": error.map(|error| json!({
                "errors": error.errors, "n": error.n, "error": error.share(), "interval": error.interval(),
            })),
        }));
    }
    output::print(&format!("{file}: classes of {n} samples"))?;
    if let Some(error) = error {
        let interval = error.interval();
        output::print(&format!(
            "error: {:.2} %  ({:.2} to {:.2}), {} of {n} samples",
            100.0 * error.share(),
            100.0 * interval.low,
            100.0 * interval.high,
            error.errors
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
    match names().map(|name| name.parse().ok()).collect::<Option<Vec<i64>>>() {
        Some(numbers) => out.finish(|out| npy::write_whole(out, &numbers)),
        None => out.finish(|out| npy::write_texts(out, &names().collect::<Vec<_>>())),
    }
}

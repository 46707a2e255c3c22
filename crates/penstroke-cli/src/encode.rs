//! `penstroke encode`: the codes of samples.

use crate::args::{self, Samples, Threads};
use crate::failure::Result;
use crate::output::{self, OutputFile, ROWS};
use crate::progress::{Telling, spinner};
use crate::table;
use clap::Args;
use penstroke::Model;
use penstroke::data::{Labels, Source};
use serde_json::json;
use std::path::PathBuf;

/// Write the codes of a SOURCE's samples, the activations of the hidden units
///
/// Samples are prepared as the model's own were (cut into patches, whitened, divided by the same number) and not
/// corrupted. Codes are float32 of shape (samples, hidden units).
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke encode digits.safetensors mnist --part test --out codes.npy\n  \
    python -c \"import numpy; print(numpy.load('codes.npy').shape)\"")]
pub(crate) struct EncodeArgs {
    /// The model file
    model: PathBuf,
    /// What to encode: a path, strokes, leaves, mnist, or another name of `penstroke data list`
    #[arg(value_parser = args::source())]
    source: Source,
    /// The file to write, .npy, .csv or .parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Which hidden layer, from 1 upwards [default: the last]
    #[arg(long, value_name = "K", value_parser = args::count)]
    layer: Option<usize>,
    #[command(flatten)]
    samples: Samples,
    #[command(flatten)]
    threads: Threads,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: EncodeArgs) -> Result<()> {
    let out = OutputFile::open_as_one_of(&args.out, &ROWS)?.apart_from([args.source.path()])?;
    let mut model = Model::load(&args.model)?;
    model.set_threads(args.threads.set());
    let spinner = spinner(Telling::Bars, &format!("encoding {}", args.source));
    let (layer, h) = args::layer(args.layer, &model)?;
    let options = args.samples.prepared(model.preparation(), model.seed(), Labels::Ignored);
    let data = table::read(&args.source, &options)?;
    let codes = model.encode(&data, layer)?;
    drop(spinner);
    out.finish_rows(&codes, &(1..=h).map(|unit| format!("code_{unit}")).collect::<Vec<_>>())?;
    let (file, n) = (args.out.display().to_string(), data.n_samples());
    if args.json {
        output::print_json(&json!({"file": file, "n_samples": n, "n_hidden": h}))
    } else {
        output::print(&format!("{file}: codes of {n} samples, {h} values each"))
    }
}

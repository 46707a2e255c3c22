//! `penstroke encode`: writes the codes of samples.

use crate::options::common::{LayerArg, SampleArgs, ThreadsArg};
use crate::options::rows::RowsArgs;
use crate::options::values;
use crate::run::failure::Result;
use crate::run::output::{self, ROWS};
use crate::run::progress::{Verbosity, spinner};
use crate::run::reading;
use clap::Args;
use penstroke::data::{Labels, Source, npy};
use penstroke::error::counted;
use penstroke::{Error, model};
use serde_json::json;
use std::path::PathBuf;

/// Write the codes of a SOURCE's samples, the activations of the hidden units
///
/// Samples are prepared like the training samples of the model (cut into patches, whitened, scaled) and not corrupted. Codes are
/// float32 of shape (samples, hidden units).
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke encode digits.safetensors mnist --part test --out codes.npy\n  \
    python -c \"import numpy; print(numpy.load('codes.npy').shape)\"\n  \
    zcat table.csv.gz | penstroke encode model.safetensors - --format csv --out - | head")]
pub(crate) struct EncodeArgs {
    /// The model file
    model: PathBuf,
    /// Samples to encode: a path, - for standard input (npy or a table), strokes, leaves, mnist, or another name of
    /// `penstroke data list`
    #[arg(value_parser = values::source())]
    source: Source,
    #[command(flatten)]
    rows: RowsArgs,
    #[command(flatten)]
    layer: LayerArg,
    /// Read samples of an .npy, IDX, Parquet or Arrow file, a table of text or a folder of Parquet files when they are needed, and
    /// write their codes at once: for data larger than memory. The output is then .npy
    #[arg(long)]
    stream: bool,
    #[command(flatten)]
    samples: SampleArgs,
    #[command(flatten)]
    threads: ThreadsArg,
}

pub(crate) fn run(args: EncodeArgs) -> Result<()> {
    let kinds = if args.stream { &ROWS[..1] } else { &ROWS };
    let out = args.rows.open_as(kinds, [args.source.path()])?;
    let print = out.summary();
    let mut model = model::load(&args.model)?;
    model.set_threads(args.threads.set());
    let spinner = spinner(Verbosity::Bars, &format!("encoding {}", args.source));
    let (layer, h) = args.layer.of(&*model)?;
    let options = args.samples.prepared(model.preparation(), model.training().seed, Labels::Ignored);
    let data = reading::samples(&args.source, &options, args.stream)?;
    reading::check_for_model(&args.source, &*data, model.range());
    let n = data.n_samples();
    if args.stream {
        out.finish_with(|out, path| {
            let refused = |error| Error::io(path, error);
            let mut rows = npy::RowWriter::new(out, n, h).map_err(refused)?;
            let encoded = model.encode_each(&*data, layer, &mut |codes| rows.write(codes).map_err(refused));
            reading::of_source(&args.source, encoded)?;
            rows.finish().map_err(refused)
        })?;
    } else {
        let names: Vec<_> = (1..=h).map(|unit| format!("code_{unit}")).collect();
        out.finish_rows(&reading::of_source(&args.source, model.encode_layers(&*data, layer))?, &names)?;
    }
    drop(spinner);
    let file = args.rows.place();
    if args.rows.json {
        output::print_json(&json!({"file": file, "n_samples": n, "n_hidden": h}))
    } else {
        print(&format!("{file}: codes of {}, {} each", counted(n, "sample"), counted(h, "value")))
    }
}

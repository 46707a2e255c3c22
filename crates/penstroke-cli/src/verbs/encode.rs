//! `penstroke encode`: the codes of samples.

use crate::options::shared::{self as args, Samples, Threads};
use crate::options::table;
use crate::run::failure::Result;
use crate::run::output::{self, ROWS, RowsFile};
use crate::run::progress::{Telling, spinner};
use clap::Args;
use penstroke::data::{Labels, Source, npy};
use penstroke::{Error, Model};
use serde_json::json;
use std::path::PathBuf;

/// Write the codes of a SOURCE's samples, the activations of the hidden units
///
/// Samples are prepared as the model's own were (cut into patches, whitened, divided by the same number) and not
/// corrupted. Codes are float32 of shape (samples, hidden units).
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke encode digits.safetensors mnist --part test --out codes.npy\n  \
    python -c \"import numpy; print(numpy.load('codes.npy').shape)\"\n  \
    zcat table.csv.gz | penstroke encode model.safetensors - --format csv --out - | head")]
pub(crate) struct EncodeArgs {
    /// The model file
    model: PathBuf,
    /// What to encode: a path, - for standard input (npy or a table), strokes, leaves, mnist, or another name of
    /// `penstroke data list`
    #[arg(value_parser = args::source())]
    source: Source,
    #[command(flatten)]
    rows: RowsFile,
    /// Which hidden layer, from 1 upwards [default: the last]
    #[arg(long, value_name = "K", value_parser = args::count)]
    layer: Option<usize>,
    /// Read samples of an .npy, IDX or Parquet file when they are needed, not all at once, and write codes as they come: for files
    /// larger than memory. Codes are then written as .npy
    #[arg(long)]
    stream: bool,
    #[command(flatten)]
    samples: Samples,
    #[command(flatten)]
    threads: Threads,
}

pub(crate) fn run(args: EncodeArgs) -> Result<()> {
    let kinds = if args.stream { &ROWS[..1] } else { &ROWS };
    let out = args.rows.open_as(kinds, [args.source.path()])?;
    let tell = out.teller();
    let mut model = Model::load(&args.model)?;
    model.set_threads(args.threads.set());
    let spinner = spinner(Telling::Bars, &format!("encoding {}", args.source));
    let (layer, h) = args::layer(args.layer, &model)?;
    let options = args.samples.prepared(model.preparation(), model.seed(), Labels::Ignored);
    let data = table::samples(&args.source, &options, args.stream)?;
    table::tell_range(&args.source, &*data, model.range());
    let n = data.n_samples();
    if args.stream {
        out.finish_with(|out, path| {
            let refused = |error| Error::io(path, error);
            let mut rows = npy::RowWriter::new(out, n, h).map_err(refused)?;
            let encoded = model.encode_each(&*data, layer, &mut |codes| rows.write(codes).map_err(refused));
            table::of_source(&args.source, encoded)?;
            rows.finish().map_err(refused)
        })?;
    } else {
        let names: Vec<_> = (1..=h).map(|unit| format!("code_{unit}")).collect();
        out.finish_rows(&table::of_source(&args.source, model.encode(&*data, layer))?, &names)?;
    }
    drop(spinner);
    let file = args.rows.place();
    if args.rows.json {
        output::print_json(&json!({"file": file, "n_samples": n, "n_hidden": h}))
    } else {
        tell(&format!("{file}: codes of {n} samples, {h} values each"))
    }
}

//! `penstroke encode`: writes the codes of samples.

use crate::options::common::{LayerArg, SampleArgs, ThreadsArg};
use crate::options::rows::RowsArgs;
use crate::options::values::{self, named};
use crate::run::failure::Result;
use crate::run::output::{self, PrintSummary, ROWS};
use crate::run::progress::{Verbosity, spinner};
use crate::run::{console, reading};
use clap::Args;
use penstroke::data::{Labels, Source, TypedTable, npy};
use penstroke::error::counted;
use penstroke::features::{CodeOutput, TableEncoder};
use penstroke::{Error, model};
use serde_json::json;
use std::path::PathBuf;

/// Write the codes of a SOURCE's samples, the activations of the hidden units
///
/// Rows of a table are encoded by an encoder of tables, which keeps the columns of its training; they may be in another order, and a
/// category that was not seen then counts as missing.
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
    /// Samples to encode: a path, - for standard input (npy or a table; not with an encoder of tables), strokes, leaves, mnist, or another name of
    /// `penstroke data list`
    #[arg(value_parser = values::source())]
    source: Source,
    #[command(flatten)]
    rows: RowsArgs,
    #[command(flatten)]
    layer: LayerArg,
    /// Of an encoder of tables, the code of a row: the last hidden layer, or all hidden layers side by side [default: last]
    #[arg(long, value_name = "LAYERS", value_parser = named::<CodeOutput>())]
    output: Option<CodeOutput>,
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
    if args.model.is_file()
        && let Some(encoder) = TableEncoder::load_if_encoder(&args.model)?
    {
        return encode_table(args, encoder);
    }
    if args.output.is_some() {
        return Err(Error::option("output", "applies only to encoders of tables").leave_out("output").into());
    }
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
    told(&args.rows, print, (n, h), "sample")
}

/// Writes the codes of a table's rows.
fn encode_table(args: EncodeArgs, mut encoder: TableEncoder) -> Result<()> {
    let others = [("--layer", args.layer.layer.is_some()), ("--stream", args.stream)];
    let others = others.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option);
    let unused: Vec<&str> = others.chain(args.samples.given_of_samples()).collect();
    if !unused.is_empty() {
        let error = Error::input(&args.model, "is an encoder of tables, to which some options do not apply");
        return Err(error.hint(format!("leave out {}", unused.join(", "))).into());
    }
    let out = args.rows.open_as(&ROWS, [args.source.path()])?;
    let print = out.summary();
    encoder.set_threads(args.threads.set());
    if args.source == Source::Stdin {
        return Err(reading::typed_from_standard_input().into());
    }
    let needed =
        || Error::input(args.source.to_string(), "is not a file of a table, which this model encodes");
    let path = args.source.path().ok_or_else(needed)?;
    let spinner = spinner(Verbosity::Bars, &format!("encoding {}", args.source));
    let options = args.samples.schema_options();
    let table = TypedTable::read_like(path, encoder.schema(), &options)?;
    table.warnings().iter().for_each(|warning| console::note(&format!("penstroke: {warning}")));
    let output = args.output.unwrap_or_default();
    let (n, h) = (table.n_rows(), encoder.width(output));
    let names: Vec<_> = (1..=h).map(|unit| format!("code_{unit}")).collect();
    out.finish_rows(&encoder.encode(&table, output)?, &names)?;
    drop(spinner);
    told(&args.rows, print, (n, h), "row")
}

fn told(rows: &RowsArgs, print: PrintSummary, (n, h): (usize, usize), what: &str) -> Result<()> {
    let file = rows.place();
    if rows.json {
        output::print_json(&json!({"file": file, "n_samples": n, "n_hidden": h}))
    } else {
        print(&format!("{file}: codes of {}, {} each", counted(n, what), counted(h, "value")))
    }
}

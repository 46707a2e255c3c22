//! `penstroke export`: writes a model as an ONNX file.

use crate::options::common::LayerArg;
use crate::options::values;
use crate::run::failure::Result;
use crate::run::output::{self, OutputFile};
use clap::Args;
use penstroke::config::Named;
use penstroke::error::counted;
use penstroke::features::TableEncoder;
use penstroke::impute::Imputer;
use penstroke::onnx::{self, Exported, ExportedTable, Input, Options, Port, What};
use penstroke::{Error, model};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Write a model as an ONNX file, which other programs can run
///
/// The file prepares samples like the training samples of the model: it scales them and fills in missing values of a table. Its
/// input is `samples` of shape (n, values) for any n. Its output is `code`, `reconstruction` or `predictions` of shape
/// (n, length), or for a classifier `class`, int64 of shape (n), counted from 0, and `probabilities` of shape (n, classes).
/// Values are float32. The names of classes are a JSON list in the file's metadata.
///
/// The file of an imputer, or of an encoder of a table, has an input of shape (n, 1) for each learned column, under its name: float64, NaN
/// where missing, or the texts of categories, empty where missing. An imputer's outputs are the same columns filled, under names that begin
/// with `filled_`. An encoder's are `last` and `all`, float32 of shape (n, units): the last hidden layer, and all side by side. A JSON
/// list `columns` in the metadata describes the columns.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke export digits.safetensors --out digits.onnx\n  \
    python -c \"import onnxruntime; print(onnxruntime.InferenceSession('digits.onnx').get_inputs()[0])\"")]
pub(crate) struct ExportArgs {
    /// The model file
    model: PathBuf,
    /// The file to write, .onnx
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What to export: encoder; reconstruction, of an autoencoder or stack; classifier; regressor [default: encoder, or the whole
    /// classifier, regressor or imputer]
    #[arg(long, value_name = "WHAT", value_parser = values::named::<What>())]
    what: Option<What>,
    #[command(flatten)]
    layer: LayerArg,
    /// Input of the file: floats, values of the source, with bytes divided by 255; bytes, uint8 that the file divides by 255; or
    /// prepared, float32 values that are already prepared [default: floats]
    #[arg(long, value_name = "KIND", value_parser = values::named::<Input>())]
    input: Option<Input>,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: ExportArgs) -> Result<()> {
    let out = OutputFile::open_as(&args.out, "onnx")?;
    if let Some(imputer) = Imputer::load_if_imputer(&args.model)? {
        return export_table(&args, ("imputer", "an imputer"), || imputer.to_onnx(), out);
    }
    if let Some(encoder) = TableEncoder::load_if_encoder(&args.model)? {
        return export_table(&args, ("encoder", "an encoder of tables"), || encoder.to_onnx(), out);
    }
    let model = model::load(&args.model)?;
    let options = Options { what: args.what, layer: args.layer.layer, input: args.input.unwrap_or_default() };
    let Exported { bytes, what, input, outputs } = onnx::export(&*model, &options)?;
    out.finish(|out| out.write_all(&bytes))?;
    let file = args.out.display().to_string();
    if args.json {
        return output::print_json(&json!({
            "file": file,
            "n_bytes": bytes.len(),
            "what": what.name(),
            "opset": onnx::OPSET,
            "input": port(&input),
            "outputs": outputs.iter().map(port).collect::<Vec<_>>(),
        }));
    }
    let outputs: Vec<_> = outputs.iter().map(words).collect();
    output::print(&format!("{file}: {}; {} → {}", what.name(), words(&input), outputs.join(", ")))
}

/// Writes the file of an imputer, or of an encoder of a table.
fn export_table(
    args: &ExportArgs,
    (what, kind): (&str, &str),
    export: impl FnOnce() -> penstroke::Result<ExportedTable>,
    out: OutputFile,
) -> Result<()> {
    let given = [
        ("what", args.what.is_some()),
        ("layer", args.layer.layer.is_some()),
        ("input", args.input.is_some()),
    ];
    if let Some((option, _)) = given.iter().find(|(_, is_given)| *is_given) {
        let error = Error::option(option, format!("does not apply to {kind}, which is exported whole"));
        return Err(error.leave_out(option).into());
    }
    let ExportedTable { bytes, inputs, outputs } = export()?;
    out.finish(|out| out.write_all(&bytes))?;
    let file = args.out.display().to_string();
    if args.json {
        return output::print_json(&json!({
            "file": file,
            "n_bytes": bytes.len(),
            "what": what,
            "opset": onnx::OPSET,
            "inputs": inputs.iter().map(port).collect::<Vec<_>>(),
            "outputs": outputs.iter().map(port).collect::<Vec<_>>(),
        }));
    }
    let of = |ports: &[Port]| match ports {
        [first, _, .., last] => format!("{} … {}", words(first), words(last)),
        ports => ports.iter().map(words).collect::<Vec<_>>().join(", "),
    };
    let n = counted(inputs.len(), "column");
    output::print(&format!("{file}: {what} of {n}; {} → {}", of(&inputs), of(&outputs)))
}

fn port(port: &Port) -> Value {
    let shape: Vec<Value> = [json!("n")].into_iter().chain(port.width.map(Value::from)).collect();
    json!({"name": port.name, "type": port.element.name(), "shape": shape})
}

fn words(port: &Port) -> String {
    let width = port.width.map_or(String::new(), |width| format!(", {width}"));
    format!("{} (n{width}) {}", port.name, port.element.name())
}

//! `penstroke inspect`: describes a model or data file.

mod detector;
mod encoder;
mod imputer;

use crate::options::common::DataDirArg;
use crate::options::schema::{SchemaArgs, found_in_the_table};
use crate::options::shape::ShapeArg;
use crate::options::table::TableArgs;
use crate::options::values;
use crate::run::failure::{Failure, Result};
use crate::run::{output, progress, reading};
use clap::Args;
use penstroke::anomaly::Detector;
use penstroke::data::{
    LoadOptions, Part, Preparation, Scaling, Schema, Source, TableOptions, TypedTable, has_part, is_table,
    load_scenes, summary,
};
use penstroke::error::counted;
use penstroke::features::TableEncoder;
use penstroke::impute::Imputer;
use penstroke::model::{self, FORMAT_VERSION, ModelOutput, TrainedPart};
use penstroke::{Autoencoder, Error, Model, Stack};
use serde_json::{Value, json};
use std::path::Path;

/// Describe a model file, a table or another data set
#[derive(Args, Debug)]
#[command(mut_args(found_in_the_table))]
#[command(after_help = "EXAMPLE\n  \
    penstroke inspect digits.safetensors\n  \
    penstroke inspect train-images-idx3-ubyte.gz --json\n  \
    penstroke inspect survey.csv --types person=id --schema survey.json")]
pub(crate) struct InspectArgs {
    /// A model file, or any source of data
    #[arg(value_name = "FILE", value_parser = values::source())]
    source: Source,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    schema: SchemaArgs,
    #[command(flatten)]
    shape: ShapeArg,
    #[command(flatten)]
    data_dir: DataDirArg,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: InspectArgs) -> Result<()> {
    if let Source::Path(path) = &args.source
        && path.is_file()
        && model::is_model(path)?
    {
        let words = args.table.words() + &args.schema.words() + &args.shape.words();
        if !words.is_empty() {
            let error = Error::input(path, "is a model, not a table");
            return Err(error.hint(format!("leave out {}", words.trim_start())).into());
        }
        return inspect_model(path, args.json);
    }
    inspect_data(args)
}

fn inspect_model(path: &Path, as_json: bool) -> Result<()> {
    if let Some(found) = Imputer::load_if_imputer(path)? {
        return imputer::print(path, &found, as_json);
    }
    if let Some(found) = Detector::load_if_detector(path)? {
        return detector::print(path, &found, as_json);
    }
    if let Some(found) = TableEncoder::load_if_encoder(path)? {
        return encoder::print(path, &found, as_json);
    }
    let model = model::load(path)?;
    if as_json {
        return output::print_json(&model_json(&*model)?);
    }
    let mut lines = vec![format!("{}: {}, model format {FORMAT_VERSION}", path.display(), model.kind())];
    let mut line = |name: &str, value: String| lines.push(format!("  {name:<16} {value}"));
    let picture = model.image().map_or(String::new(), |i| match i.channels {
        1 => format!(", pictures of {}×{}", i.height, i.width),
        channels => format!(", pictures of {}×{}×{channels}", i.height, i.width),
    });
    let (low, high) = model.range();
    line("samples", format!("{} of {low} to {high}{picture}", counted(model.n_visible(), "value")));
    line("preparation", preparation(model.preparation()));
    for (name, shape, _) in model.tensors() {
        line(&name, shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × "));
    }
    let engine = model.describe_engine()?;
    line("runs on", format!("{} ({}), {}", engine.engine, engine.path, counted(engine.threads, "thread")));
    let words = match model.output() {
        ModelOutput::Values(_) => progress::squared,
        ModelOutput::Reconstruction | ModelOutput::Classes(_) => progress::wrong,
    };
    for TrainedPart { name: part, config, history } in model.trainings() {
        let title = |name: &str| if part.is_empty() { name.to_owned() } else { format!("{part}, {name}") };
        if let Value::Object(config) = config {
            if !part.is_empty() {
                line(&part, String::new());
            }
            for (option, value) in config {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                line(&option.replace('_', "-"), value);
            }
        }
        let stopped = if history.stopped { ", stopped before the end" } else { "" };
        let best =
            history.best_epoch.map_or(String::new(), |epoch| format!(", the weights of epoch {epoch} kept"));
        line(&title("trained"), format!("{}{stopped}{best}", counted(history.train_loss.len(), "epoch")));
        for (epoch, loss) in history.train_loss.iter().enumerate() {
            let of = |values: &[f64]| values.get(epoch).copied();
            let valid = of(&history.valid_loss).map_or(String::new(), |loss| format!(", valid {loss:.4}"));
            let error = of(&history.valid_error).map_or(String::new(), |error| format!(", {}", words(error)));
            line(&format!("epoch {}", epoch + 1), format!("loss {loss:.4}{valid}{error}"));
        }
    }
    output::print(&lines.join("\n"))
}

/// Describes how samples are prepared.
fn preparation(preparation: &Preparation) -> String {
    let Preparation { patches, columns, scaling, classes } = preparation;
    let patches = patches.as_ref().map(|patches| {
        let whiten = patches
            .whiten
            .map_or("not whitened".into(), |cutoff| format!("whitened up to {cutoff} cycles per pixel"));
        let mean = if patches.remove_mean { ", without their means" } else { "" };
        let scale = patches.scale.map_or(String::new(), |scale| format!(", divided by {scale:.6}"));
        format!("patches of side {}, {whiten}, border {}{mean}{scale}", patches.side, patches.border)
    });
    let columns = columns.as_ref().map(|columns| {
        let one_hot = columns.features.iter().filter(|feature| feature.categories.is_some()).count();
        let label = columns.label.as_ref().map_or(String::new(), |label| format!(", labels in {label}"));
        format!("{} of a table, {one_hot} of them one-hot{label}", counted(columns.features.len(), "column"))
    });
    let scaling = scaling.as_ref().map(|scaling| match scaling {
        Scaling::PerSample => "each sample scaled to mean 0 and standard deviation 1".to_owned(),
        Scaling::Affine { offset, divisor, doubles } if offset.len() == 1 => {
            let offset = doubles.get(&0).map_or_else(|| offset[0].to_string(), f64::to_string);
            format!("scaled: minus {offset}, divided by {}", divisor[0])
        }
        Scaling::Affine { .. } => "each value scaled by its own offset and divisor".to_owned(),
    });
    let classes =
        (!classes.is_empty()).then(|| format!("{}: {}", counted(classes.len(), "class"), classes.join(", ")));
    let steps: Vec<_> = [patches, columns, scaling, classes].into_iter().flatten().collect();
    if steps.is_empty() { "none".into() } else { steps.join("; ") }
}

fn model_json(model: &dyn Model) -> Result<Value> {
    let engine = model.describe_engine()?;
    let tensors: Vec<Value> =
        model.tensors().iter().map(|(name, shape, _)| json!({"name": name, "shape": shape})).collect();
    let (low, high) = model.range();
    let mut answer = json!({
        "kind": model.kind(),
        "format": FORMAT_VERSION,
        "n_visible": model.n_visible(),
        "n_hidden": model.n_hidden(),
        "image": model.image(),
        "range": [low, high],
        "preparation": model.preparation(),
        "tensors": tensors,
        "engine": {"name": engine.engine, "instructions": engine.path, "threads": engine.threads},
    });
    match model.output() {
        ModelOutput::Reconstruction => {}
        ModelOutput::Classes(n) => answer["n_classes"] = json!(n),
        ModelOutput::Values(n) => answer["n_targets"] = json!(n),
    }
    if let Some(stack) = model.downcast_ref::<Stack>() {
        let layer = |layer: &Autoencoder| json!({"n_hidden": layer.n_hidden(), "config": layer.config(), "history": layer.history()});
        answer["layers"] = stack.layers().iter().map(layer).collect();
        answer["end_to_end"] = json!(stack.end_to_end());
        return Ok(answer);
    }
    if model.output() != ModelOutput::Reconstruction {
        answer["layers"] = json!(model.widths());
    }
    for TrainedPart { config, history, .. } in model.trainings() {
        answer["config"] = config;
        answer["history"] = json!(history);
    }
    Ok(answer)
}

/// The typed table, if the source is one. The schema is written if that is asked for.
fn typed_table(args: &InspectArgs, table: &TableOptions) -> Result<Option<TypedTable>> {
    let path = match &args.source {
        Source::Path(path) if path.is_file() && (args.schema.are_given() || is_table(path)) => path,
        source if args.schema.are_given() => {
            return Err(Error::input(source.to_string(), "is not a file of a table").into());
        }
        _ => return Ok(None),
    };
    let typed = TypedTable::read(path, &args.schema.options(table))?;
    if !args.schema.are_given() {
        return Ok(Some(typed));
    }
    if let Some(file) = args.schema.file() {
        output::OutputFile::open(file)?.apart_from([Some(path.as_path())])?;
        // It may have been edited.
        if file.is_file() && Schema::read(file).ok().as_ref() != Some(typed.schema()) {
            let problem = "exists and says otherwise, and may have been edited";
            return Err(Error::input(file, problem).hint("delete it, or name another file").into());
        }
        typed.schema().write(file)?;
    }
    Ok(Some(typed))
}

/// Prints what the columns of a table hold that is not one of numbers alone.
fn print_typed(args: &InspectArgs, typed: &TypedTable) -> Result<()> {
    if args.json {
        let answer =
            json!({"kind": "data", "source": args.source.to_string(), "parts": {}, "schema": typed.schema()});
        return output::print_json(&answer);
    }
    let lines = typed.schema().summary().join("\n  ");
    output::print(&format!("{}: {lines}\n  to read it as numbers, use --columns or --one-hot", args.source))
}

fn inspect_data(args: InspectArgs) -> Result<()> {
    let data_dir = args.data_dir.folder();
    let (table, scale) = args.table.options(None)?;
    // A table of numbers need not be one with typed columns.
    let (typed, no_table) = match typed_table(&args, &table) {
        Ok(typed) => (typed, None),
        Err(Failure::Library(error)) if !args.schema.are_given() => (None, Some(error)),
        Err(failure) => return Err(failure),
    };
    let has = |part: &Part| has_part(&args.source, *part, &data_dir);
    let others = [Part::Valid, Part::Test].into_iter().filter(has);
    let mut found = Vec::new();
    for part in std::iter::once(Part::Train).chain(others) {
        let options = LoadOptions {
            data_dir: data_dir.clone(),
            part,
            shape: args.shape.shape,
            table: table.clone(),
            scale,
            ..LoadOptions::default()
        };
        let name = values::PARTS.iter().find(|(_, of)| *of == part).map_or("", |(name, _)| name);
        let described = match (reading::read(&args.source, &options), &args.source) {
            (Ok(data), source) if *source != Source::Leaves => {
                let summary = summary(&data);
                (summary.to_string(), json!(summary))
            }
            // Pictures of several sizes are not samples, but patches can be cut from them.
            (result, _) => match load_scenes(&args.source, &options) {
                Ok(scenes) => {
                    let sizes: Vec<_> = scenes.iter().map(|scene| (scene.height, scene.width)).collect();
                    let pixels: usize = sizes.iter().map(|(height, width)| height * width).sum();
                    let smallest = sizes.iter().map(|&(height, width)| height.min(width)).min().unwrap_or(0);
                    let text = format!(
                        "{} grey scenes, {pixels} pixels, the shortest side {smallest}; cut patches from them",
                        scenes.len()
                    );
                    (text, json!({"n_scenes": scenes.len(), "n_pixels": pixels, "shortest_side": smallest}))
                }
                Err(error) => {
                    let error = result.err().unwrap_or(error);
                    return match (&typed, no_table) {
                        (Some(typed), _) if !args.table.is_of_samples() || args.schema.are_given() => {
                            print_typed(&args, typed)
                        }
                        (None, Some(of_table)) if !args.table.is_of_samples() => {
                            Err(reading::told_of_both(error, of_table).into())
                        }
                        _ => Err(error.into()),
                    };
                }
            },
        };
        found.push((name, described));
    }
    print_parts(&args, found, typed.as_ref())
}

/// Prints the parts of a source by name, and what the columns of a table hold.
fn print_parts(
    args: &InspectArgs,
    found: Vec<(&str, (String, Value))>,
    typed: Option<&TypedTable>,
) -> Result<()> {
    let source = args.source.to_string();
    if args.json {
        let parts: serde_json::Map<String, Value> =
            found.into_iter().map(|(name, (_, value))| (name.to_owned(), value)).collect();
        let mut answer = json!({"kind": "data", "source": source, "parts": parts});
        if let Some(typed) = typed {
            answer["schema"] = json!(typed.schema());
        }
        return output::print_json(&answer);
    }
    let several = found.len() > 1;
    for (name, (text, _)) in found {
        let part = if several { format!(", {name}") } else { String::new() };
        output::print(&format!("{source}{part}: {text}"))?;
    }
    if let Some(typed) = typed {
        output::print(&format!("  {}", typed.schema().summary().join("\n  ")))?;
    }
    Ok(())
}

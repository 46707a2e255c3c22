//! `penstroke reconstruct`: writes a model's reconstructions of samples.

use crate::options::common::{SampleArgs, ThreadsArg};
use crate::options::rows::RowsArgs;
use crate::options::values::{self, parsed};
use crate::run::failure::Result;
use crate::run::output::{self, OutputFile, ROWS};
use crate::run::progress::{Verbosity, spinner};
use crate::run::reading;
use clap::Args;
use penstroke::data::{Dataset, Float, ImageShape, Labels, Source, Values, npy};
use penstroke::error::counted;
use penstroke::eval::Repair;
use penstroke::report::{GreyScale, Grid};
use penstroke::{Corruption, Error, Model, Stack};
use serde_json::json;
use std::path::PathBuf;

/// Write a model's reconstructions of a SOURCE's samples
///
/// With --corruption the samples are corrupted first, with random numbers that training never uses, and the error of the
/// reconstruction is printed beside that of the corrupted samples. The output is float32 of the samples' shape, in the units of
/// the SOURCE: a scaling stored in the model is undone, unless it is per-sample. It is float64 if single precision cannot tell
/// the values of a column apart. Errors are those of scaled values.
///
/// With a name that ends in .png, --out draws the first samples as a picture: clean, corrupted and restored, in three rows.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke reconstruct digits.safetensors strokes --part test --corruption masking:0.25 --out restored.npy")]
pub(crate) struct ReconstructArgs {
    /// The model file
    model: PathBuf,
    /// Samples to restore: a path, - for standard input (npy or a table), strokes, leaves, mnist, or another name of
    /// `penstroke data list`
    #[arg(value_parser = values::source())]
    source: Source,
    #[command(flatten)]
    rows: RowsArgs,
    /// Corrupt the samples first: masking:Q, masking-exact:Q, gaussian:S, salt-and-pepper:Q, dropout:Q, joined by + [default: none]
    #[arg(long, value_name = "KIND:X", value_parser = parsed::<Corruption>())]
    corruption: Option<Corruption>,
    #[command(flatten)]
    samples: SampleArgs,
    #[command(flatten)]
    threads: ThreadsArg,
}

pub(crate) fn run(args: ReconstructArgs) -> Result<()> {
    let out = args.rows.open_as(&[&ROWS[..], &["png"]].concat(), [args.source.path()])?;
    let print = out.summary();
    let mut model = Stack::load(&args.model)?;
    model.set_threads(args.threads.set());
    let corruption = args.corruption.unwrap_or(Corruption::NONE);
    let spinner = spinner(Verbosity::Bars, &format!("restoring {}", args.source));
    let seed = model.layers()[0].config().training.seed;
    let options = args.samples.prepared(model.preparation(), seed, Labels::Ignored);
    let clean = reading::read(&args.source, &options)?;
    reading::check_for_model(&args.source, &clean, model.layers()[0].range());
    let corrupted = clean.corrupted(&corruption, options.seed, 0)?;
    let input = clean.with_values("corruption", Values::Floats(corrupted.clone()))?;
    let restored = reading::of_source(&args.source, model.reconstruct(&input))?;
    let repair = Repair::measure(&clean.to_floats(), &corrupted, &restored)?;
    drop(spinner);
    if out.is("png") {
        let image = clean.image().or(model.image());
        let rows = [("clean", clean.to_floats()), ("corrupted", corrupted), ("restored", restored)];
        draw(out, &args.source, image, rows)?;
    } else {
        write(out, &clean, restored)?;
    }

    let (file, n) = (args.rows.place(), clean.n_samples());
    if args.rows.json {
        return output::print_json(&json!({
            "file": file,
            "n_samples": n,
            "n_visible": clean.n_visible(),
            "corruption": corruption,
            "error": repair,
        }));
    }
    print(&format!("{file}: {} reconstructed from corruption {corruption}", counted(n, "sample")))?;
    print(&format!("mean squared error per value: {:.5}", repair.all))?;
    if let (Some(error), Some(copied)) = (repair.corrupted, repair.copied) {
        let share = 100.0 * repair.corrupted_share();
        print(&format!(
            "of the {share:.1} % that were corrupted: {error:.5}, before reconstruction {copied:.5}"
        ))?;
    }
    Ok(())
}

/// Maximum number of samples in a picture.
const SHOWN: usize = 20;

/// Draws the first samples, a row of pictures each for clean, corrupted and restored ones.
fn draw(
    out: OutputFile,
    source: &Source,
    image: Option<ImageShape>,
    rows: [(&str, Vec<f32>); 3],
) -> Result<()> {
    let place = source.to_string();
    let ImageShape { height, width, .. } = match image {
        Some(image @ ImageShape { channels: 1, .. }) => image,
        Some(_) => {
            return Err(Error::input(place, "holds pictures in colour; only grey ones can be drawn").into());
        }
        None => {
            let error = Error::input(place, "holds samples that are not pictures");
            return Err(error.with("shape", "say what shape they have").with("out", "write .npy").into());
        }
    };
    let is_intensity = rows[0].1.iter().all(|value| (0.0..=1.0).contains(value));
    let (scale, values) = if is_intensity {
        (GreyScale::INTENSITY, "intensity")
    } else {
        (GreyScale::SYMMETRIC_SHARED, "value")
    };
    let rows: Vec<_> = rows
        .iter()
        .filter(|(label, values)| *label != "corrupted" || *values != rows[0].1)
        .map(|(label, values)| (*label, &values[..values.len().min(SHOWN * height * width)]))
        .collect();
    let grid = Grid::strip(&rows, height, width)?.upscale(2).grey_scale(scale).key(values);
    let png = grid.draw()?.to_png()?;
    out.finish(|out| out.write_all(&png))
}

/// Writes reconstructed samples, in the units of their source if the scaling can be undone.
fn write(out: OutputFile, clean: &Dataset, restored: Vec<f32>) -> Result<()> {
    let preparation = clean.preparation();
    match &preparation.scaling {
        Some(scaling) if scaling.needs_double() => {
            write_values(out, clean, &scaling.undo_in_double(&restored).unwrap_or_default())
        }
        Some(scaling) => write_values(out, clean, &scaling.undo(&restored).unwrap_or(restored)),
        None => write_values(out, clean, &restored),
    }
}

fn write_values<T: Float>(out: OutputFile, like: &Dataset, values: &[T]) -> Result<()> {
    if out.is("npy") {
        return out.finish(|out| npy::write_like(out, like, values));
    }
    let names = match &like.preparation().columns {
        Some(columns) => columns.value_names(),
        None => (1..=like.n_visible()).map(|number| format!("value_{number}")).collect(),
    };
    out.finish_rows(values, &names)
}

//! `penstroke filters`: draws the filters of the hidden units.

use crate::options::values::{count, parsed};
use crate::run::failure::Result;
use crate::run::output::{self, OutputFile};
use clap::{Args, ValueEnum};
use penstroke::Model;
use penstroke::data::ImageShape;
use penstroke::error::counted;
use penstroke::report::{GreyScale, Grid};
use penstroke::{Autoencoder, Error, Stack};
use std::path::PathBuf;

/// Draw a model's filters as a PNG picture
///
/// The filter of a hidden unit is its weights divided by their norm: the input of norm 1 that excites the unit most. Zero is
/// mid grey, and each filter is divided by its own largest absolute value.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke filters digits.safetensors --count 100 --columns 10 --scale 3 --sort norm --out filters.png")]
pub(crate) struct FiltersArgs {
    /// The model file
    model: PathBuf,
    /// The file to write, .png
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number of filters, at least 1 and at most the number of hidden units [default: 100, or all if there are fewer]
    #[arg(long, value_name = "N", value_parser = count)]
    count: Option<usize>,
    /// Filters per row, at least 1 [default: as many as rows]
    #[arg(long, value_name = "N", value_parser = count)]
    columns: Option<usize>,
    /// Screen pixels per pixel and side, at least 1
    #[arg(long, value_name = "N", default_value = "2", value_parser = count)]
    scale: usize,
    /// Order of the filters
    #[arg(long, value_enum, value_name = "ORDER", default_value_t)]
    sort: Order,
    /// Shape of the pictures of a model that learned from flat rows of values: HEIGHTxWIDTH [default: that of the model]
    #[arg(long, value_name = "SHAPE", value_parser = parsed::<ImageShape>())]
    shape: Option<ImageShape>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Order {
    /// The order of the hidden units
    #[default]
    None,
    /// By the norm of the weights, largest first
    Norm,
}

pub(crate) fn run(args: FiltersArgs) -> Result<()> {
    for (option, given) in [("count", args.count), ("columns", args.columns), ("scale", Some(args.scale))] {
        if given == Some(0) {
            return Err(Error::option(option, "0; at least 1 is needed").into());
        }
    }
    let out = OutputFile::open_as(&args.out, "png")?;
    let stack = Stack::load(&args.model)?;
    let model = &stack.layers()[0];
    let place = || args.model.display().to_string();
    if let Some(shape) = args.shape {
        shape.check_fits(&place(), model.n_visible())?;
    }
    let ImageShape { height, width, .. } = match args.shape.or(model.image()) {
        Some(image @ ImageShape { channels: 1, .. }) => image,
        Some(_) => {
            return Err(Error::input(
                place(),
                "was trained on pictures in colour; only filters of grey pictures can be drawn",
            )
            .into());
        }
        None => {
            let error = Error::input(place(), "was trained on samples that are not pictures");
            return Err(error.with("shape", "say what shape they have").into());
        }
    };
    let h = model.n_hidden();
    let count = args.count.unwrap_or(h.min(100));
    if count > h {
        let problem = format!("{}; the model has {h}", counted(count, "filter"));
        return Err(Error::option("count", problem).into());
    }
    let filters = model.filters();
    let tiles: Vec<f32> = order(model, args.sort)
        .into_iter()
        .take(count)
        .flat_map(|unit| &filters[unit * model.n_visible()..][..model.n_visible()])
        .copied()
        .collect();
    let mut grid = Grid::new(tiles, height, width)?
        .upscale(args.scale)
        .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
        .key("weight");
    if let Some(columns) = args.columns {
        grid = grid.columns(columns);
    }
    let png = grid.draw()?.to_png()?;
    out.finish(|out| out.write_all(&png))?;
    output::print(&format!(
        "{}: {count} of {h} filters of {height}×{width} pixels; {}",
        args.out.display(),
        grid.rule().describe()
    ))
}

fn order(model: &Autoencoder, order: Order) -> Vec<usize> {
    let mut units: Vec<usize> = (0..model.n_hidden()).collect();
    if order == Order::Norm {
        let norms: Vec<f64> = model
            .weights()
            .chunks_exact(model.n_visible())
            .map(|weights| weights.iter().map(|&w| f64::from(w).powi(2)).sum())
            .collect();
        // A stable sort keeps the order of equal norms.
        units.sort_by(|&a, &b| norms[b].total_cmp(&norms[a]));
    }
    units
}

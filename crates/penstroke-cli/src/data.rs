//! `penstroke data`: lists, makes and gets data sets.

use crate::args::{self, Place};
use crate::failure::Result;
use crate::output::{self, OutputFile};
use crate::place;
use crate::progress::{Download, Telling, spinner};
use clap::{Args, Subcommand, ValueEnum};
use penstroke::Error;
use penstroke::data::fetch::{MNIST, MNIST_MIRRORS, fetch};
use penstroke::data::{
    Dataset, ImageShape, LoadOptions, Part, Scene, Source, Values, load, load_scenes, mnist, npy,
};
use serde_json::json;
use std::path::PathBuf;

/// List, make or get data sets
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    verb: DataVerb,
}

#[derive(Debug, Subcommand)]
enum DataVerb {
    List(ListArgs),
    Make(MakeArgs),
    Get(GetArgs),
}

/// List the built-in data sets and where they are
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  penstroke data list")]
struct ListArgs {
    #[command(flatten)]
    place: Place,
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

/// Write generated data as npy
///
/// Digits are uint8 of shape (n, 28, 28), ink 255 on paper 0; scenes are float32 of shape (n, 256, 256), 0 black to 1
/// white.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke data make strokes --out digits.npy --labels labels.npy -n 1000\n  \
    penstroke data make leaves --out scenes.npy -n 8")]
struct MakeArgs {
    /// What to make
    generator: Generator,
    /// The file to write, .npy
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A file to write the digits' labels to, .npy, int64 of shape (n)
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Number of digits or scenes, at least 1 [default: digits: 60000, or 10000 of the test part; scenes: 24]
    #[arg(short, long = "samples", value_name = "N", value_parser = args::count)]
    n: Option<usize>,
    /// Part to make
    #[arg(long, value_name = "PART", default_value = "train", value_parser = args::part())]
    part: Part,
    /// Seed of the generator
    #[arg(long, value_name = "N", default_value = "0", value_parser = args::seed)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Generator {
    /// Handwritten-like digits
    Strokes,
    /// Scenes of occluding leaves, with the statistics of natural images
    Leaves,
}

/// Get a public data set into the data folder
///
/// A download that broke off goes on where it ended; every file is checked by its SHA-256.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  penstroke data get mnist")]
struct GetArgs {
    /// What to get: mnist, 11.6 MB
    what: Public,
    #[command(flatten)]
    place: Place,
    /// Address of a folder that holds the files; several are tried in order [default: two public ones]
    #[arg(long, value_name = "URL")]
    mirror: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Public {
    /// Handwritten digits (LeCun, Cortes and Burges, 1998)
    Mnist,
}

pub(crate) fn run(args: DataArgs) -> Result<()> {
    match args.verb {
        DataVerb::List(args) => list(args),
        DataVerb::Make(args) => make(&args),
        DataVerb::Get(args) => get(args),
    }
}

fn list(args: ListArgs) -> Result<()> {
    let data_dir = place::data_dir(args.place.data_dir);
    let folder =
        [data_dir.join("mnist"), data_dir.clone()].into_iter().find(|folder| mnist::is_folder(folder));
    if args.json {
        return output::print_json(&json!({
            "data_dir": data_dir.display().to_string(),
            "sources": [
                {"name": "strokes", "built_in": true, "labelled": true},
                {"name": "leaves", "built_in": true, "labelled": false},
                {
                    "name": "mnist",
                    "built_in": false,
                    "labelled": true,
                    "folder": folder.map(|folder| folder.display().to_string()),
                },
            ],
        }));
    }
    output::print("strokes  built in: generated handwritten digits, 28×28, labelled")?;
    output::print("leaves   built in: generated scenes of occluding leaves, from which patches are cut")?;
    output::print(&match folder {
        Some(folder) => format!("mnist    in {}", folder.display()),
        None => format!("mnist    not in {}; get it with `penstroke data get mnist`", data_dir.display()),
    })
}

fn make(args: &MakeArgs) -> Result<()> {
    if args.labels.is_some() && args.generator == Generator::Leaves {
        return Err(Error::input("labels", "leaves have none; leave --labels out").into());
    }
    let out = OutputFile::open_as(&args.out, "npy")?;
    let labels_out = args.labels.as_ref().map(|path| OutputFile::open_as(path, "npy")).transpose()?;
    let options = LoadOptions { part: args.part, n: args.n, seed: args.seed, ..LoadOptions::default() };
    let spinner = spinner(Telling::Bars, "making");
    let data = match args.generator {
        Generator::Strokes => load(&Source::Strokes, &options)?,
        Generator::Leaves => pictures(load_scenes(&Source::Leaves, &options)?)?,
    };
    drop(spinner);
    out.finish(|out| npy::write_data(out, &data))?;
    if let (Some(out), Some(labels)) = (labels_out, data.labels()) {
        out.finish(|out| npy::write_labels(out, labels))?;
    }
    output::print(&format!("{}: {}", args.out.display(), penstroke::data::summary(&data)))
}

/// Scenes of one size as a data set.
fn pictures(scenes: Vec<Scene>) -> Result<Dataset> {
    let (height, width) = scenes.first().map_or((0, 0), |scene| (scene.height, scene.width));
    let values: Vec<f32> = scenes.into_iter().flat_map(|scene| scene.values).collect();
    let data = Dataset::new("leaves", Values::Floats(values), height * width)?;
    Ok(data.with_image("leaves", ImageShape { height, width, channels: 1 })?)
}

fn get(args: GetArgs) -> Result<()> {
    let Public::Mnist = args.what;
    let folder = place::data_dir(args.place.data_dir).join("mnist");
    let said: Vec<String> =
        args.mirror.into_iter().map(|url| if url.ends_with('/') { url } else { url + "/" }).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let download = Download::new();
    let mirrors = if said.is_empty() { &MNIST_MIRRORS[..] } else { &said };
    fetch(&MNIST, mirrors, &folder, |progress| download.show(progress))?;
    drop(download);
    output::print(&format!("{}: mnist, complete and checked", folder.display()))
}

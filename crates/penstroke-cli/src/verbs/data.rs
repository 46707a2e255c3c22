//! `penstroke data`: lists, makes and gets data sets.

use crate::options::shared::{self as args, Place};
use crate::run::data_dir as place;
use crate::run::failure::Result;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{Download, Telling, spinner};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use penstroke::Error;
use penstroke::config::Named;
use penstroke::data::fetch::{MNIST, MNIST_MIRRORS, fetch};
use penstroke::data::variations::{PHOTOGRAPHS, Variation};
use penstroke::data::{
    Dataset, ImageShape, LoadOptions, Part, Scene, Source, Values, load, load_scenes, mnist, npy,
};
use serde_json::{Value, json};
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

/// List the data sets that have names, and where they are
///
/// Of a variation, a set made anew after Larochelle et al. (2007), the sizes are those of the training, the validation and
/// the test part.
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
/// Digits and variations are uint8 of shape (n, 28, 28), ink 255 on paper 0; scenes are float32 of shape (n, 256, 256), 0
/// black to 1 white.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke data make strokes --out digits.npy --labels labels.npy -n 1000\n  \
    penstroke data make leaves --out scenes.npy -n 8\n  \
    penstroke data make convex --part test --out regions.npy --labels regions-labels.npy")]
struct MakeArgs {
    /// What to make
    #[arg(value_name = "NAME", value_parser = generator())]
    generator: Source,
    /// The file to write, .npy
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A file to write the labels to, .npy, int64 of shape (n)
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Number of samples or scenes, at least 1 [default: strokes: 60000, or 10000 of the test part; leaves: 24; variations:
    /// all, from which fewer are drawn at random]
    #[arg(short, long = "samples", value_name = "N", value_parser = args::count)]
    n: Option<usize>,
    /// Part to make; variations alone have valid
    #[arg(long, value_name = "PART", default_value = "train", value_parser = args::part())]
    part: Part,
    /// Seed of the generator, or of the drawing from a variation, which is itself fixed
    #[arg(long, value_name = "N", default_value = "0", value_parser = args::seed)]
    seed: u64,
    #[command(flatten)]
    place: Place,
}

/// The sources that can be made, with what they are.
fn generator() -> impl TypedValueParser<Value = Source> {
    let generators = [
        ("strokes", "Handwritten-like digits"),
        ("leaves", "Scenes of occluding leaves, with the statistics of natural images"),
    ];
    let variations = Variation::ALL.iter().map(|(name, variation)| (*name, variation.description()));
    let values = generators.into_iter().chain(variations);
    let values = values.map(|(name, what)| PossibleValue::new(name).help(what));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Source>())
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
    let here = data_dir.display();
    let folder =
        [data_dir.join("mnist"), data_dir.clone()].into_iter().find(|folder| mnist::is_folder(folder));
    let has_photographs = data_dir.join(PHOTOGRAPHS).is_dir();
    let needs = |variation: &Variation| {
        let mnist = variation.needs_mnist().then_some(("mnist", folder.is_some()));
        let photographs = variation.needs_photographs().then_some((PHOTOGRAPHS, has_photographs));
        [mnist, photographs].into_iter().flatten()
    };
    if args.json {
        let mut sources = vec![
            json!({"name": "strokes", "built_in": true, "labelled": true}),
            json!({"name": "leaves", "built_in": true, "labelled": false}),
            json!({
                "name": "mnist",
                "built_in": false,
                "labelled": true,
                "folder": folder.as_ref().map(|folder| folder.display().to_string()),
            }),
        ];
        sources.extend(Variation::ALL.iter().map(|(name, variation)| {
            let samples: serde_json::Map<String, Value> = args::PARTS
                .iter()
                .map(|(word, part)| ((*word).to_owned(), json!(variation.n_samples(*part))))
                .collect();
            json!({
                "name": name,
                "built_in": needs(variation).count() == 0,
                "labelled": true,
                "samples": samples,
                "needs": needs(variation).map(|(what, _)| what).collect::<Vec<_>>(),
                "available": needs(variation).all(|(_, is_here)| is_here),
            })
        }));
        return output::print_json(&json!({"data_dir": here.to_string(), "sources": sources}));
    }
    let line = |name: &str, what: &str| output::print(&format!("{name:<19}  {what}"));
    line("strokes", "built in: generated handwritten digits, 28×28, labelled")?;
    line("leaves", "built in: generated scenes of occluding leaves, from which patches are cut")?;
    line(
        "mnist",
        &match &folder {
            Some(folder) => format!("in {}", folder.display()),
            None => format!("not in {here}; get it with `penstroke data get mnist`"),
        },
    )?;
    for (name, variation) in Variation::ALL {
        let samples = args::PARTS.map(|(_, part)| variation.n_samples(part).to_string()).join("/");
        let made_of: Vec<&str> = needs(variation).map(|(what, _)| what).collect();
        let missing: Vec<&str> =
            needs(variation).filter(|(_, is_here)| !is_here).map(|(what, _)| what).collect();
        let origin = match (made_of.is_empty(), missing.is_empty()) {
            (true, _) => "built in".to_owned(),
            (_, true) => format!("of {}", made_of.join(" and ")),
            _ => format!("of {}; {} not in {here}", made_of.join(" and "), missing.join(" and ")),
        };
        line(name, &format!("{}, {samples}, {origin}", variation.description()))?;
    }
    Ok(())
}

fn make(args: &MakeArgs) -> Result<()> {
    if args.labels.is_some() && args.generator == Source::Leaves {
        return Err(Error::input("labels", "leaves have none; leave --labels out").into());
    }
    let out = OutputFile::open_as(&args.out, "npy")?;
    let labels_out = args.labels.as_ref().map(|path| OutputFile::open_as(path, "npy")).transpose()?;
    if args.labels.as_ref().is_some_and(|labels| output::are_same(labels, &args.out)) {
        return Err(Error::input("labels", "have the name of the samples; give another").into());
    }
    let options = LoadOptions {
        data_dir: place::data_dir(args.place.data_dir.clone()),
        part: args.part,
        n: args.n,
        seed: args.seed,
        ..LoadOptions::default()
    };
    let spinner = spinner(Telling::Bars, "making");
    let data = match &args.generator {
        Source::Leaves => pictures(load_scenes(&Source::Leaves, &options)?)?,
        source => load(source, &options)?,
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

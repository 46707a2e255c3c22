//! `penstroke data`: lists, generates and downloads data sets.

use crate::options::common::{DataDirArg, SeedArg};
use crate::options::values;
use crate::run::failure::Result;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{Download, Verbosity, spinner};
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

/// List, generate or download data sets
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

/// List the named data sets and where they are
///
/// Variations are generated after Larochelle et al. (2007); their three sizes are those of the training, validation and test
/// parts.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  penstroke data list")]
struct ListArgs {
    #[command(flatten)]
    data_dir: DataDirArg,
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

/// Write generated data as npy
///
/// Digits and variations are uint8 of shape (n, 28, 28), 255 for ink and 0 for paper; scenes are float32 of shape (n, 256, 256)
/// from 0, black, to 1, white.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke data make strokes --out digits.npy --labels labels.npy -n 1000\n  \
    penstroke data make leaves --out scenes.npy -n 8\n  \
    penstroke data make convex --part test --out regions.npy --labels regions-labels.npy")]
struct MakeArgs {
    /// The data set to generate
    #[arg(value_name = "NAME", value_parser = generator())]
    generator: Source,
    /// The file to write, .npy
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File for the labels, .npy, int64 of shape (n)
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Number of samples or scenes, at least 1 [default: 60000 of strokes, or 10000 of its test part; 24 leaves; all of a
    /// variation, from which fewer are drawn at random]
    #[arg(short, long = "samples", value_name = "N", value_parser = values::count)]
    n: Option<usize>,
    /// Part of the data set; only the variations have a valid part
    #[arg(long, value_name = "PART", default_value = "train", value_parser = values::part())]
    part: Part,
    #[command(flatten)]
    seed: SeedArg,
    #[command(flatten)]
    data_dir: DataDirArg,
}

/// The sources that can be generated, with descriptions.
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

/// Download a public data set to the data folder
///
/// A download that was cut short continues where it stopped; the SHA-256 of every file is checked.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  penstroke data get mnist")]
struct GetArgs {
    /// The data set to download: mnist, 11.6 MB
    what: Public,
    #[command(flatten)]
    data_dir: DataDirArg,
    /// Address of a folder with the files; several are tried in order [default: two public ones]
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

/// The external data sets that were found.
struct Found {
    data_dir: PathBuf,
    /// The folder with MNIST.
    mnist: Option<PathBuf>,
    has_photographs: bool,
}

impl Found {
    /// The data sets that a variation is made from, each with whether it was found.
    fn needs(&self, variation: &Variation) -> impl Iterator<Item = (&'static str, bool)> {
        let mnist = variation.needs_mnist().then_some(("mnist", self.mnist.is_some()));
        let photographs = variation.needs_photographs().then_some((PHOTOGRAPHS, self.has_photographs));
        [mnist, photographs].into_iter().flatten()
    }
}

fn list(args: ListArgs) -> Result<()> {
    let data_dir = args.data_dir.folder();
    let mnist =
        [data_dir.join("mnist"), data_dir.clone()].into_iter().find(|folder| mnist::is_folder(folder));
    let has_photographs = data_dir.join(PHOTOGRAPHS).is_dir();
    let found = Found { data_dir, mnist, has_photographs };
    if args.json { list_as_json(&found) } else { list_as_lines(&found) }
}

fn list_as_json(found: &Found) -> Result<()> {
    let mut sources = vec![
        json!({"name": "strokes", "built_in": true, "labelled": true}),
        json!({"name": "leaves", "built_in": true, "labelled": false}),
        json!({
            "name": "mnist",
            "built_in": false,
            "labelled": true,
            "folder": found.mnist.as_ref().map(|folder| folder.display().to_string()),
        }),
    ];
    sources.extend(Variation::ALL.iter().map(|(name, variation)| {
        let samples: serde_json::Map<String, Value> = values::PARTS
            .iter()
            .map(|(word, part)| ((*word).to_owned(), json!(variation.n_samples(*part))))
            .collect();
        json!({
            "name": name,
            "built_in": found.needs(variation).count() == 0,
            "labelled": true,
            "samples": samples,
            "needs": found.needs(variation).map(|(what, _)| what).collect::<Vec<_>>(),
            "available": found.needs(variation).all(|(_, is_here)| is_here),
        })
    }));
    output::print_json(&json!({"data_dir": found.data_dir.display().to_string(), "sources": sources}))
}

fn list_as_lines(found: &Found) -> Result<()> {
    let here = found.data_dir.display();
    let line = |name: &str, what: &str| output::print(&format!("{name:<19}  {what}"));
    line("strokes", "built in: generated handwritten digits, 28×28, labelled")?;
    line("leaves", "built in: generated scenes of occluding leaves, from which patches are cut")?;
    line(
        "mnist",
        &match &found.mnist {
            Some(folder) => format!("in {}", folder.display()),
            None => format!("not in {here}; get it with `penstroke data get mnist`"),
        },
    )?;
    for (name, variation) in Variation::ALL {
        let samples = values::PARTS.map(|(_, part)| variation.n_samples(part).to_string()).join("/");
        let made_of: Vec<&str> = found.needs(variation).map(|(what, _)| what).collect();
        let missing: Vec<&str> =
            found.needs(variation).filter(|(_, is_here)| !is_here).map(|(what, _)| what).collect();
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
        return Err(Error::option("labels", "leaves have no labels").leave_out("labels").into());
    }
    let out = OutputFile::open_as(&args.out, "npy")?;
    let labels_out = args.labels.as_ref().map(|path| OutputFile::open_as(path, "npy")).transpose()?;
    if args.labels.as_ref().is_some_and(|labels| output::are_same(labels, &args.out)) {
        return Err(Error::option("labels", "is also the file of the samples")
            .hint("give another name")
            .into());
    }
    let options = LoadOptions {
        data_dir: args.data_dir.folder(),
        part: args.part,
        n: args.n,
        seed: args.seed.seed.unwrap_or_default(),
        ..LoadOptions::default()
    };
    let spinner = spinner(Verbosity::Bars, "generating");
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
    let folder = args.data_dir.folder().join("mnist");
    let given: Vec<String> =
        args.mirror.into_iter().map(|url| if url.ends_with('/') { url } else { url + "/" }).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let download = Download::new();
    let mirrors = if given.is_empty() { &MNIST_MIRRORS[..] } else { &given };
    fetch(&MNIST, mirrors, &folder, |progress| download.show(progress))?;
    drop(download);
    output::print(&format!("{}: mnist, complete and checked", folder.display()))
}

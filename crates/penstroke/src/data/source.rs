//! Where data come from: a built-in name or a path.

use super::content::Content;
use super::patches::{self, PatchOptions};
use super::split::subset;
use super::table::Learned;
use super::variations::{self, Variation};
use super::{
    Dataset, Preparation, Scale, Scaling, Scene, TableOptions, idx, images, leaves, mnist, npy, npz, strokes,
    table,
};
use crate::error::Place;
use crate::names::Named;
use crate::{Error, Result};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Samples of `strokes` where no number is asked for, as many as MNIST has.
const STROKES: (usize, usize) = (60_000, 10_000);
/// Patches where no number is asked for.
const PATCHES: (usize, usize) = (50_000, 10_000);
/// Scenes of `leaves` where no number is asked for, and their side in pixels.
const LEAVES: usize = 24;
const LEAVES_SIDE: usize = 256;

/// What a source may be, in error messages.
const SOURCES: &str = "a path, or a name that `penstroke data list` shows, such as strokes, leaves or mnist";

/// Where data come from.
///
/// ```
/// use penstroke::data::Source;
/// let source: Source = "strokes".parse()?;
/// assert_eq!(source, Source::Strokes);
/// let source: Source = "photographs/forest".parse()?;
/// assert_eq!(source, Source::Path("photographs/forest".into()));
/// let source: Source = "mnist-rot".parse()?;
/// assert!(matches!(source, Source::Variation(_)));
/// // A file that has a built-in name is reached by a longer path.
/// assert_eq!("./strokes".parse::<Source>()?.to_string(), "./strokes");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Generated handwritten digits.
    Strokes,
    /// Generated scenes of dead leaves.
    Leaves,
    /// MNIST, looked up in the data folder.
    Mnist,
    /// A variation of MNIST, or a set of shapes; most need MNIST or photographs in the data folder.
    Variation(Variation),
    /// npy, IDX, a table of text or an Arrow stream on standard input, plain or compressed; it can be read once.
    Stdin,
    /// A file or folder: IDX, plain or compressed; npy and npz; tables of text, Parquet or Arrow IPC; PNG or JPEG pictures; MNIST's four files.
    Path(PathBuf),
}

impl Source {
    /// The file or folder it is, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "" => return Err(Error::input("source", format!("is empty; give {SOURCES}"))),
            "strokes" => Source::Strokes,
            "leaves" => Source::Leaves,
            "mnist" => Source::Mnist,
            "-" => Source::Stdin,
            name => match Variation::parse(name) {
                Ok(variation) => Source::Variation(variation),
                Err(_) => Source::Path(name.into()),
            },
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Strokes => f.write_str("strokes"),
            Source::Leaves => f.write_str("leaves"),
            Source::Mnist => f.write_str("mnist"),
            Source::Stdin => f.write_str("-"),
            Source::Variation(variation) => variation.fmt(f),
            Source::Path(path) => match path.to_str().map(|name| (name, name.parse())) {
                Some((name, Ok(Source::Path(_)))) => f.write_str(name),
                Some((name, Ok(_))) => write!(f, "./{name}"),
                _ => path.display().fmt(f),
            },
        }
    }
}

/// The part of a data set that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Samples to learn from.
    #[default]
    Train,
    /// Samples to choose by, of sets that have them beside those of the other parts: the [`super::variations`]. Of other
    /// sources a share of the training part is set aside, by [`super::split`].
    Valid,
    /// Samples to judge by.
    Test,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Train => "training",
            Part::Valid => "validation",
            Part::Test => "test",
        })
    }
}

/// What to load of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadOptions {
    /// The folder in which `mnist` is looked up, itself or as the folder `mnist` in it, and photographs as the folder
    /// `kodak`.
    pub data_dir: PathBuf,
    /// Which part.
    pub part: Part,
    /// How many samples. None: all of a file or a variation, and of a generator as many as are usual. Of a file or a
    /// variation that holds more, so many are drawn at random and keep their order, so that a file sorted by class still
    /// gives every class.
    pub n: Option<usize>,
    /// The seed of generators, of the drawing of samples and of the places of patches. Variations are fixed, as files are.
    pub seed: u64,
    /// Cuts patches out of the pictures of a source instead of taking each as a sample. `leaves` is always cut, by
    /// the default options where there are none.
    pub patches: Option<PatchOptions>,
    /// Which columns of a table are what.
    pub table: TableOptions,
    /// How values are scaled; it is learned from what is loaded.
    pub scale: Scale,
    /// Makes samples as those of a model were: with its patches, columns, classes and scaling, whatever else is said of them
    /// here. Of `table`, the header, the delimiter and the label count.
    pub like: Option<Preparation>,
}

/// Loads a source as samples.
///
/// ```
/// use penstroke::data::{LoadOptions, Source, load};
/// let digits = load(&Source::Strokes, &LoadOptions { n: Some(100), ..LoadOptions::default() })?;
/// assert_eq!((digits.n_samples(), digits.n_visible()), (100, 784));
/// let patches = load(&Source::Leaves, &LoadOptions { n: Some(100), ..LoadOptions::default() })?;
/// assert_eq!((patches.n_samples(), patches.n_visible()), (100, 144));
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// If the source is not there, cannot be read, has no such part, or holds fewer samples than are asked for.
pub fn load(source: &Source, options: &LoadOptions) -> Result<Dataset> {
    let data = load_unscaled(source, options)?;
    let scaling = match &options.like {
        Some(like) => like.scaling.clone(),
        None => Scaling::learn(options.scale, &data)?,
    };
    match scaling {
        Some(scaling) => scaling.apply(&source.to_string(), &data),
        None => Ok(data),
    }
}

fn load_unscaled(source: &Source, options: &LoadOptions) -> Result<Dataset> {
    refuse_valid(source, options.part)?;
    let default_patches = PatchOptions::default();
    let said = options.like.as_ref().map_or(&options.patches, |like| &like.patches);
    let patches = match (source, said) {
        (_, Some(patches)) => Some(patches),
        (Source::Leaves, None) => Some(&default_patches),
        _ => None,
    };
    if let Some(patches) = patches {
        let scenes = load_scenes(source, &LoadOptions { n: None, ..options.clone() })?;
        let n = options.n.unwrap_or(usual(PATCHES, options.part));
        return patches::cut(&scenes, n, options.seed, patches);
    }
    if !matches!(source, Source::Path(_) | Source::Stdin) {
        refuse_table(source.to_string(), options)?;
    }
    let data = match source {
        Source::Strokes => {
            let n = options.n.unwrap_or(usual(STROKES, options.part));
            return strokes::generate(options.seed, options.part, n);
        }
        Source::Mnist => mnist::read(mnist_folder(&options.data_dir)?, options.part)?,
        Source::Variation(variation) => {
            let samples = chosen(source, variation.n_samples(options.part), options)?;
            return variations::generate(*variation, options.part, samples.as_deref(), &options.data_dir);
        }
        // Patches of `leaves` were cut above.
        Source::Leaves => return Err(Error::input("leaves", "are scenes; patches are cut from them")),
        Source::Stdin => read_stdin(options)?,
        Source::Path(path) => read(path, options)?,
    };
    Ok(match chosen(source, data.n_samples(), options)? {
        Some(indices) => data.select(&indices),
        None => data,
    })
}

/// Loads a source as grey scenes: generated ones, photographs of any size, or the pictures of a data set.
///
/// # Errors
/// As [`load`], and if the source holds no grey pictures.
pub fn load_scenes(source: &Source, options: &LoadOptions) -> Result<Vec<Scene>> {
    refuse_valid(source, options.part)?;
    let place = source.to_string();
    let mut scenes = match source {
        Source::Leaves => {
            // A complement is no seed that anybody gives beside its own.
            let seed = match options.part {
                Part::Train | Part::Valid => options.seed,
                Part::Test => !options.seed,
            };
            return leaves::generate(seed, options.n.unwrap_or(LEAVES), LEAVES_SIDE, LEAVES_SIDE);
        }
        Source::Path(path) if is_pictures(path) => images::load_scenes(part_of_folder(path, options.part)?)?,
        _ => {
            let plain = LoadOptions { patches: None, like: None, scale: Scale::None, ..options.clone() };
            let data = load(source, &plain)?;
            return images::scenes_of(&data, &place);
        }
    };
    if let Some(indices) = chosen(source, scenes.len(), options)? {
        let mut index = 0..;
        scenes.retain(|_| index.next().is_some_and(|index| indices.binary_search(&index).is_ok()));
    }
    Ok(scenes)
}

/// Whether the source has a part, which [`load`] then gives.
///
/// What a variation is made of may be missing all the same; loading says so.
///
/// ```
/// use penstroke::data::{Part, Source, has_part};
/// assert!(has_part(&Source::Strokes, Part::Test, "".as_ref()));
/// assert!(!has_part(&Source::Strokes, Part::Valid, "".as_ref()));
/// assert!(has_part(&"convex".parse()?, Part::Valid, "".as_ref()));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[must_use]
pub fn has_part(source: &Source, part: Part, data_dir: &Path) -> bool {
    match source {
        Source::Variation(_) => true,
        Source::Strokes | Source::Leaves => part != Part::Valid,
        Source::Mnist => mnist_folder(data_dir).is_ok_and(|folder| mnist::has_part(folder, part)),
        Source::Stdin => part == Part::Train,
        Source::Path(path) if mnist::is_folder(path) => mnist::has_part(path, part),
        Source::Path(path) => match part {
            Part::Train => npz::split(path).0.exists(),
            Part::Valid => false,
            Part::Test => has_part_folders(path),
        },
    }
}

/// Only variations have a part to choose by.
fn refuse_valid(source: &Source, part: Part) -> Result<()> {
    match (source, part) {
        (Source::Variation(_), _) | (_, Part::Train | Part::Test) => Ok(()),
        (_, Part::Valid) => Err(no_valid_part(source.to_string())),
    }
}

pub(super) fn no_valid_part(place: impl Into<Place>) -> Error {
    Error::input(
        place,
        "has no validation part; set a share of its training part aside, or give a set with one",
    )
}

fn usual((train, test): (usize, usize), part: Part) -> usize {
    match part {
        Part::Train | Part::Valid => train,
        Part::Test => test,
    }
}

/// The samples to keep of `n_all`, or none to keep all.
fn chosen(source: &Source, n_all: usize, options: &LoadOptions) -> Result<Option<Vec<usize>>> {
    match options.n {
        None => Ok(None),
        Some(n) if n == n_all => Ok(None),
        Some(n) if (1..n_all).contains(&n) => Ok(Some(subset(n_all, n, options.seed))),
        Some(n) => Err(Error::input(
            source.to_string(),
            format!("{n} samples are asked for; its {} part gives 1 to {n_all}", options.part),
        )),
    }
}

pub(super) fn mnist_folder(data_dir: &Path) -> Result<PathBuf> {
    let inner = data_dir.join("mnist");
    [&inner, data_dir].into_iter().find(|folder| mnist::is_folder(folder)).map(Path::to_owned).ok_or_else(|| {
        Error::input(
            "mnist",
            format!(
                "not found in {} nor in {}; get it with `penstroke data get mnist`, or say where it is with `--data-dir`",
                inner.display(),
                data_dir.display()
            ),
        )
    })
}

fn read(path: &Path, options: &LoadOptions) -> Result<Dataset> {
    let (part, (file, array)) = (options.part, npz::split(path));
    let path = &file;
    if mnist::is_folder(path) {
        refuse_table(path.display().to_string(), options)?;
        return mnist::read(path, part);
    }
    let path = part_of_folder(path, part)?;
    if is_pictures(&path) {
        refuse_table(path.display().to_string(), options)?;
        let known = options.like.as_ref().map_or(&[][..], |like| &like.classes);
        return images::read_like(&path, known, options.table.labels);
    }
    let content = Content::open(&path)?;
    if let Some(form) = Columnar::of(content.beginning()) {
        return read_columnar(form, Some(&path), content, options);
    }
    match content.beginning() {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            refuse_table(content.place(), options)?;
            npz::read(&path, array.as_deref())
        }
        _ if array.is_some() && !is_array(&content) => {
            Err(content.error("is no npz file; it has no arrays with names"))
        }
        [b'F', b'E', b'A', b'1', ..] => {
            Err(content.error("is Feather version 1; write version 2, which is Arrow IPC"))
        }
        _ if is_array(&content) || table::is_text(&path) || is_as_table(options) => {
            read_content(content, options)
        }
        _ => Err(content.error(FORMATS)),
    }
}

fn read_stdin(options: &LoadOptions) -> Result<Dataset> {
    if options.part == Part::Test {
        return Err(no_test_part("-".into()));
    }
    let content = Content::stdin()?;
    if content.beginning().starts_with(b"PK\x03\x04") {
        return Err(content.error("is an npz file, whose arrays are found from its end; give it by its name"));
    }
    match Columnar::of(content.beginning()) {
        Some(form) => read_columnar(form, None, content, options),
        None => read_content(content, options),
    }
}

/// npy and IDX by how they begin, everything else as a table.
fn read_content(content: Content, options: &LoadOptions) -> Result<Dataset> {
    if !is_array(&content) {
        return table::read(content, &options.table, options.like.as_ref());
    }
    refuse_table(content.place(), options)?;
    if npy::is_npy(content.beginning()) { npy::dataset(content) } else { idx::dataset(content) }
}

fn is_array(content: &Content) -> bool {
    npy::is_npy(content.beginning()) || idx::is_idx(content.beginning())
}

/// Whether something was said that is for tables alone.
pub(super) fn is_as_table(options: &LoadOptions) -> bool {
    !options.table.is_default() || options.like.as_ref().is_some_and(|like| like.columns.is_some())
}

fn refuse_table(place: String, options: &LoadOptions) -> Result<()> {
    let learned = options.like.as_ref().and_then(|like| like.columns.as_ref());
    let problem = match learned {
        Some(columns) => {
            let names = columns.features.iter().map(|feature| feature.column.to_string());
            let shown: Vec<_> = names.take(5).collect();
            let more = if columns.features.len() > shown.len() { ", …" } else { "" };
            format!("is no table, and the model takes {}{more} of one; give a table", shown.join(", "))
        }
        None if is_as_table(options) => {
            "is no table; columns are those of CSV and Parquet files and the like".to_owned()
        }
        None => return Ok(()),
    };
    Err(Error::input(place, problem))
}

/// The three forms of columnar files.
#[derive(PartialEq)]
pub(super) enum Columnar {
    Parquet,
    ArrowFile,
    ArrowStream,
}

impl Columnar {
    /// That of a file that begins so.
    pub(super) fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [b'P', b'A', b'R', b'1', ..] => Some(Columnar::Parquet),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Columnar::ArrowFile),
            [0xff, 0xff, 0xff, 0xff, ..] => Some(Columnar::ArrowStream),
            _ => None,
        }
    }
}

/// Of the file at `path`, or on standard input.
#[cfg(feature = "columnar")]
fn read_columnar(
    form: Columnar,
    path: Option<&Path>,
    content: Content,
    options: &LoadOptions,
) -> Result<Dataset> {
    let (table, like) = (&options.table, options.like.as_ref());
    match (form, path) {
        (Columnar::ArrowStream, _) => table::columnar::read_ipc_stream(content, table, like),
        (_, Some(_)) if content.is_compressed() => Err(content.error(COMPRESSED)),
        (Columnar::Parquet, Some(path)) => table::columnar::read_parquet(path, table, like),
        (Columnar::ArrowFile, Some(path)) => table::columnar::read_ipc_file(path, table, like),
        (_, None) => Err(content.error("is a Parquet or Arrow file, read from its end; give it by its name")),
    }
}

/// Hands on the rows of a Parquet file a few thousand at a time, and gives what there is beside them.
#[cfg(feature = "columnar")]
pub(super) fn spool_parquet(
    path: &Path,
    content: &Content,
    options: &LoadOptions,
    values: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<Learned> {
    match content.is_compressed() {
        true => Err(content.error(COMPRESSED)),
        false => table::columnar::spool_parquet(path, &options.table, options.like.as_ref(), values),
    }
}

#[cfg(feature = "columnar")]
const COMPRESSED: &str = "is compressed as a whole, and such a file is read from its end; unpack it first";

#[cfg(not(feature = "columnar"))]
fn read_columnar(_: Columnar, _: Option<&Path>, content: Content, _: &LoadOptions) -> Result<Dataset> {
    Err(content.error(NO_COLUMNAR))
}

#[cfg(not(feature = "columnar"))]
pub(super) fn spool_parquet(
    _: &Path,
    content: &Content,
    _: &LoadOptions,
    _: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<Learned> {
    Err(content.error(NO_COLUMNAR))
}

#[cfg(not(feature = "columnar"))]
const NO_COLUMNAR: &str = "is a Parquet or Arrow file, which penstroke reads with its feature `columnar`";

/// What files may hold, in error messages.
const FORMATS: &str = "is in no format that is read: IDX (also .gz), npy, npz, PNG, JPEG, Parquet, Arrow IPC, and tables of \
                       text: .csv, .tsv (also .gz), or another name with --label, --columns, --one-hot, --header or --delimiter";

fn is_pictures(path: &Path) -> bool {
    !mnist::is_folder(path) && (path.is_dir() || images::is_picture(path))
}

/// The file or folder that holds `part` of what is at `path`.
fn part_of_folder(path: &Path, part: Part) -> Result<PathBuf> {
    must_exist(path)?;
    let [train, test] = part_folders(path);
    if has_part_folders(path) {
        if images::class_names(&train)? != images::class_names(&test)? {
            return Err(Error::input(
                path.display().to_string(),
                "the folders train and test hold different class folders; labels need the same ones in both",
            ));
        }
        return Ok(match part {
            Part::Train | Part::Valid => train,
            Part::Test => test,
        });
    }
    match part {
        Part::Train | Part::Valid => Ok(path.to_owned()),
        Part::Test => Err(no_test_part(path.display().to_string())),
    }
}

pub(super) fn must_exist(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let problem = format!("no such file or folder; a source is {SOURCES}");
    Err(Error::input(path.display().to_string(), problem))
}

fn no_test_part(place: String) -> Error {
    Error::input(place, "has no test part; leave that out, or give a source with one")
}

fn part_folders(path: &Path) -> [PathBuf; 2] {
    [path.join("train"), path.join("test")]
}

fn has_part_folders(path: &Path) -> bool {
    part_folders(path).iter().all(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests;

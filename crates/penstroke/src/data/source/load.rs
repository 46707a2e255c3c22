//! Loads sources.

use super::file::{read, read_stdin, refuse_table};
use super::find::{Found, find};
use super::name::Source;
use super::options::LoadOptions;
use super::parts::refuse_valid;
use crate::data::hold::{Dataset, Part, PatchOptions, Scaling, Scene};
use crate::data::make::{leaves, strokes, variations};
use crate::data::prepare::{Scale, patches, subset};
use crate::data::read::images;
use crate::data::read::labels::numbered_like;
use crate::data::read::mnist::{self, mnist_folder};
use crate::error::counted;
use crate::{Error, Result};

/// Default number of training and test samples of `strokes`, as in MNIST.
const STROKES: (usize, usize) = (60_000, 10_000);
/// Default number of training and test patches.
const PATCHES: (usize, usize) = (50_000, 10_000);
/// Default number of scenes of `leaves`, and their side in pixels.
const LEAVES: usize = 24;
pub(super) const LEAVES_SIDE: usize = 256;

/// Loads a source as samples.
///
/// ```
/// use penstroke::data::{LoadOptions, Source, load};
/// let digits = load(&Source::Strokes, &LoadOptions { n: Some(100), ..LoadOptions::default() })?;
/// assert_eq!((digits.n_samples(), digits.n_visible()), (100, 784));
/// # #[cfg(feature = "images")] {
/// let patches = load(&Source::Leaves, &LoadOptions { n: Some(100), ..LoadOptions::default() })?;
/// assert_eq!((patches.n_samples(), patches.n_visible()), (100, 144));
/// # }
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// If the source does not exist, cannot be read, has no such part, or holds fewer samples than requested.
pub fn load(source: &Source, options: &LoadOptions) -> Result<Dataset> {
    let data = load_unscaled(source, options)?;
    let known = options.like.as_ref().map_or(&[][..], |like| &like.classes);
    let data = numbered_like(&source.to_string(), data, known, options.table.labels)?;
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
    let asked = options.like.as_ref().map_or(&options.patches, |like| &like.patches);
    let patches = match (source, asked) {
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
            return shaped(strokes::generate(options.seed, options.part, n)?, source, options);
        }
        Source::Mnist => mnist::read(mnist_folder(&options.data_dir)?, options.part)?,
        Source::Variation(variation) => {
            let samples = chosen(source, variation.n_samples(options.part), options)?;
            let data = variations::generate(*variation, options.part, samples.as_deref(), &options.data_dir)?;
            return shaped(data, source, options);
        }
        // Patches of `leaves` were cut above.
        Source::Leaves => return Err(Error::input("leaves", "these are scenes; cut patches from them")),
        Source::Stdin => read_stdin(options)?,
        Source::Path(path) => read(path, options)?,
    };
    let data = shaped(data, source, options)?;
    Ok(match chosen(source, data.n_samples(), options)? {
        Some(indices) => data.select(&indices),
        None => data,
    })
}

/// The data with the shape of pictures that was asked for.
fn shaped(data: Dataset, source: &Source, options: &LoadOptions) -> Result<Dataset> {
    match options.shape {
        Some(shape) => data.with_image(&source.to_string(), shape),
        None => Ok(data),
    }
}

/// Loads a source as grey scenes: generated scenes, photographs of any size, or the pictures of a data set.
///
/// # Errors
/// As [`load`], and if the source holds no grey pictures.
pub fn load_scenes(source: &Source, options: &LoadOptions) -> Result<Vec<Scene>> {
    refuse_valid(source, options.part)?;
    let mut scenes = match source {
        Source::Leaves => {
            // The complement of a seed is unlikely to be used as a seed as well.
            let seed = match options.part {
                Part::Train | Part::Valid => options.seed,
                Part::Test => !options.seed,
            };
            return leaves::generate(seed, options.n.unwrap_or(LEAVES), LEAVES_SIDE, LEAVES_SIDE);
        }
        Source::Path(path) => match find(path, options.part)? {
            Found::Pictures(_) if options.shape.is_some() => {
                return Err(
                    Error::option("shape", "these pictures have shapes of their own").leave_out("shape")
                );
            }
            Found::Pictures(path) => images::load_scenes(path)?,
            _ => return scenes_of_samples(source, options),
        },
        _ => return scenes_of_samples(source, options),
    };
    if let Some(indices) = chosen(source, scenes.len(), options)? {
        let mut index = 0..;
        scenes.retain(|_| index.next().is_some_and(|index| indices.binary_search(&index).is_ok()));
    }
    Ok(scenes)
}

/// The pictures of a data set as scenes.
fn scenes_of_samples(source: &Source, options: &LoadOptions) -> Result<Vec<Scene>> {
    let plain = LoadOptions { patches: None, like: None, scale: Scale::None, ..options.clone() };
    load(source, &plain)?.scenes(&source.to_string())
}

fn usual((train, test): (usize, usize), part: Part) -> usize {
    match part {
        Part::Train | Part::Valid => train,
        Part::Test => test,
    }
}

/// The indices of the samples to keep of `n_all`; `None` keeps all.
fn chosen(source: &Source, n_all: usize, options: &LoadOptions) -> Result<Option<Vec<usize>>> {
    match options.n {
        None => Ok(None),
        Some(n) if n == n_all => Ok(None),
        Some(n) if (1..n_all).contains(&n) => Ok(Some(subset(n_all, n, options.seed))),
        Some(n) => Err(Error::input(
            source.to_string(),
            format!("cannot give {}; its {} part holds {n_all}", counted(n, "sample"), options.part),
        )),
    }
}

//! The denoising-autoencoder lecture, reproduced on data: every figure drawn, every claim measured.
//!
//! [`run`] trains the lecture's models on digits (masking noise) and natural scenes (Gaussian noise) and returns a
//! [`Lecture`]: one self-contained page, the figures as PNG files, and `results.json` with every number shown. Each claim is
//! computed from the trained models, and a claim that does not hold on the given data is reported as such.
//!
//! Generated sources (`strokes`, `leaves`) have a size that takes a few minutes on a laptop; other sources are used in full.

mod chapters;
mod claims;
mod digits;
mod effort;
mod scenes;
mod statistic;

pub use claims::Claim;

use crate::data::{Dataset, LoadOptions, Part, Source, has_part, load as load_source, split};
use crate::report::Page;
use crate::{Autoencoder, Config, Error, Event, Flow, Result, files};
use effort::Effort;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// LectureOptions of the lecture.
#[derive(Clone, Debug)]
pub struct LectureOptions {
    /// Source of labelled grey pictures with values in `0..=1`.
    pub digits: Source,
    /// Source of the pictures from which patches are cut.
    pub scenes: Source,
    /// Number of times that every model is trained, with seeds `seed .. seed + seeds`; at least 1.
    pub seeds: usize,
    /// The first seed.
    pub seed: u64,
    /// How thorough the run is.
    pub pace: Pace,
    /// Number of threads; 0 means one per processor. Results do not depend on it.
    pub threads: usize,
    /// Folder that holds the named data sets.
    pub data_dir: PathBuf,
}

/// How thorough a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Few samples and short training, in well under a minute.
    Quick,
    /// Generated sources in a few minutes, other sources in full.
    #[default]
    Normal,
}

impl Default for LectureOptions {
    fn default() -> Self {
        Self {
            digits: Source::Strokes,
            scenes: Source::Leaves,
            seeds: 1,
            seed: 0,
            pace: Pace::Normal,
            threads: 0,
            data_dir: PathBuf::new(),
        }
    }
}

/// LectureProgress of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LectureProgress<'a> {
    /// A step begins.
    Step {
        /// Description of the step.
        name: &'a str,
        /// Number of the step, from 1.
        number: usize,
        /// Total number of steps.
        of: usize,
    },
    /// An event in the training of this step.
    Training(&'a Event),
}

/// The results of a run.
pub struct Lecture {
    page: Page,
    figures: Vec<(String, Vec<u8>)>,
    results: String,
    claims: Vec<Claim>,
}

/// Runs the lecture. The observer receives every step and every event of training, and can stop the run.
///
/// # Errors
/// If a source cannot be read or is not suitable, if training fails, or [`Error::Interrupted`] if the observer stopped the
/// run.
pub fn run(
    options: &LectureOptions,
    observer: &mut dyn FnMut(&LectureProgress<'_>) -> Flow,
) -> Result<Lecture> {
    if options.seeds == 0 {
        return Err(Error::input("seeds", "0; at least 1 is needed"));
    }
    let of = |source: &Source| match (options.pace, source) {
        (Pace::Quick, _) => Effort::quick(),
        (Pace::Normal, Source::Strokes | Source::Leaves) => Effort::normal(),
        (Pace::Normal, _) => Effort::full(),
    };
    run_with(options, (of(&options.digits), of(&options.scenes)), observer)
}

fn run_with(
    options: &LectureOptions,
    (on_digits, on_scenes): (Effort, Effort),
    observer: &mut dyn FnMut(&LectureProgress<'_>) -> Flow,
) -> Result<Lecture> {
    let steps = 1 + digits::steps(options, &on_digits) + scenes::steps(options, &on_scenes);
    let mut watch = Watch { observer, number: 0, of: steps };
    // Both are read before the long work, so that a mistake in the second does not surface after hours on the first.
    watch.step("reading digits and scenes")?;
    let (read_digits, patches) = (digits::read(options, &on_digits)?, scenes::read(options, &on_scenes)?);
    let digits = digits::run(options, &on_digits, read_digits, &mut watch)?;
    let scenes = scenes::run(options, &on_scenes, patches, &mut watch)?;
    let claims = claims::all(&digits, &scenes)?;
    let results = Results {
        penstroke: env!("CARGO_PKG_VERSION"),
        seeds: digits.seeds(),
        claims: &claims,
        digits: &digits,
        scenes: &scenes,
        digits_effort: &on_digits,
        scenes_effort: &on_scenes,
    };
    let json = serde_json::to_string_pretty(&results)
        .map_err(|error| Error::numerical(format!("results.json: {error}")))?;
    let chapters = chapters::Chapters { digits: &digits, scenes: &scenes, claims: &claims };
    let (page, figures) = chapters.write(&results)?;
    Ok(Lecture { page, figures, results: json + "\n", claims })
}

#[derive(Serialize)]
struct Results<'a> {
    penstroke: &'static str,
    seeds: Vec<u64>,
    claims: &'a [Claim],
    digits: &'a digits::Digits,
    scenes: &'a scenes::Scenes,
    digits_effort: &'a Effort,
    scenes_effort: &'a Effort,
}

impl Lecture {
    /// The twelve claims, in the lecture's order.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The content of `results.json`.
    #[must_use]
    pub fn results(&self) -> &str {
        &self.results
    }

    /// The content of `report.html`.
    #[must_use]
    pub fn report(&self) -> String {
        self.page.render()
    }

    /// The figures: file names without folder or extension, and PNG bytes.
    #[must_use]
    pub fn figures(&self) -> &[(String, Vec<u8>)] {
        &self.figures
    }

    /// Writes `figures/*.png`, `results.json` and, last, `report.html`. Each file appears whole or not at all.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Folder) -> Result<()> {
        let path = &folder.path;
        for (name, png) in &self.figures {
            files::write_atomic(path.join(FIGURES).join(format!("{name}.png")), |out| out.write_all(png))?;
        }
        files::write_atomic(path.join(RESULTS), |out| out.write_all(self.results.as_bytes()))?;
        files::write_atomic(path.join(REPORT), |out| out.write_all(self.report().as_bytes()))
    }
}

const FIGURES: &str = "figures";
const RESULTS: &str = "results.json";
const REPORT: &str = "report.html";

/// A writable output folder, created before the long work and removed again if it stays empty.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The folders created by [`Folder::open`], outermost first.
    made: Vec<PathBuf>,
}

impl Folder {
    /// Creates the folder if it is missing, and checks that files can be created in it.
    ///
    /// # Errors
    /// If the folder cannot be created or written to.
    pub fn open(path: &Path) -> Result<Self> {
        if path.exists() && !path.is_dir() {
            let problem = "is a file; give a folder to write to";
            return Err(Error::input(path.display().to_string(), problem));
        }
        let figures = path.join(FIGURES);
        let missing =
            figures.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut made: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        made.reverse();
        std::fs::create_dir_all(&figures).map_err(|error| Error::io(&figures, error))?;
        let folder = Self { path: path.to_owned(), made };
        for file in [figures.join("try"), path.join(RESULTS)] {
            files::Output::create(file)?;
        }
        Ok(folder)
    }

    /// The path of the report.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.path.join(REPORT)
    }
}

impl Drop for Folder {
    /// Removes the created folders that are still empty.
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            // A folder with content stays, and so do its parents.
            if std::fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

/// Reports progress to the observer, and stops the run when the observer asks for it.
struct Watch<'a> {
    observer: &'a mut dyn FnMut(&LectureProgress<'_>) -> Flow,
    number: usize,
    of: usize,
}

impl Watch<'_> {
    fn step(&mut self, name: &str) -> Result<()> {
        self.number += 1;
        let step = LectureProgress::Step { name, number: self.number, of: self.of };
        if (self.observer)(&step) == Flow::Stop { Err(Error::Interrupted) } else { Ok(()) }
    }

    fn fit(&mut self, config: &Config, data: &Dataset) -> Result<Autoencoder> {
        let mut stopped = false;
        let model = Autoencoder::fit(config, data, &mut |event: &Event| {
            let flow = (self.observer)(&LectureProgress::Training(event));
            stopped |= flow == Flow::Stop;
            flow
        })?;
        if stopped { Err(Error::Interrupted) } else { Ok(model) }
    }
}

/// Training and test digits, at most the given number of each. If the source has no test part, a sixth of its samples
/// become the test digits.
fn load(
    options: &LectureOptions,
    n_train: Option<usize>,
    n_test: Option<usize>,
) -> Result<(Dataset, Dataset)> {
    let source = &options.digits;
    let part = |part, n| {
        let load = LoadOptions {
            data_dir: options.data_dir.clone(),
            part,
            n: None,
            seed: options.seed,
            ..LoadOptions::default()
        };
        if *source == Source::Strokes {
            return load_source(source, &LoadOptions { n, ..load });
        }
        let all = load_source(source, &load)?;
        Ok(match n {
            Some(n) if n < all.n_samples() => load_source(source, &LoadOptions { n: Some(n), ..load })?,
            _ => all,
        })
    };
    if has_part(source, Part::Test, &options.data_dir) {
        return Ok((part(Part::Train, n_train)?, part(Part::Test, n_test)?));
    }
    let all = part(Part::Train, n_train)?;
    let split = split(all.n_samples(), 1.0 / 6.0, options.seed)?;
    Ok((all.select(&split.train), all.select(&split.valid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Too small to learn anything, large enough to run every line.
    fn tiny() -> Effort {
        Effort {
            digits: Some(240),
            test_digits: Some(100),
            digit_epochs: 1,
            masking: vec![0.0, 0.25, 0.5],
            label_draws: 2,
            patches: (600, 100),
            presentations: 600,
            decays: vec![0.5, 5.0],
        }
    }

    fn tiny_lecture(threads: usize) -> Lecture {
        let options = LectureOptions { seeds: 2, threads, ..LectureOptions::default() };
        run_with(&options, (tiny(), tiny()), &mut |_| Flow::Continue).unwrap()
    }

    #[test]
    fn every_claim_is_reported_with_its_numbers_and_nothing_depends_on_threads() {
        let lecture = tiny_lecture(1);
        let results: Value = serde_json::from_str(lecture.results()).unwrap();
        let claims = results["claims"].as_array().unwrap();
        let ids: Vec<&str> = claims.iter().map(|claim| claim["id"].as_str().unwrap()).collect();
        assert_eq!(
            ids,
            [
                "input-corrupted-at-rate",
                "target-is-clean",
                "corrupted-pixels-restored",
                "features-beat-pixels",
                "denoising-beats-plain",
                "filter-maximises-unit",
                "strokes-emerge",
                "noise-widens-filters",
                "edges-emerge",
                "weight-decay-gives-no-edges",
                "pca-gives-no-edges",
                "beats-linear-denoiser",
            ]
        );
        for claim in claims {
            assert!(claim["statement"].is_string() && claim["holds"].is_boolean(), "{claim}");
            assert!(claim["statistic"].is_number() && claim["seeds"].is_u64(), "{claim}");
            let interval: Vec<f64> =
                claim["interval"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            let statistic = claim["statistic"].as_f64().unwrap();
            assert!(interval[0] <= statistic && statistic <= interval[1], "{claim}");
        }
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md");
        let page = std::fs::read_to_string(page).unwrap();
        let section = page.split("\n## ").find(|section| section.starts_with("`lecture`\n")).unwrap();
        let mut told: Vec<&str> =
            section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let of_claims = keys(&claims[0]).into_iter().map(|key| format!("claims[].{key}"));
        let mut have: Vec<String> = keys(&results).into_iter().chain(of_claims).collect();
        told.sort_unstable();
        have.sort_unstable();
        assert_eq!(have, told);
        // An untrained model has learned nothing, and the page must say so.
        let untrained = claims.iter().find(|claim| claim["id"] == "edges-emerge").unwrap();
        assert_eq!(untrained["holds"], false);
        assert!(lecture.report().contains("does not hold"));
        let rest = tiny_lecture(3);
        assert!(lecture.results() == rest.results() && lecture.report() == rest.report());
        assert_eq!(lecture.figures(), rest.figures());
    }

    #[test]
    fn a_stop_ends_the_run_and_an_empty_folder_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("new").join("lecture");
        let folder = Folder::open(&path).unwrap();
        assert!(path.join("figures").is_dir());
        let stop = |progress: &LectureProgress<'_>| match progress {
            LectureProgress::Training(Event::Batch { .. }) => Flow::Stop,
            _ => Flow::Continue,
        };
        let result = run_with(&LectureOptions::default(), (tiny(), tiny()), &mut |progress| stop(progress));
        assert!(matches!(result, Err(Error::Interrupted)));
        drop(folder);
        assert!(!parent.path().join("new").exists());
    }

    #[test]
    fn unsuitable_sources_are_refused() {
        let message = |options: LectureOptions| {
            run_with(&options, (tiny(), tiny()), &mut |_| Flow::Continue).err().unwrap().to_string()
        };
        let digits = message(LectureOptions { digits: Source::Leaves, ..LectureOptions::default() });
        assert_eq!(digits, "leaves: has no labels, but the lecture trains classifiers; use labelled digits");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.png");
        image::GrayImage::from_fn(30, 30, |x, y| image::Luma([(x * y % 251) as u8])).save(&path).unwrap();
        let place = path.display().to_string();
        assert_eq!(
            message(LectureOptions { scenes: Source::Path(path), ..LectureOptions::default() }),
            format!(
                "{place}: has only one scene; the lecture needs at least two, one for training and one for testing"
            )
        );
        let seeds = run(&LectureOptions { seeds: 0, ..LectureOptions::default() }, &mut |_| Flow::Continue);
        assert_eq!(seeds.err().unwrap().to_string(), "seeds: 0; at least 1 is needed");
    }
}

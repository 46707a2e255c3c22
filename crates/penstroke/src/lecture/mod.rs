//! The denoising-autoencoder lecture, reproduced on data: every figure drawn, every claim measured.
//!
//! [`run`] trains the lecture's models on digits (masking noise) and natural scenes (Gaussian noise) and returns a
//! [`Lecture`]: one self-contained page, the figures as PNG and SVG files, and `results.json` with every number shown. Each claim is
//! computed from the trained models, and a claim that does not hold on the given data is reported as such.
//!
//! Generated sources (`strokes`, `leaves`) have a size that takes a few minutes on a laptop; other sources are used in full.

mod about;
mod chapters;
mod claims;
mod digits;
mod effort;
mod folder;
mod gate;
mod losses;
mod models;
mod options;
mod results;
mod scenes;
mod statistic;

pub use claims::Claim;
pub use folder::Folder;
pub use options::{LectureOptions, LectureProgress, Pace};

use crate::checkpoint::Checkpoints;
use crate::data::Source;
use crate::report::Page;
use crate::{Autoencoder, Error, Flow, Model as _, Result, files};
use about::Began;
use effort::Effort;
use folder::{FIGURES, RESULTS};
use models::NamedModels;
use options::Watch;
use results::Results;

/// The results of a run.
pub struct Lecture {
    page: Page,
    figures: Vec<(String, Vec<u8>)>,
    results: String,
    claims: Vec<Claim>,
    models: NamedModels,
}

/// Runs the lecture. The observer receives every step and every event of training, and can stop the run. With checkpoints, a run
/// that was stopped or killed continues: it takes over the models that were trained, and ends with the same results.
///
/// # Errors
/// If a source cannot be read or is not suitable, if training fails, if the checkpoints are those of other options, or
/// [`Error::Interrupted`] if the observer stopped the run.
pub fn run(
    options: &LectureOptions,
    checkpoints: Option<&mut Checkpoints>,
    observer: &mut dyn FnMut(&LectureProgress<'_>) -> Flow,
) -> Result<Lecture> {
    for (option, value) in [("seeds", options.seeds), ("longer", options.longer)] {
        if value == 0 {
            return Err(Error::option(option, "0; at least 1 is needed"));
        }
    }
    let of = |source: &Source| {
        let usual = match (options.pace, source) {
            (Pace::Quick, _) => Effort::quick(),
            (Pace::Normal, Source::Strokes | Source::Leaves) => Effort::normal(),
            (Pace::Normal, _) => Effort::full(),
        };
        usual.longer(options.longer)
    };
    run_with(options, (of(&options.digits), of(&options.scenes)), checkpoints, observer)
}

fn run_with(
    options: &LectureOptions,
    (on_digits, on_scenes): (Effort, Effort),
    mut checkpoints: Option<&mut Checkpoints>,
    observer: &mut dyn FnMut(&LectureProgress<'_>) -> Flow,
) -> Result<Lecture> {
    let began = Began::now();
    let steps = 1 + digits::steps(options, &on_digits) + scenes::steps(options, &on_scenes);
    if let Some(checkpoints) = &mut checkpoints {
        checkpoints.belong_to(options.trainings());
    }
    let resumed = checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.has_checkpoint());
    let mut watch = Watch { observer, number: 0, of: steps, checkpoints };
    // Both are read before the long work, so that a problem with the second does not surface after hours on the first.
    watch.step("reading digits and scenes")?;
    let (read_digits, patches) = (digits::read(options, &on_digits)?, scenes::read(options, &on_scenes)?);
    let digits = digits::run(options, &on_digits, read_digits, &mut watch)?;
    let scenes = scenes::run(options, &on_scenes, patches, &mut watch)?;
    let claims = claims::all(&digits, &scenes)?;
    let mut results = Results {
        penstroke: env!("CARGO_PKG_VERSION"),
        run: began.about(options, resumed),
        seeds: digits.seeds(),
        classes: digits.class_names(),
        figures: Vec::new(),
        claims: &claims,
        digits: &digits,
        scenes: &scenes,
        digits_effort: &on_digits,
        scenes_effort: &on_scenes,
    };
    let chapters = chapters::Chapters { digits: &digits, scenes: &scenes, claims: &claims };
    let (page, figures) = chapters.write(&mut results)?;
    let json = serde_json::to_string_pretty(&results)
        .map_err(|error| Error::numerical(format!("results.json: {error}")))?;
    let models = models::named(digits, scenes);
    Ok(Lecture { page, figures, results: json + "\n", claims, models })
}

impl Lecture {
    /// The twelve claims, in the lecture's order.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The content of `results.json`.
    pub fn results(&self) -> &str {
        &self.results
    }

    /// The content of `report.html`.
    pub fn report(&self) -> String {
        self.page.render()
    }

    /// The content of `slides.html`: the figures, one a slide.
    pub fn slides(&self) -> String {
        self.page.slides()
    }

    /// The figures: file names without folder, and the bytes of the PNG or SVG file.
    pub fn figures(&self) -> &[(String, Vec<u8>)] {
        &self.figures
    }

    /// The trained models: file names without folder or extension, such as `digits-masking-0.25-seed-0`, and the models.
    pub fn models(&self) -> &[(String, Autoencoder)] {
        &self.models
    }

    /// Writes the models if the folder [keeps](Folder::keep_models) them, `figures/*`, `slides.html` if the folder [has
    /// it](Folder::add_slides), `results.json` and, last, `report.html`. Each file is written completely or not at all. Then the
    /// figures and the slides of an earlier run that this one did not replace are removed.
    ///
    /// # Errors
    /// If a file cannot be written or removed.
    pub fn write(&self, folder: &Folder) -> Result<()> {
        if let Some(place) = &folder.models {
            // It existed when the work began, but may be gone.
            std::fs::create_dir_all(place).map_err(|error| Error::io(place, error))?;
            for (name, model) in &self.models {
                model.save(&place.join(format!("{name}.safetensors")))?;
            }
        }
        let path = &folder.path;
        let outdated = folder.outdated(&self.figures);
        let figures = path.join(FIGURES);
        std::fs::create_dir_all(&figures).map_err(|error| Error::io(&figures, error))?;
        for (name, bytes) in &self.figures {
            files::write_atomic(figures.join(name), |out| out.write_all(bytes))?;
        }
        if folder.has_slides {
            files::write_atomic(folder.slides(), |out| out.write_all(self.slides().as_bytes()))?;
        }
        files::write_atomic(path.join(RESULTS), |out| out.write_all(self.results.as_bytes()))?;
        files::write_atomic(folder.report(), |out| out.write_all(self.report().as_bytes()))?;
        outdated.iter().try_for_each(|file| folder::remove(file))
    }
}

#[cfg(test)]
mod tests;

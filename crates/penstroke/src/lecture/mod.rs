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
mod folder;
mod losses;
mod options;
mod results;
mod scenes;
mod statistic;

pub use claims::Claim;
pub use folder::Folder;
pub use options::{LectureOptions, LectureProgress, Pace};

use crate::data::Source;
use crate::report::Page;
use crate::{Error, Flow, Result, files};
use effort::Effort;
use folder::{FIGURES, REPORT, RESULTS};
use options::Watch;
use results::Results;

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
        return Err(Error::option("seeds", "0; at least 1 is needed"));
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
    // Both are read before the long work, so that a problem with the second does not surface after hours on the first.
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

    /// The figures: file names without folder or extension, and PNG bytes.
    pub fn figures(&self) -> &[(String, Vec<u8>)] {
        &self.figures
    }

    /// Writes `figures/*.png`, `results.json` and, last, `report.html`. Each file is written completely or not at all.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Folder) -> Result<()> {
        let path = &folder.path;
        let figures = path.join(FIGURES);
        // It existed when the work began, but may be gone.
        std::fs::create_dir_all(&figures).map_err(|error| Error::io(&figures, error))?;
        for (name, png) in &self.figures {
            files::write_atomic(figures.join(format!("{name}.png")), |out| out.write_all(png))?;
        }
        files::write_atomic(path.join(RESULTS), |out| out.write_all(self.results.as_bytes()))?;
        files::write_atomic(path.join(REPORT), |out| out.write_all(self.report().as_bytes()))
    }
}

#[cfg(test)]
mod tests;

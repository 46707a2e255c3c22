//! The content of `results.json`.

use super::about::AboutRun;
use super::claims::Claim;
use super::digits::Digits;
use super::effort::Effort;
use super::scenes::Scenes;
use serde::Serialize;

/// Everything measured in a run.
#[derive(Serialize)]
pub(super) struct Results<'a> {
    pub(super) penstroke: &'static str,
    pub(super) run: AboutRun,
    pub(super) seeds: Vec<u64>,
    /// Names of the classes of digits, by label.
    pub(super) classes: Vec<String>,
    /// The files in the folder of figures.
    pub(super) figures: Vec<String>,
    pub(super) claims: &'a [Claim],
    pub(super) digits: &'a Digits,
    pub(super) scenes: &'a Scenes,
    pub(super) digits_effort: &'a Effort,
    pub(super) scenes_effort: &'a Effort,
}

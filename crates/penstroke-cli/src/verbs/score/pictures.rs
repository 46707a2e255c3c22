//! Scores of pictures and other samples, and where they are unusual.

use super::args::ScoreArgs;
use super::{told, words};
use crate::run::failure::Result;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{TrainingProgress, Verbosity, spinner};
use crate::run::reading;
use penstroke::anomaly::{Contamination, SampleDetector};
use penstroke::data::{Dataset, ImageShape, LoadOptions, Source, text};
use penstroke::report::number::significant;
use penstroke::report::{GreyScale, Grid};
use penstroke::{Error, Run};
use serde_json::json;
use std::path::Path;

/// Most pictures of a heat map.
const SHOWN: usize = 20;

/// Samples with their scores.
struct ScoredSamples {
    data: Dataset,
    detector: SampleDetector,
    scores: Vec<f64>,
    n_learned: usize,
    contamination: Contamination,
    threshold: f64,
}

pub(super) fn run(args: &ScoreArgs) -> Result<()> {
    refuse_options_of_tables(args)?;
    let inputs = [Some(args.source.as_path()), args.train.as_deref()];
    let out = OutputFile::open_as_one_of(&args.out, &["csv", "tsv"])?.apart_from(inputs)?;
    let map = args.heat_map.as_deref().map(|path| open_map(path, inputs, args)).transpose()?;
    let data = read(&args.source)?;
    let shape = map.as_ref().map(|_| grey_shape(args, &data)).transpose()?;
    let scored = score(args, data)?;
    let delimiter = if out.is("tsv") { b'\t' } else { b',' };
    let names = ["row", "score", "share", "anomaly"].map(str::to_owned);
    let lines = (0..scored.scores.len()).map(|row| scored.line(row));
    out.finish(|file| text::write_texts(file, delimiter, &names, lines))?;
    if let (Some(map), Some(shape)) = (map, shape) {
        scored.draw(map, shape)?;
    }
    if args.json {
        return output::print_json(&scored.answer(args));
    }
    let top = scored.top(args.top);
    if !top.is_empty() {
        let line = |row: usize| told::line(row, String::new(), scored.score_and_share(row), String::new());
        output::print(&told::aligned(String::new(), "", top.into_iter().map(line)))?;
    }
    let (n, anomalies) = (scored.scores.len(), scored.n_anomalies());
    output::print(&format!(
        "{}: {}",
        args.out.display(),
        told::counts(n, anomalies, scored.contamination, scored.threshold)
    ))
}

/// Samples have no columns to name, and their detectors are not saved.
fn refuse_options_of_tables(args: &ScoreArgs) -> Result<()> {
    let given = [("model", args.model.is_some()), ("save_model", args.save_model.is_some())];
    if let Some((option, _)) = given.iter().find(|(_, is_given)| *is_given) {
        let problem = format!("is for tables, but {} is not one", args.source.display());
        return Err(Error::option(option, problem).hint("leave it out").into());
    }
    match args.reading.schema_options().first() {
        Some(option) => {
            let problem = format!("{option} is for tables");
            Err(Error::input(&args.source, problem).hint("leave it out").into())
        }
        None => Ok(()),
    }
}

fn open_map(path: &Path, inputs: [Option<&Path>; 2], args: &ScoreArgs) -> Result<OutputFile> {
    if output::are_same(&args.out, path) {
        let problem = "would hold both the scores and the heat map; give another name";
        return Err(Error::input(path, problem).into());
    }
    OutputFile::open_as_one_of(path, &["png"])?.apart_from(inputs)
}

fn read(source: &Path) -> Result<Dataset> {
    let source: Source = source.to_string_lossy().parse()?;
    Ok(reading::read(&source, &LoadOptions::default())?)
}

/// The shape of grey pictures.
fn grey_shape(args: &ScoreArgs, data: &Dataset) -> Result<ImageShape> {
    match data.image() {
        Some(image @ ImageShape { channels: 1, .. }) => Ok(image),
        Some(_) => {
            Err(Error::input(&args.source, "holds pictures in colour; only grey ones can be drawn").into())
        }
        None => {
            let error = Error::input(&args.source, "holds samples that are not pictures");
            Err(error.hint("leave out --heat-map").into())
        }
    }
}

fn score(args: &ScoreArgs, data: Dataset) -> Result<ScoredSamples> {
    let verbosity = args.verbosity.verbosity();
    let good = args.train.as_deref().map(read).transpose()?;
    let mut progress = TrainingProgress::new(verbosity);
    let config = args.config(SampleDetector::defaults());
    let run = &mut Run::new().observer(&mut progress);
    let learned = args.train.as_ref().unwrap_or(&args.source);
    let detector = SampleDetector::fit(&config, good.as_ref().unwrap_or(&data), run)
        .map_err(|error| at(learned, error))?;
    drop(progress);
    let spinning = spinner(if args.json { Verbosity::Quiet } else { verbosity }, "scoring");
    let scores = detector.score(&data).map_err(|error| at(&args.source, error))?;
    drop(spinning);
    let threshold = detector.threshold(args.contamination)?;
    let n_learned = good.as_ref().unwrap_or(&data).n_samples();
    Ok(ScoredSamples { data, detector, scores, n_learned, contamination: args.contamination, threshold })
}

/// An error about samples, with the place of these.
fn at(source: &Path, error: Error) -> Error {
    match error {
        Error::Input { problem, remedies, .. } => Error::Input { place: source.into(), problem, remedies },
        other => other,
    }
}

impl ScoredSamples {
    fn n_anomalies(&self) -> usize {
        self.scores.iter().filter(|&&score| score > self.threshold).count()
    }

    /// The samples with the largest scores, from 0, the largest first.
    fn top(&self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|&a, &b| self.scores[b].total_cmp(&self.scores[a]).then(a.cmp(&b)));
        order.truncate(n);
        order
    }

    fn score_and_share(&self, row: usize) -> (f64, f64) {
        (self.scores[row], self.detector.share_above(self.scores[row]))
    }

    /// A line of the file.
    fn line(&self, row: usize) -> Vec<String> {
        let (score, share) = self.score_and_share(row);
        let anomaly = u8::from(score > self.threshold).to_string();
        vec![(row + 1).to_string(), words::rounded(score), words::rounded(share), anomaly]
    }

    fn answer(&self, args: &ScoreArgs) -> serde_json::Value {
        let top = self.top(args.top).into_iter().map(|row| {
            let (score, share) = self.score_and_share(row);
            json!({
                "row": row + 1,
                "id": null,
                "score": score,
                "share": share,
                "is_anomaly": score > self.threshold,
                "cells": [],
            })
        });
        json!({
            "file": args.out,
            "model": null,
            "heat_map": args.heat_map,
            "n_learned": self.n_learned,
            "n_rows": self.scores.len(),
            "contamination": told::contamination(self.contamination),
            "threshold": self.threshold,
            "n_anomalies": self.n_anomalies(),
            "top": top.collect::<Vec<_>>(),
        })
    }

    /// Draws the most unusual pictures over what their pixels add to the score.
    fn draw(&self, map: OutputFile, shape: ImageShape) -> Result<()> {
        let top = self.top(SHOWN);
        let chosen: Vec<u32> = top.iter().map(|&row| row as u32).collect();
        let heat = self.detector.explain(&self.data, &chosen)?;
        let white = nearly_largest(&heat);
        let heat: Vec<f32> = heat.iter().map(|added| (added / white).clamp(0.0, 1.0)).collect();
        let (d, values) = (self.data.n_visible(), self.data.to_floats());
        let pictures: Vec<f32> = top.iter().flat_map(|&row| values[row * d..][..d].iter().copied()).collect();
        let (low, high) =
            pictures.iter().fold((f32::MAX, f32::MIN), |(low, high), &v| (low.min(v), high.max(v)));
        let pictures: Vec<f32> =
            pictures.iter().map(|value| (value - low) / (high - low).max(f32::MIN_POSITIVE)).collect();
        let labels = top.iter().map(|row| (row + 1).to_string());
        let grid = Grid::strip(&[("picture", &pictures), ("added", &heat)], shape.height, shape.width)?
            .upscale(3)
            .grey_scale(GreyScale::INTENSITY)
            .column_labels(labels)
            .key(format!("intensity; added to the score, in units of {}:", significant(white.into(), 2)));
        let png = grid.draw()?.to_png()?;
        map.finish(|out| out.write_all(&png))
    }
}

/// The value that one in 200 exceeds, above 0: a few far ones would leave the others black.
fn nearly_largest(values: &[f32]) -> f32 {
    let mut ascending = values.to_vec();
    ascending.sort_by(f32::total_cmp);
    let at = (ascending.len() * 199 / 200).min(ascending.len().saturating_sub(1));
    ascending.get(at).copied().unwrap_or_default().max(f32::MIN_POSITIVE)
}

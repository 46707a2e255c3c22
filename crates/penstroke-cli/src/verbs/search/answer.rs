//! The results of a search: the table, the winner, the curve and the picture.

use crate::options::supervised;
use crate::options::training::texts;
use crate::run::failure::Result;
use crate::run::shell::shell_word;
use crate::run::{interrupt, output};
use penstroke::config::Term;
use penstroke::data::{Dataset, ImageShape};
use penstroke::error::counted;
use penstroke::eval::ErrorRate;
use penstroke::files::write_atomic;
use penstroke::report::{Axis, Chart, Estimate, GreyScale, Grid, Point, Series};
use penstroke::search::{Ranked, Ranking, Space, Trial};
use penstroke::{Autoencoder, AutoencoderConfig, Corruption, Error, Event, Flow, Run, SupervisedConfig};
use serde_json::{Value, json};
use std::path::Path;

/// Number of filters drawn per noise level.
const FILTERS: usize = 16;
/// Number of table rows to print.
const PRINTED: usize = 20;

/// A search, finished or interrupted.
pub(super) struct Answer<'a> {
    pub(super) space: &'a Space,
    pub(super) table: Ranking,
    pub(super) n_trials: usize,
    pub(super) left: usize,
    /// The error of the winner on the samples of --test.
    pub(super) test: Option<ErrorRate>,
}

impl Answer<'_> {
    /// The table for people.
    pub(super) fn lines(&self) -> String {
        let mut lines = vec![format!(
            "{:>7}  {:<17} {:<24} {:>6} {:>6} {:>9} {:>9}",
            "error", "95 % interval", "corruption", "layers", "units", "rate", "tuning"
        )];
        for row in self.table.rows.iter().take(PRINTED) {
            let Trial { corruption, hidden, depth, learning_rate, tuning_rate, .. } = &row.point;
            let interval = row.valid_error.interval.map_or_else(
                || "one seed".to_owned(),
                |i| format!("{:.2} to {:.2}", 100.0 * i.low.max(0.0), 100.0 * i.high.min(1.0)),
            );
            lines.push(format!(
                "{:>5.2} %  {interval:<17} {:<24} {depth:>6} {hidden:>6} {learning_rate:>9} {tuning_rate:>9}",
                100.0 * row.valid_error.mean,
                corruption.to_string(),
            ));
        }
        if self.table.rows.len() > PRINTED {
            lines.push(format!("and {} more, in search.json", self.table.rows.len() - PRINTED));
        }
        if self.left > 0 {
            lines.push(format!(
                "{} of {} left; the same command continues",
                self.left,
                counted(self.n_trials, "trial")
            ));
        }
        if let Some(test) = &self.test {
            let (error, interval) = (100.0 * test.share(), test.interval());
            let (low, high) = (100.0 * interval.low, 100.0 * interval.high);
            let (errors, n) = (test.errors, counted(test.n, "sample"));
            lines.push(format!(
                "test error of the winner: {error:.2} %  ({low:.2} to {high:.2}), {errors} of {n}"
            ));
        }
        lines.join("\n")
    }

    /// The table for programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "n_trials": self.n_trials,
            "left": self.left,
            "rows": self.table.rows,
            "by_corruption": self.table.by_corruption(&self.space.corruption),
            "test": self.test.map(output::errors),
        })
    }

    /// Writes winner, curve and picture into the folder.
    pub(super) fn write(&self, folder: &Path, source: &str, train: &Dataset) -> Result<()> {
        let winner = &self.table.winner().point;
        let (layers, tuning) = self.space.configs(winner);
        let answer = json!({
            "valid_error": self.table.winner().valid_error,
            "test": self.test.map(output::errors),
            "layers": layers,
            "fine_tuning": tuning,
            "commands": commands(&layers, &tuning, source),
        });
        write_atomic(folder.join("winner.json"), |out| writeln!(out, "{answer:#}"))?;
        let levels = self.table.by_corruption(&self.space.corruption);
        let noise = folder.join("noise.svg");
        match curve(&levels) {
            Some(svg) => write_atomic(noise, |out| out.write_all(svg.as_bytes()))?,
            // A picture of fewer trials would be mistaken for this search's.
            None if noise.exists() => {
                std::fs::remove_file(&noise).map_err(|error| Error::io(&noise, error))?;
            }
            None => {}
        }
        if let Some(ImageShape { height, width, channels: 1 }) = train.image()
            && let Some(png) = filters(&levels, &layers[0], train, (height, width))?
        {
            write_atomic(folder.join("filters.png"), |out| out.write_all(&png))?;
        }
        Ok(())
    }
}

/// The commands that train the winner on the whole training part, including the validation samples of the search.
fn commands(layers: &[AutoencoderConfig], tuning: &SupervisedConfig, source: &str) -> [String; 2] {
    let units: Vec<_> = layers.iter().map(|layer| layer.hidden.to_string()).collect();
    let layer = layers[0].clone().valid(0.0);
    let of_layer =
        given(texts(&layer), &texts(&AutoencoderConfig { hidden: layer.hidden, ..Default::default() }));
    let of_tuning = given(supervised::texts(tuning), &supervised::texts(&SupervisedConfig::default()));
    [
        format!("penstroke fit {source} --layers {}{of_layer} --out stack.safetensors", units.join(",")),
        format!(
            "penstroke finetune {source} --from stack.safetensors{of_tuning} --out classifier.safetensors"
        ),
    ]
}

/// The options that differ from the `usual` ones, as typed.
fn given(options: Vec<(&'static str, String)>, usual: &[(&'static str, String)]) -> String {
    let differing = options.into_iter().filter(|option| !usual.contains(option));
    differing.map(|(id, text)| format!(" --{} {}", id.replace('_', "-"), shell_word(&text))).collect()
}

/// The noise level of a corruption of one term, and its kind.
fn level(corruption: &Corruption) -> Option<(Option<&'static str>, f64)> {
    match corruption.terms() {
        [] => Some((None, 0.0)),
        [term] => Some(match *term {
            Term::Masking(q) => (Some("masking probability"), q),
            Term::MaskingExact(q) => (Some("masked share"), q),
            Term::Gaussian(deviation) => (Some("standard deviation of the noise"), deviation),
            Term::SaltAndPepper(q) => (Some("probability of salt or pepper"), q),
            Term::Dropout(q) => (Some("dropout probability"), q),
            Term::Mask(low, high) => (Some("probability of a masked cell"), low + (high - low) / 2.0),
            Term::Swap(q) => (Some("probability of a swapped cell"), q),
            Term::CopyMask => return None,
        }),
        _ => None,
    }
}

/// Error by noise level, one curve per kind of noise; each starts at no noise.
fn curve(levels: &[&Ranked]) -> Option<String> {
    let estimate = |row: &Ranked| {
        let percent = |share: f64| 100.0 * share.clamp(0.0, 1.0);
        let value = percent(row.valid_error.mean);
        match row.valid_error.interval {
            Some(interval) => Estimate { value, low: percent(interval.low), high: percent(interval.high) },
            None => Estimate::exact(value),
        }
    };
    let mut kinds: Vec<(&'static str, String, Vec<Point>)> = Vec::new();
    let mut clean = None;
    for row in levels {
        let (kind, x) = level(&row.point.corruption)?;
        let point = Point::estimated(x, estimate(row));
        match kind {
            None => clean = Some(point),
            Some(kind) => match kinds.iter_mut().find(|(known, ..)| *known == kind) {
                Some((.., points)) => points.push(point),
                None => {
                    let text = row.point.corruption.to_string();
                    let word = text.split(':').next().unwrap_or_default().to_owned();
                    kinds.push((kind, word, vec![point]));
                }
            },
        }
    }
    let title = match &kinds[..] {
        [] => return None,
        [(kind, ..)] => kind,
        _ => "probability, or standard deviation",
    };
    let x = Axis::linear(title).including(0.0);
    let mut chart = Chart::new("Which noise level?", x, Axis::linear("validation error").unit("%"))
        .describe("Of each level the best of widths, depths and rates; bars are 95 % intervals over seeds.");
    let is_only = kinds.len() == 1;
    for (_, kind, mut points) in kinds {
        points.extend(clean);
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        chart = chart
            .series(Series::new(if is_only { "the best at each level".to_owned() } else { kind }, points));
    }
    Some(chart.draw().to_svg())
}

/// The first filters at every noise level, one row each, from the first layer trained like the winner's apart from the
/// noise. All start with the same weights, so columns correspond.
fn filters(
    levels: &[&Ranked],
    winner: &AutoencoderConfig,
    train: &Dataset,
    (height, width): (usize, usize),
) -> Result<Option<Vec<u8>>> {
    let n = FILTERS.min(winner.hidden);
    let (mut tiles, mut labels) = (Vec::new(), Vec::new());
    let mut observer = |_: &Event| if interrupt::stopped() { Flow::Stop } else { Flow::Continue };
    for row in levels {
        let config = winner.clone().corruption(row.point.corruption.clone()).threads(0);
        let model = match Autoencoder::fit(&config, train, &mut Run::new().observer(&mut observer)) {
            Ok(model) => model,
            // A rate that suits the winner may not suit every noise level.
            Err(Error::Numerical { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        tiles.extend_from_slice(&model.filters()[..n * height * width]);
        labels.push(row.point.corruption.to_string());
    }
    if tiles.is_empty() || interrupt::stopped() {
        return Ok(None);
    }
    let grid = Grid::new(tiles, height, width)?
        .columns(n)
        .upscale(2)
        .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
        .key("weight")
        .title(format!("filters of units 1 to {n}; {}", GreyScale::SYMMETRIC_PER_TILE.describe()))
        .row_labels(labels);
    Ok(Some(grid.draw()?.to_png()?))
}

//! The lecture as a page: its chapters, in the lecture's order, and their pictures.

mod on_digits;
mod on_filters;
mod on_scenes;
mod points;
mod task;

use super::about::AboutRun;
use super::claims::Claim;
use super::digits::Digits;
use super::gate::STILL_FALLING;
use super::results::Results;
use super::scenes::Scenes;
use super::statistic::Statistic;
use crate::config::Named;
use crate::error::counted;
use crate::report::{
    self, Claims, Drawing, Estimate, Figure, FigureRef, GreyScale, Grid, Heading, Page, Picture, Table,
    Verdict, number,
};
use crate::{AutoencoderConfig, Result};
use maud::{Render, html};
use std::path::Path;

/// The content of the chapters.
pub(super) struct Chapters<'a> {
    pub(super) digits: &'a Digits,
    pub(super) scenes: &'a Scenes,
    pub(super) claims: &'a [Claim],
}

/// A figure's file name with its extension, and its bytes.
pub(super) type FigureFile = (String, Vec<u8>);

/// The page under construction, and the figures that also become files.
struct Desk {
    page: Page,
    figures: Vec<FigureFile>,
    /// The figures on the page by the names of their files; the first of several.
    named: Vec<(String, FigureRef)>,
}

/// What surrounds a figure.
struct Shown<C, S> {
    /// Tells what is shown, without the text around it.
    caption: C,
    /// The one sentence that the figure shows.
    sentence: S,
}

impl Desk {
    /// Puts a picture on the page and keeps it as the file `name.png`.
    fn picture(
        &mut self,
        name: &str,
        picture: &Picture,
        alternative: &str,
        shown: Shown<impl Render, impl Render>,
    ) -> Result<FigureRef> {
        self.pictures(&[(name, picture, alternative)], shown)
    }

    /// Puts several pictures under one caption.
    fn pictures(
        &mut self,
        pictures: &[(&str, &Picture, &str)],
        shown: Shown<impl Render, impl Render>,
    ) -> Result<FigureRef> {
        let mut figure = Figure::new(shown.caption).sentence(shown.sentence);
        for (_, picture, alternative) in pictures {
            figure = figure.picture(picture, alternative)?;
        }
        let number = self.page.next_figure();
        for (&(name, picture, _), letter) in pictures.iter().zip('a'..) {
            let letter = if pictures.len() > 1 { letter.to_string() } else { String::new() };
            self.keep(&format!("{:02}{letter}-{name}.png", number.number()), picture.to_png()?);
        }
        let number = self.page.figure(&figure);
        self.named.extend(pictures.first().map(|(name, ..)| ((*name).to_owned(), number)));
        Ok(number)
    }

    /// Puts grids of filters under one caption: the name of each file, its title, and the grid.
    fn filter_grids(
        &mut self,
        grids: &[(String, String, Grid<'_>)],
        shown: Shown<impl Render, impl Render>,
    ) -> Result<FigureRef> {
        let mut pictures = Vec::new();
        for (name, title, grid) in grids {
            let grid = grid.clone().title(title);
            let alternative = format!("A grid of {}: {title}", counted(grid.n_tiles(), "filter"));
            pictures.push((name, grid.draw()?, alternative));
        }
        let pictures: Vec<_> =
            pictures.iter().map(|(name, p, text)| (name.as_str(), p, text.as_str())).collect();
        self.pictures(&pictures, shown)
    }

    /// The figure with this name.
    fn named(&self, name: &str) -> Option<FigureRef> {
        self.named.iter().find(|(known, _)| known == name).map(|&(_, number)| number)
    }

    /// Puts a chart or drawing on the page and keeps it as the file `name.svg`.
    fn chart(&mut self, name: &str, drawing: &Drawing, shown: Shown<impl Render, impl Render>) -> FigureRef {
        let file = format!("{:02}-{name}.svg", self.page.next_figure().number());
        self.keep(&file, drawing.to_svg().into_bytes());
        let number = self.page.figure(&Figure::new(shown.caption).sentence(shown.sentence).chart(drawing));
        self.named.push((name.to_owned(), number));
        number
    }

    fn keep(&mut self, file: &str, bytes: Vec<u8>) {
        self.figures.push((file.to_owned(), bytes));
    }
}

impl Chapters<'_> {
    /// The page and its pictures, whose files the results name from then on.
    pub(super) fn write(&self, results: &mut Results<'_>) -> Result<(Page, Vec<FigureFile>)> {
        let (digits, scenes, run) = (self.digits, self.scenes, results.run.clone());
        let lead = format!(
            "A denoising autoencoder receives corrupted input and learns to restore the original. This page follows the \
             lecture on denoising autoencoders point by point, with {} from {} and scenes from {}, and tests each of its \
             claims.",
            self.words().many,
            file_name(&digits.source),
            file_name(&scenes.source)
        );
        let mut desk = Desk {
            page: Page::new("The denoising autoencoder", lead),
            figures: Vec::new(),
            named: Vec::new(),
        };
        self.verdicts(&mut desk.page, &run);
        self.digit_chapters(&mut desk)?;
        self.scene_chapters(&mut desk)?;
        self.points(&mut desk);
        self.settings(&mut desk.page);
        results.figures = desk.figures.iter().map(|(file, _)| file.clone()).collect();
        desk.page.data("results", results)?;
        desk.page.footer(html! {
            "Made by penstroke " (env!("CARGO_PKG_VERSION")) " on " (run.date) " (UTC)"
            @if let Some(command) = &run.command { " with " code { (command) } }
            ", in " (run.time()) @if run.resumed { " since it was resumed" } " on " (run.threads) @if run.threads == 1 { " thread" } @else { " threads" }
            ", with the instructions " (run.instructions) "."
            @if run.quick { " It was a quick run." }
            " All measurements are in " code { "results.json" } "."
        });
        Ok((desk.page, desk.figures))
    }

    /// What a figure shows of a claim: the statement only if it holds, or else the topic with the verdict.
    fn heading(&self, id: &str, statement: &str, topic: &str) -> String {
        match self.claims.iter().find(|claim| claim.id == id) {
            Some(claim) if claim.verdict == Verdict::Holds => statement.to_owned(),
            Some(claim) => format!("{topic} (claim: {})", claim.verdict.words()),
            None => topic.to_owned(),
        }
    }

    /// The verdict on a claim, as the last sentence of a paragraph.
    fn verdict(&self, id: &str) -> String {
        match self.claims.iter().find(|claim| claim.id == id) {
            None => String::new(),
            Some(claim) => {
                let measured = claim.shown_with_interval();
                let reason = claim.reason.as_deref().map(|reason| format!("; {reason}")).unwrap_or_default();
                match claim.verdict {
                    Verdict::Holds => format!(" On these data the claim holds: {measured}."),
                    Verdict::DoesNotHold => {
                        format!(" On these data the claim does not hold: {measured}{reason}.")
                    }
                    Verdict::Undecided => {
                        format!(" The claim is not decided{reason}. Measured so far: {measured}.")
                    }
                }
            }
        }
    }

    fn verdicts(&self, page: &mut Page, run: &AboutRun) {
        let count = |verdict| self.claims.iter().filter(|claim| claim.verdict == verdict).count();
        let (hold, fail, open) =
            (count(Verdict::Holds), count(Verdict::DoesNotHold), count(Verdict::Undecided));
        page.section("Claims and measurements");
        page.paragraph(html! {
            (hold) " of " (self.claims.len()) " claims hold on these data"
            @if fail > 0 { ", " (fail) (if fail == 1 { " does not" } else { " do not" }) }
            @if open > 0 { ", " (open) (if open == 1 { " is not decided" } else { " are not decided" }) }
            ". Each verdict is computed from the models trained for this page, by the rule given below the table."
            @if run.quick { " This was a quick run, with few samples." }
            @if let (true, Some(command)) = (open > 0, &run.longer_command) {
                " What is not decided was trained too briefly; this command trains longer: " code { (command) }
            }
        });
        let rows = self.claims.iter().map(|claim| report::ClaimRow {
            statement: html! {
                (claim.statement) @if let Some(reason) = &claim.reason { " " small { "(" (reason) ")" } }
            },
            verdict: claim.verdict,
            statistic: claim.shown.clone(),
            interval: claim.shown_interval.clone(),
            n_seeds: claim.seeds,
        });
        page.claims(&Claims::new("The lecture's claims.", rows));
        page.details(
            "How each claim is decided",
            html! {
                p {
                    "All intervals are 95 % intervals. With several seeds, they are Student's t intervals over seeds; with one \
                    seed, intervals over test samples or hidden units. Shares of filters have Wilson's interval over the \
                    filters of all seeds. A claim about trained models is decided only if their training has converged: in \
                    the middle fifth of the epochs, before the learning rate falls, the loss fell by less than "
                    (100.0 * STILL_FALLING) " % of the variance of the samples, and a model trained with noise restores better than \
                    the best linear denoiser. The last claim asks exactly this, so for it the loss alone counts."
                }
                dl {
                    @for claim in self.claims { dt { code { (claim.id) } } dd { (claim.rule) } }
                }
            },
        );
    }

    fn settings(&self, page: &mut Page) {
        let (digits, scenes) = (self.digits, self.scenes);
        page.section("How this was made");
        page.paragraph(
            "All models of a seed start from the same weights, so hidden units correspond by position. The penalties of the \
             classifiers and the best denoising code were chosen on validation samples alone. No model was trained on \
             the test samples or on scenes that test patches come from.",
        );
        let mut table = Table::new(
            "Settings.",
            [Heading::text(""), Heading::text(self.words().many), Heading::text("scenes")],
        );
        let epochs = |losses: Option<usize>| losses.map_or_else(String::new, |n| n.to_string());
        let row = |table: &mut Table, name: &str, on_digits: String, on_scenes: String| {
            table.push([name.to_owned(), on_digits, on_scenes]);
        };
        row(&mut table, "source", digits.source.clone(), scenes.source.clone());
        row(
            &mut table,
            "training samples",
            count(digits.n_train),
            format!(
                "{} patches of {1}×{1} pixels from {2} scenes",
                count(scenes.n_train),
                scenes.patch_side,
                count(scenes.n_scenes)
            ),
        );
        row(&mut table, "test samples", count(digits.n_test), count(scenes.n_test));
        row(
            &mut table,
            "preparation",
            "intensities of 0 to 1".into(),
            "whitened by f·exp(−(f/0.4)⁴) with f in cycles per pixel; variance 1".into(),
        );
        let (on_digits, on_scenes) = (digits.models.first(), scenes.models.last());
        row(
            &mut table,
            "network and training",
            on_digits.map_or_else(String::new, |m| network(m.model.config())),
            on_scenes.map_or_else(String::new, |m| network(m.model.config())),
        );
        if let Some(model) = digits.models.iter().find(|model| model.masking.is_none()) {
            let rate = model.model.config().training.learning_rate;
            row(&mut table, "learning rate under Gaussian noise", rate.to_string(), "as above".into());
        }
        row(
            &mut table,
            "epochs",
            epochs(on_digits.map(|m| m.train_loss.len())),
            epochs(on_scenes.map(|m| m.train_loss.len())),
        );
        let seeds: Vec<String> = digits.seeds().iter().map(u64::to_string).collect();
        row(&mut table, "seeds", seeds.join(", "), seeds.join(", "));
        page.table(&table);
    }
}

/// The last part of a source's path.
pub(super) fn file_name(source: &str) -> &str {
    Path::new(source).file_name().and_then(|name| name.to_str()).unwrap_or(source)
}

/// The words for what takes the place of the lecture's digits.
#[derive(Clone, Copy)]
struct Words {
    many: &'static str,
    /// One of the classes.
    class: &'static str,
}

impl Chapters<'_> {
    fn words(&self) -> Words {
        if self.digits.are_digits {
            Words { many: "digits", class: "digit" }
        } else {
            Words { many: "pictures", class: "class" }
        }
    }

    fn size(&self) -> (usize, usize) {
        self.digits
            .test
            .image()
            .map_or((1, self.digits.test.n_visible()), |image| (image.height, image.width))
    }
}

/// A number of things, with thousands separated.
fn count(n: usize) -> String {
    number::fixed(n as f64, 0)
}

/// Network and training in words.
fn network(config: &AutoencoderConfig) -> String {
    format!(
        "{} hidden units, tied weights, {} and {}, {} loss, {}, learning rate {}, schedule {}, batches of {}",
        config.hidden,
        config.activation.name(),
        config.decoder.map_or("linear", Named::name),
        config.loss.name(),
        config.training.optimizer.name(),
        config.training.learning_rate,
        config.training.schedule,
        config.training.batch.unwrap_or_default()
    )
}

/// A statistic as an estimate for charts.
fn estimate(statistic: Statistic) -> Estimate {
    Estimate { value: statistic.value, low: statistic.low, high: statistic.high }
}

/// A statistic in words: `3.21 (2.98 to 3.44)`.
fn shown(statistic: Statistic, decimals: usize) -> String {
    format!(
        "{} ({})",
        number::fixed(statistic.value, decimals),
        number::interval(statistic.low, statistic.high, decimals)
    )
}

/// A grey scale as a sentence of a caption.
fn sentence(scale: GreyScale) -> String {
    let rule = scale.describe();
    let mut letters = rule.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

//! The chapter on the task: classifiers on pixels and on codes.

use super::{Chapters, Desk, Shown, count, estimate, shown};
use crate::Model as _;
use crate::lecture::digits::{COMMON_MASKING, Probed};
use crate::lecture::statistic::Statistic;
use crate::report::{Axis, Dots, Heading, Table, diagram, number};
use maud::html;

impl Chapters<'_> {
    pub(super) fn task(&self, desk: &mut Desk) {
        let digits = self.digits;
        let many = self.words().many;
        desk.page.section("The task: a better input for a classifier");
        desk.page.paragraph(html! {
            "The basic approach feeds a classifier with raw pixels. The alternative first learns features of " (many) " without \
            labels, and feeds the classifier with the hidden representation."
        });
        self.pipelines(desk);
        desk.page.paragraph(html! {
            "Both use the same classifier: multinomial logistic regression, trained to convergence, with its penalty chosen on \
            validation " (many) ". The first claim is that the code beats raw pixels." (self.verdict("features-beat-pixels"))
            " That noise makes the code better is the second." (self.verdict("denoising-beats-plain"))
        });
        let seed = self.first_seed();
        if let Some(chosen) = digits.chosen(seed) {
            desk.page.paragraph(html! {
                "The code was chosen on validation " (many) ". For seed " (seed) ", the autoencoder trained with " (chosen.noise())
                " has the best one, with a validation error of " (number::fixed(chosen.probe.valid_error_percent, 2)) " %."
            });
        }
        let percent = || Axis::linear("test error").unit("%").including(0.0);
        let mut dots = Dots::new("Test error of a linear classifier", percent())
            .decimals(2)
            .describe("Raw pixels against codes of autoencoders trained with more and less noise")
            .group("Input of the classifier")
            .row("raw pixels", estimate(digits.raw.test_error_percent));
        for model in digits.models.iter().filter(|m| m.seed == seed) {
            dots = dots.row(format!("code, {}", model.words()), estimate(model.probe.test_error_percent));
        }
        let figure = desk.chart(
            "test-errors",
            &dots.draw(),
            Shown {
                caption: html! {
                    "Test error of a linear classifier on raw pixels and on codes, in per cent of " (count(digits.n_test)) " test " (many)
                    ", after training on " (count(digits.n_train)) " labelled " (many) ". Bars are 95 % intervals of the error rate."
                },
                sentence: self.heading("features-beat-pixels", "The denoising code is a better input for a classifier than raw pixels.", "Test errors on raw pixels and on codes"),
            },
        );
        if digits.seeds().len() > 1 {
            desk.page.paragraph(html! {
                (figure) " is of seed " (seed) ". The table combines all seeds:"
            });
            self.errors_over_seeds(desk);
        }
        self.unconverged(desk);
        if !digits.few_labels.is_empty() {
            self.errors_with_few_labels(desk);
        }
    }

    fn pipelines(&self, desk: &mut Desk) {
        let digits = self.digits;
        let (height, width) = self.size();
        let pixels = format!("{} = {height} × {width}", count(digits.test.n_visible()));
        let code = count(digits.models.first().map_or(0, |model| model.model.n_hidden()));
        let classes = count(digits.train.n_classes());
        desk.chart(
            "pipelines",
            &diagram::pipelines(&pixels, &code, &classes),
            Shown {
                caption: html! {
                    "The two ways to a class. Above: the classifier receives the raw pixels. Below: the autoencoder, trained \
                    without labels, encodes the picture, and the classifier receives the code."
                },
                sentence: "A classifier receives either raw pixels or the code.",
            },
        );
    }

    fn first_seed(&self) -> u64 {
        self.digits.seeds().first().copied().unwrap_or(0)
    }

    fn errors_over_seeds(&self, desk: &mut Desk) {
        let (digits, seed) = (self.digits, self.first_seed());
        let mut table = Table::new(
            "Test error of the classifier: mean over seeds with its 95 % interval.",
            [Heading::text("input"), Heading::number("test error, %")],
        );
        table.push(["raw pixels".to_owned(), shown(digits.raw.test_error_percent, 2)]);
        for model in digits.models.iter().filter(|m| m.seed == seed) {
            let same = digits.models.iter().filter(|m| m.corruption == model.corruption);
            let errors: Vec<Statistic> = same.map(|m| m.probe.test_error_percent).collect();
            if let Ok(error) = Statistic::over_seeds(&errors) {
                table.push([format!("code, {}", model.words()), shown(error, 2)]);
            }
        }
        desk.page.table(&table);
    }

    fn unconverged(&self, desk: &mut Desk) {
        let digits = self.digits;
        let not_converged =
            |probes: &mut dyn Iterator<Item = &Probed>| probes.filter(|p| !p.converged).count();
        let stuck =
            not_converged(&mut std::iter::once(&digits.raw).chain(digits.models.iter().map(|m| &m.probe)));
        if stuck > 0 {
            desk.page.callout("Note", html! { (stuck) " of these classifiers did not converge." });
        }
    }

    fn errors_with_few_labels(&self, desk: &mut Desk) {
        let (digits, seed) = (self.digits, self.first_seed());
        desk.page.paragraph(html! {
            "The same comparison with few labels. The autoencoders were still trained on all " (self.words().many) ", without \
            labels. The penalty is chosen on a validation share of the few labels, and no choice is made among codes:"
        });
        let mut table = Table::new(
            "Test error with few labels, drawn evenly from the classes: mean over draws with its 95 % interval.",
            [Heading::number("labels"), Heading::text("input"), Heading::number("test error, %")],
        );
        for few in &digits.few_labels {
            table.push([count(few.n_labels), few.features.clone(), shown(few.test_error_percent, 1)]);
        }
        let everything = count(digits.n_train);
        table.push([everything.clone(), "raw pixels".into(), shown(digits.raw.test_error_percent, 1)]);
        for model in [digits.masked(seed, 0.0), digits.masked(seed, COMMON_MASKING)].into_iter().flatten() {
            let error = shown(model.probe.test_error_percent, 1);
            table.push([everything.clone(), format!("code, {}", model.words()), error]);
        }
        desk.page.table(&table);
    }
}

//! The chapter on the task: classifiers on pixels and on codes.

use super::{Chapters, Desk, estimate, shown};
use crate::lecture::digits::{COMMON_MASKING, Probed};
use crate::lecture::statistic::Statistic;
use crate::report::{Axis, Dots, Figure, Heading, Table};
use maud::html;

impl Chapters<'_> {
    pub(super) fn task(&self, desk: &mut Desk) {
        let digits = self.digits;
        desk.page.section("The task: a better input for a classifier");
        desk.page.paragraph(html! {
            "The basic approach feeds a classifier with raw pixels. The alternative first learns features of digits without \
            labels, and feeds the classifier with the hidden representation. Both use the same classifier: multinomial \
            logistic regression, trained to convergence, with its penalty chosen on validation digits. The first claim is \
            that the code beats raw pixels." (self.verdict("features-beat-pixels"))
            " That noise makes the code better is the second." (self.verdict("denoising-beats-plain"))
        });
        let seed = self.first_seed();
        let percent = || Axis::linear("test error").unit("%").including(0.0);
        let mut dots = Dots::new("Test error of a linear classifier", percent())
            .decimals(2)
            .describe("Raw pixels against codes of autoencoders trained with more and less noise")
            .group("Input of the classifier")
            .row("raw pixels", estimate(digits.raw.test_error_percent));
        for model in digits.models.iter().filter(|m| m.seed == seed) {
            dots = dots.row(format!("code, {}", model.words()), estimate(model.probe.test_error_percent));
        }
        let figure = desk.page.figure(
            &Figure::new(html! {
                "Errors on " (digits.n_test) " test digits, after training on " (digits.n_train) " labelled digits. Bars are \
                95 % intervals of the error rate."
            })
            .chart(&dots.draw()),
        );
        desk.page.paragraph(html! {
            (figure) " shows seed " (seed) ". The table shows all seeds together:"
        });
        self.errors_over_seeds(desk);
        if !digits.few_labels.is_empty() {
            self.errors_with_few_labels(desk);
        }
    }

    fn first_seed(&self) -> u64 {
        self.digits.seeds().first().copied().unwrap_or(0)
    }

    fn errors_over_seeds(&self, desk: &mut Desk) {
        let (digits, seed) = (self.digits, self.first_seed());
        let mut table = Table::new(
            "Test error of the classifier in per cent: mean over seeds with its 95 % interval (with one seed, the interval of the error rate).",
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
        desk.page.paragraph(
            "The same comparison with few labels. The autoencoders were still trained on all digits, without labels. The \
             penalty is chosen on a validation share of the few labels, and no choice is made among codes:",
        );
        let mut table = Table::new(
            "Test error with few labels, drawn evenly from the classes: mean over draws with its 95 % interval.",
            [Heading::number("labels"), Heading::text("input"), Heading::number("test error, %")],
        );
        for few in &digits.few_labels {
            table.push([few.n_labels.to_string(), few.features.clone(), shown(few.test_error_percent, 1)]);
        }
        let everything = digits.n_train.to_string();
        table.push([everything.clone(), "raw pixels".into(), shown(digits.raw.test_error_percent, 1)]);
        for model in [digits.masked(seed, 0.0), digits.masked(seed, COMMON_MASKING)].into_iter().flatten() {
            let error = shown(model.probe.test_error_percent, 1);
            table.push([everything.clone(), format!("code, {}", model.words()), error]);
        }
        desk.page.table(&table);
    }
}

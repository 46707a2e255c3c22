//! A page about an imputation: what was found in the table, how far its filled cells are from the truth, and how they are distributed.

mod density;
mod figures;
mod given;
mod lead;
#[cfg(test)]
mod page_tests;

pub use given::ImputationReport;

use self::given::MOST_SHOWN;
use super::{CellError, ColumnError, Imputer, OverimputeOptions, Overimputed};
use crate::Result;
use crate::data::ColumnSchema;
use crate::error::counted;
use crate::report::number::{fixed, significant};
use crate::report::{Heading, Page, Table};
use maud::html;

/// A column with more than this share of missing cells is told.
const MANY: f64 = 0.6;

/// Draws of a cell: enough for intervals of 95 %.
const DRAWS: usize = 40;

/// Cells of a column that are overimputed.
const CELLS: usize = 200;

impl ImputationReport<'_> {
    /// The page, one HTML document that loads nothing else. Overimputes up to 200 cells of each of the 12 columns with most gaps.
    ///
    /// # Errors
    /// If the table is not one that the imputer can fill, or work is [stopped](crate::interrupt).
    pub fn page(&self) -> Result<String> {
        let columns = &self.table.schema().columns;
        let gaps: Vec<usize> = (0..columns.len()).filter(|&at| self.has_gaps(at)).collect();
        let (is_learned, overimputed) = match self.imputer {
            Some(imputer) => (imputer.learned_in_order(self.table)?.0, self.overimputed(imputer, &gaps)?),
            None => (false, None),
        };
        let lead = lead::lead(self, &gaps, overimputed.as_deref().filter(|_| is_learned));
        let mut page = Page::new("Imputation report", lead);
        self.tell_schema(&mut page);
        if gaps.len() > 1 {
            self.tell_pattern(&mut page, &gaps);
        }
        if let Some(imputer) = self.imputer {
            self.tell_errors(&mut page, imputer)?;
            self.tell_overimputed(&mut page, (is_learned, overimputed.as_deref()), gaps.len());
            self.tell_distributions(&mut page, &gaps);
            figures::convergence(&mut page, imputer);
        }
        page.footer(&self.footer);
        Ok(page.render())
    }

    /// Overimputes the columns with gaps; `None` with a single network, which learned from every row.
    fn overimputed(&self, imputer: &Imputer, gaps: &[usize]) -> Result<Option<Vec<Overimputed>>> {
        if imputer.config().networks < 2 || gaps.is_empty() {
            return Ok(None);
        }
        let shown = figures::most_gaps(self, gaps, MOST_SHOWN);
        let columns = shown.iter().map(|&at| self.name(at).to_owned()).collect();
        let options = OverimputeOptions { draws: DRAWS, cells: CELLS, columns };
        imputer.overimpute(self.table, &options).map(Some)
    }

    fn tell_schema(&self, page: &mut Page) {
        let schema = self.table.schema();
        page.section("What the columns hold");
        page.paragraph(format!(
            "The table has {} and {}. What a column holds was found in its cells, or given.",
            counted(self.table.n_rows(), "row"),
            counted(schema.columns.len(), "column")
        ));
        let share = |n: usize| 100.0 * n as f64 / self.table.n_rows().max(1) as f64;
        let mut told = Table::new(
            "The columns of the table.",
            [
                Heading::text("column"),
                Heading::text("kind"),
                Heading::text("holds"),
                Heading::number("missing"),
                Heading::number("share"),
            ],
        );
        for (at, column) in schema.columns.iter().enumerate() {
            let (missing, of_all) = match column.kind.is_left() {
                true => ("–".to_owned(), "–".to_owned()),
                false => {
                    (self.n_missing(at).to_string(), format!("{} %", fixed(share(self.n_missing(at)), 1)))
                }
            };
            told.push([column.name.clone(), column.kind.to_string(), holds(column), missing, of_all]);
        }
        page.table(&told);
        self.tell_warnings(page);
    }

    fn tell_warnings(&self, page: &mut Page) {
        let schema = self.table.schema();
        let share = |at: usize| 100.0 * self.n_missing(at) as f64 / self.table.n_rows().max(1) as f64;
        let many = (0..schema.columns.len())
            .filter(|&at| !schema.columns[at].kind.is_left() && share(at) > 100.0 * MANY);
        let many: Vec<String> =
            many.map(|at| format!("{} ({}\u{a0}%)", self.name(at), fixed(share(at), 0))).collect();
        if !many.is_empty() {
            let text =
                "More than 60\u{a0}% of the cells are missing in these columns, so little is known of them: ";
            page.callout("Many gaps.", format!("{text}{}.", many.join(", ")));
        }
        let left = schema.columns.iter().filter(|column| column.kind.is_left());
        let left: Vec<&str> = left.map(|column| column.name.as_str()).collect();
        if !left.is_empty() {
            let text = "Nothing is learned from these columns, and their gaps stay: ";
            page.callout("Left out.", format!("{text}{}.", left.join(", ")));
        }
        let n_empty = self.table.n_empty_rows();
        if n_empty > 0 {
            let filled = match self.imputations.len() {
                1 => "are filled with about the mean or the most frequent category",
                _ => "are drawn about as the values of their column are distributed",
            };
            let text = format!("{} without any value; their cells {filled}.", counted(n_empty, "row"));
            page.callout("Empty rows.", text);
        }
        // The callouts above tell these.
        let is_told = |warning: &&String| {
            ["without any value", "of its cells are missing"].iter().any(|end| warning.ends_with(end))
        };
        let others = self.table.warnings().iter().filter(|warning| !is_told(warning));
        others.for_each(|warning| page.callout("From reading.", warning));
    }

    fn tell_pattern(&self, page: &mut Page, gaps: &[usize]) {
        page.section("Pattern of gaps");
        page.paragraph(
            "Cells that are missing together cannot tell of each other. Each line is a set of columns that are missing in the same rows.",
        );
        page.figure(&figures::pattern(self, gaps));
    }

    fn tell_errors(&self, page: &mut Page, imputer: &Imputer) -> Result<()> {
        page.section("Error by column");
        let errors = imputer.errors();
        if errors.is_empty() {
            page.paragraph("A single network learns from every row, so no cell is left to judge it by. Train at least 2 networks.");
            return Ok(());
        }
        let (together, simple) = match self.is_one_column() {
            true => (
                "",
                "an answer for the same cells that is always the same, the mean of the column or its most frequent category. There is no other \
                 column that could tell more.",
            ),
            false => (
                ", together with what else is missing in rows that lack such a cell,",
                "two simple answers for the same cells: always the mean of the column or its most frequent category, and the best linear \
                 predictor from the other columns.",
            ),
        };
        page.paragraph(format!(
            "Each network was trained without some of the rows. Observed cells of those rows were hidden{together} and filled by the networks \
             that had not seen the row. These are only some of the networks, so all together are a little better than this."
        ));
        page.paragraph(format!("Compare with {simple}"));
        let missing = |error: &&ColumnError| {
            let at = self.table.schema().columns.iter().position(|column| column.name == error.name);
            std::cmp::Reverse(at.map_or(0, |at| self.n_missing(at)))
        };
        let mut by_gaps: Vec<&ColumnError> = errors.iter().collect();
        by_gaps.sort_by_cached_key(missing);
        page.figure(&figures::errors(self, &by_gaps));
        page.table(&self.error_table(&by_gaps));
        let is_poor = |error: &&ColumnError| !error.is_better && error.of.relative().is_some();
        let poor: Vec<&str> = errors.iter().filter(is_poor).map(|error| error.name.as_str()).collect();
        if !poor.is_empty() {
            let (which, why) = match self.is_one_column() {
                true => (String::new(), ""),
                false => (
                    format!(": {}", poor.join(", ")),
                    " The other columns tell little of them, or too few cells are known.",
                ),
            };
            let text = format!(
                "The networks beat a constant answer by less than 1.96 standard errors, or not at all{which}. The measure is the squared error of \
                 numbers and the cross-entropy of categories, which also counts how sure an answer is.{why}"
            );
            page.callout("Not clearly better than a constant.", text);
        }
        page.data("errors", &errors)
    }

    fn tell_overimputed(
        &self,
        page: &mut Page,
        (is_learned, overimputed): (bool, Option<&[Overimputed]>),
        n_gaps: usize,
    ) {
        let Some(overimputed) = overimputed else { return };
        page.section("Overimputation");
        let by = match is_learned {
            true => "by networks that had not learned from their rows",
            false => {
                "by all networks. This is not the table that they learned; rows of it that they learned from too are drawn better than \
                 others, so the shares hold only for new rows"
            }
        };
        page.paragraph(format!(
            "Up to {CELLS} observed cells of each column with gaps were hidden and drawn {DRAWS} times, {by}. If the draws are as uncertain as they should be, 90\u{a0}% of the truths lie in their interval of 90\u{a0}% (Blackwell, \
             Honaker and King, 2017). Far less means that several imputations would claim too much certainty."
        ));
        page.figure(&figures::overimputed(self, overimputed, n_gaps));
        let headings = ["cells", "in 90\u{a0}%", "in 95\u{a0}%"].map(Heading::number);
        let headings = [vec![Heading::text("column")], headings.into()].concat();
        let caption = "The share of truths in the intervals. Categories come in whole, so their shares should be at least as large.";
        let mut table = Table::new(caption, headings);
        let percent = |share: f64| format!("{} %", fixed(100.0 * share, 1));
        for of in overimputed {
            let of_95 = of.coverage_95().map_or("–".into(), percent);
            table.push([
                self.name(of.column).to_owned(),
                of.rows.len().to_string(),
                percent(of.coverage_90()),
                of_95,
            ]);
        }
        page.table(&table);
    }

    fn tell_distributions(&self, page: &mut Page, gaps: &[usize]) {
        page.section("Observed and imputed values");
        let drawn = match self.imputations.len() {
            1 => {
                "A single imputation fills in the most probable value, so imputed values vary less than observed ones, and rare categories \
                 are rarer. Several imputations are drawn, and vary as they should."
            }
            _ => "The imputed values are those of all imputations.",
        };
        page.paragraph(html! {
            "The two need not agree: rows with gaps may differ from the others. A shape that you cannot explain is worth a look. " (drawn)
        });
        page.figure(&figures::distributions(self, gaps));
    }

    /// The errors of all columns; without what no column has.
    fn error_table(&self, errors: &[&ColumnError]) -> Table {
        let (has_linear, has_remarks) =
            (!self.is_one_column(), errors.iter().any(|error| error.verdict().is_some()));
        let mut headings = vec![Heading::text("column"), Heading::number("networks")];
        headings.extend(has_linear.then(|| Heading::number("linear")));
        headings.extend(["constant", "relative", "cells"].map(Heading::number));
        headings.extend(has_remarks.then(|| Heading::text("remark")));
        let caption = "Numbers: root mean squared error in the column's units, the constant being the mean. Categories: share of wrong cells, \
             the constant being the most frequent one. Relative: networks divided by constant.";
        let mut table = Table::new(caption, headings);
        for error in errors {
            let [networks, linear, constant] = told(&error.of);
            let relative = error.of.relative().map_or("–".into(), |relative| fixed(relative, 2));
            let mut row = vec![error.name.clone(), networks];
            row.extend(has_linear.then_some(linear));
            row.extend([constant, relative, error.n_cells.to_string()]);
            row.extend(error.verdict().map(String::from));
            table.push(row);
        }
        table
    }
}

/// What a column holds, in a few words.
fn holds(column: &ColumnSchema) -> String {
    match (column.range, column.categories.len()) {
        _ if column.kind.is_left() => format!("left out: {}", column.reason),
        (_, n @ 1..=4) => {
            let names = column.categories.join(", ");
            if names.chars().count() > 40 { counted(n, "value") } else { names }
        }
        (_, n @ 5..) => format!("{n} categories"),
        (Some([low, high]), _) => {
            let number = |value: f64| match column.is_whole && value.abs() < 1e15 {
                true => fixed(value, 0),
                false => significant(value, 4),
            };
            let whole = if column.is_whole { "whole numbers, " } else { "" };
            format!("{whole}{} to {}", number(low), number(high))
        }
        _ => String::new(),
    }
}

/// The errors of networks, linear predictor and constant.
fn told(of: &CellError) -> [String; 3] {
    let number = |value: f64| significant(value, 3);
    let percent = |accuracy: f64| format!("{} %", fixed(100.0 * (1.0 - accuracy), 1));
    let (values, words): ([Option<f64>; 3], &dyn Fn(f64) -> String) = match *of {
        CellError::Number { rmse, rmse_linear, rmse_mean, .. } => {
            ([Some(rmse), rmse_linear, Some(rmse_mean)], &number)
        }
        CellError::Category { accuracy, accuracy_linear, accuracy_mode, .. } => {
            ([Some(accuracy), accuracy_linear, Some(accuracy_mode)], &percent)
        }
    };
    values.map(|value| value.map_or("–".into(), words))
}

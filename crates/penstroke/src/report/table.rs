//! Tables: numbers are right-aligned, and the first cell of a row is its header. Also the table of claims with verdicts.

use super::slides::{self, Slide};
use maud::{Markup, Render, html};

/// A table with a caption.
///
/// ```
/// use penstroke::report::{Heading, Table};
/// let table = Table::new("Test errors", [Heading::text("representation"), Heading::number("error, %")])
///     .row(["raw pixels", "7.6"])
///     .row(["code, q < 0.5", "2.1"]);
/// assert!(maud::Render::render(&table).into_string().contains("code, q &lt; 0.5"));
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    caption: Markup,
    columns: Vec<Heading>,
    rows: Vec<Vec<Markup>>,
}

/// The heading of a column and the alignment of its cells.
#[derive(Clone, Debug)]
pub struct Heading {
    heading: Markup,
    is_number: bool,
}

impl Heading {
    /// A left-aligned column of words.
    pub fn text(heading: impl Render) -> Self {
        Self { heading: heading.render(), is_number: false }
    }

    /// A right-aligned column of numbers, with digits of equal width.
    pub fn number(heading: impl Render) -> Self {
        Self { heading: heading.render(), is_number: true }
    }

    /// The heading's cell; a column without words has no header.
    fn cell(&self) -> Markup {
        if self.heading.0.is_empty() {
            return html! { td {} };
        }
        html! { th scope="col" class=[self.class()] { (self.heading) } }
    }

    fn class(&self) -> Option<&'static str> {
        self.is_number.then_some("number")
    }
}

impl Table {
    /// A table without rows.
    pub fn new(caption: impl Render, columns: impl IntoIterator<Item = Heading>) -> Self {
        Self { caption: caption.render(), columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row; its first cell is its header, unless it is a formula alone. Missing cells stay empty, and cells beyond the last column are dropped.
    #[must_use]
    pub fn row<R: Render>(mut self, cells: impl IntoIterator<Item = R>) -> Self {
        self.push(cells);
        self
    }

    /// Like [`Table::row`], for loops.
    pub fn push<R: Render>(&mut self, cells: impl IntoIterator<Item = R>) {
        self.rows.push(cells.into_iter().map(|cell| cell.render()).collect());
    }
}

/// A caption that stays in the window when its table is wider and scrolls.
fn caption(text: &Markup) -> Markup {
    html! { caption { span { (text) } } }
}

/// Whether a cell is a formula alone: programs that read pages aloud take no header's name from it.
fn is_formula(cell: &Markup) -> bool {
    cell.0.starts_with("<math")
        && cell.0.find("</math>").is_some_and(|end| end + "</math>".len() == cell.0.len())
}

impl Render for Table {
    fn render(&self) -> Markup {
        html! {
            div.scroll tabindex="0" {
                table {
                    (caption(&self.caption))
                    thead { tr { @for column in &self.columns { (column.cell()) } } }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                @for (index, column) in self.columns.iter().enumerate() {
                                    @let cell = row.get(index);
                                    @if index == 0 && !cell.is_some_and(is_formula) {
                                        th scope="row" class=[column.class()] { @if let Some(cell) = cell { (cell) } }
                                    } @else {
                                        td class=[column.class()] { @if let Some(cell) = cell { (cell) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The verdict on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole interval supports the claim.
    Holds,
    /// The whole interval contradicts the claim.
    DoesNotHold,
    /// The measurements cannot tell.
    Undecided,
}

impl Verdict {
    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "does not hold",
            Verdict::Undecided => "not decided",
        }
    }

    fn sign(self) -> (&'static str, &'static str) {
        match self {
            Verdict::Holds => ("✓", "holds"),
            Verdict::DoesNotHold => ("✗", "fails"),
            Verdict::Undecided => ("?", "open"),
        }
    }
}

impl Render for Verdict {
    fn render(&self) -> Markup {
        let (sign, class) = self.sign();
        html! { span.verdict.(class) { span aria-hidden="true" { (sign) } " " (self.words()) } }
    }
}

/// A tested statement.
#[derive(Clone, Debug)]
pub struct ClaimRow {
    /// The claim, as a sentence.
    pub statement: Markup,
    /// The verdict.
    pub verdict: Verdict,
    /// The measured value, with its unit.
    pub statistic: String,
    /// Its interval.
    pub interval: String,
    /// Number of seeds.
    pub n_seeds: usize,
}

/// The table of claims.
#[derive(Clone, Debug)]
pub struct Claims {
    caption: Markup,
    claims: Vec<ClaimRow>,
}

impl Claims {
    /// A table of these claims, numbered in order.
    pub fn new(caption: impl Render, claims: impl IntoIterator<Item = ClaimRow>) -> Self {
        Self { caption: caption.render(), claims: claims.into_iter().collect() }
    }

    /// The table as a slide, with its caption as the heading.
    pub(super) fn slide(&self) -> Slide {
        let heading = slides::first_sentence(&self.caption);
        Slide { heading, stage: slides::table(&self.render()), note: String::new() }
    }
}

impl Render for Claims {
    fn render(&self) -> Markup {
        html! {
            div.scroll tabindex="0" {
                table.claims {
                    (caption(&self.caption))
                    thead { tr {
                        th scope="col" { "Claim" }
                        th scope="col" { "Verdict" }
                        th scope="col" { "Measured" }
                        th scope="col" { "95 % interval" }
                        th scope="col" class="number" { "Seeds" }
                    } }
                    tbody {
                        @for claim in &self.claims {
                            tr {
                                th scope="row" { (claim.statement) }
                                td { (claim.verdict) }
                                td { (claim.statistic) }
                                td { (claim.interval) }
                                td class="number" { (claim.n_seeds) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::formula;

    #[test]
    fn rows_are_made_to_fit_the_columns() {
        let mut table =
            Table::new("c", [Heading::text("a"), Heading::number("b")]).row(["x", "1", "dropped"]);
        table.push(["y"]);
        let text = table.render().into_string();
        let document = roxmltree::Document::parse(&text).unwrap();
        let rows: Vec<_> = document.descendants().filter(|n| n.has_tag_name("tr")).collect();
        assert_eq!(rows.len(), 3);
        for row in rows {
            assert_eq!(row.children().count(), 2);
            assert_eq!(row.last_child().unwrap().attribute("class"), Some("number"));
        }
        assert!(!text.contains("dropped"));
    }

    #[test]
    fn a_column_without_words_has_no_header() {
        let table = Table::new("c", [Heading::text(""), Heading::number("b")]).row(["x", "1"]);
        let text = table.render().into_string();
        assert!(text.contains("<tr><td></td><th scope=\"col\" class=\"number\">b</th></tr>"), "{text}");
    }

    #[test]
    fn a_formula_alone_is_no_header() {
        let x = || formula::inline(formula::var("x"));
        let table = Table::new("c", [Heading::text("letter"), Heading::text("meaning")])
            .row([x(), "input".render()])
            .row([html! { (x()) " and " (x()) }, "inputs".render()]);
        let text = table.render().into_string();
        assert!(text.contains("<tr><td><math>") && text.contains("<tr><th scope=\"row\"><math>"), "{text}");
    }

    #[test]
    fn a_verdict_is_written_in_words() {
        let claim = |verdict| ClaimRow {
            statement: "1 < 2".render(),
            verdict,
            statistic: "<b>".into(),
            interval: "–".into(),
            n_seeds: 5,
        };
        let all = [Verdict::Holds, Verdict::DoesNotHold, Verdict::Undecided];
        let text = Claims::new("c", all.map(claim)).render().into_string();
        roxmltree::Document::parse(&text).unwrap();
        for words in [" holds<", " does not hold<", " not decided<", "1 &lt; 2", "&lt;b&gt;"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

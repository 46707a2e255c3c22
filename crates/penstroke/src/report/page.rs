//! One self-contained HTML document: text, figures, tables and data in a single file that loads nothing else.

use super::document::{POLICY, document};
use super::figure::Figure;
use super::slides::{self, Slide};
use super::table;
use crate::{Error, Result};
use maud::{Markup, PreEscaped, Render, html};
use std::collections::BTreeSet;

/// A report, written from top to bottom. Text is any [`Render`] value: a `&str` or `String` is escaped, and
/// [`maud::html!`] makes markup.
///
/// ```
/// use penstroke::report::Page;
/// let mut page = Page::new("What denoising learns", "A lecture, measured.");
/// page.section("Corruption");
/// page.paragraph("Each component is set to 0 with probability q < 1.");
/// let html = page.render();
/// assert!(html.starts_with("<!DOCTYPE html>") && html.contains("q &lt; 1"));
/// ```
#[derive(Clone, Debug)]
pub struct Page {
    title: String,
    lead: Markup,
    contents: Vec<Entry>,
    blocks: Vec<Markup>,
    slides: Vec<Slide>,
    n_subsections: usize,
    n_figures: usize,
    anchors: BTreeSet<String>,
    footer: Option<Markup>,
}

#[derive(Clone, Debug)]
struct Entry {
    anchor: String,
    number: usize,
    heading: Markup,
}

/// A link to a numbered figure, for running text: "Figure 3".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FigureRef(usize);

impl FigureRef {
    /// The number of the figure, from 1.
    pub fn number(self) -> usize {
        self.0
    }
}

impl Render for FigureRef {
    fn render(&self) -> Markup {
        html! { a href={ "#figure-" (self.0) } { "Figure\u{a0}" (self.0) } }
    }
}

impl Page {
    /// A page with its title and a lead of one to three sentences.
    pub fn new(title: impl Into<String>, lead: impl Render) -> Self {
        Self {
            title: title.into(),
            lead: lead.render(),
            contents: Vec::new(),
            blocks: Vec::new(),
            slides: Vec::new(),
            n_subsections: 0,
            n_figures: 0,
            anchors: BTreeSet::new(),
            footer: None,
        }
    }

    /// Begins a numbered section, listed in the table of contents.
    pub fn section(&mut self, heading: impl Render) {
        let heading = heading.render();
        let number = self.contents.len() + 1;
        let anchor = self.anchor(&heading, &format!("section-{number}"));
        self.blocks.push(html! {
            h2 id=(anchor) { a href={ "#" (anchor) } { span.n { (number) } (heading) } }
        });
        self.contents.push(Entry { anchor, number, heading });
        self.n_subsections = 0;
    }

    /// Begins a numbered subsection.
    pub fn subsection(&mut self, heading: impl Render) {
        let heading = heading.render();
        self.n_subsections += 1;
        let (section, number) = (self.contents.len(), self.n_subsections);
        let anchor = self.anchor(&heading, &format!("section-{section}-{number}"));
        self.blocks.push(html! {
            h3 id=(anchor) { a href={ "#" (anchor) } { span.n { (section) "." (number) } (heading) } }
        });
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: impl Render) {
        self.blocks.push(html! { p { (text) } });
    }

    /// Adds a list of points.
    pub fn list<R: Render>(&mut self, points: impl IntoIterator<Item = R>) {
        self.blocks.push(html! { ul { @for point in points { li { (point) } } } });
    }

    /// Adds a remark set off from the text, labelled with its kind in a word or two.
    pub fn callout(&mut self, kind: impl Render, text: impl Render) {
        self.blocks.push(html! { aside.callout { p { strong { (kind) } " " (text) } } });
    }

    /// Adds a formula on a line of its own ([`formula`](super::formula)).
    pub fn formula(&mut self, formula: Markup) {
        self.blocks.push(super::formula::display(formula));
    }

    /// A link to the next figure, for text that precedes it.
    pub fn next_figure(&self) -> FigureRef {
        FigureRef(self.n_figures + 1)
    }

    /// Adds a figure with the next number and returns a link to it.
    pub fn figure(&mut self, figure: &Figure) -> FigureRef {
        self.n_figures += 1;
        self.blocks.push(figure.numbered(self.n_figures));
        self.slides.push(figure.slide(self.n_figures));
        FigureRef(self.n_figures)
    }

    /// Adds a table.
    pub fn table(&mut self, table: &table::Table) {
        self.blocks.push(table.render());
    }

    /// Adds the table of claims, wider than the text.
    pub fn claims(&mut self, claims: &table::Claims) {
        self.blocks.push(html! { div.wide { (claims) } });
        self.slides.push(claims.slide());
    }

    /// Adds content folded under a summary, such as the table of settings.
    pub fn details(&mut self, summary: impl Render, content: impl Render) {
        self.blocks.push(html! { details { summary { (summary) } (content) } });
    }

    /// Adds data for programs, as JSON in `<script type="application/json" id="…">`, which is neither shown nor run.
    ///
    /// # Errors
    /// If the value cannot be written as JSON.
    pub fn data(&mut self, id: &str, value: &impl serde::Serialize) -> Result<()> {
        let json = serde_json::to_string(value).map_err(|error| {
            Error::input(format!("data \"{id}\""), format!("cannot be written as JSON: {error}"))
        })?;
        // `<` and `&` occur in JSON only inside strings, where these escapes mean the same. So the text has no `</script>`
        // and no `<!--`, and is valid XML too.
        let json = json.replace('<', "\\u003c").replace('&', "\\u0026");
        self.blocks.push(html! { script type="application/json" id=(id) { (PreEscaped(json)) } });
        Ok(())
    }

    /// Sets the last line, such as version, date and command.
    pub fn footer(&mut self, text: impl Render) {
        self.footer = Some(text.render());
    }

    /// The whole document.
    pub fn render(&self) -> String {
        let body = html! {
            main.layout {
                header {
                    h1 { (self.title) }
                    p.lead { (self.lead) }
                }
                @if self.contents.len() > 1 {
                    nav aria-label="Contents" {
                        ol {
                            @for entry in &self.contents {
                                li { span.n { (entry.number) } a href={ "#" (entry.anchor) } { (entry.heading) } }
                            }
                        }
                    }
                }
                @for block in &self.blocks { (block) }
                @if let Some(footer) = &self.footer { footer { (footer) } }
            }
        };
        document(&self.title, POLICY, include_str!("page.css"), &body)
    }

    /// The figures and the claims as slides, in one HTML document that loads nothing else: the title with its lead, then one
    /// figure a slide, under its sentence ([`Figure::sentence`]) or else the first sentence of its caption.
    ///
    /// Arrow keys, space, page up and down, home, end, swipes and taps on the edges turn the slides; `#7` in the address
    /// opens slide 7; printing gives one slide a page. Without scripts, all slides stand one below another.
    ///
    /// ```
    /// use penstroke::report::{Figure, Page, diagram};
    /// let mut page = Page::new("What denoising learns", "A lecture, measured.");
    /// page.figure(&Figure::new("The network.").sentence("It restores the clean input").chart(&diagram::network()));
    /// let html = page.slides();
    /// assert!(html.contains("It restores the clean input") && html.contains("2 / 2"));
    /// ```
    pub fn slides(&self) -> String {
        slides::deck(&self.title, &self.lead, &self.slides, self.footer.as_ref())
    }

    /// The words of a heading as an anchor; the fallback if there are none or the anchor is taken.
    fn anchor(&mut self, heading: &Markup, fallback: &str) -> String {
        let mut anchor = String::new();
        // Inside a tag or an entity, up to the character that ends it.
        let mut until = None;
        for c in heading.0.chars() {
            match (until, c) {
                (Some(end), c) => until = until.filter(|_| c != end),
                (None, '<') => until = Some('>'),
                (None, '&') => until = Some(';'),
                (None, c) if anchor.len() < 60 && c.is_ascii_alphanumeric() => {
                    anchor.push(c.to_ascii_lowercase())
                }
                _ if !anchor.is_empty() && !anchor.ends_with('-') => anchor.push('-'),
                _ => {}
            }
        }
        let anchor = anchor.trim_end_matches('-');
        // Figures and numbered sections have their own anchors.
        let is_free = !anchor.is_empty()
            && !anchor.starts_with("figure-")
            && !anchor.starts_with("section-")
            && !self.anchors.contains(anchor);
        let anchor = if is_free { anchor.to_owned() } else { fallback.to_owned() };
        self.anchors.insert(anchor.clone());
        anchor
    }
}

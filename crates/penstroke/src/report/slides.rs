//! Slides: the figures of a page, one a slide, in a single file that loads nothing else.

use super::document::{POLICY, document};
use super::svg;
use maud::{Markup, PreEscaped, html};

/// Width over height of what a slide shows, on a screen of 16:9 below a heading.
const STAGE: f64 = 2.1;

const SCRIPT: &str = include_str!("slides.js");
/// SHA-256 of the script: the only script that runs. A test holds it.
const SCRIPT_HASH: &str = "sha256-u6AjgmFUblddR045lueicKQ1z8jd8TV7WqUiYu5yJCQ=";

/// A slide: a heading and what it is about.
#[derive(Clone, Debug)]
pub(super) struct Slide {
    pub(super) heading: Markup,
    pub(super) stage: Markup,
    /// A word below at the left, such as the figure's number on the page.
    pub(super) note: String,
}

/// A picture or chart with its width and height in pixels of a page.
#[derive(Clone, Debug)]
pub(super) struct Medium {
    pub(super) content: Markup,
    pub(super) size: (f64, f64),
}

/// Pictures and charts as large as the slide allows, in rows of as many as that takes.
pub(super) fn stage(media: &[Medium]) -> Markup {
    let width = |row: &[Medium]| row.iter().map(|medium| medium.size.0).sum::<f64>();
    let height = |row: &[Medium]| row.iter().map(|medium| medium.size.1).fold(1.0, f64::max);
    // The scale of all that fits a stage of height 1.
    let scale = |columns: usize| {
        let widest = media.chunks(columns).map(width).fold(1.0, f64::max);
        (STAGE / widest).min(1.0 / media.chunks(columns).map(height).sum::<f64>())
    };
    let columns = (1..=media.len()).max_by(|&a, &b| scale(a).total_cmp(&scale(b))).unwrap_or(1);
    html! {
        div.stage {
            @for row in media.chunks(columns) {
                div.row style={ "--h:" (svg::coordinate(height(row))) } {
                    @for Medium { content, size } in row {
                        div.medium style={ "--w:" (svg::coordinate(size.0)) ";--h:" (svg::coordinate(size.1)) } { (content) }
                    }
                }
            }
        }
    }
}

/// A table as large as the slide allows; it scrolls if that is not enough.
pub(super) fn table(content: &Markup) -> Markup {
    html! { div.stage.table tabindex="0" role="region" aria-label="Table" { (content) } }
}

/// The deck: the title with its lead, then the slides.
pub(super) fn deck(title: &str, lead: &Markup, slides: &[Slide], footer: Option<&Markup>) -> String {
    let n = slides.len() + 1;
    let body = html! {
        main {
            section.slide.title id="1" tabindex="-1" {
                h1 { (title) }
                p.lead { (without_links(lead)) }
                (foot(1, n, html! { @if let Some(footer) = footer { (without_links(footer)) } }))
            }
            @for (index, slide) in slides.iter().enumerate() {
                section.slide id=(index + 2) tabindex="-1" {
                    h1 { (without_links(&slide.heading)) }
                    (slide.stage)
                    (foot(index + 2, n, html! { (slide.note) }))
                }
            }
        }
        // Our script has no characters that end it early.
        script { (PreEscaped(SCRIPT)) }
    };
    let policy = format!("{POLICY}; script-src '{SCRIPT_HASH}'");
    document(&format!("{title}, slides"), &policy, include_str!("slides.css"), &body)
}

/// The last line: a note, and the slide's number between links to its neighbours.
fn foot(number: usize, n: usize, note: Markup) -> Markup {
    html! {
        div.foot {
            span.note { (note) }
            @if number > 1 { a href={ "#" (number - 1) } aria-label="Previous slide" { "‹" } }
            span { (number) " / " (n) }
            @if number < n { a href={ "#" (number + 1) } aria-label="Next slide" { "›" } }
        }
    }
}

/// The first sentence of a caption, without its full stop, as a heading.
pub(super) fn first_sentence(caption: &Markup) -> Markup {
    let text = &caption.0;
    let (mut depth, mut at) = (0_i32, 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        at += c.len_utf8();
        match c {
            '<' => {
                let end = rest.find('>').unwrap_or(rest.len() - 1);
                let is_void = ["<br", "<wbr", "<img"].iter().any(|tag| rest.starts_with(tag));
                depth += if rest.starts_with("</") { -1 } else { i32::from(!is_void) };
                at += end;
            }
            '.' if depth == 0 && (text[at..].is_empty() || text[at..].starts_with(' ')) => {
                return PreEscaped(text[..at - 1].to_owned());
            }
            '!' | '?' if depth == 0 && text[at..].starts_with(' ') => {
                return PreEscaped(text[..at].to_owned());
            }
            _ => {}
        }
    }
    caption.clone()
}

/// Markup without its links, whose anchors are on the page; their words stay.
fn without_links(markup: &Markup) -> Markup {
    let mut out = String::new();
    for (index, part) in markup.0.split('<').enumerate() {
        match part.split_once('>') {
            Some((tag, rest)) if tag == "/a" || tag == "a" || tag.starts_with("a ") => out.push_str(rest),
            _ if index == 0 => out.push_str(part),
            _ => {
                out.push('<');
                out.push_str(part);
            }
        }
    }
    PreEscaped(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use maud::Render;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_policy_allows_this_script_alone() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(SCRIPT));
        assert_eq!(SCRIPT_HASH, format!("sha256-{hash}"));
        let html = deck("t", &"l".render(), &[], None);
        assert_eq!(html.matches("<script>").count(), 1);
        // The script element's content is what was hashed, so it must not be changed by escaping.
        assert!(html.contains(&format!("<script>{SCRIPT}</script>")));
        assert!(html.contains(&format!("script-src '{SCRIPT_HASH}'\"")));
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    }

    #[test]
    fn the_first_sentence_of_a_caption_is_its_heading() {
        let first = |caption: Markup| first_sentence(&caption).into_string();
        assert_eq!(first("Noise of q = 0.25 helps. More words.".render()), "Noise of q = 0.25 helps");
        assert_eq!(first("One sentence.".render()), "One sentence");
        assert_eq!(first("no stop".render()), "no stop");
        assert_eq!(first("Does it? Yes.".render()), "Does it?");
        let marked = html! { "Filters " em { "A. B." } br; " of " b { "q" } " < 1. Rest " em { "x" } "." };
        assert_eq!(first(marked), "Filters <em>A. B.</em><br> of <b>q</b> &lt; 1");
        assert_eq!(first(html! { p { "In a paragraph. All of it." } }), "<p>In a paragraph. All of it.</p>");
    }

    #[test]
    fn links_lose_their_anchor_and_keep_their_words() {
        let text = html! { "As " a href="#figure-3" { "Figure " b { "3" } } " & " abbr { "q" } };
        assert_eq!(without_links(&text).into_string(), "As Figure <b>3</b> &amp; <abbr>q</abbr>");
    }

    #[test]
    fn media_stand_where_they_are_largest() {
        let n_rows = |n: usize, width: f64, height: f64| {
            let media = vec![Medium { content: html! {}, size: (width, height) }; n];
            let text = stage(&media).into_string();
            assert_eq!(text.matches("class=\"medium\"").count(), n);
            text.matches("class=\"row\"").count()
        };
        assert_eq!(n_rows(1, 300.0, 300.0), 1);
        assert_eq!(n_rows(2, 900.0, 200.0), 2, "wide ones one below another");
        assert_eq!(n_rows(2, 300.0, 300.0), 1, "square ones side by side");
        assert_eq!(n_rows(3, 600.0, 275.0), 2, "two above one");
        assert_eq!(n_rows(0, 1.0, 1.0), 0);
    }
}

//! Common parts of all charts: the drawing and its two forms, texts and their widths, markers, coordinates.

use maud::{Markup, PreEscaped, Render, html};

/// Colours and strokes of all charts, for light pages, dark pages and print.
pub(super) const STYLE: &str = include_str!("chart.css");

/// Number of series with distinct colour, dash and marker; the next one starts again.
pub(super) const N_STYLES: usize = 6;

/// A finished chart: inside a page it uses the page's style; alone it has its own.
#[derive(Clone, Debug)]
pub struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) body: Markup,
}

impl Drawing {
    /// The chart as a separate SVG file, with title and description.
    ///
    /// Colours are written out, because most programs that draw SVG do not support variables; browsers also get dark ones.
    pub fn to_svg(&self) -> String {
        let described = wrapped(&self.description, NOTE, self.width);
        let head = 36.0 + 16.0 * described.len() as f64;
        let (width, height) = (self.width + 2.0 * MARGIN, self.height + head + MARGIN);
        let page = Self { width, height, ..self.clone() };
        // Our style sheet has no characters that are special in XML.
        let before = html! {
            style { (PreEscaped(written_out(STYLE))) }
            rect class="paper" width="100%" height="100%" {}
            (text("head", (MARGIN, 22.0), Anchor::Start, &self.title))
            @for (k, line) in described.iter().enumerate() {
                (text("note", (MARGIN, 40.0 + 16.0 * k as f64), Anchor::Start, line))
            }
        };
        let place = format!("translate({} {})", coordinate(MARGIN), coordinate(head));
        let moved = html! { g transform=(place) { (self.body) } };
        Self { body: moved, ..page }.element(&before).into_string() + "\n"
    }

    /// The chart's title, one line, for screen readers.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The chart's description in words.
    pub fn description(&self) -> &str {
        &self.description
    }

    fn element(&self, before: &Markup) -> Markup {
        let (width, height) = (coordinate(self.width), coordinate(self.height));
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img"
                viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) {
                title { (self.title) }
                desc { (self.description) }
                (before)
                (self.body)
            }
        }
    }
}

/// Margin of a chart outside a page, in pixels.
const MARGIN: f64 = 10.0;

/// Font size of notes, in pixels.
const NOTE: f64 = 11.5;

/// Breaks a text between words into lines of at most `width` pixels.
fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(line, size) + text_width(word, size) + size < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Our style sheet without variables: each rule once in the colours of light pages and once in those of dark pages.
fn written_out(style: &str) -> String {
    let (head, rules) = style.split_once(".chart {").unwrap_or(("", style));
    let rules = format!(".chart .paper {{ fill: var(--paper); }}\n.chart {{{rules}");
    let palette = |block: usize| -> Vec<(&str, &str)> {
        let block = head.split(":root {").nth(block).and_then(|block| block.split('}').next()).unwrap_or("");
        let colours = block.split(';').filter_map(|one| one.trim().split_once(':'));
        colours
            .map(|(name, colour)| (name.trim(), colour.trim()))
            .filter(|(name, _)| name.starts_with("--"))
            .collect()
    };
    let in_colours = |palette: &[(&str, &str)]| -> String {
        let mut out = String::new();
        for rule in rules.lines() {
            let series: Vec<String> = match rule.contains("var(--c)") {
                // For elements inside a series' group and for the group itself.
                true => (1..=N_STYLES)
                    .map(|k| {
                        let (selector, body) = rule.split_once('{').unwrap_or((rule, ""));
                        let class = selector.trim().trim_start_matches(".chart ");
                        format!(".chart .s{k} {class}, .chart .s{k}{class} {{{body}")
                            .replace("var(--c)", &format!("var(--series-{k})"))
                    })
                    .collect(),
                false if rule.contains("--c:") => Vec::new(),
                false => vec![rule.to_owned()],
            };
            for rule in series {
                let rule = palette
                    .iter()
                    .fold(rule, |rule, (name, colour)| rule.replace(&format!("var({name})"), colour));
                out.push_str(&rule);
                out.push('\n');
            }
        }
        out
    };
    let (light, dark) = (in_colours(&palette(1)), in_colours(&palette(2)));
    format!("{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n")
}

impl Render for Drawing {
    fn render(&self) -> Markup {
        self.element(&html! {})
    }
}

/// A length or coordinate: a hundredth of a pixel is finer than any screen.
pub(super) fn coordinate(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { String::from("0") } else { text.to_owned() }
}

/// The alignment of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text whose baseline begins, is centred or ends at `(x, y)`.
pub(super) fn text(class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) -> Markup {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    html! { text class=(class) x=(coordinate(x)) y=(coordinate(y)) text-anchor=(anchor) { (text) } }
}

/// A straight line.
pub(super) fn line(class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> Markup {
    html! { line class=(class) x1=(coordinate(x1)) y1=(coordinate(y1)) x2=(coordinate(x2)) y2=(coordinate(y2)) {} }
}

/// The approximate width of a text, in pixels. The font is unknown, so this is at the wide end of the usual ones.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let share = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '(' | ')'
        | '[' | ']' => 0.36,
        '\u{202f}' => 0.2,
        '…' => 1.0,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.92,
        c if c.is_uppercase() => 0.7,
        _ => 0.58,
    };
    text.chars().map(share).sum::<f64>() * size
}

/// The marker of series `index`, centred at `(x, y)`. Shapes differ, so that series do not differ in colour alone.
pub(super) fn marker(index: usize, (x, y): (f64, f64)) -> Markup {
    let at = |points: &[(f64, f64)]| -> String {
        let points: Vec<_> =
            points.iter().map(|(dx, dy)| format!("{},{}", coordinate(x + dx), coordinate(y + dy))).collect();
        points.join(" ")
    };
    html! {
        @match index % N_STYLES {
            0 => circle class="mark" cx=(coordinate(x)) cy=(coordinate(y)) r="4.2" {},
            1 => rect class="mark" x=(coordinate(x - 3.9)) y=(coordinate(y - 3.9)) width="7.8" height="7.8" {},
            2 => polygon class="mark" points=(at(&[(0.0, -5.4), (4.9, 3.6), (-4.9, 3.6)])) {},
            3 => polygon class="mark" points=(at(&[(0.0, -5.6), (5.6, 0.0), (0.0, 5.6), (-5.6, 0.0)])) {},
            4 => circle class="open" cx=(coordinate(x)) cy=(coordinate(y)) r="3.6" {},
            _ => polygon class="open" points=(at(&[(0.0, 5.0), (4.6, -3.4), (-4.6, -3.4)])) {},
        }
    }
}

/// The class that gives series `index` its colour and dash.
pub(super) fn series_class(index: usize) -> String {
    format!("s{}", index % N_STYLES + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_never_minus_zero() {
        assert_eq!([1.0, 0.125, -0.001, 100.5, 20.0].map(coordinate), ["1", "0.12", "0", "100.5", "20"]);
    }

    #[test]
    fn a_drawing_alone_is_a_well_formed_file_with_its_style() {
        let hostile = "</title><script>alert(1)</script> & \"q\"";
        let drawing = Drawing {
            width: 20.0,
            height: 10.0,
            title: hostile.to_owned(),
            description: hostile.to_owned(),
            body: text("tick", (1.0, 2.0), Anchor::Middle, hostile),
        };
        let svg = drawing.to_svg();
        assert!(!svg.contains("<script"), "{svg}");
        let document = roxmltree::Document::parse(&svg).unwrap();
        let texts: Vec<_> = document
            .descendants()
            .filter(|n| n.has_tag_name(("http://www.w3.org/2000/svg", "text")))
            .collect();
        assert_eq!(texts[0].text(), Some(hostile));
        assert_eq!(document.root_element().attribute("role"), Some("img"));
        assert!(document.descendants().any(|n| n.tag_name().name() == "style"));
        // Most programs do not support variables; browsers also get the dark colours.
        assert!(!svg.contains("var(--") && !svg.contains("--c:"));
        for rule in [
            ".chart .paper { fill: #fffefb; }",
            ".chart .s2 .line, .chart .s2.line { fill: none; stroke: #d9622b;",
            ".chart .s2 .line, .chart .s2.line { fill: none; stroke: #f0854e;",
        ] {
            assert_eq!(svg.matches(rule).count(), 1, "{rule}");
        }
        let inline = html! { (drawing) }.into_string();
        assert!(!inline.contains("<style") && inline.starts_with("<svg"));
    }

    #[test]
    fn six_series_differ_in_more_than_colour() {
        let shapes: std::collections::BTreeSet<_> =
            (0..N_STYLES).map(|i| marker(i, (0.0, 0.0)).into_string()).collect();
        assert_eq!(shapes.len(), N_STYLES);
        assert_eq!(series_class(N_STYLES), series_class(0));
        for i in 1..=N_STYLES {
            // Once each for light, dark and print, and once where it is used.
            assert_eq!(STYLE.matches(&format!("--series-{i}:")).count(), 3);
        }
    }
}

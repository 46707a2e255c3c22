//! A whole page: hostile names are escaped, nothing is loaded from outside, and the markup is well formed.

use super::{
    Axis, Chart, ClaimRow, Claims, Figure, Grid, Heading, Page, Point, Series, Table, Verdict, formula,
};
use maud::{Render, html};
use std::collections::BTreeSet;

const HOSTILE: &str =
    "</script></style><script>alert(\"1\")</script><img src=http://x.example/y onerror='z'>&";

/// A page with one of everything, all texts hostile.
fn hostile_page() -> Page {
    let mut page = Page::new(HOSTILE, HOSTILE);
    page.section(HOSTILE);
    page.section(HOSTILE);
    page.subsection(HOSTILE);
    page.paragraph(HOSTILE);
    page.list([HOSTILE]);
    page.callout(HOSTILE, HOSTILE);
    page.formula(formula::equals(formula::var(HOSTILE), formula::op(HOSTILE)));
    let picture = Grid::new(&[0.0_f32, 1.0][..], 1, 2).unwrap().title(HOSTILE).draw().unwrap();
    let chart = Chart::new(HOSTILE, Axis::linear(HOSTILE), Axis::log(HOSTILE))
        .series(Series::new(HOSTILE, [Point::new(1.0, 2.0)]));
    let figure = Figure::new(HOSTILE).picture(&picture, HOSTILE).unwrap().chart(&chart.draw());
    let next = page.next_figure();
    assert_eq!(page.figure(&figure), next);
    page.paragraph(html! { "See " (next) "." });
    page.table(
        &Table::new(HOSTILE, [Heading::text(HOSTILE), Heading::number(HOSTILE)]).row([HOSTILE, HOSTILE]),
    );
    page.claims(&Claims::new(
        HOSTILE,
        [ClaimRow {
            statement: HOSTILE.render(),
            verdict: Verdict::Holds,
            statistic: HOSTILE.to_owned(),
            interval: HOSTILE.to_owned(),
            n_seeds: 5,
        }],
    ));
    page.details(HOSTILE, HOSTILE);
    page.data("results", &serde_json::json!({ "name": HOSTILE, "comment": "<!-- <script>" })).unwrap();
    page.footer(HOSTILE);
    page
}

/// The page as XML: HTML's void elements are closed and the declaration is dropped; the rest must be well formed.
fn as_xml(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>").unwrap();
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find('>').unwrap();
        let tag = &rest[..end];
        let name = tag[1..].split(' ').next().unwrap();
        out.push_str(tag);
        out.push_str(if ["meta", "link", "img"].contains(&name) { "/>" } else { ">" });
        rest = &rest[end + 1..];
        // A script is text that XML would read as markup.
        if tag == "<script" {
            let (script, after) = rest.split_at(rest.find("</script>").unwrap());
            out.push_str(&format!("<![CDATA[{script}]]>"));
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[test]
fn hostile_text_stays_text_and_the_page_is_well_formed() {
    let html = hostile_page().render();
    let xml = as_xml(&html);
    let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}"));
    let scripts: Vec<_> = document.descendants().filter(|n| n.has_tag_name("script")).collect();
    assert_eq!(scripts.len(), 1);
    assert_eq!(scripts[0].attribute("type"), Some("application/json"));
    let data: serde_json::Value = serde_json::from_str(scripts[0].text().unwrap()).unwrap();
    assert_eq!(data["name"], HOSTILE);
    assert!(!document.descendants().any(|n| n.has_attribute("onerror")));
    assert_eq!(document.descendants().filter(|n| n.has_tag_name("img")).count(), 1);
    let title = document.descendants().find(|n| n.has_tag_name("title")).unwrap();
    assert_eq!(title.text(), Some(HOSTILE));
}

#[test]
fn nothing_is_loaded_from_outside() {
    loads_nothing(&hostile_page().render());
    loads_nothing(&hostile_page().slides());
}

fn loads_nothing(html: &str) {
    let xml = as_xml(html);
    let document = roxmltree::Document::parse(&xml).unwrap();
    for node in document.descendants() {
        for name in ["src", "href", "srcset", "data", "action", "poster"] {
            if let Some(address) = node.attribute(name) {
                assert!(address.starts_with('#') || address.starts_with("data:"), "{name}={address}");
            }
        }
        let styles = node.has_tag_name("style").then(|| node.text()).flatten();
        for css in styles.into_iter().chain(node.attribute("style")) {
            assert!(!css.contains("url(") && !css.contains("@import"));
        }
    }
    let policy =
        document.descendants().find(|n| n.attribute("http-equiv") == Some("Content-Security-Policy"));
    assert!(policy.unwrap().attribute("content").unwrap().starts_with("default-src 'none'"));
}

#[test]
fn every_link_has_its_one_anchor() {
    let html = hostile_page().render();
    let xml = as_xml(&html);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let ids: Vec<_> = document.descendants().filter_map(|n| n.attribute("id")).collect();
    let distinct: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "{ids:?}");
    let links: Vec<_> =
        document.descendants().filter_map(|n| n.attribute("href")?.strip_prefix('#')).collect();
    assert_eq!(links.len(), 2 + 3 + 1, "contents, headings, figure");
    for link in links {
        assert!(distinct.contains(link), "{link} in {ids:?}");
    }
}

#[test]
fn slides_are_the_title_the_claims_and_the_figures_in_order() {
    let html = hostile_page().slides();
    let xml = as_xml(&html);
    let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}"));
    let slides: Vec<_> = document.descendants().filter(|n| n.has_tag_name("section")).collect();
    let ids: Vec<_> = slides.iter().filter_map(|n| n.attribute("id")).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    let texts = |n: &roxmltree::Node| -> String { n.descendants().filter_map(|n| n.text()).collect() };
    for (slide, number) in slides.iter().zip(["1 / 3", "2 / 3", "3 / 3"]) {
        assert!(texts(slide).contains(number));
        let heading = slide.descendants().find(|n| n.has_tag_name("h1")).unwrap();
        assert_eq!(heading.text(), Some(HOSTILE));
    }
    assert!(
        slides[1].descendants().any(|n| n.has_tag_name("img")),
        "the figure comes before the claims here"
    );
    assert!(slides[2].descendants().any(|n| n.has_tag_name("table")));
    for link in document.descendants().filter(|n| n.has_tag_name("a")) {
        let to = link.attribute("href").and_then(|to| to.strip_prefix('#')).unwrap();
        assert!(ids.contains(&to), "{to}");
    }
    // Our own script is the only one; texts stay texts.
    let scripts: Vec<_> = document.descendants().filter(|n| n.has_tag_name("script")).collect();
    assert_eq!((scripts.len(), document.descendants().filter(|n| n.has_tag_name("img")).count()), (1, 1));
    assert!(!document.descendants().any(|n| n.has_attribute("onerror")));
}

#[test]
fn the_sentence_of_a_figure_is_on_its_slide_alone() {
    let mut page = Page::new("t", "l");
    page.figure(&Figure::new("A caption. And more.").sentence("What it shows"));
    page.figure(&Figure::new("Another caption. And more."));
    let slides = page.slides();
    assert!(slides.contains("<h1>What it shows</h1>") && slides.contains("<h1>Another caption</h1>"));
    assert!(!slides.contains("And more") && !page.render().contains("What it shows"));
}

#[test]
fn anchors_are_the_words_of_the_heading() {
    let mut page = Page::new("t", "l");
    page.section(html! { "What " em { "q" } " does: 0.25 & more" });
    page.section("What q does: 0.25");
    page.section("σ");
    page.section("Figure 3");
    page.section("What q does: 0.25");
    let html = page.render();
    let ids = html.split("<h2 id=\"").skip(1).map(|part| part.split('"').next().unwrap());
    let expected = ["what-q-does-0-25-more", "what-q-does-0-25", "section-3", "section-4", "section-5"];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
}

#[test]
fn data_that_cannot_be_json_are_an_error() {
    let mut page = Page::new("t", "l");
    let bad = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert!(
        page.data("results", &bad)
            .unwrap_err()
            .to_string()
            .starts_with("data \"results\": cannot be written")
    );
}

#[test]
fn the_error_names_the_data() {
    let by_pairs = std::collections::BTreeMap::from([((1, 2), 3)]);
    let error = Page::new("p", "").data("results", &by_pairs).unwrap_err().to_string();
    assert_eq!(error, "data \"results\": cannot be written as JSON: key must be a string");
}

#[test]
fn a_dense_picture_is_shown_at_the_size_of_a_plain_one() {
    let grid = Grid::new(&[0.0_f32, 1.0][..], 1, 2).unwrap().gap(3).upscale(7);
    let shown = |density: usize| {
        let picture = grid.clone().density(density).draw().unwrap();
        let mut page = Page::new("t", "l");
        page.figure(&Figure::new("c").picture(&picture, "a").unwrap());
        let html = page.render();
        let img = html.split("<img").nth(1).unwrap();
        (
            img.contains("width=\"20\" height=\"13\""),
            img.contains("class=\"dense\""),
            html.contains("--w:20px"),
        )
    };
    assert_eq!(shown(1), (true, false, true));
    assert_eq!(shown(2), (true, true, true));
}

//! The frame of every HTML document: its head and its body.

use super::svg;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What a page may do: no scripts and no resources from outside, in case something slips in.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/// In the head of every document made here, and in none made by another program.
pub(crate) const GENERATOR: &str = r#"<meta name="generator" content="penstroke">"#;

/// A whole document that loads nothing else. Nothing but what `policy` names is allowed.
pub(super) fn document(title: &str, policy: &str, style: &str, body: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy);
                (PreEscaped(GENERATOR))
                title { (title) }
                // Without this a browser requests an icon from a server.
                link rel="icon" href="data:,";
                style { (PreEscaped(svg::STYLE)) (PreEscaped(style)) }
            }
            body { (body) }
        }
    };
    document.into_string()
}

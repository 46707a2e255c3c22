//! Drawings of the lecture: the network of a denoising autoencoder, and the two ways from a picture to its class.
//!
//! ```
//! use penstroke::report::{Figure, diagram};
//! let network = diagram::network();
//! assert!(network.description().contains("loss") && network.to_svg().starts_with("<svg"));
//! let pipelines = diagram::pipelines("784 = 28 × 28", "500", "10");
//! let figure = Figure::new("Two ways from a picture to its class.").chart(&pipelines);
//! # let _ = figure;
//! ```

use super::svg::{Anchor, Drawing, coordinate, line, text, text_width};
use maud::{Markup, html};

/// Points of the drawing, in pixels.
type Place = (f64, f64);

/// The corrupted input and the reconstruction, with combining signs.
const X_TILDE: &str = "x\u{303}";
const X_HAT: &str = "x\u{302}";

/// Radius of a unit.
const RADIUS: f64 = 11.0;
/// Vertical distance between units of a layer.
const PITCH: f64 = 38.0;
/// Height of the middle of all layers.
const MIDDLE: f64 = 162.0;
/// Units drawn of each visible layer, and which of them corruption sets to 0.
const N_VISIBLE: usize = 5;
const LOST: [usize; 2] = [1, 3];
const N_HIDDEN: usize = 3;

/// The network of a denoising autoencoder: the clean input x, the corrupted input x̃, the hidden layer h and the
/// reconstruction x̂ from left to right, with weights W and W*, biases b and c, and the loss from x̂ back to the clean x.
pub fn network() -> Drawing {
    let layers = [
        ("x", "clean", 44.0, N_VISIBLE),
        (X_TILDE, "corrupted", 180.0, N_VISIBLE),
        ("h", "hidden", 312.0, N_HIDDEN),
        (X_HAT, "restored", 444.0, N_VISIBLE),
    ];
    let [clean, corrupted, hidden, restored] = layers.map(|(_, _, x, n)| column(x, n));
    let half = |from: &[Place], to: &[Place]| f64::midpoint(from[0].0, to[0].0);
    let above = MIDDLE - 2.0 * PITCH - 8.0;
    let bottom = MIDDLE + 2.0 * PITCH + RADIUS;
    let (left, right, low) = (clean[0].0, restored[0].0, bottom + 38.0);
    let body = html! {
        @for (letter, word, x, _) in layers {
            (text("letter", (x, 20.0), Anchor::Middle, letter))
            (text("word", (x, 42.0), Anchor::Middle, word))
        }
        @for (k, (from, to)) in clean.iter().zip(&corrupted).enumerate() {
            (arrow((from.0 + RADIUS + 3.0, from.1), (to.0 - RADIUS - 3.0, to.1)))
            (unit(*from, false))
            (unit(*to, LOST.contains(&k)))
        }
        (text("letter", (half(&clean, &corrupted), above - 2.0), Anchor::Middle, "P(x\u{303} | x)"))
        (weights(&corrupted, &hidden))
        (weights(&hidden, &restored))
        (text("letter", (half(&corrupted, &hidden) + 12.0, above), Anchor::Middle, "W"))
        (text("letter", (half(&hidden, &restored) - 12.0, above), Anchor::Middle, "W*"))
        @for place in hidden.iter().chain(&restored) { (unit(*place, false)) }
        (arrow((hidden[0].0, MIDDLE + 2.4 * PITCH), (hidden[0].0, MIDDLE + PITCH + RADIUS + 3.0)))
        (text("letter", (hidden[0].0 + 14.0, MIDDLE + 2.4 * PITCH), Anchor::Middle, "b"))
        (arrow((right + 50.0, MIDDLE), (right + RADIUS + 3.0, MIDDLE)))
        (text("letter", (right + 61.0, MIDDLE + 5.0), Anchor::Middle, "c"))
        g class="s2" {
            path class="line" d=(path(&[(right, bottom + 4.0), (right, low), (left, low), (left, bottom + 12.0)])) {}
            (tip((left, bottom + 4.0), (0.0, -1.0), "mark"))
        }
        (text("word", (half(&clean, &restored), low + 20.0), Anchor::Middle, "loss: x\u{302} against the clean x"))
    };
    Drawing {
        width: 516.0,
        height: low + 30.0,
        title: "Network of a denoising autoencoder".into(),
        description: "Four layers of units from left to right. Corruption turns the clean input x into the corrupted input \
                      x\u{303}, with some components set to 0. The weights W and the biases b lead from x\u{303} to the \
                      hidden layer h, the weights W* and the biases c from h to the restored input x\u{302}. An arrow for \
                      the loss leads from x\u{302} back to the clean x, not to x\u{303}."
            .into(),
        body,
    }
}

/// The two ways to a class, one row each: from raw pixels through a classifier, and from the picture through the
/// autoencoder's code h and a classifier. The texts give the sizes: pixels (`784 = 28 × 28`), hidden units (`500`) and
/// classes (`10`).
pub fn pipelines(pixels: &str, code: &str, classes: &str) -> Drawing {
    let stages = [("picture", pixels), ("code h", code), ("classifier", ""), ("class", classes)];
    // A size may be a little wider than its box.
    let width = stages
        .iter()
        .map(|(name, size)| (text_width(name, WORD) + 10.0).max(text_width(size, WORD) - 20.0))
        .fold(84.0, f64::max);
    let gaps = [84.0, 34.0, 34.0];
    let left = |k: usize| OVERHANG + width * k as f64 + gaps[..k].iter().sum::<f64>();
    let row = |top: f64, shown: &[(usize, &str)]| {
        let middle = top + BOX / 2.0;
        html! {
            @for &(k, name) in shown {
                rect class="node" x=(coordinate(left(k))) y=(coordinate(top)) width=(coordinate(width)) height=(BOX) rx="5" {}
                (text("word", (left(k) + width / 2.0, middle + 5.0), Anchor::Middle, name))
                (text("word", (left(k) + width / 2.0, top + BOX + 20.0), Anchor::Middle, stages[k].1))
            }
            @for pair in shown.windows(2) {
                (arrow((left(pair[0].0) + width + 3.0, middle), (left(pair[1].0) - 3.0, middle)))
            }
        }
    };
    let (first, second) = (28.0, 138.0);
    let body = html! {
        (text("word head", (OVERHANG, first - 12.0), Anchor::Start, "From raw pixels"))
        (row(first, &[(0, "raw pixels"), (2, "classifier"), (3, "class")]))
        (text("word head", (OVERHANG, second - 12.0), Anchor::Start, "From the code of an autoencoder"))
        (row(second, &[(0, "picture"), (1, "code h"), (2, "classifier"), (3, "class")]))
        (text("word", (left(0) + width + gaps[0] / 2.0, second + BOX / 2.0 - 8.0), Anchor::Middle, "encoder"))
    };
    Drawing {
        width: left(3) + width + OVERHANG,
        height: second + BOX + 28.0,
        title: "Two ways from a picture to its class".into(),
        description: format!(
            "Two rows. First row: the raw pixels ({pixels}) go to a classifier, which gives the class (one of {classes}). \
             Second row: the encoder of an autoencoder turns the picture ({pixels}) into its code h ({code} hidden \
             units), and a classifier turns the code into the class (one of {classes})."
        ),
        body,
    }
}

/// Font size of words, in pixels, as in the style sheet.
const WORD: f64 = 15.0;
/// Height of a stage.
const BOX: f64 = 42.0;
/// Margin for a text below a stage that is wider than its box: fonts differ in width by a tenth.
const OVERHANG: f64 = 18.0;

/// The centres of a layer's units.
fn column(x: f64, n: usize) -> Vec<Place> {
    (0..n).map(|k| (x, MIDDLE + PITCH * (k as f64 - (n as f64 - 1.0) / 2.0))).collect()
}

/// A unit; a lost one shows the 0 that replaced it.
fn unit(place: Place, is_lost: bool) -> Markup {
    let class = if is_lost { "lost" } else { "node" };
    html! {
        circle class=(class) cx=(coordinate(place.0)) cy=(coordinate(place.1)) r=(RADIUS) {}
        @if is_lost { (text("tick", (place.0, place.1 + 4.5), Anchor::Middle, "0")) }
    }
}

/// A line for each weight between two layers.
fn weights(from: &[Place], to: &[Place]) -> Markup {
    html! { @for a in from { @for b in to { (line("link", (a.0 + RADIUS, a.1), (b.0 - RADIUS, b.1))) } } }
}

/// A straight arrow, horizontal or vertical.
fn arrow(from: Place, to: Place) -> Markup {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let direction = (dx / length, dy / length);
    // The line ends inside the tip, so that its end does not show beside the point.
    html! {
        (line("arrow", from, (to.0 - 6.0 * direction.0, to.1 - 6.0 * direction.1)))
        (tip(to, direction, "tip"))
    }
}

/// The tip of an arrow with its point at `to`.
fn tip(to: Place, (dx, dy): Place, class: &str) -> Markup {
    let at = |along: f64, across: f64| {
        format!(
            "{},{}",
            coordinate(to.0 - along * dx - across * dy),
            coordinate(to.1 - along * dy + across * dx)
        )
    };
    html! { polygon class=(class) points={ (at(0.0, 0.0)) " " (at(9.0, 4.5)) " " (at(9.0, -4.5)) } {} }
}

/// A path of straight lines.
fn path(points: &[Place]) -> String {
    let points: Vec<_> =
        points.iter().map(|(x, y)| format!("{} {}", coordinate(*x), coordinate(*y))).collect();
    format!("M{}", points.join("L"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of a drawing with their places, after checking that it is well formed and that every text is inside.
    fn texts(drawing: &Drawing) -> Vec<String> {
        let svg = drawing.to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let group =
            document.descendants().find(|n| n.has_tag_name(("http://www.w3.org/2000/svg", "g"))).unwrap();
        let texts = group.descendants().filter(|n| n.tag_name().name() == "text");
        texts
            .map(|n| {
                let number = |name: &str| n.attribute(name).unwrap().parse::<f64>().unwrap();
                let words = n.text().unwrap_or_default().to_owned();
                let share = if n.attribute("text-anchor") == Some("middle") { 0.5 } else { 0.0 };
                let width = text_width(&words, WORD);
                let start = number("x") - share * width;
                assert!(start >= -2.0 && start + width <= drawing.width + 2.0, "{words} at {start}");
                assert!((12.0..drawing.height).contains(&number("y")), "{words}");
                words
            })
            .collect()
    }

    #[test]
    fn the_network_names_every_letter_of_the_theory() {
        let drawing = network();
        let texts = texts(&drawing);
        for letter in ["x", X_TILDE, "h", X_HAT, "W", "W*", "b", "c"] {
            assert_eq!(texts.iter().filter(|text| *text == letter).count(), 1, "{letter} in {texts:?}");
        }
        assert_eq!(texts.iter().filter(|text| *text == "0").count(), LOST.len());
        let svg = drawing.to_svg();
        assert_eq!(svg.matches("<circle").count(), 3 * N_VISIBLE + N_HIDDEN);
        assert_eq!(svg.matches("<line class=\"link\"").count(), 2 * N_VISIBLE * N_HIDDEN);
    }

    #[test]
    fn the_loss_leads_back_to_the_clean_input() {
        let svg = network().to_svg();
        let path = svg.split("class=\"line\" d=\"").nth(1).and_then(|d| d.split('"').next()).unwrap();
        let xs: Vec<&str> = path[1..].split('L').map(|point| point.split(' ').next().unwrap()).collect();
        assert_eq!(xs, ["444", "444", "44", "44"], "from the restored layer to the clean one");
    }

    #[test]
    fn both_pipelines_name_their_sizes() {
        let drawing = pipelines("1 024 = 32 × 32", "500", "10 & <more>");
        let texts = texts(&drawing);
        for (text, n) in
            [("1 024 = 32 × 32", 2), ("500", 1), ("10 & <more>", 2), ("classifier", 2), ("code h", 1)]
        {
            assert_eq!(texts.iter().filter(|t| *t == text).count(), n, "{text} in {texts:?}");
        }
        // Two arrows in the first row, three in the second.
        assert_eq!(drawing.to_svg().matches("class=\"tip\"").count(), 5);
        assert!(drawing.description().contains("10 & <more>"));
    }
}

//! Formulas as MathML, which browsers typeset without scripts or fonts and screen readers read aloud.
//!
//! ```
//! use penstroke::report::formula::{hat, minus, var, sub, sum, sup, group, times, inline};
//! // Σ_i Σ_j (x̂_ij − x_ij)²
//! let error = minus(sub(hat(var("x")), var("ij")), sub(var("x"), var("ij")));
//! let html = inline(times([sum(var("i")), sum(var("j")), sup(group(error), var("2"))])).into_string();
//! assert!(html.starts_with("<math>") && html.contains("<mover accent=\"true\"><mi>x</mi><mo>^</mo></mover>"));
//! ```

use maud::{Markup, html};

/// A formula within a line of text.
pub fn inline(formula: Markup) -> Markup {
    html! { math { (formula) } }
}

/// A formula on a line of its own.
pub fn display(formula: Markup) -> Markup {
    html! { div.formula { math display="block" { (formula) } } }
}

/// Letters and numbers: numbers upright, letters slanted; `ij` becomes two letters.
pub fn var(name: &str) -> Markup {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        html! { mn { (name) } }
    } else {
        html! { mrow { @for letter in name.chars() { mi { (letter) } } } }
    }
}

/// The name of a function or distribution, upright: `sigmoid`, `E`.
pub fn upright(name: &str) -> Markup {
    html! { mi mathvariant="normal" { (name) } }
}

/// An operator or relation: `=`, `+`, `∼`, `|`.
pub fn op(sign: &str) -> Markup {
    html! { mo { (sign) } }
}

/// A product: factors side by side.
pub fn times(factors: impl IntoIterator<Item = Markup>) -> Markup {
    html! { mrow { @for factor in factors { (factor) } } }
}

/// `left = right`.
pub fn equals(left: Markup, right: Markup) -> Markup {
    times([left, op("="), right])
}

/// `left + right`.
pub fn plus(left: Markup, right: Markup) -> Markup {
    times([left, op("+"), right])
}

/// `left − right`.
pub fn minus(left: Markup, right: Markup) -> Markup {
    times([left, op("−"), right])
}

/// In round brackets.
pub fn group(formula: Markup) -> Markup {
    times([op("("), formula, op(")")])
}

/// The norm of a vector, `‖formula‖`.
pub fn norm(formula: Markup) -> Markup {
    // Marked as fences: a renderer would otherwise treat them as relations and add space.
    html! { mrow { mo fence="true" form="prefix" { "‖" } (formula) mo fence="true" form="postfix" { "‖" } } }
}

/// With a subscript.
pub fn sub(base: Markup, index: Markup) -> Markup {
    html! { msub { (base) (index) } }
}

/// With a superscript.
pub fn sup(base: Markup, exponent: Markup) -> Markup {
    html! { msup { (base) (exponent) } }
}

/// A fraction.
pub fn frac(above: Markup, below: Markup) -> Markup {
    html! { mfrac { (above) (below) } }
}

/// A square root.
pub fn sqrt(formula: Markup) -> Markup {
    html! { msqrt { (formula) } }
}

/// The sum over an index.
pub fn sum(index: Markup) -> Markup {
    html! { munder { mo { "∑" } (index) } }
}

/// With a symbol below: `arg min` over θ.
pub fn under(base: Markup, below: Markup) -> Markup {
    html! { munder { (base) (below) } }
}

/// The reconstruction's hat: x̂.
pub fn hat(base: Markup) -> Markup {
    accent(base, "^")
}

/// The corrupted input's tilde: x̃.
pub fn tilde(base: Markup) -> Markup {
    accent(base, "~")
}

fn accent(base: Markup, sign: &str) -> Markup {
    // Without the row around a single letter: with it, the accent would be set as over an expression.
    let base = base.into_string();
    let inner = base.strip_prefix("<mrow>").and_then(|b| b.strip_suffix("</mrow>")).unwrap_or(&base);
    let base = if inner.matches("<m").count() == 1 { inner } else { &base };
    html! { mover accent="true" { (maud::PreEscaped(base)) mo { (sign) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_well_formed_and_escaped() {
        let formula = display(equals(
            sub(var("x"), var("i")),
            frac(
                plus(hat(var("x")), tilde(times([var("a"), op("<")]))),
                norm(sqrt(sup(var("W"), upright("T")))),
            ),
        ));
        let text = formula.into_string();
        let document = roxmltree::Document::parse(&text).unwrap();
        let fraction = document.descendants().find(|n| n.has_tag_name("mfrac")).unwrap();
        assert_eq!(fraction.children().count(), 2);
        assert!(
            document.descendants().filter(|n| n.has_tag_name("mover")).all(|n| n.children().count() == 2)
        );
        assert!(text.contains("&lt;"));
    }
}

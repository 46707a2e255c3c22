//! Formulas as MathML, which browsers typeset without scripts or fonts and screen readers read aloud.
//!
//! ```
//! use penstroke::report::formula::{hat, minus, var, sub, sum, sup, group, times, inline};
//! // Σ_i Σ_j (x̂_ij − x_ij)²
//! let error = minus(sub(hat(var("x")), var("ij")), sub(var("x"), var("ij")));
//! let html = inline(times([sum(var("i")), sum(var("j")), sup(group(error), var("2"))])).into_string();
//! assert!(html.starts_with("<math>") && html.contains("<mover accent=\"true\"><mi>x</mi>"));
//! ```
//!
//! Brackets keep the height of a letter, a square stands at the closing bracket, and a letter takes subscript and
//! superscript one above the other.

use maud::{Markup, PreEscaped, html};

/// A formula within a line of text.
pub fn inline(formula: Markup) -> Markup {
    html! { math { (formula) } }
}

/// A formula on a line of its own. With focus, the arrow keys scroll one that is wider than the screen.
pub fn display(formula: Markup) -> Markup {
    html! { div.formula tabindex="0" { math display="block" { (formula) } } }
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

/// An operator, relation or bracket: `=`, `+`, `∼`, `(`. The bar of a conditional probability is [`given`].
pub fn op(sign: &str) -> Markup {
    match sign {
        "(" | "[" | "{" => html! { mo fence="true" form="prefix" stretchy="false" { (sign) } },
        ")" | "]" | "}" => html! { mo fence="true" form="postfix" stretchy="false" { (sign) } },
        _ => html! { mo { (sign) } },
    }
}

/// Words within a formula, upright: `for all`.
pub fn words(text: &str) -> Markup {
    html! { mtext { (text) } }
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

/// In round brackets; [`sup`] places an exponent at the closing one.
pub fn group(formula: Markup) -> Markup {
    times([op("("), formula, op(")")])
}

/// The norm of a vector, `‖formula‖`.
pub fn norm(formula: Markup) -> Markup {
    // Marked as fences: a renderer would otherwise treat them as relations and add space.
    html! { mrow { mo fence="true" form="prefix" stretchy="false" { "‖" } (formula) mo fence="true" form="postfix" stretchy="false" { "‖" } } }
}

/// The probability of an event, `P(event)`.
///
/// ```
/// use penstroke::report::formula::{equals, given, probability, sub, tilde, var};
/// // P(x̃_ij = 0 | x_ij) = q
/// let lost = equals(sub(tilde(var("x")), var("ij")), var("0"));
/// let formula = equals(probability(given(lost, sub(var("x"), var("ij")))), var("q"));
/// assert!(formula.into_string().contains(">|</mo>"));
/// ```
pub fn probability(event: Markup) -> Markup {
    times([var("P"), group(event)])
}

/// An event under a condition, `event | condition`.
pub fn given(event: Markup, condition: Markup) -> Markup {
    html! { mrow { (event) mo stretchy="false" fence="false" lspace="0.28em" rspace="0.28em" { "|" } (condition) } }
}

/// An optimisation problem on two lines: what to do with which objective, and the condition.
///
/// ```
/// use penstroke::report::formula::{display, equals, problem, sub, sup, times, upright, var};
/// // maximise W_iᵀ x  subject to  xᵀx = 1
/// let transposed = |base| sup(base, upright("T"));
/// let response = times([transposed(sub(var("W"), var("i"))), var("x")]);
/// let norm_is_one = equals(times([transposed(var("x")), var("x")]), var("1"));
/// assert!(display(problem("maximise", response, norm_is_one)).into_string().contains("subject to"));
/// ```
pub fn problem(verb: &str, objective: Markup, condition: Markup) -> Markup {
    html! {
        mtable.problem displaystyle="true" {
            mtr { mtd { (words(verb)) } mtd { (objective) } }
            mtr { mtd { (words("subject to")) } mtd { (condition) } }
        }
    }
}

/// With a subscript; below the superscript if there is one.
pub fn sub(base: Markup, index: Markup) -> Markup {
    match scripts(&base.0, "msup") {
        Some((letter, exponent)) => html! { msubsup { (letter) (index) (exponent) } },
        None => html! { msub { (base) (index) } },
    }
}

/// With a superscript: above the subscript if there is one, at the closing bracket of a group.
pub fn sup(base: Markup, exponent: Markup) -> Markup {
    if let Some((letter, index)) = scripts(&base.0, "msub") {
        return html! { msubsup { (letter) (index) (exponent) } };
    }
    let bracket = op(")").into_string();
    match base.0.strip_suffix("</mrow>").and_then(|inside| inside.strip_suffix(&bracket)) {
        Some(inside) if base.0.starts_with("<mrow>") => {
            PreEscaped(format!("{inside}<msup>{bracket}{}</msup></mrow>", exponent.0))
        }
        _ => html! { msup { (base) (exponent) } },
    }
}

/// The base and the script of a formula that is one element of this kind.
fn scripts(formula: &str, kind: &str) -> Option<(Markup, Markup)> {
    let inside = formula.strip_prefix(&format!("<{kind}>"))?.strip_suffix(&format!("</{kind}>"))?;
    let (mut depth, mut at) = (0, 0);
    // The first tag that closes what opened at depth 0 ends the base.
    while let Some(start) = inside[at..].find('<').map(|start| at + start) {
        depth += if inside[start..].starts_with("</") { -1 } else { 1 };
        at = start + inside[start..].find('>')? + 1;
        if depth == 0 {
            let (base, script) = inside.split_at(at);
            return Some((PreEscaped(base.to_owned()), PreEscaped(script.to_owned())));
        }
    }
    None
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

/// With a symbol below, and a thin space before what follows: `arg min` over θ.
pub fn under(base: Markup, below: Markup) -> Markup {
    html! { mrow { munder { (base) (below) } mspace width="0.17em" {} } }
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
    html! { mover accent="true" { (PreEscaped(base)) mo stretchy="false" { (sign) } } }
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

    /// The formula without attributes.
    fn bare(formula: Markup) -> String {
        let text = formula.into_string();
        roxmltree::Document::parse(&text).unwrap();
        let tags = text.split('<').map(|part| match part.split_once('>') {
            Some((tag, rest)) => format!("<{}>{rest}", tag.split(' ').next().unwrap()),
            None => part.to_owned(),
        });
        tags.collect()
    }

    #[test]
    fn a_letter_takes_both_scripts_one_above_the_other() {
        let expected = "<msubsup><mrow><mi>W</mi></mrow><mrow><mi>i</mi></mrow><mi>T</mi></msubsup>";
        assert_eq!(bare(sup(sub(var("W"), var("i")), upright("T"))), expected);
        assert_eq!(bare(sub(sup(var("W"), upright("T")), var("i"))), expected);
        // A product that begins and ends with a subscript has no single letter to stand above.
        let product = times([sub(var("a"), var("i")), sub(var("b"), var("j"))]);
        assert!(bare(sup(product, var("2"))).starts_with("<msup><mrow><msub>"));
        let accented = sup(sub(hat(var("x")), sub(var("i"), var("j"))), var("2"));
        assert!(bare(accented).starts_with("<msubsup><mover>"));
    }

    #[test]
    fn an_exponent_stands_at_the_closing_bracket() {
        let square = sup(group(minus(var("a"), var("b"))), var("2"));
        let text = bare(square);
        assert!(text.starts_with("<mrow><mo>(</mo>"), "{text}");
        assert!(text.ends_with("<msup><mo>)</mo><mn>2</mn></msup></mrow>"), "{text}");
        // The group is inside something else: the exponent belongs to all of it.
        assert!(bare(sup(sqrt(group(var("a"))), var("2"))).starts_with("<msup><msqrt>"));
    }

    #[test]
    fn brackets_and_bars_keep_the_height_of_a_letter() {
        let tall = frac(var("a"), var("b"));
        let formula = plus(group(tall.clone()), norm(probability(given(tall.clone(), tall))));
        let text = formula.into_string();
        for sign in ["(", ")", "‖", "|"] {
            let tags = text.split("<mo").filter(|part| part.contains(&format!(">{sign}</mo>")));
            let n = tags.clone().count();
            assert!(
                n > 0 && tags.filter(|tag| tag.contains("stretchy=\"false\"")).count() == n,
                "{sign}: {text}"
            );
        }
    }

    #[test]
    fn a_problem_has_its_objective_above_its_condition() {
        let text = bare(display(problem("maximise", var("f"), equals(var("g"), var("1")))));
        let rows: Vec<&str> = text.split("<mtr>").skip(1).collect();
        assert_eq!(rows.len(), 2);
        assert!(rows[0].contains("<mtext>maximise</mtext>") && rows[1].contains("<mtext>subject to</mtext>"));
        assert!(rows.iter().all(|row| row.matches("<mtd>").count() == 2));
    }
}

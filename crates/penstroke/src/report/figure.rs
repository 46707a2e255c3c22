//! A figure: one or more pictures or charts with a caption.

use super::picture::Picture;
use super::slides::{self, Medium, Slide};
use super::svg::Drawing;
use crate::Result;
use maud::{Markup, Render, html};

/// A figure wider than this, in pixels, extends beyond the column of text.
const COLUMN: f64 = 680.0;

/// Pictures and charts that share a number and a caption. The caption should be a sentence or more and should describe
/// the grey scale of the pictures ([`GreyScale::describe`](super::GreyScale::describe)).
#[derive(Clone, Debug)]
pub struct Figure {
    caption: Markup,
    sentence: Option<Markup>,
    media: Vec<Medium>,
}

impl Figure {
    /// A figure without pictures.
    pub fn new(caption: impl Render) -> Self {
        Self { caption: caption.render(), sentence: None, media: Vec::new() }
    }

    /// Sets the one sentence that the figure shows, which becomes the heading of its slide. The page does not repeat it.
    #[must_use]
    pub fn sentence(mut self, sentence: impl Render) -> Self {
        self.sentence = Some(sentence.render());
        self
    }

    /// Adds a picture. `alternative` describes it for readers who cannot see it.
    ///
    /// # Errors
    /// If the picture cannot be encoded.
    pub fn picture(mut self, picture: &Picture, alternative: &str) -> Result<Self> {
        let (width, height) = (picture.width() / picture.density(), picture.height() / picture.density());
        // Whole pixels stay sharp at density 1; a denser picture is reduced by averaging on a plain screen.
        let class = (picture.density() > 1).then_some("dense");
        let uri = picture.data_uri()?;
        let content = html! { img class=[class] src=(uri) width=(width) height=(height) alt=(alternative); };
        self.media.push(Medium { content, size: (width as f64, height as f64) });
        Ok(self)
    }

    /// Adds a chart.
    #[must_use]
    pub fn chart(mut self, drawing: &Drawing) -> Self {
        self.media.push(Medium { content: drawing.render(), size: (drawing.width, drawing.height) });
        self
    }

    /// The figure under its number, with the anchor `figure-number`.
    pub(super) fn numbered(&self, number: usize) -> Markup {
        let width = self.media.iter().map(|medium| medium.size.0).fold(0.0, f64::max);
        let class = if width > COLUMN || self.media.len() > 1 { "wide" } else { "column" };
        html! {
            figure id={ "figure-" (number) } class=(class) {
                div.media {
                    // With focus, the arrow keys scroll a figure that is wider than the screen.
                    @for medium in &self.media {
                        div.medium tabindex="0" style={ "--w:" (medium.size.0) "px" } { (medium.content) }
                    }
                }
                figcaption { b { "Figure " (number) "." } " " (self.caption) }
            }
        }
    }

    /// The figure as a slide, with its sentence or the first sentence of its caption as the heading.
    pub(super) fn slide(&self, number: usize) -> Slide {
        let heading = self.sentence.clone().unwrap_or_else(|| slides::first_sentence(&self.caption));
        Slide { heading, stage: slides::stage(&self.media), note: format!("Figure {number}") }
    }
}

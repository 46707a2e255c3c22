//! A figure: one or more pictures or charts with a caption.

use super::picture::Picture;
use super::svg::Drawing;
use crate::Result;
use maud::{Markup, Render, html};

/// A figure wider than this, in pixels, extends beyond the column of text.
const COLUMN: usize = 680;

/// Pictures and charts that share a number and a caption. The caption should be a sentence or more and should describe
/// the grey scale of the pictures ([`GreyScale::describe`](super::GreyScale::describe)).
#[derive(Clone, Debug)]
pub struct Figure {
    caption: Markup,
    media: Vec<Markup>,
    width: usize,
}

impl Figure {
    /// A figure without pictures.
    pub fn new(caption: impl Render) -> Self {
        Self { caption: caption.render(), media: Vec::new(), width: 0 }
    }

    /// Adds a picture. `alternative` describes it for readers who cannot see it.
    ///
    /// # Errors
    /// If the picture cannot be encoded.
    pub fn picture(mut self, picture: &Picture, alternative: &str) -> Result<Self> {
        let (width, height) = (picture.width(), picture.height());
        let style = format!("--w:{width}px");
        let uri = picture.data_uri()?;
        // With focus, the arrow keys scroll a figure that is wider than the screen.
        self.media.push(html! {
            div.medium tabindex="0" style=(style) { img src=(uri) width=(width) height=(height) alt=(alternative); }
        });
        self.width = self.width.max(width);
        Ok(self)
    }

    /// Adds a chart.
    #[must_use]
    pub fn chart(mut self, drawing: &Drawing) -> Self {
        let style = format!("--w:{}px", drawing.width);
        self.media.push(html! { div.medium tabindex="0" style=(style) { (drawing) } });
        self.width = self.width.max(drawing.width as usize);
        self
    }

    /// The figure under its number, with the anchor `figure-number`.
    pub(super) fn numbered(&self, number: usize) -> Markup {
        let class = if self.width > COLUMN || self.media.len() > 1 { "wide" } else { "column" };
        html! {
            figure id={ "figure-" (number) } class=(class) {
                div.media { @for medium in &self.media { (medium) } }
                figcaption { b { "Figure " (number) "." } " " (self.caption) }
            }
        }
    }
}

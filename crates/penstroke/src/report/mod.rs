//! Pictures and pages: PNG grids, SVG charts, one self-contained HTML file.
//!
//! All functions return bytes or text; none writes a file. Text from outside (file names, labels, settings) is always
//! escaped by [`maud`]: every [`maud::Render`] value except [`maud::Markup`] is escaped, and there is no other way to add
//! text.

mod axis;
mod bars;
mod chart;
mod compared;
pub mod diagram;
mod document;
mod dots;
mod figure;
pub mod formula;
mod grey_scale;
mod grid;
mod key;
mod lettering;
mod montage;
pub mod number;
mod page;
#[cfg(test)]
mod page_tests;
mod panel;
mod pattern;
mod picture;
mod slides;
mod svg;
mod table;

pub use axis::Axis;
pub use bars::{BarPanel, Bars};
pub use chart::{Chart, Point, Series};
pub use compared::Compared;
#[cfg(feature = "lecture")]
pub(crate) use document::GENERATOR;
pub use dots::Dots;
pub use figure::Figure;
pub use grey_scale::GreyScale;
pub use grid::Grid;
pub use montage::Montage;
pub use number::Estimate;
pub use page::{FigureRef, Page};
pub use panel::{Checked, Panel};
pub use pattern::GapPatterns;
pub use picture::Picture;
pub use svg::Drawing;
pub use table::{ClaimRow, Claims, Heading, Table, Verdict};

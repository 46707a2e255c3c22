//! Pictures and pages: PNG grids, SVG charts, one self-contained HTML file.
//!
//! Everything here gives back bytes or text; nothing writes a file. Text that comes from outside (file names, labels,
//! settings) passes one escape, the one of [`maud`], wherever it lands: a [`maud::Render`] value that is not
//! [`maud::Markup`] is escaped, and there is no other way in.

mod axis;
mod bars;
mod chart;
mod dots;
mod figure;
pub mod formula;
mod grey_scale;
mod grid;
mod lettering;
mod montage;
pub mod number;
mod page;
#[cfg(test)]
mod page_tests;
mod picture;
mod svg;
mod table;

pub use axis::Axis;
pub use bars::{BarPanel, Bars};
pub use chart::{Chart, Point, Series};
pub use dots::Dots;
pub use figure::Figure;
pub use grey_scale::GreyScale;
pub use grid::Grid;
pub use montage::Montage;
pub use number::Estimate;
pub use page::{FigureRef, Page};
pub use picture::Picture;
pub use svg::Drawing;
pub use table::{Claim, Claims, Column, Table, Verdict};

//! The shape of pictures that a source holds as flat rows.

use super::values::parsed;
use clap::Args;
use penstroke::data::ImageShape;

/// The shape of pictures.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ShapeArg {
    /// Shape of the pictures that a source holds as flat rows of values: HEIGHTxWIDTH, such as 16x16, or 16x16x3 with colour
    /// [default: that of the source]
    #[arg(long, value_name = "SHAPE", value_parser = parsed::<ImageShape>(), help_heading = "Data")]
    pub(crate) shape: Option<ImageShape>,
}

impl ShapeArg {
    /// The option as typed, with a space before each word.
    pub(crate) fn words(&self) -> String {
        self.shape.map_or(String::new(), |shape| format!(" --shape {shape}"))
    }
}

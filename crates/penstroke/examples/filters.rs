//! Draws filters learned from generated digits without corruption, with 25 % and with 50 % of the pixels masked.
//!
//! `cargo run --release -p penstroke --example filters -- filters.png`

use penstroke::config::Corruption;
use penstroke::data::{Part, strokes};
use penstroke::report::{GreyScale, Grid, Montage};
use penstroke::{Autoencoder, AutoencoderConfig, Run};

/// Hidden units of each model.
const HIDDEN: usize = 500;
/// How many of them are drawn, the first ones: six rows of six.
const SHOWN: usize = 36;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::args().nth(1).unwrap_or_else(|| "filters.png".into());
    let digits = strokes::generate(0, Part::Train, 10_000)?;
    let masking = |q: &str| -> penstroke::Result<Corruption> { format!("masking:{q}").parse() };
    let corruptions =
        [("no corruption", Corruption::NONE), ("q = 0.25", masking("0.25")?), ("q = 0.5", masking("0.5")?)];
    let mut montage = Montage::new();
    for (heading, corruption) in corruptions {
        let config = AutoencoderConfig { hidden: HIDDEN, ..Default::default() }
            .corruption(corruption)
            .epochs(20)
            .batch(50)
            .learning_rate(0.01);
        let model = Autoencoder::fit(&config, &digits, &mut Run::new())?;
        let mut filters = model.filters();
        filters.truncate(SHOWN * strokes::SIDE * strokes::SIDE);
        let grid = Grid::new(filters, strokes::SIDE, strokes::SIDE)?.columns(6).upscale(3);
        montage = montage.panel(heading, grid.grey_scale(GreyScale::SYMMETRIC_PER_TILE));
    }
    std::fs::write(out, montage.density(2).key("weight").draw()?.to_png()?)?;
    Ok(())
}

//! Options of a measurement, and the operations that they imply.

use crate::data::{LoadOptions, Source};
use crate::{AutoencoderConfig, Optimizer, Training};
use penstroke_engine::{Layer, Network, Precision};

/// Number of epochs or passes that are timed if it is not set.
pub const TIMED: usize = 5;

/// The work to time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// Epochs of training.
    #[default]
    Train,
    /// Passes over the source that encode every sample.
    Encode,
}

/// Options of a measurement.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// The network, its training, and the number of epochs or passes to time, 5 if it is not set. [`AutoencoderConfig::valid`] is ignored: every sample
    /// is used for training.
    pub config: AutoencoderConfig,
    /// The work to time.
    pub work: Work,
    /// Untimed epochs or passes before the timed ones.
    pub warm_up: usize,
    /// The source of the samples. `None` generates them in memory: [`strokes`](crate::data::strokes) if they have the right
    /// width, otherwise random bytes of which 81 % are zero, as in MNIST.
    pub source: Option<Source>,
    /// Visible units, `d`. `None` takes the width of the source, or 784. If a source is given, its width must agree.
    pub visible: Option<usize>,
    /// How to load the source.
    pub data: LoadOptions,
}

impl Default for BenchOptions {
    /// One warm-up epoch and five timed ones of a tied 784-500 network on generated digits with a quarter of their pixels
    /// masked, trained by SGD in batches of 128.
    fn default() -> Self {
        Self {
            config: AutoencoderConfig::default()
                .optimizer(Optimizer::SGD)
                .epochs(TIMED)
                .batch(128)
                .valid(0.0),
            work: Work::default(),
            warm_up: 1,
            source: None,
            visible: None,
            data: LoadOptions::default(),
        }
    }
}

impl Work {
    /// The arithmetic of this work; a trained model is applied in single precision.
    pub(super) fn precision(self, training: &Training) -> Precision {
        match self {
            Work::Train => training.precision,
            Work::Encode => Precision::F32,
        }
    }

    /// Operations per sample.
    pub(super) fn operations(self, network: &Network) -> f64 {
        match self {
            Work::Train => operations(network),
            Work::Encode => network.layers.first().map_or(0.0, product),
        }
    }
}

/// Operations per training sample. Every layer has one product forward, one for its weight gradient and one backward,
/// except that the first layer needs no backward product.
pub(super) fn operations(network: &Network) -> f64 {
    let all: f64 = network.layers.iter().map(product).sum();
    3.0 * all - network.layers.first().map_or(0.0, product)
}

fn product(layer: &Layer) -> f64 {
    2.0 * layer.inputs as f64 * layer.outputs as f64
}

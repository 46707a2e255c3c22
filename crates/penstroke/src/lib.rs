//! Penstroke learns features from unlabelled data by repairing damage. It corrupts each sample, trains a network, a
//! *denoising autoencoder*, to restore the original, shows what each hidden unit has learned, and measures whether the
//! features help.
//!
//! Models are dense networks on fixed-length numeric samples, trained on the CPU by a fast engine. The same seed gives the same
//! bits at any number of threads.
//!
//! # Examples
//!
//! Train an autoencoder on generated handwritten digits with a quarter of the pixels masked, and use its hidden activations as
//! features:
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{Autoencoder, AutoencoderConfig, Model, Run};
//!
//! let digits = strokes::generate(0, Part::Train, 300)?;
//! let config = AutoencoderConfig { hidden: 30, ..Default::default() }.corruption("masking:0.25".parse()?).epochs(3);
//! let model = Autoencoder::fit(&config, &digits, &mut Run::new())?;
//!
//! let codes = model.encode(&digits)?; // (300, 30), row-major
//! assert_eq!(codes.len(), 300 * 30);
//! # let folder = tempfile::tempdir().map_err(|error| penstroke::Error::io("", error))?;
//! # std::env::set_current_dir(&folder).map_err(|error| penstroke::Error::io("", error))?;
//! model.save(&"digits.safetensors")?;
//! let again = penstroke::model::load("digits.safetensors")?;
//! assert_eq!(again.encode(&digits)?, codes);
//! # Ok::<(), penstroke::Error>(())
//! ```
//!
//! Draw the filters, the inputs of norm 1 that excite each hidden unit most:
//!
//! ```
//! # #[cfg(feature = "report")] {
//! use penstroke::report::{GreyScale, Grid};
//! # use penstroke::data::{Part, strokes};
//! # use penstroke::{Autoencoder, AutoencoderConfig, Run};
//! # let digits = strokes::generate(0, Part::Train, 60)?;
//! # let config = AutoencoderConfig { hidden: 9, ..Default::default() }.epochs(1);
//! # let model = Autoencoder::fit(&config, &digits, &mut Run::new())?;
//!
//! let grid = Grid::new(model.filters(), 28, 28)?.upscale(3).grey_scale(GreyScale::SYMMETRIC_PER_TILE);
//! let png = grid.draw()?.to_png()?;
//! # assert_eq!(&png[1..4], b"PNG");
//! # }
//! # Ok::<(), penstroke::Error>(())
//! ```
//!
//! Train a stack of two autoencoders without labels, put a classifier on top, and train the whole network on labels:
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{AutoencoderConfig, Classifier, Run, Stack, SupervisedConfig};
//!
//! let (train, test) = (strokes::generate(0, Part::Train, 300)?, strokes::generate(0, Part::Test, 100)?);
//! let layer = |hidden| AutoencoderConfig { hidden, ..Default::default() }.epochs(2);
//! let stack = Stack::fit(&[layer(40), layer(20)], &train, &mut Run::new())?;
//! let config = SupervisedConfig::default().epochs(3);
//! let classifier = Classifier::fit(&stack, &config, &train, None, &mut Run::new())?;
//!
//! let error = classifier.error_rate(&test)?;
//! println!("{:.1} % wrong, 95 % interval {:?}", 100.0 * error.share(), error.interval());
//! # assert_eq!(error.n, 100);
//! # Ok::<(), penstroke::Error>(())
//! ```
//!
//! Watch a training with an observer, here a closure that stops it early:
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{Autoencoder, AutoencoderConfig, Event, Flow, Run};
//!
//! let mut observer = |event: &Event| match event {
//!     Event::Epoch { epoch: 2.., .. } => Flow::Stop,
//!     _ => Flow::Continue,
//! };
//! let digits = strokes::generate(0, Part::Train, 300)?;
//! let config = AutoencoderConfig { hidden: 30, ..Default::default() };
//! let model = Autoencoder::fit(&config, &digits, &mut Run::new().observer(&mut observer))?;
//! assert_eq!(model.history().train_loss.len(), 2);
//! # Ok::<(), penstroke::Error>(())
//! ```
//!
//! # Modules
//!
//! | module | content |
//! | --- | --- |
//! | the root | the models [`Autoencoder`], [`Stack`], [`Classifier`] and [`Regressor`], their configurations, [`Run`], [`Event`], [`Observer`]. Import the trait [`Model`] for what all models can do: encode, reconstruct, save |
//! | [`model`] | reading model files of any kind |
//! | [`config`] | the options of models and trainings, with their ranges |
//! | [`data`] | data sets: readers, writers, generators, scaling, splits, streaming |
//! | [`observers`] | observers that write logs and TensorBoard files; your own is a function of the [`Event`] |
//! | [`checkpoint`] | resuming an interrupted training, to the same bits |
//! | [`onnx`] | export to ONNX |
//! | [`eval`] | measurements: linear probe, PCA, the best linear denoiser, filter statistics, intervals |
//! | `report`, `lecture` | pictures, charts and pages; the denoising-autoencoder lecture, measured |
//! | [`anomaly`] | tables: how unusual rows are, and which cells make them so |
//! | [`impute`] | tables: filling missing cells, once or several times; pooling what is estimated on each copy |
//! | [`features`] | tables: codes of their rows, for other models to learn from |
//! | [`search`] | hyperparameter search on validation samples |
//! | [`bench`](mod@bench) | training speed, as a share of this machine's peak |
//! | [`train`], [`engine`] | the training loop and the engine below it, for your own models |
//! | [`error`] | one error type, with the option or place at fault and the ways out |
//! | [`files`] | writing a file whole or not at all |
//! | [`interrupt`] | stopping long work from outside |
//!
//! # Crate features
//!
//! All features are on by default. Without them the crate keeps all models, trainings and observers, reads npy, npz, IDX and CSV
//! files, and depends on fewer than 40 packages.
//!
//! | feature | content |
//! | --- | --- |
//! | `columnar` | Parquet and Arrow files |
//! | `compressed` | bzip2, xz and Zstandard beside gzip |
//! | `images` | PNG and JPEG files, photographs, whitening |
//! | `fetch` | downloads of public data sets |
//! | `eval` | the measurements in [`eval`] that need linear algebra |
//! | `report` | the module `report`, and pictures in TensorBoard files |
//! | `lecture` | the module `lecture`; turns on `eval`, `images` and `report` |
//!
//! # Where to go next
//!
//! - [`AutoencoderConfig`] and [`config::Corruption`] for the options.
//! - [`data::Dataset`] for your own samples: `Dataset::new("x", Values::Floats(values), n_columns)`.
//! - [`eval::interval`] before you compare two numbers.
//! - The guide and the theory, with every formula, are in the folder `docs` of the repository.
#![forbid(unsafe_code)]
#![warn(unnameable_types)]

pub mod anomaly;
pub mod bench;
pub mod config;
pub mod data;
pub mod error;
pub mod eval;
pub mod features;
pub mod files;
pub mod impute;
pub mod interrupt;
#[cfg(feature = "lecture")]
pub mod lecture;
pub mod model;
pub mod onnx;
#[cfg(feature = "report")]
pub mod report;
pub mod search;
mod tabular;
pub mod train;

pub use config::{
    AutoencoderConfig, ClassWeight, Corruption, Optimizer, Reconstruction, Schedule, Sparsity,
    SupervisedConfig, Training,
};
pub use error::{Error, Result};
pub use model::{Autoencoder, Classifier, Model, Regressor, Stack, argmax};
/// The engine: networks, objectives and optimizers, and the traits `Apply` and `Train`. Every engine type that the library's
/// functions take or return can be named from here.
pub use penstroke_engine as engine;
pub use penstroke_engine::{Activation, Description, Initialization, InstructionSet, Precision, Train};
pub use train::event::{Event, Flow, Observer};
pub use train::{Ending, History, Run, checkpoint, observers};

/// The examples of the README, tested like all others.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The examples of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide.md")]
struct Guide;

//! One autoencoder: trained, applied, looked at.
//!
//! ```text
//! code = s(W x̃ + b)          (h)      W is (h, d), one row a hidden unit
//! x̂    = r(W' code + c)      (d)      W' = Wᵀ when tied
//! ```
//!
//! While training, `x̃` is the corrupted input and the target is the clean one (Vincent et al. 2008); afterwards
//! inputs are taken as they are.
//!
//! ```
//! use penstroke::data::{Dataset, Values};
//! use penstroke::{Autoencoder, AutoencoderConfig, Silent};
//! let values = (0..600).map(|i| if (i / 3) % 2 == 0 { 0.9 } else { 0.1 }).collect();
//! let data = Dataset::new("example", Values::Floats(values), 6)?;
//! let config = AutoencoderConfig { hidden: 4, ..Default::default() }.epochs(5);
//! let model = Autoencoder::fit(&config, &data, &mut Silent)?;
//! assert_eq!(model.encode(&data)?.len(), 100 * 4);
//! assert_eq!(model.filters().len(), 4 * 6);
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::applied::{Opened, check_layers, outputs};
use crate::config::{AutoencoderConfig, Reconstruction};
use crate::data::{ImageShape, Preparation, Samples, Split, split};
use crate::train::{Choice, History, Plan, mean_loss, train_choosing};
use crate::{Error, Observer, Result};
use penstroke_engine::{
    Activation, Apply, CpuOptions, CpuTrain, Description, Parameters, Precision, State, Task, Train,
    initial_parameters,
};
use std::ops::Range;
use std::sync::Arc;

/// The most weights of a matrix: 8 GiB, four times that while training with Adam. A mistyped number of units should be
/// an error, not an exhausted memory.
const MAX_WEIGHTS: usize = 1 << 31;

/// A denoising autoencoder of one hidden layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoencoder {
    pub(crate) config: AutoencoderConfig,
    pub(crate) n_visible: usize,
    pub(crate) image: Option<ImageShape>,
    pub(crate) range: (f32, f32),
    pub(crate) preparation: Preparation,
    pub(crate) parameters: Arc<Parameters>,
    pub(crate) opened: Opened,
    pub(crate) history: History,
}

impl Autoencoder {
    /// One with its initial weights, shaped for `data`. Weights depend on the seed and the shape alone, so that
    /// models which differ in their corruption begin alike and their hidden units correspond.
    ///
    /// # Errors
    /// If the configuration is wrong, or does not go with the data.
    pub fn initial(config: &AutoencoderConfig, data: &dyn Samples) -> Result<Self> {
        let range = data.range();
        let mut model = Self::shaped(config, data.n_visible(), range)?;
        model.image = data.image();
        model.preparation = data.preparation().clone();
        Ok(model)
    }

    /// The same for any samples of `n_visible` values within `range`.
    pub(crate) fn shaped(config: &AutoencoderConfig, n_visible: usize, range: (f32, f32)) -> Result<Self> {
        config.check()?;
        let unit = range.0 >= 0.0 && range.1 <= 1.0;
        let mut config = config.clone();
        let decoder = config.decoder.unwrap_or(if unit { Activation::Sigmoid } else { Activation::Linear });
        check_loss(config.loss, range)?;
        config.decoder = Some(decoder);
        config.check()?;
        if config.hidden.checked_mul(n_visible).is_none_or(|n_weights| n_weights > MAX_WEIGHTS) {
            let problem = format!(
                "{} units of {n_visible} inputs have more than 2³¹ weights, the most that are trained",
                config.hidden
            );
            return Err(Error::option("hidden", problem));
        }
        // Weights and their gradient, what is best so far, and what the optimizer keeps.
        Error::room(4 * config.hidden * n_visible, || {
            format!("training {} units of {n_visible} inputs takes", config.hidden)
        })?;
        let parameters = initial_parameters(
            &config.task(n_visible, range).network,
            config.training.seed,
            config.initialization,
        );
        Ok(Self {
            config,
            n_visible,
            image: None,
            range,
            preparation: Preparation::default(),
            parameters: Arc::new(parameters),
            opened: Opened::default(),
            history: History::default(),
        })
    }

    /// Trains one on `data`, a share of which is set aside to measure on.
    ///
    /// # Errors
    /// As [`Autoencoder::initial`] and [`Autoencoder::train`].
    pub fn fit(config: &AutoencoderConfig, data: &dyn Samples, observer: &mut dyn Observer) -> Result<Self> {
        let mut model = Self::initial(config, data)?;
        model.train(data, observer)?;
        Ok(model)
    }

    /// Trains for the configured number of epochs, on from the weights as they are. An observer may stop it; what was
    /// learned until then is kept.
    ///
    /// # Errors
    /// If the data do not fit, or a loss or a weight leaves the finite numbers; the model is then unchanged.
    pub fn train(&mut self, data: &dyn Samples, observer: &mut dyn Observer) -> Result<()> {
        let split = split(data.n_samples(), self.config.training.valid, self.config.training.seed)?;
        self.train_on(data, &split, observer)
    }

    /// The same with the samples that are set aside chosen by the caller.
    pub(crate) fn train_on(
        &mut self,
        data: &dyn Samples,
        split: &Split,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        check_loss(self.config.loss, data.range())?;
        check_fits(data, self.n_visible)?;
        let mut engine = self.open(self.config.training.precision)?;
        let (train, valid) = (indices(&split.train)?, indices(&split.valid)?);
        let plan = Plan {
            first_epoch: self.history.epochs_begun,
            range: self.range,
            ..Plan::new(&self.config.training, data, &train, &valid)
        };
        let patience = self.config.training.patience;
        let choice = Choice { error: None, patience, tolerance: self.config.tolerance };
        let history = train_choosing(&mut engine, &plan, patience.map(|_| &choice), observer)?;
        self.parameters = Arc::new(finite_parameters(&engine, self.config.training.learning_rate)?);
        self.opened = Opened::default();
        self.history.extend(history);
        Ok(())
    }

    /// Codes of clean samples, `(n, h)`.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn encode(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        check_fits(data, self.n_visible)?;
        outputs(&*self.engine()?, data, 0..1)
    }

    /// Reconstructions of samples, taken as they are, `(n, d)`.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn reconstruct(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        check_fits(data, self.n_visible)?;
        outputs(&*self.engine()?, data, 0..2)
    }

    /// Reconstructions that belong to `codes`, `(n, h)`: `r(W' code + c)`, `(n, d)`.
    ///
    /// # Errors
    /// If codes do not have a value for each hidden unit.
    pub fn decode(&self, codes: &dyn Samples) -> Result<Vec<f32>> {
        decoded(&*self.engine()?, codes, 1..2)
    }

    /// Mean loss of restoring `data` from corruption, with the masks of evaluation number `draw`.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn loss(&self, data: &dyn Samples, draw: u32) -> Result<f64> {
        let all: Vec<usize> = (0..data.n_samples()).collect();
        check_fits(data, self.n_visible)?;
        let mut engine = self.open(Precision::F32)?;
        mean_loss(&mut engine, data, None, &indices(&all)?, draw)
    }

    /// The filter of every hidden unit, `W_i / ‖W_i‖`, `(h, d)`: the input of norm 1 that excites it most. A unit
    /// without weights has a filter of zeros.
    #[must_use]
    pub fn filters(&self) -> Vec<f32> {
        filters(self.weights(), self.n_visible)
    }

    /// `W`, `(h, d)`.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.parameters.layers[0].weights
    }

    /// `b`, `(h)`.
    #[must_use]
    pub fn hidden_bias(&self) -> &[f32] {
        &self.parameters.layers[0].bias
    }

    /// `c`, `(d)`.
    #[must_use]
    pub fn visible_bias(&self) -> &[f32] {
        &self.parameters.layers[1].bias
    }

    /// `h`.
    #[must_use]
    pub fn n_hidden(&self) -> usize {
        self.config.hidden
    }

    /// `d`.
    #[must_use]
    pub fn n_visible(&self) -> usize {
        self.n_visible
    }

    /// How a sample is a picture, if it is one.
    #[must_use]
    pub fn image(&self) -> Option<ImageShape> {
        self.image
    }

    /// The least and the greatest value of the data it was shaped for; salt-and-pepper noise takes these.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        self.range
    }

    /// How the samples it was trained on were made of their source.
    #[must_use]
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// How it was trained; the decoder's activation is decided.
    #[must_use]
    pub fn config(&self) -> &AutoencoderConfig {
        &self.config
    }

    /// The losses of its training.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Chooses the number of threads for training and applying; 0 is one for every processor.
    pub fn set_threads(&mut self, threads: usize) {
        self.config.training.threads = threads;
    }

    /// Chooses for how many epochs [`Autoencoder::train`] goes on.
    pub fn set_epochs(&mut self, epochs: usize) {
        self.config.training.epochs = epochs;
    }

    /// Chooses how [`Autoencoder::train`] goes on: corruption, loss, optimizer and whatever else the weights do not
    /// fix. A decoder left open stays as it is.
    ///
    /// # Errors
    /// If the configuration is wrong, or changes what the weights fix: hidden units, activations, tying and
    /// initialization.
    pub fn set_config(&mut self, config: &AutoencoderConfig) -> Result<()> {
        let mut config = config.clone();
        config.decoder = config.decoder.or(self.config.decoder);
        let now = &self.config;
        let fixed = [
            ("hidden", now.hidden == config.hidden),
            ("activation", now.activation == config.activation),
            ("decoder", now.decoder == config.decoder),
            ("tied", now.tied == config.tied),
            ("initialization", now.initialization == config.initialization),
        ];
        if let Some((option, _)) = fixed.iter().find(|(_, same)| !same) {
            return Err(Error::option(option, "is fixed by the weights of a trained model; leave it out"));
        }
        config.check()?;
        self.config = config;
        Ok(())
    }

    /// What the model runs on here: the engine, the instructions it uses, its threads.
    ///
    /// # Errors
    /// If the model's network is none the engine can run.
    pub fn describe_engine(&self) -> Result<Description> {
        Ok(self.engine()?.describe())
    }

    pub(crate) fn task(&self) -> Task {
        self.config.task(self.n_visible, self.range)
    }

    /// Its engine: layer 0 encodes, layer 1 decodes.
    pub(crate) fn engine(&self) -> Result<Arc<dyn Apply>> {
        let parts = || (self.task().network, self.config.training.n_threads());
        self.opened.engine(&self.parameters, self.config.training.threads, parts)
    }

    /// The same, for codes of `data` after `n_layers` layers: 0 or 1.
    pub(crate) fn encoder(&self, data: &dyn Samples, n_layers: usize) -> Result<Arc<dyn Apply>> {
        check_layers(n_layers, 1)?;
        check_fits(data, self.n_visible)?;
        self.engine()
    }

    /// One to train it.
    fn open(&self, precision: Precision) -> Result<CpuTrain> {
        let task = self.task();
        let state = State::new(&task.network, Parameters::clone(&self.parameters));
        let options =
            CpuOptions { threads: self.config.training.n_threads(), precision, ..CpuOptions::default() };
        Ok(CpuTrain::open(&task, state, options)?)
    }
}

/// Whether a model of `n_visible` values takes these samples.
pub(crate) fn check_fits(data: &dyn Samples, n_visible: usize) -> Result<()> {
    if data.n_visible() == n_visible {
        return Ok(());
    }
    let problem = format!(
        "samples have {} values, the model was trained on {n_visible}; give samples of its kind",
        data.n_visible()
    );
    Err(Error::input("data", problem))
}

/// What `layers`, the decoders of a network, give for codes.
pub(crate) fn decoded(engine: &dyn Apply, codes: &dyn Samples, layers: Range<usize>) -> Result<Vec<f32>> {
    let h = engine.network().width(layers.start);
    if codes.n_visible() != h {
        let problem = format!("codes have {} values, the model has {h} hidden units", codes.n_visible());
        return Err(Error::input("data", problem));
    }
    outputs(engine, codes, layers)
}

/// What the engine has learned.
///
/// # Errors
/// If the last step took it out of the finite numbers.
pub(crate) fn finite_parameters(engine: &dyn Train, learning_rate: f64) -> Result<Parameters> {
    let parameters = engine.parameters();
    let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    if !parameters.layers.iter().all(|layer| finite(&layer.weights) && finite(&layer.bias)) {
        let problem =
            crate::error::Problem::from("training: a weight became infinite or NaN in the last step");
        return Err(Error::numerical(problem.lower("learning_rate", learning_rate)));
    }
    Ok(parameters)
}

/// Rows of weights of `d` inputs, each divided by its norm; a row of zeros stays.
pub(crate) fn filters(weights: &[f32], d: usize) -> Vec<f32> {
    let mut filters = weights.to_vec();
    for filter in filters.chunks_exact_mut(d) {
        let norm = filter.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().sqrt();
        if norm > 0.0 {
            filter.iter_mut().for_each(|w| *w = (f64::from(*w) / norm) as f32);
        }
    }
    filters
}

pub(crate) fn check_loss(loss: Reconstruction, (low, high): (f32, f32)) -> Result<()> {
    if loss == Reconstruction::CrossEntropy && !(low >= 0.0 && high <= 1.0) {
        let problem = format!(
            "cross-entropy needs values within 0..=1, these lie in {low}..={high}; scale them or use squared"
        );
        return Err(Error::option("loss", problem));
    }
    Ok(())
}

/// Sample numbers as the engine takes them.
pub(crate) fn indices(samples: &[usize]) -> Result<Vec<u32>> {
    let convert = |&sample| u32::try_from(sample);
    samples.iter().map(convert).collect::<Result<_, _>>().map_err(|_| {
        Error::input("data", format!("more than {} samples do not fit into one data set", u32::MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Values};
    use crate::{Event, Flow, Silent};

    fn data() -> Dataset {
        let values = (0..2000u32).map(|i| ((i * i + i / 7) % 11) as f32 / 10.0).collect();
        Dataset::new("test", Values::Floats(values), 20).unwrap()
    }

    fn config() -> AutoencoderConfig {
        AutoencoderConfig { hidden: 12, ..Default::default() }.epochs(8).batch(10)
    }

    #[test]
    fn training_lowers_the_loss_and_is_remembered() {
        let model = Autoencoder::fit(&config(), &data(), &mut Silent).unwrap();
        let History { train_loss, valid_loss, epochs_begun, stopped, .. } = model.history();
        assert_eq!((train_loss.len(), valid_loss.len(), *epochs_begun, *stopped), (8, 8, 8, false));
        assert!(train_loss[7] < 0.9 * train_loss[0], "{train_loss:?}");
    }

    #[test]
    fn decoding_codes_gives_the_reconstruction() {
        for tied in [true, false] {
            let model =
                Autoencoder::fit(&AutoencoderConfig { tied, ..config() }, &data(), &mut Silent).unwrap();
            let codes = Dataset::new("codes", Values::Floats(model.encode(&data()).unwrap()), 12).unwrap();
            let (decoded, restored) = (model.decode(&codes).unwrap(), model.reconstruct(&data()).unwrap());
            assert_eq!(decoded, restored, "tied: {tied}");
            let wrong = model.decode(&data()).unwrap_err().to_string();
            assert_eq!(wrong, "data: codes have 20 values, the model has 12 hidden units");
        }
    }

    #[test]
    fn patience_ends_training_and_keeps_the_best_epoch() {
        // A rate at which nothing falls by as much as the tolerance.
        let still =
            AutoencoderConfig { tolerance: 0.1, ..config() }.learning_rate(1e-9).patience(Some(2)).epochs(50);
        let aside = Autoencoder::fit(&still, &data(), &mut Silent).unwrap();
        let History { valid_loss, best_epoch, stopped, .. } = aside.history();
        assert_eq!((valid_loss.len(), *stopped), (3, false));
        let lowest = valid_loss.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(valid_loss[best_epoch.unwrap() - 1], lowest);
        // The loss that chose is that of the weights that were kept.
        let split = split(100, 0.1, 0).unwrap();
        assert!((aside.loss(&data().select(&split.valid), 0).unwrap() - lowest).abs() < 0.2 * lowest);
        let none_aside = still.valid(0.0);
        let model = Autoencoder::fit(&none_aside, &data(), &mut Silent).unwrap();
        let History { train_loss, valid_loss, best_epoch, .. } = model.history();
        assert!(train_loss.len() < 50 && valid_loss.is_empty() && best_epoch.is_none(), "{train_loss:?}");
        // One that falls all the time is let go on.
        let falling = AutoencoderConfig { tolerance: 0.0, ..none_aside }.learning_rate(0.002).epochs(8);
        let model = Autoencoder::fit(&falling, &data(), &mut Silent).unwrap();
        assert_eq!(model.history().train_loss.len(), 8);
    }

    #[test]
    fn filters_have_norm_one() {
        let model = Autoencoder::initial(&config(), &data()).unwrap();
        for filter in model.filters().chunks(20) {
            let norm: f32 = filter.iter().map(|w| w * w).sum();
            // Rounding of twenty squares in f32.
            assert!((norm - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn initial_weights_do_not_depend_on_the_corruption() {
        let start = |corruption: &str, seed| {
            let config = config().corruption(corruption.parse().unwrap()).seed(seed);
            Autoencoder::initial(&config, &data()).unwrap().parameters
        };
        assert_eq!(start("none", 1), start("masking:0.5", 1));
        assert_ne!(start("none", 1), start("none", 2));
    }

    #[test]
    fn an_observer_stops_training_and_the_weights_are_kept() {
        let mut batches = 0;
        let mut observer = |event: &Event| {
            batches += usize::from(matches!(event, Event::Batch { .. }));
            if batches == 12 { Flow::Stop } else { Flow::Continue }
        };
        let model = Autoencoder::fit(&config(), &data(), &mut observer).unwrap();
        // 90 training samples are nine batches: the twelfth comes in the second epoch.
        assert_eq!((model.history.train_loss.len(), model.history.stopped), (1, true));
        assert_ne!(model.parameters, Autoencoder::initial(&config(), &data()).unwrap().parameters);
    }

    #[test]
    fn training_continues_with_fresh_corruption_and_another_configuration() {
        let mut stopped = {
            let mut batches = 0;
            let mut observer = |event: &Event| {
                batches += usize::from(matches!(event, Event::Batch { .. }));
                if batches == 12 { Flow::Stop } else { Flow::Continue }
            };
            Autoencoder::fit(&config(), &data(), &mut observer).unwrap()
        };
        // The second epoch was begun, so that the third comes next.
        assert_eq!(stopped.history.epochs_begun, 2);
        stopped.set_config(&AutoencoderConfig { decoder: None, ..config() }.epochs(2)).unwrap();
        let mut again = stopped.clone();
        again.history.epochs_begun = 1;
        stopped.train(&data(), &mut Silent).unwrap();
        again.train(&data(), &mut Silent).unwrap();
        assert_eq!((stopped.history.epochs_begun, stopped.history.train_loss.len()), (4, 3));
        assert_ne!(stopped.parameters, again.parameters);

        let mut message = |config: AutoencoderConfig| stopped.set_config(&config).unwrap_err().to_string();
        for (option, config) in [
            ("hidden", AutoencoderConfig { hidden: 3, ..config() }),
            ("activation", AutoencoderConfig { activation: Activation::Relu, ..config() }),
            ("decoder", AutoencoderConfig { decoder: Some(Activation::Linear), ..config() }),
            ("tied", AutoencoderConfig { tied: false, ..config() }),
            (
                "initialization",
                AutoencoderConfig { initialization: penstroke_engine::Initialization::Glorot, ..config() },
            ),
        ] {
            let expected = format!("{option}: is fixed by the weights of a trained model; leave it out");
            assert_eq!(message(config), expected);
        }
        assert!(message(config().batch(0)).starts_with("batch: 0"));
        let wide = Dataset::new("wide", Values::Floats(vec![3.0; 40]), 20).unwrap();
        stopped.set_config(&AutoencoderConfig { loss: Reconstruction::CrossEntropy, ..config() }).unwrap();
        let problem = stopped.train(&wide, &mut Silent).unwrap_err().to_string();
        assert!(problem.starts_with("loss: cross-entropy needs values within 0..=1"), "{problem}");
    }

    #[test]
    fn the_preparation_of_the_data_is_the_models() {
        let scene = crate::data::Scene {
            height: 30,
            width: 30,
            values: (0..900u32).map(|i| ((i * i) % 251) as f32).collect(),
        };
        let patches = crate::data::patches::cut(&[scene], 50, 0, &Default::default()).unwrap();
        let model = Autoencoder::initial(&config(), &patches).unwrap();
        assert!(model.preparation().patches.as_ref().unwrap().scale.is_some());
        assert_eq!(model.preparation(), patches.select(&[3]).preparation());
        let model = Autoencoder::initial(&config(), &data()).unwrap();
        assert_eq!(model.preparation(), &Preparation::default());
    }

    #[test]
    fn divergence_in_the_last_step_is_an_error_and_leaves_the_model_unchanged() {
        let linear = AutoencoderConfig {
            activation: Activation::Linear,
            decoder: Some(Activation::Linear),
            ..config()
        }
        .optimizer(crate::Optimizer::SGD)
        .learning_rate(1e30)
        .epochs(1)
        .batch(100_000);
        // One step, whose own loss is still finite: what is set aside shows it, or else the weights.
        for (config, start) in [
            (linear.clone(), "training: the validation loss became "),
            (linear.learning_rate(1e39).valid(0.0), "training: a weight became infinite or NaN"),
        ] {
            let initial = Autoencoder::initial(&config, &data()).unwrap();
            let mut model = initial.clone();
            let error = model.train(&data(), &mut Silent).unwrap_err();
            let way_out = format!("try learning_rate below {}", config.training.learning_rate);
            assert!(matches!(error, Error::Numerical { .. }));
            let message = error.to_string();
            assert!(message.starts_with(start) && message.ends_with(&way_out), "{message}");
            assert_eq!(model, initial);
        }
    }

    #[test]
    fn conflicting_options_are_refused() {
        let message = |config: AutoencoderConfig, data: &Dataset| {
            Autoencoder::fit(&config, data, &mut Silent).unwrap_err().to_string()
        };
        let wide = Dataset::new("wide", Values::Floats(vec![0.0, 3.0]), 2).unwrap();
        let cross_entropy = AutoencoderConfig { loss: Reconstruction::CrossEntropy, ..config() };
        assert_eq!(
            message(cross_entropy, &wide),
            "loss: cross-entropy needs values within 0..=1, these lie in 0..=3; scale them or use squared"
        );
        assert_eq!(
            indices(&[1 << 32]).unwrap_err().to_string(),
            "data: more than 4294967295 samples do not fit into one data set"
        );
        assert!(message(config(), &wide).starts_with("valid: "));
        for hidden in [1 << 40, usize::MAX] {
            let problem = message(AutoencoderConfig { hidden, ..config() }, &wide);
            assert!(problem.ends_with("of 2 inputs have more than 2³¹ weights, the most that are trained"));
        }
        let far = config().learning_rate(1e30).optimizer(crate::Optimizer::SGD);
        let diverging =
            AutoencoderConfig { decoder: Some(Activation::Linear), activation: Activation::Linear, ..far };
        assert!(message(diverging, &data()).starts_with("training: the loss became"));
        let model = Autoencoder::initial(&config(), &data()).unwrap();
        let problem = model.encode(&wide).unwrap_err().to_string();
        assert_eq!(
            problem,
            "data: samples have 2 values, the model was trained on 20; give samples of its kind"
        );
    }
}

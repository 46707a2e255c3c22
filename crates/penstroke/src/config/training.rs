//! The options common to all trainings.

use super::{Corruption, Decay, Optimizer, Schedule, Term};
use crate::error::{Error, Result};
use penstroke_engine::{InstructionSet, Precision};

/// Number of steps of a training whose epochs are not set, rounded up to whole epochs.
pub const STEPS: usize = 10_000;

/// Samples per step of a training whose batch is not set: the batch of the first row that has at most as many samples.
const BATCHES: [(usize, usize); 3] = [(20_000, 128), (5_000, 64), (0, 32)];

/// The most epochs of a training whose epochs are not set. A few hundred samples presented more often are learned by heart.
pub const MOST_EPOCHS: usize = 200;

/// The options common to all trainings. There is no [`Default`], because autoencoders, supervised networks and encoders of tables have
/// different ones: [`Training::autoencoder`], [`Training::supervised`] and [`Training::table_encoder`].
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// Number of presentations of every sample, at least 1. `None` takes as many as give [`STEPS`] steps, but at most
    /// [`MOST_EPOCHS`].
    pub epochs: Option<usize>,
    /// Samples per step, at least 1. `None` goes by the number of samples; see [`Training::settled`].
    pub batch: Option<usize>,
    /// The update rule of the weights.
    pub optimizer: Optimizer,
    /// Learning rate η, above 0.
    pub learning_rate: f64,
    /// How η changes during training.
    pub schedule: Schedule,
    /// Weight decay λ, at least 0: SGD adds `λ W` to the gradient, Adam subtracts `η λ W` from the weights.
    pub weight_decay: f64,
    /// Corruption of the input during training.
    pub corruption: Corruption,
    /// Share of the samples set aside for validation, in `0..1`.
    pub valid: f64,
    /// Number of epochs without improvement, at least 1, after which training stops; `None` trains for all epochs.
    ///
    /// A supervised network must lower its validation error and always keeps the weights of its best epoch. An
    /// autoencoder must lower its validation loss and keeps the weights of its best epoch if a patience is set; without
    /// validation samples it must lower its training loss, and keeps the last weights.
    pub patience: Option<usize>,
    /// Seed for all random numbers.
    pub seed: u64,
    /// Arithmetic of the matrix products during training; a trained model is applied in single precision.
    pub precision: Precision,
    /// Vector instructions of the engine; by default the best that this processor has. Others round differently, as another kind of
    /// processor does, so models do not store them.
    pub instructions: InstructionSet,
    /// Number of threads; 0 stands for one per processor. The result does not depend on it, so models do not store it.
    pub threads: usize,
}

impl Training {
    /// The defaults of an autoencoder.
    pub fn autoencoder() -> Self {
        Self {
            epochs: None,
            batch: None,
            optimizer: Optimizer::ADAM,
            learning_rate: 0.005,
            schedule: Schedule { decay: Decay::Linear, ..Schedule::default() },
            weight_decay: 0.0,
            corruption: Corruption::new(vec![Term::Masking(0.25)]).unwrap_or_default(),
            valid: 0.1,
            patience: None,
            seed: 0,
            precision: Precision::F32,
            instructions: InstructionSet::detect(),
            threads: 0,
        }
    }

    /// The defaults of a classifier or regressor.
    pub fn supervised() -> Self {
        Self { learning_rate: 0.001, corruption: Corruption::NONE, ..Self::autoencoder() }
    }

    /// The defaults of an encoder of tables.
    pub fn table_encoder() -> Self {
        Self {
            learning_rate: 0.001,
            schedule: Schedule { decay: Decay::Cosine, hold: 0.0, warm_up: 0.1 },
            corruption: Corruption::new(vec![Term::Swap(0.15)]).unwrap_or_default(),
            ..Self::autoencoder()
        }
    }

    /// Checks that every number is in range.
    pub(super) fn check(&self) -> Result<()> {
        let refuse = |option: &'static str, problem: String| Err(Error::option(option, problem));
        if self.epochs == Some(0) {
            return refuse("epochs", "0; at least 1 is needed".into());
        }
        if let Some(epochs) = self.epochs.filter(|&epochs| epochs > u32::MAX as usize) {
            return refuse("epochs", format!("{epochs} is more than {}", u32::MAX));
        }
        if self.batch == Some(0) {
            return refuse("batch", "0 samples; at least 1 is needed".into());
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning_rate", format!("{} is not a finite number above 0", self.learning_rate));
        }
        self.optimizer.check()?;
        check_weight("weight_decay", self.weight_decay)?;
        if !(0.0..1.0).contains(&self.valid) {
            return refuse("valid", format!("share {} is outside 0..1; 0.1 is usual", self.valid));
        }
        if self.patience == Some(0) {
            return refuse("patience", "0 epochs; at least 1 is needed".into());
        }
        Ok(())
    }

    /// The options for this many training samples: `batch` and `epochs` are set, by the number of samples if they were not.
    ///
    /// Below 5,000 samples a batch has 32, below 20,000 it has 64, otherwise 128. `bench/defaults` has the measurements behind these
    /// numbers.
    ///
    /// ```
    /// use penstroke::config::Training;
    /// let settled = |n| (Training::autoencoder().settled(n).batch, Training::autoencoder().settled(n).epochs);
    /// assert_eq!(settled(150), (Some(32), Some(200)));
    /// assert_eq!(settled(6_000), (Some(64), Some(107)));
    /// assert_eq!(settled(60_000), (Some(128), Some(22)));
    /// ```
    #[must_use]
    pub fn settled(&self, n_samples: usize) -> Self {
        let (epochs, batch) = (self.epochs_for(n_samples), self.batch_for(n_samples));
        Self { epochs: Some(epochs), batch: Some(batch), ..self.clone() }
    }

    /// Number of epochs for this many training samples.
    pub fn epochs_for(&self, n_samples: usize) -> usize {
        let steps_per_epoch = n_samples.div_ceil(self.batch_for(n_samples)).max(1);
        self.epochs.unwrap_or(STEPS.div_ceil(steps_per_epoch).min(MOST_EPOCHS))
    }

    /// Samples per step for this many training samples, at least 1.
    pub fn batch_for(&self, n_samples: usize) -> usize {
        let of_set = BATCHES.iter().find(|(fewest, _)| n_samples >= *fewest);
        self.batch.unwrap_or(of_set.map_or(1, |(_, batch)| *batch)).max(1)
    }

    /// Number of threads to start on this machine: at most four per processor, because more would only wait for each
    /// other.
    pub fn n_threads(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        match self.threads {
            0 => processors,
            threads => threads.min(4 * processors),
        }
    }
}

/// Checks the weight of a penalty.
pub(super) fn check_weight(option: &'static str, weight: f64) -> Result<()> {
    match weight >= 0.0 && weight.is_finite() {
        true => Ok(()),
        false => Err(Error::option(option, format!("{weight} is not a finite number of at least 0"))),
    }
}

/// Setter methods of a configuration for the options of its [`Training`].
macro_rules! training_options {
    ($config:ty) => {
        training_options!(@each $config,
            epochs: usize,
            batch: usize,
            optimizer: Optimizer,
            learning_rate: f64,
            schedule: Schedule,
            weight_decay: f64,
            corruption: Corruption,
            valid: f64,
            patience: Option<usize>,
            seed: u64,
            precision: Precision,
            instructions: InstructionSet,
            threads: usize
        );
    };
    (@each $config:ty, $($option:ident: $type:ty),*) => {
        impl $config {
            $(
                #[doc = concat!("Sets [`", stringify!($option), "`](Training::", stringify!($option), ").")]
                #[must_use]
                pub fn $option(mut self, $option: $type) -> Self {
                    self.training.$option = $option.into();
                    self
                }
            )*
        }
    };
}
pub(super) use training_options;

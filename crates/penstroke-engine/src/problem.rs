//! What an engine trains: a network, what is wanted of it, and how its weights move.

use crate::corruption::Noise;
use crate::error::EngineError;
use crate::heads::Loss;
use crate::network::{Activation, Network};
use crate::objective::Objective;
use crate::optimizer::Optimizer;

/// A network with its objective and optimizer: everything an engine needs for training but weights and samples.
///
/// ```
/// use penstroke_engine::{Activation, Network, Noise, Objective, Optimizer, Problem, Rule};
/// let network = Network::autoencoder(784, 500, Activation::Sigmoid, Activation::Sigmoid).tied();
/// let objective = Objective::reconstruction(&network, penstroke_engine::Loss::CrossEntropy);
/// let problem = Problem { network, objective, optimizer: Optimizer::new(Rule::Sgd { momentum: 0.9 }) };
/// problem.check()?;
/// # Ok::<(), penstroke_engine::EngineError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The function that is computed.
    pub network: Network,
    /// What is wanted of it.
    pub objective: Objective,
    /// How its weights move.
    pub optimizer: Optimizer,
}

impl Problem {
    /// A network and its objective, trained by Adam.
    #[must_use]
    pub fn new(network: Network, objective: Objective) -> Self {
        Self { network, objective, optimizer: Optimizer::default() }
    }

    /// An untied autoencoder of two layers: squared error, no corruption, Adam.
    #[must_use]
    pub fn autoencoder(visible: usize, hidden: usize, encoder: Activation, decoder: Activation) -> Self {
        let network = Network::autoencoder(visible, hidden, encoder, decoder);
        let objective = Objective::reconstruction(&network, Loss::Squared);
        Self::new(network, objective)
    }

    /// The same problem with the last layer tied to the first.
    #[must_use]
    pub fn tied(mut self) -> Self {
        self.network = self.network.tied();
        self
    }

    /// The same problem with another corruption.
    #[must_use]
    pub fn with_corruption(mut self, corruption: Vec<Noise>) -> Self {
        self.objective.corruption = corruption;
        self
    }

    /// The same problem with another loss of its first head.
    #[must_use]
    pub fn with_loss(mut self, loss: Loss) -> Self {
        if let Some(head) = self.objective.heads.first_mut() {
            head.loss = loss;
        }
        self
    }

    /// Whether the network can be trained.
    ///
    /// # Errors
    /// The first mistake found.
    pub fn check(&self) -> Result<(), EngineError> {
        self.network.check()?;
        if self.objective.heads.len() > 1 {
            return Err(EngineError::ManyHeads { engine: "cpu" });
        }
        self.objective.check(&self.network)?;
        self.optimizer.check()
    }

    /// Replaces the corruption by another of as many terms.
    ///
    /// # Panics
    /// If there are more or fewer terms, or one is out of its range.
    pub(crate) fn replace_corruption(&mut self, corruption: &[Noise]) {
        let terms = &mut self.objective.corruption;
        assert_eq!(corruption.len(), terms.len(), "a noise for every term of the network's corruption");
        assert!(
            corruption.iter().all(|noise| noise.check().is_ok()),
            "a noise out of its range: {corruption:?}"
        );
        terms.copy_from_slice(corruption);
    }
}

//! A training task: a network, its objective and its optimizer.

use crate::corruption::Noise;
use crate::error::EngineError;
use crate::heads::Loss;
use crate::network::{Activation, Network};
use crate::objective::Objective;
use crate::optimizer::Descent;

/// A network with its objective and optimizer: everything that an engine needs except weights and samples.
///
/// ```
/// use penstroke_engine::{Activation, Network, Noise, Objective, Descent, Task, Rule};
/// let network = Network::autoencoder(784, 500, Activation::Sigmoid, Activation::Sigmoid).tied();
/// let objective = Objective::reconstruction(&network, penstroke_engine::Loss::CrossEntropy);
/// let task = Task { network, objective, optimizer: Descent::new(Rule::Sgd { momentum: 0.9 }) };
/// task.check()?;
/// # Ok::<(), penstroke_engine::EngineError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The network.
    pub network: Network,
    /// What training minimises.
    pub objective: Objective,
    /// How weights move.
    pub optimizer: Descent,
}

impl Task {
    /// A network and its objective, trained with Adam.
    pub fn new(network: Network, objective: Objective) -> Self {
        Self { network, objective, optimizer: Descent::default() }
    }

    /// An untied autoencoder of two layers: squared error, no corruption, Adam.
    pub fn autoencoder(visible: usize, hidden: usize, encoder: Activation, decoder: Activation) -> Self {
        let network = Network::autoencoder(visible, hidden, encoder, decoder);
        let objective = Objective::reconstruction(&network, Loss::Squared);
        Self::new(network, objective)
    }

    /// The same task with the last layer tied to the first.
    #[must_use]
    pub fn tied(mut self) -> Self {
        self.network = self.network.tied();
        self
    }

    /// The same task with this corruption.
    #[must_use]
    pub fn with_corruption(mut self, corruption: Vec<Noise>) -> Self {
        self.objective.corruption = corruption;
        self
    }

    /// The same task with this loss on its first head.
    #[must_use]
    pub fn with_loss(mut self, loss: Loss) -> Self {
        if let Some(head) = self.objective.heads.first_mut() {
            head.loss = loss;
        }
        self
    }

    /// Checks that the network can be trained.
    ///
    /// # Errors
    /// The first problem found.
    pub fn check(&self) -> Result<(), EngineError> {
        self.network.check()?;
        self.objective.check(&self.network)?;
        self.optimizer.check()
    }

    /// Replaces the corruption by one with as many terms.
    ///
    /// # Panics
    /// If the number of terms differs, a parameter is out of range, or levels replace other noise or the reverse.
    pub(crate) fn replace_corruption(&mut self, corruption: &[Noise]) {
        assert_eq!(corruption.len(), self.objective.corruption.len(), "one noise per term of the corruption");
        let fits = |noise: &Noise| noise.on_cells().is_none() || !self.objective.cells.is_empty();
        let is_levels = |noises: &[Noise]| noises.iter().any(Noise::is_levels);
        assert!(
            corruption.iter().all(|noise| noise.check().is_ok() && fits(noise))
                && is_levels(corruption) == is_levels(&self.objective.corruption),
            "a noise is out of range: {corruption:?}"
        );
        self.objective.corruption.copy_from_slice(corruption);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Cell;
    use crate::heads::{Head, Target};
    use crate::network::Layer;
    use crate::objective::{Emphasis, SparsityPenalty};
    use crate::optimizer::Rule;

    fn base() -> Task {
        Task::autoencoder(4, 3, Activation::Sigmoid, Activation::Sigmoid).tied()
    }

    fn sparsity(target: f64, weight: f64) -> Option<SparsityPenalty> {
        Some(SparsityPenalty { target, weight })
    }

    /// Four inputs, three hidden units, and an output layer of `units`.
    fn under(units: usize, activation: Activation) -> Network {
        Network::new(vec![Layer::new(4, 3, Activation::Sigmoid), Layer::new(3, units, activation)])
    }

    fn head(units: std::ops::Range<usize>, loss: Loss, target: Target) -> Head {
        Head::new(units, loss, target)
    }

    fn cell(inputs: std::ops::Range<usize>, units: std::ops::Range<usize>) -> Cell {
        Cell { inputs, units }
    }

    fn classes(label_smoothing: f64) -> Loss {
        Loss::SoftmaxCrossEntropy { label_smoothing }
    }

    /// Four inputs, the last of them a level, of which three are denoised.
    fn denoiser() -> Task {
        let network = under(3, Activation::Linear);
        let objective = Objective::reconstruction(&network, Loss::Denoising);
        Task::new(network, objective).with_corruption(vec![Noise::Levels { low: 0.1, high: 2.0 }])
    }

    #[test]
    fn every_mistake_has_its_message() {
        let with = |change: fn(&mut Task)| {
            let mut spec = base();
            change(&mut spec);
            spec.check().unwrap_err().to_string()
        };
        type Row = (fn(&mut Task), &'static str);
        let rows: [Row; 56] = [
            (|s| s.network.layers.clear(), "layers: the list is empty"),
            (|s| s.network.layers[0].outputs = 0, "layer 0: 0 units"),
            (|s| s.network.layers[1].inputs = 5, "layer 1: takes 5 values, but the layer before it gives 3"),
            (|s| s.network.layers[1].tied_to = Some(1), "layer 1: cannot be tied to layer 1"),
            (
                |s| s.network.layers[1].activation = Activation::Softmax,
                "loss: softmax on the last layer needs one head",
            ),
            (
                |s| s.network.layers[0].activation = Activation::Softmax,
                "layer 0: softmax is possible only on",
            ),
            (
                |s| {
                    s.objective.heads[0].loss = Loss::CrossEntropy;
                    s.network.layers[1].activation = Activation::Tanh;
                },
                "loss: cross-entropy needs a sigmoid",
            ),
            (|s| s.objective.heads[0].loss = classes(0.0), "loss: softmax cross-entropy needs a linear"),
            (
                |s| {
                    s.network.layers[1].tied_to = None;
                    s.network.layers[1].outputs = 5;
                    s.objective.heads[0].units = 0..5;
                },
                "heads: output 4 is compared with an input component, but there are only 4",
            ),
            (
                |s| s.objective.corruption = vec![Noise::Masking { probability: 1.3 }],
                "masking: probability 1.3 is outside 0..=1",
            ),
            (
                |s| s.objective.corruption = vec![Noise::Gaussian { deviation: f64::NAN }],
                "gaussian: standard deviation NaN",
            ),
            (
                |s| {
                    s.objective.corruption =
                        vec![Noise::SaltAndPepper { probability: 0.1, low: 1.0, high: 0.0 }]
                },
                "salt-and-pepper: the range 1..=0",
            ),
            (
                |s| s.objective.corruption = vec![Noise::Dropout { probability: 1.0 }],
                "dropout: probability 1 is outside 0..1; survivors",
            ),
            (|s| s.objective.dropout = vec![1.0, 0.0], "layer 0: dropout 1 is outside 0..1"),
            (
                |s| s.objective.dropout = vec![0.0, 0.1],
                "layer 1: dropout 0.1 is outside 0..1, or on the last layer",
            ),
            (
                |s| s.objective.emphasis = Some(Emphasis { corrupted: -1.0, rest: 0.0 }),
                "emphasis: weights -1 and 0",
            ),
            (
                |s| {
                    s.network = under(7, Activation::Linear);
                    s.objective = Objective::regression(&s.network);
                    s.objective.emphasis = Some(Emphasis { corrupted: 1.0, rest: 1.0 });
                },
                "emphasis: weights 1 and 1 must be finite, at least 0, and on a reconstruction loss",
            ),
            (
                |s| {
                    s.network = under(3, Activation::Softmax);
                    s.objective = Objective::classification(&s.network, 1.0);
                },
                "label smoothing: 1",
            ),
            (
                |s| {
                    s.network = under(4, Activation::Linear);
                    s.objective.heads = vec![head(0..4, classes(0.1), Target::Input)];
                },
                "label smoothing: 0.1",
            ),
            (
                |s| s.objective.heads = vec![head(0..4, Loss::Squared, Target::Labels)],
                "loss: labels need softmax",
            ),
            (|s| s.objective.heads.clear(), "heads: their units must be contiguous"),
            (
                |s| {
                    let halves = [0..2, 3..4].map(|units| head(units, Loss::Squared, Target::Input));
                    s.objective.heads = halves.to_vec();
                },
                "heads: their units must be contiguous and together cover the 4 outputs",
            ),
            (
                |s| {
                    s.network = under(4, Activation::Softmax);
                    s.objective.heads = vec![
                        head(0..2, classes(0.0), Target::Labels),
                        head(2..4, classes(0.0), Target::Labels),
                    ];
                },
                "loss: softmax cross-entropy needs a linear last layer",
            ),
            (
                |s| s.objective.dropout = vec![0.1],
                "dropout: 2 layers need one value each, not 1; or give none",
            ),
            (|s| s.optimizer.weight_decay = -0.5, "weight decay: -0.5"),
            (|s| s.objective.penalties.l1 = -1.0, "l1: weight -1 is not a finite number of at least 0"),
            (|s| s.objective.penalties.contraction = f64::INFINITY, "contraction: weight inf is not"),
            (|s| s.objective.penalties.sparsity = sparsity(0.1, -2.0), "sparsity: weight -2 is not"),
            (
                |s| s.objective.penalties.sparsity = sparsity(1.0, 0.1),
                "sparsity: target 1 is not between 0 and 1",
            ),
            (
                |s| {
                    s.network.layers[0].activation = Activation::Tanh;
                    s.objective.penalties.sparsity = sparsity(0.1, 0.1);
                },
                "sparsity: needs a sigmoid on the first layer",
            ),
            (
                |s| {
                    (s.objective.dropout, s.objective.penalties.sparsity) =
                        (vec![0.1, 0.0], sparsity(0.1, 0.1))
                },
                "sparsity: needs a first layer that is not the last and has no dropout",
            ),
            (
                |s| {
                    s.network.layers = vec![Layer::new(4, 4, Activation::Linear)];
                    s.objective.penalties.contraction = 0.1;
                },
                "contraction: needs a first layer that is not the last",
            ),
            (|s| s.optimizer.max_norm = Some(0.0), "max norm: 0 is not a finite number above 0"),
            (|s| s.optimizer.rule = Rule::Sgd { momentum: 1.0 }, "momentum: 1 is outside 0..1"),
            (
                |s| s.optimizer.rule = Rule::Adam { beta1: 0.9, beta2: 1.5, epsilon: 1e-8 },
                "beta2: 1.5 is outside 0..1",
            ),
            (
                |s| s.optimizer.rule = Rule::Adam { beta1: 0.9, beta2: 0.5, epsilon: 0.0 },
                "epsilon: 0 is not a finite number above 0",
            ),
            (
                |s| s.objective.corruption = vec![Noise::Gaussian { deviation: 1.0 }; 17],
                "corruption: 17 terms",
            ),
            (
                |s| s.objective.corruption = vec![Noise::MaskCells { low: 0.1, high: 0.6 }],
                "corruption: mask is for tables, whose columns are cells; use masking",
            ),
            (|s| s.objective.corruption = vec![Noise::CopyMask], "corruption: copy-mask is for tables"),
            (
                |s| {
                    s.objective.cells = vec![cell(0..2, 0..1)];
                    s.objective.corruption = vec![Noise::MaskCells { low: 0.6, high: 0.1 }];
                },
                "mask: 0.6..0.1 is not a range of probabilities",
            ),
            (
                |s| s.objective.corruption = vec![Noise::SwapCells { probability: -0.1 }],
                "swap: probability -0.1 is outside 0..=1",
            ),
            (
                |s| s.objective.cells = vec![cell(0..2, 0..2), cell(1..4, 2..4)],
                "cell 1: its inputs and units must not be empty, must come after those of the cell before it",
            ),
            (|s| s.objective.cells = vec![cell(0..2, 3..5)], "cell 0: its inputs and units"),
            (
                |s| s.objective.corruption = vec![Noise::Levels { low: 0.0, high: 1.0 }],
                "levels: 0..1 is not a range of finite numbers above 0",
            ),
            (|s| s.objective.corruption = vec![Noise::Levels { low: 2.0, high: 1.0 }], "levels: 2..1 is not"),
            (
                |s| s.objective.corruption = vec![Noise::Levels { low: 1.0, high: f64::INFINITY }],
                "levels: 1..inf is not",
            ),
            (
                |s| {
                    *s = denoiser();
                    s.objective.corruption.push(Noise::Gaussian { deviation: 0.1 });
                },
                "corruption: levels must be its only noise",
            ),
            (
                |s| *s = denoiser().with_loss(Loss::Squared),
                "loss: under levels of noise, heads that reconstruct the input need denoising",
            ),
            (
                |s| (*s = denoiser(), s.objective.corruption.clear()).1,
                "loss: denoising needs a corruption by levels",
            ),
            (
                |s| (*s = denoiser(), s.network.layers[1].activation = Activation::Tanh).1,
                "loss: denoising needs a linear last layer",
            ),
            (
                |s| (*s = denoiser(), s.objective.heads[0].target = Target::Values).1,
                "loss: denoising needs the clean input as its target",
            ),
            (
                |s| {
                    *s = denoiser();
                    (s.network.layers[1].outputs, s.objective.heads[0].units) = (4, 0..4);
                },
                "loss: denoising needs one output less than inputs, whose last is the level",
            ),
            (|s| s.objective.trim = 1.0, "trim: 1 is outside 0..1"),
            (|s| s.objective.trim = f64::NAN, "trim: NaN is outside 0..1"),
            (
                |s| (s.objective.heads[0].loss, s.objective.trim) = (Loss::CrossEntropy, 0.1),
                "trim: needs squared error or denoising on every head",
            ),
            (|s| s.objective.heads[0].weight = 0.0, "heads: weight 0 is not a finite number above 0"),
        ];
        for (change, start) in rows {
            let message = with(change);
            assert!(message.starts_with(start), "{message:?} should start with {start:?}");
        }
        base().check().unwrap();
        denoiser().check().unwrap();
        for cells in
            [vec![cell(1..5, 0..4)], vec![cell(0..2, 1..1)], vec![cell(2..4, 0..1), cell(0..2, 1..2)]]
        {
            let mut spec = base();
            spec.objective.cells = cells;
            assert!(spec.check().unwrap_err().to_string().contains("within 4 inputs and 4 outputs"));
        }
        let network = under(7, Activation::Linear);
        let objective = Objective::regression(&network);
        Task::new(network, objective).check().unwrap();
    }
}

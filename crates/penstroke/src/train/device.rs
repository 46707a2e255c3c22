//! The one place that opens engines.

use crate::Result;
use crate::config::Training;
use penstroke_engine::{
    Apply, CpuApply, CpuOptions, CpuTrain, InstructionSet, Network, Parameters, Precision, State, Task, Train,
};
use std::sync::Arc;

/// Where a network is computed: on a number of threads of this machine's processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Number of threads, at least 1.
    pub threads: usize,
    /// The vector instructions to use; by default the best that the processor has.
    pub instructions: InstructionSet,
    /// The number format of products in training. Networks are always applied in single precision.
    pub precision: Precision,
}

impl Device {
    /// The device that a configuration asks for.
    #[must_use]
    pub fn of(training: &Training) -> Self {
        let Training { instructions, precision, .. } = *training;
        Self { threads: training.n_threads(), instructions, precision }
    }

    /// The same in single precision.
    #[must_use]
    pub fn single_precision(self) -> Self {
        Self { precision: Precision::F32, ..self }
    }

    /// Opens an engine that applies a network. It shares the weights.
    ///
    /// # Errors
    /// If the engine cannot run the network.
    pub fn apply(self, network: Network, parameters: Arc<Parameters>) -> Result<Arc<dyn Apply>> {
        Ok(Arc::new(CpuApply::open(network, parameters, self.single_precision().options())?))
    }

    /// Opens engines that apply networks one after the other. They share buffers.
    ///
    /// # Errors
    /// If an engine cannot run its network.
    pub(crate) fn apply_each(
        self,
        networks: impl IntoIterator<Item = (Network, Parameters)>,
    ) -> Result<Vec<Arc<dyn Apply>>> {
        let mut opened: Vec<Arc<CpuApply>> = Vec::new();
        for (network, parameters) in networks {
            let new = CpuApply::open(network, Arc::new(parameters), self.single_precision().options())?;
            opened.push(Arc::new(match opened.first() {
                Some(first) => new.sharing(first),
                None => new,
            }));
        }
        Ok(opened.into_iter().map(|opened| opened as Arc<dyn Apply>).collect())
    }

    /// Opens an engine that trains a network, starting from `parameters`.
    ///
    /// # Errors
    /// If the engine cannot run the task, or the processor does not have the precision.
    pub fn train(self, task: &Task, parameters: Parameters) -> Result<Box<dyn Train>> {
        Ok(Box::new(CpuTrain::open(task, State::new(&task.network, parameters), self.options())?))
    }

    fn options(self) -> CpuOptions {
        let Self { threads, instructions, precision } = self;
        CpuOptions { threads, instructions, precision }
    }
}

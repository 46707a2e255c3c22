//! The compiled part of the Python package: trains, applies, reads and writes models while other Python threads run. The public
//! interface is plain Python, in `python/penstroke`.

mod applied;
mod config;
mod detector;
mod encoder;
mod errors;
mod fitted;
mod given;
mod imputer;
mod model;
mod pool;
mod samples;
mod supervised;
mod table;
mod watch;

use pyo3::prelude::*;

/// The module that Python imports.
#[pymodule(gil_used = false)]
mod _penstroke {
    #[pymodule_export]
    use super::config::{check_fine_tuning, check_layers};
    #[pymodule_export]
    use super::detector::{Detector, detector_defaults};
    #[pymodule_export]
    use super::encoder::TableEncoder;
    #[pymodule_export]
    use super::errors::panic_for_tests;
    #[pymodule_export]
    use super::imputer::{Imputer, imputer_defaults};
    #[pymodule_export]
    use super::model::{Model, corrupt};
    #[pymodule_export]
    use super::pool::{pool_numbers, pool_tables};
    #[pymodule_export]
    use super::samples::warn_of_narrowing;
    #[pymodule_export]
    use super::supervised::{learn_classes, learn_values};
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "as Python spells it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

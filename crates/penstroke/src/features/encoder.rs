//! The encoder of tables: its training, and the codes of rows.

use crate::config::{Named, TableEncoderConfig, without_defaults};
use crate::data::{Schema, TypedTable, indices, split};
use crate::tabular::{
    Encoding, Rows, canonical, check_fits, is_feature, network, objective, refuse_diverged,
};
use crate::train::{Choice, Device, History, Plan, Run, finite_parameters, train_choosing};
use crate::{Error, Result, interrupt};
use penstroke_engine::{
    Apply, BitRows, Descent, Initialization, Network, Objective, Parameters, Rows as EngineRows, Task,
    initial_parameters,
};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Rows that are encoded at a time.
const AT_ONCE: usize = 4096;

/// What the code of a row consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodeOutput {
    /// The activations of the last hidden layer.
    #[default]
    Last,
    /// The activations of all hidden layers side by side, the first layer first.
    All,
}

impl Named for CodeOutput {
    const WHAT: &'static str = "output";
    const ALL: &'static [(&'static str, Self)] = &[("last", CodeOutput::Last), ("all", CodeOutput::All)];
}

impl fmt::Display for CodeOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CodeOutput {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Named::parse(text)
    }
}

/// Learns the rows of a table, and encodes them.
///
/// Columns of kind [`Label`](crate::data::ColumnKind::Label) are left out, so codes may serve to predict them. Neither the order of rows or columns nor the number
/// of threads changes a bit.
///
/// ```
/// use penstroke::config::TableEncoderConfig;
/// use penstroke::data::{GivenColumn, SchemaOptions, TypedTable};
/// use penstroke::features::{CodeOutput, TableEncoder};
/// use penstroke::Run;
/// let size: Vec<f64> = (0..60).map(|i| if i == 7 { f64::NAN } else { f64::from(i % 9) }).collect();
/// let colour = (0..60).map(|i| Some(["red", "blue"][i % 2].to_owned())).collect();
/// let columns = vec![GivenColumn::Numbers(size), GivenColumn::Texts(colour)];
/// let names = vec!["size".into(), "colour".into()];
/// let table = TypedTable::from_columns("example", names, columns, &SchemaOptions::default())?;
/// let config = TableEncoderConfig { hidden: vec![16, 8], ..Default::default() }.epochs(3);
/// let encoder = TableEncoder::fit(&config, &table, &mut Run::new())?;
/// assert_eq!(encoder.encode(&table, CodeOutput::Last)?.len(), 60 * 8); // (60, 8), row-major
/// assert_eq!(encoder.encode(&table, CodeOutput::All)?.len(), 60 * (16 + 8));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TableEncoder {
    pub(super) config: TableEncoderConfig,
    pub(super) schema: Schema,
    pub(super) encoding: Encoding,
    pub(super) parameters: Arc<Parameters>,
    pub(super) history: History,
}

impl TableEncoder {
    /// Trains on the observed cells of a table. If an observer stops the training, the encoder has the weights of that moment.
    ///
    /// # Errors
    /// If an option is out of range, the table has fewer than [`TableEncoderConfig::fewest_rows`] or no column to learn, or training fails or ends far worse than
    /// always answering the mean.
    pub fn fit(config: &TableEncoderConfig, table: &TypedTable, run: &mut Run<'_>) -> Result<Self> {
        config.check()?;
        let (n, fewest) = (table.n_rows(), config.fewest_rows);
        if n < fewest {
            let problem = format!("has {n} rows; at least {fewest} are needed to learn from");
            return Err(Error::input(table.name(), problem));
        }
        let encoding = Encoding::learn(table, is_feature);
        if encoding.columns.is_empty() {
            return Err(Error::input(table.name(), "has no column to learn: all are left out"));
        }
        let (rows, _) = canonical(&encoding, table)?;
        let (config, parameters, history) = train(config, &encoding, &rows, run)?;
        // The loss is a sum over columns.
        refuse_diverged(table.name(), &history, encoding.columns.len() as f64)?;
        let schema = table.schema().clone();
        Ok(Self { config, schema, encoding, parameters: Arc::new(parameters), history })
    }

    /// What the columns of the table hold.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The configuration; its epochs and batch are set.
    pub fn config(&self) -> &TableEncoderConfig {
        &self.config
    }

    /// The losses of its training: the sum over columns, a column that is always answered by its mean or frequencies counting as 1.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Number of columns that are learned.
    pub fn n_columns(&self) -> usize {
        self.encoding.columns.len()
    }

    /// Number of values of a code.
    pub fn width(&self, output: CodeOutput) -> usize {
        match output {
            CodeOutput::Last => self.config.hidden.last().copied().unwrap_or_default(),
            CodeOutput::All => self.config.hidden.iter().sum(),
        }
    }

    /// Sets the number of threads; 0 means one per processor. Files do not store it, because no result depends on it.
    pub fn set_threads(&mut self, threads: usize) {
        self.config.training.threads = threads;
    }

    /// The codes of the rows of a table with this encoder's schema, `(rows, width)`, row-major; nothing is corrupted, and a missing cell
    /// stays missing. The code of a row depends on its own cells alone.
    ///
    /// # Errors
    /// If the table has other columns, or work is [stopped](crate::interrupt).
    pub fn encode(&self, table: &TypedTable, output: CodeOutput) -> Result<Vec<f32>> {
        check_fits(&self.schema, table)?;
        let width = self.width(output);
        Error::room(table.n_rows().saturating_mul(width), || "the codes take".into())?;
        let network = network(&self.config.hidden, &self.encoding);
        let engine = Device::of(&self.config.training).apply(network, Arc::clone(&self.parameters))?;
        let mut codes = Vec::with_capacity(table.n_rows() * width);
        let all: Vec<usize> = (0..table.n_rows()).collect();
        for rows in all.chunks(AT_ONCE) {
            interrupt::check()?;
            let inputs = self.encoding.encode(table.columns(), rows).inputs;
            self.append(&mut codes, &*engine, (inputs, rows.len()), output);
        }
        Ok(codes)
    }

    /// Appends the codes of `n` rows of inputs.
    fn append(
        &self,
        codes: &mut Vec<f32>,
        engine: &dyn Apply,
        (inputs, n): (Vec<f32>, usize),
        output: CodeOutput,
    ) {
        let (before, width) = (codes.len(), self.width(output));
        codes.resize(before + n * width, 0.0);
        let (mut below, mut start) = (inputs, 0);
        for (layer, &units) in self.config.hidden.iter().enumerate() {
            let mut above = vec![0.0; n * units];
            engine.apply(EngineRows::Floats(&below), layer..layer + 1, &mut above);
            let is_last = layer + 1 == self.config.hidden.len();
            if output == CodeOutput::All || is_last {
                let rows = codes[before..].chunks_exact_mut(width).zip(above.chunks_exact(units));
                rows.for_each(|(code, above)| code[start..start + units].copy_from_slice(above));
                start += units;
            }
            below = above;
        }
    }
}

/// The configuration with its epochs and batch, the trained weights, and the losses.
fn train(
    config: &TableEncoderConfig,
    encoding: &Encoding,
    rows: &Rows,
    run: &mut Run<'_>,
) -> Result<(TableEncoderConfig, Parameters, History)> {
    let split = split(rows.data.n_samples(), config.training.valid, config.training.seed)?;
    let config =
        TableEncoderConfig { training: config.training.settled(split.train.len()), ..config.clone() };
    let training = &config.training;
    let task = task(&config, encoding, rows.data.range());
    let start = initial_parameters(&task.network, training.seed, Initialization::Glorot);
    let mut engine = Device::of(training).train(&task, start)?;
    let (train, valid) = (indices(&split.train)?, indices(&split.valid)?);
    let plan = Plan {
        targets: Some(&rows.encoded.targets),
        labels: rows.encoded.labels.iter().map(Vec::as_slice).collect(),
        observed: Some(BitRows::new(&rows.encoded.observed, encoding.n_outputs)),
        config: without_defaults(&config),
        ..Plan::new(training, &rows.data, &train, &valid)
    };
    let choice = Choice { error: None, patience: training.patience, tolerance: 0.0 };
    let history = train_choosing(&mut *engine, &plan, training.patience.map(|_| &choice), run)?;
    let parameters = finite_parameters(&*engine, &plan)?;
    Ok((config, parameters, history))
}

/// All observed cells are targets, because a network that knows which cells were replaced need not learn to find them.
fn task(config: &TableEncoderConfig, encoding: &Encoding, range: (f32, f32)) -> Task {
    let TableEncoderConfig { hidden, training, .. } = config;
    let network: Network = network(hidden, encoding);
    let mut dropout = vec![config.dropout; hidden.len() + 1];
    dropout[hidden.len()] = 0.0;
    let objective = Objective {
        corruption: training.corruption.noises(range),
        dropout,
        seed: training.seed,
        ..objective(encoding)
    };
    let optimizer =
        Descent { weight_decay: training.weight_decay, ..Descent::new(training.optimizer.into()) };
    Task { network, objective, optimizer }
}

//! The options of `penstroke fit` and the configuration they make.

use crate::options::checkpoints::CheckpointArgs;
use crate::options::common::{DataDirArg, SamplesArg, ThreadsArg, VerbosityArgs};
use crate::options::file::ConfigFile;
use crate::options::schema::SchemaArgs;
use crate::options::shape::ShapeArg;
use crate::options::table::TableArgs;
use crate::options::training::{ModelArgs, ReconstructionArgs, TrainingArgs, check_lists};
use crate::options::values;
use crate::run::failure::Result;
use crate::run::progress::{Verbosity, spinner};
use crate::run::reading;
use crate::run::run_files::RunFiles;
use crate::run::shell::{shell_word, source_word};
use clap::Args;
use penstroke::Model;
use penstroke::data::patches::{PatchOptions, USUAL_CUTOFF};
use penstroke::data::{LoadOptions, Part, Samples, SamplesFor, Source};
use penstroke::{Autoencoder, AutoencoderConfig, Error};
use std::path::{Path, PathBuf};

/// Train a denoising autoencoder, or a stack of them, on a SOURCE and write it as a model file
///
/// Every sample is corrupted anew each time it is presented, and the network learns to restore the original. Losses are summed
/// over the components of a sample and averaged over samples.
///
/// A table with text or gaps trains an encoder of its rows: what the columns hold is found and told, a presentation of a row has some
/// of its cells replaced by those of other rows (--corruption swap:0.15), and hidden layers of --layers units restore the row. So does any
/// table with --types, --schema or --na-values.
///
/// With --layers, one autoencoder is trained after the other, each on the clean codes of the layers below. Options that take
/// several values, separated by commas, then give each layer its own.
///
/// Ctrl-C, SIGTERM and SIGHUP stop after the current batch, save the model and print the command that continues; a second Ctrl-C
/// quits at once.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke fit strokes --hidden 500 --corruption masking:0.25 --epochs 15 --out digits.safetensors\n  \
    penstroke fit mnist --layers 1000,1000,1000 --corruption masking:0.1,masking:0.2,masking:0.3 --out stack.safetensors\n  \
    penstroke fit survey.csv --types person=id --out survey.safetensors\n  \
    penstroke fit photographs/ --patches 12 --hidden 256 --corruption gaussian:0.5 --out edges.safetensors")]
pub(crate) struct FitArgs {
    /// Training data: a path, strokes, leaves, mnist, or another name from `penstroke data list`
    #[arg(value_parser = values::source())]
    pub(super) source: Source,
    /// The model file to write, in the safetensors format
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Continue from the weights of this model. Its configuration becomes the default of all options; hidden units, activations
    /// and preparation stay. With --layers, complete an interrupted stack
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["patches", "whiten"])]
    pub(super) from: Option<PathBuf>,
    /// Train a stack: the number of hidden units of each layer, from the input upwards, each at least 1
    #[arg(long, value_name = "N,..", value_delimiter = ',', value_parser = values::count, help_heading = "Model",
          conflicts_with = "hidden")]
    pub(super) layers: Vec<usize>,
    /// Then train all layers of a stack together for this many epochs: the input is corrupted, and the output of the last decoder
    /// is compared with the clean input, with the options of the first layer [default: 0]
    #[arg(long, value_name = "N", value_parser = values::count, help_heading = "Training", requires = "layers",
          conflicts_with = "hidden")]
    end_to_end: Option<usize>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    pub(super) training: TrainingArgs,
    #[command(flatten)]
    reconstruction: ReconstructionArgs,
    #[command(flatten)]
    samples: SamplesArg,
    /// Cut square patches, this many pixels a side, from the pictures of the source [default: 12 for leaves, else none]
    #[arg(long, value_name = "SIDE", value_parser = values::count, help_heading = "Data")]
    patches: Option<usize>,
    /// Cut-off frequency for whitening the pictures before patches are cut, in cycles per pixel, above 0; or none [default: 0.4]
    #[arg(long, value_name = "F0", value_parser = whiten, help_heading = "Data")]
    whiten: Option<Whiten>,
    /// Read samples of an .npy, IDX, Parquet or Arrow file, a table of text or a folder of Parquet files when they are needed, not
    /// all at once: for data larger than memory. The model is the same
    #[arg(long, help_heading = "Data")]
    stream: bool,
    #[command(flatten)]
    pub(super) checkpoints: CheckpointArgs,
    #[command(flatten)]
    pub(super) config: ConfigFile,
    #[command(flatten)]
    pub(super) table: TableArgs,
    #[command(flatten)]
    pub(super) schema: SchemaArgs,
    #[command(flatten)]
    shape: ShapeArg,
    #[command(flatten)]
    data_dir: DataDirArg,
    #[command(flatten)]
    pub(super) threads: ThreadsArg,
    #[command(flatten)]
    pub(super) verbosity: VerbosityArgs,
    /// Print a summary as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Whiten(Option<f64>);

fn whiten(text: &str) -> Result<Whiten, String> {
    match text {
        "none" => Ok(Whiten(None)),
        _ => text
            .parse()
            .map(|cutoff| Whiten(Some(cutoff)))
            .map_err(|_| format!("{text:?} is neither none nor a number; {USUAL_CUTOFF} is usual")),
    }
}

/// The command, after its options have been checked.
#[derive(Debug)]
pub(super) struct FitPlan {
    pub(super) args: FitArgs,
    pub(super) verbosity: Verbosity,
    patches: Option<PatchOptions>,
}

impl FitPlan {
    pub(super) fn new(args: FitArgs) -> Result<Self> {
        let plan = Self { patches: args.patches()?, verbosity: args.verbosity.verbosity(), args };
        // Checks options before files. The configuration of --from is not known yet.
        let FitArgs { model, training, reconstruction, layers, from, .. } = &plan.args;
        let n_layers = layers.len().max(1);
        check_lists(&model.lists(), n_layers)?;
        check_lists(&training.lists(), n_layers)?;
        check_lists(&reconstruction.lists(), n_layers)?;
        match (layers.is_empty(), from) {
            (false, _) => drop(plan.layer_configs()?),
            (true, None) => drop(plan.config(None)?),
            (true, Some(_)) => {}
        }
        Ok(plan)
    }

    /// Input files, which must not be overwritten.
    pub(super) fn inputs(&self) -> [Option<&Path>; 2] {
        [self.args.source.path(), self.args.config.config.as_deref()]
    }

    /// The configuration of a single autoencoder, starting from that of a model.
    pub(super) fn config(&self, start: Option<&Autoencoder>) -> Result<AutoencoderConfig> {
        let config = start.map_or_else(AutoencoderConfig::default, |model| model.config().clone());
        let config = self.changed(config, 0)?;
        config.check()?;
        Ok(config)
    }

    /// The configuration of every layer of a stack.
    pub(super) fn layer_configs(&self) -> Result<Vec<AutoencoderConfig>> {
        let epochs = &self.args.training.epochs;
        if epochs.contains(&0) && epochs.iter().any(|&epochs| epochs > 0) {
            let error = Error::option("epochs", "0 for some layers");
            return Err(error.hint("give 0 for all layers").hint("at least 1 for each").into());
        }
        let config = |(k, &hidden): (usize, &usize)| {
            let mut config = self.changed(AutoencoderConfig::default(), k)?;
            config.hidden = hidden;
            if config.training.epochs == Some(0) && self.end_to_end() > 0 {
                // Layers are then not trained one by one.
                config.training.epochs = Some(self.end_to_end());
            }
            config.check().map_err(|error| if k > 0 { error.in_layer(k) } else { error })?;
            Ok(config)
        };
        self.args.layers.iter().enumerate().map(config).collect()
    }

    fn changed(&self, mut config: AutoencoderConfig, layer: usize) -> Result<AutoencoderConfig> {
        let FitArgs { model, training, reconstruction, threads, .. } = &self.args;
        model.change(&mut config, layer);
        training.change(&mut config.training, layer)?;
        reconstruction.change(&mut config, layer);
        config.training.threads = threads.threads.unwrap_or_default();
        Ok(config)
    }

    pub(super) fn end_to_end(&self) -> usize {
        self.args.end_to_end.unwrap_or_default()
    }

    /// Opens checkpoints and logs.
    pub(super) fn open_checkpoints(&self, data: &dyn Samples) -> Result<RunFiles> {
        let [source, config] = self.inputs();
        self.args.checkpoints.open(data, &[source, self.args.from.as_deref(), config], &self.args.out)
    }

    pub(super) fn load(
        &self,
        config: &AutoencoderConfig,
        start: Option<&Autoencoder>,
    ) -> Result<Box<dyn Samples>> {
        let FitArgs { source, samples, table, shape, data_dir, stream, .. } = &self.args;
        let like = start.map(Autoencoder::preparation);
        let (table, scale) = table.options(like)?;
        let options = LoadOptions {
            data_dir: data_dir.folder(),
            part: Part::Train,
            n: samples.samples,
            patches: self.patches.clone(),
            seed: config.training.seed,
            shape: shape.shape,
            table,
            scale,
            like: like.cloned(),
        };
        let spinner = spinner(self.verbosity, &format!("reading {source}"));
        let data = reading::samples(source, &options, *stream)?;
        drop(spinner);
        let purpose = match start {
            Some(start) => SamplesFor::Model { range: start.range() },
            None => SamplesFor::Train { decoder: config.decoder },
        };
        reading::check(self.verbosity, source, &*data, purpose);
        Ok(data)
    }
}

impl FitArgs {
    fn patches(&self) -> Result<Option<PatchOptions>> {
        if self.patches.is_none() && self.source != Source::Leaves {
            return match self.whiten {
                None => Ok(None),
                Some(_) => Err(Error::option("whiten", "applies only to patches")
                    .set("patches", 12)
                    .leave_out("whiten")
                    .into()),
            };
        }
        if self.patches.is_none() && self.whiten.is_none() {
            // Loading leaves cuts the default patches.
            return Ok(None);
        }
        let usual = PatchOptions::default();
        Ok(Some(PatchOptions {
            side: self.patches.unwrap_or(usual.side),
            whiten: self.whiten.map_or(usual.whiten, |Whiten(cutoff)| cutoff),
            ..usual
        }))
    }

    /// The start of a command that trains on the same samples again.
    pub(super) fn command(&self) -> String {
        let mut command = format!("penstroke fit {}", source_word(&self.source));
        if let Some(n) = self.samples.samples {
            command += &format!(" --samples {n}");
        }
        if self.stream {
            command += " --stream";
        }
        command += &self.table.text().words();
        command += &self.shape.words();
        if let Some(folder) = &self.data_dir.data_dir {
            command += &format!(" --data-dir {}", shell_word(&folder.display().to_string()));
        }
        if let Some(threads) = self.threads.threads {
            command += &format!(" --threads {threads}");
        }
        if let Some(instructions) = self.training.step.instructions {
            command += &format!(" --instructions {}", instructions.name());
        }
        command
    }
}

//! `penstroke finetune`: trains a classifier or a regressor, on a trained stack or from scratch.

mod args;
mod classes;
mod values;
mod work;

pub(crate) use args::FinetuneArgs;

use crate::options::file::{Resolved, TOML};
use crate::run::failure::Result;
use crate::run::output::OutputFile;
use penstroke::model;

pub(crate) fn run(args: FinetuneArgs, resolved: &Resolved) -> Result<()> {
    // Checks options before files. The configuration of --from is not known yet.
    if args.from.is_none() {
        args.config(None)?;
    }
    args.check_test()?;
    args.threads.set();
    let out = OutputFile::open_model(&args.out)?.apart_from(args.inputs())?;
    Resolved::check(out.beside_it(TOML).as_deref())?;
    let start = args.from.as_ref().map(model::load).transpose()?;
    args.check_start(start.as_deref())?;
    let config = args.config(start.as_deref())?;
    let layers = args.layer_configs(&config)?;
    let work =
        work::FinetuneWork { args: &args, verbosity: args.verbosity.verbosity(), config, layers, resolved };
    match &args.targets {
        None => classes::run(&work, start, out),
        Some(path) => values::run(&work, start, out, path),
    }
}

//! `penstroke fit`: trains an autoencoder or a stack and writes it.

mod plan;
mod single;
mod stack;
mod table;

pub(crate) use plan::FitArgs;

use crate::options::file::{Resolved, TOML};
use crate::run::failure::Result;
use crate::run::output::OutputFile;

/// Numbers train an autoencoder. Another table trains an encoder of tables, if options ask for that, or if it cannot be read as numbers.
pub(crate) fn run(args: FitArgs, resolved: &Resolved) -> Result<()> {
    args.threads.set();
    if table::is_asked_for(&args, resolved) {
        return table::run(&args, resolved);
    }
    let plan = plan::FitPlan::new(args)?;
    let out = OutputFile::open_model(&plan.args.out)?.apart_from(plan.inputs())?;
    Resolved::check(out.beside_it(TOML).as_deref())?;
    match plan.args.layers.is_empty() {
        true => single::run(&plan, out, resolved),
        false => stack::run(&plan, out, resolved),
    }
}

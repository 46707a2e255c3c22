//! `penstroke fit`: trains an autoencoder or a stack and writes it.

mod plan;
mod single;
mod stack;

pub(crate) use plan::FitArgs;

use crate::options::file::{Resolved, TOML};
use crate::run::failure::Result;
use crate::run::output::OutputFile;

pub(crate) fn run(args: FitArgs, resolved: &Resolved) -> Result<()> {
    let plan = plan::FitPlan::new(args)?;
    plan.args.threads.set();
    let out = OutputFile::open_model(&plan.args.out)?.apart_from(plan.inputs())?;
    Resolved::check(out.beside_it(TOML).as_deref())?;
    match plan.args.layers.is_empty() {
        true => single::run(&plan, out, resolved),
        false => stack::run(&plan, out, resolved),
    }
}

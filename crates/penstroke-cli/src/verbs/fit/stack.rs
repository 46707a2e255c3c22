//! Trains a stack: layer by layer, all layers together, or one after the other.

use super::plan::FitPlan;
use super::table;
use crate::options::file::Resolved;
use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{TrainingProgress, Verbosity};
use penstroke::Model;
use penstroke::Stack;
use penstroke::error::counted;
use serde_json::{Value, json};

pub(super) fn run(plan: &FitPlan, out: OutputFile, resolved: &Resolved) -> Result<()> {
    let configs = plan.layer_configs()?;
    let args = &plan.args;
    let start = args.from.as_ref().map(Stack::load).transpose()?;
    let data = match plan.load(&configs[0], start.as_ref().map(|stack| &stack.layers()[0])) {
        Ok(data) => data,
        Err(failure) => return table::run_instead(plan, out, resolved, failure),
    };
    let mut files = plan.open_checkpoints(&*data)?;
    let mut progress = TrainingProgress::new(plan.verbosity);
    // Until the end: a Ctrl-C while the model is being saved must not lose it.
    interrupt::can_stop();
    let mut run = files.run(&mut progress);
    let epochs = &args.training.epochs;
    let only_together = !epochs.is_empty() && epochs.iter().all(|&epochs| epochs == 0);
    let mut stack = match start {
        // The layers of such a stack are never trained one by one.
        Some(start) if only_together => start,
        Some(start) => start.continue_fit(&configs, &*data, &mut run)?,
        None if only_together => Stack::initial(&configs, &*data)?,
        None => Stack::fit(&configs, &*data, &mut run)?,
    };
    let greedy_done = stack.layers().iter().all(|layer| !layer.history().stopped);
    let left = plan.end_to_end().saturating_sub(stack.end_to_end().train_loss.len());
    if left > 0 && greedy_done {
        stack.train_end_to_end(&configs[0].clone().epochs(left), &*data, &mut run)?;
    }
    let seconds = progress.total_seconds();
    let unwritten =
        args.checkpoints.save((progress, files), stack.stopped(), (out, resolved), stack.to_bytes())?;

    if args.json {
        output::print_json(&json(plan, &stack, data.n_samples(), seconds))?;
    } else if plan.verbosity != Verbosity::Quiet {
        output::print(&lines(plan, &stack))?;
    }
    if stack.stopped() {
        let (done, all, file) = (stack.layers().len(), configs.len(), args.out.display());
        return Err(Failure::Interrupted(format!(
            "interrupted in layer {done} of {all}; the result so far is saved; to continue, add --from {file} to the same command"
        )));
    }
    unwritten.check()
}

fn lines(plan: &FitPlan, stack: &Stack) -> String {
    let units: Vec<_> = stack.layers().iter().map(|layer| layer.n_hidden().to_string()).collect();
    let file = plan.args.out.display();
    let mut lines =
        format!("{file}: a stack of {} over {}", units.join(", "), counted(stack.n_visible(), "value"));
    for (k, layer) in stack.layers().iter().enumerate() {
        let history = layer.history();
        lines += &format!(
            "\n  layer {}: {}{}{}",
            k + 1,
            counted(history.train_loss.len(), "epoch"),
            output::last_loss("training", &history.train_loss),
            output::last_loss("validation", &history.valid_loss)
        );
    }
    let losses = &stack.end_to_end().train_loss;
    if !losses.is_empty() {
        lines += &format!(
            "\n  end to end: {}{}",
            counted(losses.len(), "epoch"),
            output::last_loss("training", losses)
        );
    }
    lines
}

fn json(plan: &FitPlan, stack: &Stack, n_samples: usize, seconds: f64) -> Value {
    let layers: Vec<_> = stack
        .layers()
        .iter()
        .map(|layer| json!({"n_hidden": layer.n_hidden(), "config": layer.config(), "history": layer.history()}))
        .collect();
    json!({
        "model": plan.args.out.display().to_string(),
        "source": plan.args.source.to_string(),
        "n_samples": n_samples,
        "n_visible": stack.n_visible(),
        "layers": layers,
        "end_to_end": stack.end_to_end(),
        "interrupted": stack.stopped(),
        "seconds": seconds,
    })
}

//! A stack: trained layer by layer, all together, or one after the other.

use super::{Plan, Telling};
use crate::options::file::Resolved;
use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use crate::run::output::{self, OutputFile};
use crate::run::progress::Training;
use penstroke::Stack;
use serde_json::{Value, json};

pub(super) fn run(plan: &Plan, out: OutputFile, resolved: &Resolved) -> Result<()> {
    let configs = plan.layer_configs()?;
    let start = plan.from.as_ref().map(Stack::load).transpose()?;
    let data = plan.load(&configs[0], start.as_ref().map(|stack| &stack.layers()[0]))?;
    let mut progress = Training::new(plan.telling).keeping(plan.open_kept(&*data)?);
    // To the end: whoever presses Ctrl-C while the model is being saved wants it saved.
    interrupt::can_stop();
    let epochs = plan.training.epochs();
    let only_together = !epochs.is_empty() && epochs.iter().all(|&epochs| epochs == 0);
    let mut stack = match start {
        // Its layers were never trained one by one.
        Some(start) if only_together => start,
        Some(start) => start.go_on(&configs, &*data, &mut progress)?,
        None if only_together => Stack::initial(&configs, &*data)?,
        None => Stack::fit(&configs, &*data, &mut progress)?,
    };
    let greedy_done = stack.layers().iter().all(|layer| !layer.history().stopped);
    let left = plan.end_to_end.saturating_sub(stack.end_to_end().train_loss.len());
    if left > 0 && greedy_done {
        let config = configs[0].clone().epochs(left);
        stack.train_end_to_end(&config, &*data, &mut progress)?;
    }
    let seconds = progress.total_seconds();
    plan.keeping.save(progress, stack.stopped(), (out, resolved), stack.to_bytes())?;

    let file = plan.out.display().to_string();
    if plan.json {
        output::print_json(&answer(plan, &stack, data.n_samples(), seconds))?;
    } else if plan.telling != Telling::Quiet {
        let units: Vec<_> = stack.layers().iter().map(|layer| layer.n_hidden().to_string()).collect();
        output::print(&format!("{file}: a stack of {} over {} values", units.join(", "), stack.n_visible()))?;
        for (k, layer) in stack.layers().iter().enumerate() {
            let history = layer.history();
            let loss = |name: &str, losses: &[f64]| {
                losses.last().map_or(String::new(), |loss| format!("; {name} loss {loss:.4}"))
            };
            let (train, valid) =
                (loss("training", &history.train_loss), loss("validation", &history.valid_loss));
            output::print(&format!("  layer {}: {} epochs{train}{valid}", k + 1, history.train_loss.len()))?;
        }
        if let Some(loss) = stack.end_to_end().train_loss.last() {
            let epochs = stack.end_to_end().train_loss.len();
            output::print(&format!("  end to end: {epochs} epochs; training loss {loss:.4}"))?;
        }
    }
    if stack.stopped() {
        let (done, all) = (stack.layers().len(), configs.len());
        return Err(Failure::Interrupted(format!(
            "interrupted in layer {done} of {all}; what was trained is saved; to go on, add --from {file} to the same command"
        )));
    }
    Ok(())
}

fn answer(plan: &Plan, stack: &Stack, n_samples: usize, seconds: f64) -> Value {
    let layers: Vec<_> = stack
        .layers()
        .iter()
        .map(|layer| json!({"n_hidden": layer.n_hidden(), "config": layer.config(), "history": layer.history()}))
        .collect();
    json!({
        "model": plan.out.display().to_string(),
        "source": plan.source.to_string(),
        "n_samples": n_samples,
        "n_visible": stack.n_visible(),
        "layers": layers,
        "end_to_end": stack.end_to_end(),
        "interrupted": stack.stopped(),
        "seconds": seconds,
    })
}

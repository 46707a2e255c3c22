//! The trained models of a run and the names of their files.

use super::digits::Digits;
use super::scenes::Scenes;
use crate::Autoencoder;

/// File names without folder or extension, and the models.
pub(super) type NamedModels = Vec<(String, Autoencoder)>;

/// All models: of digits, then of scenes.
pub(super) fn named(digits: Digits, scenes: Scenes) -> NamedModels {
    let digits = digits.models.into_iter().map(|trained| ("digits", trained.model));
    let scenes = scenes.models.into_iter().map(|trained| ("scenes", trained.model));
    digits.chain(scenes).map(|(of, model)| (name(of, &model), model)).collect()
}

/// What distinguishes a model: `digits-masking-0.25-seed-0`.
fn name(of: &str, model: &Autoencoder) -> String {
    let training = &model.config().training;
    let kind = match (training.corruption.is_none(), training.weight_decay) {
        (true, 0.0) => "no-noise".to_owned(),
        (true, decay) => format!("weight-decay-{decay}"),
        (false, _) => training.corruption.to_string().replace(':', "-"),
    };
    format!("{of}-{kind}-seed-{}", training.seed)
}

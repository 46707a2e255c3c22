use super::*;
use crate::data::{Dataset, Part, Selection, strokes};
use crate::{
    Autoencoder, AutoencoderConfig, Classifier, Event, Flow, Model, Observer, Run, Stack, SupervisedConfig,
};

/// Stops after this many events.
struct Watched {
    left: usize,
}

impl Observer for Watched {
    fn observe(&mut self, _: &Event) -> Flow {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Flow::Stop } else { Flow::Continue }
    }
}

fn config() -> AutoencoderConfig {
    let corruption = "masking:0.5->0.1".parse().unwrap();
    AutoencoderConfig { hidden: 12, ..Default::default() }
        .epochs(3)
        .batch(16)
        .valid(0.2)
        .corruption(corruption)
}

fn digits() -> Dataset {
    strokes::generate(0, Part::Train, 80).unwrap()
}

/// Trains again and again in pieces of `events` events, each resuming the one before, and gives the last one's result.
fn in_pieces<T>(events: usize, every: Duration, mut train: impl FnMut(&mut Run<'_>) -> (T, bool)) -> T {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..500 {
        let mut checkpoints = Checkpoints::resume(folder.path().join("run"), every).unwrap();
        let mut watched = Watched { left: events };
        let (result, stopped) = train(&mut Run::new().observer(&mut watched).checkpoints(&mut checkpoints));
        if !stopped {
            return result;
        }
    }
    panic!("it never ends");
}

#[test]
fn an_interrupted_run_ends_with_the_bytes_of_an_uninterrupted_one() {
    let data = digits();
    let unbroken = Autoencoder::fit(&config(), &data, &mut Run::new()).unwrap().to_bytes().unwrap();
    for events in [2, 3, 5, 7, 100] {
        let model = in_pieces(events, Duration::MAX, |run| {
            let model = Autoencoder::fit(&config(), &data, run).unwrap();
            let stopped = model.history().stopped;
            (model, stopped)
        });
        assert_eq!(model.to_bytes().unwrap(), unbroken, "{events} events");
    }
}

#[test]
fn a_stack_and_a_classifier_on_it_are_resumed_training_by_training() {
    let data = digits();
    let configs = [config(), AutoencoderConfig { hidden: 8, ..config() }.epochs(2)];
    let tuning = SupervisedConfig { dropout: 0.2, ..Default::default() }.epochs(4).batch(16).valid(0.3);
    let train = |run: &mut Run<'_>| {
        let stack = Stack::fit(&configs, &data, run).unwrap();
        if stack.stopped() {
            return (None, true);
        }
        let classifier = Classifier::fit(&stack, &tuning, &data, None, run).unwrap();
        let stopped = classifier.history().stopped;
        (Some(classifier.to_bytes().unwrap()), stopped)
    };
    let (unbroken, _) = train(&mut Run::new());
    // Two layers that are passed over, each with its beginning, and the beginning of a training are five events.
    for events in [7, 11] {
        assert!(unbroken == in_pieces(events, Duration::MAX, train), "{events} events");
    }
}

#[test]
fn a_killed_run_resumes_from_its_last_checkpoint() {
    let data = digits();
    let unbroken = Autoencoder::fit(&config(), &data, &mut Run::new()).unwrap();
    for left in [2, 4, 9] {
        let folder = tempfile::tempdir().unwrap();
        let kept = || Checkpoints::resume(folder.path(), Duration::ZERO).unwrap();
        // A panic leaves the same files as a kill.
        let killed = std::panic::catch_unwind(|| {
            let (mut checkpoints, mut left) = (kept(), left);
            let mut kill = |_: &Event| {
                left -= 1;
                assert!(left > 0, "killed");
                Flow::Continue
            };
            let mut run = Run::new().observer(&mut kill).checkpoints(&mut checkpoints);
            drop(Autoencoder::fit(&config(), &data, &mut run));
        });
        assert!(killed.is_err());
        let mut presented_at = Vec::new();
        let mut note = |event: &Event| {
            if let Event::Batch { presented, .. } = event {
                presented_at.push(*presented);
            }
            Flow::Continue
        };
        let mut checkpoints = kept();
        let mut run = Run::new().observer(&mut note).checkpoints(&mut checkpoints);
        let model = Autoencoder::fit(&config(), &data, &mut run).unwrap();
        assert_eq!(model.to_bytes().unwrap(), unbroken.to_bytes().unwrap());
        // Four batches of 16 an epoch; begin, batches and the ends of epochs are events. Nothing is learned twice.
        let learned = [2, 4, 9].iter().position(|&l| l == left).map(|k| [0, 2, 6][k]).unwrap();
        assert_eq!(presented_at.len(), 12 - learned);
        checkpoints.remove().unwrap();
        assert!(!folder.path().exists());
    }
}

#[test]
fn a_foreign_checkpoint_is_refused_with_a_remedy() {
    let data = digits();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run");
    let resume = |config: &AutoencoderConfig, data: &Dataset| {
        let mut checkpoints = Checkpoints::resume(&place, Duration::ZERO).unwrap();
        let mut watched = Watched { left: 4 };
        Autoencoder::fit(config, data, &mut Run::new().observer(&mut watched).checkpoints(&mut checkpoints))
    };
    resume(&config(), &data).unwrap();
    let file = place.join("1.safetensors");

    let busy = Checkpoints::begin(&place, Duration::ZERO).unwrap_err().to_string();
    assert!(
        busy.ends_with("holds checkpoints of an unfinished run; continue with resume, or remove the folder")
    );
    let refused = |config: &AutoencoderConfig, data: &Dataset, words: &str| {
        let message = resume(config, data).map(drop).unwrap_err().to_string();
        assert!(message.starts_with(&file.display().to_string()), "{message}");
        assert!(message.contains(words) && !message.contains('\n'), "{message}");
    };
    let other = "belongs to another command, version or other data; resume with the command that began";
    refused(&config().learning_rate(0.1), &data, other);
    refused(&config().epochs(4), &data, other);
    refused(&config().seed(1), &data, other);
    refused(&config(), &strokes::generate(1, Part::Train, 80).unwrap(), other);

    let good = fs::read(&file).unwrap();
    for cut in [0, 7, 100, good.len() / 2, good.len() - 1] {
        fs::write(&file, &good[..cut]).unwrap();
        refused(&config(), &data, "is not a checkpoint (");
        refused(&config(), &data, "remove it to start the training again");
    }
    let changed = |from: &str, to: &str| {
        // Replacements are as long as what they replace: lengths and places in the file stay true.
        assert_eq!(from.len(), to.len());
        let at = good.windows(from.len()).position(|bytes| bytes == from.as_bytes()).unwrap();
        let mut bytes = good.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&file, bytes).unwrap();
    };
    changed("\\\"format\\\":2", "\\\"format\\\":9");
    refused(&config(), &data, "has checkpoint format 9, this version reads up to 2; update penstroke");
    changed("\\\"format\\\":2", "\\\"format\\\":1");
    refused(
        &config(),
        &data,
        "has checkpoint format 1, of a version with other defaults; finish the training with that version",
    );
    changed("\\\"epochs_begun\\\":1", "\\\"epochs_begun\\\":0");
    refused(&config(), &data, "its place does not match its history");
    changed("\"dtype\":\"F32\",\"shape\":[9408]", "\"dtype\":\"F32\",\"shape\":[9407]");
    refused(&config(), &data, "is not a checkpoint (");
    changed("\"dtype\":\"F32\"", "\"dtype\":\"I32\"");
    refused(&config(), &data, " is I32 [");
    changed("penstroke-checkpoint", "penstroke-checkpoinT");
    refused(&config(), &data, "its metadata has no entry");
    let mut bytes = good.clone();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&file, bytes).unwrap();
    refused(&config(), &data, " holds values that are not finite");
    fs::write(&file, good).unwrap();
    resume(&config(), &data).unwrap();
}

#[test]
fn the_default_of_an_option_does_not_change_a_fingerprint() {
    // A new option with its default leaves the text alone, and so the checkpoints of trainings that do not use it.
    use crate::config::without_defaults;
    assert_eq!(without_defaults(&AutoencoderConfig::default()), "{}");
    assert_eq!(without_defaults(&SupervisedConfig::default().threads(3)), "{}");
    let text = without_defaults(&config());
    assert_eq!(text, r#"{"batch":16,"corruption":"masking:0.5->0.1","epochs":3,"hidden":12,"valid":0.2}"#);
}

#[test]
fn a_checkpoint_belongs_to_every_option_but_the_number_of_threads() {
    let data = digits();
    let folder = tempfile::tempdir().unwrap();
    let resume = |name: &str, fit: &dyn Fn(&mut Run<'_>) -> Result<()>| {
        let mut checkpoints = Checkpoints::resume(folder.path().join(name), Duration::ZERO).unwrap();
        let mut watched = Watched { left: 4 };
        fit(&mut Run::new().observer(&mut watched).checkpoints(&mut checkpoints))
    };
    let fit = |config: AutoencoderConfig| {
        resume("fit", &|run| Autoencoder::fit(&config, &data, run).map(drop)).is_ok()
    };
    let with = |change: fn(&mut AutoencoderConfig)| {
        let mut config = config();
        change(&mut config);
        config
    };
    assert!(fit(config()));
    let others: [fn(&mut AutoencoderConfig); 14] = [
        |c| c.tied = false,
        |c| c.training.instructions = penstroke_engine::InstructionSet::named("portable").unwrap(),
        |c| c.loss = crate::Reconstruction::CrossEntropy,
        |c| c.emphasis = Some((1.0, 0.5)),
        |c| c.l1 = 0.1,
        |c| c.contraction = 0.1,
        |c| c.sparsity = Some("0.05:0.1".parse().unwrap()),
        |c| c.training.optimizer = crate::Optimizer::ADAM.set("beta2", 0.99).unwrap(),
        |c| c.training.batch = Some(20),
        |c| c.training.schedule = "constant".parse().unwrap(),
        |c| c.training.weight_decay = 0.1,
        |c| c.training.corruption = "masking:0.5".parse().unwrap(),
        |c| c.training.patience = Some(2),
        |c| c.tolerance = 0.5,
    ];
    for (number, change) in others.into_iter().enumerate() {
        assert!(!fit(with(change)), "change {number}");
    }
    assert!(fit(config().threads(3)));

    let stack = Stack::initial(&[config()], &data).unwrap();
    let tune = |config: SupervisedConfig| {
        resume("tune", &|run| Classifier::fit(&stack, &config, &data, None, run).map(drop)).is_ok()
    };
    let usual = || SupervisedConfig::default().epochs(3).batch(16);
    assert!(tune(usual()));
    for config in [
        SupervisedConfig { dropout: 0.2, ..usual() },
        SupervisedConfig { max_norm: Some(3.0), ..usual() },
        SupervisedConfig { label_smoothing: 0.1, ..usual() },
        SupervisedConfig { class_weight: "balanced".parse().unwrap(), ..usual() },
    ] {
        assert!(!tune(config.clone()), "{config:?}");
    }
    let mut weights = vec![1.0; 80];
    let mut weighted = |first: f32| {
        weights[0] = first;
        let data = Selection::new(&data, (0..80).collect()).unwrap().with_weights("w", &weights).unwrap();
        resume("tune", &|run| Classifier::fit(&stack, &usual(), &data, None, run).map(drop)).is_ok()
    };
    assert_eq!([1.0, 2.0].map(&mut weighted), [true, false]);
    assert!(tune(usual()));
}

#[test]
fn fingerprints_stay_as_they_are() {
    // If this one changes, trainings that an earlier version began can no longer be resumed.
    let data = Dataset::new("x", crate::data::Values::Floats(vec![0.25, 0.5, 0.75, 1.0]), 2).unwrap();
    let config = AutoencoderConfig { hidden: 1, ..Default::default() }.epochs(1).valid(0.0).threads(1);
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoints = Checkpoints::begin(folder.path(), Duration::ZERO).unwrap();
    Autoencoder::fit(&config, &data, &mut Run::new().checkpoints(&mut checkpoints)).unwrap();
    let bytes = fs::read(folder.path().join("1.safetensors")).unwrap();
    let fingerprint = b"272348a1ff2eedcd89116d117773caf2";
    assert!(bytes.windows(fingerprint.len()).any(|window| window == fingerprint));
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_told_once_and_the_training_goes_on() {
    let data = digits();
    let unbroken = Autoencoder::fit(&config(), &data, &mut Run::new()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run");
    let mut checkpoints = Checkpoints::begin(&place, Duration::ZERO).unwrap();
    let (mut problems, mut gone) = (Vec::new(), false);
    let mut watch = |event: &Event| {
        match event {
            // In the middle of the training a file takes the place of the folder.
            Event::Epoch { epoch: 1, .. } if !gone => {
                fs::remove_dir_all(&place).unwrap();
                fs::write(&place, "").unwrap();
                gone = true;
            }
            Event::Unwritten { problem } => problems.push(problem.clone()),
            _ => {}
        }
        Flow::Continue
    };
    let model = Autoencoder::fit(
        &config(),
        &data,
        &mut Run::new().observer(&mut watch).checkpoints(&mut checkpoints),
    );
    assert_eq!(model.unwrap().to_bytes().unwrap(), unbroken.to_bytes().unwrap());
    assert_eq!(problems.len(), 1, "{problems:?}");
    let file = place.join("1.safetensors");
    assert!(problems[0].starts_with(&file.display().to_string()), "{problems:?}");
    assert_eq!(checkpoints.failure().unwrap().to_string(), problems[0]);
    fs::remove_file(&place).unwrap();
    checkpoints.remove().unwrap();

    // The disk has room again before the end: the last checkpoint is there.
    let mut checkpoints = Checkpoints::begin(&place, Duration::ZERO).unwrap();
    let mut n_problems = 0;
    let mut watch = |event: &Event| {
        match event {
            Event::Begin { .. } => fs::remove_dir_all(&place).unwrap(),
            Event::Epoch { epoch: 2, .. } => fs::create_dir(&place).unwrap(),
            Event::Unwritten { .. } => n_problems += 1,
            _ => {}
        }
        Flow::Continue
    };
    let mut run = Run::new().observer(&mut watch).checkpoints(&mut checkpoints);
    Autoencoder::fit(&config(), &data, &mut run).unwrap();
    assert!(checkpoints.failure().is_none() && n_problems == 1);

    // An observer may end a training that has no checkpoints.
    fs::remove_dir_all(&place).unwrap();
    let mut stop = |event: &Event| match event {
        Event::Begin { .. } => {
            fs::remove_dir_all(&place).unwrap();
            Flow::Continue
        }
        Event::Unwritten { .. } => Flow::Stop,
        _ => Flow::Continue,
    };
    let mut checkpoints = Checkpoints::begin(&place, Duration::ZERO).unwrap();
    let mut run = Run::new().observer(&mut stop).checkpoints(&mut checkpoints);
    let model = Autoencoder::fit(&config(), &data, &mut run).unwrap();
    assert!(model.history().stopped && model.history().train_loss.is_empty());
}

#[test]
fn a_folder_belongs_to_one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = Checkpoints::begin(folder.path(), Duration::ZERO).unwrap();
    for second in [Checkpoints::begin, Checkpoints::resume] {
        let message = second(folder.path(), Duration::ZERO).unwrap_err().to_string();
        let words = "is in use: another penstroke writes its checkpoints there; wait until it ends, or name another folder";
        assert_eq!(message, format!("{}: {words}", folder.path().display()));
    }
    drop(first);
    Checkpoints::begin(folder.path(), Duration::ZERO).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn checkpoints_are_removed_from_the_last_to_the_first_and_gaps_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let write = |numbers: &[usize]| {
        numbers.iter().for_each(|n| fs::write(file(&format!("{n}.safetensors")), "").unwrap());
    };
    let message = |open: fn(&std::path::Path, Duration) -> Result<Checkpoints>| {
        open(folder.path(), Duration::ZERO).unwrap_err().to_string()
    };
    // A removal that stops in the middle leaves the first ones. This one stops at a folder, which `remove_file` refuses.
    write(&[1, 3, 4, 12]);
    fs::write(file("01.safetensors"), "of something else").unwrap();
    fs::create_dir(file("2.safetensors")).unwrap();
    for n in 5..=11 {
        write(&[n]);
    }
    let checkpoints = Checkpoints::resume(folder.path(), Duration::ZERO).unwrap();
    assert!(checkpoints.has_checkpoint());
    checkpoints.remove().unwrap_err();
    assert_eq!(numbers(folder.path()).unwrap(), [1, 2]);

    // What is left of another run is found before the first training, not when its number comes.
    fs::remove_file(file("1.safetensors")).unwrap();
    for open in [
        |f: &std::path::Path, e| Checkpoints::begin(f, e),
        |f: &std::path::Path, e| Checkpoints::resume(f, e),
    ] {
        let words = "holds 2.safetensors but not 1.safetensors, so no run can continue from it; remove its checkpoints, or name another folder";
        assert_eq!(message(open), format!("{}: {words}", folder.path().display()));
    }
}

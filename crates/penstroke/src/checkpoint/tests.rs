use super::*;
use crate::data::{Dataset, Part, strokes};
use crate::{
    Autoencoder, AutoencoderConfig, Classifier, Event, Flow, Observer, Silent, Stack, SupervisedConfig,
};

/// Keeps every batch, and stops after so many events.
struct Watched {
    checkpoints: Checkpoints,
    left: usize,
}

impl Observer for Watched {
    fn observe(&mut self, _: &Event) -> Flow {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { Flow::Stop } else { Flow::Continue }
    }

    fn checkpoints(&mut self) -> Option<&mut Checkpoints> {
        Some(&mut self.checkpoints)
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

/// Runs `run` again and again in pieces of `events` events, each resuming the one before, and gives the last one's result.
fn in_pieces<T>(events: usize, every: Duration, mut run: impl FnMut(&mut dyn Observer) -> (T, bool)) -> T {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..500 {
        let checkpoints = Checkpoints::resume(folder.path().join("run"), every).unwrap();
        let (result, stopped) = run(&mut Watched { checkpoints, left: events });
        if !stopped {
            return result;
        }
    }
    panic!("it never ends");
}

#[test]
fn an_interrupted_run_ends_with_the_bytes_of_an_uninterrupted_one() {
    let data = digits();
    let unbroken = Autoencoder::fit(&config(), &data, &mut Silent).unwrap().to_bytes().unwrap();
    for events in [2, 3, 5, 7, 100] {
        let model = in_pieces(events, Duration::MAX, |observer| {
            let model = Autoencoder::fit(&config(), &data, observer).unwrap();
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
    let run = |observer: &mut dyn Observer| {
        let stack = Stack::fit(&configs, &data, observer).unwrap();
        if stack.stopped() {
            return (None, true);
        }
        let classifier = Classifier::fit(&stack, &tuning, &data, None, observer).unwrap();
        let stopped = classifier.history().stopped;
        (Some(classifier.to_bytes().unwrap()), stopped)
    };
    let (unbroken, _) = run(&mut Silent);
    // Two layers that are passed over, each with its beginning, and the beginning of a training are five events.
    for events in [7, 11] {
        assert!(unbroken == in_pieces(events, Duration::MAX, run), "{events} events");
    }
}

/// Fails at some batch as if the process were killed there: nothing is kept but what was kept before.
struct Killed {
    checkpoints: Checkpoints,
    left: usize,
}

impl Observer for Killed {
    fn observe(&mut self, _: &Event) -> Flow {
        self.left -= 1;
        assert!(self.left > 0, "killed");
        Flow::Continue
    }

    fn checkpoints(&mut self) -> Option<&mut Checkpoints> {
        Some(&mut self.checkpoints)
    }
}

#[test]
fn a_killed_run_resumes_from_its_last_checkpoint() {
    let data = digits();
    let unbroken = Autoencoder::fit(&config(), &data, &mut Silent).unwrap();
    for left in [2, 4, 9] {
        let folder = tempfile::tempdir().unwrap();
        let kept = || Checkpoints::resume(folder.path(), Duration::ZERO).unwrap();
        let killed = std::panic::catch_unwind(|| {
            drop(Autoencoder::fit(&config(), &data, &mut Killed { checkpoints: kept(), left }));
        });
        assert!(killed.is_err());
        let mut presented = Vec::new();
        let mut resumed = Watched { checkpoints: kept(), left: usize::MAX };
        let model = {
            struct Noting<'a>(&'a mut Watched, &'a mut Vec<u64>);
            impl Observer for Noting<'_> {
                fn observe(&mut self, event: &Event) -> Flow {
                    if let Event::Batch { presented, .. } = event {
                        self.1.push(*presented);
                    }
                    self.0.observe(event)
                }
                fn checkpoints(&mut self) -> Option<&mut Checkpoints> {
                    self.0.checkpoints()
                }
            }
            Autoencoder::fit(&config(), &data, &mut Noting(&mut resumed, &mut presented)).unwrap()
        };
        assert_eq!(model.to_bytes().unwrap(), unbroken.to_bytes().unwrap());
        // Four batches of 16 an epoch; begin, batches and the ends of epochs are events. Nothing is learned twice.
        let learned = [2, 4, 9].iter().position(|&l| l == left).map(|k| [0, 2, 6][k]).unwrap();
        assert_eq!(presented.len(), 12 - learned);
        kept().remove().unwrap();
        assert!(!folder.path().exists());
    }
}

#[test]
fn a_foreign_checkpoint_is_refused_with_a_remedy() {
    let data = digits();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("run");
    let resume = || Watched { checkpoints: Checkpoints::resume(&place, Duration::ZERO).unwrap(), left: 4 };
    Autoencoder::fit(&config(), &data, &mut resume()).unwrap();
    let file = place.join("1.safetensors");

    let busy = Checkpoints::begin(&place, Duration::ZERO).unwrap_err().to_string();
    assert!(
        busy.ends_with("holds checkpoints of an unfinished run; continue with resume, or remove the folder")
    );
    let refused = |config: &AutoencoderConfig, data: &Dataset, words: &str| {
        let message = Autoencoder::fit(config, data, &mut resume()).map(drop).unwrap_err().to_string();
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
    changed("\\\"format\\\":1", "\\\"format\\\":9");
    refused(&config(), &data, "has checkpoint format 9, this version reads up to 1; update penstroke");
    changed("\\\"epochs_begun\\\":1", "\\\"epochs_begun\\\":0");
    refused(&config(), &data, "its place and its history do not go together");
    changed("\"dtype\":\"F32\",\"shape\":[9408]", "\"dtype\":\"F32\",\"shape\":[9407]");
    refused(&config(), &data, "is not a checkpoint (");
    changed("\"dtype\":\"F32\"", "\"dtype\":\"I32\"");
    refused(&config(), &data, " is I32 [");
    changed("penstroke-checkpoint", "penstroke-checkpoinT");
    refused(&config(), &data, "its metadata lack the entry");
    let mut bytes = good.clone();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&file, bytes).unwrap();
    refused(&config(), &data, " holds values that are not finite");
    fs::write(&file, good).unwrap();
    Autoencoder::fit(&config(), &data, &mut resume()).unwrap();
}

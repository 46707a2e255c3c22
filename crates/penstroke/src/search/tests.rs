use super::*;
use crate::data::{Part, strokes};
use std::sync::atomic::AtomicBool;

fn data() -> (Dataset, Dataset) {
    (strokes::generate(0, Part::Train, 200).unwrap(), strokes::generate(0, Part::Test, 60).unwrap())
}

fn space() -> Space {
    Space {
        corruption: vec!["none".parse().unwrap(), "masking:0.3".parse().unwrap()],
        hidden: vec![12, 8],
        depth: vec![1, 2],
        seeds: 2,
        base: AutoencoderConfig::default().epochs(1).batch(20),
        tuning: SupervisedConfig::default().epochs(2).batch(20).learning_rate(0.01),
        tuning_rate: vec![0.01],
        ..Space::default()
    }
}

fn run(space: &Space, done: &[Outcome], n_threads: usize, watch: &dyn Watch) -> Vec<Outcome> {
    let (train, valid) = data();
    let mut outcomes = done.to_vec();
    let judge = Judge { space, train: &train, valid: &valid };
    judge
        .run(done, n_threads, watch, &mut |outcome| {
            outcomes.push(outcome);
            Ok(())
        })
        .unwrap();
    outcomes
}

/// Allows a fixed number of trials to begin.
struct Few(AtomicUsize);

impl Watch for Few {
    fn may_start(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
    }
    fn may_continue(&self) -> bool {
        true
    }
    fn seconds(&self) -> f64 {
        0.0
    }
}

#[test]
fn a_resumed_search_has_the_table_of_an_unbroken_one() {
    let whole = run(&space(), &[], 2, &Unwatched);
    assert_eq!(whole.len(), 16);
    let mut outcomes = Vec::new();
    for n in [3, 5, 100] {
        let before = outcomes.len();
        outcomes = run(&space(), &outcomes, 2, &Few(AtomicUsize::new(n)));
        assert_eq!(outcomes.len(), (before + n).min(16));
    }
    assert_eq!(Ranking::of(&outcomes).unwrap(), Ranking::of(&whole).unwrap());
    assert_eq!(Ranking::of(&run(&space(), &[], 1, &Unwatched)).unwrap(), Ranking::of(&whole).unwrap());
}

#[test]
fn interrupted_trials_leave_nothing() {
    struct Stopped(AtomicBool);
    impl Watch for Stopped {
        fn may_start(&self) -> bool {
            !self.0.swap(true, Ordering::Relaxed)
        }
        fn may_continue(&self) -> bool {
            false
        }
        fn seconds(&self) -> f64 {
            0.0
        }
    }
    assert!(run(&space(), &[], 1, &Stopped(AtomicBool::new(false))).is_empty());
}

#[test]
fn every_point_runs_once_per_seed_and_all_points_run_before_the_second_seed() {
    let trials = space().trials().unwrap();
    assert_eq!(trials.len(), 16);
    assert!(
        trials[..8].iter().all(|trial| trial.seed == 0) && trials[8..].iter().all(|trial| trial.seed == 1)
    );
    for (k, trial) in trials.iter().enumerate() {
        assert!(!trials[..k].contains(trial));
    }
    let order = |range: std::ops::Range<usize>| trials[range].iter().map(Trial::point).collect::<Vec<_>>();
    assert_ne!(order(0..8), order(8..16));
}

#[test]
fn the_best_point_comes_first_and_corruptions_keep_their_order() {
    let point = |corruption: &str, hidden| Trial {
        corruption: corruption.parse().unwrap(),
        hidden,
        depth: 1,
        learning_rate: 0.1,
        tuning_rate: 0.1,
        seed: 0,
    };
    let outcome = |corruption, hidden, seed, valid_error| Outcome {
        trial: Trial { seed, ..point(corruption, hidden) },
        valid_error,
        epoch: 1,
        seconds: 1.0,
    };
    let outcomes = [
        outcome("masking:0.5", 20, 0, 0.3),
        outcome("none", 20, 1, 0.4),
        outcome("none", 20, 0, 0.2),
        outcome("masking:0.5", 10, 0, 0.25),
        outcome("masking:0.5", 20, 1, 0.2),
    ];
    let table = Ranking::of(&outcomes).unwrap();
    // Two seeds come before one, which may be luck.
    let order = ["masking:0.5 20", "none 20", "masking:0.5 10"];
    let text = |row: &Ranked| format!("{} {}", row.point.corruption, row.point.hidden);
    assert_eq!(table.rows.iter().map(text).collect::<Vec<_>>(), order);
    assert_eq!((table.winner().valid_error.mean, table.winner().valid_error.n), (0.25, 2));
    assert_eq!(Ranking::of(&[]).unwrap_err().to_string(), "search: no trial has finished");
    let order = ["none", "gaussian:1", "masking:0.5"].map(|c| c.parse().unwrap());
    let levels: Vec<f64> = table.by_corruption(&order).iter().map(|row| row.valid_error.mean).collect();
    assert_eq!(levels, [(0.4 + 0.2) / 2.0, 0.25]);
}

#[test]
fn a_record_resumes_only_its_own_search() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    let (train, valid) = data();
    let mut record = Record::resume(&path, &space(), &train, &valid).unwrap();
    record.outcomes = run(&space(), &[], 2, &Few(AtomicUsize::new(2)));
    record.save(&path).unwrap();
    assert_eq!(Record::resume(&path, &space(), &train, &valid).unwrap(), record);
    // More values extend the same search.
    let larger = Space { hidden: vec![12, 8, 5], seeds: 3, ..space() };
    assert_eq!(Record::resume(&path, &larger, &train, &valid).unwrap(), record);
    let message = |space: &Space, train: &Dataset| {
        let error = Record::resume(&path, space, train, &valid).unwrap_err().to_string();
        error.replace(&path.display().to_string(), "search.json")
    };
    let longer = Space { base: space().base.epochs(2), ..space() };
    assert!(
        message(&longer, &train).starts_with("search.json: is the record of a search with other options")
    );
    assert!(message(&space(), &valid).starts_with("search.json: is the record of a search on other samples"));
    let newer = std::fs::read_to_string(&path).unwrap().replace("\"format\": 1", "\"format\": 2");
    std::fs::write(&path, newer).unwrap();
    assert_eq!(
        message(&space(), &train),
        "search.json: is the record of a search by a newer version; name another place, or move it away"
    );
    for (content, problem) in [
        (&b"{"[..], "EOF while parsing an object at line 1 column 1"),
        (b"\xff\xfe{", "expected value at line 1 column 1"),
        (b"{\"format\": \"\xff\"", "invalid unicode code point"),
    ] {
        std::fs::write(&path, content).unwrap();
        assert!(Record::resume(&path, &space(), &train, &valid).unwrap_err().is_wrong_input());
        let message = message(&space(), &train);
        assert!(
            message.starts_with(&format!("search.json: is not the record of a search ({problem}")),
            "{message}"
        );
        assert!(message.ends_with("); move it away, or name another place"), "{message}");
    }
}

#[test]
fn a_record_that_cannot_be_written_keeps_its_outcomes_and_belongs_to_one_search() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("search");
    let path = folder.join("search.json");
    let (train, valid) = data();
    let resume = || RecordFile::resume(&path, &space(), &train, &valid);
    let mut record = resume().unwrap();
    assert!(
        resume().unwrap_err().to_string().contains("is in use: another penstroke writes its search there")
    );
    let outcomes = run(&space(), &[], 2, &Few(AtomicUsize::new(2)));
    std::fs::remove_dir_all(&folder).unwrap();
    record.keep(outcomes[0].clone());
    assert!(record.failure().unwrap().to_string().starts_with(&path.display().to_string()));
    std::fs::create_dir(&folder).unwrap();
    record.keep(outcomes[1].clone());
    assert!(record.failure().is_none());
    drop(record);
    assert_eq!(resume().unwrap().outcomes(), outcomes);
}

#[test]
fn mistakes_in_a_space_are_named() {
    let message = |change: fn(&mut Space)| {
        let mut space = space();
        change(&mut space);
        space.trials().unwrap_err().to_string()
    };
    assert_eq!(message(|s| s.hidden.clear()), "hidden: has no values; at least one is needed");
    assert_eq!(message(|s| s.hidden = vec![3, 4, 3]), "hidden: 3 is listed twice");
    assert_eq!(message(|s| s.depth = vec![0]), "depth: 0 layers; at least 1 is needed");
    assert_eq!(message(|s| s.seeds = 0), "seeds: 0; at least 1 is needed");
    assert_eq!(message(|s| s.seeds = 10_000), "search: more than 10000 trials; list fewer values");
    assert!(message(|s| s.tuning_rate = vec![-1.0]).starts_with("learning_rate: -1"));
}

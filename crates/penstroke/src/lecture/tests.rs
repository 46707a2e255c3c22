//! A whole lecture, on very little data.

use super::*;
use crate::Event;
use serde_json::Value;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Too small to learn anything, large enough to run every line.
fn tiny() -> Effort {
    Effort {
        digits: Some(240),
        test_digits: Some(100),
        digit_presentations: 240,
        masking: vec![0.0, 0.25, 0.5],
        label_draws: 2,
        patches: (600, 100),
        presentations: 600,
        decays: vec![0.5, 5.0],
    }
}

fn options() -> LectureOptions {
    let command = Some("lecture <all>".to_owned());
    let class_names = Some((0..10).map(|class| format!("class {class}")).collect());
    LectureOptions { seeds: 2, threads: 1, class_names, command, ..LectureOptions::default() }
}

/// An unbroken run, shared by the tests.
fn unbroken() -> MutexGuard<'static, Lecture> {
    static UNBROKEN: LazyLock<Mutex<Lecture>> = LazyLock::new(|| {
        Mutex::new(run_with(&options(), (tiny(), tiny()), None, &mut |_| Flow::Continue).unwrap())
    });
    // A test that fails must not fail the others.
    UNBROKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The content of `results.json`, and the page without its data and its last line, which tell of the run as well.
fn without_run(lecture: &Lecture) -> (Value, String) {
    let mut results: Value = serde_json::from_str(lecture.results()).unwrap();
    assert!(results.as_object_mut().unwrap().remove("run").is_some());
    let report = lecture.report();
    let (page, rest) = report.split_once("<script type=\"application/json\"").unwrap();
    assert!(rest.contains("<footer>"));
    (results, page.to_owned())
}

#[test]
fn every_claim_is_reported_with_its_numbers() {
    let lecture = unbroken();
    let results: Value = serde_json::from_str(lecture.results()).unwrap();
    let claims = results["claims"].as_array().unwrap();
    let ids: Vec<&str> = claims.iter().map(|claim| claim["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "input-corrupted-at-rate",
            "target-is-clean",
            "corrupted-pixels-restored",
            "features-beat-pixels",
            "denoising-beats-plain",
            "filter-maximises-unit",
            "strokes-emerge",
            "noise-widens-filters",
            "edges-emerge",
            "weight-decay-gives-no-edges",
            "pca-gives-no-edges",
            "beats-linear-denoiser",
        ]
    );
    for claim in claims {
        assert!(claim["statement"].is_string() && claim["verdict"].is_string(), "{claim}");
        assert!(claim["statistic"].is_number() && claim["seeds"].is_u64(), "{claim}");
        let interval: Vec<f64> =
            claim["interval"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let statistic = claim["statistic"].as_f64().unwrap();
        assert!(interval[0] <= statistic && statistic <= interval[1], "{claim}");
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("`lecture`\n")).unwrap();
    let mut told: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let of_claims = keys(&claims[0]).into_iter().map(|key| format!("claims[].{key}"));
    let of_run = keys(&results["run"]).into_iter().map(|key| format!("run.{key}"));
    let mut have: Vec<String> = keys(&results).into_iter().chain(of_claims).chain(of_run).collect();
    told.sort_unstable();
    have.sort_unstable();
    assert_eq!(have, told);
    // An untrained model has learned nothing, which decides nothing, and the page must say so.
    let untrained = claims.iter().find(|claim| claim["id"] == "edges-emerge").unwrap();
    let report = lecture.report();
    assert_eq!(untrained["verdict"], "undecided");
    let reason = untrained["reason"].as_str().unwrap();
    assert!(reason.contains("the autoencoder of scenes (denoising, N(0, 1), seed 0)"), "{untrained}");
    assert!(report.contains("The claim is not decided; "));
    assert_eq!(
        (results["classes"].as_array().unwrap().len(), &results["classes"][9]),
        (10, &"class 9".into())
    );
    // Each of the lecture's points names a figure.
    let points =
        report.split("Where this page shows each point").nth(1).unwrap().split("</table>").next().unwrap();
    assert_eq!(points.matches("<tr>").count(), 1 + 14);
    assert!(points.split("<tr>").skip(2).all(|row| row.contains("#figure-")), "{points}");
    assert_eq!(results["digits"]["chosen_codes"].as_array().unwrap().len(), 2);
    let run = &results["run"];
    assert_eq!((&run["command"], run["threads"].as_u64()), (&"lecture <all>".into(), Some(1)));
    assert!(run["seconds"].as_f64().unwrap() > 0.0, "{run}");
    // The shared run may have begun just before midnight.
    let day = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let date = run["date"].as_str().unwrap();
    assert!([day, day - 1].map(about::date).contains(&date.to_owned()), "{date}");
    let shape: String = date.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    assert_eq!(shape, "9999-99-99");
    let footer = format!(
        "<footer>Made by penstroke {} on {} (UTC) with <code>lecture &lt;all&gt;</code>, in ",
        env!("CARGO_PKG_VERSION"),
        run["date"].as_str().unwrap()
    );
    assert!(report.contains(&footer) && !report.contains("quick run") && !report.contains("since it was"));
}

#[test]
fn the_lead_names_sources_without_their_folders() {
    for (source, name) in
        [("/home/someone/clothing/", "clothing"), ("scenes/*.png", "*.png"), ("mnist", "mnist"), ("..", "..")]
    {
        assert_eq!(chapters::file_name(source), name);
    }
    assert!(unbroken().report().contains("with digits from strokes and scenes from leaves, and"));
}

#[test]
fn a_stopped_run_is_resumed_on_other_threads_to_the_same_results() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("checkpoints");
    let every = Duration::from_secs(30);
    let run = |options: &LectureOptions, checkpoints: &mut Checkpoints, last: usize| {
        let mut begun = 0;
        run_with(options, (tiny(), tiny()), Some(checkpoints), &mut |progress| {
            begun += usize::from(matches!(progress, LectureProgress::Training(Event::Begin { .. })));
            let is_batch = matches!(progress, LectureProgress::Training(Event::Batch { .. }));
            if is_batch && begun == last { Flow::Stop } else { Flow::Continue }
        })
    };
    let mut checkpoints = Checkpoints::begin(&place, every).unwrap();
    assert!(checkpoints.is_empty());
    assert!(matches!(run(&options(), &mut checkpoints, 3), Err(Error::Interrupted)));
    assert!(!checkpoints.is_empty());
    drop(checkpoints);

    for others in [
        LectureOptions { seeds: 3, ..options() },
        LectureOptions { scenes: Source::Mnist, ..options() },
        LectureOptions { pace: Pace::Quick, ..options() },
    ] {
        assert_ne!(others.trainings(), options().trainings());
    }
    let mut checkpoints = Checkpoints::resume(&place, every).unwrap();
    let others = LectureOptions { seeds: 3, ..options() };
    let refused = run(&others, &mut checkpoints, usize::MAX).err().unwrap().to_string();
    assert!(refused.contains("1.safetensors: belongs to another command"), "{refused}");
    drop(checkpoints);

    let mut checkpoints = Checkpoints::resume(&place, every).unwrap();
    let resumed = LectureOptions { threads: 3, ..options() };
    let lecture = run(&resumed, &mut checkpoints, usize::MAX).unwrap();
    let unbroken = unbroken();
    assert_eq!(without_run(&lecture), without_run(&unbroken));
    assert_eq!(lecture.figures(), unbroken.figures());
    let bytes = |lecture: &Lecture| -> Vec<_> {
        lecture.models().iter().map(|(name, model)| (name.clone(), model.to_bytes().unwrap())).collect()
    };
    assert!(bytes(&lecture) == bytes(&unbroken));
    assert!(lecture.report().contains(" since it was resumed on 3 threads"));
    checkpoints.remove().unwrap();
    assert!(!place.exists());
}

#[test]
fn a_stop_ends_the_run_and_an_empty_folder_is_removed() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("new").join("lecture");
    let folder = Folder::open(&path).unwrap();
    assert!(path.join("figures").is_dir());
    let stop = |progress: &LectureProgress<'_>| match progress {
        LectureProgress::Training(Event::Batch { .. }) => Flow::Stop,
        _ => Flow::Continue,
    };
    let mut checkpoints = Checkpoints::begin(folder.checkpoints(), Duration::ZERO).unwrap();
    let result = run_with(&options(), (tiny(), tiny()), Some(&mut checkpoints), &mut |_| Flow::Stop);
    assert!(matches!(result, Err(Error::Interrupted)) && checkpoints.is_empty());
    drop((checkpoints, folder));
    assert!(!parent.path().join("new").exists());

    let folder = Folder::open(&path).unwrap();
    let result = run_with(&options(), (tiny(), tiny()), None, &mut |progress| stop(progress));
    assert!(matches!(result, Err(Error::Interrupted)));
    drop(folder);
    assert!(!parent.path().join("new").exists());
}

#[test]
fn slides_show_every_figure_of_the_page() {
    let parent = tempfile::tempdir().unwrap();
    let mut folder = Folder::open(&parent.path().join("lecture")).unwrap();
    let lecture = unbroken();
    folder.add_slides().unwrap();
    lecture.write(&folder).unwrap();
    let slides = std::fs::read_to_string(parent.path().join("lecture").join("slides.html")).unwrap();
    assert!(slides == lecture.slides());
    let report = lecture.report();
    let n_figures = report.matches("<figure").count();
    assert!(n_figures > 10);
    // And a title before them, and the claims.
    assert_eq!(slides.matches("<section class=\"slide").count(), n_figures + 2);
}

#[test]
fn a_run_removes_what_an_earlier_one_left_and_nothing_else() {
    let parent = tempfile::tempdir().unwrap();
    let (path, figures) = (parent.path().to_owned(), parent.path().join("figures"));
    let lecture = unbroken();
    let mut folder = Folder::open(&path).unwrap();
    folder.add_slides().unwrap();
    lecture.write(&folder).unwrap();
    let results: Value = serde_json::from_slice(&std::fs::read(path.join("results.json")).unwrap()).unwrap();
    let named: Vec<&str> =
        results["figures"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert!(named.iter().copied().eq(lecture.figures().iter().map(|(name, _)| name.as_str())));

    // A user's own files, and an earlier run with one figure more, whose list was edited to reach out of the folder.
    let own = [path.join("own.png"), figures.join("01-own.png"), figures.join("own.txt")];
    let old = figures.join("99-old.svg");
    own.iter().chain([&old]).for_each(|file| std::fs::write(file, "x").unwrap());
    let earlier =
        serde_json::json!({ "figures": ["99-old.svg", "98-gone.png", "../own.png", "own.txt", named[0]] });
    std::fs::write(path.join("results.json"), earlier.to_string()).unwrap();
    lecture.write(&folder).unwrap();
    assert!(!old.exists() && own.iter().all(|file| file.exists()) && figures.join(named[0]).exists());
    assert!(folder.slides().exists(), "slides that were just written");

    // Slides are outdated if a later run writes none, unless another program made them.
    let folder = Folder::open(&path).unwrap();
    lecture.write(&folder).unwrap();
    assert!(!folder.slides().exists());
    std::fs::write(folder.slides(), "<!DOCTYPE html><title>my slides</title>").unwrap();
    lecture.write(&folder).unwrap();
    assert!(folder.slides().exists());
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_the_work() {
    for (name, is_of_slides) in [("report.html", false), ("results.json", false), ("slides.html", true)] {
        let parent = tempfile::tempdir().unwrap();
        std::fs::create_dir(parent.path().join(name)).unwrap();
        let problem = match (Folder::open(parent.path()), is_of_slides) {
            (Ok(mut folder), true) => folder.add_slides().unwrap_err(),
            (opened, _) => opened.unwrap_err(),
        };
        assert!(problem.to_string().ends_with("is a folder; name a file to write"), "{name}: {problem}");
    }
}

#[test]
fn models_are_kept_under_names_that_tell_them_apart() {
    let parent = tempfile::tempdir().unwrap();
    let (out, kept) = (parent.path().join("lecture"), parent.path().join("kept"));
    let mut folder = Folder::open(&out).unwrap();
    folder.keep_models(&kept).unwrap();
    assert!(kept.is_dir());
    std::fs::remove_dir(&kept).unwrap();
    unbroken().write(&folder).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&kept)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let of = |source: &str, kinds: &[&str]| -> Vec<String> {
        let names = kinds
            .iter()
            .flat_map(|kind| [0, 1].map(|seed| format!("{source}-{kind}-seed-{seed}.safetensors")));
        names.collect()
    };
    let digits = of("digits", &["gaussian-1", "masking-0.25", "masking-0.5", "no-noise"]);
    let scenes = of("scenes", &["gaussian-1", "no-noise", "weight-decay-0.5", "weight-decay-5"]);
    assert_eq!(names, [digits, scenes].concat());
    let model = Autoencoder::load(kept.join("digits-masking-0.25-seed-1.safetensors")).unwrap();
    assert_eq!(model.config().training.corruption.to_string(), "masking:0.25");
    // So that it takes the labels of its source.
    assert!(model.preparation().classes.is_empty());
    assert!(out.join("report.html").exists());

    std::fs::write(parent.path().join("file"), "").unwrap();
    let error = folder.keep_models(&parent.path().join("file")).unwrap_err().to_string();
    assert!(error.ends_with("file: is a file; give a folder to write to"), "{error}");
}

#[test]
fn unsuitable_sources_are_refused() {
    let message = |options: LectureOptions| {
        run_with(&options, (tiny(), tiny()), None, &mut |_| Flow::Continue).err().unwrap().to_string()
    };
    let digits = message(LectureOptions { digits: Source::Leaves, ..LectureOptions::default() });
    assert_eq!(digits, "leaves: has no labels, but the lecture trains classifiers; use labelled pictures");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.png");
    image::GrayImage::from_fn(30, 30, |x, y| image::Luma([(x * y % 251) as u8])).save(&path).unwrap();
    let place = path.display().to_string();
    assert_eq!(
        message(LectureOptions { scenes: Source::Path(path), ..LectureOptions::default() }),
        format!(
            "{place}: has only one scene; the lecture needs at least two, one for training and one for testing"
        )
    );
    let seeds = run(&LectureOptions { seeds: 0, ..LectureOptions::default() }, None, &mut |_| Flow::Continue);
    assert_eq!(seeds.err().unwrap().to_string(), "seeds: 0; at least 1 is needed");
}

//! A whole lecture, on very little data.

use super::*;
use crate::Event;
use serde_json::Value;

/// Too small to learn anything, large enough to run every line.
fn tiny() -> Effort {
    Effort {
        digits: Some(240),
        test_digits: Some(100),
        digit_epochs: 1,
        masking: vec![0.0, 0.25, 0.5],
        label_draws: 2,
        patches: (600, 100),
        presentations: 600,
        decays: vec![0.5, 5.0],
    }
}

fn tiny_lecture(threads: usize) -> Lecture {
    let options = LectureOptions { seeds: 2, threads, ..LectureOptions::default() };
    run_with(&options, (tiny(), tiny()), &mut |_| Flow::Continue).unwrap()
}

#[test]
fn every_claim_is_reported_with_its_numbers_and_nothing_depends_on_threads() {
    let lecture = tiny_lecture(1);
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
        assert!(claim["statement"].is_string() && claim["holds"].is_boolean(), "{claim}");
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
    let mut have: Vec<String> = keys(&results).into_iter().chain(of_claims).collect();
    told.sort_unstable();
    have.sort_unstable();
    assert_eq!(have, told);
    // An untrained model has learned nothing, and the page must say so.
    let untrained = claims.iter().find(|claim| claim["id"] == "edges-emerge").unwrap();
    assert_eq!(untrained["holds"], false);
    assert!(lecture.report().contains("does not hold"));
    let rest = tiny_lecture(3);
    assert!(lecture.results() == rest.results() && lecture.report() == rest.report());
    assert_eq!(lecture.figures(), rest.figures());
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
    let result = run_with(&LectureOptions::default(), (tiny(), tiny()), &mut |progress| stop(progress));
    assert!(matches!(result, Err(Error::Interrupted)));
    drop(folder);
    assert!(!parent.path().join("new").exists());
}

#[test]
fn unsuitable_sources_are_refused() {
    let message = |options: LectureOptions| {
        run_with(&options, (tiny(), tiny()), &mut |_| Flow::Continue).err().unwrap().to_string()
    };
    let digits = message(LectureOptions { digits: Source::Leaves, ..LectureOptions::default() });
    assert_eq!(digits, "leaves: has no labels, but the lecture trains classifiers; use labelled digits");
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
    let seeds = run(&LectureOptions { seeds: 0, ..LectureOptions::default() }, &mut |_| Flow::Continue);
    assert_eq!(seeds.err().unwrap().to_string(), "seeds: 0; at least 1 is needed");
}

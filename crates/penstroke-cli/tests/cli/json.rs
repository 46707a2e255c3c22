//! Output for programs: `--json` answers and logs have the documented keys and no others.

use crate::runner::Runner;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

/// The keys in a page's tables.
fn told(text: &str) -> BTreeSet<String> {
    text.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned())).collect()
}

/// The sections of a page, with their titles.
fn sections(page: &str) -> Vec<(String, BTreeSet<String>)> {
    let section = |text: &str| {
        let (title, rest) = text.split_once('\n').unwrap();
        (title.replace('`', ""), told(rest))
    };
    page.split("\n## ").skip(1).map(section).collect()
}

/// All keys of an answer as paths, such as `a.b` and `a[].b`.
fn keys(value: &Value, above: &str, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
                out.insert(path.clone());
                keys(value, &path, out);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, &format!("{above}[]"), out)),
        _ => {}
    }
}

/// Whether an undocumented key is inside an object whose keys are not documented.
fn is_inside(key: &str, told: &BTreeSet<String>) -> bool {
    let above: Vec<&String> = told
        .iter()
        .filter(|told| key.starts_with(&format!("{told}.")) || key.starts_with(&format!("{told}[]")))
        .collect();
    let Some(nearest) = above.iter().max_by_key(|told| told.len()) else { return false };
    !told
        .iter()
        .any(|other| other.starts_with(&format!("{nearest}.")) || other.starts_with(&format!("{nearest}[]")))
}

fn check(what: &str, answers: &[Value], told: &BTreeSet<String>) {
    let mut found = BTreeSet::new();
    answers.iter().for_each(|answer| keys(answer, "", &mut found));
    let missing: Vec<_> = told.difference(&found).collect();
    assert!(missing.is_empty(), "{what}: the page describes {missing:?}, which are missing");
    let untold: Vec<_> = found.difference(told).filter(|key| !is_inside(key, told)).collect();
    assert!(untold.is_empty(), "{what}: the page does not tell of {untold:?}");
}

#[test]
fn every_answer_has_the_keys_of_its_page_and_no_others() {
    let runner = Runner::new();
    runner.print("data make strokes -n 60 --out d.npy --labels l.npy");
    runner.print("data make leaves -n 2 --out leaves.npy");
    std::fs::write(runner.path("t.csv"), "a,b\n1,x\n2,y\n").unwrap();
    let gaps = (0..30).map(|i| if i == 7 { "?,0.5\n".to_owned() } else { format!("{i}.5,{}\n", 2 * i) });
    std::fs::write(runner.path("gaps.csv"), format!("a,b\n{}", gaps.collect::<String>())).unwrap();
    runner.print("impute gaps.csv --networks 1 --quiet --save-model i --out done.csv");
    let kinds = (0..40).map(|i| format!("{},{i}.5\n", if i == 7 { "" } else { ["x", "y"][i % 2] }));
    std::fs::write(runner.path("kinds.csv"), format!("a,b\n{}", kinds.collect::<String>())).unwrap();
    runner.print("score kinds.csv --networks 1 --top 0 --quiet --save-model k --out scores.csv");
    std::fs::copy(runner.path("kinds.csv"), runner.path("survey.csv")).unwrap();
    for name in ["full.csv", "full2.csv"] {
        std::fs::write(runner.path(name), "a,b\n1.5,2\n2.5,3\n4.5,5\n").unwrap();
    }
    let commands: [(&str, &[&str]); 22] = [
        ("fit", &["fit strokes --samples 60 --hidden 4 --epochs 1 --out a"]),
        ("fit --layers", &["fit strokes --samples 60 --layers 4,3 --epochs 1 --end-to-end 1 --out s"]),
        ("fit of a table with text or gaps", &["fit survey.csv --layers 4,3 --epochs 1 --quiet --out t"]),
        ("finetune", &["finetune strokes --samples 60 --from a --epochs 1 --out c"]),
        (
            "finetune --targets",
            &[
                "finetune d.npy --targets l.npy --layers 3 --epochs 1 --out r",
                "finetune d.npy --targets l.npy --test d.npy --test-targets l.npy --layers 3 --epochs 1 --out r",
            ],
        ),
        (
            "predict of a classifier",
            &["predict c strokes --samples 50 --out p.npy", "predict c d.npy --out p.npy"],
        ),
        ("predict of a regressor", &["predict r d.npy --targets l.npy --out p.npy"]),
        ("encode", &["encode a d.npy --out p.npy", "encode t survey.csv --out p.npy"]),
        ("reconstruct", &["reconstruct a d.npy --corruption masking:0.2 --out p.npy"]),
        ("export", &["export a --out a.onnx", "export i --out i.onnx"]),
        ("probe", &["probe strokes --model a --samples 60 --test-samples 50"]),
        (
            "search",
            &[
                "search strokes --samples 60 --hidden 3 --corruption none --seeds 2 --epochs 1 --tuning-epochs 1 --out f",
                "search strokes --samples 60 --hidden 3 --corruption none --epochs 1 --tuning-epochs 1 --test strokes --out g",
            ],
        ),
        ("inspect of a model", &["inspect a", "inspect s", "inspect c", "inspect r"]),
        ("inspect of data", &["inspect rect", "inspect leaves", "inspect d.npy", "inspect t.csv --label b"]),
        (
            "impute",
            &[
                "impute gaps.csv --networks 2 --quiet --save-model j --out done.csv",
                "impute kinds.csv --networks 2 --quiet --out done.csv",
            ],
        ),
        ("inspect of an imputer", &["inspect i"]),
        ("inspect of an encoder of tables", &["inspect t"]),
        ("score", &["score kinds.csv --model k --quiet --out scores.csv"]),
        ("inspect of a detector", &["inspect k"]),
        ("pool", &["pool full.csv full2.csv --mean a"]),
        ("data list", &["data list"]),
        ("bench", &["bench --samples 60 --hidden 4 --epochs 1 --warmup 0 --threads 1"]),
    ];
    let sections = sections(&page("json.md"));
    for (title, told) in &sections {
        // The lecture's own tests check its keys (`penstroke::lecture`).
        if title == "lecture" {
            continue;
        }
        let (_, lines) = commands.iter().find(|(what, _)| what == title).unwrap_or_else(|| panic!("{title}"));
        let answers: Vec<Value> = lines.iter().map(|line| runner.json(&format!("{line} --json"))).collect();
        check(title, &answers, told);
    }
    assert_eq!(sections.len(), commands.len() + 1, "a section for each");
}

#[test]
fn every_verb_that_answers_in_json_has_a_section() {
    let runner = Runner::new();
    let page = page("json.md");
    let verbs = |help: &str| -> Vec<String> {
        let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
        let verb = |line: &str| Some(line.strip_prefix("  ")?.split(' ').next()?.to_owned());
        list.lines().filter_map(verb).filter(|verb| !verb.is_empty() && verb != "help").collect()
    };
    let mut n = 0;
    for verb in verbs(&runner.print("--help")) {
        let help = runner.print(&format!("{verb} --help"));
        let of_verb = match help.contains("\nCommands:\n") {
            true => verbs(&help).into_iter().map(|second| format!("{verb} {second}")).collect(),
            false => vec![verb],
        };
        for verb in of_verb {
            let has_json = runner.print(&format!("{verb} --help")).contains("--json");
            assert_eq!(has_json, page.contains(&format!("\n## `{verb}`")), "{verb}");
            n += usize::from(has_json);
        }
    }
    assert!(n >= 11, "{n} verbs");
}

#[test]
fn without_anything_to_resume_logs_start() {
    let runner = Runner::new();
    // The second command differs, so the first one's log is not taken for its beginning.
    for epochs in [3, 2] {
        let logs = "--log log --tensorboard board --checkpoint run --resume";
        runner
            .print(&format!("fit strokes --samples 60 --hidden 3 --epochs {epochs} --quiet {logs} --out m"));
        let text = std::fs::read_to_string(runner.path("log")).unwrap();
        assert_eq!(text.lines().count(), 1 + epochs);
        assert!(text.contains(&format!("\"epochs\":{epochs}")));
    }
    let events = std::fs::read(runner.path("board/events.out.tfevents.penstroke")).unwrap();
    assert_eq!(events.windows(10).filter(|window| window == b"loss/train").count(), 2);
}

#[test]
fn logs_have_the_keys_of_their_page_and_no_others() {
    let runner = Runner::new();
    runner
        .print("finetune strokes --samples 60 --layers 3 --pretrain 1 --epochs 2 --quiet --log log --out c");
    let text = std::fs::read_to_string(runner.path("log")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["begin", "epoch", "begin", "epoch", "epoch"]);
    let page = page("log-format.md");
    let (begin, epoch) = page.split_once("After each epoch").unwrap();
    for line in &lines {
        let part = if line["event"] == "begin" { begin } else { epoch };
        check("log", std::slice::from_ref(line), &told(part));
    }
    assert_eq!((&lines[0]["layer"], &lines[2]["layer"]), (&1.into(), &Value::Null));
    assert!(lines[4]["valid_error"].is_f64() && lines[1]["valid_error"].is_null());
    assert!(lines[4]["seconds"].as_f64().unwrap() > lines[0]["seconds"].as_f64().unwrap());
}

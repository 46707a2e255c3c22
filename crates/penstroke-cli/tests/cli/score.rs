//! `score` from end to end.

use crate::runner::{Run, Runner};
use std::fs;
use std::sync::OnceLock;

/// Weather as a spreadsheet in Europe writes it: cold and wet in Oslo, warm and dry in Rome. Day 41 is warm in Oslo, and some cells are missing.
fn day(i: usize) -> String {
    let (city, base, rain) = if i.is_multiple_of(3) { ("\"Oslo; N\"", 20, 40) } else { ("Rome", 210, 3) };
    let warm = if i == 42 { 245 } else { base + i * 7 % 31 };
    let rain = if i % 11 == 4 { "?".to_owned() } else { (rain + i * 5 % 7).to_string() };
    format!("day {i};{city};{},{};{rain}\n", warm / 10, warm % 10)
}

/// The table without its day 42, whose rows are all normal.
fn good() -> String {
    table((0..90).filter(|i| *i != 42))
}

const NAMES: &str = "day;city;warm;rain\n";

fn table(days: impl IntoIterator<Item = usize>) -> String {
    days.into_iter().fold(NAMES.to_owned(), |text, i| text + &day(i))
}

/// What the one training gave that tests share.
struct Trained {
    run: Run,
    scores: String,
    model: Vec<u8>,
}

const OPTIONS: &str = "--types day=id --networks 1 --threads 1";

fn trained() -> &'static Trained {
    static TRAINED: OnceLock<Trained> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let runner = Runner::new();
        fs::write(runner.path("t.csv"), table(0..90)).unwrap();
        fs::write(runner.path("good.csv"), good()).unwrap();
        let line = format!("score t.csv --train good.csv {OPTIONS} --save-model m --top 4 --out s.csv");
        let run = runner.run(&line);
        assert_eq!(run.code, 0, "{}", run.stderr);
        Trained {
            run,
            scores: fs::read_to_string(runner.path("s.csv")).unwrap(),
            model: fs::read(runner.path("m")).unwrap(),
        }
    })
}

/// A folder with the table and the shared detector `m`.
fn runner() -> Runner {
    let runner = Runner::new();
    fs::write(runner.path("t.csv"), table(0..90)).unwrap();
    fs::write(runner.path("m"), &trained().model).unwrap();
    runner
}

/// The lines of a file of scores after the first, each without its row number.
fn without_rows(scores: &str) -> Vec<&str> {
    scores.lines().skip(1).map(|line| line.split_once(',').unwrap().1).collect()
}

#[test]
fn the_file_has_a_line_for_each_row_and_names_the_cells_that_do_not_fit() {
    let Trained { run, scores, .. } = trained();
    let mut lines = scores.lines();
    let names = "row,id,score,share,anomaly,cell_1,score_1,value_1,expected_1,cell_2,score_2,value_2,expected_2,\
                 cell_3,score_3,value_3,expected_3";
    assert_eq!(lines.next(), Some(names));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 90);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(
            (row.len(), row[0], row[1]),
            (17, (i + 1).to_string().as_str(), format!("day {i}").as_str())
        );
        // Rain is missing every 11 days, and adds no cell.
        assert_eq!(row[13].is_empty(), i % 11 == 4, "{row:?}");
        let score = |at: usize| row[at].parse::<f64>().unwrap();
        assert!(score(2) > 0.0 && (0.0..=1.0).contains(&score(3)) && score(6) >= score(10));
        let larger = rows
            .iter()
            .filter(|other| other[1] != "day 42" && other[2].parse::<f64>().unwrap() > score(2))
            .count();
        assert!((score(3) - larger as f64 / 89.0).abs() < 1.5 / 89.0, "{row:?}");
    }
    // The warm day in Oslo, its number as the column has it, with a point.
    let planted = &rows[42];
    assert_eq!((planted[3], planted[4]), ("0", "1"), "{planted:?}");
    assert_eq!((planted[5], planted[7]), ("warm", "24.5"));
    let expected: f64 = planted[8].parse().unwrap();
    assert!((2.0..=5.0).contains(&expected) && planted[8].contains('.'), "{planted:?}");
    let n_anomalies = rows.iter().filter(|row| row[4] == "1").count();

    let told: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(told.len(), 6, "{}", run.stdout);
    let heading: Vec<&str> = told[0].split_whitespace().collect();
    assert_eq!(heading, ["row", "day", "score", "share", "unusual", "cells"]);
    assert!(
        told[1].starts_with(" 43  day 42  ") && told[1].contains("0.0 %  warm 24.5 (expected "),
        "{}",
        run.stdout
    );
    let counted = if n_anomalies == 1 {
        "1 counts as an anomaly".into()
    } else {
        format!("{n_anomalies} count as anomalies")
    };
    let summary = format!("s.csv: 90 rows scored; {counted}: score above ");
    assert!(told[5].starts_with(&summary), "{}", run.stdout);
    assert!(told[5].ends_with(", contamination auto; m holds the detector"), "{}", run.stdout);
    assert!(run.stderr.starts_with("89 rows, 4 columns: 2 numeric, 1 binary, 1 id\n"), "{}", run.stderr);
}

#[test]
fn a_saved_detector_gives_the_scores_of_its_training_to_each_row_alone_and_in_any_order() {
    let (runner, Trained { scores, .. }) = (runner(), trained());
    let scored = |table: String, options: &str| {
        fs::write(runner.path("u.csv"), table).unwrap();
        runner.print(&format!("score u.csv --model m --out u-s.csv --quiet {options}"));
        fs::read_to_string(runner.path("u-s.csv")).unwrap()
    };
    assert_eq!(scored(table(0..90), "--threads 2"), *scores);
    let all = without_rows(scores);
    let order: Vec<usize> = (0..90).map(|k| k * 37 % 90).collect();
    let shuffled = scored(table(order.iter().copied()), "");
    let expected: Vec<&str> = order.iter().map(|&i| all[i]).collect();
    assert_eq!(without_rows(&shuffled), expected);
    for i in [4, 42, 77] {
        assert_eq!(without_rows(&scored(table([i]), "")), [all[i]]);
    }
    // Other columns, in another order, and in other marks.
    let other = "rain,extra,city,warm\n40,1,\"Oslo; N\",24.5\n";
    let line = all[42].split_once(',').unwrap().1;
    assert_eq!(without_rows(&scored(other.into(), "--decimal .")), [line]);
    let run = runner.run("score u.csv --model m --decimal . --top 0 --out u-s.csv");
    let warning = "penstroke: column extra is not among those of the model and is left out\n";
    assert_eq!((run.code, run.stderr.as_str(), run.stdout.lines().count()), (0, warning, 1));
}

#[test]
fn a_table_that_is_learned_itself_has_the_same_scores_in_any_order() {
    let (runner, Trained { scores, .. }) = (runner(), trained());
    let scored = |days: Vec<usize>, out: &str| {
        fs::write(runner.path("t.csv"), table(days)).unwrap();
        runner
            .print(&format!("score t.csv {OPTIONS} --save-model own --out {out} --cells 1 --top 0 --quiet"));
        fs::read_to_string(runner.path(out)).unwrap()
    };
    let forwards = scored((0..90).collect(), "s.csv");
    let text = scored((0..90).rev().collect(), "s.tsv");
    assert!(
        text.starts_with("row\tid\tscore\tshare\tanomaly\tcell_1\tscore_1\tvalue_1\texpected_1\n"),
        "{text}"
    );
    let backwards = text.replace('\t', ",");
    assert!(without_rows(&backwards).into_iter().rev().eq(without_rows(&forwards)), "{forwards}{backwards}");
    // It learned day 42, and steps left out the worst rows.
    assert_ne!(without_rows(&forwards)[42].split(',').nth(1), without_rows(scores)[42].split(',').nth(1));
    let config = |model: &str| runner.json(&format!("inspect {model} --json"));
    let [own, of_good] = ["own", "m"].map(config);
    assert_eq!([&own["config"]["trim"], &of_good["config"]["trim"]], [0.1, 0.0]);
    assert_eq!([&own["n_scores"], &of_good["n_scores"]], [90, 89]);
}

#[test]
fn a_table_may_lack_its_id_and_have_new_categories() {
    let runner = runner();
    fs::write(runner.path("new.csv"), "city,warm,rain\nRome,22.5,5\n\"Oslo; N\",24.5,41\nParis,22.5,5\n")
        .unwrap();
    let Run { code, stdout, stderr } = runner.run("score new.csv --model m --decimal . --top 1 --out s.csv");
    let warning = "penstroke: column city: 1 cell holds a category not seen in training, the first \"Paris\"; it counts as missing\n";
    assert_eq!((code, stderr.as_str()), (0, warning));
    assert!(stdout.lines().nth(1).unwrap().starts_with("  2  "), "{stdout}");
    assert!(stdout.contains("\ns.csv: 3 rows scored; "), "{stdout}");
    let scores = fs::read_to_string(runner.path("s.csv")).unwrap();
    assert!(scores.starts_with("row,score,share,anomaly,cell_1,"), "{scores}");
    // Paris adds no cell.
    assert!(scores.ends_with(",,,,\n") && !scores.contains("Paris"), "{scores}");
}

#[test]
fn contamination_decides_which_rows_are_anomalies() {
    let runner = runner();
    let line = "score t.csv --model m --quiet --out s.csv";
    for (share, n) in [("0.1", 10), ("0.5", 45)] {
        let answer = runner.json(&format!("{line} --contamination {share} --top {n} --json"));
        assert_eq!((&answer["n_anomalies"], &answer["n_learned"]), (&n.into(), &89.into()));
        assert_eq!(answer["contamination"], share.parse::<f64>().unwrap());
        let top = answer["top"].as_array().unwrap();
        assert!(top.len() == n && top.iter().all(|row| row["is_anomaly"] == true), "{answer}");
        assert!(top.is_sorted_by_key(|row| -row["score"].as_f64().unwrap()));
        let first = &top[0];
        assert_eq!((&first["row"], &first["id"]), (&43.into(), &"day 42".into()));
        assert_eq!(
            (&first["cells"][0]["column"], &first["cells"][0]["value"]),
            (&"warm".into(), &24.5.into())
        );
    }
    let told = runner.print(&format!("{line} --contamination 0.1 --cells 0 --top 2"));
    assert!(
        told.contains("s.csv: 90 rows scored; 10 count as anomalies: ") && !told.contains("unusual"),
        "{told}"
    );
    assert!(fs::read_to_string(runner.path("s.csv")).unwrap().starts_with("row,id,score,share,anomaly\n"));
}

#[test]
fn what_cannot_be_scored_is_one_line_and_leaves_nothing() {
    let runner = runner();
    fs::write(runner.path("few.csv"), table(0..9)).unwrap();
    fs::write(runner.path("narrow.csv"), "warm,other\n1.5,2\n2.5,3\n").unwrap();
    let is_input = "is an input of this command and would be overwritten; give another output name";
    let no_stdin =
        "-: standard input cannot be read twice, as a table with typed columns is; save it to a file first";
    let no_stdout = "- does not stand for standard output here, because the summary goes there; name a file";
    let before = runner.names();
    for (line, message) in [
        ("few.csv --out x.csv", "few.csv: has 9 rows; at least 20 are needed to learn from"),
        ("t.csv --train few.csv --out x.csv", "few.csv: has 9 rows; at least 20 are needed to learn from"),
        (
            "narrow.csv --train t.csv --out x.csv",
            "narrow.csv: lacks the columns city, rain that are needed; its columns are warm, other",
        ),
        (
            "narrow.csv --model m --out x.csv",
            "narrow.csv: lacks the columns city, rain that are needed; its columns are warm, other",
        ),
        (
            "t.csv --model m --networks 2 --seed 1 --types day=id --out x.csv",
            "m: fixes how it was trained and what the columns hold; leave out --networks, --seed, --types",
        ),
        (
            "t.csv --model m --contamination 0.7 --out x.csv",
            "--contamination: 0.7 is neither auto nor a share above 0 and at most 0.5",
        ),
        ("- --out x.csv", no_stdin),
        ("t.csv --train - --out x.csv", no_stdin),
        ("t.csv --out -", &format!("--out: {no_stdout}")),
        ("t.csv --save-model - --out x.csv", &format!("--save-model: {no_stdout}")),
        ("t.csv --out x.parquet", "x.parquet: the file name must end in .csv or .tsv"),
        ("t.csv --out ./t.csv", &format!("./t.csv: {is_input}")),
        ("few.csv --train t.csv --out t.csv", &format!("t.csv: {is_input}")),
        ("few.csv --train t.csv --save-model t.csv --out x.csv", &format!("t.csv: {is_input}")),
        (
            "t.csv --save-model ./x.csv --out x.csv",
            "./x.csv: would hold both the scores and the detector; give another name",
        ),
        ("t.csv --networks 0 --out x.csv", "--networks: 0; at least 1 is needed"),
        ("t.csv --model t.csv --out x.csv", "t.csv: is not a model file"),
    ] {
        let run = runner.run(&format!("score {line} --quiet"));
        assert_eq!(run.code, 2, "{line}: {}", run.stderr);
        assert!(run.stderr.starts_with(&format!("penstroke: {message}")), "{line}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    for line in ["--train t.csv --model m", "--model m --save-model n"] {
        let run = runner.run(&format!("score t.csv {line} --out x.csv"));
        assert!(run.code == 2 && run.stderr.contains("cannot be used with"), "{}", run.stderr);
    }
    assert_eq!(runner.names(), before);
}

#[test]
fn a_detector_says_what_it_holds_and_other_verbs_say_what_it_is() {
    let runner = runner();
    let told = runner.print("inspect m");
    for line in [
        "m: detector, model format 1",
        "  trained on       89 rows of 4 columns",
        "  day              id, left out",
        "  city             binary, Oslo; N, Rome",
        "  warm             numeric, from 2 to 24",
        "  networks         1",
        "  trim             0.0",
    ] {
        assert!(told.lines().any(|told| told == line), "{line:?} is not in {told}");
    }
    assert!(told.contains("\n  local network 1  ") && told.contains("\n  level network 1  "), "{told}");
    assert!(told.contains("\n  scores           89 scores of the learned rows, "), "{told}");
    assert!(told.contains(" for auto, ") && told.contains(" for 0.01\n"), "{told}");
    let a_detector = "penstroke: m: holds a detector of anomalies, which only scores tables\n";
    for line in [
        "encode m strokes --out x.npy",
        "predict m strokes --out x.npy",
        "reconstruct m strokes --corruption none --out x.npy",
        "filters m --out x.png",
        "probe strokes --model m",
        "fit strokes --from m --out x",
        "finetune strokes --from m --out x",
        "export m --out x.onnx",
    ] {
        let run = runner.run(line);
        assert_eq!((run.code, run.stderr.as_str()), (2, a_detector), "{line}");
    }
    let run = runner.run("impute t.csv --model m --out x.csv --quiet");
    let kind =
        "penstroke: m: holds a model of kind \"detector\", an imputer is needed; train one on a table\n";
    assert_eq!((run.code, run.stderr.as_str()), (2, kind));
}

#[test]
fn pictures_are_scored_with_a_map_of_their_pixels() {
    let runner = Runner::new();
    // 40 pictures of 4 × 3 pixels; the last one is the only one with a bright corner.
    let pixel = |i: usize, at: usize| if i == 39 && at == 0 { 9.0 } else { ((i * at) % 5) as f32 / 5.0 };
    let values: Vec<f32> = (0..40).flat_map(|i| (0..12).map(move |at| pixel(i, at))).collect();
    fs::write(runner.path("p.npy"), npy(&[40, 4, 3], &values)).unwrap();
    let run = runner.run("score p.npy --networks 1 --threads 1 --top 1 --out s.csv --heat-map h.png");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.starts_with("row  score  share\n 40  "), "{}", run.stdout);
    let scores = fs::read_to_string(runner.path("s.csv")).unwrap();
    assert!(scores.starts_with("row,score,share,anomaly\n1,") && scores.lines().count() == 41);
    assert_eq!(&fs::read(runner.path("h.png")).unwrap()[1..4], b"PNG");
    fs::write(runner.path("t.csv"), table(0..30)).unwrap();
    fs::create_dir(runner.path("folder")).unwrap();
    fs::copy(runner.path("h.png"), runner.path("folder/1.png")).unwrap();
    for (line, problem) in [
        ("score folder --out s.csv --heat-map folder/1.png", "folder/1.png: is an input of this command"),
        (
            "score p.npy --out s.csv --save-model m",
            "--save-model: is for tables, but p.npy is not one; leave it out",
        ),
        ("score p.npy --out s.csv --types a=id", "p.npy: --types is for tables; leave it out"),
        (
            "score t.csv --out s.csv --heat-map h.png",
            "--heat-map: is for pictures, and t.csv is a table; leave it out",
        ),
        ("score p.npy --out h.png", "h.png"),
    ] {
        let run = runner.run(line);
        assert!(run.code == 2 && run.stderr.contains(problem), "{line}: {}", run.stderr);
    }
}

/// The bytes of a file of float32.
fn npy(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let shape = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

//! `impute` and `pool` from end to end.

use crate::runner::{Run, Runner};
use std::fs;

/// 120 rows as a spreadsheet in Europe writes them: `;`, decimal commas, quotes, gaps. The score is near 10 in Rome, 30 in Oslo.
fn survey() -> String {
    let mut text = String::from("name;city;score;group\r\n");
    for i in 0..120 {
        let (city, base) = if i % 3 == 0 { ("\"Oslo\"", 300) } else { ("Rome", 100) };
        let score = base + i * 7 % 11;
        let score = if i % 10 == 4 { "?".to_owned() } else { format!("{},{}0", score / 10, score % 10) };
        let city = if i % 10 == 7 { "" } else { city };
        text += &format!("person {i};{city};{score};{}\r\n", if i % 2 == 0 { "yes" } else { "no" });
    }
    text
}

fn runner() -> Runner {
    let runner = Runner::new();
    fs::write(runner.path("survey.csv"), survey()).unwrap();
    runner
}

#[test]
fn a_messy_table_is_filled_without_an_option_and_keeps_its_observed_cells() {
    let runner = runner();
    let Run { code, stdout, stderr } = runner.run("impute survey.csv --out done.csv");
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stdout, "done.csv: 24 cells filled in 2 columns\n");
    assert!(stderr.lines().count() <= 10, "{stderr}");
    assert!(stderr.contains("fields separated by semicolons, decimal comma"), "{stderr}");
    assert!(stderr.contains("held-out errors") && stderr.contains("  RMSE\n"), "{stderr}");
    let done = fs::read_to_string(runner.path("done.csv")).unwrap();
    let (mut right, before) = (0, survey());
    assert_eq!(done.matches("\r\n").count(), 121);
    for (before, after) in before.lines().zip(done.lines()) {
        let fields: Vec<(&str, &str)> = before.split(';').zip(after.split(';')).collect();
        for (k, (before, after)) in fields.iter().enumerate() {
            if !["", "?"].contains(before) {
                assert_eq!(before, after);
                continue;
            }
            // The city tells the score to one, and the score tells the city.
            right += usize::from(match k {
                1 => after.trim_matches('"').starts_with(if fields[2].0.starts_with('3') {
                    "Oslo"
                } else {
                    "Rome"
                }),
                _ => after.starts_with(if fields[1].0 == "Rome" { "10," } else { "30," }),
            });
        }
    }
    assert!(right >= 22, "{right} of 24 cells are right");
}

#[test]
fn imputations_differ_in_filled_cells_alone_and_are_pooled() {
    let runner = runner();
    let filled = runner.run("impute survey.csv --imputations 3 --networks 3 --out done-{}.csv --quiet");
    assert_eq!((filled.code, filled.stderr.as_str()), (0, ""));
    let [first, second] =
        ["done-1.csv", "done-2.csv"].map(|name| fs::read_to_string(runner.path(name)).unwrap());
    assert_ne!(first, second);
    let before = survey();
    for ((first, second), before) in first.lines().zip(second.lines()).zip(before.lines()) {
        assert!(first == second || before.contains('?') || before.contains(";;"), "{first} {second}");
    }
    let terms = runner.json("pool done-1.csv done-2.csv done-3.csv --ols score~city --json");
    assert_eq!((&terms["n_tables"], &terms["terms"][1]["name"]), (&3.into(), &"city = Rome".into()));
    let difference = terms["terms"][1]["estimate"].as_f64().unwrap();
    assert!((difference + 20.0).abs() < 1.0, "{difference}");
    let told = runner.print("pool done-1.csv done-2.csv --mean score");
    assert!(told.contains("estimate") && told.lines().count() == 2, "{told}");
}

#[test]
fn imputations_of_different_runs_are_not_pooled() {
    let runner = Runner::new();
    let done = |x: usize| format!("x,g\n{}", format!("{x}.5,u\n1.5,v\n2.5,u\n").repeat(10));
    for name in ["d-01.csv", "d-02.csv", "d-1.csv", "d-10.csv"] {
        fs::write(runner.path(name), done(name.len())).unwrap();
    }
    let refused = runner.run("pool d-01.csv d-02.csv d-1.csv d-10.csv --mean x");
    let message = "penstroke: d-1.csv: has the number of d-01.csv, so they are not of one run; name the imputations of one run\n";
    assert_eq!((refused.code, refused.stderr.as_str()), (2, message));
    runner.print("pool d-01.csv d-02.csv d-10.csv --mean x");
}

#[test]
fn warnings_about_pooled_tables_are_told_once() {
    let runner = Runner::new();
    for (name, group) in [("e-1.csv", "v"), ("e-2.csv", "w"), ("e-3.csv", "w")] {
        let rows = format!("4.5,1.25,u\n1.5,1.25,{group}\n2.5,1.25,u\n").repeat(10);
        fs::write(runner.path(name), format!("x,c,g\n{rows}")).unwrap();
    }
    let run = runner.run("pool e-1.csv e-2.csv e-3.csv --mean x");
    let told = "penstroke: e-1.csv: column c is constant\n\
                penstroke: e-2.csv: column g: 10 cells hold categories not seen in training, the first \"w\"; they count as missing\n";
    assert_eq!((run.code, run.stderr.as_str()), (0, told));
}

#[test]
fn imputations_of_an_earlier_run_are_told() {
    let runner = Runner::new();
    fs::write(runner.path("t.csv"), format!("a,b\n{}", "1.50,x\n2.25,y\n".repeat(15))).unwrap();
    runner.print("impute t.csv --imputations 3 --out d-{}.csv --quiet");
    fs::write(runner.path("d-x.csv"), "a,b\n").unwrap();
    let told = |line: &str| {
        let stderr = runner.run(line).stderr;
        stderr.lines().filter(|line| line.starts_with("penstroke: ")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told("impute t.csv --imputations 3 --out d-{}.csv"), "");
    let one = "penstroke: d-3.csv is not of this run; do not pool it with these imputations";
    assert_eq!(told("impute t.csv --imputations 2 --out d-{}.csv"), one);
    let three =
        "penstroke: d-1.csv and 2 other files are not of this run; do not pool them with these imputations";
    assert_eq!(told("impute t.csv --imputations 10 --out d-{}.csv"), three);
    assert_eq!(told("impute t.csv --imputations 10 --out d-{}.csv --quiet"), "");
}

#[test]
fn what_is_left_out_is_told_once() {
    let runner = Runner::new();
    let rows: String =
        (0..24).map(|row| format!("note {row},{}.5,{}\n", row * 5 % 24, ["x", "y"][row % 2])).collect();
    fs::write(runner.path("t.csv"), format!("note,a,b\n{rows}")).unwrap();
    let stderr = runner.run("impute t.csv --out done.csv").stderr;
    assert_eq!(stderr.matches("text that differs in every row").count(), 1, "{stderr}");
}

#[test]
fn a_page_and_a_mask_tell_of_the_imputation() {
    let runner = runner();
    let done = runner.run("impute survey.csv --out done.csv --report r.html --mask-out mask.npy --quiet");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let page = fs::read_to_string(runner.path("r.html")).unwrap();
    for part in ["24 cells filled in 2 columns", "Pattern of gaps", "Overimputation", "impute survey.csv"] {
        assert!(page.contains(part), "{part}");
    }
    let mask = fs::read(runner.path("mask.npy")).unwrap();
    assert!(
        String::from_utf8_lossy(&mask[..128]).contains("'|b1', 'fortran_order': False, 'shape': (120, 4)")
    );
    // Row 4 lacks its score, the third column, and row 7 its city, the second.
    let filled: Vec<usize> = (0..480).filter(|&at| mask[128 + at] == 1).collect();
    assert_eq!((filled.len(), &filled[..2]), (24, &[4 * 4 + 2, 7 * 4 + 1][..]));
    for (line, message) in [
        ("--report r.txt", "r.txt: the file name must end in .html"),
        ("--mask-out done.csv", "done.csv: is another output of this command; give another name"),
    ] {
        let run = runner.run(&format!("impute survey.csv --out done.csv {line}"));
        assert_eq!((run.code, run.stderr.trim_end()), (2, format!("penstroke: {message}").as_str()));
    }
}

#[test]
fn a_table_without_gaps_is_copied() {
    let runner = Runner::new();
    let text = format!("a,b\n{}", "1.50,x\n2.25,y\n".repeat(15));
    fs::write(runner.path("t.csv"), &text).unwrap();
    assert_eq!(
        runner.print("impute t.csv --out done.csv --quiet"),
        "done.csv: no cell is missing in the columns that are learned; the table is copied\n"
    );
    assert_eq!(fs::read_to_string(runner.path("done.csv")).unwrap(), text);
}

#[test]
fn what_cannot_be_imputed_or_pooled_is_one_line_and_leaves_nothing() {
    let runner = runner();
    fs::write(runner.path("few.csv"), "a,b\n1.5,2.5\n,3.5\n2.5,4.5\n").unwrap();
    fs::write(runner.path("done.csv"), "a,b\n1.5,2.5\n2.5,3.5\n2.5,4.5\n").unwrap();
    fs::write(runner.path("also.csv"), "a,b\n1.5,2.5\n2.5,3.5\n2.5,4.5\n").unwrap();
    for name in ["huge.csv", "huge2.csv"] {
        fs::write(runner.path(name), "a,b\n1e300,2.5\n-1e300,3.5\n2.5,4.5\n").unwrap();
    }
    runner.print("inspect survey.csv --types name=id --schema s.json");
    let schema = fs::read_to_string(runner.path("s.json")).unwrap();
    fs::write(runner.path("s.json"), schema.replace("\"id\"", "\"ignore\"")).unwrap();
    let overwritten = "is an input of this command and would be overwritten; give another output name";
    let before = runner.names();
    for (line, message) in [
        ("impute few.csv --out x.csv", "few.csv: has 3 rows; at least 20 are needed to learn from"),
        (
            "impute survey.csv --imputations 3 --out x.csv",
            "--out: x.csv does not say where the number of an imputation goes; use --out 'x-{}.csv'",
        ),
        (
            "impute survey.csv --imputations 3 --networks 2 --out x-{}.csv",
            "--networks: 2 networks for 3 imputations; use --networks 3",
        ),
        ("impute survey.csv --out x.parquet", "x.parquet: a table of text is written as text; name it .csv"),
        (
            "inspect survey.csv --schema survey.csv",
            "survey.csv: is an input of this command and would be overwritten; give another output name",
        ),
        (
            "pool done.csv --mean a",
            "done.csv: one table does not tell how uncertain its filled cells are; name at least 2",
        ),
        ("pool few.csv done.csv --mean a", "few.csv: column a has 1 missing cell; impute it first"),
        (
            "impute survey.csv --out q.csv --save-model ./q.csv",
            "./q.csv: would hold both a table and the imputer; give another name",
        ),
        (
            "impute survey.csv --out q.html --report ./q.html",
            "./q.html: is another output of this command; give another name",
        ),
        ("impute survey.csv --schema s.json --out s.json", &format!("s.json: {overwritten}")),
        (
            "impute survey.csv --schema s.json --out q.csv --save-model ./s.json",
            &format!("./s.json: {overwritten}"),
        ),
        (
            "inspect survey.csv --types name=id --schema s.json",
            "s.json: exists and says otherwise, and may have been edited; delete it, or name another file",
        ),
        (
            "impute - --out q.csv",
            "-: standard input cannot be read twice, as a table with typed columns is; save it to a file first",
        ),
        (
            "impute survey.csv --out -",
            "--out: - does not stand for standard output here, because the filled table goes to a file of its own format; name a file",
        ),
        ("pool also.csv done.csv --mean c", "also.csv: has no column \"c\"; it has a, b"),
        (
            "pool done.csv ./done.csv --mean a",
            "./done.csv: is named twice, and would count as two imputations; name each file once",
        ),
        (
            "pool huge.csv huge2.csv --mean a",
            "huge.csv: the estimate of a is not finite, because numbers are too large; divide the columns by a power of ten",
        ),
        (
            "pool done.csv also.csv --ols b~b",
            "--ols: \"b~b\" explains a column by itself; write other columns, as y ~ x1 + x2",
        ),
        (
            "pool done.csv also.csv --ols a",
            "--ols: \"a\" does not have one ~ between outcome and terms, as y ~ x1 + x2",
        ),
    ] {
        let run = runner.run(&format!("{line}{}", if line.starts_with("impute") { " --quiet" } else { "" }));
        assert_eq!(
            (run.code, run.stderr.trim_end()),
            (2, format!("penstroke: {message}").as_str()),
            "{line}"
        );
    }
    assert_eq!(runner.names(), before);
}

/// Rows of the survey with the columns in another order, a new city, and a new column.
fn later(rows: std::ops::Range<usize>) -> String {
    let mut text = String::from("group,extra,score,city,name\n");
    for i in rows {
        let city = ["Rome", "Oslo", "Paris", ""][i % 4];
        let score = if i % 3 == 0 { "" } else { ["12.50", "31.00"][i % 2] };
        text += &format!("yes,{i},{score},{city},person {i}\n");
    }
    text
}

#[test]
fn a_saved_imputer_fills_other_tables_and_each_row_alike_alone() {
    let runner = runner();
    let told = runner.print("impute survey.csv --save-model m --out done.csv --networks 3 --quiet");
    assert_eq!(told, "done.csv: 24 cells filled in 2 columns; m holds the imputer\n");
    let again = runner.print("impute survey.csv --model m --out again.csv --quiet");
    assert_eq!(again, "again.csv: 24 cells filled in 2 columns\n");
    let read = |name: &str| fs::read_to_string(runner.path(name)).unwrap();
    assert_eq!(read("again.csv"), read("done.csv"));

    fs::write(runner.path("new.csv"), later(0..40)).unwrap();
    let Run { code, stdout, stderr } = runner.run("impute new.csv --model m --decimal . --out new-done.csv");
    assert_eq!((code, stdout.as_str()), (0, "new-done.csv: 34 cells filled in 2 columns\n"), "{stderr}");
    for warning in [
        "penstroke: column extra is not among those of the model and is left out",
        "penstroke: column city: 10 cells hold categories not seen in training, the first \"Paris\"; they count as missing",
    ] {
        assert!(stderr.lines().any(|line| line == warning), "{stderr}");
    }
    let (before, done) = (later(0..40), read("new-done.csv"));
    for (before, after) in before.lines().zip(done.lines()).skip(1) {
        let [before, after] = [before, after].map(|line| line.split(',').collect::<Vec<_>>());
        for (before, after) in before.iter().zip(&after) {
            assert!(before == after || before.is_empty() || *before == "Paris", "{before} {after}");
        }
        assert!(["Rome", "Oslo"].contains(&after[3]) && !after[2].is_empty(), "{after:?}");
    }
    let refused = runner.run("impute new.csv --model m --imputations 2 --out drawn-{}.csv --quiet");
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (
            2,
            "penstroke: --imputations: 2, but m was trained for one; train it with --imputations 2 and --save-model\n"
        )
    );
    runner.print("impute survey.csv --save-model several --imputations 2 --out done-{}.csv --quiet");
    let drawn =
        runner.print("impute new.csv --model several --decimal . --imputations 2 --out drawn-{}.csv --quiet");
    assert!(drawn.starts_with("drawn-1.csv, drawn-2.csv: 34 cells"), "{drawn}");
    for row in [2, 3, 11] {
        fs::write(runner.path("one.csv"), later(row..row + 1)).unwrap();
        runner.print("impute one.csv --model m --decimal . --out one-done.csv --quiet");
        assert_eq!(read("one-done.csv").lines().nth(1), done.lines().nth(row + 1), "row {row}");
        runner.print("impute one.csv --model several --decimal . --imputations 2 --out one-{}.csv --quiet");
        // The first of its kind: equal rows after it are drawn anew.
        if row < 4 {
            assert_eq!(
                read("one-2.csv").lines().nth(1),
                read("drawn-2.csv").lines().nth(row + 1),
                "row {row}"
            );
        }
    }
}

#[test]
fn a_label_that_a_table_lacks_is_neither_told_nor_counted() {
    let runner = runner();
    runner.print("impute survey.csv --types group=label --save-model m --out done.csv --networks 2 --quiet");
    let lacking: String =
        survey().lines().map(|line| format!("{}\n", line.rsplit_once(';').unwrap().0)).collect();
    fs::write(runner.path("new.csv"), lacking).unwrap();
    let Run { code, stdout, stderr } = runner.run("impute new.csv --model m --out new-done.csv");
    let told = "new-done.csv: 24 cells filled in 2 columns\n";
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, told, ""));
}

#[test]
fn what_does_not_fit_a_saved_imputer_is_one_line() {
    let runner = runner();
    runner.print("impute survey.csv --save-model m --out done.csv --networks 2 --quiet");
    runner.print("fit strokes --samples 60 --hidden 3 --epochs 1 --quiet --out a");
    fs::write(runner.path("narrow.csv"), "score,other\n1.5,2\n,3\n").unwrap();
    fs::write(runner.path("wrong.csv"), "city;score;group\nRome;often;yes\n;2,5;no\n").unwrap();
    let before = runner.names();
    for (line, message) in [
        (
            "impute new.csv --model m --networks 3 --bounds none --seed 1 --types city=ignore --out x.csv",
            "m: fixes how it was trained and what the columns hold; leave out --networks, --bounds, --seed, --types",
        ),
        (
            "impute narrow.csv --model m --out x.csv",
            "narrow.csv: lacks the columns city, group that are needed; its columns are score, other",
        ),
        (
            "impute survey.csv --model m --imputations 3 --out x-{}.csv",
            "--imputations: 3 is outside 1 to 2, the number of networks of m",
        ),
        (
            "impute survey.csv --model a --out x.csv",
            "a: holds a model of kind \"autoencoder\", an imputer is needed; train one on a table",
        ),
        (
            "impute survey.csv --model m --out m",
            "m: is an input of this command and would be overwritten; give another output name",
        ),
        (
            "impute survey.csv --save-model x.csv --out x.csv",
            "x.csv: would hold both a table and the imputer; give another name",
        ),
        (
            "impute survey.csv --save-model survey.csv --out x.csv",
            "survey.csv: is an input of this command and would be overwritten; give another output name",
        ),
    ] {
        let run = runner.run(&format!("{line} --quiet"));
        assert_eq!((run.code, run.stderr), (2, format!("penstroke: {message}\n")), "{line}");
    }
    let run = runner.run("impute wrong.csv --model m --out x.csv --quiet");
    assert_eq!((run.code, run.stderr.lines().count()), (2, 1), "{}", run.stderr);
    assert!(run.stderr.contains("wrong.csv: line 2, column 2 (score)"), "{}", run.stderr);
    let an_imputer = "penstroke: m: holds an imputer, which only fills gaps; impute a table with it\n";
    for line in [
        "encode m strokes --out x.npy",
        "predict m strokes --out x.npy",
        "reconstruct m strokes --corruption none --out x.npy",
        "filters m --out x.png",
        "probe strokes --model m",
        "fit strokes --from m --out x",
        "finetune strokes --from m --out x",
    ] {
        let run = runner.run(line);
        assert_eq!((run.code, run.stderr.as_str()), (2, an_imputer), "{line}");
    }
    assert_eq!(runner.names(), before);
}

#[test]
fn an_imputer_says_what_it_holds() {
    let runner = runner();
    runner.print("impute survey.csv --save-model m --out done.csv --networks 2 --types group=id --quiet");
    let told = runner.print("inspect m");
    for line in [
        "m: imputer, model format 1",
        "  trained on       120 rows of 4 columns",
        "  city             binary, Oslo, Rome; 10.0 % missing",
        "  score            numeric, from 10 to 31; 10.0 % missing",
        "  group            id, left out",
        "  hidden           256, 256",
        "  networks         2",
    ] {
        assert!(told.lines().any(|told| told == line), "{line:?} is not in {told}");
    }
    assert!(told.contains("\n  network 2 ") && told.contains(" kept; loss 0."), "{told}");
    assert_eq!(
        runner.print("export m --out m.onnx"),
        "m.onnx: imputer of 2 columns; city (n, 1) str, score (n, 1) float64 → filled_city (n, 1) str, filled_score (n, 1) float64\n"
    );
    let run = runner.run("export m --layer 1 --out x.onnx");
    let refused = "penstroke: --layer: does not apply to an imputer, which is exported whole; leave it out\n";
    assert_eq!((run.code, run.stderr.as_str()), (2, refused));
    let answer = runner.json("inspect m --json");
    assert_eq!(
        (&answer["kind"], &answer["schema"]["columns"][1]["categories"][1]),
        (&"imputer".into(), &"Rome".into())
    );
}

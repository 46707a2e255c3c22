//! `fit`, `encode` and `inspect` on tables with text and gaps.

use crate::runner::{Run, Runner};
use std::fs;

/// 60 rows as a spreadsheet in Europe writes them: `;`, decimal commas, gaps, and a category that the number tells.
fn survey(cities: [&str; 2]) -> String {
    let mut text = String::from("name;city;score;group\n");
    for i in 0..60 {
        let city = if i % 10 == 7 { "?" } else { cities[usize::from(i % 3 == 0)] };
        let group = if i % 2 == 0 { "yes" } else { "no" };
        text += &format!("person {i};{city};{},{};{group}\n", 10 + 20 * i32::from(i % 3 == 0), i * 7 % 10);
    }
    text
}

fn runner() -> Runner {
    let runner = Runner::new();
    fs::write(runner.path("survey.csv"), survey(["Rome", "Oslo"])).unwrap();
    fs::write(runner.path("new.csv"), survey(["Rome", "Bern"])).unwrap();
    runner
}

const SMALL: &str = "--layers 8,4 --epochs 2";

/// The error of a command that must be refused in one line.
fn refused(runner: &Runner, line: &str) -> String {
    let Run { code, stderr, stdout } = runner.run(line);
    assert_eq!((code, stderr.lines().count(), stdout.as_str()), (2, 1, ""), "{line}: {stderr}");
    stderr
}

#[test]
fn an_encoder_is_exported_with_an_input_for_each_column() {
    let runner = runner();
    runner.run(&format!("fit survey.csv {SMALL} --quiet --out s"));
    assert_eq!(
        runner.print("export s --out s.onnx"),
        "s.onnx: encoder of 3 columns; city (n, 1) str … group (n, 1) str → last (n, 4) float32, all (n, 12) float32\n"
    );
    let told = runner.json("export s --out s.onnx --json");
    assert_eq!((&told["what"], &told["inputs"][1]["name"]), (&"encoder".into(), &"score".into()));
    assert_eq!(
        refused(&runner, "export s --what encoder --out x.onnx"),
        "penstroke: --what: does not apply to an encoder of tables, which is exported whole; leave it out\n"
    );
    assert!(!runner.path("x.onnx").exists());
}

#[test]
fn a_messy_table_trains_an_encoder_without_an_option_and_is_encoded() {
    let runner = runner();
    let Run { code, stdout, stderr } = runner.run("fit survey.csv --epochs 2 --out m");
    assert_eq!(code, 0, "{stderr}");
    let begins =
        "m: encoder of tables, 256, 256, 256 hidden units over 3 columns, 2 of 2 epochs; training loss ";
    assert!(stdout.starts_with(begins), "{stdout}");
    assert!(stderr.lines().count() <= 10, "{stderr}");
    assert!(stderr.contains("fields separated by semicolons, decimal comma"), "{stderr}");

    runner.run(&format!("fit survey.csv {SMALL} --quiet --out s"));
    assert_eq!(
        runner.print("encode s survey.csv --out last.csv"),
        "last.csv: codes of 60 rows, 4 values each\n"
    );
    assert_eq!(
        runner.print("encode s survey.csv --output all --out all.csv"),
        "all.csv: codes of 60 rows, 12 values each\n"
    );
    let (last, all) =
        (fs::read_to_string(runner.path("last.csv")), fs::read_to_string(runner.path("all.csv")));
    for (last, all) in last.unwrap().lines().zip(all.unwrap().lines()).skip(1) {
        assert!(all.ends_with(&format!(",{last}")), "{all} ends in another code than {last}");
    }
    let Run { code, stderr, .. } = runner.run("encode s new.csv --out p.npy");
    let unseen = "column city: 18 cells hold categories not seen in training, the first \"Bern\"; they count as missing";
    assert!(code == 0 && stderr.contains(unseen), "{stderr}");
}

#[test]
fn it_is_described() {
    let runner = runner();
    runner.run(&format!("fit survey.csv {SMALL} --types group=label --quiet --out m"));
    let text = runner.print("inspect m");
    assert!(
        text.starts_with("m: encoder of tables, model format 1\n  trained on       60 rows of 4 columns\n")
    );
    for line in [
        "  city             binary, Oslo, Rome; 10.0 % missing\n",
        "  corruption       swap:0.15\n",
        "  trained          2 epochs; loss ",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn the_file_of_options_trains_the_same_encoder_again() {
    let runner = runner();
    runner.run(&format!("fit survey.csv {SMALL} --quiet --out m.safetensors"));
    let model = fs::read(runner.path("m.safetensors")).unwrap();
    fs::remove_file(runner.path("m.safetensors")).unwrap();
    let Run { code, stderr, .. } = runner.run("fit --config m.safetensors.toml");
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(fs::read(runner.path("m.safetensors")).unwrap(), model);
}

#[test]
fn numbers_alone_train_an_autoencoder_unless_kinds_are_given() {
    let runner = Runner::new();
    let rows: String = (0..40).map(|i| format!("{i},{}\n", i * i % 17)).collect();
    fs::write(runner.path("n.csv"), format!("a,b\n{rows}")).unwrap();
    runner.run("fit n.csv --hidden 3 --epochs 1 --scale standard --quiet --out a");
    assert!(runner.print("inspect a").starts_with("a: autoencoder,"));
    for option in ["--types b=categorical", "--na-values -9", "--corruption swap:0.2"] {
        runner.run(&format!("fit n.csv {option} {SMALL} --quiet --out e"));
        assert!(runner.print("inspect e").starts_with("e: encoder of tables,"), "{option}");
    }
    // The way of numbers has its own treatment of missing values.
    runner
        .run("fit n.csv --na-values 3 --missing mean --hidden 3 --epochs 1 --scale standard --quiet --out a");
    assert!(runner.print("inspect a").starts_with("a: autoencoder,"));
}

#[test]
fn options_that_do_not_apply_and_other_verbs_are_refused() {
    let runner = runner();
    assert_eq!(
        refused(&runner, "fit survey.csv --hidden 9 --untied --log l --out m"),
        "penstroke: survey.csv: trains an encoder of the table's rows, to which some options do not apply; leave out \
         --untied, --log, --hidden, or give the units of each hidden layer with --layers\n"
    );
    let message = refused(&runner, "fit survey.csv --types group=label --scale standard --out m");
    assert!(message.ends_with("leave out --scale\n"), "{message}");
    // Asked for as numbers, it fails as before.
    let message = refused(&runner, "fit survey.csv --scale standard --out m");
    assert!(!message.contains("encoder"), "{message}");
    assert!(
        refused(&runner, "fit strokes --types a=label --out m").contains("strokes: is not a file of a table")
    );

    runner.run(&format!("fit survey.csv {SMALL} --quiet --out m"));
    let message = refused(&runner, "encode m survey.csv --layer 1 --stream --out p.npy");
    assert!(message.ends_with("leave out --layer, --stream\n"), "{message}");
    assert!(refused(&runner, "encode m strokes --out p.npy").contains("strokes: is not a file of a table"));
    let only = "m: holds an encoder of tables, which only encodes tables\n";
    for line in ["reconstruct m survey.csv --out p.npy", "filters m --out f.png"] {
        assert!(refused(&runner, line).ends_with(only), "{line}");
    }
    runner.run("fit strokes --samples 60 --hidden 3 --epochs 1 --quiet --out a");
    assert!(
        refused(&runner, "encode a strokes --output all --out p.npy")
            .contains("applies only to encoders of tables")
    );
}

//! `--config`: a file of options has the effect of the options, and all options are written to such a file.

use crate::runner::Runner;
use std::fs;

#[test]
fn the_written_options_give_the_same_result_again() {
    let runner = Runner::new();
    let read = |name: &str| fs::read(runner.path(name)).unwrap();
    runner.print("data make strokes -n 60 --out d.npy --labels l.npy");
    runner.print("fit strokes --samples 60 --hidden 5 --epochs 1 --quiet --out start");
    for (verb, options) in [
        (
            "fit",
            "strokes --samples 60 --hidden 5 --corruption masking:0.5->0.1+gaussian:0.2 --untied --epochs 2 --seed 7",
        ),
        (
            "fit",
            "d.npy --layers 5,4 --corruption masking:0.1,none --epochs 1 --end-to-end 1 --scale 0.5 --threads 1",
        ),
        ("fit", "d.npy --from start --epochs 1 --learning-rate 0.01"),
        (
            "finetune",
            "strokes --samples 60 --layers 4 --pretrain 1 --labels 20 --draw 1 --epochs 2 --max-norm 3",
        ),
        ("finetune", "d.npy --targets l.npy --from start --epochs 2"),
        // With options that the file already has.
        ("fit", "d.npy --hidden 3 --epochs 1 --checkpoint run --every 1h --resume --emphasis 1,0.5"),
    ] {
        runner.print(&format!("{verb} {options} --quiet --out m"));
        let (model, meant) = (read("m"), read("m.toml"));
        fs::remove_file(runner.path("m")).unwrap();
        fs::rename(runner.path("m.toml"), runner.path("meant")).unwrap();
        runner.print(&format!("{verb} --config meant"));
        assert!(read("m") == model, "{verb} {options}");
        assert_eq!(
            String::from_utf8(read("m.toml")).unwrap(),
            String::from_utf8(meant).unwrap(),
            "{verb} {options}"
        );
    }
}

#[test]
fn a_users_file_is_not_overwritten() {
    let runner = Runner::new();
    let own = "# mine\nsource = \"strokes\"\nsamples = 60\nhidden = 3\nepochs = 1\n";
    fs::write(runner.path("run.toml"), own).unwrap();
    let taken = "run.toml: exists and would be overwritten by the file of options; move it, or choose another name with --out\n";
    for (line, problem) in [
        ("fit --config run.toml --out run", taken),
        ("fit strokes --out run", taken),
        ("finetune strokes --layers 3 --out run", taken),
        (
            "fit --config run.toml --out run.toml",
            "run.toml: is an input of this command and would be overwritten; give another output name\n",
        ),
        (
            "fit --config run.toml --log run.toml --out m",
            "--log: run.toml is an input of this command or its model; give another file name\n",
        ),
        (
            "fit --config run.toml --log m.toml --out m",
            "--log: m.toml is an input of this command or its model; give another file name\n",
        ),
    ] {
        let run = runner.run(line);
        assert_eq!((run.code, run.stderr), (2, format!("penstroke: {problem}")), "{line}");
        assert_eq!(fs::read_to_string(runner.path("run.toml")).unwrap(), own);
        assert_eq!(runner.names(), ["run.toml"], "{line}");
    }
    // A command may overwrite its own file.
    for _ in 0..2 {
        runner.print("fit --config run.toml --quiet --out m");
    }
    fs::create_dir(runner.path("s")).unwrap();
    fs::write(runner.path("s/search.toml"), own).unwrap();
    let run = runner.run("search strokes --samples 60 --out s");
    assert!(
        run.stderr.starts_with("penstroke: s/search.toml: exists and would be overwritten"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_search_is_repeated_from_its_file() {
    let runner = Runner::new();
    let table = |line: &str| {
        let mut table = runner.json(line);
        for list in ["rows", "by_corruption"] {
            table[list].as_array_mut().unwrap().iter_mut().for_each(|row| row["seconds"] = 0.into());
        }
        table
    };
    let space =
        "--corruption none,masking:0.1 --hidden 3,4 --epochs 1 --tuning-epochs 1 --seed 3 --valid 0.2";
    let first = table(&format!("search strokes --samples 60 {space} --json --out one"));
    let again = table("search --config one/search.toml --out two");
    assert_eq!(first, again);
}

#[test]
fn typed_options_win_over_those_of_the_file() {
    let runner = Runner::new();
    let file = "source = \"absent\"\nout = \"of-the-file\"\nhidden = 9\ncorruption = [\"none\"]\nquiet = true\nuntied = false\n\
                samples = 60\nepochs = 1\n";
    fs::write(runner.path("run.toml"), file).unwrap();
    // --verbose and --layers exclude quiet and hidden.
    let run = runner
        .run("fit strokes --config=run.toml --verbose --layers 4,3 --corruption gaussian:0.5 --json --out m");
    assert_eq!((run.code, run.stderr.lines().count()), (0, 2), "{}", run.stderr);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&answer["model"], &answer["n_samples"]), (&"m".into(), &60.into()));
    let layers = answer["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 2);
    for layer in layers {
        assert_eq!(
            (&layer["config"]["corruption"], &layer["config"]["tied"]),
            (&"gaussian:0.5".into(), &true.into())
        );
    }
    // Only the source is typed, after the mark that ends options.
    let run = runner.run("fit --config run.toml -- strokes");
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    assert_eq!(runner.json("inspect of-the-file --json")["n_hidden"], 9);
}

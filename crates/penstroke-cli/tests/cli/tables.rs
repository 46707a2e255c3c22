//! Tables through the whole program: column choice, scaling, training, encoding, reconstruction, class names.

use crate::runner::Runner;
use std::fs;

/// 60 rows of two kinds of flowers that differ in their petals, with one uninformative column.
fn flowers(first: usize) -> String {
    let mut text = String::from("petal,colour,id,kind\n");
    for i in first..first + 60 {
        let (kind, petal, colour) = match i % 2 {
            0 => ("daisy", 10.0 + (i % 7) as f64, "white"),
            _ => ("poppy", 200.0 + (i % 5) as f64, "red"),
        };
        text += &format!("{petal},{colour},flower{i},{kind}\n");
    }
    text
}

fn runner() -> Runner {
    let runner = Runner::new();
    fs::write(runner.path("flowers.csv"), flowers(0)).unwrap();
    fs::write(runner.path("others.csv"), flowers(7)).unwrap();
    runner
}

const CHOICE: &str = "--columns petal --one-hot colour --label kind --scale range";

#[test]
fn a_classifier_of_a_table_names_the_classes_of_another() {
    let runner = runner();
    let data = runner.print(&format!("inspect flowers.csv {CHOICE}"));
    assert!(data.starts_with("flowers.csv: 60 samples of 3 values, floats; 0 to 1"), "{data}");
    assert!(data.contains("2 classes (daisy: 30, poppy: 30)"), "{data}");
    runner.print(&format!(
        "finetune flowers.csv {CHOICE} --layers 8 --epochs 60 --learning-rate 0.02 --out model"
    ));
    let model = runner.print("inspect model");
    let prepared = "2 columns of a table, 1 of them one-hot, labels in column 4 (kind); each value scaled by its own \
                    offset and divisor; 2 classes: daisy, poppy";
    assert!(model.contains(prepared), "{model}");

    let output = runner.print("predict model others.csv --out named.csv");
    assert!(output.contains("error: 0.00 %"), "{output}");
    let named = fs::read_to_string(runner.path("named.csv")).unwrap();
    let truth: Vec<String> =
        flowers(7).lines().map(|row| row.rsplit(',').next().unwrap().to_owned()).collect();
    assert_eq!(named.lines().skip(1).collect::<Vec<_>>(), truth[1..]);
    runner.print("predict model others.csv --what probabilities --out p.csv");
    assert!(fs::read_to_string(runner.path("p.csv")).unwrap().starts_with("daisy,poppy\n"));
    runner.print("predict model others.csv --out named.npy");
    let npy = fs::read(runner.path("named.npy")).unwrap();
    assert!(npy[10..].starts_with(b"{'descr': '<U5', 'fortran_order': False, 'shape': (60,), }"));
}

#[test]
fn fine_tuning_adds_labels_to_an_unlabelled_model() {
    let runner = runner();
    runner.print("fit flowers.csv --columns petal --one-hot colour --scale standard --hidden 4 --epochs 1 --quiet --out model");
    runner.print("finetune flowers.csv --from model --label kind --epochs 1 --quiet --out tuned");
    runner.print("predict tuned others.csv --out named.csv");
    let named = fs::read_to_string(runner.path("named.csv")).unwrap();
    assert!(named.lines().skip(1).all(|name| ["daisy", "poppy"].contains(&name)), "{named}");
}

#[test]
fn codes_and_repairs_are_written_as_text_and_in_the_units_of_the_table() {
    let runner = runner();
    runner.print(&format!("fit flowers.csv {CHOICE} --hidden 6 --corruption none --epochs 200 --learning-rate 0.05 --quiet --out model"));
    runner.print("encode model others.csv --out codes.csv");
    let codes = fs::read_to_string(runner.path("codes.csv")).unwrap();
    assert!(codes.starts_with("code_1,code_2,code_3,code_4,code_5,code_6\n"), "{codes}");
    assert_eq!(codes.lines().count(), 61);
    runner.print("reconstruct model others.csv --out restored.csv");
    let restored = fs::read_to_string(runner.path("restored.csv")).unwrap();
    let mut rows = restored.lines();
    assert_eq!(rows.next(), Some("petal,colour=red,colour=white"));
    for (row, truth) in rows.zip(flowers(7).lines().skip(1)) {
        let petal = |row: &str| row.split(',').next().unwrap().parse::<f64>().unwrap();
        // The range is 194; unscaled values would be within 1 of 0.
        assert!((petal(row) - petal(truth)).abs() < 40.0, "{row} for {truth}");
    }
}

#[test]
fn a_probe_of_two_files_uses_one_scale_and_one_set_of_classes() {
    let runner = runner();
    let answer = runner.json(&format!("probe flowers.csv {CHOICE} --test others.csv --json"));
    assert_eq!(answer["comparisons"][0]["raw"]["errors"], 0);
    // In a file with a single class, the class keeps its number.
    let poppies: Vec<_> =
        flowers(0).lines().filter(|row| !row.contains("daisy")).map(str::to_owned).collect();
    fs::write(runner.path("poppies.csv"), poppies.join("\n")).unwrap();
    let answer = runner.json(&format!("probe flowers.csv {CHOICE} --test poppies.csv --json"));
    assert_eq!(answer["comparisons"][0]["raw"]["errors"], 0);
}

#[test]
fn warnings_go_to_standard_error_once() {
    let runner = runner();
    let run =
        runner.run("fit flowers.csv --columns petal --hidden 2 --decoder sigmoid --epochs 1 --out model");
    assert_eq!(run.code, 0);
    assert_eq!(
        run.stderr,
        "penstroke: flowers.csv: values of 10 to 204 are far outside 0 to 1, and the sigmoid decoder gives 0 to 1; use \
         --scale range, or use --decoder linear\n"
    );
    let quiet = runner
        .run("fit flowers.csv --columns petal --hidden 2 --decoder sigmoid --epochs 1 --quiet --out model");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    runner.print(&format!("fit flowers.csv {CHOICE} --hidden 2 --epochs 1 --quiet --out model"));
    fs::write(runner.path("blue.csv"), "petal,colour\n10,blue\n").unwrap();
    let run = runner.run("encode model blue.csv --out codes.npy");
    assert_eq!(run.code, 0);
    assert_eq!(
        run.stderr,
        "penstroke: blue.csv: 1 place holds a category not seen in training, the first \"blue\" in column 2 \
         (colour); their values are all 0\n"
    );
}

#[test]
fn values_outside_the_models_range_give_a_warning() {
    let runner = runner();
    runner.print("fit strokes --samples 60 --hidden 3 --epochs 1 --quiet --out small");
    let large: Vec<f32> = (0..784 * 2).map(|i| (i % 256) as f32).collect();
    let mut file = fs::File::create(runner.path("large.npy")).unwrap();
    penstroke::data::npy::write(&mut file, &large, 2, 784).unwrap();
    for verb in ["encode", "reconstruct"] {
        let run = runner.run(&format!("{verb} small large.npy --out x.npy"));
        assert_eq!(
            (run.code, run.stderr.as_str()),
            (
                0,
                "penstroke: large.npy: values of 0 to 255 differ in scale from the 0 to 1 that the model learned from\n"
            )
        );
    }
}

#[test]
fn impossible_outputs_are_refused_with_one_line() {
    let runner = runner();
    runner.print(&format!("fit flowers.csv {CHOICE} --hidden 2 --epochs 1 --quiet --out model"));
    runner.print(&format!("finetune flowers.csv {CHOICE} --layers 2 --epochs 1 --quiet --out classes"));
    fs::write(runner.path("tulip.csv"), "petal,colour,kind\n1,red,daisy\n1,red,tulip\n").unwrap();
    runner.print("data make strokes -n 20 --out digits.npy");
    let mut wrong = Vec::new();
    for (line, start) in [
        (
            "fit flowers.csv --scale none --out m",
            "flowers.csv: line 2, column 2 (colour): \"white\" is not a number (line 1 was read as column names); leave the column out with --columns, or read it \
             as categories with --one-hot",
        ),
        (
            "fit flowers.csv --from model --scale range --out m",
            "--scale: is fixed by the model; leave it out",
        ),
        (
            "fit flowers.csv --scale minmax --out m",
            "--scale: \"minmax\" is not one of none, range, standard, per-sample, or a number above 0 such as 255",
        ),
        ("fit flowers.csv --columns 0 --out m", "--columns: columns: 0 is not a column or range of columns;"),
        ("fit flowers.csv --delimiter xy --out m", "--delimiter: \"xy\" cannot separate fields"),
        (
            "fit digits.npy --label 1 --out m",
            "digits.npy: is not a table; only tables such as CSV or Parquet files have columns",
        ),
        (
            "fit strokes --label a --out m",
            "strokes: is not a table; only tables such as CSV or Parquet files have columns",
        ),
        ("inspect model --columns a", "model: is a model, not a table; leave out --columns a\n"),
        (
            "encode model digits.npy --out c.npy",
            "digits.npy: is not a table, but the model reads column 1 (petal), column 2 (colour); give a table\n",
        ),
        ("encode model flowers.csv --out c.txt", "c.txt: the file name must end in .npy or .csv or .parquet"),
        (
            "predict classes tulip.csv --label kind --out c.npy",
            "tulip.csv: line 3, column 3 (kind): \"tulip\" is not one of the 2 classes that the model knows: \"daisy\", \
             \"poppy\"",
        ),
        ("probe flowers.csv --columns petal", "flowers.csv: has no labels; strokes, mnist"),
    ] {
        let run = runner.run(line);
        let start = format!("penstroke: {start}");
        let fits = run.stderr.starts_with(&start) || run.stderr.contains(&start["penstroke: ".len()..]);
        if (run.code, run.stdout.as_str(), run.stderr.lines().count()) != (2, "", 1) || !fits {
            wrong.push(format!("{line}\n  expected {start}\n  {}", run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn labels_that_are_not_used_may_be_of_unknown_classes() {
    let runner = runner();
    runner.print(&format!("finetune flowers.csv {CHOICE} --layers 2 --epochs 1 --quiet --out classes"));
    fs::write(runner.path("dots.csv"), flowers(7).replace("daisy", "daisy.").replace("poppy", "poppy."))
        .unwrap();
    runner.print("encode classes dots.csv --out codes.npy");
    runner.print(&format!("fit flowers.csv {CHOICE} --hidden 2 --epochs 1 --quiet --out model"));
    runner.print("reconstruct model dots.csv --out restored.npy");
    let run = runner.run("predict classes dots.csv --out named.csv");
    assert_eq!((run.code, run.stdout.as_str()), (0, "named.csv: classes of 60 samples\n"));
    let unknown = "dots.csv: line 2, column 4 (kind): \"poppy.\" is not one of the 2 classes that the model knows: \"daisy\", \
                   \"poppy\"";
    assert_eq!(run.stderr, format!("penstroke: {unknown}; the samples are loaded without labels\n"));
    let run = runner.run("predict classes dots.csv --label kind --out named.csv");
    assert_eq!((run.code, run.stderr), (2, format!("penstroke: {unknown}\n")));
    let run = runner.run(&format!("probe flowers.csv {CHOICE} --test dots.csv"));
    assert_eq!((run.code, run.stderr), (2, format!("penstroke: {unknown}\n")));
}

#[test]
fn columns_are_written_as_parquet_and_read_again() {
    let runner = runner();
    runner.print(&format!(
        "finetune flowers.csv {CHOICE} --layers 3 --epochs 60 --learning-rate 0.02 --quiet --out model"
    ));
    runner.print("encode model others.csv --out codes.parquet");
    let codes = runner.print("inspect codes.parquet --columns code_1,3");
    assert!(codes.starts_with("codes.parquet: 60 samples of 2 values, floats; "), "{codes}");
    runner.print("encode model others.csv --out codes.csv");
    let [text, columns] = ["csv", "parquet"].map(|kind| {
        runner.print(&format!("fit codes.{kind} --hidden 2 --epochs 1 --quiet --out {kind}"));
        fs::read(runner.path(kind)).unwrap()
    });
    assert!(text == columns, "the same values give the same model");
    runner.print("predict model others.csv --out named.parquet");
    let named = runner.print("inspect named.parquet --one-hot class");
    assert!(named.starts_with("named.parquet: 60 samples of 2 values, floats; "), "{named}");
    runner.print(&format!("fit flowers.csv {CHOICE} --hidden 2 --epochs 1 --quiet --out small"));
    runner.print("reconstruct small others.csv --out restored.parquet");
    let restored = runner.print("inspect restored.parquet --columns petal,colour=red,colour=white");
    assert!(restored.starts_with("restored.parquet: 60 samples of 3 values, floats; "), "{restored}");
    // Only the beginning of the pipe is available.
    let mut command = runner.command("encode model - --out c.npy".split_whitespace());
    command.stdin(fs::File::open(runner.path("codes.parquet")).unwrap());
    let run: crate::runner::Run = command.output().unwrap().into();
    let refused = "is a Parquet or Arrow file, read from its end; give it by its name\n";
    assert!(run.code == 2 && run.stderr.ends_with(refused), "{}", run.stderr);
    // A truncated Parquet file gives a one-line error.
    let whole = fs::read(runner.path("codes.parquet")).unwrap();
    fs::write(runner.path("half.parquet"), &whole[..whole.len() / 2]).unwrap();
    let run = runner.run("inspect half.parquet");
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (
            2,
            "penstroke: half.parquet: is damaged (its footer is not at its end; it is cut short or not a Parquet file); get it again\n"
        )
    );
}

#[test]
fn pictures_are_named_by_their_class_folders() {
    let runner = Runner::new();
    for (class, level) in [("cat", 0.1), ("dog", 0.9)] {
        fs::create_dir_all(runner.path(&format!("pictures/{class}"))).unwrap();
        for number in 0..20 {
            let values: Vec<f32> =
                (0..16).map(|pixel| level + 0.005 * ((pixel + number) % 7) as f32).collect();
            let grid = penstroke::report::Grid::new(values, 4, 4).unwrap().gap(0);
            let png = grid.draw().unwrap().to_png().unwrap();
            fs::write(runner.path(&format!("pictures/{class}/{number}.png")), png).unwrap();
        }
    }
    runner.print("finetune pictures --layers 4 --epochs 60 --learning-rate 0.05 --quiet --out model");
    assert!(runner.print("inspect model").contains("2 classes: cat, dog"));
    // A folder with a single class: the class has the model's number.
    fs::create_dir(runner.path("new")).unwrap();
    fs::rename(runner.path("pictures/dog"), runner.path("new/dog")).unwrap();
    let output = runner.print("predict model new --out named.csv");
    assert!(output.contains("error: 0.00 %"), "{output}");
    assert_eq!(
        fs::read_to_string(runner.path("named.csv")).unwrap(),
        format!("class\n{}", "dog\n".repeat(20))
    );
}

#[test]
fn targets_are_columns_of_the_source_or_a_file() {
    let runner = Runner::new();
    let (mut both, mut x, mut y) =
        (String::from("a,price,b\n"), String::from("a,b\n"), String::from("price\n"));
    for i in 0..60 {
        let (a, b) = (i as f64 / 60.0, (i * 7 % 11) as f64 / 11.0);
        both += &format!("{a},{},{b}\n", 100.0 * a + b);
        x += &format!("{a},{b}\n");
        y += &format!("{}\n", 100.0 * a + b);
    }
    for (name, text) in [("both.csv", both), ("x.csv", x), ("y.csv", y)] {
        fs::write(runner.path(name), text).unwrap();
    }
    let options = "--layers 4 --epochs 3 --quiet --out";
    runner.print(&format!("finetune x.csv --targets y.csv {options} file"));
    runner.print(&format!("finetune both.csv --targets price {options} column"));
    runner.print(&format!("finetune both.csv --targets 2 {options} number"));
    runner.print(&format!("finetune both.csv --targets price --stream {options} streamed"));
    let answer = |model: &str, line: &str| {
        runner.json(&format!("predict {model} {line} --out v.npy --json"))["score"].clone()
    };
    let expected = answer("file", "x.csv --targets y.csv");
    assert!(expected["rmse"][0].as_f64().is_some(), "{expected}");
    for model in ["column", "number", "streamed"] {
        assert_eq!(answer(model, "both.csv --targets price"), expected, "{model}");
    }
    assert_eq!(fs::read(runner.path("column")).unwrap(), fs::read(runner.path("streamed")).unwrap());
    for (line, problem) in [
        (
            "finetune both.csv --targets cost",
            "both.csv: has no column \"cost\"; its columns are a, price, b\n",
        ),
        ("finetune both.csv --targets cost.csv", "cost.csv: no such file or folder; a source is "),
        (
            "finetune both.csv --targets price --columns a,price",
            "both.csv: column 2 is both a target and a value; leave it out of one\n",
        ),
    ] {
        let run = runner.run(&format!("{line} --layers 4 --out m"));
        assert_eq!(run.code, 2, "{line}");
        assert!(run.stderr.starts_with(&format!("penstroke: {problem}")), "{}", run.stderr);
    }
}

#[test]
fn what_the_columns_of_a_table_hold_is_told_and_written() {
    let runner = runner();
    let mut survey = "id;height;colour;day\n".to_owned();
    for row in 0..30 {
        let height = if row % 10 == 3 { "?".into() } else { format!("1,{row}5") };
        survey += &format!("{row};{height};{};2024-01-{:02}\n", ["red", "blue", "green"][row % 3], row + 1);
    }
    fs::write(runner.path("survey.csv"), survey).unwrap();
    let run = runner.run("inspect survey.csv --schema survey.json");
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (
            2,
            "penstroke: survey.csv: column 4 (day): holds dates; write them as numbers, such as days since the first, or use \
             --types day=ignore\n"
        )
    );
    assert!(!runner.path("survey.json").exists());
    let told = runner.print("inspect survey.csv --schema survey.json --types day=ignore");
    let expected = "survey.csv: 30 rows, 4 columns: 1 numeric, 1 categorical, 2 ignore
  text: fields separated by semicolons, decimal comma, the first row names the columns
  numeric: height
  categorical: colour (3)
  ignore: id (whole numbers that name the rows), day (as given)
  gaps: 5.0 % of the cells, in 1 column: height 10.0 %
  to read it as numbers, use --columns or --one-hot
";
    assert_eq!(told, expected);
    // Options for its text change nothing about that.
    for options in ["--delimiter ;", "--decimal , --header yes", "--na-values ?"] {
        let told = runner.print(&format!("inspect survey.csv --types day=ignore {options}"));
        assert!(told.contains("  numeric: height\n"), "{options}: {told}");
    }
    let schema = fs::read_to_string(runner.path("survey.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["columns"][1]["kind"], "numeric");
    assert_eq!(schema["columns"][2]["categories"], serde_json::json!(["blue", "green", "red"]));
    assert_eq!(schema["text"]["decimal"], ",");
    let answer = runner.json("inspect survey.csv --types 4=id --json");
    assert_eq!(answer["schema"]["columns"][3]["kind"], "id");
    // A table that gives samples as it is, too.
    let told = runner.print(&format!("inspect flowers.csv {CHOICE}"));
    assert!(told.contains(" values, floats; ") && told.contains("\n  label: kind"), "{told}");
    for (line, expected) in [
        (
            "inspect survey.csv --types height",
            "\"height\" does not say what a column holds; an example is age=numeric",
        ),
        ("inspect survey.csv --types day=date", "\"date\" is not one of numeric, categorical"),
        (
            "inspect survey.csv --types x=id",
            "--types: names \"x\", and the columns of survey.csv are id, height, colour, day",
        ),
        ("inspect strokes --schema s.json", "strokes: is not a file of a table"),
    ] {
        let run = runner.run(line);
        assert!(run.code == 2 && run.stderr.contains(expected), "{line}: {}", run.stderr);
    }
}

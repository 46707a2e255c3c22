//! Sources of every kind through the whole program: folders as one table, built-in names, parts, shapes of pictures.

use crate::runner::{Run, Runner};
use std::fs;
use std::path::{Path, PathBuf};

fn input(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/inputs").join(name)
}

/// Copies a file or folder of inputs.
fn copy(runner: &Runner, name: &str) {
    fn below(from: &Path, to: &Path) {
        if !from.is_dir() {
            fs::copy(from, to).unwrap();
            return;
        }
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            below(&from.join(&name), &to.join(&name));
        }
    }
    below(&input(name), &runner.path(name));
}

fn refusal(runner: &Runner, line: &str) -> String {
    let Run { code, stderr, .. } = runner.run(line);
    assert_eq!(code, 2, "penstroke {line}: {stderr}");
    stderr
}

#[test]
fn a_folder_and_a_pattern_give_the_model_of_the_one_file() {
    let runner = Runner::new();
    copy(&runner, "parts");
    let fit = |source: &str, out: &str| {
        runner.print(&format!("fit {source} --hidden 3 --epochs 2 --scale standard --quiet --out {out}"));
        fs::read(runner.path(out)).unwrap()
    };
    let folder = fit("parts", "folder");
    assert!(fit("parts/part-*.parquet", "pattern") == folder);
    assert!(fit("parts --stream", "streamed") == folder);
    runner.print("encode folder parts --out codes.npy");
    runner.print("encode folder parts --stream --out streamed.npy");
    assert!(fs::read(runner.path("codes.npy")).unwrap() == fs::read(runner.path("streamed.npy")).unwrap());
    // As a shell passes on a pattern without quotes.
    let several = refusal(&runner, "fit parts/part-00000.parquet parts/part-00001.parquet --out m");
    assert!(several.contains("give their folder, or a pattern in quotes"), "{several}");
    let none = refusal(&runner, "fit part/*.parquet --out m");
    assert!(none.contains("part/*.parquet: no file matches this pattern"), "{none}");
}

#[test]
fn names_of_folders_are_left_out_with_a_warning() {
    let runner = Runner::new();
    copy(&runner, "hive");
    for stream in ["", "--stream"] {
        let Run { code, stderr, .. } =
            runner.run(&format!("fit hive {stream} --hidden 2 --epochs 1 --quiet --out m"));
        let warning = "penstroke: hive: year is in names of folders, not a column of the files; it is left out of the values";
        assert_eq!((code, stderr.trim_end()), (0, warning));
    }
    let data = runner.print("inspect hive --columns a,year");
    assert!(data.starts_with("hive: 80 samples of 2 values"), "{data}");
    let data = runner.print("inspect hive --label year");
    assert!(data.contains("2 classes (2024: 40, 2025: 40)"), "{data}");
}

#[test]
fn a_file_with_a_built_in_name_must_be_told_from_it() {
    let runner = Runner::new();
    copy(&runner, "parts");
    for name in ["strokes", "convex", "mnist", "leaves"] {
        fs::rename(runner.path("parts"), runner.path(name)).unwrap();
        let stderr = refusal(&runner, &format!("fit {name} --out m"));
        let expected = format!(
            "{name}: is a file or folder here, and a built-in name; give ./{name} for the path, or builtin:{name} for the \
             built-in source"
        );
        assert!(stderr.contains(&expected), "{stderr}");
        let data = runner.print(&format!("inspect ./{name}"));
        assert!(data.starts_with(&format!("./{name}: 120 samples of 2 values")), "{data}");
        fs::rename(runner.path(name), runner.path("parts")).unwrap();
    }
    fs::rename(runner.path("parts"), runner.path("strokes")).unwrap();
    runner.print("fit builtin:strokes --samples 40 --hidden 2 --epochs 1 --quiet --out m");
    let unknown = refusal(&runner, "fit builtin:digits --out m");
    assert!(
        unknown.contains("builtin:digits: is not a built-in source; these are strokes, leaves, mnist, "),
        "{unknown}"
    );
}

#[test]
fn arrays_of_an_npz_are_parts() {
    let runner = Runner::new();
    copy(&runner, "keras.npz");
    let data = runner.print("inspect keras.npz");
    let [train, test] = data.lines().collect::<Vec<_>>()[..] else { panic!("{data}") };
    assert!(train.starts_with("keras.npz, train: 30 samples of 6 values"), "{data}");
    assert!(test.starts_with("keras.npz, test: 10 samples of 6 values"), "{data}");
    let probe = runner.json("probe keras.npz --json");
    assert_eq!((&probe["n_test"], &probe["n_classes"]), (&10.into(), &2.into()));
    runner.print("fit keras.npz --hidden 2 --epochs 1 --quiet --out m");
    runner.print("encode m keras.npz --part test --out codes.npy");
    let data = runner.print("inspect codes.npy");
    assert!(data.starts_with("codes.npy: 10 samples of 2 values"), "{data}");
    let data = runner.print("inspect keras.npz:x_train --label y_train");
    assert!(data.contains("2 classes (0: 15, 1: 15)"), "{data}");
}

#[test]
fn flat_pictures_get_their_shape() {
    let runner = Runner::new();
    runner.print("data make strokes --out x.npy -n 30");
    runner.print("fit x.npy --hidden 4 --epochs 1 --quiet --out first");
    runner.print("encode first x.npy --out flat.npy");
    runner.print("fit flat.npy --hidden 3 --epochs 1 --quiet --out plain");
    let none = refusal(&runner, "filters plain --out f.png");
    assert!(
        none.contains(
            "plain: was trained on samples that are not pictures; say what shape they have with --shape"
        ),
        "{none}"
    );
    runner.print("filters plain --shape 2x2 --out f.png");
    let wrong = refusal(&runner, "filters plain --shape 2x3 --out f.png");
    assert!(wrong.contains("plain: rows of 4 values are not 2×3×1 pictures"), "{wrong}");
    for stream in ["", "--stream"] {
        runner
            .print(&format!("fit flat.npy {stream} --shape 2x2 --hidden 3 --epochs 1 --quiet --out shaped"));
        runner.print("filters shaped --out f.png");
    }
    let wrong = refusal(&runner, "fit flat.npy --shape 2x3 --out m");
    assert!(wrong.contains("flat.npy: rows of 4 values are not 2×3×1 pictures"), "{wrong}");
    let data = runner.print("inspect flat.npy --shape 2x2");
    assert!(data.contains("(2×2 pixels)"), "{data}");
    let wrong = refusal(&runner, "inspect flat.npy --shape 4");
    assert!(wrong.contains("\"4\" is not height x width; an example is 16x16"), "{wrong}");
}

#[test]
fn reconstructions_are_drawn() {
    let runner = Runner::new();
    runner.print("data make strokes --out x.npy -n 30");
    runner.print("fit x.npy --hidden 4 --epochs 1 --quiet --out m");
    let size = |line: &str| {
        runner.print(&format!("reconstruct m {line} --out r.png"));
        let png = fs::read(runner.path("r.png")).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        [16, 20].map(|at| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()))
    };
    let [width, height] = size("x.npy --corruption masking:0.5");
    // Twenty samples of 28 × 28 pixels, each drawn twice as large, in rows with labels.
    assert!(width > 20 * 56 && height > 3 * 56 && height < 4 * 56, "{width} {height}");
    let [_, without] = size("x.npy");
    assert!(without > 2 * 56 && without < 3 * 56, "{without}");
    assert!(size("x.npy --samples 5")[0] < width / 2);
    runner.print("encode m x.npy --out codes.npy");
    runner.print("fit codes.npy --hidden 2 --epochs 1 --quiet --out flat");
    let none = refusal(&runner, "reconstruct flat codes.npy --out r.png");
    let expected = "codes.npy: holds samples that are not pictures; say what shape they have with --shape";
    assert!(none.contains(expected), "{none}");
    runner.print("reconstruct flat codes.npy --shape 2x2 --out r.png");
}

//! Sources, outputs and models.

use super::check;

#[test]
fn unsuitable_sources_are_refused() {
    check(&[
        (
            "fit absent --out m",
            "absent: no such file or folder; a source is a path, or a built-in name such as strokes, leaves or mnist",
        ),
        ("fit empty.npy --out m", "empty.npy: is empty"),
        ("fit none.npy --out m", "none.npy: holds no samples"),
        ("fit nan.npy --out m", "nan.npy: row 1, column 0 (from 0) is NaN"),
        ("fit short.npy --out m", "short.npy: header claims "),
        ("fit labels.idx --out m", "labels.idx: "),
        ("fit short.idx --out m", "short.idx: header claims 28 bytes, file holds 17"),
        ("fit broken.gz --out m", "broken.gz: "),
        (
            "fit letter.txt --out m",
            "letter.txt: is not in a supported format: IDX, npy, npz, PNG, JPEG, Parquet, Arrow IPC, or a table of text named .csv or .tsv (all but npz, pictures and Parquet also compressed: .gz, .bz2, .xz, .zst); read it as a table of text with --columns",
        ),
        ("fit picture.png --out m", "picture.png: "),
        ("fit folder --out m", "folder: "),
        (
            "fit mnist --data-dir folder --out m",
            "mnist: not found in folder/mnist or folder; get it with `penstroke data get mnist`, or name the folder that holds it with --data-dir",
        ),
        (
            "fit mnist-rot --data-dir folder --out m",
            "mnist: not found in folder/mnist or folder; get it with `penstroke data get mnist`, or name the folder that holds it with --data-dir",
        ),
        (
            "fit rect-img --data-dir folder --out m",
            "rect-img: there is no folder of photographs at folder/kodak; put the 24 photographs of the Kodak set there, kodim01.png to kodim24.png, name their folder with --data-dir, or use rect-leaves, whose scenes are generated",
        ),
        ("fit rect --samples 1001 --out m", "rect: cannot give 1001 samples; its training part holds 1000"),
        (
            "encode model strokes --part valid --out c.npy",
            "strokes: has no validation part; set a share of its",
        ),
        ("fit rows.npy --patches 3 --out m", "rows.npy: rows of 3 values are not pictures"),
    ]);
}

#[test]
fn unsuitable_outputs_are_refused() {
    check(&[
        ("fit strokes --out absent/m", "absent/m: the folder absent does not exist; create it first"),
        ("fit strokes --out folder", "folder: is a folder; name a file to write"),
        (
            "encode model strokes --out codes.txt",
            "codes.txt: the file name must end in .npy or .csv or .parquet",
        ),
        ("reconstruct model strokes --out x", "x: the file name must end in .npy or .csv or .parquet"),
        ("filters model --out f.jpg", "f.jpg: the file name must end in .png"),
        ("data make strokes --out d.csv", "d.csv: the file name must end in .npy"),
        (
            "fit rows.npy --hidden 2 --out rows.npy",
            "rows.npy: is an input of this command and would be overwritten; give",
        ),
        (
            "encode model rows.npy --out rows.npy",
            "rows.npy: is an input of this command and would be overwritten; give",
        ),
        (
            "finetune strokes --layers 2 --targets rows.npy --out ./rows.npy",
            "./rows.npy: is an input of this command and would be overwritten; give another output name",
        ),
    ]);
}

#[test]
fn unsuitable_models_are_refused() {
    check(&[
        ("encode absent strokes --out c.npy", "absent: "),
        ("encode folder/ strokes --out c.npy", "folder/: is a folder; give a model file"),
        ("fit strokes --from folder --out m", "folder: is a folder; give a model file"),
        ("filters folder --out f.png", "folder: is a folder; give a model file"),
        ("encode model/in strokes --out c.npy", "model/in: "),
        ("fit model/in --out m", "model/in: "),
        ("encode letter.txt strokes --out c.npy", "letter.txt: is not a model file"),
        ("encode cut.safetensors strokes --out c.npy", "cut.safetensors: is not a model file"),
        (
            "encode model rows.npy --out c.npy",
            "rows.npy: samples have 3 values, the model was trained on 784; give samples with 784 values",
        ),
        ("encode model rows.npy --part test --out c.npy", "rows.npy: has no test part"),
        (
            "fit rows.npy --from model --out m",
            "rows.npy: samples have 3 values, the model was trained on 784; give samples with 784 values",
        ),
        ("fit strokes --from letter.txt --out m", "letter.txt: is not a model file"),
        (
            "filters colour --out f.png",
            "colour: was trained on pictures in colour; only filters of grey pictures can be drawn\n",
        ),
        ("filters rows --out f.png", "rows: was trained on samples that are not pictures"),
        ("filters model --count 5 --out f.png", "--count: 5 filters; the model has 4"),
        ("filters model --count 0 --out f.png", "--count: 0; at least 1 is needed"),
        ("filters model --scale 99999 --out f.png", "grid: a picture of "),
        (
            "probe rows.npy",
            "rows.npy: has no labels; strokes, mnist, variations, a folder with MNIST's files and a folder of class folders do; \
             name the column of a table that holds them with --label\n",
        ),
        (
            "probe one.csv --label 2",
            "one.csv: has too few samples to set some aside; give a source of test samples with --test\n",
        ),
        ("probe strokes --samples 50 --labels 9999", "labels: 9999 labels are "),
        ("probe strokes --samples 50 --part valid", "strokes: has no validation part"),
        (
            "probe strokes --samples 50 --hold-out 1",
            "--hold-out: share 1 is not between 0 and 1; 0.2 is usual\n",
        ),
        ("probe strokes --samples 50 --test-samples 9 --penalty 0", "probe: penalty 0 is not above 0"),
        (
            "probe strokes --model rows --samples 50 --test-samples 9",
            "strokes: samples have 784 values, the model was trained on 3; give samples with 3 values",
        ),
        (
            "inspect letter.txt",
            "letter.txt: is not in a supported format: IDX, npy, npz, PNG, JPEG, Parquet, Arrow IPC, or a table of text named .csv or .tsv (all but npz, pictures and Parquet also compressed: .gz, .bz2, .xz, .zst); read it as a table of text with --columns",
        ),
        ("inspect absent", "absent: no such file or folder"),
        ("inspect cut.safetensors", "cut.safetensors: is not a model file"),
        ("data make leaves --labels l.npy --out s.npy", "--labels: leaves have no labels; leave it out"),
        ("data make strokes -n 0 --out d.npy", "strokes: "),
        ("data make rect -n 201 --part valid --out d.npy", "rect: cannot give 201 samples"),
        (
            "data make mnist --out d.npy",
            "data: invalid value 'mnist' for '<NAME>' [possible values: strokes, leaves, ",
        ),
        (
            "data get minst",
            "data: invalid value 'minst' for '<WHAT>' [possible values: mnist]; a similar value exists: 'mnist'",
        ),
        ("lecture --out rows.npy", "rows.npy: is a file; give a folder to write to\n"),
        ("lecture --out new --keep rows.npy", "rows.npy: is a file; give a folder to write to\n"),
        (
            "lecture --quick --class-names a,b",
            "--class-names: 2 names for 10 classes; give one for each, in the order of their labels\n",
        ),
        ("lecture --seeds x", "--seeds: \"x\" is not a whole number of at least 0"),
    ]);
}

//! What is refused: the exit code, one line that names the place, and nothing left behind.

use crate::runner::{Run, Runner};
use std::fs;

/// An npy file of float32.
fn npy(shape: &str, values: &[f32]) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    file
}

fn runner() -> Runner {
    let runner = Runner::new();
    let write = |name: &str, bytes: &[u8]| fs::write(runner.path(name), bytes).unwrap();
    write("empty.npy", b"");
    write("none.npy", &npy("(0, 4)", &[]));
    write("nan.npy", &npy("(2, 2)", &[1.0, 2.0, f32::NAN, 4.0]));
    write("short.npy", &npy("(3, 2)", &[0.5; 5]));
    write("rows.npy", &npy("(4, 3)", &[0.5; 12]));
    write("few.npy", &npy("(2,)", &[0.5; 2]));
    write("wide.npy", &npy("(4, 3)", &[7.0; 12]));
    write("labels.idx", &[0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]);
    write("short.idx", &[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, 9]);
    write("broken.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    write("colour.npy", &npy("(4, 2, 2, 3)", &[0.5; 48]));
    let scene: Vec<f32> = (0..1200).map(|at| (at * at % 251) as f32).collect();
    write("scene.npy", &npy("(1, 30, 40)", &scene));
    write("one.csv", b"1,a\n");
    write("letter.txt", b"Dear reader, this is not a data set.");
    write("picture.png", b"\x89PNG\r\n\x1a\nno more");
    write("unknown.toml", b"# A comment.\nsource = \"strokes\"\nhiden = 3\n");
    write("flag.toml", b"quiet = 3\n");
    write("table.toml", b"valid = { share = 0.1 }\n");
    write("wrong.toml", b"source = \"strokes\"\nhidden = \"many\"\nout = \"m\"\n");
    write("list.toml", b"loss = [\"squared\", \"squard\"]\n");
    fs::create_dir(runner.path("folder")).unwrap();
    runner.print("fit strokes --samples 60 --hidden 4 --epochs 1 --quiet --out model");
    runner.print("fit rows.npy --hidden 2 --epochs 1 --quiet --out rows");
    runner.print("fit colour.npy --hidden 2 --epochs 1 --quiet --out colour");
    runner.print("fit scene.npy --patches 3 --samples 20 --hidden 2 --epochs 1 --quiet --out patches");
    runner.print("finetune strokes --samples 60 --layers 2 --epochs 1 --quiet --out classes");
    let whole = fs::read(runner.path("model")).unwrap();
    write("cut.safetensors", &whole[..whole.len() - 1]);
    runner
}

#[test]
fn wrong_input_ends_with_one_line_and_exit_code_2() {
    let runner = runner();
    let before = runner.names();
    let mut wrong = Vec::new();
    for (line, start) in [
        // Streams.
        (
            "fit strokes --stream --out m",
            "--stream: only npy, IDX and Parquet files can be streamed; leave it out\n",
        ),
        (
            "fit rows.npy --stream --samples 2 --out m",
            "--stream: reads all samples of one file; leave --samples out\n",
        ),
        ("fit rows.npy --stream --patches 2 --out m", "--stream: patches are cut in memory; leave it out"),
        ("fit nan.npy --stream --out m", "nan.npy: row 1, column 0 (from 0) is NaN"),
        ("fit short.npy --stream --out m", "short.npy: header claims "),
        ("fit letter.txt --stream --out m", "letter.txt: cannot be streamed; npy, IDX and Parquet files can"),
        ("fit folder --stream --out m", "folder: cannot be streamed; npy, IDX and Parquet files can"),
        ("fit no.npy --stream --out m", "no.npy: no such file or folder; a source is "),
        ("encode rows rows.npy --stream --out codes.csv", "codes.csv: the file name must end in .npy"),
        // Usage.
        ("ft strokes", "unrecognized subcommand 'ft'; "),
        (
            "fit strokes",
            "fit: the following required arguments were not provided: --out <FILE>; see `penstroke fit --help`",
        ),
        (
            "fit strokes --hiddn 3 --out m",
            "fit: unexpected argument '--hiddn' found; a similar argument exists: '--hidden'",
        ),
        (
            "fit strokes --loss squard --out m",
            "fit: invalid value 'squard' for '--loss <NAME>' [possible values: squared, cross-entropy]; a similar value exists: 'squared'",
        ),
        (
            "fit strokes --quiet --verbose --out m",
            "fit: the argument '--quiet' cannot be used with '--verbose'",
        ),
        (
            "fit strokes --from model --patches 3 --out m",
            "fit: the argument '--from <MODEL>' cannot be used with '--patches <SIDE>'",
        ),
        (
            "fit strokes --hidden 3 --layers 3,4 --out m",
            "fit: the argument '--hidden <N>' cannot be used with '--layers <N,..>'",
        ),
        (
            "fit strokes --end-to-end 3 --out m",
            "fit: the following required arguments were not provided: --layers <N,..>",
        ),
        (
            "finetune strokes --out m",
            "finetune: the following required arguments were not provided: --from <MODEL>",
        ),
        (
            "finetune strokes --layers 3 --from model --out m",
            "finetune: the argument '--layers <N,..>' cannot be used with '--from <MODEL>'",
        ),
        // Stacks and classifiers.
        (
            "fit strokes --layers 3,4,5 --corruption none,masking:0.1 --out m",
            "--corruption: 2 values for 3 layers; give one value, or one for each layer",
        ),
        (
            "fit strokes --epochs 2,3 --out m",
            "--epochs: 2 values for 1 layer; give one value, or one for each layer",
        ),
        ("fit strokes --layers 3,0 --out m", "layer 2: --hidden: 0 units; at least 1 is needed"),
        ("fit strokes --layers 3 --epochs 0 --out m", "--epochs: 0; at least 1 is needed"),
        (
            "fit strokes --layers 3,4 --epochs 0,2 --end-to-end 3 --out m",
            "--epochs: 0 for some layers; give 0 for all layers, or at least 1 for each\n",
        ),
        ("finetune strokes --layers 3,0 --out m", "layer 2: hidden: 0 units; at least 1 is needed"),
        (
            "finetune strokes --samples 60 --layers 3 --patience 2 --valid 0 --out m",
            "--patience: needs samples set aside",
        ),
        ("fit strokes --samples 60 --layers 3,2 --from model --out m", "--hidden: is fixed by the weights"),
        ("finetune strokes --layers 3 --dropout 1 --out m", "--dropout: probability 1 is outside 0..1"),
        ("finetune strokes --layers 3 --max-norm 0 --out m", "--max-norm: 0 is not a finite number above 0"),
        ("finetune strokes --layers 3 --patience 0 --out m", "--patience: 0 epochs; at least 1 is needed"),
        (
            "finetune strokes --layers 3 --label-smoothing 2 --out m",
            "--label-smoothing: share 2 is outside 0..1",
        ),
        (
            "finetune strokes --layers 3 --pretrain 1 --pretrain-corruption none,none --out m",
            "--pretrain-corruption: 2 values for 1 layer; give one value, or one for each layer",
        ),
        // Targets.
        (
            "finetune rows.npy --layers 3 --targets few.npy --out m",
            "few.npy: 2 rows for 4 samples; give one row per sample, in their order",
        ),
        (
            "finetune rows.npy --layers 3 --targets nan.npy --out m",
            "nan.npy: row 1, column 0 (from 0) is NaN; every target must be finite",
        ),
        ("finetune rows.npy --layers 3 --targets absent --out m", "absent: "),
        (
            "finetune rows.npy --from patches --targets few.npy --out m",
            "--targets: belong to whole samples, but the model was trained on patches of them\n",
        ),
        (
            "finetune rows.npy --layers 3 --targets few.npy --labels 3 --out m",
            "finetune: the argument '--targets <FILE>' cannot be used with '--labels <N>'",
        ),
        (
            "finetune rows.npy --layers 3 --targets few.npy --samples 3 --out m",
            "finetune: the argument '--targets <FILE>' cannot be used with '--samples <N>'",
        ),
        (
            "finetune rows.npy --layers 3 --targets few.npy --label-smoothing 0.1 --out m",
            "finetune: the argument '--targets <FILE>' cannot be used with '--label-smoothing <E>'",
        ),
        ("finetune rows.npy --layers 3 --out m", "rows.npy: has no labels; strokes, mnist"),
        ("finetune strokes --samples 60 --layers 3 --labels 90 --out m", "labels: 90 labels are 9 of class"),
        ("finetune strokes --from absent --out m", "absent: "),
        (
            "predict model strokes --out c.npy",
            "model: holds a model of kind \"autoencoder\", a classifier or a regressor is needed; train one with penstroke finetune",
        ),
        (
            "predict classes strokes --targets few.npy --out c.npy",
            "--targets: need a regressor, but the model is a classifier; leave it out\n",
        ),
        ("predict model strokes --out c.txt", "c.txt: the file name must end in .npy or .csv or .parquet"),
        (
            "encode model strokes --layer 2 --samples 9 --out c.npy",
            "--layer: 2 is not one of the model's layers, 1 to 1",
        ),
        (
            "encode model strokes --layer 0 --samples 9 --out c.npy",
            "--layer: 0 is not one of the model's layers, 1 to 1",
        ),
        ("search strokes --hidden 0 --out s", "--hidden: 0 units; at least 1 is needed"),
        ("search strokes --hidden 3,3 --out s", "--hidden: 3 is listed twice"),
        ("search strokes --budget 3 --out s", "--budget: \"3\" is not a time; examples are 90s, 10m and 2h"),
        (
            "search strokes --samples 60 --valid 1 --out s",
            "--valid: share 1 is not between 0 and 1; 0.1 is usual\n",
        ),
        ("search rows.npy --out s", "rows.npy: has no labels"),
        (
            "data make strokes -n 5 --out z.npy --labels z.npy",
            "--labels: is also the file of the samples; give another name\n",
        ),
        (
            "fit rows.npy --hidden 2 --epochs 1 --out -",
            "--out: a model cannot be written to standard output; give a file name\n",
        ),
        (
            "fit rows.npy --hidden 2 --epochs 1 --log - --out m",
            "--log: standard output is for the summary; give a file name\n",
        ),
        (
            "fit rows.npy --config a.toml --config b.toml --out m",
            "--config: is given twice; put all options into one file\n",
        ),
        (
            "fit rows.npy --hidden 2 --end-to-end 5 --out m",
            "fit: the argument '--hidden <N>' cannot be used with '--end-to-end <N>'",
        ),
        (
            "fit rows.npy --hidden 2 --emphasis -1,1 --out m",
            "--emphasis: weights -1 and 1 must be finite and at least 0",
        ),
        ("search strokes --corruption none,none --out s", "--corruption: none is listed twice\n"),
        (
            "search strokes --samples 60 --out rows.npy",
            "rows.npy: already exists and is not a folder; give another name\n",
        ),
        ("search strokes --seeds 0 --out s", "--seeds: 0; at least 1 is needed"),
        // Numbers: option and range.
        (
            "fit strokes --corruption masking:1.3 --out m",
            "--corruption: masking: probability 1.3 is outside 0..=1",
        ),
        ("fit strokes --corruption blur:0.5 --out m", "--corruption: \"blur\" is not one of none, masking"),
        ("fit strokes --hidden 0 --out m", "--hidden: 0 units; at least 1 is needed"),
        ("fit strokes --hidden -3 --out m", "--hidden: \"-3\" is not a whole number of at least 0"),
        (
            "fit strokes --samples 9 --hidden 99999999999 --out m",
            "--hidden: 99999999999 units of 784 inputs have more than 2³¹ weights",
        ),
        ("fit strokes --epochs 0 --out m", "--epochs: 0; at least 1 is needed"),
        ("fit strokes --batch 0 --out m", "--batch: 0 samples; at least 1 is needed"),
        ("fit strokes --learning-rate -1 --out m", "--learning-rate: -1 is not a finite number above 0"),
        ("fit strokes --learning-rate nan --out m", "--learning-rate: NaN is not a finite number above 0"),
        ("fit strokes --learning-rate fast --out m", "--learning-rate: \"fast\" is not a number"),
        ("fit strokes --momentum 1 --optimizer sgd --out m", "--momentum: 1 is outside 0..1"),
        ("fit strokes --valid 1 --out m", "--valid: share 1 is outside 0..1"),
        ("fit strokes --schedule linear:2 --out m", "--schedule: \"2\" is not a share of the steps in 0..1"),
        ("fit strokes --l1 -1 --out m", "--l1: -1 is not a finite number of at least 0"),
        ("fit strokes --contraction inf --out m", "--contraction: inf is not a finite number of at least 0"),
        (
            "fit strokes --sparsity 0.1 --out m",
            "--sparsity: \"0.1\" is not a target:weight pair; an example is 0.05:0.1",
        ),
        (
            "fit strokes --sparsity 0.1:1 --activation relu --out m",
            "--sparsity: needs hidden units between 0 and 1",
        ),
        (
            "fit strokes --emphasis 1 --out m",
            "--emphasis: \"1\" is not a pair of weights; an example is 1,0.5",
        ),
        ("fit strokes --emphasis 1,-1 --out m", "--emphasis: weights 1 and -1 must be finite and at least 0"),
        ("fit strokes --threads 5000 --out m", "--threads: \"5000\" is not a whole number from 0 to 1024"),
        (
            "fit strokes --seed -1 --out m",
            "--seed: \"-1\" is not a whole number from 0 to 18446744073709551615",
        ),
        ("fit strokes --samples 0 --out m", "strokes: "),
        (
            "fit strokes --whiten 0.4 --out m",
            "--whiten: applies only to patches; use --patches 12, or leave it out",
        ),
        ("fit strokes --patches 6 --whiten 0 --out m", "whiten: cut-off 0 is not above 0"),
        ("fit leaves --patches 0 --out m", "patches: side 0 makes no patch; 12 pixels is usual"),
        ("fit leaves --patches 300 --out m", "patches: scene 0 (from 0) is 256×256 pixels"),
        (
            "fit wide.npy --loss cross-entropy --valid 0 --out m",
            "--loss: cross-entropy needs values within 0..=1",
        ),
        ("fit rows.npy --samples 5 --out m", "rows.npy: cannot give 5 samples; its training part holds 4"),
        // Sources.
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
            "letter.txt: is not in a supported format: IDX (also .gz), npy, npz, PNG, JPEG, Parquet, Arrow IPC, or a table of text named .csv or .tsv (also .gz); read it as a table of text with --columns",
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
        // Outputs.
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
        // Models.
        ("encode absent strokes --out c.npy", "absent: "),
        ("encode folder/ strokes --out c.npy", "folder/: is a folder; a model file is needed, such as"),
        ("fit strokes --from folder --out m", "folder: is a folder; a model file is needed, such as"),
        ("filters folder --out f.png", "folder: is a folder; a model file is needed, such as"),
        ("encode model/in strokes --out c.npy", "model/in: "),
        ("fit model/in --out m", "model/in: "),
        ("encode letter.txt strokes --out c.npy", "letter.txt: is not a model file"),
        ("encode cut.safetensors strokes --out c.npy", "cut.safetensors: is not a model file"),
        (
            "encode model rows.npy --out c.npy",
            "rows.npy: samples have 3 values, the model was trained on 784; give samples of its kind",
        ),
        ("encode model rows.npy --part test --out c.npy", "rows.npy: has no test part"),
        (
            "fit rows.npy --from model --out m",
            "rows.npy: samples have 3 values, the model was trained on 784; give samples of its kind",
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
            "strokes: samples have 784 values, the model was trained on 3; give samples of its kind",
        ),
        (
            "inspect letter.txt",
            "letter.txt: is not in a supported format: IDX (also .gz), npy, npz, PNG, JPEG, Parquet, Arrow IPC, or a table of text named .csv or .tsv (also .gz); read it as a table of text with --columns",
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
        ("lecture --seeds x", "--seeds: \"x\" is not a whole number of at least 0"),
        // Logs, configurations, streams.
        (
            "fit rows.npy --hidden 2 --epochs 1 --log rows.npy --out m",
            "--log: rows.npy is an input of this command or its model; give another file name",
        ),
        (
            "fit rows.npy --hidden 2 --epochs 1 --log m --out m",
            "--log: m is an input of this command or its model; give another file name",
        ),
        ("fit rows.npy --hidden 2 --epochs 1 --log absent/log --out m", "absent/log: no such file or folder"),
        (
            "fit rows.npy --hidden 2 --epochs 1 --tensorboard rows.npy/b --out m",
            "rows.npy/b: its folder is a file, not a folder",
        ),
        ("fit --config absent", "absent: no such file or folder"),
        ("fit --config nan.npy", "nan.npy: is not UTF-8 text, as TOML must be"),
        ("fit --config letter.txt", "letter.txt: line 1: is not TOML: "),
        (
            "fit --config unknown.toml",
            "unknown.toml: line 3: hiden is not an option of penstroke fit; see `penstroke fit --help`",
        ),
        ("search --config flag.toml", "flag.toml: line 1: quiet must be true or false"),
        (
            "finetune --config table.toml",
            "table.toml: line 1: valid must be text, a number or a list of them\n",
        ),
        (
            "fit --config wrong.toml",
            "wrong.toml: line 2: --hidden: \"many\" is not a whole number of at least 0",
        ),
        (
            "fit rows.npy --out m --config list.toml",
            "list.toml: line 1: fit: invalid value 'squard' for '--loss <NAME>'",
        ),
        (
            "encode model rows.npy --out - --json",
            "--json: the summary and the rows cannot both go to standard output; leave it out, or write to a file",
        ),
        (
            "encode rows rows.npy --stream --format csv --out x",
            "--format: csv cannot be streamed; use --format npy, or leave --stream out",
        ),
        (
            "encode rows - --stream --out x.npy",
            "--stream: standard input can be read only once; leave it out",
        ),
        ("encode model rows.npy --out x --format txt", "encode: invalid value 'txt' for '--format <FORMAT>'"),
        ("encode model - --out x.npy", "standard input: is empty"),
        ("encode model - --part test --out x.npy", "-: has no test part"),
        ("completions", "completions: the following required arguments were not provided: <SHELL>"),
        ("completions cmd", "completions: invalid value 'cmd' for '<SHELL>'"),
        ("man --out rows.npy/man", "rows.npy/man: its folder is a file, not a folder\n"),
        // What is timed.
        (
            "bench --precision double",
            "bench: invalid value 'double' for '--precision <NAME>' [possible values: f32, bf16]; see `penstroke bench --help`",
        ),
        ("bench --instructions sse9", "--instructions: \"sse9\" is not one of "),
        (
            "bench --patches 8",
            "bench: the following required arguments were not provided: --source <SOURCE>; see",
        ),
        ("bench --corruption masking:2", "--corruption: masking: probability 2 is outside 0..=1"),
        ("bench --optimizer adagrad", "bench: invalid value 'adagrad' for '--optimizer <NAME>'"),
        ("bench --hidden 0", "--hidden: 0 units; at least 1 is needed"),
        ("bench --batch 0", "--batch: 0 samples; at least 1 is needed"),
        ("bench --epochs 0", "--epochs: 0; at least 1 is needed"),
        ("bench --warmup -1", "--warmup: \"-1\" is not a whole number of at least 0"),
        ("bench --warmup 5000000000", "--warmup: 5000000005 epochs including the timed ones; at most "),
        ("bench --learning-rate 0", "--learning-rate: 0 is not a finite number above 0"),
        ("bench --threads 5000", "--threads: \"5000\" is not a whole number from 0 to 1024"),
        ("bench --visible 0", "visible: holds no samples"),
        ("bench --samples 0", "strokes: holds no samples"),
        ("bench --source absent", "absent: no such file or folder"),
        (
            "bench --visible 784 --source rows.npy",
            "--visible: samples of the source have 3 values, not 784; leave it out",
        ),
    ] {
        let Run { code, stdout, stderr } = runner.run(line);
        let is_one_line = (code, stdout.as_str(), stderr.lines().count()) == (2, "", 1);
        if !is_one_line || !stderr.starts_with(&format!("penstroke: {start}")) {
            wrong.push(format!("penstroke {line}\n  expected {start}\n  {stderr}"));
        }
        assert_eq!(runner.names(), before, "penstroke {line} leaves something behind");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_fails_on_the_way_ends_with_exit_code_1() {
    let runner = Runner::new();
    fs::write(runner.path("m"), "old").unwrap();
    let diverging = "fit strokes --samples 100 --hidden 5 --activation linear --decoder linear --optimizer sgd \
                     --learning-rate 1e30 --valid 0 --out m";
    let last_step = "fit strokes --samples 100 --hidden 5 --activation linear --decoder linear --optimizer sgd \
                     --learning-rate 1e30 --epochs 1 --batch 100000 --out m";
    let refused = "data get mnist --data-dir folder --mirror http://127.0.0.1:1/";
    for (line, start) in [
        (diverging, "penstroke: training: the loss became "),
        (last_step, "penstroke: training: the validation loss became "),
        (refused, "penstroke: train-images-idx3-ubyte.gz: could not be fetched (http://127.0.0.1:1/"),
    ] {
        let Run { code, stdout, stderr } = runner.run(line);
        assert_eq!((code, stdout.as_str(), stderr.lines().count()), (1, "", 1), "penstroke {line}: {stderr}");
        assert!(stderr.starts_with(start), "{stderr}");
    }
    assert_eq!(fs::read(runner.path("m")).unwrap(), b"old");
    assert_eq!(runner.names(), ["folder", "m"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let runner = Runner::new();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run: Run = runner.command(["data", "list"]).stdout(full()).output().unwrap().into();
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.starts_with("penstroke: standard output: the disk is full; free some space"),
        "{}",
        run.stderr
    );
    let run = runner.run("fit strokes --samples 50 --hidden 5 --epochs 1 --out /dev/full");
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.starts_with("penstroke: /dev/full: the disk is full; free some space"),
        "{}",
        run.stderr
    );
}

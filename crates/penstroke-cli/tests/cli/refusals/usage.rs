//! Unknown or conflicting options, and options out of range.

use super::check;

#[test]
fn options_that_do_not_go_together_are_refused() {
    check(&[
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
    ]);
}

#[test]
fn numbers_out_of_range_are_refused() {
    check(&[
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
    ]);
}

#[test]
fn options_of_a_benchmark_are_checked() {
    check(&[
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
    ]);
}

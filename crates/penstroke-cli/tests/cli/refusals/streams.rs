//! Streams, logs and configuration files.

use super::check;

#[test]
fn streams_that_cannot_be_read_in_order_are_refused() {
    check(&[
        (
            "fit strokes --stream --out m",
            "--stream: only npy, IDX, Parquet and Arrow files and tables of text can be streamed; leave it out\n",
        ),
        (
            "fit rows.npy --stream --samples 2 --out m",
            "--stream: reads all samples of a source; leave --samples out\n",
        ),
        ("fit rows.npy --stream --patches 2 --out m", "--stream: patches are cut in memory; leave it out"),
        ("fit nan.npy --stream --out m", "nan.npy: row 1, column 0 (from 0) is NaN"),
        ("fit short.npy --stream --out m", "short.npy: header claims "),
        (
            "fit letter.txt --stream --out m",
            "letter.txt: cannot be streamed; npy, IDX, Parquet and Arrow files and tables of text can",
        ),
        (
            "fit folder --stream --out m",
            "folder: holds no PNG or JPEG pictures, class folders of them, Parquet or Arrow files, or files",
        ),
        ("fit no.npy --stream --out m", "no.npy: no such file or folder; a source is "),
        ("encode rows rows.npy --stream --out codes.csv", "codes.csv: the file name must end in .npy"),
    ]);
}

#[test]
fn logs_and_configurations_are_checked() {
    check(&[
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
    ]);
}

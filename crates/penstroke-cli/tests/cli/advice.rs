//! The advice of messages works: it is run.

use crate::runner::{Run, Runner};
use std::fs;

/// The words of a message from the last semicolon on, each way out apart: `use --decimal ,, or use --thousands ,`.
fn ways(message: &str) -> Vec<String> {
    let (_, advice) =
        message.trim_end().rsplit_once("; use ").unwrap_or_else(|| panic!("no advice: {message}"));
    advice.split(", or use ").map(|way| way.replace(" and --", " --").replace('\'', "")).collect()
}

fn refused(runner: &Runner, line: &str) -> String {
    let Run { code, stderr, .. } = runner.run(line);
    assert_eq!((code, stderr.lines().count()), (2, 1), "{line}: {stderr}");
    stderr
}

#[test]
fn a_table_in_other_marks_is_read_with_the_options_of_its_message() {
    let runner = Runner::new();
    for (text, advised, summary) in [
        ("a;b\n0,1;0,5\n1,2;2,5\n", "--delimiter ; --decimal ,", "2 samples of 2 values, floats; 0.1 to 2.5"),
        ("a|b\n1|2\n", "--delimiter |", "1 sample of 2 values, floats; 1 to 2"),
        ("a\tb\n1\t2\n", "--delimiter tab", "1 sample of 2 values, floats; 1 to 2"),
        ("a b\n1 2\n", "--delimiter space", "1 sample of 2 values, floats; 1 to 2"),
        ("a\n\"1,000\"\n\"1,234,567\"\n", "--thousands ,", "2 samples of 1 value, floats; 1000 to 1234567"),
        ("a,b\n1 000,2\n", "--thousands space", "1 sample of 2 values, floats; 2 to 1000"),
        ("2019,2020,2021\n52,14,84\n", "--header yes", "1 sample of 3 values, floats; 14 to 84"),
    ] {
        fs::write(runner.path("t.csv"), text).unwrap();
        let message = refused(&runner, "fit t.csv --out m");
        let ways = ways(&message);
        assert_eq!(ways[0], advised, "{message}");
        for (k, way) in ways.iter().enumerate() {
            let answer = runner.print(&format!("inspect t.csv {way}"));
            assert!(k > 0 || answer.starts_with(&format!("t.csv: {summary}")), "{answer}");
        }
        // The same by --stream.
        assert_eq!(refused(&runner, "fit t.csv --stream --out m"), message);
        runner.print(&format!(
            "fit t.csv --stream --scale range --hidden 2 --epochs 1 --valid 0 --quiet --out m {advised}"
        ));
    }
}

#[test]
fn gaps_are_read_by_a_model_that_knows_means() {
    let runner = Runner::new();
    fs::write(runner.path("full.csv"), "x,y\n0.1,0.2\n0.3,0.4\n").unwrap();
    fs::write(runner.path("gap.csv"), "x,y\n,0.2\n").unwrap();
    let fit = "fit full.csv --hidden 2 --epochs 1 --valid 0 --quiet --out m";
    runner.print(fit);
    for line in ["encode m gap.csv --out c.npy", "finetune gap.csv --from m --targets y --out t"] {
        let message = refused(&runner, line);
        if line.starts_with("encode") {
            let expected = "gap.csv: line 2, column 1 (x): \"\" is missing; fill it in, or train the model on a table that is read with \
                            the means of its columns for missing values\n";
            assert!(message.ends_with(expected), "{message}");
        }
    }
    runner.print(&format!("{fit} --missing mean"));
    runner.print("encode m gap.csv --out c.npy");
    // The words for missing values belong to the model.
    let message = refused(&runner, "finetune gap.csv --from m --na-values x --targets y --out t");
    assert!(message.ends_with("--na-values: is fixed by the model; leave it out\n"), "{message}");
}

#[test]
fn addresses_patterns_and_spreadsheets_are_recognised() {
    let runner = Runner::new();
    for (source, problem) in [
        (
            "https://example.org/x.csv",
            "is an address, and only files are read; download it and give the path of the file\n",
        ),
        (
            "s3://bucket/x.parquet",
            "is an address, and only files are read; download it and give the path of the file\n",
        ),
        (
            "~/x.csv",
            "no such file or folder; the shell does not expand ~ inside quotes or files; write out the path of the home folder\n",
        ),
        ("part-*.csv", "no file matches this pattern\n"),
    ] {
        for line in ["inspect", "fit --stream --out m"] {
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            let message = refused(&runner, &format!("{verb} {source} {rest}"));
            assert!(message.ends_with(&format!("{source}: {problem}")), "{message}");
        }
    }
    for (name, bytes) in [
        ("x.xlsx", &b"PK\x03\x04\x14\0\x06\0"[..]),
        ("x.xls", &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
    ] {
        fs::write(runner.path(name), bytes).unwrap();
        let message = refused(&runner, &format!("inspect {name}"));
        assert!(
            message.ends_with(&format!("{name}: is a spreadsheet; save it as CSV and give that file\n")),
            "{message}"
        );
    }
}

//! The options for the columns of a table and the scale of values.

use super::values::{named, parsed};
use crate::run::shell::shell_word;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use penstroke::Error;
use penstroke::config::Named;
use penstroke::data::{Missing, Pick, Preparation, Scale, TableOptions};

/// How a text becomes rows of a table.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct MarksArgs {
    /// Whether the first row of a table names its columns, yes or no [default: yes if a column is chosen by name or the first row
    /// has a field that is not a number]
    #[arg(long, value_name = "YES", value_parser = header(), help_heading = "Tables")]
    header: Option<bool>,
    /// Separator of the fields of a table: a character, tab or space [default: tab in .tsv files, else a comma]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter, help_heading = "Tables")]
    delimiter: Option<u8>,
    /// Decimal mark of a table of text: . or , [default: .]
    #[arg(long, value_name = "CHARACTER", value_parser = decimal, help_heading = "Tables")]
    decimal: Option<char>,
    /// Separator of thousands in a table of text: , . ' or space [default: none]
    #[arg(long, value_name = "CHARACTER", value_parser = thousands, help_heading = "Tables")]
    thousands: Option<char>,
}

/// How a table is read, apart from the choice of its columns.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TextArgs {
    /// Column of a table that holds the labels: its name, or its number from 1 [default: that of the model, else none]
    #[arg(long, value_name = "COLUMN", value_parser = parsed::<Pick>(), help_heading = "Tables")]
    label: Option<Pick>,
    #[command(flatten)]
    marks: MarksArgs,
}

/// The words for missing values.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct NaValuesArg {
    /// Words of a table of text that stand for missing values, or none; empty fields are always missing [default: the words of
    /// pandas, and ?]
    #[arg(long, value_name = "WORD,..", value_parser = na_values, help_heading = "Tables")]
    na_values: Option<Words>,
}

impl NaValuesArg {
    pub(crate) fn words(&self) -> Option<Vec<String>> {
        self.na_values.clone().map(|Words(words)| words)
    }
}

/// The columns of a table and the scale of values.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TableArgs {
    /// Columns of a table to use as values: names, numbers from 1, or ranges such as 2-5 [default: all but the label]
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',', value_parser = parsed::<Pick>(), help_heading = "Tables")]
    columns: Vec<Pick>,
    /// Columns of a table that hold categories; each category becomes a value of 0 or 1
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',', value_parser = parsed::<Pick>(), help_heading = "Tables")]
    one_hot: Vec<Pick>,
    /// What to do with missing values of a table (see --na-values): error, or the mean of their column [default: error]
    #[arg(long, value_name = "WHAT", value_parser = named::<Missing>(), help_heading = "Tables")]
    missing: Option<Missing>,
    #[command(flatten)]
    na_values: NaValuesArg,
    #[command(flatten)]
    text: TextArgs,
    /// Scaling of values: none; range scales each component to 0..=1; standard, each to mean 0 and standard deviation 1;
    /// per-sample, each sample likewise; a number divides all values. The model stores it [default: none]
    #[arg(long, value_name = "SCALE", value_parser = parsed::<Scale>(), help_heading = "Data")]
    scale: Option<Scale>,
}

fn header() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["yes", "no"]).map(|word| word == "yes")
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        b"space" => Ok(b' '),
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n.-+".contains(byte) => {
            Ok(*byte)
        }
        _ => Err(format!("{text:?} cannot separate fields; examples are ; and tab")),
    }
}

fn decimal(text: &str) -> Result<char, String> {
    one_of(&['.', ','], text)
}

fn thousands(text: &str) -> Result<char, String> {
    one_of(&[',', '.', '\'', ' '], if text == "space" { " " } else { text })
}

fn one_of(marks: &[char], text: &str) -> Result<char, String> {
    let mark = marks.iter().copied().find(|mark| text.chars().eq([*mark]));
    mark.ok_or_else(|| {
        format!(
            "{text:?} is not one of {}",
            marks.iter().map(|&mark| in_words(mark)).collect::<Vec<_>>().join(" ")
        )
    })
}

fn in_words(mark: char) -> String {
    match mark {
        '\t' => "tab".into(),
        ' ' => "space".into(),
        mark => mark.into(),
    }
}

/// Words for missing values.
#[derive(Clone, Debug)]
struct Words(Vec<String>);

fn na_values(text: &str) -> Result<Words, String> {
    Ok(Words(match text {
        "none" => Vec::new(),
        words => words.split(',').map(|word| word.trim().to_owned()).collect(),
    }))
}

impl TextArgs {
    pub(crate) fn options(&self) -> TableOptions {
        TableOptions { label: self.label.clone(), ..self.marks.options() }
    }

    /// The options as typed, with a space before each word.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        if let Some(label) = &self.label {
            words += &format!(" --label {}", shell_word(&label.to_string()));
        }
        words + &self.marks.words()
    }
}

impl MarksArgs {
    pub(crate) fn options(&self) -> TableOptions {
        let Self { header, delimiter, decimal, thousands } = *self;
        TableOptions { header, delimiter, decimal, thousands, ..TableOptions::default() }
    }

    fn words(&self) -> String {
        let mut words = String::new();
        if let Some(header) = self.header {
            words += if header { " --header yes" } else { " --header no" };
        }
        let marks = [
            ("delimiter", self.delimiter.map(char::from)),
            ("decimal", self.decimal),
            ("thousands", self.thousands),
        ];
        for (option, mark) in marks {
            if let Some(mark) = mark {
                words += &format!(" --{option} {}", shell_word(&in_words(mark)));
            }
        }
        words
    }
}

impl TableArgs {
    /// The options; those of a model's preparation, `like`, cannot be changed.
    pub(crate) fn options(&self, like: Option<&Preparation>) -> penstroke::Result<(TableOptions, Scale)> {
        let Self { columns, one_hot, missing, na_values, scale, text } = self.clone();
        let given = [
            ("columns", !columns.is_empty()),
            ("one_hot", !one_hot.is_empty()),
            ("missing", missing.is_some()),
            ("na_values", na_values.words().is_some()),
            ("scale", scale.is_some()),
        ];
        if let (Some(_), Some((option, _))) = (like, given.iter().find(|(_, is_given)| *is_given)) {
            return Err(Error::option(option, "is fixed by the model").leave_out(option));
        }
        let (missing, na_values) = (missing.unwrap_or_default(), na_values.words());
        let table = TableOptions { columns, one_hot, missing, na_values, ..text.options() };
        Ok((table, scale.unwrap_or_default()))
    }

    /// Whether the table is to be read as numbers, each row a sample.
    pub(crate) fn is_of_samples(&self) -> bool {
        !self.columns.is_empty() || !self.one_hot.is_empty() || self.missing.is_some() || self.scale.is_some()
    }

    pub(crate) fn text(&self) -> &TextArgs {
        &self.text
    }

    /// The options as typed, with a space before each word.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        for (option, picks) in [("columns", &self.columns), ("one-hot", &self.one_hot)] {
            if !picks.is_empty() {
                let picks: Vec<_> = picks.iter().map(ToString::to_string).collect();
                words += &format!(" --{option} {}", shell_word(&picks.join(",")));
            }
        }
        if let Some(missing) = self.missing {
            words += &format!(" --missing {}", missing.name());
        }
        if let Some(na_values) = self.na_values.words() {
            let na_values = if na_values.is_empty() { "none".into() } else { na_values.join(",") };
            words += &format!(" --na-values {}", shell_word(&na_values));
        }
        if let Some(scale) = self.scale {
            words += &format!(" --scale {scale}");
        }
        words + &self.text.words()
    }
}

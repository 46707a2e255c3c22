//! The options that say which columns of a table are what, and how values are scaled.

use crate::options::shared as args;
use crate::run::output;
use crate::run::progress::Telling;
use crate::run::shell::shell_word;
use clap::Args;
use clap::builder::{PossibleValuesParser, StringValueParser, TypedValueParser};
use penstroke::config::Named;
use penstroke::data::{
    Dataset, LoadOptions, Missing, Pick, Preparation, Samples, Scale, Source, TableOptions, load,
    range_warning, scale_warning, stream,
};
use penstroke::error::Place;
use penstroke::{Activation, Error};

/// How a table is read, whoever chose its columns.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TextArgs {
    /// Column of a table that holds the labels: its name, or its number from 1 [default: the model's, else none]
    #[arg(long, value_name = "COLUMN", value_parser = pick(), help_heading = "Tables")]
    label: Option<Pick>,
    /// Whether the first row of a table names its columns, yes or no [default: yes if a column is chosen by name or a number
    /// in it is none]
    #[arg(long, value_name = "YES", value_parser = header(), help_heading = "Tables")]
    header: Option<bool>,
    /// What stands between the fields of a table: a character, or tab [default: tab in .tsv files, else a comma]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter, help_heading = "Tables")]
    delimiter: Option<u8>,
}

/// Which columns of a table are what, and the scale of values.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TableArgs {
    /// Columns of a table that are values: names, numbers from 1, ranges such as 2-5 [default: all but the label]
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',', value_parser = pick(), help_heading = "Tables")]
    columns: Vec<Pick>,
    /// Columns of a table that hold categories, each of which becomes a value of 0 or 1
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',', value_parser = pick(), help_heading = "Tables")]
    one_hot: Vec<Pick>,
    /// Missing values of a table (nothing, ?, NA, nan): error, or the mean of their column [default: error]
    #[arg(long, value_name = "WHAT", value_parser = args::named::<Missing>(), help_heading = "Tables")]
    missing: Option<Missing>,
    #[command(flatten)]
    text: TextArgs,
    /// Scale of values: none; range, each component to 0..=1; standard, each to mean 0 and standard deviation 1;
    /// per-sample, the same for each sample; or a number that all are divided by. The model keeps it [default: none]
    #[arg(long, value_name = "SCALE", value_parser = scale(), help_heading = "Data")]
    scale: Option<Scale>,
}

fn pick() -> impl TypedValueParser<Value = Pick> {
    StringValueParser::new().try_map(|text| text.parse::<Pick>())
}

fn scale() -> impl TypedValueParser<Value = Scale> {
    StringValueParser::new().try_map(|text| text.parse::<Scale>())
}

fn header() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["yes", "no"]).map(|word| word == "yes")
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n.-+".contains(byte) => {
            Ok(*byte)
        }
        _ => Err(format!("{text:?} is no character that can stand between fields; examples are ; and tab")),
    }
}

impl TextArgs {
    pub(crate) fn options(&self) -> TableOptions {
        let Self { label, header, delimiter } = self.clone();
        TableOptions { label, header, delimiter, ..TableOptions::default() }
    }

    /// The same as it is typed, a blank before each word.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        if let Some(label) = &self.label {
            words += &format!(" --label {}", shell_word(&label.to_string()));
        }
        if let Some(header) = self.header {
            words += if header { " --header yes" } else { " --header no" };
        }
        match self.delimiter {
            None => {}
            Some(b'\t') => words += " --delimiter tab",
            Some(byte) => words += &format!(" --delimiter {}", shell_word(&char::from(byte).to_string())),
        }
        words
    }
}

impl TableArgs {
    /// The options, where they are not `like` a model's.
    pub(crate) fn options(&self, like: Option<&Preparation>) -> penstroke::Result<(TableOptions, Scale)> {
        let Self { columns, one_hot, missing, scale, text } = self.clone();
        let said = [
            ("columns", !columns.is_empty()),
            ("one-hot", !one_hot.is_empty()),
            ("missing", missing.is_some()),
            ("scale", scale.is_some()),
        ];
        if let (Some(_), Some((option, _))) = (like, said.iter().find(|(_, said)| *said)) {
            return Err(Error::input(
                *option,
                "is the model's, whose samples were made so; leave the option out",
            ));
        }
        let table = TableOptions { columns, one_hot, missing: missing.unwrap_or_default(), ..text.options() };
        Ok((table, scale.unwrap_or_default()))
    }

    pub(crate) fn text(&self) -> &TextArgs {
        &self.text
    }

    /// The same as it is typed, a blank before each word.
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
        if let Some(scale) = self.scale {
            words += &format!(" --scale {scale}");
        }
        words + &self.text.words()
    }
}

/// Loads samples and tells what whoever reads them should know.
pub(crate) fn read(source: &Source, options: &LoadOptions) -> penstroke::Result<Dataset> {
    let data = load(source, options)?;
    tell_warnings(data.warnings());
    Ok(data)
}

fn tell_warnings(warnings: &[String]) {
    warnings.iter().for_each(|warning| output::note(&format!("penstroke: {warning}")));
}

/// The same, in memory or to be read when they are needed.
pub(crate) fn samples(
    source: &Source,
    options: &LoadOptions,
    streamed: bool,
) -> penstroke::Result<Box<dyn Samples>> {
    Ok(match streamed {
        true => {
            let data = stream(source, options)?;
            tell_warnings(data.warnings());
            Box::new(data)
        }
        false => Box::new(read(source, options)?),
    })
}

/// What goes wrong with samples, under the name of their source.
pub(crate) fn of_source<T>(source: &Source, result: penstroke::Result<T>) -> penstroke::Result<T> {
    result.map_err(|error| match error {
        Error::Input { place: Place::Name(name), problem, remedies } if name == "data" => {
            Error::Input { place: source.to_string().into(), problem, remedies }
        }
        error => error,
    })
}

/// Tells if samples are of another scale than those that a model learned from.
pub(crate) fn tell_range(source: &Source, data: &dyn Samples, learned: (f32, f32)) {
    if let Some(warning) = range_warning(data, learned) {
        output::note(&format!("penstroke: {source}: {warning}"));
    }
}

/// Tells if samples to learn from are of a scale that `decoder` will hardly learn.
pub(crate) fn tell_scale(telling: Telling, source: &Source, data: &dyn Samples, decoder: Option<Activation>) {
    if let Some(warning) = scale_warning(data, decoder).filter(|_| telling != Telling::Quiet) {
        output::note(&format!("penstroke: {source}: {warning}"));
    }
}

//! Reading samples, with their warnings on standard error.

use super::console::note;
use super::progress::Verbosity;
use super::words;
use penstroke::data::{
    Dataset, LoadOptions, Part, Samples, SamplesFor, Source, Targets, TargetsIn, has_part, load, looks_wrong,
    read_targets, stream,
};
use penstroke::error::Place;
use penstroke::{Error, Result};
use std::path::Path;

/// Loads samples and prints the warnings from reading.
pub(crate) fn read(source: &Source, options: &LoadOptions) -> Result<Dataset> {
    let data = load(source, options)?;
    print_warnings(data.warnings());
    Ok(data)
}

/// Which error to tell of a file that is neither samples nor a table with typed columns: if only a cell keeps it from being samples, what
/// is wrong with the table.
pub(crate) fn told_of_both(of_samples: Error, of_table: Error) -> Error {
    match of_samples {
        Error::Input { place: Place::Cell { row: Some(_), column: Some(_), .. }, .. } => of_table,
        _ => of_samples,
    }
}

/// Why tables with typed columns are not read from standard input.
pub(crate) fn typed_from_standard_input() -> Error {
    Error::input("-", "standard input cannot be read twice, as a table with typed columns is")
        .hint("save it to a file first")
}

fn print_warnings(warnings: &[String]) {
    warnings.iter().for_each(|warning| note(&format!("penstroke: {warning}")));
}

/// Loads samples, or with `streamed` opens their file to read them when needed.
pub(crate) fn samples(source: &Source, options: &LoadOptions, streamed: bool) -> Result<Box<dyn Samples>> {
    Ok(match streamed {
        true => {
            let data = stream(source, options)?;
            print_warnings(data.warnings());
            Box::new(data)
        }
        false => Box::new(read(source, options)?),
    })
}

/// Loads samples that must have labels.
pub(crate) fn labelled(source: &Source, options: &LoadOptions) -> Result<Dataset> {
    let data = read(source, options)?;
    check_labels(source, &data)?;
    Ok(data)
}

/// Reads `--targets` if it is a file; otherwise chooses its columns in `options`.
pub(crate) fn targets(given: &Path, options: &mut LoadOptions) -> Result<Option<Targets>> {
    let place = match given.to_str() {
        Some(text) => TargetsIn::parse(text)?,
        None => TargetsIn::File(given.to_owned()),
    };
    match place {
        TargetsIn::File(path) => read_targets(path).map(Some),
        TargetsIn::Columns(columns) => {
            options.table.targets = columns;
            Ok(None)
        }
    }
}

/// The targets of their own file, or else those of the samples.
pub(crate) fn of_either(of_file: Option<Targets>, data: &dyn Samples, given: &Path) -> Result<Targets> {
    let targets = of_file.or_else(|| data.targets().cloned());
    targets.ok_or_else(|| Error::input(given, "is neither a file nor a column of the source"))
}

/// The part of a source given for testing alone: its test part if it has one, or else all of it.
pub(crate) fn test_part(source: &Source, data_dir: &Path) -> Part {
    if has_part(source, Part::Test, data_dir) { Part::Test } else { Part::Train }
}

/// Checks that samples have labels.
pub(crate) fn check_labels(source: &Source, data: &dyn Samples) -> Result<()> {
    if data.labels().is_some() {
        return Ok(());
    }
    let problem = "has no labels; strokes, mnist, variations, a folder with MNIST's files and a folder of class folders do";
    Err(Error::input(source.to_string(), problem).with("label", "name the column of a table that holds them"))
}

/// Names the source in library errors about its samples, which the library calls `data`.
pub(crate) fn of_source<T>(source: &Source, result: Result<T>) -> Result<T> {
    result.map_err(|error| match error {
        Error::Input { place: Place::Name(name), problem, remedies } if name == "data" => {
            Error::Input { place: source.to_string().into(), problem, remedies }
        }
        error => error,
    })
}

/// Warns of what looks wrong with samples for this purpose.
pub(crate) fn check(verbosity: Verbosity, source: &Source, data: &dyn Samples, purpose: SamplesFor) {
    if verbosity == Verbosity::Quiet {
        return;
    }
    for problem in looks_wrong(data, purpose) {
        note(&format!("penstroke: {source}: {}", words::of_problem(&problem)));
    }
}

/// Warns of what looks wrong with samples for a model that learned from values of this range.
pub(crate) fn check_for_model(source: &Source, data: &dyn Samples, range: (f32, f32)) {
    check(Verbosity::Bars, source, data, SamplesFor::Model { range });
}

//! A schema in at most ten lines.

use super::kind::ColumnKind;
use super::schema::{ColumnSchema, Schema, TextForm, called};
use crate::config::Named;
use crate::error::counted;

/// Most characters of the names in a line.
const WIDTH: usize = 90;

impl Schema {
    /// What the columns hold, in at most ten lines: the size, how text was read, a line for each kind, and the gaps.
    pub fn summary(&self) -> Vec<String> {
        let of = |kind: ColumnKind| self.columns.iter().filter(move |column| column.kind == kind);
        let kinds = ColumnKind::ALL.iter().map(|(_, kind)| *kind).filter(|&kind| of(kind).next().is_some());
        let counts: Vec<String> = kinds.clone().map(|kind| format!("{} {kind}", of(kind).count())).collect();
        let size = [counted(self.n_rows, "row"), counted(self.columns.len(), "column")].join(", ");
        let mut lines = vec![format!("{size}: {}", counts.join(", "))];
        lines.extend(self.text.as_ref().map(TextForm::in_words));
        for kind in kinds {
            lines.push(format!("{kind}: {}", shortened(of(kind).map(described))));
        }
        lines.push(self.gaps());
        lines
    }

    fn gaps(&self) -> String {
        let mut with: Vec<&ColumnSchema> =
            self.columns.iter().filter(|column| column.n_missing > 0 && !column.kind.is_left()).collect();
        if with.is_empty() {
            return "no gaps".into();
        }
        with.sort_by(|a, b| b.n_missing.cmp(&a.n_missing).then_with(|| a.name.cmp(&b.name)));
        let n_used = self.columns.iter().filter(|column| !column.kind.is_left()).count();
        let n_missing: usize = with.iter().map(|column| column.n_missing).sum();
        let share = |n: usize, of: usize| format!("{:.1} %", 100.0 * n as f64 / of.max(1) as f64);
        let each = with
            .iter()
            .map(|column| format!("{} {}", called(&column.name), share(column.n_missing, self.n_rows)));
        format!(
            "gaps: {} of the cells, in {}: {}",
            share(n_missing, n_used * self.n_rows),
            counted(with.len(), "column"),
            shortened(each)
        )
    }
}

impl TextForm {
    fn in_words(&self) -> String {
        let delimiter = plural(self.delimiter);
        let decimal = if self.decimal == ',' { "decimal comma" } else { "decimal point" };
        let thousands = match self.thousands {
            None => String::new(),
            Some(mark) => format!(", thousands separated by {}", plural(mark)),
        };
        let header = if self.header { "the first row names the columns" } else { "no row of names" };
        let words = match self.na_values.as_deref() {
            None => String::new(),
            Some([]) => ", only empty fields are missing".into(),
            Some(words) => format!(", missing: {}", words.join(", ")),
        };
        format!("text: fields separated by {delimiter}, {decimal}{thousands}, {header}{words}")
    }
}

/// A mark between fields or digits, in words.
fn plural(mark: char) -> String {
    match mark {
        '\t' => "tabs".into(),
        ' ' => "blanks".into(),
        ',' => "commas".into(),
        ';' => "semicolons".into(),
        '|' => "bars".into(),
        '.' => "points".into(),
        '\'' => "apostrophes".into(),
        mark => mark.into(),
    }
}

/// A column with what matters of its kind.
fn described(column: &ColumnSchema) -> String {
    let name = called(&column.name);
    match (column.kind, column.categories.len()) {
        (ColumnKind::Ignore, _) if !column.reason.is_empty() => format!("{name} ({})", column.reason),
        (ColumnKind::Binary, 2) => format!("{name} ({})", column.categories.join("/")),
        (_, n @ 1..) => format!("{name} ({n})"),
        _ => name,
    }
}

/// As many of these as fit into a line, and how many there are besides.
fn shortened(all: impl Iterator<Item = String>) -> String {
    let (mut line, mut n_more) = (String::new(), 0);
    for each in all {
        let is_full = !line.is_empty() && line.chars().count() + each.chars().count() > WIDTH;
        if is_full || n_more > 0 {
            n_more += 1;
            continue;
        }
        if !line.is_empty() {
            line += ", ";
        }
        line += &each;
    }
    if n_more > 0 { format!("{line} and {n_more} more") } else { line }
}

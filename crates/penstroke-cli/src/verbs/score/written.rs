//! The file of scores.

use super::scored::Scored;
use super::words;
use penstroke::data::text;
use std::io::{self, Write};

/// Writes a line for each row, with `n_cells` cells.
pub(super) fn write(
    out: &mut (dyn Write + Send),
    delimiter: u8,
    scored: &Scored,
    n_cells: usize,
) -> io::Result<()> {
    // A row of a table with few columns has no more cells.
    let n_columns = scored.table.schema().columns.len();
    let n_cells = n_cells.min(n_columns);
    let mut names = vec!["row".to_owned()];
    names.extend(scored.ids.as_ref().map(|_| "id".to_owned()));
    names.extend(["score", "share", "anomaly"].map(str::to_owned));
    for k in 1..=n_cells {
        names.extend(["cell", "score", "value", "expected"].map(|of| format!("{of}_{k}")));
    }
    let lines = (0..scored.rows.len()).map(|row| line(scored, row, n_cells));
    text::write_texts(out, delimiter, &names, lines)
}

fn line(scored: &Scored, at: usize, n_cells: usize) -> Vec<String> {
    let (row, table) = (&scored.rows[at], &scored.table);
    let mut line = vec![(at + 1).to_string()];
    line.extend(scored.ids.as_ref().map(|ids| ids.texts[at].clone()));
    let anomaly = u8::from(scored.is_anomaly(row)).to_string();
    line.extend([words::rounded(row.score), words::rounded(row.share_above), anomaly]);
    for k in 0..n_cells {
        line.extend(row.cells.get(k).map_or_else(Default::default, |cell| {
            let column = words::column(table, cell);
            [
                column.name.clone(),
                words::rounded(cell.score),
                words::value(table, at, cell),
                words::expected(column, &cell.expected),
            ]
        }));
    }
    line
}

//! Describes an encoder of tables.

use super::imputer::{line, losses, of_config, of_schema};
use crate::run::failure::Result;
use crate::run::output;
use penstroke::features::TableEncoder;
use penstroke::model::FORMAT_VERSION;
use serde_json::json;
use std::path::Path;

pub(super) fn print(path: &Path, encoder: &TableEncoder, as_json: bool) -> Result<()> {
    if as_json {
        return output::print_json(&json!({
            "kind": "table-encoder",
            "format": FORMAT_VERSION,
            "schema": encoder.schema(),
            "config": encoder.config(),
            "history": encoder.history(),
        }));
    }
    let mut lines = vec![format!("{}: encoder of tables, model format {FORMAT_VERSION}", path.display())];
    lines.extend(of_schema(encoder.schema()));
    lines.extend(of_config(&json!(encoder.config())));
    lines.push(line("trained", losses(encoder.history())));
    output::print(&lines.join("\n"))
}

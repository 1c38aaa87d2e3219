//! Tables without lines, so that they can be cut and searched as text.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

/// A table as wide as the terminal at most.
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>, width: u16) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(40));
    if !header.is_empty() {
        table.set_header(header);
    }
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let mut text: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    if text.trim().is_empty() {
        text.clear();
    }
    text
}

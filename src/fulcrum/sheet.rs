//! Records as comma-separated lines (RFC 4180, lines ended by a line feed).

use std::fmt::{Display, Write as _};

/// One record being written, and the columns of the one before it.
#[derive(Debug)]
pub(crate) struct Sheet {
    // The columns' names, joined, of the record under way and of the last header written.
    names: String,
    header: String,
    // The record's cells, joined.
    cells: String,
    // Rows of its tables: the table's name and the cells, joined; and the most cells of a row.
    rows: Vec<String>,
    width: usize,
    text: String,
}

impl Sheet {
    pub(crate) const fn new() -> Self {
        Self {
            names: String::new(),
            header: String::new(),
            cells: String::new(),
            rows: Vec::new(),
            width: 0,
            text: String::new(),
        }
    }

    /// Starts a record.
    pub(crate) fn open(&mut self, kind: &str) {
        self.names.clear();
        self.names.push_str("kind");
        self.cells.clear();
        self.cells.push_str(kind);
        self.rows.clear();
        self.width = 0;
    }

    /// A cell under a name.
    pub(crate) fn cell(&mut self, name: &str, value: impl Display) {
        self.names.push(',');
        self.names.push_str(name);
        self.cells.push(',');
        put(&mut self.cells, value);
    }

    /// A row of a table.
    pub(crate) fn row<V: Display>(&mut self, table: &str, cells: &[V]) {
        let mut row = table.to_owned();
        for cell in cells {
            row.push(',');
            put(&mut row, cell);
        }
        self.width = self.width.max(cells.len());
        self.rows.push(row);
    }

    /// The record's lines, under a header when the columns are others than before.
    pub(crate) fn end(&mut self) -> &str {
        if self.width > 0 {
            self.names.push_str(",table");
            for at in 0..self.width {
                let _ = write!(self.names, ",{at}");
            }
        }
        self.text.clear();
        if self.names != self.header {
            self.header.clone_from(&self.names);
            let _ = writeln!(self.text, "{}", self.names);
        }
        if self.rows.is_empty() {
            let _ = writeln!(self.text, "{}", self.cells);
        }
        for row in &self.rows {
            let _ = writeln!(self.text, "{},{row}", self.cells);
        }
        &self.text
    }
}

/// A value, quoted where it must be.
fn put(out: &mut String, value: impl Display) {
    let start = out.len();
    let _ = write!(out, "{value}");
    if out[start..].contains([',', '"', '\n', '\r']) {
        let quoted = format!("\"{}\"", out[start..].replace('"', "\"\""));
        out.truncate(start);
        out.push_str(&quoted);
    }
}

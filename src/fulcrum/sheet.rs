//! Records as comma-separated lines (RFC 4180, lines ended by a line feed).

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

/// One record being written, and the header that each kind has had.
#[derive(Debug)]
pub(crate) struct Sheet {
    kind: String,
    // The columns' names, joined, of the record under way.
    names: String,
    // The record's cells, joined.
    cells: String,
    // Columns of its tables, those of the same name once.
    columns: Vec<&'static str>,
    // Rows of its tables: the name of the table with the cells, joined, and the columns known then.
    rows: Vec<(String, usize)>,
    // By kind: a kind keeps its columns, so one header serves all of its records.
    headers: BTreeMap<String, String>,
    text: String,
}

impl Sheet {
    pub(crate) const fn new() -> Self {
        Self {
            kind: String::new(),
            names: String::new(),
            cells: String::new(),
            columns: Vec::new(),
            rows: Vec::new(),
            headers: BTreeMap::new(),
            text: String::new(),
        }
    }

    /// Starts a record.
    pub(crate) fn open(&mut self, kind: &str) {
        self.kind.clear();
        self.kind.push_str(kind);
        self.names.clear();
        self.names.push_str("kind");
        self.cells.clear();
        self.cells.push_str(kind);
        self.columns.clear();
        self.rows.clear();
    }

    /// A cell under a name.
    pub(crate) fn cell(&mut self, name: &str, value: impl Display) {
        self.names.push(',');
        self.names.push_str(name);
        self.cells.push(',');
        put(&mut self.cells, value);
    }

    /// The columns of a table, also when it has no rows.
    pub(crate) fn columns(&mut self, columns: &[&'static str]) {
        for &column in columns {
            if !self.columns.contains(&column) {
                self.columns.push(column);
            }
        }
    }

    /// A row of a table whose columns are known. A table after the first may add columns on the
    /// right: the rows before it are filled up when the record ends.
    pub(crate) fn row<V: Display>(&mut self, table: &str, columns: &[&'static str], cells: &[V]) {
        let mut row = table.to_owned();
        for column in &self.columns {
            row.push(',');
            if let Some(at) = columns.iter().position(|name| name == column) {
                put(&mut row, &cells[at]);
            }
        }
        self.rows.push((row, self.columns.len()));
    }

    /// The record's lines, under a header when its kind has had none.
    pub(crate) fn end(&mut self) -> &str {
        if !self.columns.is_empty() {
            self.names.push_str(",table");
            for column in &self.columns {
                // A record may have a key of that name too.
                self.names.push_str(",row.");
                self.names.push_str(column);
            }
        }
        self.text.clear();
        if self.headers.get(&self.kind) != Some(&self.names) {
            self.headers.insert(self.kind.clone(), self.names.clone());
            let _ = writeln!(self.text, "{}", self.names);
        }
        if self.rows.is_empty() {
            let _ = write!(self.text, "{}", self.cells);
            if !self.columns.is_empty() {
                self.commas(self.columns.len() + 1);
            }
            self.text.push('\n');
        }
        for at in 0..self.rows.len() {
            let (row, width) = &self.rows[at];
            let more = self.columns.len() - width;
            let _ = write!(self.text, "{},{row}", self.cells);
            self.commas(more);
            self.text.push('\n');
        }
        &self.text
    }

    fn commas(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(',', count));
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

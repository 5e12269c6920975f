//! Records on stdout: one JSON line each, or one plain paragraph for people, from the same calls.

use std::fmt::{Display, Write as _};
use std::io;

use model::Nanos;

use crate::sheet::Sheet;
use crate::when::Utc;

/// How records look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    /// One JSON object a line, keys in a fixed order.
    Json,
    /// `kind key value  key value`, tables below.
    Plain,
    /// Cells with commas between: a header when the kind changes, a line a record, or a line a
    /// row of its tables. What is missing is an empty cell.
    Csv,
}

/// One record being written. The text is kept and reused.
#[derive(Debug)]
pub(crate) struct Record {
    style: Style,
    text: String,
    // Plain style: what stands below the line.
    below: String,
    sheet: Sheet,
}

impl Record {
    pub(crate) const fn new(style: Style) -> Self {
        Self { style, text: String::new(), below: String::new(), sheet: Sheet::new() }
    }

    /// How it looks.
    pub(crate) const fn style(&self) -> Style {
        self.style
    }

    /// Starts a record of this kind.
    pub(crate) fn open(&mut self, kind: &str) -> &mut Self {
        self.text.clear();
        self.below.clear();
        match self.style {
            Style::Json => self.put(format_args!("{{\"schema\":1,\"kind\":\"{kind}\"")),
            Style::Plain => self.put(format_args!("{kind}")),
            Style::Csv => {
                self.sheet.open(kind);
                self
            }
        }
    }

    /// Text that may hold anything.
    pub(crate) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        match self.style {
            Style::Json => {
                self.put(format_args!(",\"{key}\":"));
                quote(&mut self.text, value);
                self
            }
            Style::Plain => self.put(format_args!("  {key} {value}")),
            Style::Csv => self.cell(key, value),
        }
    }

    /// An exact decimal, or another text without anything to escape.
    pub(crate) fn exact(&mut self, key: &str, value: impl Display) -> &mut Self {
        match self.style {
            Style::Json => self.put(format_args!(",\"{key}\":\"{value}\"")),
            Style::Plain => self.put(format_args!("  {key} {value}")),
            Style::Csv => self.cell(key, value),
        }
    }

    /// An exact decimal that may be missing: `null`, never zero.
    pub(crate) fn maybe(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        match (value, self.style) {
            (Some(value), _) => self.exact(key, value),
            (None, Style::Json) => self.put(format_args!(",\"{key}\":null")),
            (None, Style::Plain) => self.put(format_args!("  {key} missing")),
            (None, Style::Csv) => self.cell(key, ""),
        }
    }

    /// An integer, a ratio or a truth value.
    pub(crate) fn number(&mut self, key: &str, value: impl Display) -> &mut Self {
        match self.style {
            Style::Json => self.put(format_args!(",\"{key}\":{value}")),
            Style::Plain => self.put(format_args!("  {key} {value}")),
            Style::Csv => self.cell(key, value),
        }
    }

    /// A ratio that may be missing.
    pub(crate) fn ratio(&mut self, key: &str, value: Option<f64>) -> &mut Self {
        match value.filter(|value| value.is_finite()) {
            Some(value) => self.number(key, value),
            None => self.maybe(key, None::<f64>),
        }
    }

    /// An instant of the clock that the key names.
    pub(crate) fn time(&mut self, key: &str, time: Nanos) -> &mut Self {
        match self.style {
            Style::Json | Style::Csv => self.number(key, time.0),
            Style::Plain => self.put(format_args!("  {key} {}", Utc(time))),
        }
    }

    /// Two exact values that belong together.
    pub(crate) fn pair(&mut self, key: &str, values: [impl Display; 2]) -> &mut Self {
        let [first, second] = values;
        match self.style {
            Style::Json => self.put(format_args!(",\"{key}\":[\"{first}\",\"{second}\"]")),
            Style::Plain => self.put(format_args!("  {key} {first} {second}")),
            Style::Csv => self.cells(key, &first, &second),
        }
    }

    /// Two integers that belong together.
    pub(crate) fn numbers(&mut self, key: &str, values: [usize; 2]) -> &mut Self {
        let [first, second] = values;
        match self.style {
            Style::Json => self.put(format_args!(",\"{key}\":[{first},{second}]")),
            Style::Plain => self.put(format_args!("  {key} {first} {second}")),
            Style::Csv => self.cells(key, &first, &second),
        }
    }

    /// A table of exact values.
    pub(crate) fn rows<const N: usize, V: Display>(
        &mut self,
        key: &str,
        rows: impl Iterator<Item = [V; N]>,
    ) -> &mut Self {
        match self.style {
            Style::Json => {
                self.put(format_args!(",\"{key}\":["));
                for (at, row) in rows.enumerate() {
                    self.text.push_str(if at == 0 { "[" } else { ",[" });
                    for (column, value) in row.iter().enumerate() {
                        let comma = if column == 0 { "" } else { "," };
                        self.put(format_args!("{comma}\"{value}\""));
                    }
                    self.text.push(']');
                }
                self.text.push(']');
            }
            Style::Plain => {
                let _ = write!(self.below, "\n  {key}");
                for row in rows {
                    self.below.push_str("\n   ");
                    for value in row {
                        let _ = write!(self.below, " {:>16}", value.to_string());
                    }
                }
            }
            Style::Csv => rows.for_each(|row| self.sheet.row(key, &row)),
        }
        self
    }

    /// Names with texts: `{"name":"text"}`.
    pub(crate) fn texts<N: Display, V: Display>(
        &mut self,
        key: &str,
        entries: impl Iterator<Item = (N, V)>,
    ) -> &mut Self {
        self.entries(key, entries, "\"")
    }

    /// Names with integers: `{"name":1}`.
    pub(crate) fn counts<N: Display, V: Display>(
        &mut self,
        key: &str,
        entries: impl Iterator<Item = (N, V)>,
    ) -> &mut Self {
        self.entries(key, entries, "")
    }

    fn entries<N: Display, V: Display>(
        &mut self,
        key: &str,
        entries: impl Iterator<Item = (N, V)>,
        mark: &str,
    ) -> &mut Self {
        if self.style == Style::Json {
            self.put(format_args!(",\"{key}\":{{"));
        }
        for (at, (name, value)) in entries.enumerate() {
            match self.style {
                Style::Json => {
                    let comma = if at == 0 { "" } else { "," };
                    self.put(format_args!("{comma}\"{name}\":{mark}{value}{mark}"));
                }
                Style::Plain => {
                    let _ = write!(self.below, "\n    {key} {name} {value}");
                }
                Style::Csv => {
                    self.cell(&format!("{key}.{name}"), value);
                }
            }
        }
        if self.style == Style::Json {
            self.text.push('}');
        }
        self
    }

    /// Ends the record and writes it.
    pub(crate) fn end(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        match self.style {
            Style::Json => self.text.push('}'),
            Style::Plain => self.text.push_str(&self.below),
            Style::Csv => return out.write_all(self.sheet.end().as_bytes()),
        }
        self.text.push('\n');
        out.write_all(self.text.as_bytes())
    }

    fn cell(&mut self, key: &str, value: impl Display) -> &mut Self {
        self.sheet.cell(key, value);
        self
    }

    fn cells(&mut self, key: &str, first: &dyn Display, second: &dyn Display) -> &mut Self {
        self.cell(&format!("{key}.0"), first).cell(&format!("{key}.1"), second)
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) -> &mut Self {
        // Writing to a String does not fail.
        let _ = self.text.write_fmt(text);
        self
    }
}

/// A JSON string.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for symbol in text.chars() {
        match symbol {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            symbol if u32::from(symbol) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(symbol));
            }
            symbol => out.push(symbol),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{Record, Style};
    use model::Nanos;

    fn sample(style: Style) -> String {
        let mut out = Vec::new();
        let mut record = Record::new(style);
        record
            .open("sample")
            .text("path", "a\"b\\c\n")
            .time("time_venue", Nanos(1_721_347_200_000_000_000))
            .exact("poc", "63970.0")
            .maybe("vwap", None::<&str>)
            .ratio("obi", Some(0.25))
            .ratio("z", None)
            .number("stable", true)
            .pair("bid", ["1", "2"])
            .numbers("levels", [3, 4])
            .rows("bins", [["1", "2"], ["3", "4"]].into_iter())
            .counts("refused", [("not_json", 2)].into_iter())
            .texts("content", [("book/A", "ff")].into_iter())
            .end(&mut out)
            .expect("memory takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn json_is_one_line_with_exact_texts() {
        assert_eq!(
            sample(Style::Json),
            concat!(
                r#"{"schema":1,"kind":"sample","path":"a\"b\\c\u000a","time_venue":1721347200000000000,"#,
                r#""poc":"63970.0","vwap":null,"obi":0.25,"z":null,"stable":true,"bid":["1","2"],"#,
                r#""levels":[3,4],"bins":[["1","2"],["3","4"]],"refused":{"not_json":2},"#,
                r#""content":{"book/A":"ff"}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_table_repeats_the_record_for_each_row() {
        let head = "kind,path,time_venue,poc,vwap,obi,z,stable,bid.0,bid.1,levels.0,levels.1,\
                    refused.not_json,content.book/A,table,0,1";
        let front =
            "sample,\"a\"\"b\\c\n\",1721347200000000000,63970.0,,0.25,,true,1,2,3,4,2,ff,bins";
        assert_eq!(sample(Style::Csv), format!("{head}\n{front},1,2\n{front},3,4\n"));
    }

    #[test]
    fn plain_has_the_same_figures() {
        let text = sample(Style::Plain);
        for part in
            ["2024-07-19T00:00:00Z", "poc 63970.0", "vwap missing", "not_json 2", "book/A ff"]
        {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    }
}

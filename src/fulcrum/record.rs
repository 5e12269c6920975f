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
    /// Cells with commas between: a header before the first record of a kind, a line a record, or
    /// a line a row of its tables. What is missing is an empty cell.
    Csv,
}

/// A cell of a table.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Cell {
    /// An exact decimal or a word.
    Exact(String),
    /// A ratio.
    Ratio(f64),
    /// A count.
    Whole(i64),
    /// Without a value: `null`, an empty cell.
    Missing,
}

impl Cell {
    /// An exact decimal or a word.
    pub(crate) fn exact(value: impl Display) -> Self {
        Self::Exact(value.to_string())
    }

    /// A ratio that may be missing.
    pub(crate) fn ratio(value: f64) -> Self {
        if value.is_finite() { Self::Ratio(value) } else { Self::Missing }
    }
}

impl Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(text) => f.pad(text),
            Self::Ratio(value) => value.fmt(f),
            Self::Whole(value) => value.fmt(f),
            Self::Missing => f.pad(""),
        }
    }
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

    /// A truth value that is written when it holds; in a table always, so that columns stay.
    pub(crate) fn flag(&mut self, key: &str, holds: bool) -> &mut Self {
        if holds || self.style == Style::Csv { self.number(key, holds) } else { self }
    }

    /// A ratio that may be missing.
    pub(crate) fn ratio(&mut self, key: &str, value: Option<f64>) -> &mut Self {
        match value.filter(|value| value.is_finite()) {
            Some(value) => self.number(key, value),
            None => self.maybe(key, None::<f64>),
        }
    }

    /// A count that may be missing.
    pub(crate) fn count(&mut self, key: &str, value: Option<i64>) -> &mut Self {
        match value {
            Some(value) => self.number(key, value),
            None => self.maybe(key, None::<i64>),
        }
    }

    /// An instant of the clock that the key names.
    pub(crate) fn time(&mut self, key: &str, time: Nanos) -> &mut Self {
        match self.style {
            Style::Json | Style::Csv => self.number(key, time.0),
            Style::Plain => self.put(format_args!("  {key} {}", Utc(time))),
        }
    }

    /// An instant that may not have come.
    pub(crate) fn time_maybe(&mut self, key: &str, time: Option<Nanos>) -> &mut Self {
        match time {
            Some(time) => self.time(key, time),
            None => self.maybe(key, None::<u64>),
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

    /// A table: its columns' names, and its rows. In JSON a row is a list in that order.
    pub(crate) fn rows<const N: usize>(
        &mut self,
        key: &str,
        columns: [&'static str; N],
        rows: impl Iterator<Item = [Cell; N]>,
    ) -> &mut Self {
        match self.style {
            Style::Json => {
                self.put(format_args!(",\"{key}\":["));
                for (at, row) in rows.enumerate() {
                    self.text.push_str(if at == 0 { "[" } else { ",[" });
                    for (column, cell) in row.iter().enumerate() {
                        self.text.push_str(if column == 0 { "" } else { "," });
                        match cell {
                            Cell::Exact(text) => self.put(format_args!("\"{text}\"")),
                            Cell::Missing => self.put(format_args!("null")),
                            number => self.put(format_args!("{number}")),
                        };
                    }
                    self.text.push(']');
                }
                self.text.push(']');
            }
            Style::Plain => {
                let _ = write!(self.below, "\n  {key}\n   ");
                for name in columns {
                    let _ = write!(self.below, " {name:>16}");
                }
                for row in rows {
                    self.below.push_str("\n   ");
                    for cell in row {
                        let _ = write!(self.below, " {cell:>16}");
                    }
                }
            }
            Style::Csv => {
                self.sheet.columns(&columns);
                rows.for_each(|row| self.sheet.row(key, &columns, &row));
            }
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
    use super::{Cell, Record, Style};
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
            .rows(
                "bins",
                ["low", "share"],
                [[Cell::exact("1.0"), Cell::ratio(0.5)], [Cell::Whole(3), Cell::ratio(f64::NAN)]]
                    .into_iter(),
            )
            .rows("runs", ["high", "low"], [[Cell::exact("8"), Cell::exact("7")]].into_iter())
            .flag("open_bar", false)
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
                r#""levels":[3,4],"bins":[["1.0",0.5],[3,null]],"runs":[["8","7"]],"refused":{"not_json":2},"#,
                r#""content":{"book/A":"ff"}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_table_repeats_the_record_for_each_row() {
        let head = "kind,path,time_venue,poc,vwap,obi,z,stable,bid.0,bid.1,levels.0,levels.1,\
                    open_bar,refused.not_json,content.book/A,table,row.low,row.share,row.high";
        let front =
            "sample,\"a\"\"b\\c\n\",1721347200000000000,63970.0,,0.25,,true,1,2,3,4,false,2,ff";
        assert_eq!(
            sample(Style::Csv),
            format!("{head}\n{front},bins,1.0,0.5,\n{front},bins,3,,\n{front},runs,7,,8\n")
        );
    }

    #[test]
    fn each_kind_has_one_header() {
        let mut record = Record::new(Style::Csv);
        let mut out = Vec::new();
        for (kind, rows) in [("a", 0), ("b", 1), ("a", 2)] {
            let rows = (0..rows).map(|row| [Cell::Whole(row)]);
            let record = record.open(kind).exact("x", 1).rows("t", ["y"], rows);
            record.end(&mut out).expect("memory takes everything");
        }
        let want = "kind,x,table,row.y\na,1,,\nkind,x,table,row.y\nb,1,t,0\na,1,t,0\na,1,t,1\n";
        assert_eq!(String::from_utf8(out).expect("text"), want);
    }

    #[test]
    fn plain_has_the_same_figures() {
        let text = sample(Style::Plain);
        for part in [
            "2024-07-19T00:00:00Z",
            "poc 63970.0",
            "vwap missing",
            "share",
            "not_json 2",
            "book/A ff",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    }
}

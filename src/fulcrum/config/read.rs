//! A TOML file against the table of keys: every fault with its file, line and column.

use std::fmt;
use std::net::SocketAddr;

use model::{Fine, Instrument, Symbol, decimal};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Form, KEYS, Key};
use super::nearest::nearest;
use super::number;
use super::url::Url;

/// A fault in a configuration file, shown as `file:line:col: what`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}", self.file, self.line, self.column, self.what)
    }
}

/// What a key is set to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    Integer(u64),
    Flag(bool),
    Decimal(Fine),
    Text(String),
    Integers(Vec<u64>),
    Texts(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(out, "{value}"),
            Self::Flag(value) => write!(out, "{value}"),
            Self::Decimal(value) => out.write_str(&number::plain(*value)),
            Self::Text(value) => write!(out, "{value:?}"),
            Self::Integers(values) => write!(out, "{values:?}"),
            Self::Texts(values) => write!(out, "{values:?}"),
        }
    }
}

/// A key that a file sets, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Set {
    pub(crate) key: &'static Key,
    pub(crate) value: Value,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// What a file says.
#[derive(Default, Debug)]
pub(crate) struct Read {
    /// Its keys.
    pub(crate) sets: Vec<Set>,
    /// Its sections, with line and column.
    pub(crate) sections: Vec<(String, usize, usize)>,
}

/// Reads a whole file; `Err` holds every fault, in the order of the file.
pub(crate) fn read(file: &str, text: &str) -> Result<Read, Vec<Fault>> {
    let mut reader = Reader { file, text, read: Read::default(), faults: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.fault(at, error.message().replace('\n', ", "));
        }
    }
    if reader.faults.is_empty() {
        return Ok(reader.read);
    }
    reader.faults.sort_by_key(|fault| (fault.line, fault.column));
    Err(reader.faults)
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    read: Read,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let path = match prefix {
                "" => name.get_ref().to_string(),
                _ => format!("{prefix}.{}", name.get_ref()),
            };
            let at = name.span().start;
            if let Some(key) = KEYS.iter().find(|key| key.path == path) {
                self.value(key, at, value);
            } else if KEYS.iter().any(|key| within(key.path, &path)) {
                match value.get_ref() {
                    DeValue::Table(inner) => {
                        self.table(&path, inner);
                        let (line, column) = position(self.text, at);
                        self.read.sections.push((path, line, column));
                    }
                    other => self.fault(
                        value.span().start,
                        format!("`{path}` is a section, not {}", other.type_str()),
                    ),
                }
            } else {
                self.unknown(&path, at, value.get_ref().is_table());
            }
        }
    }

    /// A section is compared with sections, a key with keys.
    fn unknown(&mut self, path: &str, at: usize, section: bool) {
        let sections =
            KEYS.iter().filter_map(|key| key.path.rsplit_once('.')).map(|(name, _)| name);
        let near = if section {
            nearest(path, sections)
        } else {
            nearest(path, KEYS.iter().map(|key| key.path))
        };
        let what = if section { "section" } else { "key" };
        let near = near.unwrap_or_default();
        self.fault(at, format!("unknown {what} `{path}`; the nearest is `{near}`"));
    }

    fn value(&mut self, key: &'static Key, at: usize, value: &Spanned<DeValue<'_>>) {
        match take(key, value) {
            Ok(value) => {
                let (line, column) = position(self.text, at);
                self.read.sets.push(Set { key, value, line, column });
            }
            Err((place, what)) => {
                // A table's own place is its header's bracket; the key in it says more.
                let place = if value.get_ref().is_table() { at } else { place };
                self.fault(place, format!("`{}` {what}", key.path));
            }
        }
    }

    fn fault(&mut self, at: usize, what: String) {
        let (line, column) = position(self.text, at);
        self.faults.push(Fault { file: self.file.to_owned(), line, column, what });
    }
}

fn within(path: &str, section: &str) -> bool {
    path.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

/// Line and column, both from 1; a column is a character.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    // Continuation bytes of UTF-8 are no characters of their own.
    let column = before[start..].iter().filter(|&&byte| byte & 0xc0 != 0x80).count() + 1;
    (line, column)
}

/// Where, and what is wrong.
pub(super) type Refused = (usize, String);

/// The value as what the key takes.
pub(super) fn take(key: &Key, value: &Spanned<DeValue<'_>>) -> Result<Value, Refused> {
    let at = value.span().start;
    match (key.form, value.get_ref()) {
        (Form::Integer(min, max), _) => integer(value, min, max).map(Value::Integer),
        (Form::PowerOfTwo(min, max), _) => match integer(value, min, max)? {
            power if power.is_power_of_two() => Ok(Value::Integer(power)),
            other => Err((at, format!("must be a power of two, got {other}"))),
        },
        (Form::Flag, DeValue::Boolean(flag)) => Ok(Value::Flag(*flag)),
        (Form::Decimal(low, high, places), _) => {
            number::between(value, (low, high), places).map(Value::Decimal)
        }
        (Form::Limit, _) => number::limit(key.name(), value).map(Value::Decimal),
        (Form::Choice(choices), DeValue::String(text)) => {
            if choices.contains(&text.as_ref()) {
                return Ok(Value::Text(text.to_string()));
            }
            let near = nearest(text, choices.iter().copied()).unwrap_or_default();
            let all = choices.join(", ");
            Err((at, format!("must be one of {all}; the nearest to {text:?} is `{near}`")))
        }
        (Form::Path, DeValue::String(text)) if !text.is_empty() => {
            Ok(Value::Text(text.to_string()))
        }
        (Form::MaybePath, DeValue::String(text)) => Ok(Value::Text(text.to_string())),
        (Form::Url(scheme), DeValue::String(text)) => match Url::parse(text, scheme) {
            Some(_) => Ok(Value::Text(text.to_string())),
            None => Err((at, format!("must be {scheme}://HOST or {scheme}://HOST:PORT"))),
        },
        (Form::Listen, DeValue::String(text)) => match text.parse::<SocketAddr>() {
            Ok(_) => Ok(Value::Text(text.to_string())),
            Err(_) => Err((at, "must be IP:PORT, such as 127.0.0.1:9443".to_owned())),
        },
        (Form::Symbols, DeValue::Array(list)) => symbols(at, list).map(Value::Texts),
        (Form::Words(words), DeValue::Array(list)) => chosen(at, words, list).map(Value::Texts),
        (Form::Path, DeValue::String(_)) => Err((at, "must not be empty".to_owned())),
        (Form::Integers(min, max), DeValue::Array(list)) => {
            let mut values = Vec::new();
            for element in list {
                let value = integer(element, min, max)?;
                if values.contains(&value) {
                    return Err((element.span().start, format!("holds {value} twice")));
                }
                values.push(value);
            }
            Ok(Value::Integers(values))
        }
        (Form::Instruments, DeValue::Array(list)) => instruments(list).map(Value::Texts),
        (Form::Rounds, DeValue::Array(list)) => rounds(list).map(Value::Texts),
        (form, other) => Err((at, format!("must be {}, not {}", form.noun(), other.type_str()))),
    }
}

fn chosen(
    at: usize,
    words: &[&str],
    list: &[Spanned<DeValue<'_>>],
) -> Result<Vec<String>, Refused> {
    let mut chosen: Vec<String> = Vec::new();
    for element in list {
        let place = element.span().start;
        let word = element.get_ref().as_str().unwrap_or_default();
        if !words.contains(&word) {
            return Err((place, format!("must hold words of {}", words.join(", "))));
        }
        if chosen.iter().any(|other| other == word) {
            return Err((place, format!("holds {word:?} twice")));
        }
        chosen.push(word.to_owned());
    }
    if chosen.is_empty() { Err((at, "must not be empty".to_owned())) } else { Ok(chosen) }
}

fn symbols(at: usize, list: &[Spanned<DeValue<'_>>]) -> Result<Vec<String>, Refused> {
    let mut symbols: Vec<String> = Vec::new();
    for element in list {
        let at = element.span().start;
        let text = element.get_ref().as_str().filter(|text| Symbol::new(text).is_some());
        let Some(text) = text else {
            return Err((at, "holds what is no symbol such as BTCUSDT".to_owned()));
        };
        if symbols.iter().any(|symbol| symbol == text) {
            return Err((at, format!("holds {text} twice")));
        }
        if symbols.len() == model::INSTRUMENTS_MAX {
            return Err((at, format!("holds more than {} symbols", model::INSTRUMENTS_MAX)));
        }
        symbols.push(text.to_owned());
    }
    if symbols.is_empty() { Err((at, "must name a symbol".to_owned())) } else { Ok(symbols) }
}

fn integer(value: &Spanned<DeValue<'_>>, min: u64, max: u64) -> Result<u64, Refused> {
    let at = value.span().start;
    let Some(integer) = value.get_ref().as_integer() else {
        let found = value.get_ref().type_str();
        return Err((at, format!("must be an integer in {min}..={max}, not {found}")));
    };
    let read = i128::from_str_radix(integer.as_str(), integer.radix());
    match read.ok().and_then(|value| u64::try_from(value).ok()) {
        Some(value) if (min..=max).contains(&value) => Ok(value),
        _ => Err((at, format!("must be in {min}..={max}, got {}", integer.as_str()))),
    }
}

fn instruments(list: &[Spanned<DeValue<'_>>]) -> Result<Vec<String>, Refused> {
    let mut texts = Vec::new();
    let mut symbols = Vec::new();
    for element in list {
        let at = element.span().start;
        let Some(text) = element.get_ref().as_str() else {
            let found = element.get_ref().type_str();
            return Err((at, format!("holds {found} where SYMBOL:TICK:LOT belongs")));
        };
        let instrument =
            Instrument::parse(text).map_err(|error| (at, format!("holds a fault: {error}")))?;
        if symbols.contains(&instrument.symbol) {
            return Err((at, format!("holds {} twice", instrument.symbol)));
        }
        if symbols.len() == model::INSTRUMENTS_MAX {
            return Err((at, format!("holds more than {} instruments", model::INSTRUMENTS_MAX)));
        }
        symbols.push(instrument.symbol);
        texts.push(text.to_owned());
    }
    Ok(texts)
}

/// The steps of `SYMBOL:STEP:STEP`.
pub(super) fn round(text: &str) -> Option<(Symbol, [Fine; 2])> {
    let parts: Vec<&str> = text.split(':').collect();
    let [symbol, one, other] = parts.as_slice() else { return None };
    // More than any price: the level book refuses it as well.
    let most = Fine(1_000_000_000 * Fine::ONE.0);
    let step = |text: &str| {
        let step = decimal(text.as_bytes()).ok()?.fine().ok()?;
        (Fine(0)..=most).contains(&step).then_some(step)
    };
    Some((Symbol::new(symbol)?, [step(one)?, step(other)?]))
}

fn rounds(list: &[Spanned<DeValue<'_>>]) -> Result<Vec<String>, Refused> {
    let (mut texts, mut symbols) = (Vec::new(), Vec::new());
    for element in list {
        let at = element.span().start;
        let text = element.get_ref().as_str();
        let Some((text, (symbol, _))) = text.and_then(|text| Some((text, round(text)?))) else {
            let what = "must hold SYMBOL:STEP:STEP, such as BTCUSDT:500:1000, steps 0..=1000000000";
            return Err((at, what.to_owned()));
        };
        if symbols.contains(&symbol) {
            return Err((at, format!("holds {symbol} twice")));
        }
        if symbols.len() == strategy::ROUNDS_MAX {
            return Err((at, format!("holds more than {} symbols", strategy::ROUNDS_MAX)));
        }
        symbols.push(symbol);
        texts.push(text.to_owned());
    }
    Ok(texts)
}

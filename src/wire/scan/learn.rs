//! Reads the first message of a new look byte by byte, strictly, and leaves its shape.
//!
//! Strict means: the hot events only, `e` first, no blank, no escape, no key that is not listed,
//! none twice, none missing. Whatever is not so goes the checked way and leaves no shape.

use super::shape::{NUMBERS, Shape, TAIL, says, slot};
use crate::grid::{Digits, Grid};
use crate::names::{Name, agrees, is_coin_margined, kind_of};
use model::{Instrument, Instruments, Kind, Venue};

/// What a bare depth payload is taken for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Bare {
    /// A diff.
    #[default]
    Diff,
    /// The full top levels.
    Partial,
}

/// What a key's value is.
#[derive(Clone, Copy)]
enum Part {
    /// Milliseconds, 13 digits.
    Time(usize),
    /// Milliseconds, 13 digits, or a zero.
    TimeOrZero(usize),
    /// A whole number.
    Id(usize),
    /// A decimal text on the tick grid.
    Price(usize),
    /// A decimal text on the lot grid.
    Lots(usize),
    /// A decimal text in 10⁻⁸.
    Fine(usize),
    /// The funding rate: a decimal text in 10⁻⁸, with a sign or empty.
    Rate(usize),
    /// The symbol.
    Symbol,
    /// Whether the buyer was the maker.
    Maker,
    /// MARKET, or what was no market trade.
    Origin,
    /// 1, or the frame is of another venue.
    SymbolType,
    /// A text without meaning for us.
    Text,
    /// A boolean without meaning for us.
    Flag,
    /// The levels of one side.
    Levels,
}

/// Whether a key must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Always,
    UsdM,
    Never,
}
use Need::{Always, Never, UsdM};

type Key = (&'static str, Part, Need);

/// Keys of one event.
const KEYS_MAX: usize = 16;

const AGGREGATE: &[Key] = &[
    ("E", Part::Time(slot::EVENT), Always),
    ("s", Part::Symbol, Always),
    ("a", Part::Id(slot::ID), Always),
    ("p", Part::Price(slot::PRICE), Always),
    ("q", Part::Lots(slot::LOTS), Always),
    ("nq", Part::Lots(slot::NORMAL), Never),
    ("f", Part::Id(slot::FIRST), Always),
    ("l", Part::Id(slot::LAST), Always),
    ("T", Part::Time(slot::MATCH), Always),
    ("m", Part::Maker, Always),
    ("M", Part::Flag, Never),
    ("ps", Part::Text, Never),
    ("st", Part::SymbolType, Never),
];

const SINGLE: &[Key] = &[
    ("E", Part::Time(slot::EVENT), Always),
    ("T", Part::Time(slot::MATCH), Always),
    ("s", Part::Symbol, Always),
    ("t", Part::Id(slot::ID), Always),
    ("p", Part::Price(slot::PRICE), Always),
    ("q", Part::Lots(slot::LOTS), Always),
    ("X", Part::Origin, Never),
    ("m", Part::Maker, Always),
    ("M", Part::Flag, Never),
    ("ps", Part::Text, Never),
    ("st", Part::SymbolType, Never),
];

const QUOTE: &[Key] = &[
    ("u", Part::Id(slot::ID), Always),
    ("E", Part::Time(slot::EVENT), UsdM),
    ("T", Part::Time(slot::MATCH), UsdM),
    ("s", Part::Symbol, Always),
    ("b", Part::Price(slot::BEST[0]), Always),
    ("B", Part::Lots(slot::BEST[1]), Always),
    ("a", Part::Price(slot::BEST[2]), Always),
    ("A", Part::Lots(slot::BEST[3]), Always),
    ("ps", Part::Text, Never),
    ("st", Part::SymbolType, Never),
];

const MARK: &[Key] = &[
    ("E", Part::Time(slot::EVENT), Always),
    ("s", Part::Symbol, Always),
    ("p", Part::Fine(slot::MARK[0]), Always),
    ("ap", Part::Fine(slot::MARK[1]), Never),
    ("i", Part::Fine(slot::MARK[2]), Always),
    ("P", Part::Fine(slot::MARK[3]), Never),
    ("r", Part::Rate(slot::MARK[4]), Never),
    ("T", Part::TimeOrZero(slot::MATCH), Always),
    ("ps", Part::Text, Never),
    ("st", Part::SymbolType, Never),
];

const DEPTH: &[Key] = &[
    ("E", Part::Time(slot::EVENT), Always),
    ("T", Part::Time(slot::MATCH), UsdM),
    ("s", Part::Symbol, Always),
    ("ps", Part::Text, Never),
    ("st", Part::SymbolType, Never),
    ("U", Part::Id(slot::ID), Always),
    ("u", Part::Id(slot::FIRST), Always),
    ("pu", Part::Id(slot::LAST), UsdM),
    ("b", Part::Levels, Always),
    ("a", Part::Levels, Always),
];

/// Leaves the shape of a message, when it is one of the hot events and strictly laid out.
pub(crate) fn learn(
    text: &[u8],
    instruments: &Instruments,
    bare: Bare,
    shape: &mut Shape,
) -> Option<()> {
    let mut reader = Reader { text, at: 0 };
    let wrapped = reader.eat(b"{\"stream\":\"").is_some();
    let name = if wrapped { Some(reader.text()?) } else { None };
    if wrapped {
        reader.eat(b",\"data\":")?;
    }
    reader.eat(b"{\"e\":\"")?;
    let event = reader.text()?;
    let mut kind = kind_of(event)?;
    let keys = match (kind, event) {
        (Kind::Trade, "aggTrade") => AGGREGATE,
        (Kind::Trade, _) => SINGLE,
        (Kind::Quote, _) => QUOTE,
        (Kind::Mark, _) => MARK,
        (Kind::Depth, _) => DEPTH,
        _ => return None,
    };
    let stream = match name {
        Some(text) => Some(Name::read(text)?),
        None => None,
    };
    match (stream, name) {
        (Some(stream), Some(name)) => {
            let partial = kind == Kind::Depth && stream.kind == Kind::Partial;
            if !(partial || stream.kind == kind) || !agrees(name, kind, event) {
                return None;
            }
            kind = stream.kind;
        }
        _ if kind == Kind::Depth && bare == Bare::Partial => kind = Kind::Partial,
        _ => {}
    }
    *shape = Shape { kind, ..Shape::EMPTY };
    shape.says |= if event == "trade" { says::SINGLE } else { 0 };
    let mut teacher = Teacher {
        reader,
        keys,
        seen: [false; KEYS_MAX],
        instruments,
        instrument: None,
        numbers: [None; NUMBERS],
        shape,
        levels: None,
        tail: 0,
    };
    teacher.payload(wrapped)?;
    let symbol = std::str::from_utf8(teacher.instrument?.symbol.bytes()).ok()?;
    let ours = stream.is_none_or(|stream| stream.carries(symbol));
    (ours && !is_coin_margined(symbol)).then_some(())
}

/// A place in a text.
#[derive(Clone, Copy)]
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    fn eat(&mut self, wanted: &[u8]) -> Option<()> {
        self.text.get(self.at..)?.starts_with(wanted).then(|| self.at += wanted.len())
    }

    /// The rest of a string up to its quote, which is passed: printable ASCII or UTF-8, no escape.
    fn text(&mut self) -> Option<&'t str> {
        let rest = self.text.get(self.at..)?;
        let length = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        (rest[length] == b'"').then_some(())?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).ok()
    }

    /// A run of digits.
    fn digits(&mut self) -> Option<&'t [u8]> {
        let rest = self.text.get(self.at..)?;
        let length = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        self.at += length;
        Some(&rest[..length])
    }

    fn boolean(&mut self) -> Option<bool> {
        let yes = self.eat(b"true").is_some();
        (yes || self.eat(b"false").is_some()).then_some(yes)
    }
}

struct Teacher<'t> {
    reader: Reader<'t>,
    keys: &'static [Key],
    seen: [bool; KEYS_MAX],
    instruments: &'t Instruments,
    instrument: Option<&'t Instrument>,
    /// Decimals wait for the instrument, which may come later: slot, place, width, part.
    numbers: [Option<(usize, usize, Part)>; NUMBERS],
    shape: &'t mut Shape,
    /// Where the levels of the bids begin.
    levels: Option<usize>,
    /// Where the text behind the asks begins.
    tail: usize,
}

impl<'t> Teacher<'t> {
    /// Reads the payload from behind the event's name to the end of the message.
    fn payload(&mut self, wrapped: bool) -> Option<()> {
        while self.reader.eat(b",\"").is_some() {
            let name = self.reader.text()?;
            self.reader.eat(b":")?;
            let place = self.keys.iter().position(|key| key.0 == name)?;
            (!std::mem::replace(&mut self.seen[place], true)).then_some(())?;
            self.part(self.keys[place].1)?;
        }
        self.reader.eat(if wrapped { b"}}" } else { b"}" })?;
        (self.reader.at == self.reader.text.len()).then_some(())?;
        let instrument = self.instrument?;
        let spot = instrument.venue == Venue::Spot;
        for (key, seen) in self.keys.iter().zip(self.seen) {
            let needed = key.2 == Always || key.2 == UsdM && !spot;
            (seen || !needed).then_some(())?;
        }
        if spot {
            self.shape.says |= says::SPOT;
        }
        self.template()?;
        self.digits(instrument)
    }

    fn part(&mut self, part: Part) -> Option<()> {
        let start = self.reader.at;
        match part {
            Part::Time(slot) | Part::TimeOrZero(slot) => {
                let width = self.reader.digits()?.len();
                let zero = matches!(part, Part::TimeOrZero(_)) && self.reader.text[start] == b'0';
                (width == 13 || width == 1 && zero).then_some(())?;
                self.numbers[slot] = Some((start, width, part));
            }
            Part::Id(slot) => {
                let width = self.reader.digits()?.len();
                self.numbers[slot] = Some((start, width, part));
            }
            Part::Price(slot) | Part::Lots(slot) | Part::Fine(slot) => {
                self.reader.eat(b"\"")?;
                let width = self.reader.text()?.len();
                self.numbers[slot] = Some((start + 1, width, part));
                self.shape.says |= if slot == slot::NORMAL { says::NORMAL } else { 0 };
            }
            Part::Rate(slot) => self.rate(slot)?,
            Part::Symbol => self.symbol()?,
            Part::Maker => {
                self.shape.says |= if self.reader.boolean()? { says::SELL } else { 0 };
            }
            Part::Flag => drop(self.reader.boolean()?),
            Part::Origin => {
                self.reader.eat(b"\"")?;
                let market = self.reader.text()? == "MARKET";
                self.shape.says |= if market { 0 } else { says::FOREIGN };
            }
            Part::SymbolType => {
                (self.reader.digits()? == b"1").then_some(())?;
            }
            Part::Text => {
                self.reader.eat(b"\"")?;
                self.reader.text()?;
            }
            Part::Levels => self.skip_levels()?,
        }
        Some(())
    }

    fn rate(&mut self, slot: usize) -> Option<()> {
        self.reader.eat(b"\"")?;
        let start = self.reader.at;
        let text = self.reader.text()?;
        if text.is_empty() {
            return Some(());
        }
        let sign = usize::from(text.starts_with('-'));
        self.numbers[slot] = Some((start + sign, text.len() - sign, Part::Rate(slot)));
        self.shape.says |= says::RATE | if sign == 1 { says::NEGATIVE } else { 0 };
        Some(())
    }

    fn symbol(&mut self) -> Option<()> {
        self.reader.eat(b"\"")?;
        let symbol = self.reader.text()?;
        let id = self.instruments.find(symbol.as_bytes())?;
        self.shape.instrument = id;
        self.instrument = self.instruments.get(id);
        Some(())
    }

    /// Passes a side's levels: the bids end the template, the asks begin the tail.
    fn skip_levels(&mut self) -> Option<()> {
        self.reader.eat(b"[")?;
        match self.levels {
            None => self.levels = Some(self.reader.at),
            // The asks must follow at once, or the layout is another.
            Some(_) => {
                self.reader.text.get(..self.reader.at)?.ends_with(b"],\"a\":[").then_some(())?;
            }
        }
        if self.reader.eat(b"]").is_none() {
            // Levels hold nothing but strings and brackets, so two brackets end them.
            let rest = self.reader.text.get(self.reader.at..)?;
            self.reader.at += rest.windows(2).position(|pair| pair == b"]]")? + 2;
        }
        self.tail = self.reader.at;
        Some(())
    }

    /// The text as a template; numbers become holes in [`Self::digits`].
    fn template(&mut self) -> Option<()> {
        let text = self.reader.text;
        let fixed = match self.levels {
            Some(levels) => {
                let bids = text.get(..levels)?.ends_with(b",\"b\":[");
                let tail = text.get(self.tail..)?;
                bids.then_some(())?;
                self.shape.tail.get_mut(..tail.len())?.copy_from_slice(tail);
                self.shape.tail_length = tail.len().min(TAIL);
                levels
            }
            None => text.len(),
        };
        self.shape.fix(&text[..fixed])
    }

    fn digits(&mut self, instrument: &Instrument) -> Option<()> {
        let foreign = self.shape.says & says::FOREIGN != 0;
        for (slot, number) in self.numbers.into_iter().enumerate() {
            let Some((start, width, part)) = number else { continue };
            // What a foreign print says of price and lots stays text.
            if foreign && (slot == slot::PRICE || slot == slot::LOTS) {
                continue;
            }
            let text = self.reader.text.get(start..start + width)?;
            let tick = u64::try_from(instrument.tick.0).ok()?;
            let lot = u64::try_from(instrument.lot.0).ok()?;
            let end = start + width;
            match part {
                Part::Price(_) => self.shape.open_hole(slot, end, Digits::new(text, tick)?, false),
                Part::Lots(_) => self.shape.open_hole(slot, end, Digits::new(text, lot)?, false),
                Part::Fine(_) | Part::Rate(_) => {
                    self.shape.open_hole(slot, end, Digits::new(text, 1)?, false)
                }
                _ => self.shape.open_hole(slot, end, Digits::whole(text)?, true),
            }?;
            if matches!(part, Part::Time(_) | Part::TimeOrZero(_)) {
                self.shape.grids[slot] = Grid::times(1_000_000);
            }
        }
        Some(())
    }
}

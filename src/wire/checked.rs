//! The checked way: simd-json with buffers that are kept, and typed access to what it read.

use model::{Instrument, InstrumentId, Instruments, Lots, Nanos, Price, Refusal};
use simd_json::{Buffers, ErrorType, INPUT_PADDING, Node, StaticNode, Tape};

use crate::decoder::Seen;
use crate::names::is_coin_margined;
use crate::number;
use crate::scan::Bare;

/// What the checked way knows besides the payload.
pub(crate) struct Scene<'s> {
    pub(crate) instruments: &'s Instruments,
    pub(crate) time_local: Nanos,
    pub(crate) owner: Option<InstrumentId>,
    pub(crate) seen: Seen,
    pub(crate) bare: Bare,
    /// Levels off the grid in this payload.
    pub(crate) off_grid: u64,
}

impl<'s> Scene<'s> {
    /// The instrument of a symbol in a payload.
    pub(crate) fn find(&mut self, symbol: &str) -> Result<(InstrumentId, &'s Instrument), Refusal> {
        if is_coin_margined(symbol) {
            self.seen = Seen::Several;
            return Err(Refusal::WrongVenue);
        }
        let id = self.instruments.find(symbol.as_bytes());
        match id.and_then(|id| Some((id, self.instruments.get(id)?))) {
            Some(found) => Ok(found),
            None => {
                // A snapshot could be of this one as well.
                self.seen = Seen::Several;
                Err(Refusal::UnknownSymbol)
            }
        }
    }
}

impl Scene<'_> {
    /// The instrument of a symbol in a stream's name.
    pub(crate) fn find_lower(&self, symbol: &str) -> Result<InstrumentId, Refusal> {
        let mut all = self.instruments.iter();
        let found = all.find(|(_, own)| own.symbol.text().eq_ignore_ascii_case(symbol));
        found.map(|(id, _)| id).ok_or(Refusal::UnknownSymbol)
    }
}

/// Longest payload: an exchangeInfo has 1.1 MB.
const PAYLOAD_MAX: usize = 1 << 24;
/// Bytes that need no growth later: a snapshot of 2 × 1 000 levels has 46 KB.
const ROOM: usize = 1 << 18;

/// simd-json's buffers.
pub(crate) struct Checked {
    input: Vec<u8>,
    buffers: Buffers,
    nodes: Option<Tape<'static>>,
}

impl Default for Checked {
    /// With room for what streams and snapshots bring, so that none of them allocates.
    fn default() -> Self {
        let mut checked = Self::cold();
        // simd-json's buffers grow to what they have seen: the most nodes, and deep enough.
        let mut longest = b"[[[[[[[[0]]]]]]]".to_vec();
        while longest.len() < ROOM {
            longest.extend_from_slice(b",0");
        }
        longest.push(b']');
        let read = checked.read(&longest, |_| Ok(()));
        assert_eq!(read, Ok(()), "a sound array");
        checked
    }
}

impl Checked {
    /// Without room: for what is read once.
    pub(crate) fn cold() -> Self {
        Self { input: Vec::new(), buffers: Buffers::default(), nodes: None }
    }

    /// Parses bytes and hands their root to `take`.
    pub(crate) fn read<T>(
        &mut self,
        bytes: &[u8],
        take: impl FnOnce(Value<'_, '_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if PAYLOAD_MAX < bytes.len() {
            return Err(Refusal::TooLong);
        }
        let mut input = std::mem::take(&mut self.input);
        input.clear();
        input.extend_from_slice(bytes);
        input.resize(bytes.len() + INPUT_PADDING, b' ');
        let mut tape: Tape<'_> = self.nodes.take().unwrap_or_else(|| Tape(Vec::new())).reset();
        let parsed =
            simd_json::fill_tape_padded(&mut input, bytes.len(), &mut self.buffers, &mut tape);
        let done = match parsed {
            Ok(()) => take(Value(&tape.0)),
            Err(error) => Err(broken(bytes, error.error())),
        };
        self.nodes = Some(tape.reset());
        self.input = input;
        done
    }
}

/// Why bytes are no JSON.
fn broken(bytes: &[u8], error: &ErrorType) -> Refusal {
    let text = bytes.trim_ascii();
    if text.first() != Some(&b'{') && text.first() != Some(&b'[') {
        return Refusal::NotJson;
    }
    if ends_in_the_middle(text) {
        return Refusal::Truncated;
    }
    if std::str::from_utf8(bytes).is_err() {
        return Refusal::NotText;
    }
    match error {
        ErrorType::InvalidNumber | ErrorType::InvalidExponent => Refusal::BadNumber,
        _ => Refusal::NotJson,
    }
}

/// Whether a string or a bracket is still open at the end.
fn ends_in_the_middle(text: &[u8]) -> bool {
    let (mut open, mut quoted, mut escaped) = (0_u64, false, false);
    for &byte in text {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b'{' | b'[') => open += 1,
            (false, b'}' | b']') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    quoted || open != 0
}

/// A value on the tape: its node, and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'t, 'i>(&'t [Node<'i>]);

impl<'t, 'i> Value<'t, 'i> {
    /// How many nodes the first value of a slice has.
    fn length(nodes: &[Node<'i>]) -> usize {
        match nodes.first() {
            Some(Node::Object { count, .. } | Node::Array { count, .. }) => count + 1,
            _ => 1,
        }
    }

    /// The values of a run of nodes.
    fn values(mut nodes: &'t [Node<'i>]) -> impl Iterator<Item = Value<'t, 'i>> {
        std::iter::from_fn(move || {
            let length = Self::length(nodes).min(nodes.len());
            let (value, rest) = nodes.split_at(length);
            nodes = rest;
            (!value.is_empty()).then_some(Value(value))
        })
    }

    /// The values of these keys, whatever else there is; one that stands twice is refused.
    pub(crate) fn fields<const N: usize>(
        self,
        keys: [&str; N],
    ) -> Result<[Option<Self>; N], Refusal> {
        let Some((Node::Object { .. }, rest)) = self.0.split_first() else {
            return Err(Refusal::WrongType);
        };
        let mut found = [None; N];
        let mut values = Self::values(rest);
        while let (Some(Value([Node::String(key)])), Some(value)) = (values.next(), values.next()) {
            if let Some(at) = keys.iter().position(|own| own == key)
                && found[at].replace(value).is_some()
            {
                return Err(Refusal::DuplicateField);
            }
        }
        Ok(found)
    }

    /// The elements of an array.
    pub(crate) fn elements(self) -> Result<impl Iterator<Item = Self>, Refusal> {
        match self.0.split_first() {
            Some((Node::Array { .. }, rest)) => Ok(Self::values(rest)),
            _ => Err(Refusal::WrongType),
        }
    }

    /// A string.
    pub(crate) fn text(self) -> Result<&'i str, Refusal> {
        match self.0 {
            [Node::String(text)] => Ok(text),
            _ => Err(Refusal::WrongType),
        }
    }

    /// A whole number, not below zero.
    pub(crate) fn whole(self) -> Result<u64, Refusal> {
        match self.0 {
            [Node::Static(StaticNode::U64(value))] => Ok(*value),
            [Node::Static(StaticNode::I64(value))] => {
                u64::try_from(*value).map_err(|_| Refusal::OutOfRange)
            }
            [Node::Static(StaticNode::F64(_))] => Err(Refusal::BadNumber),
            _ => Err(Refusal::WrongType),
        }
    }

    /// An id that is −1 where there is none; `u64::MAX` then.
    pub(crate) fn id_or_none(self) -> Result<u64, Refusal> {
        match self.0 {
            [Node::Static(StaticNode::I64(-1))] => Ok(u64::MAX),
            _ => self.whole(),
        }
    }

    /// A boolean.
    pub(crate) fn boolean(self) -> Result<bool, Refusal> {
        match self.0 {
            [Node::Static(StaticNode::Bool(value))] => Ok(*value),
            _ => Err(Refusal::WrongType),
        }
    }

    /// Milliseconds, not zero.
    pub(crate) fn time(self) -> Result<Nanos, Refusal> {
        match number::millis(self.whole()?)? {
            Nanos::NONE => Err(Refusal::BadTime),
            time => Ok(time),
        }
    }

    /// A decimal text on the tick grid.
    pub(crate) fn price(self, instrument: &Instrument) -> Result<Price, Refusal> {
        number::price(self.text()?.as_bytes(), instrument)
    }

    /// A decimal text on the lot grid.
    pub(crate) fn lots(self, instrument: &Instrument) -> Result<Lots, Refusal> {
        number::lots(self.text()?.as_bytes(), instrument)
    }

    /// A decimal text in 10⁻⁸.
    pub(crate) fn fine(self) -> Result<model::Fine, Refusal> {
        number::fine(self.text()?.as_bytes())
    }
}

/// A field that must be there.
pub(crate) fn must<T>(field: Option<T>) -> Result<T, Refusal> {
    field.ok_or(Refusal::MissingField)
}

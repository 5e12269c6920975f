//! The 64-byte line, the head that opens a message, and the message itself.

use bytemuck::{Pod, Zeroable};

use crate::{InstrumentId, Kind, LINES_MAX, Nanos};

/// One cache line of a message: what rings, log and journal hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct Line(pub [u64; 8]);

impl Line {
    /// All zero.
    pub const ZERO: Self = Self([0; 8]);

    /// Any 64-byte record as a line.
    #[must_use]
    pub fn of<T: Pod>(record: T) -> Self {
        const { assert!(size_of::<T>() == size_of::<Self>()) };
        bytemuck::must_cast(record)
    }

    /// This line as the record its message's kind says it is.
    #[must_use]
    pub fn view<T: Pod>(&self) -> &T {
        const { assert!(size_of::<T>() == size_of::<Self>() && align_of::<T>() <= 64) };
        bytemuck::must_cast_ref(self)
    }

    /// The same, to be written.
    #[must_use]
    pub fn view_mut<T: Pod>(&mut self) -> &mut T {
        const { assert!(size_of::<T>() == size_of::<Self>() && align_of::<T>() <= 64) };
        bytemuck::must_cast_mut(self)
    }
}

/// What is special about a message; bits of `Head::flags`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub struct Flags(pub u16);

impl Flags {
    /// A print that was no market trade (`X` other than MARKET): an id without price or lots.
    pub const FOREIGN: Self = Self(1);
    /// Brought by warm start, not live.
    pub const HISTORY: Self = Self(1 << 1);
    /// Market: ids are missing between the trade before and this one.
    pub const GAP: Self = Self(1 << 2);
    /// Market: the tape is unstable (a gap that was not filled, or time that ran back).
    pub const UNSTABLE: Self = Self(1 << 3);
    /// Market: the trade's time lies before the end of a bar that was already closed.
    pub const LATE: Self = Self(1 << 4);
    /// Market: the venue clock jumped; windows, bars, tape and book start again.
    pub const JUMP: Self = Self(1 << 5);
    /// The receive time is the venue's (dumps have no other).
    pub const NO_LOCAL_CLOCK: Self = Self(1 << 6);

    /// Whether any of these bits is set.
    #[must_use]
    pub const fn has(self, bits: Self) -> bool {
        self.0 & bits.0 != 0
    }

    /// With these bits set as well.
    #[must_use]
    pub const fn with(self, bits: Self) -> Self {
        Self(self.0 | bits.0)
    }
}

/// The line that opens a message.
///
/// In events `time_event` is the venue's E. In market messages it is the instrument's *venue
/// clock* after the event (spec § 0): the largest venue time seen so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct Head {
    /// Place in the ordered log, from 1. Written last, with release: it publishes the message.
    pub sequence: u64,
    /// A [`Kind`]'s number.
    pub kind: u16,
    /// Whom it concerns.
    pub instrument: InstrumentId,
    /// Body lines that follow, 0..=`LINES_MAX`.
    pub lines: u16,
    /// See [`Flags`].
    pub flags: Flags,
    /// CRC-32C of the whole message with this field zero; zero where no log is kept.
    pub crc: u32,
    /// `id` minus the first id the message covers (u − U).
    pub id_span: u32,
    /// When our host received it: UTC of the local clock.
    pub time_local: Nanos,
    /// When the venue sent it (E); zero when not given. Market: the venue clock.
    pub time_event: Nanos,
    /// When the venue's matching engine made it (T); zero when not given.
    pub time_match: Nanos,
    /// The venue's id of it: aggregate id, last update id, snapshot id.
    pub id: u64,
    /// The id before it (`pu`); zero when not given.
    pub id_prev: u64,
}

impl Head {
    /// A head of this kind and nothing else.
    #[must_use]
    pub fn new(kind: Kind, instrument: InstrumentId) -> Self {
        Self { kind: kind as u16, instrument, ..Self::zeroed() }
    }

    /// What the message is; `None` for kinds of a later version.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        Kind::from_number(self.kind)
    }

    /// Whether the line is no head of an event or market message but begins as an insight does:
    /// an [`crate::Insight`] or a decision.
    #[must_use]
    pub const fn is_said(&self) -> bool {
        self.kind >= 128
    }

    /// The venue's time of the message: T, else E.
    #[must_use]
    pub const fn time_venue(&self) -> Nanos {
        if self.time_match.0 != 0 { self.time_match } else { self.time_event }
    }

    /// The first id the message covers (U).
    #[must_use]
    pub const fn id_first(&self) -> u64 {
        self.id.saturating_sub(self.id_span as u64)
    }
}

/// The body lines of a message: two slices, because a ring may wrap between them.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// The lines up to the wrap.
    pub front: &'a [Line],
    /// The lines behind it; mostly empty.
    pub back: &'a [Line],
}

impl<'a> Body<'a> {
    /// No line.
    pub const EMPTY: Body<'static> = Body { front: &[], back: &[] };

    /// The lines in order.
    pub fn iter(self) -> impl Iterator<Item = &'a Line> + use<'a> {
        self.front.iter().chain(self.back)
    }

    /// The line at `at`, as the record it is; `None` behind the end.
    #[must_use]
    pub fn view<T: Pod>(self, at: usize) -> Option<&'a T> {
        let line = match self.front.get(at) {
            Some(line) => Some(line),
            None => self.back.get(at - self.front.len()),
        };
        line.map(Line::view)
    }

    /// How many lines.
    #[must_use]
    pub const fn len(self) -> usize {
        self.front.len() + self.back.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A message where it lies: in a ring, in the log, in a draft.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The opening line.
    pub head: &'a Head,
    /// The lines behind it, `head.lines` of them.
    pub body: Body<'a>,
}

impl<'a> Message<'a> {
    /// A message whose body lies in one piece.
    #[must_use]
    pub fn new(head: &'a Head, body: &'a [Line]) -> Self {
        debug_assert_eq!(usize::from(head.lines), body.len(), "a head counts its lines");
        Self { head, body: Body { front: body, back: &[] } }
    }
}

/// Where a stage's messages go: a ring, the next stage itself, or a test.
///
/// A sink always takes: who sends has asked for room before (see `runtime::Outbox`).
pub trait Sink {
    /// Takes one message.
    fn send(&mut self, message: Message<'_>);
}

/// A message being written: preallocated once, filled again and again by a decoder.
#[derive(Debug)]
pub struct Draft {
    /// The opening line; `lines` is kept in step with `body`.
    pub head: Head,
    body: Vec<Line>,
}

impl Clone for Draft {
    fn clone(&self) -> Self {
        Self { head: self.head, body: self.body.clone() }
    }

    /// Without a new allocation where there is room.
    fn clone_from(&mut self, other: &Self) {
        self.head = other.head;
        self.body.clone_from(&other.body);
    }
}

impl Default for Draft {
    fn default() -> Self {
        Self { head: Head::zeroed(), body: Vec::with_capacity(LINES_MAX) }
    }
}

impl Draft {
    /// Starts a message anew.
    pub fn open(&mut self, kind: Kind, instrument: InstrumentId) {
        self.head = Head::new(kind, instrument);
        self.body.clear();
    }

    /// Appends a body line; `false` when the message is full (nothing was appended).
    pub fn push<T: Pod>(&mut self, record: T) -> bool {
        if self.body.len() == LINES_MAX {
            return false;
        }
        self.body.push(Line::of(record));
        self.head.lines += 1;
        true
    }

    /// The last body line, to be completed in place.
    pub fn last<T: Pod>(&mut self) -> Option<&mut T> {
        const { assert!(size_of::<T>() == size_of::<Line>()) };
        self.body.last_mut().map(|line| bytemuck::must_cast_mut(line))
    }

    /// The body lines.
    #[must_use]
    pub fn body(&self) -> &[Line] {
        &self.body
    }

    /// Head and body, the head to be completed at the door.
    pub fn parts(&mut self) -> (&mut Head, &[Line]) {
        (&mut self.head, &self.body)
    }

    /// The message as others see it.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        Message::new(&self.head, &self.body)
    }
}

const _: () = {
    assert!(size_of::<Line>() == 64 && align_of::<Line>() == 64);
    assert!(size_of::<Head>() == 64 && align_of::<Head>() == 64);
    // The sequence word is the first of the line: readers poll it alone.
    assert!(std::mem::offset_of!(Head, sequence) == 0);
    assert!(std::mem::offset_of!(Head, crc) == 16);
};

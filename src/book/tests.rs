//! What every test of this room stands on: a stage with a sink that keeps what it sends.

use model::{
    BarLine, BarSumsLine, BookLine, Draft, Head, Instrument, InstrumentId, Instruments, Kind, Line,
    Message, Nanos, SECOND, Sink,
};
use runtime::Work;

use crate::{BookCounter, Plan, Stage};

/// The instrument of every scenario.
pub(crate) const ID: InstrumentId = InstrumentId(0);
/// Noon of a UTC day: a boundary of every interval.
pub(crate) const NOON: Nanos = Nanos(1_721_304_000 * SECOND.0);

/// A message as a sink saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    pub(crate) head: Head,
    pub(crate) body: Vec<Line>,
}

/// A sink that keeps everything.
#[derive(Default, Debug)]
pub(crate) struct Kept(pub(crate) Vec<Seen>);

impl Sink for Kept {
    fn send(&mut self, message: Message<'_>) {
        let body: Vec<Line> = message.body.iter().copied().collect();
        assert_eq!(usize::from(message.head.lines), body.len(), "a head counts its lines");
        self.0.push(Seen { head: *message.head, body });
    }
}

impl Seen {
    pub(crate) fn kind(&self) -> Kind {
        self.head.kind().expect("a known kind")
    }

    pub(crate) fn book(&self) -> Option<BookLine> {
        (self.kind() == Kind::Book).then(|| *self.body[0].view())
    }

    pub(crate) fn bar(&self) -> Option<(BarLine, BarSumsLine)> {
        (self.kind() == Kind::Bar).then(|| (*self.body[0].view(), *self.body[1].view()))
    }
}

/// A stage and what it sent.
pub(crate) struct Bench {
    pub(crate) stage: Stage,
    pub(crate) draft: Draft,
    pub(crate) kept: Kept,
    pub(crate) now: Nanos,
    sequence: u64,
}

impl Bench {
    pub(crate) fn new(instrument: &str, plan: Plan) -> Self {
        let mut instruments = Instruments::default();
        instruments.put(Instrument::parse(instrument).expect("an instrument")).expect("room");
        Self {
            stage: Stage::new(&instruments, plan),
            draft: Draft::default(),
            kept: Kept::default(),
            now: NOON,
            sequence: 0,
        }
    }

    /// Hands over the draft; returns what followed.
    pub(crate) fn take(&mut self) -> Vec<Seen> {
        self.sequence += 1;
        self.draft.head.sequence = self.sequence;
        self.draft.head.time_local = self.now;
        let before = self.kept.0.len();
        self.stage.take(self.draft.message(), &mut self.kept);
        let sent = self.kept.0[before..].to_vec();
        let lines: usize = sent.iter().map(|seen| 1 + seen.body.len()).sum();
        assert!(lines <= Stage::OUT_MAX, "{lines} lines");
        assert!(sent.iter().all(|seen| seen.head.sequence == self.sequence));
        sent
    }

    pub(crate) fn count(&self, counter: BookCounter) -> u64 {
        self.stage.counters().get(counter)
    }
}

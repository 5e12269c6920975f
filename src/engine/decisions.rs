//! The log of decisions: the last stage's own, written in place as the door writes that of events.
//!
//! ```text
//! strategy ─▶ decisions ─▶ ledger
//!                  └─────▶ DecisionLog ─▶ hot segments ─▶ recorder (cold) ─▶ RUN/decisions
//! ```
//! It is the last stage's outbox, and is asked for room as any other: an event is taken only when
//! all that it can cause finds a place. Without that room the pressure travels upstream to the
//! door, which stays shut. Insights are not kept: they follow from the log of events.

use model::{
    Digest, Draft, Insight, InstrumentId, Kind, LINES_MAX, Line, Message, Nanos, PlanLine, Sink,
};
use runtime::Work;
use runtime::door::{Keep, Room};
use runtime::log::Writer;
use runtime::station::Outlet;

use crate::Plan;

/// Lines of the log that one event can cause at most, 1.5 MiB: three thousand decisions.
pub const DECISION_LINES: usize = 24_576;

/// Lines that one message to strategy can cause: what it sends, and a head for each.
pub(crate) const DECIDED_MAX: usize = 2 * strategy::Stage::OUT_MAX;

const _: () = assert!(DECIDED_MAX < DECISION_LINES);

/// Bytes of a plan's words that find a place in the log's first message.
const WORDS_MAX: usize = (LINES_MAX - 1) * size_of::<Line>();

/// Keeps no decisions: for the replica, and for runs that nobody asks about later.
#[derive(Clone, Copy, Default, Debug)]
pub struct Unkept;

impl Sink for Unkept {
    #[inline]
    fn send(&mut self, _decision: Message<'_>) {}
}

impl Room for Unkept {
    #[inline]
    fn room(&self) -> usize {
        usize::MAX
    }
}

impl Outlet for Unkept {
    fn ask_max(&self) -> usize {
        usize::MAX
    }

    #[inline]
    fn sent(&self) -> u64 {
        0
    }

    #[inline]
    fn is_abandoned(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}

/// The hot end of a log of decisions, or of none. It ends the log in order when it is closed or
/// dropped.
#[derive(Debug)]
pub struct DecisionLog {
    writer: Option<Writer>,
    draft: Draft,
    // Lines written since birth.
    sent: u64,
}

impl DecisionLog {
    /// Of a run that decides nothing, or whose decisions nobody keeps.
    #[must_use]
    pub fn none() -> Self {
        Self { writer: None, draft: Draft::default(), sent: 0 }
    }

    /// A log at whose beginning stands what decides: see [`PlanLine`].
    ///
    /// # Panics
    /// When the log is not new, or its segments are too small for what one event can cause.
    #[must_use]
    pub fn begin(writer: Writer, plan: &Plan, time: Nanos) -> Self {
        assert!(writer.ask_max() > DECISION_LINES, "a segment holds what one event can cause");
        let mut log = Self { writer: Some(writer), draft: Draft::default(), sent: 0 };
        plan.decided_by(&mut log.draft);
        log.draft.head.time_local = time;
        log.write();
        log
    }

    /// Writes the draft behind the last message.
    fn write(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        let (head, body) = self.draft.parts();
        head.sequence = writer.next();
        self.sent += 1 + body.len() as u64;
        writer.keep(head, body);
    }

    fn end(&mut self) {
        if let Some(writer) = self.writer.take()
            // A run that panicked has not ended in order.
            && !std::thread::panicking()
        {
            writer.finish();
        }
    }
}

impl Drop for DecisionLog {
    fn drop(&mut self) {
        self.end();
    }
}

impl Sink for DecisionLog {
    #[inline]
    fn send(&mut self, decision: Message<'_>) {
        if self.writer.is_some() {
            write_decision(decision, &mut self.draft);
            self.write();
        }
    }
}

impl Room for DecisionLog {
    #[inline]
    fn room(&self) -> usize {
        match &self.writer {
            Some(writer) if writer.room(DECISION_LINES) => DECISION_LINES,
            Some(_) => 0,
            None => usize::MAX,
        }
    }
}

impl Outlet for DecisionLog {
    fn ask_max(&self) -> usize {
        if self.writer.is_some() { DECISION_LINES } else { usize::MAX }
    }

    #[inline]
    fn sent(&self) -> u64 {
        self.sent
    }

    #[inline]
    fn is_abandoned(&self) -> bool {
        false
    }

    fn close(&mut self) {
        self.end();
    }
}

/// A decision as the log holds it, but for its place there: the head names kind, instrument, the
/// event that caused it (`id`) and the venue clock; the body is the decision, its own line first.
///
/// # Panics
/// When it has more lines than a message.
pub fn write_decision(decision: Message<'_>, draft: &mut Draft) {
    let line: &Line = bytemuck::must_cast_ref(decision.head);
    let said = Insight::read(line);
    draft.open(Kind::DecidedBy, said.instrument);
    draft.head.kind = said.kind;
    draft.head.id = said.sequence;
    draft.head.time_event = said.time_venue;
    let mut whole = draft.push(*line);
    for line in decision.body.iter() {
        whole &= draft.push(*line);
    }
    assert!(whole, "a decision is shorter than the longest message");
}

impl Plan {
    /// All that decides, in words, a value a line: version of the program and every parameter.
    /// What only adds a proof (content digests) is left out.
    #[must_use]
    pub fn words(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        format!("version: {version},\n{:#?}", self.clone().with_content(false))
    }

    /// These words as the first message of a log of decisions.
    pub(crate) fn decided_by(&self, draft: &mut Draft) {
        let words = self.words();
        let mut digest = Digest::default();
        digest.bytes(words.as_bytes());
        let words = &words.as_bytes()[..words.len().min(WORDS_MAX)];
        draft.open(Kind::DecidedBy, InstrumentId::NONE);
        let bytes = u32::try_from(words.len()).unwrap_or(u32::MAX);
        draft.push(PlanLine { digest: digest.value(), bytes, reserved: 0, more: [0; 6] });
        for chunk in words.chunks(size_of::<Line>()) {
            let mut line = [0; size_of::<Line>()];
            line[..chunk.len()].copy_from_slice(chunk);
            draft.push(line);
        }
    }
}

/// The words of a log's first message; `None` for any other. What is no UTF-8 is replaced.
#[must_use]
pub fn recorded_words(message: Message<'_>) -> Option<String> {
    if message.head.kind() != Some(Kind::DecidedBy) {
        return None;
    }
    let line: &PlanLine = message.body.view(0)?;
    let lines = message.body.iter().skip(1);
    let bytes: Vec<u8> = lines.flat_map(|line| bytemuck::bytes_of(line).iter().copied()).collect();
    let end = usize::try_from(line.bytes).unwrap_or(usize::MAX).min(bytes.len());
    Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
}

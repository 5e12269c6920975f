//! A ring of lines between two threads: one sender, one reader, whole messages only.
//!
//! ```text
//! Outbox ──▶ │ head body body │ head │ head body │ … │ ──▶ Inbox
//!   one commit a message                              one release a batch
//! ```
//! The sender copies a message into the ring and then publishes it with one store, so that the
//! reader sees all of it or nothing. The reader reads messages where they lie and gives their
//! slots back once a batch, so that its index travels between the cores once a batch as well.
//!
//! The end of the river travels the same way: a sender that is closed or dropped leaves its ring
//! *abandoned*, and the reader is through when an abandoned ring is empty.

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

use model::{Body, Head, LINES_MAX, Line, Message, Sink};
use rtrb::chunks::ReadChunk;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::door::{Room, TICKS_MAX};

/// The smallest ring: whoever asks for room may ask for half of it, and half of it holds the
/// longest message with the clock ticks before it.
pub const RING_SLOTS_MIN: usize = (2 * (1 + LINES_MAX)).next_power_of_two();

// Compared as u64, which every usize fits in.
const _: () = assert!(RING_SLOTS_MIN as u64 / 2 > LINES_MAX as u64 + TICKS_MAX);

/// Makes a ring and touches all of its memory.
///
/// # Panics
/// When `slots` is no power of two or less than [`RING_SLOTS_MIN`].
#[must_use]
pub fn ring(slots: usize) -> (Outbox, Inbox) {
    assert!(slots.is_power_of_two(), "a ring has a power of two of slots, not {slots}");
    assert!(slots >= RING_SLOTS_MIN, "a ring has at least {RING_SLOTS_MIN} slots, not {slots}");
    ring_of(slots)
}

/// A ring of any size, also one too small for the longest message: tests need it.
pub(crate) fn ring_of(slots: usize) -> (Outbox, Inbox) {
    let (mut producer, mut consumer) = RingBuffer::new(slots);
    // Every page is touched now, so that no hot thread takes a page fault on its first lap.
    while producer.push(Line::ZERO).is_ok() {}
    while consumer.pop().is_ok() {}
    (Outbox { producer, slots, sent: 0 }, Inbox { consumer })
}

/// The sending end.
#[derive(Debug)]
pub struct Outbox {
    producer: Producer<Line>,
    slots: usize,
    // Lines since birth.
    sent: u64,
}

impl Outbox {
    /// Lines that fit now for certain.
    ///
    /// While at least half of the ring was free at the last look, this is that look: the
    /// reader's index is fetched (one cache miss) only when less is known to be free. So whoever
    /// asks for at most [`Outbox::ask_max`] lines is never refused in vain.
    #[inline]
    #[must_use]
    pub fn room(&self) -> usize {
        let known = self.producer.cached_slots();
        if known >= self.ask_max() { known } else { self.producer.slots() }
    }

    /// The most lines to ask for at once: half of the ring.
    #[inline]
    #[must_use]
    pub const fn ask_max(&self) -> usize {
        self.slots / 2
    }

    /// Fetches the slots that come next for writing, while nobody waits for them: the reader
    /// read them a lap ago, so the first store to them would have to wait for its core.
    /// A round trip of one line 343 → 316 ns, of two 415 → 365 ns (benches/ring.rs). The price is
    /// paid by a flood of one-line messages to a reader that does nothing with them: it then
    /// follows line by line, at 100–200 ns each.
    #[inline]
    fn fetch_ahead(&mut self) {
        if self.producer.cached_slots() > 0
            && let Ok(mut chunk) = self.producer.write_chunk_uninit(1)
        {
            let next = chunk.as_mut_slices().0.as_ptr();
            prefetch_for_write(next);
            prefetch_for_write(next.wrapping_add(1));
        }
    }

    /// Whether the reader is gone: nobody will take what is sent.
    #[inline]
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.producer.is_abandoned()
    }

    /// Lines sent since birth.
    #[inline]
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Ends the river: the reader takes what is in the ring and is then through. Nothing can be
    /// sent any more; there is no room.
    #[cold]
    pub fn close(&mut self) {
        // Dropping the producer is what marks the ring; an empty ring takes its place.
        self.producer = RingBuffer::new(0).0;
        self.slots = 0;
    }
}

impl Sink for Outbox {
    /// Sends a whole message with one commit.
    ///
    /// # Panics
    /// Without room: whoever sends has asked for it.
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        let lines = 1 + message.body.len();
        let Ok(mut chunk) = self.producer.write_chunk_uninit(lines) else { no_room(lines) };
        let (first, second) = chunk.as_mut_slices();
        // The chunk has at least one line, and its first slice is empty only when it has none.
        first[0].write(Line::of(*message.head));
        let body = first[1..].iter_mut().chain(second);
        for (slot, &line) in body.zip(message.body.iter()) {
            slot.write(line);
        }
        // JUSTIFICATION: rtrb's safe `fill_from_iter` asks the iterator before every slot and
        // costs a message of 64 lines 8.2 ns a line instead of 4.6 (benches/ring.rs); its safe
        // slice pushes publish a head before its body, which would break "all or nothing".
        // SAFETY: the chunk has 1 + body.len() slots; slot 0 was written, and the loop wrote the
        // other body.len(): both its sides have exactly as many elements.
        unsafe { chunk.commit_all() };
        self.sent += lines as u64;
        self.fetch_ahead();
    }
}

impl Room for Outbox {
    #[inline]
    fn room(&self) -> usize {
        Self::room(self)
    }
}

#[cold]
#[inline(never)]
fn no_room(lines: usize) -> ! {
    panic!("a message of {lines} lines was sent without asking for room")
}

/// The reading end.
#[derive(Debug)]
pub struct Inbox {
    consumer: Consumer<Line>,
}

impl Inbox {
    /// The messages that are here. The sender's index is fetched (one cache miss) only when all
    /// that was known before has been read.
    #[inline]
    pub fn batch(&mut self) -> Batch<'_> {
        let known = match self.consumer.cached_slots() {
            0 => {
                self.fetch_next();
                self.consumer.slots()
            }
            known => known,
        };
        match self.consumer.read_chunk(known) {
            Ok(chunk) => Batch { chunk: Some(chunk), known, passed: 0 },
            Err(_) => unreachable!("lines that are here cannot be taken away by the sender"),
        }
    }

    /// Fetches the slots that the next message will stand in, while the sender's index is looked
    /// at: when that has changed, so have the slots, and all lines then travel at once instead of
    /// one after the other. A round trip of one line 389 → 340 ns (benches/ring.rs). Two lines,
    /// because the commonest message, a trade, has two.
    #[inline]
    fn fetch_next(&mut self) {
        if let Ok(chunk) = self.consumer.read_chunk(0) {
            let next = chunk.as_slices().0.as_ptr();
            prefetch(next);
            prefetch(next.wrapping_add(1));
        }
    }

    /// Reads the next message, if there is one, and gives its slots back at once. A stage takes
    /// batches; this is for whoever reads one message now and then.
    pub fn receive<R>(&mut self, read: impl FnOnce(Message<'_>) -> R) -> Option<R> {
        self.batch().take().map(read)
    }

    /// Whether nothing is here and the sender is gone: nothing will ever come.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        // In this order: what was sent before the sender went is then seen.
        self.consumer.is_abandoned() && self.consumer.slots() == 0
    }

    /// Ends the river upwards: the sender finds its ring abandoned. Nothing can be read any more.
    #[cold]
    pub fn close(&mut self) {
        self.consumer = RingBuffer::new(0).1;
    }

    /// Lines that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.consumer.slots()
    }
}

/// The messages that were there when the batch began, read where they lie. Dropping it gives
/// the slots of the passed ones back to the sender, with one store.
#[derive(Debug)]
pub struct Batch<'a> {
    // Some until drop.
    chunk: Option<ReadChunk<'a, Line>>,
    // Lines in the chunk.
    known: usize,
    // Lines read of it; <= known.
    passed: usize,
}

impl Batch<'_> {
    /// Whether all of it is read.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.passed == self.known
    }

    /// Lines read of it.
    #[inline]
    #[must_use]
    pub const fn passed(&self) -> usize {
        self.passed
    }

    /// The next message, still there afterwards.
    #[inline]
    #[must_use]
    pub fn peek(&self) -> Option<Message<'_>> {
        if self.is_empty() {
            return None;
        }
        Some(message_at(self.chunk.as_ref()?, self.passed))
    }

    /// The next message; its slots go back to the sender when the batch is dropped.
    #[inline]
    pub fn take(&mut self) -> Option<Message<'_>> {
        if self.is_empty() {
            return None;
        }
        let message = message_at(self.chunk.as_ref()?, self.passed);
        self.passed += 1 + message.body.len();
        Some(message)
    }
}

impl Drop for Batch<'_> {
    #[inline]
    fn drop(&mut self) {
        // An idle reader writes nothing: the line with its index stays where it is.
        if let Some(chunk) = self.chunk.take()
            && self.passed > 0
        {
            chunk.commit(self.passed);
        }
    }
}

/// Asks for a line to be written and does not wait for it.
#[inline]
fn prefetch_for_write<T>(line: *const T) {
    // JUSTIFICATION: there is no safe way to ask, and the intrinsic becomes a prefetch for
    // reading on x86-64-v3; see `Outbox::fetch_ahead` for what it brings.
    // SAFETY: a prefetch changes no memory and faults on no address; CPUs that do not know this
    // one take it as no operation.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) line, options(nostack, preserves_flags));
    }
}

/// Asks for a line and does not wait for it.
#[inline]
fn prefetch(line: *const Line) {
    // JUSTIFICATION: there is no safe way to ask; see `Inbox::fetch_next` for what it brings.
    // SAFETY: a prefetch reads nothing into the program and faults on no address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
}

/// The message whose head is line `at` of the chunk.
///
/// # Panics
/// When the chunk ends within the message: a sender publishes whole messages only.
#[inline]
fn message_at<'a>(chunk: &'a ReadChunk<'_, Line>, at: usize) -> Message<'a> {
    let (first, second) = chunk.as_slices();
    let (first, second) = match first.get(at..) {
        Some(rest) if !rest.is_empty() => (rest, second),
        // The wrap lies behind us.
        _ => (&second[at - first.len()..], [].as_slice()),
    };
    let head: &Head = first[0].view();
    let lines = usize::from(head.lines);
    let front = &first[1..];
    let body = match front.get(..lines) {
        Some(front) => Body { front, back: &[] },
        None => Body { front, back: &second[..lines - front.len()] },
    };
    Message { head, body }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
pub(crate) mod tests;

//! The hatch between the feed and the cold threads: questions go out, ready messages come in.
//!
//! Neither side ever waits for the other. What came in goes back out when it is spent, so that
//! its memory is freed where it was taken: on a cold thread.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use model::{Draft, InstrumentId, Route};

use super::repair::{Hole, Print};

/// Questions and answers that may wait. A full hatch refuses; the asker asks again later.
const PLACES: usize = 64;

/// What the feed wants from REST.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// A depth snapshot: the book has no start.
    Snapshot(InstrumentId),
    /// The trades of a hole.
    Trades(Hole),
}

/// What the cold threads bring.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A message that enters as it is: open interest, funding, a grid, a command, an audit,
    /// history. Its receive time is when the answer came; the door wants no other.
    Enter(Draft),
    /// A snapshot that was asked for.
    Snapshot(Draft),
    /// There is no snapshot now.
    NoSnapshot(InstrumentId),
    /// Trades of a hole, ascending.
    Trades(InstrumentId, Vec<Print>),
    /// Nothing more will be fetched for the hole.
    NoTrades(InstrumentId),
    /// The book behind the door lost trust though the ids are in chain: it needs a snapshot.
    Resync(InstrumentId),
    /// The sockets of a route are to be made anew.
    Reconnect(Route),
}

/// The feed's side.
#[derive(Debug)]
pub struct Hatch {
    asks: Sender<Ask>,
    answers: Receiver<Answer>,
    spent: Sender<Answer>,
}

/// The cold threads' side; clones share it.
#[derive(Clone, Debug)]
pub struct Clerk {
    /// What the feed asks.
    pub asks: Receiver<Ask>,
    answers: Sender<Answer>,
    spent: Receiver<Answer>,
}

/// Makes a hatch.
#[must_use]
pub fn hatch() -> (Hatch, Clerk) {
    let (asks, asked) = bounded(PLACES);
    let (answers, answered) = bounded(PLACES);
    // One more than can be under way, so that giving back never fails.
    let (spent, returned) = bounded(2 * PLACES);
    let hatch = Hatch { asks, answers: answered, spent };
    (hatch, Clerk { asks: asked, answers, spent: returned })
}

impl Hatch {
    /// Asks; `false` when too much is asked already.
    pub fn ask(&self, ask: Ask) -> bool {
        self.asks.try_send(ask).is_ok()
    }

    /// The next answer.
    #[inline]
    pub fn answer(&self) -> Option<Answer> {
        if self.answers.is_empty() { None } else { self.answers.try_recv().ok() }
    }

    /// Gives an answer's memory back.
    pub fn give_back(&self, answer: Answer) {
        // Were the cold side gone or the way full, the memory is freed right here.
        drop(self.spent.try_send(answer));
    }
}

impl Clerk {
    /// Brings an answer; waits while the feed has not taken the ones before, and frees what the
    /// feed has done with. `false` when there is no feed any more.
    pub fn bring(&self, answer: Answer) -> bool {
        self.free();
        self.answers.send(answer).is_ok()
    }

    /// Brings an answer if there is room now; gives it back otherwise.
    ///
    /// # Errors
    /// The answer, when it could not be brought.
    #[expect(clippy::result_large_err, reason = "what is refused goes back whole; cold")]
    pub fn offer(&self, answer: Answer) -> Result<(), Answer> {
        self.free();
        self.answers.try_send(answer).map_err(TrySendError::into_inner)
    }

    /// Frees what the feed has done with.
    pub fn free(&self) {
        while self.spent.try_recv().is_ok() {}
    }
}

//! The trades before the first live one: brought by a cold thread, let in before any live message.
//!
//! ```text
//! reading   journal and REST, chapter by chapter          no socket yet
//!    │ caught up
//! joining   sockets open; live trades are held, what else is live is left out
//!    │ a frame of the trades' route was heard: REST is asked once more, up to now
//! over      held trades follow without a hole; everything enters
//! ```
//! While joining nothing but trades counts: a depth event or a mark of now would close the bars of
//! trades that are still to come. No book is whole yet, so nothing is missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use model::{Nanos, Sink};
use runtime::door::{Keep, Room};

use super::FeedCounter;
use super::Tap;
use super::core::{Core, enter_print};
use super::repair::Print;
use super::streams::Stream;

/// Chapters under way at most: 1 000 trades each, some 3 MB in all.
const CHAPTERS: usize = 16;

/// A piece of the past.
#[derive(Debug)]
enum Chapter {
    /// Trades of any instruments, each instrument's in order of ids.
    Prints(Vec<Print>),
    /// The past has caught up with the present: time to open sockets.
    Caught,
}

/// The cold side; dropping it ends the history.
#[derive(Debug)]
pub struct Historian {
    chapters: Sender<Chapter>,
    heard: Arc<AtomicBool>,
}

impl Historian {
    /// Brings trades, each instrument's in order of ids; waits while the feed has not taken the
    /// ones before. `false` when there is no feed any more.
    #[must_use]
    pub fn tell(&self, prints: Vec<Print>) -> bool {
        prints.is_empty() || self.chapters.send(Chapter::Prints(prints)).is_ok()
    }

    /// Says that only the trades of this moment are missing. `false` as above.
    #[must_use]
    pub fn caught_up(&self) -> bool {
        self.chapters.send(Chapter::Caught).is_ok()
    }

    /// Whether live trades come: what REST has from now on joins them.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.heard.load(Ordering::Acquire)
    }
}

/// The feed's side.
#[derive(Debug)]
pub struct History {
    chapters: Receiver<Chapter>,
    heard: Arc<AtomicBool>,
    // A chapter that is being let in, and how far.
    open: (Vec<Print>, usize),
    joining: bool,
}

/// Makes both sides.
#[must_use]
pub fn history() -> (Historian, History) {
    let (chapters, told) = bounded(CHAPTERS);
    let heard = Arc::new(AtomicBool::new(false));
    let historian = Historian { chapters, heard: Arc::clone(&heard) };
    (historian, History { chapters: told, heard, open: (Vec::new(), 0), joining: false })
}

impl<S: Sink + Room, K: Keep, T: Tap> Core<S, K, T> {
    /// Whether sockets must wait.
    pub(super) fn is_reading(&self) -> bool {
        self.history.as_ref().is_some_and(|history| !history.joining)
    }

    /// Whether a live message of this stream goes its way while the past is joined to it.
    #[cold]
    pub(super) fn joins(&mut self, stream: Option<Stream>) -> bool {
        if let Some(history) = &self.history
            && matches!(stream, Some(Stream::Trade | Stream::Mark | Stream::Force))
        {
            history.heard.store(true, Ordering::Release);
        }
        stream == Some(Stream::Trade)
    }

    /// Lets the past in, a chapter at most. Returns how much moved.
    #[cold]
    pub(super) fn recall(&mut self, now: Nanos) -> usize {
        let Some(mut history) = self.history.take() else { return 0 };
        if history.open.1 == history.open.0.len() {
            match history.chapters.try_recv() {
                Ok(Chapter::Prints(prints)) => history.open = (prints, 0),
                Ok(Chapter::Caught) => history.joining = true,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    // All there is has entered. Patience with holes counts from now on.
                    for repair in &mut self.repairs {
                        repair.wait_anew(now);
                    }
                    return 1;
                }
            }
        }
        let (prints, at) = &mut history.open;
        let mut moved = 0;
        while let Some(&print) = prints.get(*at) {
            let repair = self.repairs.get_mut(print.head.instrument.index());
            if let Some(repair) = repair.filter(|repair| repair.precedes(&print.head)) {
                if enter_print(&mut self.draft, &mut self.door, print, now).is_err() {
                    break;
                }
                repair.recalled(&print.head);
                self.counters.bump(FeedCounter::TradesRecalled);
            }
            *at += 1;
            moved += 1;
        }
        self.history = Some(history);
        moved
    }
}

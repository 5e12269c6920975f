//! The heatmap of others in a live run: a cold thread asks, and its answers enter the door.
//!
//! ```text
//! once a trade was seen:  poll ──▶ answer ──▶ hatch ──▶ door, log, river
//!                           └────▶ fault: counted, and named in the next picture
//! ```
//! It asks by the host's own clock, whatever clock the engine lives by: the service is no part of
//! a simulated venue. Once refused for good it is silent, and the engine goes on without: what is
//! computed from the last answer says after a while that it is missing.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use model::{Draft, Instrument, InstrumentId, Instruments, Venue};
use runtime::{Clock, Counters, counters};
use rustls::ClientConfig;
use venue::feed::hatch::{Answer, Clerk};
use venue::heatmap::{Heatmap, HeatmapError, HeatmapPlan, Key};

use super::replica::Pictures;
use super::view::Fault;

/// Faults that may wait for the next picture, five of which come in a second.
pub(super) const FAULTS: usize = 64;
/// Between two looks whether something is due.
const NAP: Duration = Duration::from_millis(50);

/// Whom to ask, and with which key.
#[derive(Clone, Debug)]
pub struct HeatmapAsk {
    /// What is asked for and where.
    pub plan: HeatmapPlan,
    /// The user's key.
    pub key: Key,
    /// Whom we trust there.
    pub tls: Arc<ClientConfig>,
}

counters! {
    /// What the thread counts.
    pub enum HeatmapCounter {
        /// Heatmaps that went to the door.
        Answers => "heatmap_answers_total",
        /// Levels that did not fit into an event, the smallest ones.
        LeftOut => "heatmap_levels_left_out_total",
        /// Questions without a sound answer.
        Failed => "heatmap_failed_total",
        /// Instruments that are asked for no more: refused for good.
        Refused => "heatmap_refused",
    }
}

/// The cold thread.
#[derive(Debug)]
pub(super) struct HeatmapDesk {
    pub(super) counters: Counters<HeatmapCounter>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl HeatmapDesk {
    /// Starts to ask for the perpetuals of a run. Call it before any thread is pinned.
    ///
    /// # Errors
    /// [`HeatmapError::Transport`] when there is no TLS or no thread.
    pub(super) fn start(
        ask: &HeatmapAsk,
        instruments: &Instruments,
        clerk: Clerk,
        faults: SyncSender<Fault>,
        pictures: Pictures,
    ) -> Result<Self, HeatmapError> {
        let mut sources = Vec::new();
        for (id, one) in instruments.iter().filter(|(_, one)| one.venue == Venue::UsdM) {
            let heatmap = Heatmap::new(&ask.plan, one.symbol.text(), ask.key.clone(), &ask.tls)?;
            sources.push(Source { id, instrument: *one, heatmap });
        }
        let stop = Arc::new(AtomicBool::new(false));
        let counters = Counters::default();
        let mut work = Work {
            sources,
            clerk,
            faults,
            pictures,
            clock: Clock::host(),
            counters: counters.clone(),
            draft: Draft::default(),
        };
        let asked = Arc::clone(&stop);
        let failed = |error: io::Error| HeatmapError::Transport(error.to_string());
        let thread = std::thread::Builder::new()
            .name("heatmap".into())
            .spawn(move || {
                while !asked.load(Ordering::Acquire) && work.round() {
                    std::thread::sleep(NAP);
                }
            })
            .map_err(failed)?;
        Ok(Self { counters, stop, thread })
    }

    /// Ends it; a question under way is waited for, ten seconds at most.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Release);
        // One that panicked has ended too, and said so.
        let _ = self.thread.join();
    }
}

/// One instrument's heatmap.
struct Source {
    id: InstrumentId,
    instrument: Instrument,
    heatmap: Heatmap,
}

struct Work {
    // Those that are still asked for.
    sources: Vec<Source>,
    clerk: Clerk,
    faults: SyncSender<Fault>,
    pictures: Pictures,
    clock: Clock,
    counters: Counters<HeatmapCounter>,
    draft: Draft,
}

impl Work {
    /// Asks for what is due; `false` when there is nobody left to ask or to tell.
    fn round(&mut self) -> bool {
        for at in 0..self.sources.len() {
            if !self.one(at) {
                return false;
            }
        }
        self.sources.retain(|source| source.heatmap.due().is_some());
        !self.sources.is_empty()
    }

    /// One instrument; `false` when there is no feed any more, or the key is refused.
    fn one(&mut self, at: usize) -> bool {
        let Source { id, instrument, .. } = self.sources[at];
        if !self.is_priced(id) {
            return true;
        }
        let now = self.clock.now();
        match self.sources[at].heatmap.poll(now, id, &instrument, &mut self.draft) {
            None => true,
            Some(Ok(read)) => {
                self.counters.bump(HeatmapCounter::Answers);
                self.counters.add(HeatmapCounter::LeftOut, read.left_out as u64);
                // The door stamps it.
                self.clerk.bring(Answer::Enter(self.draft.clone()))
            }
            Some(Err(error)) => {
                self.counters.bump(HeatmapCounter::Failed);
                // While nobody looks the count alone must do.
                let detail = format!("{}: {error}", instrument.symbol.text());
                let _ = self.faults.try_send((name(&error), detail));
                let code = if let HeatmapError::Refused(code, _) = error { code } else { 0 };
                // A key that is refused for one is refused for all; anything else is the pair's.
                let key = matches!(code, 401 | 403) || error == HeatmapError::Key;
                let over = if key { self.sources.len() } else { usize::from(code != 0) };
                self.counters.add(HeatmapCounter::Refused, over as u64);
                !key
            }
        }
    }

    /// Whether the instrument has traded: a heatmap has sides only where there is a price.
    fn is_priced(&self, id: InstrumentId) -> bool {
        let view = self.pictures.lock().unwrap_or_else(PoisonError::into_inner).clone();
        view.instruments.get(id.index()).is_some_and(|picture| picture.last.is_some())
    }
}

/// A fault's name in pictures and records.
fn name(error: &HeatmapError) -> &'static str {
    match error {
        HeatmapError::Key => "heatmap key",
        HeatmapError::Refused(..) => "heatmap refused",
        HeatmapError::Limited(_) => "heatmap limited",
        HeatmapError::Busy(..) => "heatmap busy",
        HeatmapError::Transport(_) => "heatmap unreachable",
        HeatmapError::Unreadable(_) => "heatmap unreadable",
        HeatmapError::Empty => "heatmap empty",
    }
}

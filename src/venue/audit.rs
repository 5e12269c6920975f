//! A shadow book, made anew from a snapshot and the same events, held against the hot book at the
//! next update id that both have. Pure and cold: it sees the log and the hot book's lines.
//!
//! ```text
//! begin ─▶ gathering events ─snapshot straddled─▶ following ─same id─▶ verdict ─▶ idle
//! ```
//! A snapshot's own id mostly lies inside an event, so the two are never compared at it.

use std::collections::{BTreeMap, VecDeque};

use bytemuck::Zeroable;
use model::{
    AuditLine, BookLine, BookState, ConnectionLine, ConnectionState, Draft, Fine, InstrumentId,
    Kind, Level, LevelPrice, Lots, Message, Nanos, OBI_LEVELS, Price, Route, Side, Venue,
};

/// Events and tops remembered: 25 s at ten a second.
const MEMORY: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    // Waits for the snapshot.
    Gathering,
    // Has the snapshot of this id; waits for the event that straddles it.
    Joining(u64),
    // Snapshot (its id) and every event since.
    Following(u64),
}

/// An event as the shadow book takes it.
#[derive(Clone, Debug)]
struct Change {
    first: u64,
    last: u64,
    prev: u64,
    levels: Vec<Level>,
}

/// The audit of one instrument.
#[derive(Clone, Debug)]
pub struct Audit {
    instrument: InstrumentId,
    venue: Venue,
    tick: Fine,
    state: State,
    // Price in 10⁻⁸ to lots.
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    last: u64,
    changes: VecDeque<Change>,
    // Tops by update id, newest last.
    shadow: VecDeque<(u64, BookLine)>,
    hot: VecDeque<(u64, BookLine)>,
}

impl Audit {
    /// An audit that has not begun.
    #[must_use]
    pub const fn new(instrument: InstrumentId, venue: Venue, tick: Fine) -> Self {
        Self {
            instrument,
            venue,
            tick,
            state: State::Idle,
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
            last: 0,
            changes: VecDeque::new(),
            shadow: VecDeque::new(),
            hot: VecDeque::new(),
        }
    }

    /// Begins: from now on events are gathered. Then fetch a snapshot.
    pub fn begin(&mut self) {
        self.state = State::Gathering;
        self.changes.clear();
        self.shadow.clear();
        self.hot.clear();
    }

    /// Whether an audit is under way.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.state != State::Idle
    }

    /// The snapshot that was fetched for this audit; it does not come through the log. An old one
    /// ends the audit without a verdict.
    pub fn snapshot(&mut self, message: Message<'_>) {
        let id = message.head.id;
        if self.state != State::Gathering || message.head.instrument != self.instrument {
            return;
        }
        self.bids.clear();
        self.asks.clear();
        for level in message.body.iter().flat_map(Level::all) {
            self.put(level);
        }
        self.state = State::Joining(id);
        while let Some(change) = self.changes.pop_front() {
            self.follow(change);
        }
    }

    /// An event of the log, in its order.
    pub fn event(&mut self, message: Message<'_>) {
        let lost = message.head.kind() == Some(Kind::Connection)
            && message.body.view::<ConnectionLine>(0).is_some_and(|line| {
                line.state == ConnectionState::Lost.code() && line.route == Route::Public.code()
            });
        if lost {
            self.state = State::Idle;
        }
        let ours =
            message.head.kind() == Some(Kind::Depth) && message.head.instrument == self.instrument;
        if !ours || self.state == State::Idle {
            return;
        }
        let change = Change {
            first: message.head.id_first(),
            last: message.head.id,
            prev: message.head.id_prev,
            levels: message.body.iter().flat_map(Level::all).collect(),
        };
        if self.state == State::Gathering {
            if self.changes.len() == MEMORY {
                self.changes.pop_front();
            }
            self.changes.push_back(change);
        } else {
            self.follow(change);
        }
    }

    /// The hot book's top after an event. One that says itself that its best may be missing ends the
    /// audit without a verdict: it would be called another book for what it never claimed.
    pub fn top(&mut self, message: Message<'_>) {
        let ours = message.head.kind() == Some(Kind::Book)
            && message.head.instrument == self.instrument
            && self.state != State::Idle;
        if let Some(line) = message.body.view::<BookLine>(0).filter(|_| ours)
            && line.state() == BookState::Trusted
        {
            if line.uncovered != 0 {
                self.state = State::Idle;
                return;
            }
            remember(&mut self.hot, message.head.id, *line);
        }
    }

    /// The verdict, as an event, once both books are known at one update id. The audit is over
    /// then.
    pub fn verdict(&mut self, now: Nanos, draft: &mut Draft) -> bool {
        let State::Following(snapshot_id) = self.state else { return false };
        let common = self.shadow.iter().find_map(|&(id, shadow)| {
            let hot = self.hot.iter().rev().find(|(at, _)| *at == id)?;
            Some((id, hot.1, shadow))
        });
        let Some((id, hot, shadow)) = common else { return false };
        draft.open(Kind::Audit, self.instrument);
        draft.head.time_local = now;
        draft.head.id = id;
        draft.push(AuditLine {
            snapshot_id,
            bid_ticks: (hot.bid - shadow.bid).0,
            ask_ticks: (hot.ask - shadow.ask).0,
            depth_lots: off(hot.bid_depth, shadow.bid_depth) + off(hot.ask_depth, shadow.ask_depth),
            equal: u8::from(figures(&hot) == figures(&shadow)),
            ..AuditLine::zeroed()
        });
        draft.push(hot);
        draft.push(shadow);
        self.state = State::Idle;
        true
    }

    /// Applies a change by the venue's rules; what does not fit ends the audit.
    fn follow(&mut self, change: Change) {
        match self.state {
            State::Idle | State::Gathering => return,
            State::Joining(id) if change.last < id => return,
            State::Joining(id) if change.first <= id => self.state = State::Following(id),
            State::Following(_) if change.last <= self.last => return,
            State::Following(_) if self.is_chained(&change) => {}
            State::Joining(_) | State::Following(_) => {
                self.state = State::Idle;
                return;
            }
        }
        self.last = change.last;
        for level in change.levels {
            self.put(level);
        }
        let top = self.line();
        remember(&mut self.shadow, change.last, top);
    }

    fn is_chained(&self, change: &Change) -> bool {
        match self.venue {
            Venue::UsdM => change.prev == self.last,
            Venue::Spot => change.first == self.last + 1,
        }
    }

    fn put(&mut self, level: Level) {
        let price = match level.price {
            LevelPrice::Tick(price) => price.0.saturating_mul(self.tick.0),
            LevelPrice::Fine(fine) => fine.0,
        };
        let side = match level.side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if level.lots.0 == 0 {
            side.remove(&price);
        } else {
            side.insert(price, level.lots.0);
        }
    }

    /// The shadow's top, as the hot book would write it.
    fn line(&self) -> BookLine {
        let bids: Vec<(i64, i64)> =
            self.bids.iter().rev().take(OBI_LEVELS).map(|(p, l)| (*p, *l)).collect();
        let asks: Vec<(i64, i64)> =
            self.asks.iter().take(OBI_LEVELS).map(|(p, l)| (*p, *l)).collect();
        let sum = |levels: &[(i64, i64)]| Lots(levels.iter().map(|level| level.1).sum());
        let best = |levels: &[(i64, i64)]| levels.first().copied().unwrap_or((0, 0));
        let count = |levels: &[(i64, i64)]| u8::try_from(levels.len()).unwrap_or(u8::MAX);
        let (bid, ask) = (best(&bids), best(&asks));
        let up = i64::from(ask.0.rem_euclid(self.tick.0) != 0);
        BookLine {
            bid: Price(bid.0.div_euclid(self.tick.0)),
            ask: Price(ask.0.div_euclid(self.tick.0) + up),
            bid_lots: Lots(bid.1),
            ask_lots: Lots(ask.1),
            bid_depth: sum(&bids),
            ask_depth: sum(&asks),
            bid_levels: count(&bids),
            ask_levels: count(&asks),
            state: BookState::Trusted.code(),
            ..BookLine::zeroed()
        }
    }
}

fn remember(tops: &mut VecDeque<(u64, BookLine)>, id: u64, line: BookLine) {
    if tops.len() == MEMORY {
        tops.pop_front();
    }
    tops.push_back((id, line));
}

const fn off(a: Lots, b: Lots) -> i64 {
    (a.0 - b.0).saturating_abs()
}

/// What the two must agree on; how many changes an event brought is nothing of the book's.
fn figures(line: &BookLine) -> ([i64; 6], [u8; 2]) {
    let lots = [line.bid_lots, line.ask_lots, line.bid_depth, line.ask_depth].map(|lots| lots.0);
    let [a, b, c, d] = lots;
    ([line.bid.0, line.ask.0, a, b, c, d], [line.bid_levels, line.ask_levels])
}

#[cfg(test)]
mod tests;

//! Liquidity fate: what levels lost between two book events was traded, or pulled.
//!
//! ```text
//! what levels lost ─▶ lines that wait 250 ms ─┐
//! trades ───────────▶ prints of late ─────────┴▶ by price: traded = min(lost, printed) ─▶ minute
//! ```
//!
//! A bid is traded by an aggressor who sells, an ask by one who buys; other prints at the price
//! are none of the level's. Prints count with T after the event before and not after this one's,
//! if they come before the venue clock is 250 ms past it.
//!
//! The work is done in pieces: a message does a few steps, a step is eight prints or a line of
//! six levels. When a pool is full the new event is left out, and the minute is suppressed.

use model::{
    DEPTH_LEVELS_PER_LINE, DepthLine, DrainLine, Line, MILLISECOND, MINUTE, Nanos, Price, Side,
    Trust,
};

use crate::figures::Print;

/// How long after its own time an event waits for its prints: trades come up to 150 ms after
/// book events of later time.
const WAIT: Nanos = Nanos(250 * MILLISECOND.0);
/// How long after its end a minute is judged, as bars are.
const GRACE: Nanos = Nanos(500 * MILLISECOND.0);
/// Events that wait: 250 ms hold three of a 100 ms stream and some 60 of a busy raw one.
const EVENTS: usize = 256;
/// Lines that wait: 24 576 levels.
const LINES: usize = 4_096;
/// Prints of late, one of a time, price and side.
const PRINTS: usize = 8_192;
/// Slots of the table of prices printed in one interval; half are filled at most.
const SLOTS: usize = 1_024;
/// Prints looked at in one step.
const PRINTS_A_STEP: usize = 8;
/// Near is within a thousandth of the mid.
const NEAR: i64 = 1_000;

/// A print, or several of one time, price and side.
#[derive(Clone, Copy, Debug)]
struct Printed {
    time: Nanos,
    // The price, negative for an aggressor who sold: what was traded is a bid then.
    key: i64,
    lots: i64,
}

/// A depth event whose losses wait.
#[derive(Clone, Copy, Debug)]
struct Event {
    after: Nanos,
    time: Nanos,
    // Best bid + best ask before it.
    mid_doubled: i64,
    lines: usize,
    // Not every loss is in the lines.
    cut: bool,
}

/// The prices that were printed in one interval, and what of each is not yet matched.
#[derive(Clone, Copy, Debug)]
struct Slot {
    // Slots of another interval are free.
    round: u64,
    key: i64,
    lots: i64,
}

/// What was lost, by side: bids first.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Lost {
    pub(super) traded: [i64; 2],
    pub(super) pulled: [i64; 2],
}

impl Lost {
    fn add(&mut self, side: usize, traded: i64, pulled: i64) {
        self.traded[side] = self.traded[side].saturating_add(traded);
        self.pulled[side] = self.pulled[side].saturating_add(pulled);
    }

    pub(super) fn values(&self, open: Nanos) -> [u64; 5] {
        let [[bid, ask], [bid_pulled, ask_pulled]] = [self.traded, self.pulled];
        let [a, b, c, d] = [bid, bid_pulled, ask, ask_pulled].map(i64::cast_unsigned);
        [open.0, a, b, c, d]
    }
}

/// A minute's losses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Minute {
    pub(super) open: Nanos,
    /// At levels within 0.1 % of the mid, and at all.
    pub(super) near: Lost,
    pub(super) all: Lost,
    /// Events that went into it.
    pub(super) events: u64,
    // Something was left out.
    cut: bool,
}

impl Minute {
    const fn new(open: Nanos) -> Self {
        let none = Lost { traded: [0; 2], pulled: [0; 2] };
        Self { open, near: none, all: none, events: 0, cut: false }
    }

    pub(super) fn trust(&self) -> Trust {
        let mut trust = Trust::SOUND;
        if self.cut {
            trust = trust.with(Trust::SUPPRESSED);
        }
        if self.events == 0 {
            trust = trust.with(Trust::MISSING);
        }
        trust
    }
}

/// The fate of one instrument's liquidity.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    prints: Vec<Printed>,
    print_first: usize,
    print_end: usize,
    // T of the last print that left its full ring too early.
    evicted: Nanos,
    events: Vec<Event>,
    event_first: usize,
    event_end: usize,
    lines: Vec<Line>,
    line_first: usize,
    line_end: usize,
    slots: Vec<Slot>,
    round: u64,
    // Where the event in hand stands: prints seen, then lines done.
    print_at: usize,
    lines_done: usize,
    filled: usize,
    in_hand: bool,
    minute: Option<Minute>,
    // T of the last event that was left out.
    left_out: Nanos,
}

impl Fate {
    pub(super) fn new() -> Self {
        // All written with something, so that every page is there before the first message.
        let print = Printed { time: Nanos(1), key: 1, lots: 1 };
        let event = Event { after: Nanos(1), time: Nanos(1), mid_doubled: 1, lines: 1, cut: true };
        Self {
            prints: vec![print; PRINTS],
            print_first: 0,
            print_end: 0,
            evicted: Nanos::NONE,
            events: vec![event; EVENTS],
            event_first: 0,
            event_end: 0,
            lines: vec![Line([1; 8]); LINES],
            line_first: 0,
            line_end: 0,
            slots: vec![Slot { round: u64::MAX, key: 1, lots: 1 }; SLOTS],
            round: 0,
            print_at: 0,
            lines_done: 0,
            filled: 0,
            in_hand: false,
            minute: None,
            left_out: Nanos::NONE,
        }
    }

    /// The book lost its trust or the clock jumped: what waits has no book behind it.
    pub(super) fn forget(&mut self) {
        if self.event_first != self.event_end {
            self.cut();
            self.left_out = self.events[(self.event_end - 1) % EVENTS].time;
        }
        self.event_first = self.event_end;
        self.line_first = self.line_end;
        self.in_hand = false;
    }

    /// The clock jumped: minutes begin anew.
    pub(super) fn restart(&mut self) {
        self.forget();
        self.minute = None;
        self.print_first = self.print_end;
        self.evicted = Nanos::NONE;
    }

    /// A trade.
    #[inline]
    pub(super) fn print(&mut self, print: &Print) {
        let key = if print.side == Side::Sell { -print.price.0 } else { print.price.0 };
        if self.print_first != self.print_end {
            let last = &mut self.prints[(self.print_end - 1) % PRINTS];
            // The table of an event in hand has seen it already: then it stands alone.
            if (last.time, last.key) == (print.time, key) && !self.in_hand {
                last.lots = last.lots.saturating_add(print.lots.0);
                return;
            }
        }
        if self.print_end - self.print_first == PRINTS {
            self.evicted = self.evicted.max(self.prints[self.print_first % PRINTS].time);
            self.print_first += 1;
        }
        self.prints[self.print_end % PRINTS] =
            Printed { time: print.time, key, lots: print.lots.0 };
        self.print_end += 1;
    }

    /// What levels lost by a depth event.
    pub(super) fn lose<'a>(
        &mut self,
        head: &DrainLine,
        (lines, count): (impl Iterator<Item = &'a Line>, usize),
        time: Nanos,
        mid_doubled: i64,
    ) {
        self.minute.get_or_insert(Minute::new(time.floor(MINUTE)));
        let full = self.event_end - self.event_first == EVENTS
            || self.line_end - self.line_first + count > LINES;
        if full {
            self.cut();
            self.left_out = time;
            return;
        }
        for line in lines {
            self.lines[self.line_end % LINES] = *line;
            self.line_end += 1;
        }
        let (after, cut) = (head.time_before, head.cut != 0);
        let event = Event { after, time, mid_doubled, lines: count, cut };
        self.events[self.event_end % EVENTS] = event;
        self.event_end += 1;
    }

    /// Does up to so many steps of what is due; the minutes that are over are told: at most two.
    #[inline]
    pub(super) fn step(&mut self, clock: Nanos, steps: usize, mut tell: impl FnMut(&Minute)) {
        let mut told = 0;
        for _ in 0..steps {
            if self.event_first == self.event_end || told == 2 {
                break;
            }
            let event = self.events[self.event_first % EVENTS];
            if clock < event.time.after(WAIT) {
                break;
            }
            if self.reach(event.time, &mut tell) {
                told += 1;
            }
            self.work(&event);
        }
        self.end_minute(clock, &mut tell);
    }

    /// The minute of the event in hand is to be open; whether another was told.
    fn reach(&mut self, time: Nanos, tell: &mut impl FnMut(&Minute)) -> bool {
        let open = time.floor(MINUTE);
        let Some(minute) = self.minute.filter(|minute| minute.open < open) else { return false };
        tell(&minute);
        // Left out while the minute before was still open here.
        let cut = self.left_out.floor(MINUTE) == open;
        self.minute = Some(Minute { cut, ..Minute::new(open) });
        true
    }

    /// A minute without later events is over when nothing of it can wait any more.
    #[inline]
    fn end_minute(&mut self, clock: Nanos, tell: &mut impl FnMut(&Minute)) {
        let Some(minute) = &self.minute else { return };
        let end = minute.open.after(MINUTE);
        if clock < end.after(GRACE) {
            return;
        }
        let waits =
            self.event_first != self.event_end && self.events[self.event_first % EVENTS].time < end;
        if !waits {
            tell(minute);
            self.minute = None;
        }
    }

    /// One step of the event in hand.
    fn work(&mut self, event: &Event) {
        if !self.in_hand {
            self.in_hand = true;
            self.round += 1;
            (self.print_at, self.lines_done, self.filled) = (self.print_first, 0, 0);
            if event.cut || self.evicted > event.after {
                self.cut();
            }
        }
        self.print_at = self.print_at.max(self.print_first);
        if self.print_at < self.print_end {
            return self.gather(event);
        }
        if self.lines_done < event.lines {
            let line = self.lines[self.line_first % LINES];
            self.line_first += 1;
            self.lines_done += 1;
            self.match_line(event, line.view());
        }
        if self.lines_done == event.lines {
            self.finish(event);
        }
    }

    /// Brings the next prints of the interval into the table.
    fn gather(&mut self, event: &Event) {
        for _ in 0..PRINTS_A_STEP {
            if self.print_at == self.print_end {
                return;
            }
            let print = self.prints[self.print_at % PRINTS];
            self.print_at += 1;
            if print.time <= event.after || print.time > event.time {
                continue;
            }
            let slot = self.slot(print.key);
            if self.slots[slot].round == self.round {
                let lots = &mut self.slots[slot].lots;
                *lots = lots.saturating_add(print.lots);
            } else if self.filled < SLOTS / 2 {
                self.filled += 1;
                self.slots[slot] = Slot { round: self.round, key: print.key, lots: print.lots };
            } else {
                self.cut();
            }
        }
    }

    /// Where a key stands in the table, or the free slot where it would.
    fn slot(&self, key: i64) -> usize {
        let home = key.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
        let mut at = usize::try_from(home).expect("ten bits");
        // Ends: half of the slots are free.
        while self.slots[at].round == self.round && self.slots[at].key != key {
            at = (at + 1) % SLOTS;
        }
        at
    }

    fn match_line(&mut self, event: &Event, line: &DepthLine) {
        let bids = usize::from(line.bids);
        let levels = (bids + usize::from(line.asks)).min(DEPTH_LEVELS_PER_LINE);
        for at in 0..levels {
            let lost = i64::from(line.lots[at]);
            if lost == 0 {
                continue;
            }
            let side = usize::from(at >= bids);
            let price = Price(line.base.0.wrapping_add(i64::from(line.offsets[at])));
            let slot = self.slot(if side == 0 { -price.0 } else { price.0 });
            let mut traded = 0;
            if self.slots[slot].round == self.round {
                // What is matched is gone: no lot is traded twice, even if a level stood twice
                // in one event.
                traded = lost.min(self.slots[slot].lots);
                self.slots[slot].lots -= traded;
            }
            let away = price.0.saturating_mul(2).saturating_sub(event.mid_doubled);
            let near = event.mid_doubled > 0
                && away.saturating_abs().saturating_mul(NEAR) <= event.mid_doubled;
            if let Some(minute) = &mut self.minute {
                minute.all.add(side, traded, lost - traded);
                if near {
                    minute.near.add(side, traded, lost - traded);
                }
            }
        }
    }

    fn finish(&mut self, event: &Event) {
        self.in_hand = false;
        self.event_first += 1;
        if let Some(minute) = &mut self.minute {
            minute.events += 1;
        }
        // Intervals follow one another: prints up to this time belong to none that waits.
        while self.print_first < self.print_end
            && self.prints[self.print_first % PRINTS].time <= event.time
        {
            self.print_first += 1;
        }
    }

    fn cut(&mut self) {
        if let Some(minute) = &mut self.minute {
            minute.cut = true;
        }
    }
}

//! Everything that is known of one instrument's flow: its windows, its delta, its imbalance.

use model::{
    BookLine, Command, CommandLine, Flags, Head, Instrument, Kind, Line, Lots, MarkLine, Message,
    Nanos, Price, Sink, TradeLine, Window,
};

use crate::averages::{Anchored, Anchors, Reach, Since, Sums};
use crate::board::{Anchor, Board};
use crate::cvd::Cvd;
use crate::figures::{Now, Print, Scene, Voice, is_forerunner};
use crate::groups::Groups;
use crate::obi::Obi;
use crate::plan::{Content, Plan};
use crate::tape::{Entry, Placed, Tape};
use crate::top::Top;
use crate::width::Width;
use crate::windows::{Lot, State};

/// Lots that one instrument may trade from start to end: an eighth of what i64 holds, so that
/// no sum of a figure can overflow.
const LOTS_MAX: i64 = 1 << 60;
/// Prices beyond this are none: their squares must fit 128 bits.
const PRICE_MAX: i64 = 1 << 48;

/// What a trade did besides, for the counters.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Taken {
    /// Not taken: price or lots out of range.
    pub(crate) refused: bool,
    /// Trades that left a rolling window early.
    pub(crate) evicted: u64,
    /// Put on the tape before trades that came earlier.
    pub(crate) reordered: bool,
    /// Windows whose Δ was not the one that the price asks for.
    pub(crate) refitted: u64,
}

/// One instrument.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) instrument: Instrument,
    /// The venue clock; none before the first event.
    pub(crate) clock: Nanos,
    // The clock at the first event.
    start: Nanos,
    // The clock at the last hole in the tape; none when there was none.
    hole: Nanos,
    // Lots taken since the start, whatever restarts.
    lots: i64,
    // None when neither a rolling window nor an anchor is kept.
    tape: Option<Tape>,
    // No window holds a place before this one; brought up to date when the tape looks full.
    oldest: u64,
    // T of the last entry that left a tape which no rolling window looks after.
    evicted: Nanos,
    width: Width,
    // Event-anchored ones come last.
    pub(crate) states: Vec<State>,
    // How many are not event-anchored.
    steady: usize,
    // Which hold anything, a bit each: the steady ones, and those that are anchored.
    live: u64,
    // A trade opened a session since the clock moved.
    opened: bool,
    // None when no anchored window and no average is kept.
    anchors: Option<Box<Anchors>>,
    // A window may have a piece of work to do.
    busy: bool,
    pub(crate) cvd: Cvd,
    pub(crate) cvd_changed: bool,
    pub(crate) obi: Obi,
    pub(crate) top: Top,
    pub(crate) content: Option<Content>,
    // The clock when the book was last untrusted or stale; none when it never was.
    dark: Nanos,
    is_dark: bool,
    last: Option<Price>,
    // What befell the tape at this message, for the groups.
    holed: bool,
    jumped: bool,
    board: Board,
    pub(crate) groups: Groups,
}

impl Flow {
    pub(crate) fn new(instrument: Instrument, plan: &Plan) -> Self {
        let mut states = Vec::new();
        for window in Window::ALL {
            let shown = plan.windows.contains(&window);
            let extra = || plan.extra.iter().enumerate().filter(|(_, (of, _))| *of == window);
            let anchored = !Window::STEADY.contains(&window);
            if shown || extra().next().is_some() || anchored && plan.groups.averages {
                let extra = extra().map(|(at, &(_, ticks))| (at, ticks));
                let days = plan.averages.composite_days;
                states.push(State::new(window, shown, days, extra));
            }
        }
        let steady = states.iter().filter(|state| state.since().is_none()).count();
        debug_assert!(states[..steady].iter().all(|state| state.since().is_none()));
        let rolling = states.iter().any(|state| state.tail().is_some());
        let anchored = plan.groups.averages || states.iter().any(|state| state.since().is_some());
        let profiled =
            |window| states.iter().any(|state: &State| state.window == window && state.is_kept());
        let profiled = profiled(Window::SwingHigh) || profiled(Window::SwingLow);
        let anchors = anchored.then(|| Box::new(Anchors::new(plan.averages, profiled)));
        Self {
            instrument,
            clock: Nanos::NONE,
            start: Nanos::NONE,
            hole: Nanos::NONE,
            lots: 0,
            tape: (rolling || anchored).then(|| Tape::new(plan.tape_slots)),
            oldest: 0,
            evicted: Nanos::NONE,
            width: Width::default(),
            states,
            steady,
            live: (1 << steady) - 1,
            opened: false,
            anchors,
            busy: false,
            cvd: Cvd::ZERO,
            cvd_changed: false,
            obi: Obi::new(plan.obi_window),
            top: Top::default(),
            content: plan.content.then(Content::default),
            dark: Nanos::NONE,
            is_dark: false,
            last: None,
            holed: false,
            jumped: false,
            board: Board::default(),
            groups: Groups::new(&instrument, plan),
        }
    }

    /// The state of a window that is kept.
    pub(crate) fn state(&self, window: Window) -> Option<&State> {
        self.states.iter().find(|state| state.window == window)
    }

    /// How far a window's profile is to be trusted.
    pub(crate) fn trust(&self, state: &State) -> model::Trust {
        state.trust(self.clock, self.start, self.hole)
    }

    /// The clock now, at the first event and at the last hole.
    pub(crate) const fn ages(&self) -> (Nanos, Nanos, Nanos) {
        (self.clock, self.start, self.hole)
    }

    /// A message came: its clock, and whether that jumped.
    #[inline]
    pub(crate) fn open(&mut self, head: &Head) {
        let clock = head.time_event.max(head.time_match);
        if clock > self.clock {
            self.advance(clock);
        }
        if head.flags.has(Flags::JUMP) {
            self.jump();
        }
    }

    /// Lets the windows age to an instant of the venue clock; an earlier one changes nothing.
    pub(crate) fn advance(&mut self, clock: Nanos) {
        if clock <= self.clock {
            return;
        }
        if self.clock == Nanos::NONE {
            self.start = clock;
        }
        self.clock = clock;
        let mut due = std::mem::take(&mut self.opened);
        for state in &mut self.states[..self.steady] {
            due |= state.advance(clock, self.tape.as_ref());
        }
        // What opened may have to be put together.
        if due {
            self.busy |= self.states.iter().any(State::is_busy);
        }
    }

    /// The windows that hold anything.
    #[inline]
    pub(crate) fn live(&mut self) -> impl Iterator<Item = &mut State> {
        let live = self.live;
        self.states.iter_mut().enumerate().filter(move |(at, _)| live >> at & 1 == 1).map(|of| of.1)
    }

    /// An event window was anchored or let go.
    fn find_live(&mut self) {
        let is_live = |state: &State| state.since().is_none_or(Since::is_set);
        let live = self.states.iter().map(is_live).enumerate();
        self.live = live.fold(0, |all, (at, live)| all | u64::from(live) << at);
    }

    #[cfg(test)]
    pub(crate) fn board(&mut self) -> &mut Board {
        &mut self.board
    }

    /// The average since an anchor, or since the UTC day began.
    pub(crate) fn anchored(&self, window: Window) -> Option<Anchored> {
        let anchors = self.anchors.as_ref()?;
        crate::averages::anchored(window, &self.states, anchors, (self.start, self.hole))
    }

    /// The price of the last trade.
    pub(crate) const fn last(&self) -> Option<Price> {
        self.last
    }

    /// How far back the tape is sure to reach.
    fn reach(&self) -> Reach {
        let all = self.states.iter().filter_map(|state| state.reach(self.clock));
        let kept = Reach { floor: self.oldest, edge: self.evicted };
        all.min_by_key(|reach| reach.floor).unwrap_or(kept)
    }

    /// Does a piece of what takes several events.
    #[cold]
    fn step(&mut self) {
        let reach = self.reach();
        for state in &mut self.states {
            if state.is_busy() {
                state.step(self.tape.as_ref(), reach);
            }
        }
        self.busy = self.states.iter().any(State::is_busy);
        if let (Some(anchors), Some(tape)) = (&mut self.anchors, &self.tape) {
            if anchors.is_busy() {
                anchors.step(tape, reach);
            }
            self.busy |= anchors.is_busy();
        }
    }

    /// The venue clock jumped: the delta has a new anchor, and trades are missing before it.
    #[cold]
    fn jump(&mut self) {
        self.make_hole();
        self.jumped = true;
        self.cvd = Cvd::ZERO;
        self.cvd_changed = true;
    }

    /// Trades may be missing before this point of the input.
    #[cold]
    fn make_hole(&mut self) {
        self.hole = self.clock;
        self.holed = true;
        self.cvd.stable = false;
        self.cvd_changed = true;
        for state in &mut self.states {
            state.hole();
        }
    }

    /// What a trade message says of the tape before it; a foreign print says it too.
    #[inline]
    fn judge(&mut self, flags: Flags) {
        // What lies before a jump no longer concerns the delta, and the jump was a hole itself.
        if flags.has(Flags::GAP.with(Flags::UNSTABLE)) && !flags.has(Flags::JUMP) {
            self.make_hole();
        }
    }

    /// A print that was no market trade: an id, nothing more.
    pub(crate) fn foreign(&mut self, head: &Head) {
        self.judge(head.flags);
    }

    /// Takes a trade.
    #[inline]
    pub(crate) fn trade(&mut self, head: &Head, line: &TradeLine) -> Taken {
        let (price, side, lots) = (line.price, line.side(), line.lots);
        if lots.0 <= 0 || lots.0 > LOTS_MAX - self.lots || !(1..=PRICE_MAX).contains(&price.0) {
            return self.refuse();
        }
        self.lots += lots.0;
        let time = if head.time_match == Nanos::NONE { self.clock } else { head.time_match };
        for state in &mut self.states[..self.steady] {
            self.opened |= state.begin(time);
        }
        self.judge(head.flags);
        let mut taken = Taken::default();
        if let Some(shift) = self.width.choose(time, price) {
            for state in &mut self.states {
                taken.refitted += u64::from(state.fit(shift, self.clock));
            }
            self.busy = true;
        }
        let placed = self.place(Entry::new(time, price, side, lots), &mut taken);
        let mut lot = Lot { price, side, lots, terms: Sums::ZERO };
        if let Some(anchors) = &mut self.anchors {
            lot.terms = Sums::of(price, lots);
            anchors.take(placed, &lot);
        }
        let clock = self.clock;
        self.live().for_each(|state| state.take(placed, clock, &lot));
        self.cvd.add(price, side, lots);
        self.cvd_changed = true;
        self.last = Some(price);
        if self.content.is_some() {
            self.keep_content(head.id);
        }
        taken
    }

    /// The book after an event.
    pub(crate) fn book(&mut self, book: &BookLine) {
        self.is_dark = !book.is_sound();
        if self.is_dark {
            self.dark = self.clock;
        }
    }

    /// Shows a message to the groups. `taken`: a trade was counted.
    #[inline]
    pub(crate) fn show<S: Sink>(&mut self, message: Message<'_>, taken: bool, out: &mut S) {
        let Some(kind) = message.head.kind() else { return };
        if self.is_dark {
            self.dark = self.clock;
        }
        let now = Now {
            clock: self.clock,
            time: message.head.time_venue(),
            start: self.start,
            hole: self.hole,
            dark: self.dark,
            last: self.last,
            top: self.top,
            cvd: &self.cvd,
            obi: self.obi.reading(),
        };
        if std::mem::take(&mut self.jumped) {
            self.board = Board::default();
            self.anchors.iter_mut().for_each(|anchors| anchors.jump());
            self.groups.jump(&now);
        }
        if std::mem::take(&mut self.holed) {
            self.groups.hole(&now);
        }
        let voice = Voice::new(out, message.head, self.clock);
        let mut scene = Scene { now, board: &mut self.board, voice };
        if kind != Kind::Trade {
            self.groups.take(&mut scene, kind, message);
        } else if taken && let Some(print) = Print::read(message) {
            self.groups.trade(&mut scene, &print);
        }
        if !is_forerunner(kind) {
            self.groups.clock(&mut scene, &self.states, self.anchors.as_deref());
        }
        if self.anchors.is_some() {
            self.anchor(message, out);
        }
    }

    /// The end of a message: anchors that it asks for, and running extremes that it moved.
    #[inline]
    fn anchor<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let asked = self.board.take_anchors();
        let moved = self.board.provisional_high.is_some() || self.board.provisional_low.is_some();
        if asked[0].is_none() && !moved {
            return;
        }
        for anchor in asked.iter().flatten() {
            self.set_anchor(anchor, message.head, out);
        }
        let reach = self.reach();
        if let (Some(anchors), Some(tape)) = (&mut self.anchors, &self.tape) {
            let width = self.width.ticks();
            anchors.follow(&self.board, width, tape, reach);
            self.busy |= anchors.is_busy();
        }
        (self.board.provisional_high, self.board.provisional_low) = (None, None);
    }

    #[cold]
    fn set_anchor<S: Sink>(&mut self, anchor: &Anchor, head: &Head, out: &mut S) {
        let reach = self.reach();
        let (Some(anchors), Some(tape)) = (&mut self.anchors, &self.tape) else { return };
        let mut voice = Voice::new(out, head, self.clock);
        anchors.set(anchor, &mut self.states, (tape, reach), &mut voice);
        self.busy = true;
        self.find_live();
    }

    /// The clock reached a day or a funding.
    #[inline]
    pub(crate) fn keep_time<S: Sink>(&mut self, head: &Head, out: &mut S) {
        if self.anchors.as_ref().is_some_and(|anchors| anchors.is_due(self.clock)) {
            self.turn(head, out);
        }
    }

    #[cold]
    fn turn<S: Sink>(&mut self, head: &Head, out: &mut S) {
        if self.clock == Nanos::NONE {
            return;
        }
        let state = self.states.iter().find(|state| state.window == Window::FundingTime);
        let funding = state.and_then(|state| state.since()).and_then(|since| since.time);
        let (Some(anchors), Some(tape)) = (&mut self.anchors, &self.tape) else { return };
        let funding = anchors.turn(self.clock, funding, tape);
        self.busy = true;
        if let Some(time) = funding {
            let anchor = Anchor { window: Window::FundingTime, time, price: None };
            self.set_anchor(&anchor, head, out);
        }
    }

    /// The venue's next funding time, as a mark price brings it.
    pub(crate) fn mark(&mut self, mark: &MarkLine) {
        if let Some(anchors) = &mut self.anchors {
            anchors.hear_funding(mark.time_funding, self.clock);
        }
    }

    /// The operator names a time.
    #[cold]
    pub(crate) fn command<S: Sink>(&mut self, line: &CommandLine, head: &Head, out: &mut S) {
        if Command::from_code(line.command) != Some(Command::Anchor) || line.time == Nanos::NONE {
            return;
        }
        if let Some(window) = Anchors::named(&self.states) {
            let anchor = Anchor { window, time: line.time, price: None };
            self.set_anchor(&anchor, head, out);
        }
    }

    /// What is still to do of work that takes several events.
    #[inline]
    pub(crate) fn work(&mut self) {
        if self.busy {
            self.step();
        }
    }

    /// Outside data is never asserted. But a trade that was not counted is a hole.
    #[cold]
    fn refuse(&mut self) -> Taken {
        self.make_hole();
        Taken { refused: true, ..Taken::default() }
    }

    /// Puts a trade on the rolling tape.
    #[inline]
    fn place(&mut self, entry: Entry, taken: &mut Taken) -> Placed {
        let Some(tape) = &mut self.tape else {
            return Placed { time: entry.time, place: 0, own: true };
        };
        if tape.is_full(self.oldest) {
            let tails = || self.states.iter().filter_map(State::tail);
            self.oldest = tails().min().unwrap_or(self.oldest);
            if tape.is_full(self.oldest) {
                for state in &mut self.states {
                    taken.evicted += u64::from(state.evict(self.oldest, tape));
                }
                self.evicted = tape.get(self.oldest).time;
                self.oldest += 1;
            }
        }
        let end = tape.end();
        let placed = tape.push(entry, self.oldest);
        taken.reordered = placed.own && placed.place != end;
        placed
    }

    #[inline(never)]
    fn keep_content(&mut self, id: u64) {
        let Some(content) = &mut self.content else { return };
        for state in &self.states {
            if !matches!(state.window, Window::All | Window::Day | Window::Funding) {
                continue;
            }
            let profile = &state.profile;
            let poc = profile.poc().unwrap_or(Price(0));
            let (val, vah) = profile.value_area().unwrap_or((Price(0), Price(0)));
            let (volume, width) = (profile.volume().0, profile.bin_ticks());
            let figures = [poc.0, vah.0, val.0, volume, width].map(i64::cast_unsigned);
            let [poc, vah, val, volume, width] = figures;
            let window = u64::from(state.window as u8);
            content.profile.line(&Line([id, window, poc, vah, val, volume, width, 0]));
        }
        let Cvd { value, min, max, trades, notional, buys, .. } = self.cvd;
        let [value, min, max, buys] = [value, min, max, buys].map(|Lots(n)| n.cast_unsigned());
        #[expect(clippy::cast_possible_truncation, reason = "the low half; the digest is a hash")]
        let notional = notional.0.cast_unsigned() as u64;
        content.cvd.line(&Line([id, value, min, max, trades, buys, notional, 0]));
    }
}

//! Everything that is known of one instrument's flow: its windows, its delta, its imbalance.

use model::{
    BookLine, Flags, Head, Instrument, Kind, Line, Lots, Message, Nanos, Price, Sink, TradeLine,
    Window,
};

use crate::board::Board;
use crate::cvd::Cvd;
use crate::figures::{Now, Print, Scene, Voice};
use crate::groups::Groups;
use crate::obi::Obi;
use crate::plan::{Content, Plan};
use crate::tape::{Entry, Placed, Tape};
use crate::top::Top;
use crate::width::Width;
use crate::windows::State;

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
    // None when no rolling window is kept.
    tape: Option<Tape>,
    // No window holds a place before this one; brought up to date when the tape looks full.
    oldest: u64,
    width: Width,
    pub(crate) states: Vec<State>,
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
            if shown || extra().next().is_some() {
                let extra = extra().map(|(at, &(_, ticks))| (at, ticks));
                states.push(State::new(window, shown, extra));
            }
        }
        let rolling = states.iter().any(|state| state.tail().is_some());
        Self {
            instrument,
            clock: Nanos::NONE,
            start: Nanos::NONE,
            hole: Nanos::NONE,
            lots: 0,
            tape: rolling.then(|| Tape::new(plan.tape_slots)),
            oldest: 0,
            width: Width::default(),
            states,
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
        for state in &mut self.states {
            state.advance(clock, self.tape.as_ref());
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
        for state in &mut self.states {
            state.reach(time);
        }
        self.judge(head.flags);
        let mut taken = Taken::default();
        if let Some(shift) = self.width.choose(time, price) {
            for state in &mut self.states {
                taken.refitted += u64::from(state.fit(shift, self.clock));
            }
        }
        let placed = self.place(Entry::new(time, price, side, lots), &mut taken);
        for state in &mut self.states {
            if state.admits(placed, self.clock) {
                state.add(placed.time, price, side, lots);
            }
        }
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
            instrument: &self.instrument,
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
        self.groups.clock(&mut scene, &self.states);
        let _ = scene.board.take_anchors();
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
            self.oldest = tails().min().unwrap_or(tape.end());
            if tape.is_full(self.oldest) {
                for state in &mut self.states {
                    taken.evicted += u64::from(state.evict(self.oldest, tape));
                }
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

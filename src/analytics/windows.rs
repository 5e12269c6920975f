//! One profile window: what belongs to it at an instant of the venue clock, and how far its
//! profile is to be trusted.
//!
//! | window | a trade belongs to it | it is covered when |
//! |---|---|---|
//! | all | always | always |
//! | rolling W | while T > clock − W | the input spans W, and the tape held it all |
//! | day, funding | until the next one opens | the input began before it opened |
//! | composite | until its UTC day is older than the completed days kept | the input began before the oldest of them |
//! | event-anchored | when T is not before the anchor | the input began before the anchor, and the tape reached back to it |

#[cfg(feature = "alone")]
pub(crate) mod alone;
mod composite;
mod event;
mod fold;
mod news;

use model::{DAY, FundingSession, HOUR, Lots, MILLISECOND, Nanos, Price, Side, Trust, Window};

use crate::averages::{Admission, Reach, Since, Sums};
use crate::profile::{Key, Profile};
use crate::tape::{Entry, Placed, Tape};
use composite::Composite;
use fold::Fold;
use news::Ended;

pub(crate) use fold::by_side;
pub(crate) use news::Completed;

/// How long a session waits for late trades once its end has come (spec § 1, `bar_grace_ms`).
pub(crate) const GRACE: Nanos = Nanos(500 * MILLISECOND.0);

/// A trade as the windows take it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lot {
    pub(crate) price: Price,
    pub(crate) side: Side,
    pub(crate) lots: Lots,
    /// Its part of the running sums.
    pub(crate) terms: Sums,
}

/// What decides whether a trade belongs to the window.
#[derive(Clone, Debug)]
enum Span {
    Everything,
    Rolling(Rolling),
    Session(Session),
    Composite(Box<Composite>),
    Event(Since),
}

/// What the second histogram of a window is for.
#[derive(Clone, Copy, Debug)]
enum Aside {
    /// Nothing.
    Idle,
    /// Trades of a later T collect in narrower bins until it may take over.
    Narrow(Nanos),
    /// The profile in wider bins is put together there.
    Fold(Fold),
}

/// (clock − W, clock].
#[derive(Clone, Copy, Debug)]
struct Rolling {
    length: Nanos,
    // Place on the tape of the oldest trade in the window.
    tail: u64,
    // T of the last trade that left early because the tape was full.
    evicted: Nanos,
}

/// [open, open + length).
#[derive(Clone, Copy, Debug)]
struct Session {
    length: Nanos,
    // None before the first event.
    open: Option<Nanos>,
}

impl Session {
    /// Whether a later one has opened at this time; none is open before the first event. One
    /// comparison: the boundary itself costs a division.
    #[inline]
    fn is_over(&self, time: Nanos) -> bool {
        self.open.is_none_or(|open| open.after(self.length) <= time)
    }
}

/// A window with its profile and the profiles that share its trades.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) window: Window,
    /// Whether insights of it are sent.
    pub(crate) shown: bool,
    pub(crate) profile: Profile,
    // Whether the profile is kept at all, or only what averages need.
    kept: bool,
    /// Analysis-only profiles: their number in the plan, and they.
    pub(crate) extra: Vec<(usize, Profile)>,
    // The second histogram. In a box: what a trade asks of the window shall lie together.
    aside: Box<Profile>,
    task: Aside,
    // Δ in ticks that the instrument's price asks for.
    wished: i64,
    // Before this instant of the venue clock nothing leaves, opens or takes over. It may be too
    // early, never too late.
    due: Nanos,
    /// Whether the profile or its trust may have changed since the last insight.
    changed: bool,
    // What was said last, and when that may be looked at again; `None` before.
    said: Option<(Key, Trust)>,
    look: Nanos,
    span: Span,
    // All and sessions: a hole lies in it.
    holed: bool,
    // The session before the open one; none for other windows.
    ended: Option<Box<Ended>>,
}

impl State {
    /// `extra`: number in the plan and bin width of the profiles that share its trades.
    pub(crate) fn new(
        window: Window,
        shown: bool,
        composite_days: u64,
        extra: impl Iterator<Item = (usize, i64)>,
    ) -> Self {
        let extra: Vec<_> = extra.map(|(at, ticks)| (at, Profile::growing(ticks))).collect();
        let rolling = |hours: u64| {
            let length = Nanos(hours * HOUR.0);
            Span::Rolling(Rolling { length, tail: 0, evicted: Nanos::NONE })
        };
        let span = match window {
            Window::All => Span::Everything,
            Window::Hours2 => rolling(2),
            Window::Hours8 => rolling(8),
            Window::Hours24 => rolling(24),
            Window::Day => Span::Session(Session { length: DAY, open: None }),
            Window::Funding => {
                Span::Session(Session { length: FundingSession::LENGTH, open: None })
            }
            Window::Composite => Span::Composite(Box::new(Composite::new(composite_days, &extra))),
            _ => Span::Event(Since::IDLE),
        };
        Self {
            window,
            shown,
            profile: Profile::folding(0),
            kept: shown || !extra.is_empty(),
            extra,
            aside: Box::new(Profile::folding(0)),
            task: Aside::Idle,
            wished: 1,
            due: Nanos::NONE,
            changed: false,
            said: None,
            look: Nanos::NONE,
            ended: matches!(span, Span::Session(_)).then(|| {
                Box::new(Ended { profile: Profile::folding(0), open: None, holed: false })
            }),
            span,
            holed: false,
        }
    }

    /// Place of the oldest trade it holds; `None` when it needs no tape.
    pub(crate) fn tail(&self) -> Option<u64> {
        match &self.span {
            Span::Rolling(rolling) => Some(rolling.tail),
            _ => None,
        }
    }

    /// How far back the tape is sure to reach for it.
    pub(crate) fn reach(&self, clock: Nanos) -> Option<Reach> {
        let Span::Rolling(rolling) = &self.span else { return None };
        let edge = clock.since(rolling.length).max(rolling.evicted);
        Some(Reach { floor: rolling.tail, edge })
    }

    /// Whether a profile is kept, not only what averages need.
    pub(crate) const fn is_kept(&self) -> bool {
        self.kept
    }

    /// The venue clock reached an instant; whether something may have been due.
    #[inline]
    pub(crate) fn advance(&mut self, clock: Nanos, tape: Option<&Tape>) -> bool {
        let due = self.due <= clock;
        if due {
            self.turn(clock, tape);
        }
        due
    }

    /// Something may be due.
    #[inline(never)]
    fn turn(&mut self, clock: Nanos, tape: Option<&Tape>) {
        let settled = clock.since(GRACE);
        match (&self.span, tape) {
            (Span::Rolling(rolling), Some(tape)) => {
                let edge = clock.since(rolling.length);
                if let Aside::Narrow(since) = self.task
                    && edge >= since
                {
                    self.succeed(since, tape);
                }
                self.age(edge, tape);
            }
            (Span::Session(session), _) if session.is_over(settled) => self.open(settled),
            (Span::Composite(days), _) if days.is_over(settled) => self.open(settled),
            _ => {}
        }
        self.due = self.next_due(tape);
    }

    /// When something is due again.
    fn next_due(&self, tape: Option<&Tape>) -> Nanos {
        match (&self.span, tape) {
            (Span::Rolling(rolling), Some(tape)) => {
                let tail = rolling.tail;
                let oldest = if tail < tape.end() { tape.get(tail).time } else { Nanos(u64::MAX) };
                let since = if let Aside::Narrow(since) = self.task { since } else { oldest };
                oldest.min(since).after(rolling.length)
            }
            (Span::Session(session), _) => {
                session.open.map_or(Nanos::NONE, |open| open.after(session.length).after(GRACE))
            }
            (Span::Composite(days), _) => days.end().after(GRACE),
            _ => Nanos(u64::MAX),
        }
    }

    /// The window has turned over since the narrower histogram began: it takes over.
    #[cold]
    fn succeed(&mut self, since: Nanos, tape: &Tape) {
        // What is not in the successor leaves first, so that both hold the same trades.
        self.age(since, tape);
        self.swap();
    }

    /// The second histogram has everything: it takes over.
    #[inline(never)]
    fn swap(&mut self) {
        std::mem::swap(&mut self.profile, &mut *self.aside);
        self.profile.succeeds(&self.aside);
        self.profile.settle();
        self.task = Aside::Idle;
        self.changed = true;
    }

    /// A trade of this T is about to be added: a session may have to open; whether one did.
    #[inline]
    pub(crate) fn begin(&mut self, time: Nanos) -> bool {
        let over = match &self.span {
            Span::Session(session) => session.is_over(time),
            Span::Composite(days) => days.is_over(time),
            _ => false,
        };
        if over {
            self.open(time);
        }
        over
    }

    #[cold]
    fn open(&mut self, time: Nanos) {
        self.changed = true;
        match &mut self.span {
            Span::Composite(days) => {
                let both = (&mut self.profile, &mut *self.aside);
                days.open(time, self.wished, both, &mut self.extra);
            }
            Span::Session(session) => {
                if let (Some(ended), Some(open)) = (&mut self.ended, session.open) {
                    (ended.open, ended.holed) = (Some(open), self.holed);
                    std::mem::swap(&mut self.profile, &mut ended.profile);
                    self.profile.succeeds(&ended.profile);
                }
                session.open = Some(time.floor(session.length));
                self.holed = false;
                self.clear();
            }
            _ => {}
        }
    }

    fn clear(&mut self) {
        self.changed |= !self.profile.is_empty();
        self.profile.clear(Some(self.wished));
        self.task = match self.task {
            Aside::Fold(_) => Aside::Idle,
            other => other,
        };
        for (_, extra) in &mut self.extra {
            extra.clear(None);
        }
    }

    /// Lets the trades go whose T is not after the edge.
    #[inline(never)]
    fn age(&mut self, edge: Nanos, tape: &Tape) {
        let Some(mut tail) = self.tail() else { return };
        if tail < tape.end() && tape.get(tape.end() - 1).time <= edge {
            // All of them: no need to take them out one by one.
            tail = tape.end();
            self.clear();
        }
        while tail < tape.end() && tape.get(tail).time <= edge {
            tape.fetch_behind(tail);
            let entry = *tape.get(tail);
            self.remove(&entry);
            tail += 1;
        }
        if let Span::Rolling(rolling) = &mut self.span {
            rolling.tail = tail;
        }
    }

    fn remove(&mut self, entry: &Entry) {
        let (price, side, lots) = (entry.price, entry.side(), entry.lots());
        self.changed = true;
        self.profile.remove(price, side, lots);
        if let Aside::Fold(fold) = &self.task {
            fold.remove(price, side, lots, &mut self.aside);
        }
        for (_, extra) in &mut self.extra {
            extra.remove(price, side, lots);
        }
    }

    /// The tape is full: the oldest trade leaves early. Whether this window held it.
    pub(crate) fn evict(&mut self, place: u64, tape: &Tape) -> bool {
        if self.tail() != Some(place) || place == tape.end() {
            return false;
        }
        let entry = *tape.get(place);
        self.remove(&entry);
        if let Span::Rolling(rolling) = &mut self.span {
            rolling.tail += 1;
            rolling.evicted = entry.time;
        }
        if let Aside::Narrow(since) = self.task
            && entry.time > since
        {
            self.aside.lift(entry.price, entry.side(), entry.lots());
        }
        true
    }

    /// Takes a trade that was put on the tape, if it belongs to it.
    #[inline]
    pub(crate) fn take(&mut self, placed: Placed, clock: Nanos, lot: &Lot) {
        match &mut self.span {
            Span::Everything | Span::Session(_) => {}
            Span::Rolling(rolling) => {
                // Whatever lies before the tail is out by its time, or was evicted, and the tape
                // puts nothing before what was evicted: the time alone decides.
                if placed.time <= clock.since(rolling.length) {
                    rolling.tail += u64::from(placed.own);
                    return;
                }
                self.due = self.due.min(placed.time.after(rolling.length));
            }
            Span::Composite(days) => days.add(lot.price, lot.side, lot.lots, &mut self.aside),
            Span::Event(since) => match since.admit(placed, &lot.terms) {
                Admission::No => return,
                Admission::Now if !self.kept => return,
                Admission::Now if !since.is_filling() => {}
                admission => {
                    if self.kept {
                        self.gather(admission, lot);
                    }
                    return;
                }
            },
        }
        self.add(placed.time, lot);
    }

    #[inline]
    fn add(&mut self, time: Nanos, &Lot { price, side, lots, .. }: &Lot) {
        self.changed = true;
        self.profile.add(price, side, lots);
        for (_, extra) in &mut self.extra {
            extra.add(price, side, lots);
        }
        match &self.task {
            Aside::Idle => {}
            Aside::Narrow(since) if time > *since => {
                let (buys, sells) = by_side(side, lots);
                self.aside.lay(price, buys, sells);
            }
            Aside::Narrow(_) => {}
            Aside::Fold(fold) => fold.add(price, side, lots, &mut self.aside),
        }
    }

    /// The instrument's k was chosen at this instant of the clock.
    pub(crate) fn fit(&mut self, shift: u32, clock: Nanos) -> bool {
        let wished = 1_i64 << shift;
        self.wished = wished;
        self.due = Nanos::NONE;
        if let Span::Composite(days) = &mut self.span {
            return days.fit(wished, &mut self.profile, &mut self.aside);
        }
        let width = self.profile.bin_ticks();
        let rolls = matches!(self.span, Span::Rolling(_));
        if self.profile.is_empty() {
            self.profile.clear(Some(wished));
            self.task = Aside::Idle;
        } else if width < wished {
            self.task = Aside::Fold(Fold::begin(wished, &mut self.aside));
        } else if width == wished {
            self.task = Aside::Idle;
        } else if rolls
            && !matches!(self.task, Aside::Narrow(_) if self.aside.bin_ticks() == wished)
        {
            self.aside.clear(Some(wished));
            self.task = Aside::Narrow(clock);
        }
        width != wished
    }

    /// Whether something is under way that takes several events.
    #[inline]
    pub(crate) fn is_busy(&self) -> bool {
        match &self.span {
            Span::Composite(days) => days.is_building(),
            Span::Event(since) if since.is_filling() => true,
            _ => matches!(self.task, Aside::Fold(_)),
        }
    }

    /// Does a piece of what takes several events.
    #[cold]
    pub(crate) fn step(&mut self, tape: Option<&Tape>, reach: Reach) {
        match (&mut self.span, tape) {
            (Span::Composite(days), _) => {
                if days.step(&mut self.aside) {
                    self.swap();
                }
                return;
            }
            (Span::Event(since), Some(tape)) if since.is_filling() => {
                let profile = &mut self.profile;
                let kept = self.kept;
                let done = since.fill(tape, reach, |price, side, lots| {
                    if kept {
                        let (buys, sells) = by_side(side, lots);
                        profile.lay(price, buys, sells);
                    }
                });
                if done {
                    self.profile.settle();
                    self.changed = true;
                }
                return;
            }
            _ => {}
        }
        if let Aside::Fold(fold) = &mut self.task {
            // A far print may have made the bins that wide already.
            if self.profile.is_empty() {
                self.profile.clear(Some(self.wished));
                self.task = Aside::Idle;
            } else if self.profile.bin_ticks() >= fold.width() {
                self.task = Aside::Idle;
            } else if fold.step(&self.profile, &mut self.aside) {
                self.swap();
            }
        }
    }

    /// Trades may be missing at this point of the input.
    pub(crate) fn hole(&mut self) {
        self.holed = true;
        self.changed = true;
        // What is missing before a session's first trade may belong to the one before.
        if let Some(ended) = self.ended.as_mut().filter(|_| self.profile.is_empty()) {
            ended.holed = true;
        }
        if let Span::Composite(days) = &mut self.span {
            days.hole();
        }
    }
}

//! One profile window: what belongs to it at an instant of the venue clock, and how far its
//! profile is to be trusted.
//!
//! | window | a trade belongs to it | it is covered when |
//! |---|---|---|
//! | all | always | always |
//! | rolling W | while T > clock − W | the input spans W, and the tape held it all |
//! | day, funding | until the next one opens | the input began before it opened |

use model::{DAY, FundingSession, HOUR, Lots, MILLISECOND, Nanos, Price, Side, Trust, Window};

use crate::profile::Profile;
use crate::tape::{Entry, Placed, Tape};

/// How long a session waits for late trades once its end has come (spec § 1, `bar_grace_ms`).
const GRACE: Nanos = Nanos(500 * MILLISECOND.0);

/// What decides whether a trade belongs to the window.
#[derive(Clone, Debug)]
enum Span {
    Everything,
    Rolling(Rolling),
    Session(Session),
}

/// (clock − W, clock].
#[derive(Clone, Debug)]
struct Rolling {
    length: Nanos,
    // Place on the tape of the oldest trade in the window.
    tail: u64,
    // T of the last trade that left early because the tape was full.
    evicted: Nanos,
    // A narrower histogram that collects until it may take over. In a box: what a trade asks of
    // the window shall lie together.
    successor: Box<Profile>,
    // Trades of a later T go into the successor; `None` when there is none under way.
    since: Option<Nanos>,
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
    /// Analysis-only profiles: their number in the plan, and they.
    pub(crate) extra: Vec<(usize, Profile)>,
    // Δ in ticks that the instrument's price asks for.
    wished: i64,
    // Before this instant of the venue clock nothing leaves, opens or takes over. It may be too
    // early, never too late.
    due: Nanos,
    /// Whether the profile changed since the last insight.
    pub(crate) changed: bool,
    span: Span,
    // All and sessions: a hole lies in it.
    holed: bool,
    // The session before the open one; none for other windows.
    ended: Option<Box<Ended>>,
}

/// A session that is over.
#[derive(Clone, Debug)]
struct Ended {
    profile: Profile,
    // When it opened; none while none has ended.
    open: Option<Nanos>,
    holed: bool,
}

/// A session that is over, as others read it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Completed<'a> {
    pub(crate) profile: &'a Profile,
    /// When it opened and when it ended.
    pub(crate) open: Nanos,
    pub(crate) end: Nanos,
    pub(crate) trust: Trust,
}

impl State {
    /// `extra`: number in the plan and bin width of the profiles that share its trades.
    pub(crate) fn new(
        window: Window,
        shown: bool,
        extra: impl Iterator<Item = (usize, i64)>,
    ) -> Self {
        let rolling = |hours: u64| {
            Span::Rolling(Rolling {
                length: Nanos(hours * HOUR.0),
                tail: 0,
                evicted: Nanos::NONE,
                successor: Box::new(Profile::folding(0)),
                since: None,
            })
        };
        let span = match window {
            Window::All => Span::Everything,
            Window::Hours2 => rolling(2),
            Window::Hours8 => rolling(8),
            Window::Hours24 => rolling(24),
            Window::Day => Span::Session(Session { length: DAY, open: None }),
            _ => Span::Session(Session { length: FundingSession::LENGTH, open: None }),
        };
        Self {
            window,
            shown,
            profile: Profile::folding(0),
            extra: extra.map(|(at, ticks)| (at, Profile::growing(ticks))).collect(),
            wished: 1,
            due: Nanos::NONE,
            changed: false,
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

    /// The venue clock reached an instant.
    #[inline]
    pub(crate) fn advance(&mut self, clock: Nanos, tape: Option<&Tape>) {
        if self.due <= clock {
            self.turn(clock, tape);
        }
    }

    /// Something may be due.
    #[inline(never)]
    fn turn(&mut self, clock: Nanos, tape: Option<&Tape>) {
        match (&self.span, tape) {
            (Span::Rolling(rolling), Some(tape)) => {
                let edge = clock.since(rolling.length);
                if let Some(since) = rolling.since.filter(|&since| edge >= since) {
                    self.succeed(since, tape);
                }
                self.age(edge, tape);
            }
            (Span::Session(session), _) => {
                let settled = clock.since(GRACE);
                if session.is_over(settled) {
                    self.open(settled.floor(session.length));
                }
            }
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
                oldest.min(rolling.since.unwrap_or(oldest)).after(rolling.length)
            }
            (Span::Session(session), _) => {
                session.open.map_or(Nanos::NONE, |open| open.after(session.length).after(GRACE))
            }
            _ => Nanos(u64::MAX),
        }
    }

    /// The window has turned over since the narrower histogram began: it takes over.
    #[cold]
    fn succeed(&mut self, since: Nanos, tape: &Tape) {
        // What is not in the successor leaves first, so that both hold the same trades.
        self.age(since, tape);
        if let Span::Rolling(rolling) = &mut self.span {
            std::mem::swap(&mut self.profile, &mut *rolling.successor);
            self.profile.succeeds(&rolling.successor);
            rolling.since = None;
            self.changed = true;
        }
    }

    /// A trade of this T is about to be added: a session may have to open.
    #[inline]
    pub(crate) fn reach(&mut self, time: Nanos) {
        if let Span::Session(session) = &self.span
            && session.is_over(time)
        {
            self.open(time.floor(session.length));
        }
    }

    fn open(&mut self, time: Nanos) {
        if let Span::Session(session) = &mut self.span {
            if let (Some(ended), Some(open)) = (&mut self.ended, session.open) {
                (ended.open, ended.holed) = (Some(open), self.holed);
                self.changed |= !self.profile.is_empty();
                std::mem::swap(&mut self.profile, &mut ended.profile);
                self.profile.succeeds(&ended.profile);
            }
            session.open = Some(time);
        }
        self.holed = false;
        self.clear();
    }

    /// When the open session opened; none for other windows and before the first event.
    pub(crate) const fn opened(&self) -> Option<Nanos> {
        match &self.span {
            Span::Session(session) => session.open,
            _ => None,
        }
    }

    /// The session before the open one, when there was one. `start`: clock at the first event.
    pub(crate) fn completed(&self, start: Nanos) -> Option<Completed<'_>> {
        let (Some(ended), Span::Session(session)) = (&self.ended, &self.span) else { return None };
        let open = ended.open?;
        let trust = trust_of(ended.holed, start <= open, &ended.profile);
        Some(Completed { profile: &ended.profile, open, end: open.after(session.length), trust })
    }

    fn clear(&mut self) {
        self.changed |= !self.profile.is_empty();
        self.profile.clear(Some(self.wished));
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
            if rolling.since.is_some_and(|since| entry.time > since) {
                rolling.successor.remove(entry.price, entry.side(), entry.lots());
            }
        }
        true
    }

    /// Whether a trade that was put on the tape belongs to it.
    #[inline]
    pub(crate) fn admits(&mut self, placed: Placed, clock: Nanos) -> bool {
        let Span::Rolling(rolling) = &mut self.span else { return true };
        // Whatever lies before the tail is out by its time, or was evicted, and the tape puts
        // nothing before what was evicted: the time alone decides.
        let past = placed.time <= clock.since(rolling.length);
        if past && placed.own {
            rolling.tail += 1;
        }
        !past
    }

    /// Adds a trade that it admits.
    #[inline]
    pub(crate) fn add(&mut self, time: Nanos, price: Price, side: Side, lots: Lots) {
        self.changed = true;
        self.profile.add(price, side, lots);
        for (_, extra) in &mut self.extra {
            extra.add(price, side, lots);
        }
        if let Span::Rolling(rolling) = &mut self.span {
            self.due = self.due.min(time.after(rolling.length));
            if rolling.since.is_some_and(|since| time > since) {
                rolling.successor.add(price, side, lots);
            }
        }
    }

    /// The instrument's k was chosen at this instant of the clock.
    pub(crate) fn fit(&mut self, shift: u32, clock: Nanos) -> bool {
        let wished = 1_i64 << shift;
        self.wished = wished;
        self.due = Nanos::NONE;
        let width = self.profile.bin_ticks();
        let rolling = match &mut self.span {
            Span::Rolling(rolling) => Some(rolling),
            _ => None,
        };
        if self.profile.is_empty() {
            self.profile.clear(Some(wished));
            if let Some(rolling) = rolling {
                rolling.since = None;
            }
        } else if width <= wished {
            self.changed |= width < wished;
            self.profile.widen(wished);
            if let Some(rolling) = rolling {
                rolling.since = None;
            }
        } else if let Some(rolling) = rolling
            && (rolling.since.is_none() || rolling.successor.bin_ticks() != wished)
        {
            rolling.successor.clear(Some(wished));
            rolling.since = Some(clock);
        }
        width != wished
    }

    /// Trades may be missing at this point of the input.
    pub(crate) fn hole(&mut self) {
        self.holed = true;
        // What is missing before a session's first trade may belong to the one before.
        if let Some(ended) = self.ended.as_mut().filter(|_| self.profile.is_empty()) {
            ended.holed = true;
        }
    }

    /// How far the profile is to be trusted. `hole`: clock at the last hole, `start`: at the
    /// first event.
    #[inline]
    pub(crate) fn trust(&self, clock: Nanos, start: Nanos, hole: Nanos) -> Trust {
        let (contaminated, covered) = match &self.span {
            Span::Everything => (self.holed, true),
            Span::Session(session) => (self.holed, session.open.is_some_and(|open| start <= open)),
            Span::Rolling(rolling) => {
                let edge = clock.since(rolling.length);
                let covered = start <= edge && rolling.evicted <= edge;
                (hole != Nanos::NONE && hole > edge, covered)
            }
        };
        trust_of(contaminated, covered, &self.profile)
    }
}

#[inline]
fn trust_of(contaminated: bool, covered: bool, profile: &Profile) -> Trust {
    let mut trust = Trust::SOUND;
    if contaminated {
        trust = trust.with(Trust::CONTAMINATED);
    }
    if !covered {
        trust = trust.with(Trust::UNCOVERED);
    }
    if profile.is_empty() {
        trust = trust.with(Trust::MISSING);
    }
    trust
}

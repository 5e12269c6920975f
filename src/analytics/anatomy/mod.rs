//! What a profile looks like: nodes, shelves, cliffs, shape, naked POCs, TPO.
//!
//! ```text
//! every 10 s, at session changes ─▶ wanted windows ─▶ one job at a time: row copied ─▶ 64 bins a message ─▶ said
//! session over ─▶ its POC is naked ─▶ touched or forgotten;   bracket over ─▶ letters counted ─▶ said
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `study.rs`, `study/` | one histogram: smoothed, its nodes, its shape; in pieces |
//! | `turns.rs`, `rank.rs`, `strongest.rs` | peaks with prominence and width, medians, the strongest few |
//! | `shape.rs` | classes, and when a new one counts |
//! | `naked.rs` | POCs of sessions that are over |
//! | `brackets.rs`, `tpo.rs` | Market Profile |
//! | `memory.rs`, `say.rs` | what is remembered of a window, how it is said |
//!
//! **Invariants.** One message pays for one piece of work, never for a whole analysis. A job
//! works on a copy, so that it tells of one instant. Nothing is allocated after `new`.

#[cfg(feature = "alone")]
pub(crate) mod alone;
mod brackets;
mod memory;
mod naked;
mod plan;
mod rank;
mod say;
mod shape;
mod strongest;
mod study;
#[cfg(test)]
mod tests;
mod tpo;
mod turns;

use model::{
    FundingSession, Instrument, Interval, Nanos, NodeLine, Price, SECOND, Sink, Trust, Window,
};

use crate::figures::{Bar, Figures, Now, Print, Scene};
use crate::plan::Plan;
use crate::windows::{self, State};

pub use plan::{AnatomyPlan, Nodes};
pub use shape::{BINS_MIN, CLOSES, Class, Form, Held, third};
pub use study::{
    BINS_MAX, CLIFFS_MAX, HVNS_MAX, LOTS_MAX, LVNS_MAX, NODES_MAX, Node, NodeKind, SHELVES_MAX,
    Study,
};
pub use turns::{Turn, Turns, Width};

use brackets::{BRACKETS, Brackets};
use memory::{Memory, Row};
use naked::{Naked, Poc};
use tpo::Letters;

/// Bins that one message pays for.
pub const PIECE: usize = 64;
/// Windows that can be wanted: a bit each.
const WINDOWS_MAX: usize = 64;

/// What is being worked on.
#[derive(Clone, Copy, Debug)]
enum Job {
    None,
    Study { at: usize, row: Row },
    Letters { completed: bool, trust: Trust },
}

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Anatomy {
    refresh: Nanos,
    // When every window is wanted again.
    due: Nanos,
    // By place of the window: to be analysed; to be analysed as the session that is over.
    wanted: u64,
    ended: u64,
    // Before this no session opens.
    boundary: Nanos,
    cursor: usize,
    memory: Vec<Memory>,
    study: Study,
    job: Job,
    // Where the lines of a study are put together.
    lines: Vec<NodeLine>,
    naked: Naked,
    // Of the UTC day; none before the first.
    brackets: Option<Brackets>,
    // Of the day before, to be told.
    day_over: Option<[brackets::Range; BRACKETS]>,
    bracket_over: bool,
    letters: Letters,
    // This message's trade.
    trade: Option<(Nanos, Price)>,
}

impl Anatomy {
    pub(crate) fn new(_instrument: &Instrument, plan: &Plan) -> Self {
        Self {
            refresh: Nanos(plan.anatomy.refresh_s.max(1).saturating_mul(SECOND.0)),
            due: Nanos::NONE,
            wanted: 0,
            ended: 0,
            boundary: Nanos::NONE,
            cursor: 0,
            memory: vec![Memory::default(); WINDOWS_MAX],
            study: Study::new(plan.anatomy),
            job: Job::None,
            lines: Vec::with_capacity(NODES_MAX),
            naked: Naked::new(),
            brackets: None,
            day_over: None,
            bracket_over: false,
            letters: Letters::new(),
            trade: None,
        }
    }

    /// One piece of the work that is spread over events.
    #[inline]
    pub(crate) fn step<S: Sink>(&mut self, scene: &mut Scene<'_, S>, states: &[State]) {
        let trade = self.trade.take();
        let (clock, best) = (scene.now.clock, scene.now.best());
        if clock >= self.boundary || trade.is_some_and(|(time, _)| time >= self.boundary) {
            self.look_for_turns(scene, states);
        }
        if let Some(brackets) = &mut self.brackets {
            self.bracket_over |= brackets.reach(clock, trade.map(|(time, _)| time));
            if let Some((_, price)) = trade {
                brackets.take(price);
            }
        }
        let voice = &mut scene.voice;
        self.naked.step(clock, trade.map(|(_, price)| price), best, |poc, fate, standing| {
            say::naked(voice, poc, fate, standing);
        });
        if clock >= self.due {
            self.due = clock.floor(self.refresh).after(self.refresh);
            self.wanted = every(states);
        }
        if !matches!(self.job, Job::None) {
            self.work(scene);
        } else if self.wanted | self.ended != 0 || self.bracket_over || self.day_over.is_some() {
            self.begin(scene, states);
        }
    }

    /// A session may have opened. They do so at a multiple of 8 h, with the first trade of that
    /// time or half a second later.
    #[inline(never)]
    fn look_for_turns<S: Sink>(&mut self, scene: &mut Scene<'_, S>, states: &[State]) {
        for (at, state) in states.iter().enumerate().take(WINDOWS_MAX) {
            if state.opened() != self.memory[at].opened {
                self.turn(scene, at, state);
            }
        }
        let settled = scene.now.clock.since(windows::GRACE);
        self.boundary = settled.floor(FundingSession::LENGTH).after(FundingSession::LENGTH);
    }

    /// A session opened: the one before is what it will be.
    #[cold]
    fn turn<S: Sink>(&mut self, scene: &mut Scene<'_, S>, at: usize, state: &State) {
        let before = self.memory[at].opened;
        self.memory[at].turn(state);
        self.wanted = u64::MAX;
        self.due = Nanos::NONE;
        let completed = state.completed(scene.now.start).filter(|_| before.is_some());
        if let Some(completed) = completed
            && let Some(poc) = completed.profile.poc()
        {
            self.ended |= 1 << at;
            let bin_ticks = completed.profile.bin_ticks();
            let poc = Poc {
                window: state.window,
                level: say::centre(poc, bin_ticks),
                bin_ticks,
                open: completed.open,
                end: completed.end,
                trust: completed.trust,
            };
            let voice = &mut scene.voice;
            self.naked.register(poc, |poc, fate, standing| say::naked(voice, poc, fate, standing));
        }
        if state.window == Window::Day {
            if let Some(brackets) = &self.brackets {
                self.day_over = Some(brackets.ranges);
            }
            self.brackets = state.opened().map(Brackets::new);
            self.bracket_over = false;
        }
    }

    /// Takes the next job up: the day's letters, then sessions that are over, then windows in
    /// turn.
    #[inline(never)]
    fn begin<S: Sink>(&mut self, scene: &Scene<'_, S>, states: &[State]) {
        let day = states.iter().find(|state| state.window == Window::Day);
        if let Some(ranges) = self.day_over.take() {
            let completed = day.and_then(|day| day.completed(scene.now.start));
            if let Some(day) = completed
                && self.letters.begin(&ranges, day.profile.bin_ticks())
            {
                self.job = Job::Letters { completed: true, trust: day.trust };
            }
        } else if std::mem::take(&mut self.bracket_over) {
            if let (Some(day), Some(brackets)) = (day, &self.brackets)
                && self.letters.begin(&brackets.ranges[..brackets.over], day.profile.bin_ticks())
            {
                self.job = Job::Letters { completed: false, trust: trust(day, &scene.now) };
            }
        } else if self.ended != 0 {
            let at = self.ended.trailing_zeros() as usize;
            self.ended &= self.ended - 1;
            let completed = states.get(at).and_then(|state| state.completed(scene.now.start));
            if let Some(completed) = completed {
                let row = self.memory[at].row_of(&completed, scene.now.clock);
                self.copy(at, row, completed.profile);
            }
        } else {
            self.begin_window(scene, states);
        }
    }

    /// The next wanted window that changed since it was analysed.
    fn begin_window<S: Sink>(&mut self, scene: &Scene<'_, S>, states: &[State]) {
        self.wanted &= every(states);
        while self.wanted != 0 {
            let from = self.wanted & (u64::MAX << self.cursor);
            let at = if from == 0 { self.wanted } else { from }.trailing_zeros() as usize;
            self.cursor = (at + 1) % WINDOWS_MAX;
            self.wanted &= !(1 << at);
            let state = &states[at];
            // While it is put together it has no POC; the next round sees it.
            if state.profile.poc().is_none() && !state.profile.is_empty() {
                continue;
            }
            let trust = trust(state, &scene.now);
            if let Some(row) = self.memory[at].row(state, trust, scene.now.clock) {
                self.copy(at, row, &state.profile);
                return;
            }
        }
    }

    fn copy(&mut self, at: usize, row: Row, profile: &crate::Profile) {
        let mut row = row;
        let poc = profile.poc_bin().unwrap_or(0);
        let could = profile.row().is_some_and(|(low, bins)| {
            row.low = low;
            self.study.begin(bins, poc)
        });
        if !could {
            row.trust = row.trust.with(Trust::MISSING);
        }
        self.job = Job::Study { at, row };
    }

    /// Works a piece; what is done is said.
    #[inline(never)]
    fn work<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        match self.job {
            Job::None => {}
            Job::Study { at, row } => {
                if row.trust.has(Trust::MISSING) {
                    self.job = Job::None;
                    self.memory[at].judge(&row, None);
                    say::no_nodes(&mut scene.voice, &row);
                } else if self.study.step(PIECE) {
                    self.job = Job::None;
                    let held = self.memory[at].judge(&row, self.study.class());
                    say::nodes(&mut scene.voice, &row, &self.study, &mut self.lines);
                    say::shape(&mut scene.voice, &row, &self.study, held);
                }
            }
            Job::Letters { completed, trust } => {
                if self.letters.step(PIECE) {
                    self.job = Job::None;
                    say::letters(&mut scene.voice, &self.letters, completed, trust);
                }
            }
        }
    }
}

/// The windows that are analysed.
fn every(states: &[State]) -> u64 {
    let shown = states.iter().enumerate().take(WINDOWS_MAX).filter(|(_, state)| state.shown);
    shown.fold(0, |all, (at, _)| all | 1 << at)
}

fn trust(state: &State, now: &Now<'_>) -> Trust {
    state.trust(now.clock, now.start, now.hole)
}

impl Figures for Anatomy {
    // A job that is done says nodes with their shape or letters with their balance; naked POCs
    // may speak beside it.
    const LINES_MAX: usize = naked::LINES_MAX
        + if say::LETTERS_MAX > say::STUDY_MAX { say::LETTERS_MAX } else { say::STUDY_MAX };

    #[inline]
    fn trade<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, print: &Print) {
        self.trade = Some((print.time, print.price));
    }

    fn bar<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        if bar.interval == Interval::Minute15 {
            // Whatever is found next of a window is its class at this close.
            for memory in &mut self.memory {
                memory.closed = true;
            }
            self.due = Nanos::NONE;
        }
    }

    fn hole(&mut self, _now: &Now<'_>) {
        self.naked.doubt();
        if let Job::Study { row: Row { trust, .. }, .. } | Job::Letters { trust, .. } =
            &mut self.job
        {
            *trust = trust.with(Trust::CONTAMINATED);
        }
    }
}

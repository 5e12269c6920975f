//! Which stage runs on which thread, and which core that thread gets: planned once, at start.
//!
//! The plan is arithmetic over what was wished and which cores there are; nothing is pinned
//! here. `auto` keeps one core for everyone else (recorder, API, the system) and spreads the
//! stages over the rest; on a small machine that is one thread for all of them, because a hop
//! between threads costs more than the work it would spread.

use std::fmt;

use crate::idle::Idle;
use crate::pin::Core;
use crate::runner::Seat;

/// How the four stages share threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LayoutKind {
    /// As many threads as usable cores less one give room for.
    Auto,
    /// All stages fused on one thread.
    One,
    /// Feed and book on one thread, analytics and strategy on another.
    Two,
    /// Each stage on a thread of its own.
    Four,
}

/// The stages in the order of the river.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// The door and what stands before it.
    Feed,
    /// Book, tape, bars.
    Book,
    /// Profile, flow, indicators.
    Analytics,
    /// Levels, signals, orders; the gateway beside it.
    Strategy,
}

use Place::{Analytics, Book, Feed, Strategy};

impl LayoutKind {
    /// The kind a configuration names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "one" => Some(Self::One),
            "two" => Some(Self::Two),
            "four" => Some(Self::Four),
            _ => None,
        }
    }

    /// The kind as configuration writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::One => "one",
            Self::Two => "two",
            Self::Four => "four",
        }
    }

    /// The threads with their stages; for `Auto` what fits `hot` cores.
    const fn threads(self, hot: usize) -> &'static [(&'static str, &'static [Place])] {
        match self {
            Self::Four => FOUR,
            Self::Two => TWO,
            Self::One => ONE,
            Self::Auto if hot >= FOUR.len() => FOUR,
            Self::Auto if hot >= TWO.len() => TWO,
            Self::Auto => ONE,
        }
    }
}

const ONE: &[(&str, &[Place])] = &[("hot", &[Feed, Book, Analytics, Strategy])];
const TWO: &[(&str, &[Place])] = &[("hot-in", &[Feed, Book]), ("hot-out", &[Analytics, Strategy])];
const FOUR: &[(&str, &[Place])] = &[
    ("hot-feed", &[Feed]),
    ("hot-book", &[Book]),
    ("hot-analytics", &[Analytics]),
    ("hot-strategy", &[Strategy]),
];

/// One thread of a layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bench {
    /// Its stages, upstream first.
    pub stages: &'static [Place],
    /// Its name, core and idle strategy.
    pub seat: Seat,
}

/// The threads, upstream first. Nothing in here can be wrong any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// [`LayoutKind::One`], `Two` or `Four`, never `Auto`.
    pub kind: LayoutKind,
    /// The threads.
    pub benches: Vec<Bench>,
}

/// Why a layout is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LayoutError {
    /// More threads would spin than there are cores to spin on.
    TooFewCores {
        /// Threads that would spin.
        threads: usize,
        /// Cores that this process may use.
        usable: usize,
    },
    /// The list of cores is not as long as the layout has threads.
    CoreCount {
        /// Threads of the layout.
        threads: usize,
        /// Cores in the list.
        cores: usize,
    },
    /// A core stands twice in the list.
    CoreTwice {
        /// Which.
        core: Core,
    },
}

impl fmt::Display for LayoutError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewCores { threads, usable } => write!(
                out,
                "the layout spins on {threads} threads, but only {usable} cores are usable: \
                 take a smaller layout, or idle by yield or park"
            ),
            Self::CoreCount { threads, cores } => write!(
                out,
                "the layout has {threads} threads, but the list names {cores} cores: name one \
                 core a thread, or none at all"
            ),
            Self::CoreTwice { core } => {
                write!(out, "core {core} stands twice in the list of cores")
            }
        }
    }
}

impl std::error::Error for LayoutError {}

impl Layout {
    /// Plans the threads.
    ///
    /// `cores` are the operator's, one a thread, upstream first; they need not stand in `usable`,
    /// because isolated cores are in no mask (whether the system grants them shows at start).
    /// Without them the threads get the last of the `usable` cores, so that the first, which
    /// serves interrupts, stays with the system; threads that do not spin get cores only when
    /// every one of them can have its own.
    ///
    /// # Errors
    /// See [`LayoutError`].
    pub fn plan(
        kind: LayoutKind,
        cores: &[Core],
        usable: &[Core],
        idle: Idle,
    ) -> Result<Self, LayoutError> {
        let hot = if cores.is_empty() { usable.len().saturating_sub(1) } else { cores.len() };
        let threads = kind.threads(hot);
        let seats = if cores.is_empty() {
            planned(threads.len(), usable, idle)?
        } else {
            named(threads.len(), cores)?
        };
        let benches = threads
            .iter()
            .zip(seats)
            .map(|(&(name, stages), core)| Bench {
                stages,
                seat: Seat { name: name.to_owned(), core, idle },
            })
            .collect();
        Ok(Self { kind: kind_of(threads.len()), benches })
    }

    /// The cores on which a thread spins: whoever else sits there takes the core from it, or waits
    /// for long. Threads that yield or park share theirs.
    #[must_use]
    pub fn spun(&self) -> Vec<Core> {
        let seats = self.benches.iter().map(|bench| &bench.seat);
        seats.filter(|seat| seat.idle.spins()).filter_map(|seat| seat.core).collect()
    }
}

/// The operator's cores.
fn named(threads: usize, cores: &[Core]) -> Result<Vec<Option<Core>>, LayoutError> {
    if cores.len() != threads {
        return Err(LayoutError::CoreCount { threads, cores: cores.len() });
    }
    for (at, &core) in cores.iter().enumerate() {
        if cores[..at].contains(&core) {
            return Err(LayoutError::CoreTwice { core });
        }
    }
    Ok(cores.iter().copied().map(Some).collect())
}

/// The last of the usable cores, in ascending order.
fn planned(threads: usize, usable: &[Core], idle: Idle) -> Result<Vec<Option<Core>>, LayoutError> {
    match usable.len().checked_sub(threads) {
        Some(first) => Ok(usable[first..].iter().copied().map(Some).collect()),
        None if idle.spins() => Err(LayoutError::TooFewCores { threads, usable: usable.len() }),
        None => Ok(vec![None; threads]),
    }
}

const fn kind_of(threads: usize) -> LayoutKind {
    match threads {
        4 => LayoutKind::Four,
        2 => LayoutKind::Two,
        _ => LayoutKind::One,
    }
}

#[cfg(test)]
mod tests {
    use super::{Core, Idle, Layout, LayoutKind};

    /// `kind idle [named cores] of [usable cores] | cores of the threads, or the refusal`.
    fn check(scenario: &str) {
        for line in scenario.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (input, want) = line.split_once('|').expect("input | expectation");
            assert_eq!(plan(input), want.trim(), "{line}");
        }
    }

    fn plan(input: &str) -> String {
        let words: Vec<&str> = input.split_whitespace().collect();
        let [kind, idle, named, "of", usable] = words[..] else { panic!("{input}") };
        let kind = LayoutKind::parse(kind).expect("a kind");
        let idle = match idle {
            "spin" => Idle::Spin,
            "yield" => Idle::Yield,
            _ => Idle::Park { nap: Idle::NAP },
        };
        match Layout::plan(kind, &cores(named), &cores(usable), idle) {
            Ok(layout) => {
                let cores = layout.benches.iter().map(|bench| match bench.seat.core {
                    Some(core) => core.to_string(),
                    None => "any".to_owned(),
                });
                format!("{} {}", layout.kind.text(), cores.collect::<Vec<_>>().join(","))
            }
            Err(refusal) => refusal.to_string(),
        }
    }

    fn cores(list: &str) -> Vec<Core> {
        let list = list.split(',').filter(|core| *core != "-");
        list.map(|core| Core(core.parse().expect("a core"))).collect()
    }

    #[test]
    fn layouts_by_table() {
        check(
            "
            auto spin  -       of 0               | one 0
            auto spin  -       of 0,1             | one 1
            auto spin  -       of 0,1,2           | two 1,2
            auto spin  -       of 0,1,2,3         | two 2,3
            auto spin  -       of 0,1,2,3,4       | four 1,2,3,4
            auto spin  -       of 0,1,2,3,8,9     | four 2,3,8,9
            auto park  -       of 0,1             | one 1
            auto spin  6,7     of 0,1             | two 6,7
            auto spin  5       of 0,1,2,3,4       | one 5
            one  spin  -       of 0,1,2,3         | one 3
            two  spin  -       of 0,1             | two 0,1
            two  yield -       of 0               | two any,any
            four park  -       of 0,1             | four any,any,any,any
            four spin  4,5,6,7 of 0,1             | four 4,5,6,7
            ",
        );
    }

    #[test]
    fn a_core_belongs_to_whoever_spins_on_it() {
        let usable = [0, 1, 2].map(Core);
        for (idle, spun) in [
            (Idle::Spin, vec![Core(1), Core(2)]),
            (Idle::Yield, Vec::new()),
            (Idle::Park { nap: Idle::NAP }, Vec::new()),
        ] {
            let layout = Layout::plan(LayoutKind::Auto, &[], &usable, idle).expect("a layout");
            assert_eq!(layout.spun(), spun, "{idle:?}");
        }
    }

    #[test]
    fn refusals_by_table() {
        let cores = "take a smaller layout, or idle by yield or park";
        let list = "name one core a thread, or none at all";
        check(&format!(
            "
            four spin - of 0,1 | the layout spins on 4 threads, but only 2 cores are usable: {cores}
            two spin - of 3 | the layout spins on 2 threads, but only 1 cores are usable: {cores}
            auto spin - of - | the layout spins on 1 threads, but only 0 cores are usable: {cores}
            four spin 1,2 of 0,1,2,3 | the layout has 4 threads, but the list names 2 cores: {list}
            two park 2,2 of 0,1,2 | core 2 stands twice in the list of cores
            auto spin 1,2,3 of 0,1,2,3 | the layout has 2 threads, but the list names 3 cores: {list}
            "
        ));
    }
}

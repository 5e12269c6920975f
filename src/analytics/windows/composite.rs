//! The composite window: the last completed UTC days and today, each day a histogram of its own.
//!
//! At the UTC boundary the profile without the day that leaves is put together aside from the
//! histograms that stay, a few bins an event, and takes over when it has everything. Until then
//! the old one goes on and is provisional. The same way gives it another Δ: the widest of the days
//! that are in it, because bins nest upwards only.

use model::{DAY, Lots, Nanos, Price, Side};

use super::fold::{Fold, by_side};
use crate::profile::Profile;

/// One day's trades.
#[derive(Clone, Debug)]
struct Day {
    // Days since 1970; `None` when it holds nothing.
    number: Option<u64>,
    bins: Profile,
    extra: Vec<Profile>,
}

/// The new profile under way.
#[derive(Clone, Copy, Debug)]
struct Build {
    // How many of the days, today first, are done; the next one is under way.
    done: usize,
    fold: Fold,
}

/// The days of a composite window.
#[derive(Clone, Debug)]
pub(super) struct Composite {
    completed: u64,
    // Today is `days[today]`; the day before it stands before it, round the ring.
    days: Vec<Day>,
    today: usize,
    // None before the first event.
    number: Option<u64>,
    // The last day that a hole may lie in.
    holed: Option<u64>,
    build: Option<Build>,
}

impl Composite {
    pub(super) fn new(completed: u64, extra: &[(usize, Profile)]) -> Self {
        let extra: Vec<Profile> = extra.iter().map(|(_, profile)| profile.clone()).collect();
        let day = Day { number: None, bins: Profile::folding(0), extra };
        let slots = usize::try_from(completed + 1).expect("a few days");
        Self { completed, days: vec![day; slots], today: 0, number: None, holed: None, build: None }
    }

    /// Whether a later day than today has come at this time.
    #[inline]
    pub(super) fn is_over(&self, time: Nanos) -> bool {
        self.number.is_none_or(|number| Nanos((number + 1) * DAY.0) <= time)
    }

    /// When today ends.
    pub(super) fn end(&self) -> Nanos {
        self.number.map_or(Nanos::NONE, |number| Nanos((number + 1) * DAY.0))
    }

    /// When the oldest of its days begins; none before the first event.
    fn begin(&self) -> Option<Nanos> {
        let number = self.number?;
        Some(Nanos(number.saturating_sub(self.completed) * DAY.0))
    }

    /// Another day has come: what is too old leaves. `live` is the profile that is shown.
    pub(super) fn open(
        &mut self,
        time: Nanos,
        wished: i64,
        (live, aside): (&mut Profile, &mut Profile),
        extra: &mut [(usize, Profile)],
    ) {
        let number = time.0 / DAY.0;
        self.number = Some(number);
        self.today = (self.today + 1) % self.days.len();
        let mut leaves = false;
        for (at, day) in self.days.iter_mut().enumerate() {
            let old = day.number.is_some_and(|of| of + self.completed < number);
            if old || at == self.today {
                leaves |= !day.bins.is_empty();
                day.number = None;
                day.bins.clear((at == self.today).then_some(wished));
                day.extra.iter_mut().for_each(|extra| extra.clear(None));
            }
        }
        self.days[self.today].number = Some(number);
        if leaves {
            // Analysis-only profiles may take their time.
            for (at, (_, extra)) in extra.iter_mut().enumerate() {
                extra.clear(None);
                for day in &self.days {
                    day.extra[at].bins().for_each(|(edge, buys, sells)| {
                        extra.lay(edge, buys, sells);
                    });
                }
                extra.settle();
            }
        }
        if leaves || self.width() != live.bin_ticks() {
            self.rebuild(live, aside);
        }
    }

    /// The instrument's Δ was chosen; whether today has another one.
    pub(super) fn fit(&mut self, wished: i64, live: &mut Profile, aside: &mut Profile) -> bool {
        let today = &mut self.days[self.today].bins;
        if today.is_empty() {
            today.clear(Some(wished));
        } else {
            // Only what came late on the day before it: a few bins.
            today.widen(wished);
        }
        let other = today.bin_ticks() != wished;
        if self.build.is_some() || self.width() != live.bin_ticks() {
            self.rebuild(live, aside);
        }
        other
    }

    /// The widest Δ of its days.
    fn width(&self) -> i64 {
        let used = self.days.iter().enumerate();
        let used = used.filter(|(at, day)| *at == self.today || !day.bins.is_empty());
        used.map(|(_, day)| day.bins.bin_ticks()).max().unwrap_or(1)
    }

    fn rebuild(&mut self, live: &mut Profile, aside: &mut Profile) {
        let width = self.width();
        if live.is_empty() {
            live.clear(Some(width));
            self.build = None;
        } else {
            self.build = Some(Build { done: 0, fold: Fold::begin(width, aside) });
        }
    }

    /// A trade came into the live profile.
    #[inline]
    pub(super) fn add(&mut self, price: Price, side: Side, lots: Lots, aside: &mut Profile) {
        let (buys, sells) = by_side(side, lots);
        let day = &mut self.days[self.today];
        day.bins.lay(price, buys, sells);
        day.extra.iter_mut().for_each(|extra| extra.add(price, side, lots));
        match &self.build {
            Some(build) if build.done > 0 => aside.lay(price, buys, sells),
            Some(build) => build.fold.add(price, side, lots, aside),
            None => {}
        }
    }

    /// Whether a new profile is under way.
    #[inline]
    pub(super) const fn is_building(&self) -> bool {
        self.build.is_some()
    }

    /// Moves a few bins; whether `aside` is to take over.
    pub(super) fn step(&mut self, aside: &mut Profile) -> bool {
        let width = self.width();
        let Some(build) = &mut self.build else { return false };
        if width > build.fold.width() {
            // A far print made today's bins wider than the ones under way.
            *build = Build { done: 0, fold: Fold::begin(width, aside) };
        }
        let slots = self.days.len();
        let day = &self.days[(self.today + slots - build.done) % slots];
        if build.fold.step(&day.bins, aside) {
            build.done += 1;
            build.fold = build.fold.again();
        }
        let ready = build.done == slots;
        if ready {
            self.build = None;
        }
        ready
    }

    /// Trades may be missing today, or on a day that ended since the last one.
    pub(super) fn hole(&mut self) {
        self.holed = self.number;
    }

    pub(super) fn is_contaminated(&self) -> bool {
        let (Some(holed), Some(number)) = (self.holed, self.number) else { return false };
        holed + self.completed >= number
    }

    pub(super) fn is_covered(&self, start: Nanos) -> bool {
        self.begin().is_some_and(|begin| start <= begin)
    }
}

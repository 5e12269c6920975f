//! A window since an event: how it is anchored, and how what was kept in secret is shown.

use model::{Nanos, Price};

use super::fold::{Fold, by_side};
use super::{Aside, Lot, Span, State};
use crate::averages::{Admission, Reach, Since, Sums};
use crate::profile::Profile;
use crate::tape::Tape;

impl State {
    /// Since when an event-anchored window is kept.
    pub(crate) const fn since(&self) -> Option<&Since> {
        match &self.span {
            Span::Event(since) => Some(since),
            _ => None,
        }
    }

    /// A trade while the tape is still being read.
    #[cold]
    pub(super) fn gather(&mut self, admission: Admission, lot: &Lot) {
        if admission == Admission::Now {
            let (buys, sells) = by_side(lot.side, lot.lots);
            self.profile.lay(lot.price, buys, sells);
        }
        // Those were read at once.
        for (_, extra) in &mut self.extra {
            extra.add(lot.price, lot.side, lot.lots);
        }
    }

    /// Anchors an event window anew; what traded since is fetched from the tape piece by piece.
    pub(crate) fn anchor(&mut self, time: Nanos, price: Option<Price>, total: &Sums, tape: &Tape) {
        let Span::Event(since) = &mut self.span else { return };
        since.begin(time, price, total, tape);
        self.clear();
        self.task = Aside::Idle;
        self.changed = true;
        self.said = None;
        self.look = Nanos::NONE;
    }

    /// Shows what was kept in secret since a provisional extreme.
    pub(crate) fn adopt(&mut self, kept: &mut Since, profile: &mut Profile) {
        let Span::Event(since) = &mut self.span else { return };
        *since = *kept;
        kept.end();
        std::mem::swap(&mut self.profile, profile);
        self.profile.succeeds(profile);
        profile.clear(None);
        if !since.is_filling() {
            self.profile.settle();
        }
        self.task = Aside::Idle;
        if self.profile.bin_ticks() < self.wished {
            self.task = Aside::Fold(Fold::begin(self.wished, &mut self.aside));
        }
        self.changed = true;
        self.said = None;
    }

    /// Fills the analysis-only profiles of an event window, at once.
    pub(crate) fn fill_extra(&mut self, tape: &Tape, reach: Reach) {
        let Some(time) = self.since().and_then(|since| since.time) else { return };
        for (_, extra) in &mut self.extra {
            extra.clear(None);
            let mut place = tape.end();
            while place > reach.floor && tape.get(place - 1).time >= time {
                place -= 1;
                let entry = tape.get(place);
                extra.add(entry.price, entry.side(), entry.lots());
            }
        }
    }

    /// The event window has no anchor any more.
    pub(crate) fn release(&mut self) {
        let Span::Event(since) = &mut self.span else { return };
        since.end();
        self.clear();
        self.task = Aside::Idle;
        self.said = None;
        self.changed = false;
    }
}

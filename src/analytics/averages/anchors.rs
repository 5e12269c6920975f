//! The anchors of one instrument: who may set one, what it takes from the tape, which one goes
//! when there are too many.

use model::{DAY, FundingSession, Kind, Nanos, Price, Sink, Trust, Window, missing};

use super::plan::AveragesPlan;
use super::since::{Admission, Reach, Since};
use super::sums::Sums;
use crate::board::{Anchor, Board, Extreme};
use crate::figures::Voice;
use crate::profile::Profile;
use crate::tape::{Placed, Tape};
use crate::windows::{Lot, State, by_side};

/// The windows that an operator's command fills, one after the other.
const NAMED: [Window; 3] = [Window::Named1, Window::Named2, Window::Named3];

/// What became of an anchor; the number in an `AnchorInsight`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// Something is kept since it from now on.
    Set = 1,
    /// There were too many: the oldest goes.
    Gone = 2,
}

/// What is kept since a provisional extreme: bins only, to be shown when it is confirmed.
#[derive(Clone, Debug)]
struct Hidden {
    since: Since,
    profile: Profile,
}

/// Anchors, and the running sums that averages are differences of.
#[derive(Clone, Debug)]
pub(crate) struct Anchors {
    plan: AveragesPlan,
    pub(crate) total: Sums,
    /// The UTC day, for averages.
    pub(crate) day: Since,
    // By direction: high, low.
    hidden: [Hidden; 2],
    // Whether swing profiles are kept, not only their averages.
    profiled: bool,
    // The next funding as the venue said it; none when it did not or when it has passed.
    funding_next: Nanos,
    // The clock reaches the next funding or day.
    due: Nanos,
    // The last spike and absorption that were let through.
    spike: Nanos,
    absorption: Nanos,
    // Whether a piece of a hidden profile is still to be fetched.
    busy: bool,
}

impl Anchors {
    pub(crate) fn new(plan: AveragesPlan, profiled: bool) -> Self {
        let hidden = || Hidden { since: Since::IDLE, profile: Profile::folding(0) };
        Self {
            plan,
            total: Sums::ZERO,
            day: Since::IDLE,
            hidden: [hidden(), hidden()],
            profiled,
            funding_next: Nanos::NONE,
            due: Nanos::NONE,
            spike: Nanos::NONE,
            absorption: Nanos::NONE,
            busy: false,
        }
    }

    /// The clock moved: whether a day or a funding has come.
    #[inline]
    pub(crate) fn is_due(&self, clock: Nanos) -> bool {
        clock >= self.due
    }

    /// A day or a funding has come; the latter's time.
    #[cold]
    pub(crate) fn turn(
        &mut self,
        clock: Nanos,
        funding: Option<Nanos>,
        tape: &Tape,
    ) -> Option<Nanos> {
        let day = clock.floor(DAY);
        if self.day.time.is_none_or(|was| was < day) {
            self.day.begin(day, None, &self.total, tape);
            self.busy = true;
        }
        // What the venue said goes before the fixed sessions.
        let said = self.funding_next;
        let session = clock.floor(FundingSession::LENGTH);
        let due = match funding {
            _ if said != Nanos::NONE && clock >= said => Some(said),
            None => Some(session),
            // Between two of the venue's own times the sessions are silent.
            Some(last) if said == Nanos::NONE && session > last => Some(session),
            Some(_) => None,
        };
        if said <= clock {
            self.funding_next = Nanos::NONE;
        }
        self.due = self.next_due(clock);
        due
    }

    fn next_due(&self, clock: Nanos) -> Nanos {
        let session = clock.floor(FundingSession::LENGTH).after(FundingSession::LENGTH);
        let said = self.funding_next;
        if said == Nanos::NONE { session } else { session.min(said) }
    }

    /// The venue said when the next funding is; a time that cannot be is not heard.
    pub(crate) fn hear_funding(&mut self, next: Nanos, clock: Nanos) {
        if next > clock && next <= clock.after(DAY) && next != self.funding_next {
            self.funding_next = next;
            self.due = self.next_due(clock);
        }
    }

    /// A trade was put on the tape.
    #[inline]
    pub(crate) fn take(&mut self, placed: Placed, lot: &Lot) {
        self.total.put(&lot.terms);
        let _ = self.day.admit(placed, &lot.terms);
        for hidden in &mut self.hidden {
            if hidden.since.admit(placed, &lot.terms) == Admission::Now && self.profiled {
                let (buys, sells) = by_side(lot.side, lot.lots);
                hidden.profile.lay(lot.price, buys, sells);
            }
        }
    }

    #[inline]
    pub(crate) const fn is_busy(&self) -> bool {
        self.busy
    }

    /// Fetches a piece of what is kept in secret.
    #[cold]
    pub(crate) fn step(&mut self, tape: &Tape, reach: Reach) {
        self.day.fill(tape, reach, |_, _, _| {});
        let profiled = self.profiled;
        for Hidden { since, profile } in &mut self.hidden {
            since.fill(tape, reach, |price, side, lots| {
                if profiled {
                    let (buys, sells) = by_side(side, lots);
                    profile.lay(price, buys, sells);
                }
            });
        }
        let filling = |hidden: &Hidden| hidden.since.is_filling();
        self.busy = self.day.is_filling() || self.hidden.iter().any(filling);
    }

    /// A running extreme moved: what is kept since it begins anew.
    pub(crate) fn follow(&mut self, board: &Board, width: i64, tape: &Tape, reach: Reach) {
        let moved = [board.provisional_high, board.provisional_low];
        for (hidden, moved) in self.hidden.iter_mut().zip(moved) {
            let Some(Extreme { time, price }) = moved else { continue };
            // One order that sweeps the book moves it at every price, all at one T: the trades
            // since that are the same, and reading them again would cost the square of them.
            if hidden.since.time == Some(time) && hidden.profile.bin_ticks() == width {
                hidden.since.price = Some(price);
                continue;
            }
            hidden.since.begin(time, Some(price), &self.total, tape);
            hidden.profile.clear(Some(width));
            self.busy = true;
        }
        if self.busy {
            self.step(tape, reach);
        }
    }

    /// Whether an anchor may be set. Spikes and absorptions only once the last of their kind is
    /// `anchor_pause` past; that they may also be set inside a level's zone belongs to the levels
    /// of stage 4, which will say so here.
    fn admits(&mut self, anchor: &Anchor) -> bool {
        let last = match anchor.window {
            Window::Spike => &mut self.spike,
            Window::Absorption => &mut self.absorption,
            _ => return true,
        };
        let free = *last == Nanos::NONE || anchor.time >= last.after(self.plan.anchor_pause);
        if free {
            *last = anchor.time;
        }
        free
    }

    /// Sets an anchor; which window gave way to it is said first.
    pub(crate) fn set<S: Sink>(
        &mut self,
        anchor: &Anchor,
        states: &mut [State],
        (tape, reach): (&Tape, Reach),
        voice: &mut Voice<'_, S>,
    ) {
        let Some(at) = states.iter().position(|state| state.window == anchor.window) else {
            return;
        };
        if states[at].since().is_none() || !self.admits(anchor) {
            return;
        }
        if states[at].since().is_some_and(|since| since.time.is_none()) {
            self.make_room(states, voice);
        }
        let state = &mut states[at];
        let secret = match anchor.window {
            Window::SwingHigh => Some(&mut self.hidden[0]),
            Window::SwingLow => Some(&mut self.hidden[1]),
            _ => None,
        };
        match secret {
            Some(Hidden { since, profile }) if since.time == Some(anchor.time) => {
                state.adopt(since, profile);
            }
            _ => state.anchor(anchor.time, anchor.price, &self.total, tape),
        }
        state.fill_extra(tape, reach);
        say(Fate::Set, anchor.window, anchor.time, anchor.price, voice);
    }

    /// Lets the oldest anchor go when all places are taken.
    fn make_room<S: Sink>(&self, states: &mut [State], voice: &mut Voice<'_, S>) {
        let taken = states.iter().filter(|state| state.since().is_some_and(Since::is_set)).count();
        if taken < self.plan.anchor_slots {
            return;
        }
        let time = |state: &&mut State| state.since().and_then(|since| since.time);
        let oldest = states.iter_mut().filter(|state| time(state).is_some()).min_by_key(time);
        if let Some(state) = oldest
            && let Some(&Since { time: Some(time), price, .. }) = state.since()
        {
            state.release();
            say(Fate::Gone, state.window, time, price, voice);
        }
    }

    /// The operator's window for another time: an unused one, else that of the oldest.
    pub(crate) fn named(states: &[State]) -> Option<Window> {
        let named = states.iter().filter(|state| NAMED.contains(&state.window));
        let oldest = named.min_by_key(|state| state.since().and_then(|since| since.time));
        oldest.map(|state| state.window)
    }

    /// The venue clock jumped: extremes of before are none.
    pub(crate) fn jump(&mut self) {
        self.hidden.iter_mut().for_each(|hidden| hidden.since.end());
    }
}

fn say<S: Sink>(
    fate: Fate,
    window: Window,
    time: Nanos,
    price: Option<Price>,
    voice: &mut Voice<'_, S>,
) {
    let price = price.map_or(missing::WHOLE, |price| price.0);
    let values = [fate as u64, time.0, price.cast_unsigned(), 0, 0];
    voice.say(Kind::AnchorInsight, window as u8, Trust::SOUND, values);
}

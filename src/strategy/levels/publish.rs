//! The second half of a refresh: who each level is, the best of each side, and the swap.

use std::cmp::Ordering;

use model::Side;

use super::entry::{Entry, REASONS_MAX, Reason, Reasons};
use super::input::{Candidate, Turned};
use super::known::NOWHERE;
use super::refresh::{Phase, Winner};
use super::zone::{around, node_of, overlap};
use super::{LevelBook, Shown, place_of};
use crate::terms::Level;

impl LevelBook {
    /// Gives a winner its identity and, if it is good enough, a place on its side.
    pub(super) fn assign(&mut self, winner: usize) -> u32 {
        let Some(&found) = self.scratch.winners.get(winner) else {
            self.phase = Phase::Publish { index: 0 };
            return 1;
        };
        self.phase = Phase::Assign { winner: winner + 1 };
        if found.item == NOWHERE {
            return 1;
        }
        let candidate = self.scratch.items[usize::from(found.item)].candidate;
        let measured = self.claim(&candidate, &found);
        self.scratch.winners[winner].measured = measured;
        if let Some(side) = measured.side {
            self.pick(side, winner);
        }
        12
    }

    /// The winner as the known level that it continues; when a better one continues it already,
    /// as another, or as a new level.
    fn claim(&mut self, candidate: &Candidate, found: &Winner) -> super::refresh::Measured {
        let attempt = self.scratch.attempt;
        let mut measured = found.measured;
        if measured.known != NOWHERE && self.memory.get(measured.known).claim == attempt {
            let place = (candidate.price, candidate.source.bin);
            let other = self.memory.matching(place, &self.plan, Some(attempt));
            measured = self.as_known(candidate, measured, other.unwrap_or(NOWHERE));
        }
        if measured.known != NOWHERE {
            self.memory.get_mut(measured.known).claim = attempt;
        }
        measured
    }

    /// Keeps the best winners of a side that its frozen levels leave room for.
    fn pick(&mut self, side: Side, winner: usize) {
        let room = self.plan.side_levels.saturating_sub(self.frozen(side));
        let winners = &self.scratch.winners;
        let score = |at: u16| winners[usize::from(at)].measured.score;
        let own = winners[winner].measured.score;
        let picks = &self.scratch.picks[place_of(side)];
        // Winners come by rank, so of equals the earlier stays ahead.
        let at = picks.partition_point(|&other| score(other).total_cmp(&own) != Ordering::Less);
        if at < room {
            let picks = &mut self.scratch.picks[place_of(side)];
            picks.insert(at, u16::try_from(winner).unwrap_or(NOWHERE));
            picks.truncate(room);
        }
    }

    /// Builds one entry, or swaps when all are there.
    pub(super) fn publish(&mut self, index: usize) -> u32 {
        let [buys, sells] = [self.scratch.picks[0].len(), self.scratch.picks[1].len()];
        self.phase = Phase::Publish { index: index + 1 };
        if index == 0 {
            self.keep_frozen();
        } else if index <= buys {
            self.build(Side::Buy, self.scratch.picks[0][index - 1]);
        } else if index <= buys + sells {
            self.build(Side::Sell, self.scratch.picks[1][index - 1 - buys]);
        } else {
            self.swap();
        }
        24
    }

    fn keep_frozen(&mut self) {
        for (next, shown) in self.scratch.next.iter_mut().zip(&self.shown) {
            next.extend(shown.iter().filter(|shown| shown.entry.frozen));
        }
    }

    fn build(&mut self, side: Side, winner: u16) {
        let found = self.scratch.winners[usize::from(winner)];
        let slot = if found.measured.known == NOWHERE {
            let (time, attempt) = (self.scratch.facts.time, self.scratch.attempt);
            self.memory.birth(found.price, side, time, self.swaps, attempt)
        } else {
            found.measured.known
        };
        self.scratch.winners[usize::from(winner)].measured.known = slot;
        let entry = self.entry(side, &found, slot);
        self.scratch.next[place_of(side)].push(Shown { entry, slot });
    }

    fn entry(&self, side: Side, found: &Winner, slot: u16) -> Entry {
        let known = self.memory.get(slot);
        let candidate = &self.scratch.items[usize::from(found.item)].candidate;
        let half = self.scratch.width.half(candidate, &self.plan);
        let zone = around(found.price, half);
        let level = Level {
            id: known.id,
            version: known.version.saturating_add(1),
            kind: candidate.kind,
            window: candidate.source.window,
            side,
            price: found.price,
            zone,
            node: node_of(candidate, half),
            score: found.measured.score,
            time_born: known.time_born,
        };
        let touches = self.memory.touches(known, self.scratch.facts.time, &self.plan);
        let tradable = touches < self.plan.max_touches;
        // Those before it on its side are frozen or better.
        let beside = &self.scratch.next[place_of(side)];
        let hidden =
            beside.iter().any(|other| other.entry.live && overlap(&other.entry.level.zone, &zone));
        Entry {
            level,
            terms: found.measured.terms,
            decay: found.measured.decay,
            kinds: found.measured.kinds,
            touches,
            time_touched: known.time_touched,
            completed: candidate.source.completed,
            trust: candidate.trust,
            tradable,
            live: tradable && !hidden,
            frozen: false,
            reasons: self.reasons(found),
        }
    }

    fn reasons(&self, found: &Winner) -> Reasons {
        let mut kept = [Reason::BLANK; REASONS_MAX];
        let items = found.reasons.iter().copied().take_while(|&item| item != NOWHERE);
        for (reason, item) in kept.iter_mut().zip(items) {
            let candidate = &self.scratch.items[usize::from(item)].candidate;
            *reason = Reason {
                kind: candidate.kind,
                window: candidate.source.window,
                completed: candidate.source.completed,
                price: candidate.price,
                score: self.scratch.measured[usize::from(item)].score,
            };
        }
        Reasons { kept, absorbed: found.absorbed }
    }

    /// The new levels take the place of the old ones.
    fn swap(&mut self) {
        std::mem::swap(&mut self.shown, &mut self.scratch.next);
        self.swaps += 1;
        self.counts.turned[Turned::Superseded.index()] += self.scratch.outdated;
        self.counts.crowded += self.scratch.crowded;
        for shown in self.shown.iter().flatten() {
            let known = self.memory.get_mut(shown.slot);
            known.shown = self.swaps;
            known.version = shown.entry.level.version;
        }
        self.phase = Phase::Settle { winner: 0 };
    }
}

//! The first half of a refresh: terms, score, rank, and who absorbs whom.

use std::cmp::Ordering;

use super::LevelBook;
use super::input::{Candidate, Item, Reference, Role};
use super::known::NOWHERE;
use super::near::{closeness, proximity, reach, within};
use super::refresh::{Look, Measured, Phase, Winner};
use super::score::{Kinds, Terms, age_term, decay, shape_for, shape_term, side_of};
use super::{REASONS_MAX, Shown, WINNERS_MAX};
use crate::terms::LevelKind;

impl LevelBook {
    /// Looks at one neighbour of the item at this place, or sums it up when all were seen.
    pub(super) fn measure(&mut self, place: usize) -> u32 {
        let scratch = &self.scratch;
        if place == scratch.by_price.len() {
            self.phase = Phase::Dedupe { place: 0 };
            self.seed();
            return 16;
        }
        let item = scratch.at(place);
        if item.role != Role::Candidate {
            return self.measure_next(place);
        }
        if scratch.superseded(item) {
            self.scratch.outdated += 1;
            return self.measure_next(place);
        }
        if self.look_once(place) {
            return 1;
        }
        self.sum_up(place);
        self.measure_next(place);
        24
    }

    fn measure_next(&mut self, place: usize) -> u32 {
        self.phase = Phase::Measure { place: place + 1 };
        self.look_from(place + 1);
        1
    }

    /// Prepares the look around the item at this place.
    pub(super) fn look_from(&mut self, place: usize) {
        let scratch = &mut self.scratch;
        let Some(&item) = scratch.by_price.get(place) else { return };
        let item = &scratch.items[usize::from(item)];
        let avwap = if averaged(item.candidate.kind) { 0 } else { i64::MAX };
        let beside = reach(item.price, self.plan.confluence_bp);
        let far = beside.max(reach(item.price, self.plan.avwap_bp));
        scratch.look = Look { below: place, above: place + 1, far, beside, kinds: Kinds(0), avwap };
    }

    /// Looks at the next neighbour; false when there is none in reach.
    fn look_once(&mut self, place: usize) -> bool {
        let scratch = &self.scratch;
        let mut look = scratch.look;
        let end = scratch.by_price.len();
        let other = if look.below > 0 {
            look.below -= 1;
            scratch.at(look.below)
        } else if look.above < end {
            look.above += 1;
            scratch.at(look.above - 1)
        } else {
            return false;
        };
        let item = scratch.at(place);
        let apart = (other.price.0 - item.price.0).abs();
        if apart > look.far {
            // Everything further on that way is further away.
            if other.price < item.price { look.below = 0 } else { look.above = end }
        } else if !scratch.superseded(other) {
            if averaged_item(other) {
                look.avwap = look.avwap.min(apart);
            }
            if apart <= look.beside {
                look.kinds = look.kinds.with(kind_beside(&item.candidate, other));
            }
        }
        self.scratch.look = look;
        true
    }

    /// The terms of the item at this place, its score and its rank.
    fn sum_up(&mut self, place: usize) {
        let scratch = &self.scratch;
        let item = scratch.by_price[place];
        let candidate = scratch.items[usize::from(item)].candidate;
        let price = candidate.price;
        let round = scratch.round.near(price, self.tick, self.plan.confluence_bp);
        let kinds = if round { scratch.look.kinds.with(Kinds::ROUND) } else { scratch.look.kinds };
        let naked = candidate.kind == LevelKind::NakedPoc;
        let plan = &self.plan;
        let (near, far) = (plan.distance_near_bp, plan.distance_far_bp);
        let terms = Terms {
            lvn: if candidate.kind == LevelKind::Lvn { candidate.share } else { 0.0 },
            confluence: f64::from(kinds.count().min(plan.confluence_max)),
            naked: if naked { 1.0 } else { 0.0 },
            distance: proximity(price, scratch.facts.price, near, far),
            avwap: closeness(scratch.look.avwap, plan.avwap_bp, price),
            // Its side, age and touches depend on who it is.
            shape: 0.0,
            age: 0.0,
        };
        let slot = self.memory.matching((price, candidate.source.bin), plan, None);
        let measured = Measured { terms, kinds, ..Measured::BLANK };
        let measured = self.as_known(&candidate, measured, slot.unwrap_or(NOWHERE));
        self.scratch.measured[usize::from(item)] = measured;
        let rank = &self.scratch.rank;
        let at = rank.partition_point(|&other| self.better(other, item) != Ordering::Greater);
        self.scratch.rank.insert(at, item);
    }

    /// What is measured, if the candidate is this known level (or none).
    pub(super) fn as_known(&self, candidate: &Candidate, found: Measured, slot: u16) -> Measured {
        let facts = &self.scratch.facts;
        let known = (slot != NOWHERE).then(|| self.memory.get(slot));
        let side = side_of(candidate.price, facts.price).or(known.map(|known| known.side));
        let shape = shape_for(candidate.kind, candidate.source.shape, facts.day);
        let since = known.map_or(facts.time, super::known::Known::rested_since);
        let touches = known.map_or(0, |known| self.memory.touches(known, facts.time, &self.plan));
        let terms = Terms {
            shape: shape_term(shape, side),
            age: age_term(facts.time, since, &self.plan),
            ..found.terms
        };
        let decay = decay(touches, &self.plan);
        let score = decay * terms.sum(&self.plan.weights);
        Measured { terms, side, decay, score, known: slot, ..found }
    }

    /// Which of two items comes first: the better one, of equals by what they are.
    fn better(&self, a: u16, b: u16) -> Ordering {
        let score = |item: u16| self.scratch.measured[usize::from(item)].score;
        score(b).total_cmp(&score(a)).then_with(|| self.order(a).cmp(&self.order(b)))
    }

    /// The order of items of one score.
    fn order(&self, item: u16) -> impl Ord + use<> {
        let candidate = &self.scratch.items[usize::from(item)].candidate;
        let source = &candidate.source;
        let own = (candidate.kind, source.window, source.completed, source.time_open);
        (own, candidate.price)
    }

    /// Frozen levels come before all others: nothing displaces them.
    fn seed(&mut self) {
        for side in 0..2 {
            for at in 0..self.shown[side].len() {
                let Shown { entry, slot } = self.shown[side][at];
                if entry.frozen {
                    let measured = Measured {
                        side: Some(entry.level.side),
                        score: entry.level.score,
                        known: slot,
                        ..Measured::BLANK
                    };
                    self.memory.get_mut(slot).claim = self.scratch.attempt;
                    self.win(entry.level.price, NOWHERE, measured);
                }
            }
        }
    }

    /// The next best candidate is a level of its own, or a reason for a better one.
    pub(super) fn dedupe(&mut self, place: usize) -> u32 {
        let Some(&item) = self.scratch.rank.get(place) else {
            self.phase = Phase::Assign { winner: 0 };
            return 1;
        };
        self.phase = Phase::Dedupe { place: place + 1 };
        let measured = self.scratch.measured[usize::from(item)];
        let price = self.scratch.items[usize::from(item)].price;
        if self.track(measured.known, price) {
        } else if let Some(winner) = self.absorber(price) {
            let winner = &mut self.scratch.winners[usize::from(winner)];
            let at = usize::try_from(winner.absorbed).unwrap_or(REASONS_MAX);
            if at < REASONS_MAX {
                winner.reasons[at] = item;
            }
            winner.absorbed += 1;
        } else if self.scratch.winners.len() < WINNERS_MAX {
            self.win(price, item, measured);
        } else {
            self.scratch.crowded += 1;
        }
        12
    }

    /// Whether this is a frozen level's own candidate; the best of them says where it is now.
    fn track(&mut self, slot: u16, price: model::Price) -> bool {
        if slot == NOWHERE || self.memory.get(slot).holds == 0 {
            return false;
        }
        let frozen = self.scratch.winners.iter_mut().take_while(|winner| winner.item == NOWHERE);
        let Some(winner) = frozen.into_iter().find(|winner| winner.measured.known == slot) else {
            return false;
        };
        winner.tracked = winner.tracked.or(Some(price));
        true
    }

    /// The best winner within reach of a price.
    fn absorber(&self, price: model::Price) -> Option<u16> {
        let scratch = &self.scratch;
        let kept = |winner: u16| scratch.winners[usize::from(winner)].price;
        let near = |winner: u16| within(price, kept(winner), self.plan.dedupe_bp, kept(winner));
        let order = &scratch.winners_by_price;
        let from = order.partition_point(|&winner| kept(winner) < price && !near(winner));
        order[from..].iter().copied().take_while(|&winner| near(winner)).min()
    }

    fn win(&mut self, price: model::Price, item: u16, measured: Measured) {
        let scratch = &mut self.scratch;
        let number = u16::try_from(scratch.winners.len()).unwrap_or(NOWHERE);
        let at = scratch
            .winners_by_price
            .partition_point(|&other| scratch.winners[usize::from(other)].price <= price);
        scratch.winners_by_price.insert(at, number);
        scratch.winners.push(Winner {
            price,
            item,
            measured,
            reasons: [NOWHERE; REASONS_MAX],
            absorbed: 0,
            tracked: None,
        });
    }
}

/// Whether it is an anchored average or a band.
const fn averaged(kind: LevelKind) -> bool {
    matches!(kind, LevelKind::Avwap | LevelKind::AvwapBand)
}

fn averaged_item(item: &Item) -> bool {
    item.role == Role::Candidate && averaged(item.candidate.kind)
}

/// Which kind a neighbour adds to a level's confluence.
fn kind_beside(level: &Candidate, other: &Item) -> Kinds {
    let other = match other.role {
        Role::Reference(Reference::Swing) => return Kinds::SWING,
        Role::Reference(Reference::Extreme) => return Kinds::EXTREME,
        Role::Candidate | Role::Developing => &other.candidate,
    };
    match other.kind {
        LevelKind::Vah | LevelKind::Val => {
            let same = matches!(level.kind, LevelKind::Vah | LevelKind::Val);
            if same { Kinds(0) } else { Kinds::AREA_EDGE }
        }
        LevelKind::Lvn | LevelKind::Hvn | LevelKind::Poc | LevelKind::NakedPoc => {
            let same = !averaged(level.kind) && level.source.same_trades(&other.source);
            if same { Kinds(0) } else { Kinds::NODE }
        }
        LevelKind::Cliff | LevelKind::Avwap | LevelKind::AvwapBand => Kinds(0),
    }
}

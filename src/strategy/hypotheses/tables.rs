//! The rows that levels stand in, and what stands in the way of what.

use model::Nanos;

use super::breaks::Break;
use super::entry::{Setup, break_through, fade};
use super::exact::Point;
use super::life::{Around, Event, Life};
use super::plan::{BREAKS_MAX, HypothesisPlan, span};
use super::signal::{Out, Scene, Voice};
use super::transition::State;
use crate::terms::Level;

/// Levels held at once: the top 6 a side, and as many again that left the book while they lived.
pub const SLOTS: usize = 32;
/// A table row: a life, the refresh that waits for its end, and whether its level has left.
#[derive(Clone, Copy, Debug)]
struct Slot<T> {
    life: T,
    pending: Option<Level>,
    is_gone: bool,
}

/// All rows of an instrument.
#[derive(Debug)]
pub(super) struct Tables {
    fades: [Option<Slot<Life>>; SLOTS],
    breaks: [Option<Slot<Break>>; SLOTS],
    /// When break-throughs were armed, the last first; the oldest is forgotten.
    armings: [Option<Nanos>; BREAKS_MAX],
}

impl Tables {
    pub(super) const EMPTY: Self = Self {
        fades: [const { None }; SLOTS],
        breaks: [const { None }; SLOTS],
        armings: [None; BREAKS_MAX],
    };

    /// Takes in a refresh of the level book. Returns how many levels found no row.
    pub(super) fn refresh(
        &mut self,
        levels: &[Level],
        price: Option<Point>,
        plan: &HypothesisPlan,
    ) -> u64 {
        let fades = offer(&mut self.fades, levels, |level| {
            fade(level, plan).map(|setup| Life::new(setup, price))
        });
        let breaks = offer(&mut self.breaks, levels, |level| {
            break_through(level).map(|setup| Break::new(setup, price))
        });
        fades + breaks
    }

    /// Every level with its state, rejections and magnets first.
    pub(super) fn states(&self) -> impl Iterator<Item = (&Setup, State)> {
        let fades = self.fades.iter().flatten().map(|slot| (slot.life.setup(), slot.life.state()));
        let breaks = self.breaks.iter().flatten();
        fades.chain(breaks.map(|slot| (slot.life.setup(), slot.life.state())))
    }

    pub(super) fn each_fade(&mut self, event: Event, scene: &Scene, voice: &mut Voice) -> bool {
        let mut is_known = false;
        for place in 0..SLOTS {
            if self.fades[place].as_mut().is_none_or(|slot| is_idle(slot, event, scene)) {
                continue;
            }
            if self.fades[place].as_ref().is_some_and(|slot| self.waits(place, slot)) {
                continue;
            }
            let Some(mut slot) = self.fades[place] else {
                continue;
            };
            slot.life = slot.life.elapse(scene, voice);
            let Some(mut slot) = renewed(slot, scene) else {
                self.fades[place] = None;
                continue;
            };
            let (life, knew) = slot.life.meet(event, scene, voice);
            is_known |= knew;
            slot.life = life;
            self.fades[place] = Some(slot);
            let around = self.around(place, &slot, scene);
            slot.life = slot.life.settle(around, scene, voice);
            self.fades[place] = Some(slot);
        }
        is_known
    }

    /// An Inactive level that would begin, but something is in its way: nothing follows.
    fn waits(&self, place: usize, slot: &Slot<Life>) -> bool {
        let is_fresh = !slot.is_gone && slot.pending.is_none();
        let is_inactive = matches!(slot.life, Life::Inactive(_));
        is_inactive && is_fresh && !self.is_free(place, slot.life.setup())
    }

    /// What stands beside a level; looked at only when the answer matters.
    fn around(&self, place: usize, slot: &Slot<Life>, scene: &Scene) -> Around {
        let mut around = Around { is_free: false, is_blocked: false };
        match &slot.life {
            Life::Inactive(signal) if !slot.is_gone && signal.wants(scene) => {
                around.is_free = self.is_free(place, slot.life.setup());
                around.is_blocked = self.is_blocked(slot.life.setup());
            }
            Life::Monitored(_) => around.is_blocked = self.is_blocked(slot.life.setup()),
            _ => {}
        }
        around
    }

    /// No live signal overlaps on that side, and no better level does, in whichever state: of
    /// overlapping zones only the best has a signal. Of equal scores the lower number is better.
    fn is_free(&self, place: usize, setup: &Setup) -> bool {
        let mut others = self.fades.iter().enumerate().filter(|(other, _)| *other != place);
        let none_beside = others.all(|(_, other)| {
            let Some(other) = other.as_ref().filter(|other| other.life.setup().overlaps(setup))
            else {
                return true;
            };
            let is_better = !other.is_gone && is_better(other.life.setup(), setup);
            !other.life.state().is_live() && !is_better
        });
        none_beside && !self.armed_breaks().any(|armed| armed.overlaps(setup))
    }

    fn is_blocked(&self, setup: &Setup) -> bool {
        self.armed_breaks().any(|armed| armed.level.id == setup.level.id)
    }

    fn armed_breaks(&self) -> impl Iterator<Item = &Setup> {
        let lives = self.breaks.iter().flatten().map(|slot| &slot.life);
        lives.filter(|life| life.state() == State::Armed).map(Break::setup)
    }

    pub(super) fn each_break(&mut self, event: Event, scene: &Scene, voice: &mut Voice) -> bool {
        let at = if let Event::Price(at) = event { Some(at) } else { None };
        let mut is_known = false;
        for place in 0..SLOTS {
            let is_idle = |slot: &mut Slot<Break>| {
                let has_news = slot.is_gone || slot.pending.is_some();
                !(has_news && slot.life.is_loose()) && slot.life.idle(at, scene)
            };
            if self.breaks[place].as_mut().is_none_or(is_idle) {
                continue;
            }
            let Some(mut slot) = self.breaks[place] else {
                continue;
            };
            slot.life = slot.life.elapse(scene, voice);
            if slot.life.is_loose()
                && let Some(setup) = slot.pending.take().as_ref().and_then(break_through)
            {
                slot.life.renew(setup);
            }
            if slot.is_gone && slot.life.state() == State::Inactive {
                self.breaks[place] = None;
                continue;
            }
            match event {
                Event::Price(at) => slot.life.see(at, scene),
                Event::Answer(key, answer) => {
                    is_known |= slot.life.answer(key, answer, scene, voice);
                }
                Event::Tick | Event::Fact(_) => {}
            }
            let may_arm = slot.life.wants(scene) && self.may_break(place, slot.life.setup(), scene);
            let was = slot.life.state();
            slot.life = slot.life.settle(may_arm, scene, voice);
            if was == State::Monitored && slot.life.state() == State::Armed {
                self.armings.rotate_right(1);
                self.armings[0] = Some(scene.now);
            }
            self.breaks[place] = Some(slot);
        }
        is_known
    }

    /// Fewer than the most in the window, which is half-open: one as old as the window is free.
    fn may_break(&self, place: usize, setup: &Setup, scene: &Scene) -> bool {
        let window = span(scene.plan.breaks_window_ms);
        let young = self.armings.iter().flatten();
        let armed = young.filter(|time| scene.now.since(**time) < window).count();
        let is_counted = u32::try_from(armed).is_ok_and(|armed| armed < scene.plan.breaks_max);
        let live_fade =
            |slot: &Slot<Life>| slot.life.state().is_live() && slot.life.setup().overlaps(setup);
        let beside = self.breaks.iter().enumerate().filter(|(other, _)| *other != place);
        let armed_beside = beside
            .filter_map(|(_, slot)| slot.as_ref())
            .any(|slot| slot.life.state() == State::Armed && slot.life.setup().overlaps(setup));
        is_counted && !armed_beside && !self.fades.iter().flatten().any(live_fade)
    }
}

/// A level that only notes the price: most of them, most of the time; nothing is moved. It is
/// Inactive and nothing draws it near, or it cools down.
fn is_idle(slot: &mut Slot<Life>, event: Event, scene: &Scene) -> bool {
    let at = if let Event::Price(at) = event { Some(at) } else { None };
    match &mut slot.life {
        Life::Inactive(signal) if !slot.is_gone && slot.pending.is_none() => {
            if let Some(at) = at {
                signal.see(at);
            }
            !signal.wants(scene)
        }
        Life::Cancelled(signal) => cools(&mut signal.state.out, &signal.setup, at, scene),
        Life::Closed(signal) => cools(&mut signal.state.out, &signal.setup, at, scene),
        _ => false,
    }
}

/// Whether it goes on cooling down behind this event, which is noted then. What is over is left to
/// the event's own way, which looks at the time before the price.
fn cools(out: &mut Out, setup: &Setup, at: Option<Point>, scene: &Scene) -> bool {
    let goes_on = !out.is_over(scene);
    if let (true, Some(at)) = (goes_on, at) {
        out.see(at, setup, scene);
    }
    goes_on
}

fn is_better(one: &Setup, other: &Setup) -> bool {
    let by_score = one.level.score.total_cmp(&other.level.score);
    by_score.then(other.level.id.cmp(&one.level.id)).is_gt()
}

/// What an Inactive level takes from the last refresh; `None` when it has left or is no longer
/// worth it.
fn renewed(mut slot: Slot<Life>, scene: &Scene) -> Option<Slot<Life>> {
    let Life::Inactive(mut signal) = slot.life else {
        return Some(slot);
    };
    if slot.is_gone {
        return None;
    }
    if let Some(level) = slot.pending.take() {
        signal.setup = fade(&level, scene.plan)?;
        slot.life = Life::Inactive(signal);
    }
    Some(slot)
}

/// A level that a slot stands for: it keeps its row while number and side stay.
trait Row {
    fn level(&self) -> &Level;
}

impl Row for Life {
    fn level(&self) -> &Level {
        &self.setup().level
    }
}

impl Row for Break {
    fn level(&self) -> &Level {
        &self.setup().level
    }
}

/// Gives every level its row. Returns how many found none.
fn offer<T: Row>(
    slots: &mut [Option<Slot<T>>; SLOTS],
    levels: &[Level],
    make: impl Fn(&Level) -> Option<T>,
) -> u64 {
    let mut refused = 0;
    slots.iter_mut().flatten().for_each(|slot| {
        slot.is_gone = true;
        slot.pending = None;
    });
    for level in levels {
        let is_its = |slot: &&mut Slot<T>| {
            slot.life.level().id == level.id && slot.life.level().side == level.side
        };
        if let Some(slot) = slots.iter_mut().flatten().find(is_its) {
            slot.is_gone = false;
            slot.pending = Some(*level);
        } else if let Some(life) = make(level) {
            match slots.iter_mut().find(|slot| slot.is_none()) {
                Some(free) => *free = Some(Slot { life, pending: None, is_gone: false }),
                None => refused += 1,
            }
        }
    }
    refused
}

//! Price among the levels of its own volume.
//!
//! ```text
//! stay (½–2 h, builds a hill of volume) ─▶ travel (leaves a valley) ─▶ stay …
//!        └────────────┬───────────────────────┘
//!   0.35 % before an unspent level: a meeting, its end drawn now
//!        pull back 0.5 % ─▶ second push ─┬─▶ turn at the level, leave by 0.6 %
//!                                        └─▶ through it by 0.4 %
//! ```
//! Levels are those of the days that are over ([`nodes`](super::nodes)); the first day has none.
//! Each is met once a day. What a trader would see differs from the pull back on: before a turn
//! aggression fades and changes sides, quantity refills against the move and positions are
//! closed; before a break the opposite. Both kinds come in two pushes.

use model::{DAY, HOUR, MINUTE, Nanos, Price, Side};

use super::motion::{Motion, STEPS_A_MINUTE, drawn};
use super::nodes::{Histogram, Node, NodeKind};
use crate::dice::Dice;

/// Hundredths of a percent of a price of 600 000 ticks, about: distances need not be finer.
const fn bp(price: i64, bp: i64) -> i64 {
    price * bp / 10_000
}

/// A meeting begins so far before a level.
const BEGIN_BP: i64 = 35;
/// Levels stand so far apart, and a new day's so far from the price.
const APART_BP: i64 = 40;
/// A wider valley is no level: nobody would call its edge one.
const VALLEY_BP: i64 = 50;
/// A turn is over when price is so far away again.
const TURNED_BP: i64 = 60;
/// And a break so far behind.
const BROKEN_BP: i64 = 40;
/// Levels further away than this draw nobody.
const FAR_BP: i64 = 250;
/// Fullest prices stay levels for so long after their day.
const NAKED_AGE: Nanos = Nanos(72 * HOUR.0);

/// A meeting of price and level that is over: the truth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Meeting {
    /// When price stood furthest: of a turn the pivot, else the first time at the level.
    pub time: Nanos,
    /// The mid there, rounded down.
    pub price: Price,
    /// The level, the edge that price came to.
    pub level: Price,
    /// What it is made of.
    pub kind: NodeKind,
    /// The side that a turn would reward: a buy where price came from above.
    pub side: Side,
    /// Whether price turned.
    pub turned: bool,
}

/// A level of days that are over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Planted {
    node: Node,
    /// When its day ended.
    born: Nanos,
    /// Price was there since.
    spent: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Way {
    Stay { centre: i64, until: Nanos },
    Travel { target: i64 },
    PullBack { met: Met, to: i64 },
    Push { met: Met },
    Leave { met: Met },
}

/// A meeting under way.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Met {
    node: Node,
    /// 1 coming from below, −1 from above.
    sign: i64,
    /// Where it ends: the furthest price of a turn, or beyond the level.
    aim: i64,
    turns: bool,
    /// The furthest so far, and when; of a break the first touch.
    furthest: i64,
    time: Nanos,
}

impl Met {
    const fn edge(&self) -> i64 {
        self.node.near(self.sign > 0)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Story {
    share: f64,
    way: Way,
    levels: Vec<Planted>,
    volume: Histogram,
    // Where the days began: price is drawn back there over days.
    home: i64,
    pub(super) meetings: Vec<Meeting>,
}

impl Story {
    pub(super) fn new(share: f64, start: i64, time: Nanos) -> Self {
        Self {
            share,
            way: Way::Stay { centre: start, until: time.after(HOUR) },
            levels: Vec::new(),
            volume: Histogram::new(),
            home: start,
            meetings: Vec::new(),
        }
    }

    /// A trade: what tomorrow's levels are made of.
    pub(super) fn trade(&mut self, price: i64, lots: i64) {
        self.volume.add(price, lots);
    }

    /// Midnight: the levels of the day that ended, and the fullest prices of days before that
    /// were not met.
    pub(super) fn midnight(&mut self, time: Nanos, mid: i64) {
        let naked = |level: &Planted| level.node.kind == NodeKind::NakedPoc && !level.spent;
        let old: Vec<Planted> = self.levels.drain(..).filter(naked).collect();
        let new =
            self.volume.nodes().into_iter().map(|node| Planted { node, born: time, spent: false });
        let young = old.into_iter().filter(|level| time.since(level.born) < NAKED_AGE);
        for level in new.chain(young) {
            let apart = bp(mid, APART_BP);
            if level.node.high - level.node.low > bp(mid, VALLEY_BP) {
                continue;
            }
            let gap = |other: &Planted| {
                other.node.distance(level.node.low).min(other.node.distance(level.node.high))
            };
            let is_free = self
                .levels
                .iter()
                .all(|other| gap(other) >= apart && level.node.distance(other.node.low) > 0);
            if is_free && level.node.distance(mid) >= apart {
                self.levels.push(level);
            }
        }
        self.volume.clear();
    }

    /// One step from this mid.
    pub(super) fn step(&mut self, time: Nanos, mid: i64, dice: &mut Dice) -> Motion {
        self.spend(mid);
        let way = match self.way {
            Way::Stay { .. } | Way::Travel { .. } => self.free(time, mid, dice),
            Way::PullBack { met, to } if met.sign * (mid - to) <= 0 => Way::Push { met },
            Way::Push { met } => self.push(met, time, mid, dice),
            Way::Leave { met } => self.leave(met, time, mid, dice),
            way @ Way::PullBack { .. } => way,
        };
        self.way = way;
        self.motion(mid, dice)
    }

    /// Levels that price is at are spent, met or not.
    fn spend(&mut self, mid: i64) {
        for level in &mut self.levels {
            level.spent |= level.node.distance(mid) == 0;
        }
    }

    /// Staying or travelling: on, or into a meeting.
    fn free(&mut self, time: Nanos, mid: i64, dice: &mut Dice) -> Way {
        let is_near =
            |level: &&mut Planted| !level.spent && level.node.distance(mid) <= bp(mid, BEGIN_BP);
        if let Some(level) = self.levels.iter_mut().find(is_near) {
            level.spent = true;
            let node = level.node;
            return self.meet(node, mid, dice);
        }
        match self.way {
            Way::Stay { until, .. } if time >= until => self.depart(mid, dice),
            Way::Travel { target } if (mid - target).abs() <= bp(mid, 2) => {
                stay(target, time, dice)
            }
            way => way,
        }
    }

    /// Off to somewhere: mostly beyond a level that was not met yet, so that it is met.
    fn depart(&self, mid: i64, dice: &mut Dice) -> Way {
        let far = bp(mid, FAR_BP);
        let open =
            || self.levels.iter().filter(|level| !level.spent && level.node.distance(mid) < far);
        let count = open().count() as u64;
        if count > 0 && dice.below(4) > 0 {
            let pick = usize::try_from(dice.below(count)).unwrap_or(0);
            if let Some(level) = open().nth(pick) {
                let is_above = mid < level.node.low;
                let edge = level.node.near(!is_above);
                let beyond = if is_above { 1 } else { -1 } * bp(mid, APART_BP);
                return Way::Travel { target: edge + beyond };
            }
        }
        let lean = (self.home - mid) as f64 / mid as f64 * 15.0;
        let up = dice.chance((0.5 + lean).clamp(0.2, 0.8));
        let far = bp(mid, 70 + i64::try_from(dice.below(60)).unwrap_or(0));
        Way::Travel { target: if up { mid + far } else { mid - far } }
    }

    fn meet(&self, node: Node, mid: i64, dice: &mut Dice) -> Way {
        let sign = if mid < node.low { 1 } else { -1 };
        let turns = dice.chance(self.share);
        let edge = node.near(sign > 0);
        let overshoot = i64::try_from(dice.below(9)).unwrap_or(0) - 3;
        let aim = if turns {
            // From 0.03 % short of the level to 0.05 % beyond.
            edge + sign * bp(mid, overshoot)
        } else {
            node.near(sign < 0) + sign * bp(mid, BROKEN_BP)
        };
        let back = bp(mid, 45 + i64::try_from(dice.below(15)).unwrap_or(0));
        let met = Met { node, sign, aim, turns, furthest: mid, time: Nanos::NONE };
        Way::PullBack { met, to: mid - sign * back }
    }

    fn push(&mut self, mut met: Met, time: Nanos, mid: i64, dice: &mut Dice) -> Way {
        met.follow(time, mid);
        if met.sign * (mid - met.aim) < 0 {
            return Way::Push { met };
        }
        if met.turns {
            return Way::Leave { met };
        }
        self.tell(&met);
        self.onwards(met.sign, mid, dice)
    }

    fn leave(&mut self, mut met: Met, time: Nanos, mid: i64, dice: &mut Dice) -> Way {
        met.follow(time, mid);
        if met.sign * (met.edge() - mid) < bp(mid, TURNED_BP) {
            return Way::Leave { met };
        }
        self.tell(&met);
        self.onwards(-met.sign, mid, dice)
    }

    fn tell(&mut self, met: &Met) {
        self.meetings.push(Meeting {
            time: met.time,
            price: Price(met.furthest),
            level: Price(met.edge()),
            kind: met.node.kind,
            side: if met.sign > 0 { Side::Sell } else { Side::Buy },
            turned: met.turns,
        });
    }

    fn onwards(&self, sign: i64, mid: i64, dice: &mut Dice) -> Way {
        let far = bp(mid, 20 + i64::try_from(dice.below(50)).unwrap_or(0));
        Way::Travel { target: mid + sign * far }
    }

    fn motion(&self, mid: i64, dice: &mut Dice) -> Motion {
        // Hundredths of a percent a minute, as ticks a step.
        let speed = |bps: f64| bps * mid as f64 / 10_000.0 / STEPS_A_MINUTE as f64;
        match self.way {
            Way::Stay { centre, .. } => {
                // Drawn back with a time constant of 80 minutes: a hill 0.3 % wide.
                let by = (centre - mid) as f64 * 1e-4;
                Motion { ticks: drawn(by, dice), lean: 0.0, activity: 1.0, press: 0.0, interest: 0 }
            }
            Way::Travel { target } => {
                let sign = (target - mid).signum() as f64;
                let ticks = drawn(sign * speed(6.0), dice);
                Motion { ticks, lean: sign * 0.15, activity: 1.2, press: sign * 0.4, interest: 300 }
            }
            Way::PullBack { met, .. } => {
                let sign = met.sign as f64;
                let ticks = drawn(-sign * speed(5.0), dice);
                Motion { ticks, lean: -sign * 0.15, activity: 0.8, press: 0.0, interest: -200 }
            }
            Way::Push { met } if met.turns => fading(&met, mid, speed(5.0), dice),
            Way::Push { met } => {
                let sign = met.sign as f64;
                let ticks = drawn(sign * speed(8.0), dice);
                Motion { ticks, lean: sign * 0.3, activity: 1.8, press: sign * 1.2, interest: 900 }
            }
            Way::Leave { met } => {
                let sign = met.sign as f64;
                let ticks = drawn(-sign * speed(8.0), dice);
                Motion { ticks, lean: -sign * 0.3, activity: 1.5, press: -sign, interest: -600 }
            }
        }
    }
}

impl Met {
    fn follow(&mut self, time: Nanos, mid: i64) {
        let is_first = self.time == Nanos::NONE;
        let is_news = if self.turns {
            self.sign * (mid - self.furthest) > 0 || is_first
        } else {
            is_first && self.sign * (mid - self.edge()) >= 0
        };
        if is_news {
            (self.furthest, self.time) = (mid, time);
        }
    }
}

/// The push before a turn: the nearer the level, the fewer aggressors push on and the thicker
/// stands what is against them.
fn fading(met: &Met, mid: i64, speed: f64, dice: &mut Dice) -> Motion {
    let sign = met.sign as f64;
    let left = (met.sign * (met.aim - mid)).max(0) as f64 / bp(mid, 50) as f64;
    let left = left.min(1.0);
    Motion {
        ticks: drawn(sign * speed, dice),
        lean: sign * (0.05 * left - 0.15 * (1.0 - left)),
        activity: 1.0,
        press: if left < 0.4 { -sign * 1.6 } else { 0.0 },
        interest: -400,
    }
}

fn stay(centre: i64, time: Nanos, dice: &mut Dice) -> Way {
    let long = MINUTE.0 * (30 + dice.below(90));
    Way::Stay { centre, until: time.after(Nanos(long)) }
}

/// Whether a day begins at this instant.
pub(super) const fn is_midnight(time: Nanos) -> bool {
    time.0.is_multiple_of(DAY.0)
}

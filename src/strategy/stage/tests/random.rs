//! Ten thousand random days of everything that can happen: no entry leaves in HALTED, contaminated or
//! over a limit, exits only reduce, and every position is protected.

use model::{Command, Nanos, SECOND, Side};

use super::feed::{Feed, plan};
use super::witness::{Witness, World};
use crate::Plan;
use crate::hypotheses::EntryRule;
use crate::risk::Money;

const DAYS: u64 = 10_000;
const EVENTS: usize = 120;
const START: i64 = 600_000;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn about(&mut self, reach: i64) -> i64 {
        let wide = 2 * reach.unsigned_abs() + 1;
        i64::try_from(self.below(wide)).expect("small") - reach
    }
}

/// Limits that a busy day runs into.
fn tight(dice: &mut Dice) -> Plan {
    let mut plan = plan();
    plan.limits.orders_side = 1 + u32::try_from(dice.below(2)).expect("small");
    plan.limits.position_value = Money::of(model::Fine(600_000_000_000));
    plan.limits.orders_10s = 8;
    plan.hypotheses.confirm_ms = 600_000;
    plan.hypotheses.break_pull_back = dice.below(2) == 0;
    plan.hypotheses.entry = if dice.below(3) == 0 { EntryRule::Ahead } else { EntryRule::OnArm };
    plan
}

/// One day: what happened to the market, brought to the stage and the witness alike.
fn day(seed: u64) -> Witness {
    let mut dice = Dice(seed);
    let plan = tight(&mut dice);
    let mut feed = Feed::new(plan);
    let mut witness = Witness::new(plan.limits);
    let mut price = START;
    feed.area(START - 400, START, START + 400);
    feed.nodes(&[(1, START - 1_500), (2, START - 900), (2, START + 900), (1, START + 1_500)]);
    feed.open(price);
    feed.refresh(price);
    // Most days go to one of the two value-area edges; what happens there is left to the dice.
    let pull = [-400, 400, 0][usize::try_from(dice.below(3)).expect("small")];
    let mut world = World {
        halted: false,
        lagging: false,
        time_lagged: None,
        time_funding: Nanos::NONE,
        time_mark: feed.now,
        trusted: true,
    };
    for _ in 0..EVENTS {
        price += (START + pull - price) / 12;
        event(&mut feed, &mut dice, &mut price, &mut world);
        witness.look(&feed, &world);
    }
    // Everything gets time to arrive; then nothing is held without a stop, or nothing at all.
    for _ in 0..8 {
        feed.later(1_100);
        feed.book(price - 1, price + 1, true);
        world.time_mark = feed.now;
        feed.mark(price);
        witness.look(&feed, &world);
    }
    let account = feed.stage.account();
    assert_eq!(account.position(super::feed::ID).map(|held| held.lots), Some(witness.held()));
    assert!(account.all_protected(), "seed {seed}: {:?}", account.orders());
    witness
}

fn event(feed: &mut Feed, dice: &mut Dice, price: &mut i64, world: &mut World) {
    feed.later(20 + dice.below(400));
    match dice.below(40) {
        0 => feed.divergence(side(dice), 0, *price),
        1..=3 => {
            let side = if *price < START { Side::Buy } else { Side::Sell };
            feed.divergence(side, 0, *price);
            feed.divergence(side, 1, *price);
        }
        15 => feed.obi(f64::from(i32::try_from(dice.about(4)).expect("small"))),
        4 => feed.interest(dice.about(50), dice.below(30) == 0),
        5 if dice.below(8) == 0 => {
            world.lagging = dice.below(2) == 0;
            world.time_lagged = Some(feed.now);
            feed.lag(world.lagging);
        }
        6 if dice.below(3) == 0 => {
            world.halted = dice.below(2) == 0;
            feed.command(if world.halted { Command::Halt } else { Command::Resume });
        }
        7 => {
            feed.refresh(*price);
            world.time_mark = feed.now;
            world.trusted = true;
        }
        8 if dice.below(6) == 0 => {
            world.time_funding = feed.now.after(Nanos(dice.below(1_200) * SECOND.0));
            feed.funding(world.time_funding);
        }
        9 => feed.volatility(0.1 + f64::from(u32::try_from(dice.below(9)).expect("small")), 0.8),
        10 if dice.below(4) == 0 => feed.later(dice.below(4_000)),
        11 => feed.tick(),
        12 if dice.below(5) == 0 => {
            world.trusted = false;
            return feed.book(*price - 1, *price + 1, false);
        }
        13 => *price += dice.about(600),
        _ => *price += dice.about(60),
    }
    // A lag that was said to last goes on lagging; its hold begins when it ends.
    if world.lagging {
        world.time_lagged = Some(feed.now);
    }
    if dice.below(2) == 0 {
        world.trusted = true;
        feed.book(*price - 1, *price + 1, true);
    }
    if dice.below(5) == 0 {
        world.time_mark = feed.now;
        feed.mark(*price);
    }
    let lots = dice.about(40);
    if lots != 0 {
        feed.trade(*price, lots);
    }
}

fn side(dice: &mut Dice) -> Side {
    if dice.below(2) == 0 { Side::Buy } else { Side::Sell }
}

#[test]
fn ten_thousand_random_days_send_nothing_that_may_not_leave() {
    let share = DAYS / 2;
    let half = |from: u64| {
        std::thread::spawn(move || {
            (from..from + share).map(day).fold((0, 0), |(entries, fills), witness| {
                (entries + witness.entries, fills + witness.fills)
            })
        })
    };
    let halves = [half(0), half(share)].map(|half| half.join().expect("no witness objects"));
    let [entries, fills] = [halves[0].0 + halves[1].0, halves[0].1 + halves[1].1];
    // The days are busy enough to mean something.
    assert!(entries > 1_500 && fills > 300, "{entries} entries, {fills} fills");
}

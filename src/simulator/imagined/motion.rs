//! How price moves in one step, and what flow and book make of it.

use model::{HOUR, Nanos};

use crate::dice::Dice;

/// Length of a step.
pub(super) const STEP: Nanos = Nanos(500_000_000);
/// Steps in a minute.
pub(super) const STEPS_A_MINUTE: i64 = 120;

/// The least factor of a move by hour of the UTC day: nights are calm, 13 to 17 is wild.
const CALM: [u64; 24] = [2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2];

/// What happens in a step.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Motion {
    /// Ticks that the mid moves.
    pub(super) ticks: i64,
    /// How much more often aggressors buy than sell, −1 to 1.
    pub(super) lean: f64,
    /// How busy the tape is; 1 is the mean.
    pub(super) activity: f64,
    /// Where the pressure of the book is drawn: bids thick above zero.
    pub(super) press: f64,
    /// Lots that open interest gains every 15 s.
    pub(super) interest: i64,
}

/// A symmetric whole number of mean zero and deviation 4.
fn toss(dice: &mut Dice) -> i64 {
    i64::from(dice.word().count_ones()) - 32
}

/// A move of a market that cannot be foretold: a symmetric toss, times a factor that is drawn for
/// itself, so that some moves are large. Whole ticks, so that the rounded mid has no drift either.
fn chance(least: u64, dice: &mut Dice) -> i64 {
    let factor = least + dice.below(4);
    let heavy = if dice.below(16) == 0 { 3 } else { 1 };
    toss(dice) * i64::try_from(factor * heavy).unwrap_or(1)
}

/// A step without memory: ticks deviate by 16 in calm hours and by 28 in wild ones, 1.5 % a day.
pub(super) fn driftless(time: Nanos, dice: &mut Dice) -> Motion {
    let hour = usize::try_from(time.0 / HOUR.0 % 24).unwrap_or(0);
    let ticks = chance(CALM[hour], dice);
    Motion { ticks, lean: 0.0, activity: 1.0, press: 0.0, interest: 0 }
}

/// A step that is drawn somewhere by so many ticks: noise deviates by 12, 0.9 % a day.
pub(super) fn drawn(by: f64, dice: &mut Dice) -> i64 {
    let noise = toss(dice) * i64::try_from(2 + dice.below(3)).unwrap_or(1);
    // The fraction is a chance, so that a slow pull is not lost.
    noise + crate::dice::whole(libm::floor(by + dice.unit()))
}

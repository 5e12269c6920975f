//! What rests in an imagined market: the best on each side and fixed prices behind it, whose
//! quantities lean with the pressure of the moment. A step gives the changes as a venue would.

use model::Side;

use crate::dice::{Dice, whole};

/// Levels a side, the best among them.
pub(super) const LEVELS: usize = 30;
/// Ticks between the prices behind the best: a book of 30 levels reaches over 0.04 %.
const LATTICE: i64 = 8;
/// What rests at a level in the middle, in lots.
const LOTS: f64 = 2_000.0;
/// Levels whose quantity changes often: those that an imbalance is made of, and some more.
const BUSY: usize = 12;

/// A level.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Rest {
    pub(super) price: i64,
    pub(super) lots: i64,
}

/// One side, best first.
type Half = [Rest; LEVELS];

/// A change as the venue tells it: the quantity is absolute, zero removes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Change {
    pub(super) side: Side,
    pub(super) rest: Rest,
}

/// Both sides.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    halves: [Half; 2],
    /// What the last step changed, bids first.
    pub(super) changes: Vec<Change>,
}

/// Place of a side.
const fn place(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

/// The price at a place of a side whose best is `best`.
fn price(side: Side, best: i64, at: usize) -> i64 {
    if at == 0 {
        return best;
    }
    let behind = LATTICE * i64::try_from(at).unwrap_or(0);
    match side {
        // The first lattice price strictly behind the best, and so on.
        Side::Buy => (best - 1).div_euclid(LATTICE) * LATTICE - behind + LATTICE,
        Side::Sell => (best + LATTICE).div_euclid(LATTICE) * LATTICE + behind - LATTICE,
    }
}

impl Ladder {
    pub(super) const fn new() -> Self {
        let empty = Rest { price: 0, lots: 0 };
        Self { halves: [[empty; LEVELS]; 2], changes: Vec::new() }
    }

    /// Levels of a side, best first.
    pub(super) fn half(&self, side: Side) -> &Half {
        &self.halves[place(side)]
    }

    /// The best of a side.
    pub(super) fn best(&self, side: Side) -> Rest {
        self.half(side)[0]
    }

    /// Moves the best to these prices. `press` > 0 lets bids be thick and asks thin: their
    /// quantities stand as e^press to one.
    pub(super) fn step(&mut self, bid: i64, ask: i64, press: f64, dice: &mut Dice) {
        self.changes.clear();
        let lean = libm::exp(press / 2.0);
        self.turn(Side::Buy, bid, LOTS * lean, dice);
        self.turn(Side::Sell, ask, LOTS / lean, dice);
    }

    fn turn(&mut self, side: Side, best: i64, lots: f64, dice: &mut Dice) {
        let sign = side.sign();
        let Self { halves, changes } = self;
        let half = &mut halves[place(side)];
        let before = *half;
        let mut old = before.iter().copied().filter(|rest| rest.lots > 0).peekable();
        // A quarter of the busy levels and a sixteenth of the others are set anew.
        let bits = dice.word();
        let anew = bits & (bits >> 17);
        let calm = anew & (bits >> 31) & (bits >> 7);
        for (at, rest) in half.iter_mut().enumerate() {
            let price = price(side, best, at);
            // What lies before it, seen from the market, is gone.
            while let Some(gone) = old.next_if(|old| sign * (old.price - price) > 0) {
                changes.push(Change { side, rest: Rest { price: gone.price, lots: 0 } });
            }
            let kept = old.next_if(|old| old.price == price);
            let is_anew = if at < BUSY { anew >> at & 1 == 1 } else { calm >> at & 1 == 1 };
            *rest = match kept {
                Some(kept) if !is_anew => kept,
                _ => {
                    let lots = 1 + whole(lots * (0.2 + 1.6 * dice.unit()));
                    let rest = Rest { price, lots };
                    changes.push(Change { side, rest });
                    rest
                }
            };
        }
        for gone in old {
            changes.push(Change { side, rest: Rest { price: gone.price, lots: 0 } });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::Side;

    use super::{LEVELS, Ladder, price};
    use crate::dice::Dice;

    #[test]
    fn prices_behind_the_best_stand_on_the_lattice() {
        for (side, best, want) in [
            (Side::Buy, 100, [100, 96, 88]),
            (Side::Buy, 96, [96, 88, 80]),
            (Side::Buy, 97, [97, 96, 88]),
            (Side::Sell, 100, [100, 104, 112]),
            (Side::Sell, 104, [104, 112, 120]),
            (Side::Sell, 103, [103, 104, 112]),
        ] {
            assert_eq!([0, 1, 2].map(|at| price(side, best, at)), want, "{side} {best}");
        }
    }

    #[test]
    fn the_changes_of_every_step_lead_from_one_book_to_the_next() {
        let (mut ladder, mut dice) = (Ladder::new(), Dice::new(3));
        let mut books = [BTreeMap::new(), BTreeMap::new()];
        let mut mid = 600_000;
        for _ in 0..2_000 {
            mid += i64::try_from(dice.below(400)).expect("small") - 200;
            ladder.step(mid, mid + 1, 0.3, &mut dice);
            for change in &ladder.changes {
                let book = &mut books[super::place(change.side)];
                match change.rest.lots {
                    0 => assert!(book.remove(&change.rest.price).is_some(), "it did rest"),
                    lots => drop(book.insert(change.rest.price, lots)),
                }
            }
            for side in [Side::Buy, Side::Sell] {
                let book = &books[super::place(side)];
                assert_eq!(book.len(), LEVELS);
                for rest in ladder.half(side) {
                    assert_eq!(book.get(&rest.price), Some(&rest.lots));
                }
            }
        }
    }

    #[test]
    fn pressure_makes_bids_thick() {
        let (mut ladder, mut dice) = (Ladder::new(), Dice::new(3));
        let mut sums = [0, 0];
        for step in 0..2_000 {
            ladder.step(600_000 + 40 * (step % 2), 600_001 + 40 * (step % 2), 1.0, &mut dice);
            for (sum, side) in sums.iter_mut().zip([Side::Buy, Side::Sell]) {
                *sum += ladder.half(side)[..10].iter().map(|rest| rest.lots).sum::<i64>();
            }
        }
        // e to one, within 5 %.
        assert!((sums[0] * 100 / sums[1] - 272).abs() < 14, "{sums:?}");
    }
}

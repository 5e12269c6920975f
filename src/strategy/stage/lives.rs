//! What is remembered of a level and side from the moment that it is watched until it is over: its
//! number, the ATR frozen with it, and the hold on its level.

use model::{Nanos, Side};

use super::purse::Purse;
use crate::hypotheses::{Figures, SLOTS, State, Transition};
use crate::levels::{Ended, LevelBook};
use crate::terms::{Hypothesis, LevelId};

/// Both tables of the signals.
const LIVES_MAX: usize = 2 * SLOTS;

/// One life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    level: LevelId,
    side: Side,
    is_break: bool,
    /// Its number.
    pub signal: u64,
    /// ATR in ticks when it began; `None`: it was missing.
    pub atr: Option<f64>,
    /// When price touched the zone; zero: not yet.
    pub time_touch: Nanos,
    holds: bool,
}

/// Every life of an instrument that is not over.
#[derive(Clone, Debug)]
pub(super) struct Lives(Vec<Life>);

impl Lives {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(LIVES_MAX))
    }

    /// The life of a level and side, fade or break-through; it begins here if it has not. An order ahead is
    /// asked for before its life is told of.
    pub(super) fn of(
        &mut self,
        level: LevelId,
        side: Side,
        hypothesis: Hypothesis,
        figures: &Figures,
        purse: &mut Purse,
    ) -> &Life {
        let at = self.place((level, side, hypothesis), figures, purse);
        &self.0[at]
    }

    fn place(
        &mut self,
        (level, side, hypothesis): (LevelId, Side, Hypothesis),
        figures: &Figures,
        purse: &mut Purse,
    ) -> usize {
        let is_break = hypothesis == Hypothesis::BreakThrough;
        let is_its =
            |life: &Life| life.level == level && life.side == side && life.is_break == is_break;
        if let Some(at) = self.0.iter().position(is_its) {
            return at;
        }
        if self.0.len() == LIVES_MAX {
            // Cannot be: the signals hold no more. The oldest gives way rather than memory.
            self.0.remove(0);
        }
        let (signal, atr) = (purse.signal(), figures.atr);
        let time_touch = Nanos::NONE;
        self.0.push(Life { level, side, is_break, signal, atr, time_touch, holds: false });
        self.0.len() - 1
    }

    /// Follows a transition: freezes the level while a signal lives, counts the touch when it ends.
    /// Gives the signal's number.
    pub(super) fn turn(
        &mut self,
        turn: &Transition,
        figures: &Figures,
        levels: &mut LevelBook,
        purse: &mut Purse,
    ) -> u64 {
        let level = turn.setup.level.id;
        let key = (level, turn.setup.side, turn.setup.hypothesis);
        let at = self.place(key, figures, purse);
        let life = &mut self.0[at];
        life.time_touch = turn.time_touch.unwrap_or(life.time_touch);
        if turn.to.is_live() && !life.holds {
            life.holds = levels.freeze(level).is_ok();
        } else if !turn.to.is_live() && life.holds {
            life.holds = false;
            let ended =
                if turn.counts_touch() { Ended::Touched(turn.time) } else { Ended::Untouched };
            // It was held, so there is something to release.
            let _ = levels.release(level, ended);
        }
        let signal = life.signal;
        if turn.to == State::Inactive {
            self.0.remove(at);
        }
        signal
    }
}

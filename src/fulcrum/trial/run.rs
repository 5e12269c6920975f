//! One seed through the pipeline: what the strategy published, confirmed and earned, and what was
//! true. The only place of a trial that knows the engine.

use std::collections::BTreeMap;

use engine::{Inline, Observer};
use model::{
    Body, CloseDecision, DAY, Draft, Fine, Insight, Kind, LevelDecision, LevelFlags, Message,
    Nanos, Side, SignalDecision, SignalLine, TradeLine,
};
use simulator::{Imagined, ImaginedPlan, Temper};
use strategy::hypotheses::State;

use super::pivots::{Pivot, Print, Stood, Touch, Zone};
use crate::exit::Stop;
use crate::signals::Signals;

/// What a level's record says of its fate.
const PUBLISHED: u8 = 1;
/// Messages between two looks whether somebody wants to stop.
const LOOK_EVERY: u32 = 1 << 16;

/// What a run came to.
#[derive(Clone, Default, Debug)]
pub(crate) struct Outcome {
    pub(crate) prints: Vec<Print>,
    /// Tradable levels, as they stood.
    pub(crate) levels: Vec<Stood>,
    /// Fades that were confirmed, as predictions: touched then, confirmed there.
    pub(crate) armed: Vec<Touch>,
    /// Results of closed positions after fees.
    pub(crate) results: Vec<Fine>,
    pub(crate) pivots: Vec<Pivot>,
    /// Meetings of price and planted level, turned or not.
    pub(crate) meetings: u64,
}

/// Looks on.
#[derive(Debug, Default)]
struct Watch {
    outcome: Outcome,
    // Levels that stand, by number.
    standing: BTreeMap<u64, usize>,
}

impl Observer for Watch {
    fn event(&mut self, message: Message<'_>) {
        if message.head.kind() == Some(Kind::Trade)
            && let Some(line) = message.body.view::<TradeLine>(0)
        {
            let time = message.head.time_match;
            self.outcome.prints.push(Print { time, price: line.price.0 });
        }
    }

    fn decision(&mut self, decision: &Insight, body: Body<'_>) {
        match Kind::from_number(decision.kind) {
            Some(Kind::LevelDecision) => self.level(decision.view()),
            Some(Kind::SignalDecision) => self.signal(decision.view(), body),
            Some(Kind::CloseDecision) => {
                let close: &CloseDecision = decision.view();
                self.outcome.results.push(close.result);
            }
            _ => {}
        }
    }
}

impl Watch {
    fn level(&mut self, level: &LevelDecision) {
        let stands = level.fate == PUBLISHED && level.flags.has(LevelFlags::TRADABLE);
        let place = self.standing.get(&level.level).copied();
        let (Some(side), true) = (Side::from_code(level.side), stands) else {
            if let Some(place) = place {
                self.outcome.levels[place].to = level.time_venue;
                self.standing.remove(&level.level);
            }
            return;
        };
        let (low, high) = (level.zone_low.0, level.zone_high.0);
        let zone = Zone { from: level.time_venue, low, high };
        let Some(place) = place else {
            let market = self.outcome.prints.last().map_or(level.price.0, |print| print.price);
            let (price, to) = (level.price.0, Nanos(u64::MAX));
            self.standing.insert(level.level, self.outcome.levels.len());
            self.outcome.levels.push(Stood { side, price, market, zones: vec![zone], to });
            return;
        };
        let zones = &mut self.outcome.levels[place].zones;
        if zones.last().is_some_and(|last| (last.low, last.high) != (low, high)) {
            zones.push(zone);
        }
    }

    fn signal(&mut self, signal: &SignalDecision, body: Body<'_>) {
        let fades = signal.hypothesis != strategy::terms::Hypothesis::BreakThrough.code();
        if signal.to != State::Armed.code() || !fades {
            return;
        }
        if let (Some(side), Some(line)) = (Side::from_code(signal.side), body.view::<SignalLine>(0))
        {
            let (low, high) = (line.zone_low.0, line.zone_high.0);
            self.outcome.armed.push(Touch { side, low, high, time: line.time_touch });
        }
    }
}

/// Drives one seed to its end. Where turns are planted, predictions of the first day are left out:
/// the market has no levels of its own then.
pub(crate) fn run(
    seed: u64,
    market: ImaginedPlan,
    plan: &engine::Plan,
    signals: &Signals,
) -> Result<Outcome, Stop> {
    let mut market = Imagined::new(seed, market);
    let mut instruments = model::Instruments::default();
    instruments.put(market.plan().instrument).map_err(Stop::failed)?;
    let mut inline = Inline::new(instruments, plan, Watch::default());
    let mut draft = Draft::default();
    let mut turn = 0_u32;
    while market.draw(&mut draft) {
        inline.enter(&mut draft);
        turn = turn.wrapping_add(1);
        if turn.is_multiple_of(LOOK_EVERY) {
            signals.check()?;
        }
    }
    let mut outcome = std::mem::take(&mut inline.observer().outcome);
    if let Temper::Planted { .. } = market.plan().temper {
        outcome.from(market.plan().time_start.after(DAY));
    }
    outcome.meetings = market.meetings().len() as u64;
    outcome.pivots = market
        .meetings()
        .iter()
        .filter(|meeting| meeting.turned)
        .map(|meeting| Pivot { side: meeting.side, price: meeting.price.0, time: meeting.time })
        .collect();
    Ok(outcome)
}

impl Outcome {
    /// Forgets prints before an instant, and with them the touches that they would be. Levels stay:
    /// who stands since yesterday may be touched today.
    fn from(&mut self, time: Nanos) {
        let first = self.prints.partition_point(|print| print.time < time);
        self.prints.drain(..first);
        self.armed.retain(|touch| touch.time >= time);
    }
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable as _;
    use model::{LevelDecision, LevelFlags, Nanos, Price, Side};

    use super::{PUBLISHED, Print, Watch, Zone};

    fn told(time: u64, number: u64, low: i64, tradable: bool) -> LevelDecision {
        LevelDecision {
            time_venue: Nanos(time),
            level: number,
            price: Price(low + 10),
            zone_low: Price(low),
            zone_high: Price(low + 20),
            side: Side::Buy.code(),
            fate: PUBLISHED,
            flags: LevelFlags::LIVE.with(LevelFlags::TRADABLE, tradable),
            ..LevelDecision::zeroed()
        }
    }

    #[test]
    fn a_level_stands_from_its_first_record_until_it_is_gone_or_not_tradable() {
        let mut watch = Watch::default();
        watch.outcome.prints.push(Print { time: Nanos(1), price: 700 });
        watch.level(&told(2, 7, 500, true));
        // The same zone again is no news, another one is; another level is not this one.
        watch.level(&told(3, 7, 500, true));
        watch.level(&told(4, 7, 510, true));
        watch.level(&told(4, 8, 300, false));
        watch.level(&LevelDecision { fate: 2, ..told(9, 7, 510, true) });
        // Published again it is another prediction, until it was touched too often.
        watch.level(&told(10, 7, 510, true));
        watch.level(&told(12, 7, 510, false));
        let levels = &watch.outcome.levels;
        let zone = |from, low| Zone { from: Nanos(from), low, high: low + 20 };
        assert_eq!(levels.len(), 2);
        assert_eq!((levels[0].price, levels[0].market, levels[0].to), (510, 700, Nanos(9)));
        assert_eq!(levels[0].zones, [zone(2, 500), zone(4, 510)]);
        assert_eq!(
            (levels[1].zones.as_slice(), levels[1].to),
            ([zone(10, 510)].as_slice(), Nanos(12))
        );
        assert!(watch.standing.is_empty());
    }
}

//! What the clock brings: a beat every 100 ms, a second, a minute. Depth events, marks, forced
//! orders and candles leave here; regime, structure and positions take their turn.

use model::{MINUTE, Nanos, SECOND, Side};

use super::flow::place;
use super::structure::Act;
use super::{BEAT, Market};
use crate::dice::whole;

impl Market {
    /// The clock reached a time at which something is due.
    pub(super) fn boundary(&mut self, beat: bool) {
        if self.tape.due().is_some_and(|due| due <= self.now) {
            self.close_aggregate();
        }
        if !beat {
            return;
        }
        let tenth = BEAT.0 as f64 * 1e-9;
        self.reference.shift(self.reference.drift * tenth);
        self.flow.wander(&mut self.dice);
        self.alarm *= 0.988;
        let interval = self.plan.depth_interval;
        if interval.0 > 0 && self.now.0 % interval.0 < BEAT.0 {
            self.outbox.depth(self.now, self.matched, &mut self.ladder);
        }
        if self.now.0.is_multiple_of(SECOND.0) {
            self.second();
        }
        if self.now.0.is_multiple_of(MINUTE.0) {
            self.minute();
        }
    }

    fn second(&mut self) {
        let now = self.seconds();
        self.regime.tick(now, &mut self.dice);
        if self.structure.tick(now, self.reference.ticks, &mut self.dice) {
            self.episode(now);
        }
        self.press(now);
        if self.positions.second(self.ladder.mid(), self.tilt, &mut self.dice) {
            self.regime.shock(now, &mut self.dice);
            self.avalanche();
        }
        let prices = self.positions.prices(self.plan.instrument.tick);
        let interval = self.plan.funding_interval;
        let next_funding = Nanos(self.now.floor(interval).0 + interval.0);
        self.outbox.mark(self.now, prices, self.positions.rate(), next_funding);
        if let Some(forced) = self.forced.take() {
            self.outbox.force(self.now, &forced);
        }
        if self.now.0.is_multiple_of(interval.0) {
            self.positions.settle();
        }
        if self.plan.klines {
            let closed = self.now.0.is_multiple_of(MINUTE.0);
            self.outbox.kline(self.now, self.tape.candle(), closed);
        }
    }

    /// Base intensities and drift from regime, parents and the episode under way.
    fn press(&mut self, now: f64) {
        let parents = self.flow.parents(now);
        let base = self.plan.orders_per_second * 0.5 * self.regime.activity() * self.hour_factor;
        self.flow.base = [base + parents[0], base + parents[1]];
        let sigma = self.reference.sigma() * self.regime.volatility();
        self.reference.drift = (parents[0] - parents[1]) * sigma * 0.05;
        self.reference.release();
        let Some(episode) = self.structure.episode else { return };
        let side = if episode.sign > 0.0 { Side::Buy } else { Side::Sell };
        match episode.act {
            Act::Absorb => {
                // Takers push, the wall holds: volume without progress.
                self.flow.base[place(side)] += 2.2 * self.regime.activity();
                self.reference.hold(episode.edge, episode.sign);
                self.wall(side.opposite(), episode.edge + episode.sign * 2.0);
            }
            Act::Run => {
                self.flow.base[place(side)] += 0.8 * self.regime.activity();
                self.reference.drift += episode.sign * sigma * 0.1;
            }
        }
    }

    /// An iceberg shows its next slice at the edge of value.
    fn wall(&mut self, side: Side, ticks: f64) {
        let tick = usize::try_from(whole(ticks)).unwrap_or(0);
        let behind = match side {
            Side::Buy => tick < self.ladder.ask(),
            Side::Sell => tick > self.ladder.bid(),
        };
        let slice = self.makers.lots(self.plan.best_units * (1.0 + self.dice.unit()));
        if behind && self.ladder.at(tick) < slice {
            self.ladder.set(side, tick, slice);
            self.after_action();
        }
    }

    /// A new episode: hidden orders go with it.
    fn episode(&mut self, now: f64) {
        let Some(episode) = self.structure.episode else { return };
        let side = if episode.sign > 0.0 { Side::Buy } else { Side::Sell };
        let rate = 0.4 + self.dice.exponential(0.5);
        let length = 20.0 + self.dice.exponential(60.0);
        self.flow.start_parent(side, rate, now + length);
    }

    fn minute(&mut self) {
        self.structure.minute();
        self.tape.minute(self.now);
        // Busiest around 15 UTC, quietest around 03.
        let hour = (self.now.0 % model::DAY.0) as f64 / model::HOUR.0 as f64;
        let turn = (hour - 15.0) / 24.0 * std::f64::consts::TAU;
        self.hour_factor = 1.0 + 0.3 * libm::cos(turn);
        if self.now.0.is_multiple_of(model::HOUR.0) {
            self.positions.hour();
        }
    }
}

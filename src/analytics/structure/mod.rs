//! Market structure: gaps, breaks, order blocks, pools, sweeps, killzones, liquidation clusters.
//!
//! ```text
//! bar 1 h, 4 h ─▶ track: gaps, pools, breaks, blocks, swings ─┐
//! bar <= 1 h ───▶ sessions: extremes of days, weeks, zones ───┼─▶ queue ─▶ facts, 16 a message
//! trade ────────▶ two comparisons ─▶ touched, filled ─────────┘
//! open interest, mark, forced order, 1 m bar ─▶ clusters ─▶ one record a minute
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `candle.rs` | a plain bar, a fact, the average true range |
//! | `gaps.rs`, `swings.rs`, `breaks.rs`, `blocks.rs`, `pools.rs` | one thing each, on bars alone |
//! | `sessions.rs` | extremes of sessions, killzones |
//! | `track.rs` | all of one interval, in the order of judgement |
//! | `clusters.rs`, `heat.rs` | who would be liquidated where |
//! | `plan.rs` | what is to be computed |
//!
//! **Invariants.** A fact is said once, when it became known, and never rewritten.

#[cfg(feature = "alone")]
pub(crate) mod alone;
mod blocks;
mod breaks;
mod candle;
mod clusters;
mod gaps;
mod heat;
mod plan;
mod pools;
mod sessions;
mod swings;
#[cfg(test)]
mod tests;
mod track;

use std::collections::VecDeque;

use model::{
    Body, DAY, ForceLine, Head, HeatmapLine, Instrument, Interval, Kind, Lots, MINUTE, MarkLine,
    Nanos, Price, Side, Sink, StructureStep, StructureWhat, Trust,
};

pub use blocks::{Block, Blocks};
pub use breaks::Breaks;
pub use candle::{Atr, Candle, Fact};
pub use clusters::{Clusters, Minute, liquidation};
pub use gaps::{Gap, Gaps};
pub use heat::{Heat, Ledger, Weight};
pub use plan::{LiquidationSource, StructurePlan, TIERS, Tier};
pub use pools::Pools;
pub use sessions::{Sessions, killzones, killzones_next};
pub use swings::Swings;
pub use track::Track;

use crate::figures::{Bar, Figures, Now, Print, Scene};
use crate::plan::Plan;

/// Facts that one message says; the others wait for the next.
const FACTS: usize = 16;
/// Facts that wait. Each thing makes at most three while it stands, so that four intervals of 64
/// gaps, blocks and pools, all ended by one trade, would still fit.
const QUEUE: usize = 2_048;
/// Minutes after an unstable one in which clusters stay contaminated: a day, as long as they are
/// uncovered at the start.
const CLUSTERS_FELT: u32 = 1_440;
/// A heatmap older than this says nothing.
const HEATMAP_STALE: Nanos = Nanos(15 * MINUTE.0);

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Structure {
    tracks: Vec<Track>,
    sessions: Sessions,
    // Whose bars the sessions are made and judged on.
    session_interval: Interval,
    // Prices at or below, at or above which a trade changes something.
    below: i64,
    above: i64,
    // T of the last trade: behind it trades may be missing when a hole is seen.
    traded: Nanos,
    queue: VecDeque<(Fact, u8)>,
    // Facts that found the queue full.
    lost: u64,
    zones: u8,
    zones_next: Nanos,
    clusters: Clusters,
    source: LiquidationSource,
    // When the clusters began anew; none when they never did.
    begun: Nanos,
    felt: u32,
    heatmap: Nanos,
    // Quote units of one tick × lot.
    unit: f64,
    tick: i64,
}

impl Structure {
    pub(crate) fn new(instrument: &Instrument, plan: &Plan) -> Self {
        let plan = &plan.structure;
        let slots = plan.slots.max(1);
        let shortest = plan.intervals.iter().copied().min().unwrap_or(Interval::Hour1);
        let mut queue = VecDeque::with_capacity(QUEUE);
        // Touched: the pages are there before the first fact.
        let fact = Fact::at(StructureWhat::All, true, 1, Nanos::NONE);
        queue.resize(QUEUE, (fact, 1));
        queue.clear();
        #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^53")]
        let unit = (instrument.tick.0 as f64 / 1e8) * (instrument.lot.0 as f64 / 1e8);
        Self {
            tracks: plan.intervals.iter().map(|&interval| Track::new(interval, slots)).collect(),
            sessions: Sessions::default(),
            session_interval: shortest.min(Interval::Hour1),
            below: i64::MIN,
            above: i64::MAX,
            traded: Nanos::NONE,
            queue,
            lost: 0,
            zones: 0,
            zones_next: Nanos::NONE,
            clusters: Clusters::new(&plan.tiers),
            source: plan.liquidation_source,
            begun: Nanos::NONE,
            felt: 0,
            heatmap: Nanos::NONE,
            unit,
            tick: instrument.tick.0,
        }
    }

    fn edges(&mut self) {
        (self.below, self.above) = (i64::MIN, i64::MAX);
        for track in &self.tracks {
            let (below, above) = track.edges();
            self.below = self.below.max(below);
            self.above = self.above.min(above);
        }
    }

    /// A trade at an edge: whatever it touches or fills.
    #[cold]
    fn reach(&mut self, price: i64) {
        let Self { tracks, queue, lost, .. } = self;
        for track in tracks {
            let interval = track.interval as u8;
            track.reach(price, price, Trust::SOUND, &mut |fact| put(queue, lost, fact, interval));
        }
        self.edges();
    }

    fn close(&mut self, bar: &Bar<'_>, start: Nanos) {
        let Self { tracks, queue, lost, sessions, .. } = self;
        let mut trust = if bar.is_unstable() { Trust::CONTAMINATED } else { Trust::SOUND };
        if start > bar.time {
            trust = trust.with(Trust::UNCOVERED);
        }
        let line = bar.line;
        let [open, high, low, close] = [line.open, line.high, line.low, line.close].map(|p| p.0);
        let candle = Candle { time: bar.time, open, high, low, close, trust };
        let interval = bar.interval as u8;
        let mut say = |fact| put(queue, lost, fact, interval);
        if bar.interval == self.session_interval {
            sessions.close(&candle, bar.interval.length(), &mut say);
        }
        for track in tracks.iter_mut().filter(|track| track.interval == bar.interval) {
            track.close(&candle, &mut say);
        }
        self.edges();
    }

    /// A minute ended: the own model takes it, and the clusters are said.
    fn minute<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        let (line, sums) = (bar.line, bar.sums);
        let minute = Minute {
            notional: sums.notional.0,
            lots: sums.volume().0,
            close: line.close.0,
            high: line.high.0,
            low: line.low.0,
        };
        self.felt = if bar.is_unstable() { CLUSTERS_FELT } else { self.felt.saturating_sub(1) };
        let own = self.source == LiquidationSource::Own;
        if own {
            self.clusters.close(&minute);
        } else {
            self.clusters.follow(&minute);
        }
        let trust = if own { self.trust(&scene.now) } else { self.heatmap_trust(&scene.now) };
        if trust.has(Trust::MISSING) {
            return scene.voice.say(Kind::HeatInsight, u8::from(!own), trust, [0; 5]);
        }
        let (up, down, lines, count) = self.clusters.read();
        let mark = self.clusters.mark().unwrap_or(0).cast_unsigned();
        let width = self.clusters.heat.width().cast_unsigned();
        let by_trades = u64::from(self.clusters.by_trades());
        let values = [up.to_bits(), down.to_bits(), mark, width, by_trades];
        scene.voice.tell(Kind::HeatInsight, u8::from(!own), trust, values, &lines[..count]);
    }

    /// The own model: missing before open interest was polled; uncovered in its first day, for
    /// what was opened before is not in it, and in a minute without a poll.
    fn trust(&self, now: &Now<'_>) -> Trust {
        if !self.clusters.is_begun() || self.clusters.mark().is_none() {
            return Trust::MISSING;
        }
        let young = now.clock.since(now.start.max(self.begun)) < DAY;
        let mut trust = Trust::SOUND;
        if young || !self.clusters.is_known() {
            trust = trust.with(Trust::UNCOVERED);
        }
        if self.felt > 0 {
            trust = trust.with(Trust::CONTAMINATED);
        }
        trust
    }

    fn heatmap_trust(&self, now: &Now<'_>) -> Trust {
        let stale = self.heatmap == Nanos::NONE || now.clock.since(self.heatmap) > HEATMAP_STALE;
        if stale || self.clusters.mark().is_none() { Trust::MISSING } else { Trust::SOUND }
    }

    /// An external heatmap took the place of the one before.
    #[cold]
    fn heat(&mut self, body: Body<'_>, time: Nanos, mid: Option<i64>) {
        let Some(mark) = self.clusters.mark().or(mid) else { return };
        self.heatmap = time;
        let heat = &mut self.clusters.heat;
        heat.clear();
        heat.follow(mark);
        for at in 0..body.len() {
            let Some(line) = body.view::<HeatmapLine>(at) else { continue };
            for (price, amount) in line.prices.iter().zip(&line.amounts) {
                if price.0 <= 0 || amount.0 <= 0 {
                    continue;
                }
                let quote = clusters::amount(amount.0) / 1e8;
                let lots = quote / (clusters::amount(price.0) * self.unit);
                let (longs, shorts) = if price.0 < mark { (lots, 0.0) } else { (0.0, lots) };
                heat.open(price.0, longs, shorts);
            }
        }
    }

    fn tell_zones<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        let clock = scene.now.clock;
        let before = if self.zones_next == Nanos::NONE { killzones(clock) } else { self.zones };
        self.zones = killzones(clock);
        self.zones_next = killzones_next(clock);
        let values = [u64::from(self.zones), u64::from(before), self.zones_next.0, 0, 0];
        scene.voice.say(Kind::KillzoneInsight, 0, Trust::SOUND, values);
    }

    #[cold]
    fn tell_facts<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        for _ in 0..FACTS {
            let Some((fact, interval)) = self.queue.pop_front() else { return };
            let what = u64::from(fact.what as u8) | u64::from(fact.step as u8) << 8;
            let what = what | u64::from(fact.up) << 16;
            let [top, bottom] = [fact.top, fact.bottom].map(i64::cast_unsigned);
            let values = [top, bottom, fact.time.0, what, fact.share.to_bits()];
            scene.voice.say(Kind::StructureInsight, interval, fact.trust, values);
        }
    }
}

fn put(queue: &mut VecDeque<(Fact, u8)>, lost: &mut u64, fact: Fact, interval: u8) {
    if queue.len() == QUEUE {
        queue.pop_front();
        *lost += 1;
    }
    queue.push_back((fact, interval));
}

impl Figures for Structure {
    // Facts, killzones, clusters with their head.
    const LINES_MAX: usize = FACTS + 1 + 1 + clusters::SAID;

    #[inline]
    fn trade<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, print: &Print) {
        let price = print.price.0;
        self.traded = print.time;
        if price <= self.below || price >= self.above {
            self.reach(price);
        }
    }

    fn bar<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        let kept = self.tracks.iter().any(|track| track.interval == bar.interval);
        if kept || bar.interval == self.session_interval {
            self.close(bar, scene.now.start);
        }
        if bar.interval == Interval::Minute1 {
            self.minute(scene, bar);
        }
    }

    fn mark<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, mark: &MarkLine, _time: Nanos) {
        self.clusters.marked(mark.mark.0.div_euclid(self.tick));
    }

    fn interest<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, lots: Lots, _time: Nanos) {
        if self.source == LiquidationSource::Own {
            self.clusters.interest(lots.0);
        }
    }

    fn force<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, force: &ForceLine, _time: Nanos) {
        let price = if force.average.0 > 0 { force.average } else { force.price };
        let long = force.side == Side::Sell.code();
        if self.source == LiquidationSource::Own {
            self.clusters.forced(price.0.div_euclid(self.tick), force.lots_filled.0, long);
        }
    }

    fn other<S: Sink>(
        &mut self,
        scene: &mut Scene<'_, S>,
        kind: Kind,
        _head: &Head,
        body: Body<'_>,
    ) {
        if kind == Kind::Heatmap && self.source == LiquidationSource::Coinglass {
            self.heat(body, scene.now.clock, scene.now.last.map(|Price(last)| last));
        }
    }

    #[inline]
    fn clock<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if scene.now.clock >= self.zones_next {
            self.tell_zones(scene);
        }
        if !self.queue.is_empty() {
            self.tell_facts(scene);
        }
    }

    fn hole(&mut self, _now: &Now<'_>) {
        let since = self.traded;
        self.tracks.iter_mut().for_each(|track| track.taint(since));
        self.sessions.taint();
        self.felt = CLUSTERS_FELT;
    }

    fn jump(&mut self, now: &Now<'_>) {
        self.tracks.iter_mut().for_each(Track::clear);
        self.sessions.clear();
        self.clusters.clear();
        (self.felt, self.heatmap, self.zones_next) = (0, Nanos::NONE, Nanos::NONE);
        (self.traded, self.begun) = (Nanos::NONE, now.clock);
        self.edges();
        let fact = Fact::at(StructureWhat::All, true, 0, now.clock);
        put(&mut self.queue, &mut self.lost, fact.step(StructureStep::Forgotten), 0);
    }
}

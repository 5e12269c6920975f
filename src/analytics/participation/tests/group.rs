//! The group as a stage hears it: when readings come, what they hold, what they say of holes.

use bytemuck::Zeroable as _;
use model::{
    BarLine, BarSumsLine, ClusterCounts, ClustersInsight, Flags, Insight, Interval, Kind,
    KlineLine, KlineSumsLine, Line, Lots, MINUTE, Nanos, Notional, ParticipationInsight, Price,
    Side, Trust, UrgencyLine,
};

use crate::participation::frame::lacks;
use crate::participation::report::READING_LINES;
use crate::participation::{INTERVALS, Participation, READINGS_MAX};
use crate::tests::feed::{self, Print};
use crate::{Kept, Plan, figures::Figures};

const START: u64 = 1_704_067_200_000_000_000;

#[derive(Clone, Copy)]
struct Open {
    bar: BarLine,
    sums: BarSumsLine,
}

/// A stage with this group and those it reads, and a small book in front of it.
struct Feed {
    feed: feed::Feed,
    clock: u64,
    open: [Open; 3],
    // Readings with the number of the message that brought them.
    said: Vec<(u64, Insight, Vec<Line>)>,
    most: usize,
}

impl Feed {
    fn new() -> Self {
        let groups = Kept { participation: true, indicators: true, prints: true, ..Kept::NONE };
        let plan = Plan { tape_slots: 1024, windows: Vec::new(), groups, ..Plan::default() };
        let open = Open { bar: BarLine::zeroed(), sums: BarSumsLine::zeroed() };
        let feed = feed::Feed::new(plan);
        Self { feed, clock: START, open: [open; 3], said: Vec::new(), most: 0 }
    }

    fn take(&mut self, kind: Kind, flags: Flags, body: &[Line]) {
        self.feed.take(kind, self.clock, flags, body);
        self.keep();
    }

    fn keep(&mut self) {
        let ours = 182..190_u16;
        assert!(self.feed.lines(|kind| ours.contains(&kind)) <= Participation::LINES_MAX);
        let (at, before) = (self.feed.sequence, self.said.len());
        let said = self.feed.said.drain(..).filter(|(insight, _)| ours.contains(&insight.kind));
        self.said.extend(said.map(|(insight, body)| (at, insight, body)));
        self.most = self.most.max(self.said.len() - before);
    }

    fn trade(&mut self, price: i64, side: Side, lots: i64) {
        for Open { bar, sums } in &mut self.open {
            if sums.trades == 0 {
                (bar.open, bar.high, bar.low) = (Price(price), Price(price), Price(price));
            }
            (bar.high, bar.low) = (bar.high.max(Price(price)), bar.low.min(Price(price)));
            bar.close = Price(price);
            match side {
                Side::Buy => sums.buys += Lots(lots),
                Side::Sell => sums.sells += Lots(lots),
            }
            sums.notional += Price(price) * Lots(lots);
            sums.trades += 1;
        }
        self.feed.trade(Print { time: self.clock, price, side, lots }, Flags::default());
        self.keep();
    }

    /// Closes what ends at the clock.
    fn close(&mut self, unstable: bool, run: u64) {
        for (at, interval) in INTERVALS.into_iter().enumerate() {
            let length = interval.length().0;
            let Open { bar, sums } = &mut self.open[at];
            bar.unstable |= u8::from(unstable);
            if !self.clock.is_multiple_of(length) {
                continue;
            }
            let run = (run * 5 * MINUTE.0 / length).max(1);
            bar.time_open = Nanos(self.clock - run * length);
            (bar.interval, bar.run) = (interval as u8, run);
            let lines = [Line::of(*bar), Line::of(*sums)];
            let close = bar.close;
            (*bar, *sums) = (BarLine::zeroed(), BarSumsLine::zeroed());
            (bar.open, bar.high, bar.low, bar.close) = (close, close, close, close);
            self.take(Kind::Bar, Flags::default(), &lines);
        }
    }

    /// Five minutes of trades, and what closes then.
    fn five(&mut self, at: u64, unstable: bool) {
        let drift = [0, 40, -25, 60, -70][usize::try_from(at % 5).expect("small")];
        for step in 0..50_i64 {
            self.clock += 5 * MINUTE.0 / 60;
            let price = 640_000 + drift * 10 + step * drift / 2 + (step * step * 37) % 900;
            let side = if (step * 7 + drift) % 3 == 0 { Side::Sell } else { Side::Buy };
            self.trade(price, side, 1 + (step * 13) % 29);
        }
        self.clock = START + (at + 1) * 5 * MINUTE.0;
        self.close(unstable, 1);
    }

    fn readings(&self, kind: Kind, of: Interval) -> Vec<&(u64, Insight, Vec<Line>)> {
        let is = |insight: &Insight| insight.kind == kind as u16 && insight.window == of as u8;
        self.said.iter().filter(|(_, insight, _)| is(insight)).collect()
    }
}

const _: () = {
    assert!(Participation::LINES_MAX <= 256 && Participation::LINES_MAX == 3 * READING_LINES);
    assert!(READINGS_MAX == 3);
};

#[test]
fn a_reading_a_bar_a_few_events_after_its_close() {
    let mut feed = Feed::new();
    for at in 0..288 {
        feed.five(at, false);
    }
    feed.five(288, false);
    assert_eq!(feed.most, 3, "one reading a message: bar, clusters, timeframes");
    for (interval, bars) in INTERVALS.into_iter().zip([289, 96, 48]) {
        let said = feed.readings(Kind::ParticipationInsight, interval);
        let missing = usize::from(interval == Interval::Minute5);
        // The last 5 m bar closed with the last message; its reading waits for the next event.
        assert!(said.len() + missing >= bars, "{} of {bars} {interval:?}", said.len());
        let mut volume = Vec::new();
        for (at, (number, insight, body)) in said.iter().enumerate() {
            let bar: &ParticipationInsight = insight.view();
            let length = interval.length().0;
            assert_eq!(bar.time_open.0, START + at as u64 * length);
            let close = bar.time_open.0 + length;
            assert!(insight.time_venue.0 >= close && insight.time_venue.0 < close + MINUTE.0);
            assert_eq!((body.len(), usize::from(insight.lines)), (3, 3));
            volume.push(bar.volume.0);
            // What closes with it comes apart from it.
            let alone = |kind: Kind| {
                feed.said.iter().filter(|one| one.0 == *number && one.1.kind == kind as u16).count()
            };
            assert_eq!(alone(Kind::ParticipationInsight), 1);
            let urgency: &UrgencyLine = body[2].view();
            assert_eq!(urgency.size.is_nan(), bar.labels.state == 0);
        }
        let clusters = feed.readings(Kind::ClustersInsight, interval);
        for (at, (_, insight, body)) in clusters.iter().enumerate() {
            let clusters: &ClustersInsight = insight.view();
            let counts: ClusterCounts = clusters.counts;
            let first = (at + 1).saturating_sub(96);
            assert_eq!(usize::from(counts.bars), at + 1 - first);
            let sum: i64 = volume[first..=at].iter().sum();
            assert_eq!(clusters.volume.0, sum, "{interval:?} {at}: every lot of its bars");
            assert_eq!(body.len(), 1 + usize::from(counts.found).min(16));
            assert_eq!(counts.lacks & lacks::OFI, lacks::OFI, "there is no book");
            assert_eq!(insight.trust.has(Trust::MISSING), at + 1 < 48);
        }
        assert!(clusters.iter().any(|(_, _, body)| body.len() > 1), "some cluster was found");
    }
    let five = feed.readings(Kind::ParticipationInsight, Interval::Minute5);
    assert!(five[10].1.trust.has(Trust::UNCOVERED));
    assert!(!five.iter().any(|(_, insight, _)| insight.trust.has(Trust::CONTAMINATED)));
    // ATR 14 needs 15 bars, a slope 3 before, an acceleration one more.
    let state = |at: usize| five[at].1.view::<ParticipationInsight>().labels.state;
    assert_eq!((state(14), state(15) != 0), (0, true));
}

#[test]
fn a_hole_is_held_against_what_it_reaches() {
    let mut feed = Feed::new();
    let reach = 288 + 64;
    for at in 0..10 + reach + 2 {
        feed.five(at, at == 10);
    }
    let said = feed.readings(Kind::ParticipationInsight, Interval::Minute5);
    let contaminated: Vec<usize> =
        (0..said.len()).filter(|&at| said[at].1.trust.has(Trust::CONTAMINATED)).collect();
    let want: Vec<usize> = (10..usize::try_from(10 + reach).expect("small")).collect();
    assert_eq!(contaminated, want);
}

#[test]
fn a_silence_speaks_for_its_last_two_bars() {
    let mut feed = Feed::new();
    for at in 0..60 {
        feed.five(at, false);
    }
    feed.clock = START + 150 * 5 * MINUTE.0;
    feed.close(false, 90);
    for _ in 0..20 {
        feed.clock += 1;
        feed.trade(640_000, Side::Buy, 1);
    }
    let said = feed.readings(Kind::ClustersInsight, Interval::Minute5);
    let times: Vec<u64> = said
        .iter()
        .map(|(_, insight, _)| {
            (insight.view::<ClustersInsight>().time_open.0 - START) / (5 * MINUTE.0)
        })
        .collect();
    let want: Vec<u64> = (0..60).chain([148, 149]).collect();
    assert_eq!(times, want);
    let last: &ClustersInsight = said[61].1.view();
    assert_eq!(last.counts.bars, 96);
    assert!(last.volume.0 > 0 && last.volume.0 < said[59].1.view::<ClustersInsight>().volume.0);
}

fn candle(interval: Interval, time: u64) -> [Line; 2] {
    let kline = KlineLine {
        time_open: Nanos(time),
        open: Price(640_000),
        high: Price(641_000),
        low: Price(639_500),
        close: Price(640_800),
        first: 1,
        last: 9,
        interval: interval as u8,
        closed: 1,
        reserved: [0; 6],
    };
    let sums = KlineSumsLine {
        notional: Notional(640_300 * 7_001),
        buy_notional: Notional(640_300 * 4_000),
        lots: Lots(7_001),
        buy_lots: Lots(4_000),
        trades: 9,
        reserved: 0,
    };
    [Line::of(kline), Line::of(sums)]
}

#[test]
fn candles_of_before_stand_in_for_bars() {
    let mut feed = Feed::new();
    for back in (1..=60).rev() {
        let lines = candle(Interval::Minute5, START - back * 5 * MINUTE.0);
        feed.take(Kind::Kline, Flags::HISTORY, &lines);
    }
    feed.five(0, false);
    // Behind a bar of trades no candle is taken, nor one that is not history.
    feed.take(Kind::Kline, Flags::HISTORY, &candle(Interval::Minute5, feed.clock));
    feed.take(Kind::Kline, Flags::default(), &candle(Interval::Minute5, feed.clock));
    feed.five(1, false);
    feed.trade(640_000, Side::Buy, 1);
    let said = feed.readings(Kind::ClustersInsight, Interval::Minute5);
    let first: &ClustersInsight = said[0].1.view();
    let bars = feed.readings(Kind::ParticipationInsight, Interval::Minute5);
    let own: i64 =
        bars[..2].iter().map(|(_, i, _)| i.view::<ParticipationInsight>().volume.0).sum();
    assert_eq!(first.counts.bars, 61);
    assert_ne!(first.counts.lacks & lacks::TRADES_OF_RANGE, 0);
    let second: &ClustersInsight = said[1].1.view();
    assert_eq!(second.volume.0, 60 * 7_001 + own, "to the lot");
    assert!(!said[0].1.trust.has(Trust::MISSING) && said[0].1.trust.has(Trust::UNCOVERED));
}

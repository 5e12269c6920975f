//! The group as the stage runs it: facts when they become known, trust, how much one message says.

use bytemuck::{Pod, Zeroable};
use model::{
    BarSumsLine, DAY, Fine, Flags, ForceLine, HOUR, HeatInsight, HeatLine, HeatmapLine, Interval,
    KillzoneInsight, Kind, Line, Lots, MINUTE, MarkLine, Nanos, Notional, OpenInterestLine, Price,
    Side, StructureInsight, StructureStep as Step, StructureWhat as What, Trust,
};

use super::super::{LiquidationSource, Structure, StructurePlan};
use crate::figures::Figures;
use crate::tests::feed::{self, Print, bar_of};
use crate::{Kept, Plan};

/// All that the group said.
#[derive(Default)]
struct Said {
    facts: Vec<StructureInsight>,
    zones: Vec<KillzoneInsight>,
    clusters: Vec<(HeatInsight, Vec<HeatLine>)>,
}

struct Feed {
    feed: feed::Feed,
    said: Said,
    // Lines of the message that said most.
    most: usize,
}

impl Feed {
    fn new(structure: StructurePlan) -> Self {
        let groups = Kept { structure: true, ..Kept::NONE };
        let plan =
            Plan { tape_slots: 1024, windows: Vec::new(), groups, structure, ..Plan::default() };
        Self { feed: feed::Feed::new(plan), said: Said::default(), most: 0 }
    }

    fn take<T: Pod>(&mut self, kind: Kind, time: u64, flags: Flags, body: &[T]) {
        self.feed.take(kind, time, flags, body);
        self.keep();
    }

    fn keep(&mut self) {
        let ours = [Kind::StructureInsight, Kind::KillzoneInsight, Kind::HeatInsight];
        let lines = self.feed.lines(|number| ours.iter().any(|kind| *kind as u16 == number));
        self.most = self.most.max(lines);
        for (insight, body) in self.feed.said.drain(..) {
            match insight.kind() {
                Some(Kind::StructureInsight) => self.said.facts.push(*insight.view()),
                Some(Kind::KillzoneInsight) => self.said.zones.push(*insight.view()),
                Some(Kind::HeatInsight) => {
                    let body = body.iter().map(|line| *line.view()).collect();
                    self.said.clusters.push((*insight.view(), body));
                }
                _ => {}
            }
        }
    }

    /// A closed bar, and the message that closed it: one that no group reads.
    fn bar(&mut self, interval: Interval, time: u64, prices: [i64; 4], unstable: bool) {
        let sums = BarSumsLine {
            buys: Lots(10),
            notional: Notional(i128::from(prices[3]) * 10),
            ..BarSumsLine::zeroed()
        };
        let end = time + interval.length().0;
        self.feed.bar(end, bar_of(interval, time, prices, unstable), sums);
        self.keep();
        self.take::<Line>(Kind::Audit, end, Flags::default(), &[]);
    }

    fn trade(&mut self, time: u64, price: i64, flags: Flags) {
        self.feed.trade(Print { time, price, side: Side::Buy, lots: 1 }, flags);
        self.keep();
    }

    fn mark(&mut self, time: u64, ticks: i64) {
        let mark = MarkLine { mark: Fine(ticks * 10_000_000), ..MarkLine::zeroed() };
        self.take(Kind::Mark, time, Flags::default(), &[mark]);
    }

    fn interest(&mut self, time: u64, lots: i64) {
        let line = OpenInterestLine { lots: Lots(lots), reserved: [0; 7] };
        self.take(Kind::OpenInterest, time, Flags::default(), &[line]);
    }

    fn steps(&mut self) -> Vec<(What, Step, Trust)> {
        let facts = std::mem::take(&mut self.said.facts);
        let code = |fact: &StructureInsight| {
            let what = What::from_code(fact.what).expect("a kind");
            (what, Step::from_code(fact.step).expect("a step"), fact.trust)
        };
        facts.iter().map(code).collect()
    }
}

/// 20 000 days after 1970, 01:00.
const START: u64 = 20_000 * DAY.0 + HOUR.0;

/// Three hours that leave a bullish gap from 1 100 to 1 200.
fn gap(feed: &mut Feed, unstable: usize) {
    feed.trade(START, 1_000, Flags::default());
    let bars =
        [[1_000, 1_100, 950, 1_050], [1_050, 1_300, 1_040, 1_280], [1_280, 1_400, 1_200, 1_350]];
    for (at, prices) in bars.into_iter().enumerate() {
        feed.bar(Interval::Hour1, START + at as u64 * HOUR.0, prices, at == unstable);
    }
}

#[test]
fn a_gap_is_said_when_known_and_touched_by_the_trade_itself() {
    let mut feed = Feed::new(StructurePlan::default());
    gap(&mut feed, 9);
    let fact = feed.said.facts[0];
    assert_eq!((fact.top, fact.bottom), (Price(1_200), Price(1_100)));
    assert_eq!((fact.time, fact.up), (Nanos(START + HOUR.0), 1));
    assert_eq!(fact.window, Interval::Hour1 as u8);
    assert_eq!(fact.time_venue, Nanos(START + 3 * HOUR.0));
    assert_eq!(feed.steps(), [(What::Gap, Step::Created, Trust::SOUND)]);
    let now = START + 3 * HOUR.0 + 1;
    feed.trade(now, 1_201, Flags::default());
    assert!(feed.steps().is_empty());
    feed.trade(now, 1_150, Flags::default());
    assert_eq!((feed.said.facts[0].share, feed.said.facts[0].time_venue), (0.5, Nanos(now)));
    assert_eq!(feed.steps(), [(What::Gap, Step::Touched, Trust::SOUND)]);
    feed.trade(now + 1, 1_150, Flags::default());
    assert!(feed.steps().is_empty(), "a fact is said once");
    feed.trade(now + 2, 1_000, Flags::default());
    assert_eq!(feed.steps(), [(What::Gap, Step::Filled, Trust::SOUND)]);
}

#[test]
fn holes_and_unstable_bars_stay_with_what_they_touch() {
    let contaminated = Trust::CONTAMINATED;
    for unstable in 0..3 {
        let mut feed = Feed::new(StructurePlan::default());
        gap(&mut feed, unstable);
        assert_eq!(feed.steps(), [(What::Gap, Step::Created, contaminated)]);
    }
    // The hole shows after the bars closed, but the last trade before it was in the first bar:
    // all three may lack trades.
    let mut feed = Feed::new(StructurePlan::default());
    gap(&mut feed, 9);
    feed.steps();
    feed.trade(START + 3 * HOUR.0, 1_100, Flags::GAP);
    assert_eq!(
        feed.steps(),
        [(What::Gap, Step::Touched, contaminated), (What::Gap, Step::Filled, contaminated)]
    );
    // A fourth bar makes a gap with two of the doubtful ones.
    feed.bar(Interval::Hour1, START + 3 * HOUR.0, [1_350, 1_600, 1_340, 1_590], false);
    assert_eq!(feed.steps(), [(What::Gap, Step::Created, contaminated)]);
}

#[test]
fn a_first_bar_that_was_not_seen_whole_is_uncovered() {
    let mut feed = Feed::new(StructurePlan::default());
    feed.trade(START + 1, 1_000, Flags::default());
    gap(&mut feed, 9);
    assert_eq!(feed.steps(), [(What::Gap, Step::Created, Trust::UNCOVERED)]);
}

#[test]
fn a_jump_forgets_everything_and_says_so() {
    let mut feed = Feed::new(StructurePlan::default());
    gap(&mut feed, 9);
    feed.steps();
    let later = START + 100 * DAY.0;
    feed.trade(later, 1_350, Flags::JUMP);
    assert_eq!(feed.steps(), [(What::All, Step::Forgotten, Trust::SOUND)]);
    feed.trade(later + 1, 1_000, Flags::default());
    assert!(feed.steps().is_empty(), "nothing is left to be touched");
}

#[test]
fn killzones_are_said_when_they_change() {
    let mut feed = Feed::new(StructurePlan::default());
    for minute in 0..24 * 60 {
        feed.mark(START - HOUR.0 + minute * MINUTE.0, 1_000);
    }
    let zones: Vec<_> = feed.said.zones.iter().map(|said| (said.before, said.zones)).collect();
    assert_eq!(zones, [(1, 1), (1, 3), (3, 2), (2, 14), (14, 4), (4, 0)]);
    assert_eq!(feed.said.zones[0].time_next, Nanos(START + 6 * HOUR.0));
}

#[test]
fn clusters_are_said_each_minute_with_their_trust() {
    let mut feed = Feed::new(StructurePlan::default());
    let minute = |feed: &mut Feed, at: u64, unstable| {
        feed.bar(Interval::Minute1, START + at * MINUTE.0, [640_000; 4], unstable);
        feed.said.clusters.pop().expect("one a minute")
    };
    let (head, body) = minute(&mut feed, 0, false);
    assert!(head.trust == Trust::MISSING && body.is_empty() && head.up == 0.0);
    for at in 1..=2 {
        feed.mark(START + at * MINUTE.0, 640_000);
        feed.interest(START + at * MINUTE.0, 1_000 * i64::try_from(at).expect("small"));
        let (head, _) = minute(&mut feed, at, false);
        assert_eq!(head.trust, Trust::UNCOVERED);
    }
    let (head, body) = minute(&mut feed, 3, false);
    assert_eq!(head.lines, 8);
    assert_eq!((head.mark, head.by_trades), (Price(640_000), 1));
    assert!(head.up > 0.0 && head.down > 0.0 && head.bin_ticks == 512);
    assert!(body.iter().all(|line| line.high.0 - line.low.0 == 512));
    let above = body.iter().filter(|line| line.distance > 0.0);
    assert!(above.clone().count() > 0 && above.clone().all(|line| line.longs == 0.0));
    // A forced short: 100x, at 643 824.
    let force = ForceLine {
        average: Fine(643_824 * 10_000_000),
        lots_filled: Lots(100),
        side: Side::Buy.code(),
        ..ForceLine::zeroed()
    };
    let before = head.up;
    feed.take(Kind::Force, START + 4 * MINUTE.0, Flags::default(), &[force]);
    let (head, _) = minute(&mut feed, 4, true);
    assert!(head.up < before * 0.6, "{} of {before}", head.up);
    assert!(head.trust.has(Trust::CONTAMINATED));
    assert!(minute(&mut feed, 5, false).0.trust.has(Trust::CONTAMINATED), "it stays");
}

#[test]
fn an_external_heatmap_takes_the_models_place() {
    let source = LiquidationSource::Coinglass;
    let mut feed =
        Feed::new(StructurePlan { liquidation_source: source, ..StructurePlan::default() });
    let minute = |feed: &mut Feed, at: u64| {
        feed.bar(Interval::Minute1, START + at * MINUTE.0, [640_000; 4], false);
        feed.said.clusters.pop().expect("one a minute")
    };
    feed.mark(START, 640_000);
    assert_eq!(minute(&mut feed, 0).0.trust, Trust::MISSING);
    let line = HeatmapLine {
        prices: [Price(630_000), Price(640_600), Price(650_000), Price(0)],
        amounts: [Fine(200_000_000 * 1_000_000), Fine(0), Fine(100_000_000 * 1_000_000), Fine(0)],
    };
    feed.take(Kind::Heatmap, START + MINUTE.0, Flags::default(), &[line]);
    let (head, body) = minute(&mut feed, 1);
    assert_eq!((head.trust, head.window, body.len()), (Trust::SOUND, 1, 2));
    assert!(body[0].notional > body[1].notional && body[0].shorts == 0.0 && body[1].longs == 0.0);
    // 2 000 000 USDT at 63 000 are 31 746 lots of 0.001.
    assert!((body[0].longs - 31_746.03).abs() < 0.1, "{}", body[0].longs);
    assert!(minute(&mut feed, 30).0.trust == Trust::MISSING, "a heatmap grows old");
}

#[test]
fn one_message_says_no_more_than_it_may() {
    let every = [Interval::Minute5, Interval::Minute15, Interval::Hour1, Interval::Hour4];
    let mut feed =
        Feed::new(StructurePlan { intervals: every.to_vec(), ..StructurePlan::default() });
    feed.trade(START, 10_000, Flags::default());
    feed.interest(START, 1_000);
    // A steep rise in every interval leaves many gaps; one trade falls through all of them.
    let mut price = 10_000;
    for at in 0..600_u64 {
        price += 100;
        for interval in every {
            feed.bar(
                interval,
                START + at * interval.length().0,
                [price, price + 120, price - 10, price + 110],
                false,
            );
        }
    }
    feed.mark(feed.feed.clock, price);
    for _ in 0..100 {
        feed.mark(feed.feed.clock, price);
    }
    feed.steps();
    feed.trade(feed.feed.clock, 1, Flags::default());
    assert_eq!(feed.steps().len(), 16, "no more than sixteen at once");
    feed.interest(feed.feed.clock, 500_000);
    feed.bar(Interval::Minute1, feed.feed.clock, [price; 4], false);
    let mut more = 0;
    for _ in 0..100 {
        feed.mark(feed.feed.clock, price);
        more += feed.steps().len();
    }
    assert!(more > 200, "the others follow: {more}");
    assert!(feed.most <= Structure::LINES_MAX, "{}", feed.most);
    const { assert!(Structure::LINES_MAX <= 64) };
}

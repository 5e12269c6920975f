//! What every rule of the group says, and what it must equal.

use bytemuck::Zeroable;
use model::{
    BarSumsLine, BookLine, BookState, DepthForm, DepthLine, DrainLine, Fine, Flags, ForceLine,
    FundingInsight, HOUR, Head, Insight, InterestInsight, Interval, Kind, Line,
    LiquidationsInsight, LiquidityInsight, Lots, MINUTE, MarkLine, Nanos, OfiInsight,
    OpenInterestLine, Price, QuoteLine, RegimeInsight, SECOND, Side, SpikeInsight, TradeLine,
    Trust, missing,
};

use super::fate::{Fate, Minute};
use super::{DepthPlan, OfiSource};
use crate::figures::Figures;
use crate::tests::feed::{Feed, bar_of};
use crate::{Kept, Plan};

/// Noon of a UTC day.
pub(super) const NOON: u64 = 1_721_304_000 * SECOND.0;
pub(super) const MILLI: u64 = 1_000_000;

/// A stage with this group alone.
struct Bench {
    feed: Feed,
}

impl Bench {
    fn new(ofi: OfiSource) -> Self {
        Self {
            feed: Feed::new(Plan {
                tape_slots: 16,
                windows: vec![],
                depth: DepthPlan { ofi },
                groups: Kept { depth: true, ..Kept::NONE },
                ..Plan::default()
            }),
        }
    }

    /// A message at milliseconds after noon; what the group said.
    fn take(&mut self, kind: Kind, id: u64, millis: u64, body: &[Line]) -> Vec<Insight> {
        let head = Head { id, ..self.feed.head(kind, NOON + millis * MILLI) };
        self.send(head, body)
    }

    fn send(&mut self, head: Head, body: &[Line]) -> Vec<Insight> {
        let said = self.feed.send(head, body).iter().map(|(insight, _)| *insight);
        let own: Vec<Insight> = said.filter(|said| (156..=165).contains(&said.kind)).collect();
        assert!(own.len() <= super::Depth::LINES_MAX);
        own
    }

    fn quote(&mut self, id: u64, millis: u64, best: [i64; 4]) {
        let [bid, bid_lots, ask, ask_lots] = best;
        let said = self.take(
            Kind::Quote,
            id,
            millis,
            &[Line::of(QuoteLine {
                bid: Price(bid),
                bid_lots: Lots(bid_lots),
                ask: Price(ask),
                ask_lots: Lots(ask_lots),
                bid_fine: Fine(bid * 10_000_000),
                ask_fine: Fine(ask * 10_000_000),
                reserved: [0; 2],
            })],
        );
        assert!(said.is_empty());
    }

    fn book(&mut self, millis: u64, best: [i64; 4], state: BookState) {
        let [bid, bid_lots, ask, ask_lots] = best;
        self.take(
            Kind::Book,
            0,
            millis,
            &[Line::of(BookLine {
                bid: Price(bid),
                bid_lots: Lots(bid_lots),
                ask: Price(ask),
                ask_lots: Lots(ask_lots),
                bid_depth: Lots(bid_lots),
                ask_depth: Lots(ask_lots),
                bid_levels: 10,
                ask_levels: 10,
                state: state.code(),
                ..BookLine::zeroed()
            })],
        );
    }

    /// Closes a bar that began so many milliseconds after noon.
    fn bar(&mut self, interval: Interval, open: u64, millis: u64) -> Vec<Insight> {
        let bar = bar_of(interval, NOON + open * MILLI, [0; 4], false);
        self.take(Kind::Bar, 0, millis, &[Line::of(bar), Line::of(BarSumsLine::zeroed())])
    }
}

fn ofi_of(said: &[Insight]) -> OfiInsight {
    let of = |insight: &&Insight| insight.kind == Kind::OfiInsight as u16;
    *said.iter().find(of).expect("an OFI").view()
}

#[test]
fn a_bar_has_the_flow_of_its_own_time() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    bench.quote(1, 0, [100, 5, 101, 7]);
    bench.quote(2, 59_999, [100, 9, 101, 7]);
    // Behind the bar's end, before it closes.
    bench.quote(3, 60_000, [100, 9, 101, 9]);
    bench.quote(4, 60_400, [100, 9, 101, 8]);
    // Of the open bar, late.
    bench.quote(5, 59_998, [100, 8, 101, 8]);
    let ofi = ofi_of(&bench.bar(Interval::Minute1, 0, 60_500));
    assert_eq!((ofi.sum, ofi.absolute), (Lots(4 - 1), Lots(4 + 1)));
    assert_eq!(ofi.ratio, 3.0 / 5.0);
    assert_eq!(ofi.trust, Trust::SOUND);
    assert_eq!(missing::ratio(ofi.percentile), None);
    // Behind the close a time in the closed bar counts in the open one.
    bench.quote(6, 59_000, [100, 10, 101, 8]);
    let ofi = ofi_of(&bench.bar(Interval::Minute1, 60_000, 120_500));
    assert_eq!((ofi.sum, ofi.absolute), (Lots(-2 + 1 + 2), Lots(2 + 1 + 2)));
    // A bar in which the best never changed: sums are zero, their quotient is none.
    let ofi = ofi_of(&bench.bar(Interval::Minute1, 120_000, 180_500));
    assert_eq!((ofi.sum, ofi.absolute, ofi.trust), (Lots(0), Lots(0), Trust::SOUND));
    assert_eq!(missing::ratio(ofi.ratio), None);
    // Three bars of a minute are one of three.
    let ofi = ofi_of(&bench.bar(Interval::Minute3, 0, 180_500));
    assert_eq!((ofi.sum, ofi.absolute), (Lots(4), Lots(10)));
}

#[test]
fn quotes_count_in_order_of_u_and_never_with_the_book() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    bench.book(0, [100, 5, 101, 7], BookState::Trusted);
    bench.book(10_000, [100, 6, 101, 7], BookState::Trusted);
    bench.quote(10, 20_000, [100, 50, 101, 70]);
    bench.book(21_000, [100, 7, 101, 7], BookState::Trusted);
    bench.quote(12, 30_000, [100, 51, 101, 70]);
    bench.quote(11, 31_000, [100, 99, 101, 70]);
    bench.quote(12, 32_000, [100, 98, 101, 70]);
    bench.quote(13, 33_000, [100, 53, 101, 70]);
    let ofi = ofi_of(&bench.bar(Interval::Minute1, 0, 60_500));
    // The book's +1 is gone: the quotes came in this bar.
    assert_eq!((ofi.sum, ofi.absolute), (Lots(3), Lots(3)));
    assert_eq!(ofi.trust, Trust::CONTAMINATED.with(Trust::UNCOVERED));
    let ofi = ofi_of(&bench.bar(Interval::Minute1, 60_000, 120_500));
    assert_eq!(ofi.trust, Trust::SOUND);

    let mut bench = Bench::new(OfiSource::Book);
    bench.quote(10, 0, [100, 50, 101, 70]);
    bench.book(0, [100, 5, 101, 7], BookState::Trusted);
    bench.quote(11, 10_000, [100, 60, 101, 70]);
    bench.book(20_000, [100, 6, 101, 7], BookState::Trusted);
    let ofi = ofi_of(&bench.bar(Interval::Minute1, 0, 60_500));
    assert_eq!((ofi.sum, ofi.absolute, ofi.trust), (Lots(1), Lots(1), Trust::SOUND));
}

#[test]
fn no_flow_crosses_a_resync() {
    for quotes in [false, true] {
        let mut bench = Bench::new(OfiSource::BookTicker);
        let best = |bench: &mut Bench, id, millis, best| {
            if quotes {
                bench.quote(id, millis, best);
            } else {
                bench.book(millis, best, BookState::Trusted);
            }
        };
        best(&mut bench, 1, 0, [100, 5, 101, 7]);
        best(&mut bench, 2, 1_000, [100, 6, 101, 7]);
        bench.book(2_000, [0; 4], BookState::Unsynced);
        if quotes {
            bench.quote(3, 2_500, [100, 60, 101, 7]);
        }
        bench.book(3_000, [90, 5, 91, 7], BookState::Trusted);
        best(&mut bench, 4, 3_000, [90, 5, 91, 7]);
        best(&mut bench, 5, 4_000, [90, 7, 91, 7]);
        let ofi = ofi_of(&bench.bar(Interval::Minute1, 0, 60_500));
        assert_eq!((ofi.sum, ofi.absolute), (Lots(1 + 2), Lots(1 + 2)), "quotes: {quotes}");
        assert!(ofi.trust.has(Trust::CONTAMINATED));
        let ofi = ofi_of(&bench.bar(Interval::Minute1, 60_000, 120_500));
        assert_eq!(ofi.trust, Trust::SOUND);
    }
}

#[test]
fn less_than_half_a_bar_is_no_bar() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    bench.take(Kind::Mark, 0, 0, &[Line::ZERO]);
    bench.quote(1, 30_001, [100, 5, 101, 7]);
    assert!(ofi_of(&bench.bar(Interval::Minute1, 0, 60_500)).trust.has(Trust::MISSING));
    let mut bench = Bench::new(OfiSource::BookTicker);
    bench.take(Kind::Mark, 0, 0, &[Line::ZERO]);
    bench.quote(1, 30_000, [100, 5, 101, 7]);
    assert_eq!(ofi_of(&bench.bar(Interval::Minute1, 0, 60_500)).trust, Trust::UNCOVERED);
}

#[test]
fn a_minutes_regime_has_the_last_reading_of_each_second() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    let mut naive = vec![];
    for second in 0..60_u64 {
        let (bid, ask) = (10 + i64::try_from(second % 7).unwrap(), 20);
        bench.book(second * 1_000, [100, 1, 101, 90], BookState::Trusted);
        bench.book(second * 1_000 + 999, [100, bid, 101, ask], BookState::Trusted);
        #[expect(clippy::cast_precision_loss, reason = "small")]
        naive.push((bid - ask) as f64 / (bid + ask) as f64);
    }
    // Of the next minute, before this one closes.
    bench.book(60_100, [100, 1, 101, 1], BookState::Trusted);
    let said = bench.bar(Interval::Minute1, 0, 60_500);
    let of = |insight: &&Insight| insight.kind == Kind::RegimeInsight as u16;
    let regime: RegimeInsight = *said.iter().find(of).expect("a regime").view();
    let mean = naive.iter().sum::<f64>() / 60.0;
    let variance = naive.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 60.0;
    assert!((regime.mean - mean).abs() < 1e-14);
    assert!((regime.deviation - libm::sqrt(variance)).abs() < 1e-14);
    assert_eq!((regime.samples, regime.suppressed, regime.trust), (60, 0, Trust::SOUND));
    // Too few for a mean; what was suppressed is counted.
    for second in 60..80 {
        bench.book(second * 1_000 + 500, [100, 0, 101, 0], BookState::Trusted);
    }
    let said = bench.bar(Interval::Minute1, 60_000, 120_500);
    let regime: RegimeInsight = *said.iter().find(of).expect("a regime").view();
    assert_eq!((regime.samples, regime.suppressed), (0, 20));
    assert_eq!(missing::ratio(regime.mean), None);
}

#[test]
fn open_interest_looks_back_five_minutes() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    let poll = |bench: &mut Bench, second: u64, lots: i64| {
        let line = OpenInterestLine { lots: Lots(lots), reserved: [0; 7] };
        let said = bench.take(Kind::OpenInterest, 0, second * 1_000, &[Line::of(line)]);
        said.first().map(|insight| *insight.view::<InterestInsight>())
    };
    let mut last = None;
    for at in 0..=10_u64 {
        last = poll(&mut bench, at * 15, 1_000 + 2 * 15 * i64::try_from(at).unwrap());
        let slope = last.and_then(|look| missing::ratio(look.slope));
        assert_eq!(slope, (at == 10).then_some(2.0), "half the window is 150 s");
    }
    assert_eq!(missing::whole(last.expect("a poll").change.0), None);
    assert_eq!(last.expect("a poll").trust, Trust::UNCOVERED);
    assert_eq!(poll(&mut bench, 150, 9), None, "the venue repeats a time");
    // 300 s ago falls between polls: the one before counts.
    for at in 11..=19_u64 {
        poll(&mut bench, at * 15, 1_300);
    }
    let look = poll(&mut bench, 307, 1_500).expect("a poll");
    assert_eq!((look.change, look.trust), (Lots(500), Trust::SOUND));
    // Three polls failed.
    assert!(bench.take(Kind::Mark, 0, 352_000, &[Line::ZERO]).is_empty());
    let said = bench.take(Kind::Mark, 0, 352_001, &[Line::ZERO]);
    assert_eq!(said[0].trust, Trust::MISSING);
    assert!(bench.take(Kind::Mark, 0, 353_000, &[Line::ZERO]).is_empty(), "said once");
}

#[test]
fn funding_is_brought_to_eight_hours() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    let mark = |bench: &mut Bench, rate: i64, hour: u64| {
        let time_funding = Nanos(NOON + hour * HOUR.0);
        let line = MarkLine { rate, time_funding, has_rate: 1, ..MarkLine::zeroed() };
        let said = bench.take(Kind::Mark, 0, 0, &[Line::of(line)]);
        said.first().map(|insight| *insight.view::<FundingInsight>())
    };
    let first = mark(&mut bench, 10_000, 4).expect("the first");
    assert_eq!((first.rate_8h, first.interval, first.extreme), (10_000, Nanos(8 * HOUR.0), 0));
    assert_eq!(mark(&mut bench, 10_000, 4), None, "nothing changed");
    assert_eq!(mark(&mut bench, -50_000, 4).expect("a rate").extreme, 1);
    assert_eq!(mark(&mut bench, 49_999, 4).expect("a rate").extreme, 0);
    let next = mark(&mut bench, 25_000, 8).expect("a settlement");
    assert_eq!((next.rate_8h, next.interval, next.extreme), (50_000, Nanos(4 * HOUR.0), 1));
    let hole = mark(&mut bench, 25_000, 20).expect("a settlement");
    assert_eq!(hole.interval, Nanos(4 * HOUR.0), "12 hours apart is a hole");
}

fn force(bench: &mut Bench, millis: u64, side: Side, usdt: i64) -> Vec<Insight> {
    // 1 000 USDT a coin: one lot is one USDT.
    let line = ForceLine {
        average: Fine(1_000 * Fine::ONE.0),
        lots_filled: Lots(usdt),
        side: side.code(),
        ..ForceLine::zeroed()
    };
    bench.take(Kind::Force, 0, millis, &[Line::of(line)])
}

#[test]
fn a_spike_is_said_when_it_is_crossed_and_once_a_minute() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    assert!(force(&mut bench, 1_000, Side::Sell, 1).is_empty());
    assert!(force(&mut bench, 2_000, Side::Sell, 600_000).is_empty());
    assert!(force(&mut bench, 2_500, Side::Buy, 399_998).is_empty());
    let said = force(&mut bench, 3_000, Side::Buy, 1);
    let spike: SpikeInsight = *said[0].view();
    assert_eq!(
        (spike.longs, spike.shorts),
        (Fine(600_001 * Fine::ONE.0), Fine(399_999 * Fine::ONE.0))
    );
    assert_eq!((spike.threshold, spike.anchors), (Fine(1_000_000 * Fine::ONE.0), 1));
    assert_eq!(spike.trust, Trust::UNCOVERED);
    assert!(force(&mut bench, 4_000, Side::Buy, 5_000_000).is_empty(), "once a minute");
    // Of the next minute, before this one closes; no second anchor so soon.
    let said = force(&mut bench, 60_200, Side::Sell, 2_000_000);
    assert_eq!(said[0].view::<SpikeInsight>().anchors, 0);
    let said = bench.take(Kind::Mark, 0, 60_500, &[Line::ZERO]);
    let closed: LiquidationsInsight = *said[0].view();
    assert_eq!(closed.orders, 5);
    assert_eq!(closed.shorts, Fine(5_399_999 * Fine::ONE.0));
    assert_eq!(missing::whole(closed.mean), None);
    let said = bench.take(Kind::Mark, 0, 120_500, &[Line::ZERO]);
    assert_eq!(said[0].view::<LiquidationsInsight>().longs, Fine(2_000_000 * Fine::ONE.0));
    assert!(bench.take(Kind::Mark, 0, 180_500, &[Line::ZERO]).is_empty(), "a quiet minute");
    // Half an hour later one may be asked for again.
    let said = force(&mut bench, 1_800_000, Side::Sell, 2_000_000);
    assert_eq!(said[0].view::<SpikeInsight>().anchors, 1);
}

#[test]
fn a_spike_is_measured_against_the_minutes_before() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    for minute in 0..1_440_u64 {
        force(&mut bench, minute * 60_000, Side::Sell, 400_000);
    }
    // 5 × 400 000, and the running minute does not count.
    let millis = 1_440 * 60_000 + 600;
    bench.take(Kind::Mark, 0, millis, &[Line::ZERO]);
    assert!(force(&mut bench, millis, Side::Sell, 1_999_999).is_empty());
    let said = force(&mut bench, millis + 1, Side::Sell, 1);
    let spike: SpikeInsight = *said[0].view();
    assert_eq!((spike.threshold, spike.trust), (Fine(2_000_000 * Fine::ONE.0), Trust::SOUND));
    // A day of silence: zero is a measure.
    let millis = (2 * 1_440 + 1) * 60_000 + 600;
    bench.take(Kind::Mark, 0, millis, &[Line::ZERO]);
    let said = force(&mut bench, millis + 1, Side::Sell, 1_000_000);
    assert_eq!(said[0].view::<SpikeInsight>().threshold, Fine(1_000_000 * Fine::ONE.0));
    // Absurd numbers are refused.
    let line = ForceLine {
        average: Fine(i64::MAX),
        lots_filled: Lots(i64::MAX),
        side: 1,
        ..ForceLine::zeroed()
    };
    assert!(bench.take(Kind::Force, 0, millis + 2, &[Line::of(line)]).is_empty());
}

pub(super) fn drain(before: u64, levels: &[(Side, i64, u32)]) -> Vec<Line> {
    let time_before = Nanos(NOON + before * MILLI);
    let mut lines = vec![Line::of(DrainLine { time_before, ..DrainLine::zeroed() })];
    for levels in levels.chunks(6) {
        let mut line =
            DepthLine { base: Price(1_000), form: DepthForm::Packed.code(), ..DepthLine::zeroed() };
        for (at, &(side, price, lots)) in levels.iter().enumerate() {
            line.offsets[at] = i32::try_from(price - 1_000).expect("near");
            line.lots[at] = lots;
            if side == Side::Buy {
                line.bids += 1;
            } else {
                line.asks += 1;
            }
        }
        lines.push(Line::of(line));
    }
    lines
}

#[test]
fn a_loss_waits_for_its_prints_and_no_longer() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    let trade = |bench: &mut Bench, millis, price, side: Side, lots| {
        let line = TradeLine {
            price: Price(price),
            lots: Lots(lots),
            side: side.code(),
            ..TradeLine::zeroed()
        };
        bench.take(Kind::Trade, millis, millis, &[Line::of(line)])
    };
    bench.book(0, [1_000, 50, 1_001, 50], BookState::Trusted);
    trade(&mut bench, 50, 1_000, Side::Sell, 9);
    // At the edge before: of the interval before.
    trade(&mut bench, 100, 1_000, Side::Sell, 4);
    trade(&mut bench, 150, 1_000, Side::Sell, 2);
    let lost = [(Side::Buy, 1_000, 10), (Side::Buy, 998, 5), (Side::Sell, 1_001, 3)];
    assert!(bench.take(Kind::Drain, 7, 200, &drain(100, &lost)).is_empty());
    // Later, but of the interval; the other aggressor's is none of the bid's.
    trade(&mut bench, 200, 1_000, Side::Sell, 1);
    trade(&mut bench, 201, 1_000, Side::Sell, 100);
    trade(&mut bench, 180, 1_000, Side::Buy, 100);
    bench.take(Kind::Mark, 0, 449, &[Line::ZERO]);
    trade(&mut bench, 190, 1_001, Side::Buy, 5);
    bench.take(Kind::Mark, 0, 450, &[Line::ZERO]);
    trade(&mut bench, 195, 1_000, Side::Sell, 7);
    assert!(bench.take(Kind::Mark, 0, 60_499, &[Line::ZERO]).is_empty());
    let said = bench.take(Kind::Mark, 0, 60_500, &[Line::ZERO]);
    let [near, all]: [LiquidityInsight; 2] =
        [0, 1].map(|at: usize| *said[at].view::<LiquidityInsight>());
    assert_eq!((near.window, all.window), (0, 1));
    assert_eq!((all.bid_traded, all.bid_pulled), (Lots(3), Lots(12)));
    assert_eq!((all.ask_traded, all.ask_pulled), (Lots(3), Lots(0)));
    // Within a thousandth of 1 000.5: 998 is not.
    assert_eq!((near.bid_traded, near.bid_pulled), (Lots(3), Lots(7)));
    assert_eq!(all.trust, Trust::SOUND);
}

#[test]
fn what_was_cut_or_lost_silences_its_minute_alone() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    bench.book(0, [1_000, 50, 1_001, 50], BookState::Trusted);
    let mut lines = drain(100, &[(Side::Buy, 1_000, 10)]);
    lines[0].view_mut::<DrainLine>().cut = 3;
    bench.take(Kind::Drain, 7, 200, &lines);
    let said = bench.take(Kind::Mark, 0, 60_500, &[Line::ZERO]);
    assert_eq!(said[1].trust, Trust::SUPPRESSED);
    bench.take(Kind::Drain, 8, 60_600, &drain(60_500, &[(Side::Buy, 1_000, 10)]));
    let said = bench.take(Kind::Mark, 0, 120_500, &[Line::ZERO]);
    assert_eq!(said[1].trust, Trust::SOUND);
    // The book is lost while losses wait.
    bench.take(Kind::Drain, 9, 120_600, &drain(120_500, &[(Side::Buy, 1_000, 10)]));
    bench.book(120_700, [0; 4], BookState::Unsynced);
    bench.book(120_800, [1_000, 50, 1_001, 50], BookState::Trusted);
    let said = bench.take(Kind::Mark, 0, 180_500, &[Line::ZERO]);
    assert!(said[1].trust.has(Trust::SUPPRESSED) && said[1].trust.has(Trust::CONTAMINATED));
}

#[test]
fn a_full_pool_leaves_out_and_says_so() {
    let mut fate = Fate::new();
    let lines = drain(0, &[(Side::Buy, 1_000, 1)]);
    for at in 0..1_000_u64 {
        let head = DrainLine { time_before: Nanos(NOON + at), ..DrainLine::zeroed() };
        let time = Nanos(NOON + at + 1);
        fate.lose(&head, (lines[1..].iter(), 1), time, 2_001);
    }
    let mut told: Vec<Minute> = vec![];
    fate.step(Nanos(NOON + 2 * MINUTE.0), usize::MAX, |minute| told.push(*minute));
    let [minute] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((minute.trust(), minute.events), (Trust::SUPPRESSED, 256));
}

#[test]
fn an_absurd_world_stops_nothing() {
    let mut bench = Bench::new(OfiSource::BookTicker);
    let (most, least) = (i64::MAX, i64::MIN);
    let line = QuoteLine { bid_fine: Fine(least), ask_fine: Fine(most), ..QuoteLine::zeroed() };
    for (id, lots) in [(1, most), (2, 1), (3, most), (4, least)] {
        let line = QuoteLine { bid_lots: Lots(lots), ask_lots: Lots(lots), ..line };
        bench.take(Kind::Quote, id, id, &[Line::of(line)]);
    }
    let line = OpenInterestLine { lots: Lots(most), reserved: [0; 7] };
    bench.take(Kind::OpenInterest, 0, 10, &[Line::of(line)]);
    let rate = MarkLine { rate: least, time_funding: Nanos(1), has_rate: 1, ..MarkLine::zeroed() };
    bench.take(Kind::Mark, 0, 11, &[Line::of(rate)]);
    bench.take(Kind::Drain, 0, 12, &[]);
    bench.take(Kind::Drain, 0, 13, &[Line([u64::MAX; 8])]);
    bench.take(Kind::Drain, 0, 14, &[Line([u64::MAX; 8]), Line([u64::MAX; 8])]);
    bench.take(Kind::DepthRows, 0, 15, &[Line([u64::MAX; 8])]);
    let head = Head { flags: Flags::JUMP, ..bench.feed.head(Kind::Tick, NOON + 1) };
    bench.send(head, &[]);
    bench.take(Kind::Mark, 0, 200_000, &[Line::ZERO]);
}

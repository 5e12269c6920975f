//! What holes, jumps and a short input do to the group's insights, through the whole stage.

use bytemuck::Zeroable;
use model::{
    BarSumsLine, Flags, FootprintFacts, FootprintInsight, Interval, Kind, Line, Lots, MINUTE,
    Nanos, SECOND, Side, Trust,
};

use crate::figures::Figures;
use crate::prints::{Prints, PrintsPlan};
use crate::tests::feed::{self, ID, Print, Said, bar_of};
use crate::{Kept, Plan};

/// A stage fed with minutes of trades, one a second, and the bars of them; all that was said.
struct Feed {
    feed: feed::Feed,
    said: Vec<Said>,
    minute: u64,
}

const PRICE: i64 = 600_000;

impl Feed {
    fn new(prints: PrintsPlan) -> Self {
        let groups = Kept { prints: true, ..Kept::NONE };
        let plan =
            Plan { tape_slots: 1024, windows: Vec::new(), groups, prints, ..Plan::default() };
        Self { feed: feed::Feed::new(plan), said: Vec::new(), minute: 30_000_000 }
    }

    fn keep(&mut self) {
        let lines = self.feed.lines(|kind| (144..156).contains(&kind));
        assert!(lines <= Prints::LINES_MAX, "{lines} lines");
        self.said.append(&mut self.feed.said);
    }

    fn trade(&mut self, time: Nanos, price: i64, lots: i64, flags: Flags) {
        let side = if lots % 2 == 0 { Side::Buy } else { Side::Sell };
        self.feed.trade(Print { time: time.0, price, side, lots }, flags);
        self.keep();
    }

    fn bar(&mut self, interval: Interval, time: Nanos, trades: &[(i64, i64)], unstable: bool) {
        let close = trades.last().map_or(PRICE, |trade| trade.0);
        let mut sums = BarSumsLine { trades: trades.len() as u64, ..BarSumsLine::zeroed() };
        for &(_, lots) in trades {
            if lots % 2 == 0 {
                sums.buys += Lots(lots)
            } else {
                sums.sells += Lots(lots)
            }
            sums.delta_min = sums.delta_min.min(sums.delta());
            sums.delta_max = sums.delta_max.max(sums.delta());
        }
        let bar = bar_of(interval, time.0, [close; 4], unstable);
        self.feed.bar(time.after(interval.length()).0, bar, sums);
        self.keep();
    }

    /// A minute: a trade each second, bars of 1 s and 1 m. `flags` are the 31st trade's; the bars
    /// do not hold the trade at `lost`.
    fn minute(&mut self, flags: Flags, lost: Option<u64>) {
        let open = Nanos(self.minute * MINUTE.0);
        let mut trades = Vec::new();
        for second in 0..60 {
            let time = Nanos(open.0 + second * SECOND.0);
            let dice = (self.minute * 60 + second).wrapping_mul(2_654_435_761) >> 7;
            let near = |of: u64| i64::try_from(of).expect("small");
            let (price, lots) = (PRICE + near(dice % 900), 1 + near(dice / 7 % 50));
            let flags = if second == 30 { flags } else { Flags::default() };
            self.trade(time, price, lots, flags);
            let kept = if lost == Some(second) { None } else { Some((price, lots)) };
            let broken = second == 30 && flags.has(Flags::UNSTABLE);
            self.bar(Interval::Second1, time, kept.as_slice(), broken);
            trades.extend(kept);
        }
        self.bar(Interval::Minute1, open, &trades, flags.has(Flags::UNSTABLE));
        self.minute += 1;
    }

    /// Trust of the last insight of a kind and window byte, and its bits as text.
    fn trust(&self, kind: Kind, window: u8) -> String {
        let found = self
            .said
            .iter()
            .rev()
            .find(|(insight, _)| insight.kind == kind as u16 && insight.window == window);
        let Some((insight, _)) = found else { return "none".to_string() };
        let bit = |bits, text| if insight.trust.has(bits) { text } else { "" };
        let text =
            [bit(Trust::CONTAMINATED, "C"), bit(Trust::UNCOVERED, "U"), bit(Trust::MISSING, "M")];
        let text = text.concat();
        if text.is_empty() { "-".to_string() } else { text }
    }

    fn trusts(&self) -> String {
        let all = [
            self.trust(Kind::FootprintInsight, 0),
            self.trust(Kind::KyleInsight, Interval::Minute1 as u8),
            self.trust(Kind::VpinInsight, 0),
            self.trust(Kind::VolatilityInsight, 0),
            self.trust(Kind::VolatilityInsight, 1),
            self.trust(Kind::TapeInsight, 0),
            self.trust(Kind::MarkoutInsight, 0),
            self.trust(Kind::SizesInsight, 0),
        ];
        all.join(" ")
    }
}

/// 1 530 lots a minute on average: a bucket of 500 fills about three times a minute.
fn plan() -> PrintsPlan {
    PrintsPlan { vpin_daily_lots: 25_000, ..PrintsPlan::default() }
}

#[test]
fn a_hole_stays_until_it_left_each_window() {
    let unstable = Flags::GAP.with(Flags::UNSTABLE);
    let mut feed = Feed::new(plan());
    // Minutes since the start | footprint λ vpin volatility 5m 1h, speed, markouts, sizes
    let table = [
        (1, "U UM UM UM UM U none -"),
        (10, "U UM U - UM U - -"),
        (61, "- - - - - U - -"),
        // The hole lies in minute 62.
        (62, "C C C C C U - C"),
        (63, "C C C C C U C C"),
        (64, "C C C C C U - C"),
        (68, "C C C - C U - C"),
        (90, "C C - - C U - C"),
        (121, "C C - - C U - C"),
        // 1 h volatility ends at the minute, the baselines have one more bar in them.
        (122, "C C - - - U - C"),
        (123, "- - - - - U - C"),
        (200, "- - - - - U - C"),
    ];
    let mut minute = 0;
    for (at, want) in table {
        while minute < at {
            minute += 1;
            feed.minute(if minute == 62 { unstable } else { Flags::default() }, None);
        }
        assert_eq!(feed.trusts(), want, "minute {at}");
    }
    // A jump gives CVD a new anchor and empties every window.
    let time = Nanos((feed.minute * 60 + 4_000) * SECOND.0);
    feed.feed.take(Kind::Mark, time.0, Flags::JUMP, &[Line::ZERO]);
    feed.minute = time.0 / MINUTE.0 + 1;
    feed.minute(Flags::default(), None);
    assert_eq!(feed.trust(Kind::FootprintInsight, 0), "U");
    assert_eq!(feed.trust(Kind::KyleInsight, Interval::Minute1 as u8), "UM");
    assert_eq!(feed.trust(Kind::VolatilityInsight, 0), "UM");
    assert_eq!(feed.trust(Kind::SizesInsight, 0), "-");
}

#[test]
fn rows_that_are_not_the_bar_are_said_to_be_none() {
    let mut feed = Feed::new(plan());
    for minute in 0..70 {
        feed.minute(Flags::default(), (minute == 65).then_some(12));
    }
    let footprints: Vec<&FootprintInsight> = feed
        .said
        .iter()
        .filter(|(insight, _)| insight.kind == Kind::FootprintInsight as u16)
        .map(|(insight, _)| insight.view())
        .collect();
    assert_eq!(footprints.len(), 70);
    for (at, footprint) in footprints.iter().enumerate() {
        let wrong = at == 65;
        assert_eq!(footprint.facts.has(FootprintFacts::MISMATCH), wrong, "minute {at}");
        assert_eq!(footprint.trust.has(Trust::CONTAMINATED), wrong, "minute {at}");
    }
    let open = feed.feed.stage.footprint(ID).expect("kept");
    assert!(open.is_empty());
    let time = Nanos(feed.minute * MINUTE.0);
    feed.trade(time, PRICE, 8, Flags::default());
    let open = feed.feed.stage.footprint(ID).expect("kept");
    let rows: Vec<(i64, i64, i64)> =
        open.rows().map(|(edge, row)| (edge.0, row.bid.0, row.ask.0)).collect();
    assert_eq!(rows, [(600_000, 0, 8)]);
}

#[test]
fn a_bar_of_most_rows_says_no_more_lines_than_promised() {
    let mut feed = Feed::new(plan());
    let mut trades = Vec::new();
    let open = Nanos(feed.minute * MINUTE.0);
    for row in 0..500_i64 {
        let (price, lots) = (PRICE + 100 * (row % 192), 1 + row % 2);
        feed.trade(open, price, lots, Flags::default());
        trades.push((price, lots));
    }
    feed.bar(Interval::Minute1, open, &trades, false);
    let (_, lines) = feed.said.iter().find(|(i, _)| i.kind == 144).expect("a footprint");
    assert_eq!(lines.len(), 2 + 48);
}

//! The group's stage, fed with bars, marks and trades by hand; keeps all that was said.

use bytemuck::Zeroable;
use model::{BarSumsLine, Fine, Flags, Interval, Kind, Lots, MINUTE, MarkBarLine, Nanos, Side};

use crate::tests::feed::{self, Print, Said, bar_of};
use crate::{Kept, Plan};

/// A UTC day.
pub(super) const START: u64 = 1_721_260_800_000_000_000;

pub(super) struct Feed {
    feed: feed::Feed,
    pub(super) said: Vec<Said>,
}

impl Feed {
    pub(super) fn new(plan: Plan) -> Self {
        let groups = Kept { indicators: true, ..Kept::NONE };
        let plan = Plan { tape_slots: 1024, groups, ..plan };
        Self { feed: feed::Feed::new(plan), said: Vec::new() }
    }

    fn keep(&mut self) {
        self.said.append(&mut self.feed.said);
    }

    /// A trade; sold where `lots` is negative.
    pub(super) fn trade(&mut self, time: u64, price: i64, lots: i64, flags: Flags) {
        let side = if lots > 0 { Side::Buy } else { Side::Sell };
        self.feed.trade(Print { time, price, side, lots: lots.abs() }, flags);
        self.keep();
    }

    /// A closed bar of trades; `minute` of the day at which it opened, times its length.
    pub(super) fn bar(&mut self, interval: Interval, at: u64, close: i64, unstable: bool) {
        let (open, length) = (START + at * interval.length().0, interval.length().0);
        let bar = bar_of(interval, open, [close, close + 10, close - 10, close], unstable);
        let sums =
            BarSumsLine { buys: Lots(5), sells: Lots(3), trades: 2, ..BarSumsLine::zeroed() };
        self.feed.bar(open + length, bar, sums);
        self.keep();
    }

    /// A closed bar of the mark price, its close in 10⁻⁸.
    pub(super) fn mark_bar(&mut self, interval: Interval, at: u64, close: i64, unstable: bool) {
        let length = interval.length().0;
        let line = MarkBarLine {
            time_open: Nanos(START + at * length),
            close: Fine(close),
            run: 1,
            marks: 60,
            interval: interval as u8,
            unstable: u8::from(unstable),
            ..MarkBarLine::zeroed()
        };
        let end = START + (at + 1) * length;
        self.feed.take(Kind::MarkBar, end, Flags::default(), &[line]);
        self.keep();
    }

    /// The venue clock jumps to a minute.
    pub(super) fn jump(&mut self, minute: u64) {
        let book = model::BookLine::zeroed();
        self.feed.take(Kind::Book, START + minute * MINUTE.0, Flags::JUMP, &[book]);
        self.keep();
    }

    /// What was said of a kind, since the start.
    pub(super) fn of(&self, kind: Kind) -> Vec<&Said> {
        self.said.iter().filter(|(insight, _)| insight.kind() == Some(kind)).collect()
    }
}

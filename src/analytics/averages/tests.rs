//! Anchored windows and averages against plain recomputes over random tapes; sums at their bounds.

use bytemuck::Zeroable;
use model::{
    Command, CommandLine, DAY, Fine, Flags, HOUR, Kind, Lots, MINUTE, MarkLine, Nanos, Price,
    SECOND, Side, Trust, Window,
};
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, proptest};

use super::{AveragesPlan, BANDS, Sums};
use crate::board::{Anchor, Extreme};
use crate::groups::Kept;
use crate::plan::Plan;
use crate::profile::naive::{Rules, Settled, settle};
use crate::tests::feed::{Feed, ID, Print};
use crate::windows::State;

/// A stage with every trade it got.
struct Run {
    feed: Feed,
    prints: Vec<(u64, i64, i64)>,
}

fn plan(anchor_slots: usize) -> Plan {
    let averages = AveragesPlan { anchor_slots, ..AveragesPlan::default() };
    // The other groups would set anchors of their own.
    let groups = Kept { averages: true, ..Kept::NONE };
    Plan { tape_slots: 1_024, averages, groups, ..Plan::default() }
}

impl Run {
    fn new(plan: Plan) -> Self {
        Self { feed: Feed::new(plan), prints: Vec::new() }
    }

    fn trade(&mut self, time: u64, price: i64, lots: i64) {
        let side = if lots % 2 == 0 { Side::Buy } else { Side::Sell };
        self.prints.push((time, price, lots));
        self.feed.trade(Print { time, price, side, lots }, Flags::default());
    }

    fn clock(&mut self, time: u64) {
        self.feed.clock(time);
    }

    fn command(&mut self, time: u64) {
        let line = CommandLine {
            command: Command::Anchor.code(),
            time: Nanos(time),
            ..CommandLine::zeroed()
        };
        self.feed.take(Kind::Command, 0, Flags::default(), &[line]);
    }

    fn funding(&mut self, next: u64) {
        let line = MarkLine { mark: Fine::ONE, time_funding: Nanos(next), ..MarkLine::zeroed() };
        self.feed.take(Kind::Mark, self.feed.clock, Flags::default(), &[line]);
    }

    /// What another group asks for: the next message takes it up.
    fn ask(&mut self, window: Window, time: u64) {
        let anchor = Anchor { window, time: Nanos(time), price: None };
        self.feed.flow().board().ask(anchor);
        self.clock(self.feed.clock);
    }

    fn state(&self, window: Window) -> &State {
        self.feed.stage.flow(ID).expect("known").state(window).expect("kept")
    }

    /// T of a window's anchor, when all of it has been fetched.
    fn anchor(&self, window: Window) -> Option<u64> {
        let since = self.state(window).since().expect("anchored");
        since.time.filter(|_| !since.is_filling()).map(|time| time.0)
    }

    fn trust(&self, window: Window) -> Trust {
        self.feed.stage.trust(ID, window).expect("kept")
    }

    /// Every covered anchor against a recompute from all trades; how many were compared.
    fn check(&self) -> usize {
        let mut compared = 0;
        for window in Window::ALL.into_iter().filter(|window| !Window::STEADY.contains(window)) {
            let Some(time) = self.anchor(window) else { continue };
            let trust = self.trust(window);
            let held: Vec<_> = self.prints.iter().filter(|print| print.0 >= time).collect();
            // Not whole because the input began later is whole to a recompute; the tape is not.
            if trust.has(Trust::UNCOVERED) && self.prints.len() > 1_000 {
                continue;
            }
            compared += 1;
            let profile = &self.state(window).profile;
            let width = profile.bin_ticks();
            let bin = |print: &(u64, i64, i64)| print.1.div_euclid(width);
            let got = profile.poc().zip(profile.value_area());
            let got = got.map(|(poc, (val, vah))| Settled { poc, val, vah });
            let low = held.iter().map(|print| bin(print)).min().unwrap_or(0);
            let high = held.iter().map(|print| bin(print)).max().unwrap_or(0);
            let mut row = vec![0; usize::try_from(high - low + 1).expect("a range")];
            for print in &held {
                row[usize::try_from(bin(print) - low).expect("inside")] += print.2;
            }
            let at = |slot: usize| Price((low + i64::try_from(slot).expect("small")) * width);
            let want = settle(&row, Rules::STANDARD);
            let want = want.map(|(poc, val, vah)| Settled {
                poc: at(poc),
                val: at(val),
                vah: at(vah + 1),
            });
            assert_eq!(got, want, "{} since {time}", window.text());
            self.check_average(window, held.iter().map(|print| (print.1, print.2)));
        }
        let day = self.feed.clock - self.feed.clock % DAY.0;
        let held = self.prints.iter().filter(|print| print.0 >= day);
        self.check_average(Window::Day, held.map(|print| (print.1, print.2)));
        compared
    }

    fn check_average(&self, window: Window, trades: impl Iterator<Item = (i64, i64)>) {
        let average = self.feed.stage.anchored(ID, window).map(|anchored| anchored.average);
        let want = naive(trades);
        assert_eq!(average.is_some(), want.is_some(), "{}", window.text());
        let (Some(average), Some((price, bands))) = (average, want) else { return };
        assert_eq!(average.price().0, price, "{}", window.text());
        assert_eq!(BANDS.map(|sigmas| average.band(sigmas).0), bands, "{}", window.text());
    }
}

/// Mean and bands on the tick, by definition: the largest B with B − ½ ≤ mean + k·σ, in whole
/// numbers throughout.
fn naive(trades: impl Iterator<Item = (i64, i64)>) -> Option<(i64, [i64; 6])> {
    let (mut v, mut pv, mut ppv) = (0_i128, 0_i128, 0_i128);
    for (price, lots) in trades {
        let (price, lots) = (i128::from(price), i128::from(lots));
        v += lots;
        pv += price * lots;
        ppv += price * price * lots;
    }
    if v == 0 {
        return None;
    }
    // (σ·v)².
    let square = v * ppv - pv * pv;
    let reaches = |band: i128, k: i128| {
        // (2B − 1)·v − 2·pv ≤ 2k·√square
        let left = (2 * band - 1) * v - 2 * pv;
        let right = 4 * k * k * square;
        if k >= 0 { left <= 0 || left * left <= right } else { left <= 0 && left * left >= right }
    };
    let find = |k: i128| {
        // Two ways from the mean, by halves.
        let (mut yes, mut no) = (-(1_i128 << 40), 1_i128 << 40);
        while no - yes > 1 {
            let middle = yes.midpoint(no);
            if reaches(middle, k) { yes = middle } else { no = middle }
        }
        i64::try_from(yes).expect("a price")
    };
    Some((find(0), BANDS.map(|k| find(i128::from(k)))))
}

/// What happens at a step of a random run.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Trade { behind: u64, high: bool, low: bool },
    Confirm { high: bool },
    Ask { spike: bool, ago: u64 },
    Name { ago: u64 },
    Silence,
}

fn deeds() -> impl Strategy<Value = Vec<(u64, i64, i64, Deed)>> {
    let passes = (0..24_u8, 0..MINUTE.0).prop_map(|(dice, span)| match dice {
        0 => span * 90,
        1..8 => 0,
        _ => span,
    });
    let deed = (0..32_u8, any::<bool>(), any::<bool>(), 0..40 * MINUTE.0);
    let deed = deed.prop_map(|(dice, one, other, span)| match dice {
        0..2 => Deed::Confirm { high: one },
        2..5 => Deed::Ask { spike: one, ago: span },
        5..7 => Deed::Name { ago: span * 4 },
        7..9 => Deed::Silence,
        9..13 => Deed::Trade { behind: span / 1_000, high: false, low: false },
        _ => Deed::Trade { behind: 0, high: one && other, low: one && !other },
    });
    prop::collection::vec((passes, 985..1_016_i64, 1..9_i64, deed), 1..260)
}

fn run(steps: &[(u64, i64, i64, Deed)]) {
    let mut run = Run::new(plan(8));
    let (mut time, mut price) = (19_000 * DAY.0 + 22 * HOUR.0, 640_000_i64);
    let mut extremes = [None; 2];
    for &(passes, factor, lots, deed) in steps {
        time += passes;
        match deed {
            Deed::Trade { behind, high, low } => {
                price = (price * factor / 1_000).clamp(100_000, 4_000_000);
                let at = time - behind;
                let extreme = Some(Extreme { time: Nanos(at), price: Price(price) });
                // What another group finds in this trade.
                let board = run.feed.flow().board();
                board.provisional_high = extreme.filter(|_| high);
                board.provisional_low = extreme.filter(|_| low);
                run.trade(at, price, lots);
                if high {
                    extremes[0] = Some(at);
                }
                if low {
                    extremes[1] = Some(at);
                }
            }
            Deed::Confirm { high } => {
                if let Some(at) = extremes[usize::from(!high)].take() {
                    run.ask(if high { Window::SwingHigh } else { Window::SwingLow }, at);
                    let window = if high { Window::SwingHigh } else { Window::SwingLow };
                    // No 1 024 entries came since: it is there at once.
                    assert!(run.anchor(window) == Some(at) || run.prints.len() > 60);
                }
            }
            Deed::Ask { spike, ago } => {
                run.clock(time);
                run.ask(if spike { Window::Spike } else { Window::Absorption }, time - ago);
            }
            Deed::Name { ago } => {
                run.clock(time);
                run.command(time - ago);
            }
            Deed::Silence => run.clock(time),
        }
        run.check();
    }
    (0..40).for_each(|_| run.clock(time));
    run.check();
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]

    #[test]
    fn every_anchor_equals_a_recompute_after_every_message(steps in deeds()) {
        run(&steps);
    }

    #[test]
    fn sums_equal_whole_number_arithmetic(
        trades in prop::collection::vec((1..2_000_000_i64, 1..5_000_i64), 1..60),
        near in any::<bool>(),
    ) {
        let price_of = |price| if near { price % 3 + 7 } else { price };
        let trades: Vec<_> = trades.iter().map(|&(price, lots)| (price_of(price), lots)).collect();
        let mut sums = Sums::ZERO;
        trades.iter().for_each(|&(price, lots)| sums.put(&Sums::of(Price(price), Lots(lots))));
        let average = sums.average().expect("lots");
        let (price, bands) = naive(trades.iter().copied()).expect("lots");
        prop_assert_eq!(average.price().0, price);
        prop_assert_eq!(BANDS.map(|sigmas| average.band(sigmas).0), bands);
    }
}

#[test]
fn sums_hold_the_largest_prices_and_lots() {
    let most = 1_i64 << 48;
    for (low, high, lots, mean, sigma) in [
        // Half of all lots at either end: σ is half the distance.
        (1, most, 1 << 59, (most + 1) / 2 + 1, 140_737_488_355_327.5),
        (most - 1, most, 1 << 59, most, 0.5),
        (most, most, 1 << 59, most, 0.0),
        (0, 1, 1 << 59, 1, 0.5),
        (1, 2, 1, 2, 0.5),
    ] {
        let mut sums = Sums::of(Price(low), Lots(lots));
        sums.put(&Sums::of(Price(high), Lots(lots)));
        let average = sums.average().expect("lots");
        // The mean of two neighbours lies on the half, which goes up.
        assert_eq!((average.price().0, average.sigma()), (mean, sigma), "{low} {high}");
        // As differences the sums are the same.
        let mut more = sums;
        more.put(&Sums::of(Price(77), Lots(1)));
        assert_eq!(more.since(&Sums::of(Price(77), Lots(1))), sums);
    }
    assert_eq!(Sums::ZERO.average(), None);
    let alone = Sums::of(Price(12), Lots(3)).average().expect("lots");
    assert_eq!(BANDS.map(|sigmas| alone.band(sigmas).0), [12; 6]);
    assert_eq!(alone.distance(Price(15)), (25.0, None));
}

#[test]
fn a_worked_example_of_an_average() {
    // 2 lots at 100, 1 at 103, 1 at 109: mean 103, σ² = (18 + 0 + 36)/4.
    let mut sums = Sums::of(Price(100), Lots(2));
    sums.put(&Sums::of(Price(103), Lots(1)));
    sums.put(&Sums::of(Price(109), Lots(1)));
    let average = sums.average().expect("lots");
    assert_eq!((average.price(), average.mean()), (Price(103), 103.0));
    assert_eq!(average.sigma(), libm::sqrt(13.5));
    assert_eq!(BANDS.map(|sigmas| average.band(sigmas).0), [92, 96, 99, 107, 110, 114]);
    let (percent, sigmas) = average.distance(Price(109));
    assert_eq!((percent, sigmas), (600.0 / 103.0, Some(6.0 / libm::sqrt(13.5))));
}

#[test]
fn funding_is_the_venues_time_and_else_the_session() {
    let day = 19_000 * DAY.0;
    let mut run = Run::new(plan(8));
    run.trade(day + 3 * HOUR.0, 640_000, 2);
    run.clock(day + 3 * HOUR.0 + 1);
    assert_eq!(run.anchor(Window::FundingTime), Some(day));
    assert!(run.trust(Window::FundingTime).has(Trust::UNCOVERED), "the input began at three");
    // Of the past, too far ahead, none: not heard.
    for wrong in [day + HOUR.0, day + 40 * HOUR.0, 0] {
        run.funding(wrong);
    }
    run.funding(day + 4 * HOUR.0);
    // A late trade of before does not belong to it, one of that very instant does.
    run.clock(day + 4 * HOUR.0);
    run.trade(day + 4 * HOUR.0 - 1, 650_000, 4);
    run.trade(day + 4 * HOUR.0, 660_000, 6);
    assert_eq!(run.anchor(Window::FundingTime), Some(day + 4 * HOUR.0));
    assert_eq!(run.trust(Window::FundingTime), Trust::SOUND);
    let average = run.feed.stage.anchored(ID, Window::FundingTime).expect("an anchor");
    assert_eq!((average.average.price(), average.trust), (Price(660_000), Trust::SOUND));
    // Without another word of the venue the next session counts.
    run.clock(day + 8 * HOUR.0 - 1);
    assert_eq!(run.anchor(Window::FundingTime), Some(day + 4 * HOUR.0));
    run.trade(day + 8 * HOUR.0, 670_000, 2);
    assert_eq!(run.anchor(Window::FundingTime), Some(day + 8 * HOUR.0));
}

#[test]
fn spikes_and_absorptions_wait_half_an_hour_each() {
    let start = 19_000 * DAY.0;
    let mut run = Run::new(plan(8));
    run.trade(start, 640_000, 2);
    for (minutes, window, want) in [
        (1, Window::Spike, 1),
        (5, Window::Absorption, 5),
        (30, Window::Spike, 1),
        (31, Window::Spike, 31),
        (34, Window::Absorption, 5),
        (35, Window::Absorption, 35),
    ] {
        let time = start + minutes * MINUTE.0;
        run.clock(time);
        run.ask(window, time);
        run.clock(time);
        assert_eq!(run.anchor(window), Some(start + want * MINUTE.0), "minute {minutes}");
    }
}

#[test]
fn the_oldest_anchor_goes_and_says_so() {
    let start = 19_000 * DAY.0 + HOUR.0;
    let mut run = Run::new(plan(2));
    run.trade(start, 640_000, 2);
    // The funding time of 00:00 and this one fill the two places.
    run.ask(Window::Spike, start + 5);
    run.ask(Window::Absorption, start + 4);
    let said: Vec<_> = run
        .feed
        .of(Kind::AnchorInsight)
        .map(|(insight, _)| (insight.window, insight.values[0], insight.values[1]))
        .collect();
    let midnight = 19_000 * DAY.0;
    let want = [(Window::FundingTime as u8, 2, midnight), (Window::Absorption as u8, 1, start + 4)];
    assert_eq!(said, want);
    assert_eq!(run.anchor(Window::FundingTime), None);
    assert!(run.trust(Window::FundingTime).has(Trust::MISSING));
    assert_eq!(run.feed.stage.anchored(ID, Window::FundingTime), None);
    // The same kind again takes its own place.
    run.command(start + 6);
    assert_eq!(run.anchor(Window::Absorption), None, "the older of the two");
}

#[test]
fn an_operators_anchor_reaches_back_as_far_as_the_tape() {
    let start = 19_000 * DAY.0;
    let mut run = Run::new(plan(8));
    for at in 0..3_000_u64 {
        let price = 640_000 + i64::try_from(at * 37 % 900).expect("small");
        run.trade(start + at * SECOND.0, price, 1 + i64::try_from(at % 3).expect("small"));
    }
    // 1 024 trades are left of 3 000.
    let whole = start + 2_500 * SECOND.0;
    let beyond = start + 500 * SECOND.0;
    run.command(whole);
    run.command(beyond);
    assert_eq!(run.anchor(Window::Named1), None, "it takes some events");
    assert!(run.trust(Window::Named1).has(Trust::UNCOVERED));
    (0..40).for_each(|_| run.clock(start + 3_000 * SECOND.0));
    assert_eq!(run.trust(Window::Named1), Trust::SOUND);
    assert_eq!(run.trust(Window::Named2), Trust::UNCOVERED);
    let lots = |window| run.state(window).profile.volume().0;
    let sum = |from: usize| run.prints[from..].iter().map(|print| print.2).sum::<i64>();
    assert_eq!((lots(Window::Named1), lots(Window::Named2)), (sum(2_500), sum(3_000 - 1_024)));
    assert!(run.check() >= 1);
    // A fourth name takes the place of the first in time.
    run.command(start + 2_999 * SECOND.0);
    run.command(start + 2_998 * SECOND.0);
    let named = [Window::Named1, Window::Named2, Window::Named3].map(|window| run.anchor(window));
    assert!(named.iter().flatten().all(|&time| time >= whole), "{named:?}");
}

#[test]
fn a_hole_contaminates_what_contains_it() {
    let start = 19_000 * DAY.0;
    let mut run = Run::new(plan(8));
    run.trade(start, 640_000, 2);
    run.ask(Window::Spike, start + 1);
    run.feed.foreign(start + MINUTE.0, Flags::GAP);
    run.clock(start + 2 * MINUTE.0);
    run.ask(Window::Absorption, start + 2 * MINUTE.0);
    run.trade(start + 3 * MINUTE.0, 640_000, 2);
    assert_eq!(run.trust(Window::Spike), Trust::CONTAMINATED);
    assert_eq!(run.trust(Window::Absorption), Trust::SOUND);
    let trust = |window| run.feed.stage.anchored(ID, window).expect("trades").trust;
    assert_eq!(trust(Window::Spike), Trust::CONTAMINATED);
    assert_eq!(trust(Window::Absorption), Trust::SOUND);
    assert_eq!(trust(Window::Day), Trust::CONTAMINATED);
}

#[test]
fn averages_are_said_when_another_and_once_a_second() {
    let start = 19_000 * DAY.0;
    let mut run = Run::new(plan(8));
    let mut said = Vec::new();
    for at in 0..400_u64 {
        let time = start + at * SECOND.0 / 100;
        // The price rises by a tick a trade up to the second second, then stands still.
        let price = 640_000 + i64::try_from(at.min(200)).expect("small") * 10;
        run.trade(time, price, 100);
        let heard = run.feed.of(Kind::AvwapInsight);
        let of_day = heard.filter(|(insight, _)| insight.window == Window::Day as u8);
        said.extend(of_day.map(|(insight, _)| (at, insight.lines)));
    }
    let times: Vec<u64> = said.iter().map(|said| said.0).collect();
    assert_eq!(times, [0, 100, 200, 300]);
    assert!(said.iter().all(|said| said.1 == 1), "one body line");
}

//! What a hole, a jump and a short input do to trust, in tables.

use model::{DAY, Flags, HOUR, Kind, Nanos, SECOND, Side, Trust, Window};

use super::feed::{Feed, ID, Print};
use crate::{AnalyticsCounter, Cvd, Kept, Plan};

fn plan() -> Plan {
    // Without nodes: they come when there is time, with whatever message.
    let groups = Kept { anatomy: false, ..Kept::ALL };
    Plan { tape_slots: 1024, groups, ..Plan::default() }
}

fn print(time: u64) -> Print {
    Print { time, price: 600_000, side: Side::Buy, lots: 5 }
}

/// The bits of the windows all, 2h, 8h, 24h, day, funding, composite. C, U, M for the bits.
fn trusts(feed: &Feed) -> String {
    let of = |window| {
        let trust = feed.stage.trust(ID, window).expect("kept");
        let bit = |bits, text| if trust.has(bits) { text } else { "" };
        let text =
            [bit(Trust::CONTAMINATED, "C"), bit(Trust::UNCOVERED, "U"), bit(Trust::MISSING, "M")];
        let text = text.concat();
        if text.is_empty() { "-".to_string() } else { text }
    };
    Window::STEADY.map(of).join(" ")
}

#[test]
fn a_hole_stays_until_the_window_let_it_go() {
    // 19 000 days since 1970, 06:00.
    let start = 19_000 * DAY.0 + 6 * HOUR.0;
    let gap = Flags::GAP;
    let both = Flags::GAP.with(Flags::UNSTABLE);
    let sound = Flags::default();
    let mut feed = Feed::new(plan());
    for (minutes, flags, want, stable) in [
        (0, sound, "- U U U U U U", true),
        (119, sound, "- U U U U U U", true),
        (120, sound, "- - U U U - U", true),
        (125, both, "C C CU CU CU C CU", false),
        // Time that ran back is a hole as well.
        (130, Flags::UNSTABLE, "C C CU CU CU C CU", false),
        (249, sound, "C C CU CU CU C CU", false),
        (250, sound, "C - CU CU CU C CU", false),
        (480, sound, "C - C CU CU C CU", false),
        // 16:00: the next funding session.
        (600, sound, "C - C CU CU - CU", false),
        (610, sound, "C - - CU CU - CU", false),
        // 00:00: the first whole day.
        (1080, sound, "C - - CU - - CU", false),
        (1440, sound, "C - - C - - CU", false),
        (1570, sound, "C - - - - - CU", false),
        // The sixth day: the first, with its hole and its late start, has left the composite.
        (1080 + 5 * 1440, sound, "C - - - - - -", false),
        (1081 + 5 * 1440, gap, "C C C C C C C", false),
    ] {
        // The funding session 08–16 is covered, because the input began at 06:00.
        feed.trade(print(start + minutes * 60 * SECOND.0), flags);
        assert_eq!(trusts(&feed), want, "minute {minutes}");
        assert_eq!(feed.stage.cvd(ID).stable, stable, "minute {minutes}");
    }
}

#[test]
fn a_foreign_print_keeps_the_chain_and_adds_nothing() {
    let start = 19_000 * DAY.0;
    let mut feed = Feed::new(plan());
    feed.trade(print(start), Flags::default());
    let before = *feed.stage.cvd(ID);
    feed.foreign(start + 1, Flags::default());
    assert_eq!(*feed.stage.cvd(ID), before);
    assert!(feed.said.is_empty());
    feed.foreign(start + 2, Flags::GAP);
    assert_eq!(*feed.stage.cvd(ID), Cvd { stable: false, ..before });
    let mut kinds: Vec<_> = feed.said.iter().filter_map(|(insight, _)| insight.kind()).collect();
    assert_eq!(kinds.pop(), Some(Kind::CvdInsight), "a delta that is no longer sound is news");
    // So is each profile that held something: the steady windows and the funding's.
    assert_eq!(kinds, [Kind::ProfileInsight; 8]);
}

#[test]
fn a_jump_gives_the_delta_a_new_anchor_and_ages_the_windows() {
    let start = 19_000 * DAY.0;
    let mut feed = Feed::new(plan());
    feed.trade(print(start), Flags::GAP);
    assert!(!feed.stage.cvd(ID).stable);
    feed.trade(print(start + 3 * HOUR.0), Flags::JUMP.with(Flags::GAP));
    let cvd = *feed.stage.cvd(ID);
    assert_eq!((cvd.value.0, cvd.trades, cvd.stable), (5, 1, true));
    assert_eq!(feed.profile(Window::Hours2).volume().0, 5);
    assert_eq!(feed.profile(Window::Hours8).volume().0, 10);
    assert_eq!(trusts(&feed), "C C CU CU C C CU");
    let book = super::feed::book_of(10, 10, 1);
    feed.book(start + 4 * HOUR.0, book);
    assert_eq!(feed.stage.clock(ID), Nanos(start + 4 * HOUR.0));
}

#[test]
fn sums_follow_the_trades() {
    let mut feed = Feed::new(plan());
    // side, lots, price | value, min, max, notional
    for (at, (side, lots, price, want)) in [
        (Side::Buy, 3, 10, (3, 0, 3, 30)),
        (Side::Sell, 8, 11, (-5, -5, 3, 118)),
        (Side::Buy, 1, 12, (-4, -5, 3, 130)),
        (Side::Buy, 9, 10, (5, -5, 5, 220)),
    ]
    .into_iter()
    .enumerate()
    {
        let time = DAY.0 + u64::try_from(at).expect("small");
        feed.trade(Print { time, price, side, lots }, Flags::default());
        let cvd = feed.stage.cvd(ID);
        assert_eq!((cvd.value.0, cvd.min.0, cvd.max.0, cvd.notional.0), want);
        assert_eq!(cvd.buys - cvd.sells, cvd.value);
    }
    assert_eq!(feed.stage.cvd(ID).volume().0, 21);
}

#[test]
fn what_is_no_trade_is_refused_and_leaves_a_hole() {
    for (price, lots) in [(0, 1), (-5, 1), (1 << 60, 1), (100, 0), (100, -1), (100, i64::MAX)] {
        let mut feed = Feed::new(plan());
        feed.trade(print(DAY.0), Flags::default());
        let print = Print { price, lots, ..print(DAY.0 + 1) };
        feed.trade(print, Flags::default());
        assert_eq!(feed.stage.counters().get(AnalyticsCounter::Refused), 1);
        assert_eq!(feed.profile(Window::All).volume().0, 5);
        assert!(!feed.stage.cvd(ID).stable);
        assert!(trusts(&feed).starts_with('C'));
    }
}

//! The rules that the specification leaves open, as scenarios on plain bars.

use model::{DAY, HOUR, Nanos, StructureStep, StructureWhat, Trust, killzone};

use super::super::{
    Blocks, Breaks, Candle, Fact, Gaps, Pools, Sessions, Swings, Track, killzones, killzones_next,
};

fn bar(hour: u64, [open, high, low, close]: [i64; 4]) -> Candle {
    Candle { time: Nanos(hour * HOUR.0), open, high, low, close, trust: Trust::SOUND }
}

fn steps(facts: &[Fact]) -> Vec<StructureStep> {
    facts.iter().map(|fact| fact.step).collect()
}

/// Bars 100..110, a jump by a rising bar, and a third one above: a gap from 110 to 120.
fn gap(gaps: &mut Gaps, said: &mut Vec<Fact>) {
    for (hour, prices) in
        [[100, 110, 95, 105], [105, 130, 104, 128], [128, 140, 120, 135]].into_iter().enumerate()
    {
        gaps.close(&bar(hour as u64, prices), &mut |fact| said.push(fact));
    }
}

#[test]
fn a_gap_is_touched_deepened_and_filled_once() {
    let (mut gaps, mut said) = (Gaps::new(4), Vec::new());
    gap(&mut gaps, &mut said);
    assert_eq!(steps(&said), [StructureStep::Created]);
    assert_eq!((said[0].top, said[0].bottom, said[0].time), (120, 110, Nanos(HOUR.0)));
    // One above the edge is no touch; the edge itself is.
    gaps.reach(121, 121, Trust::SOUND, &mut |fact| said.push(fact));
    assert_eq!(said.len(), 1);
    gaps.reach(120, 120, Trust::SOUND, &mut |fact| said.push(fact));
    assert_eq!((said[1].step, said[1].share), (StructureStep::Touched, 0.0));
    // Deeper is said at the bar's close, once.
    gaps.reach(117, 117, Trust::SOUND, &mut |fact| said.push(fact));
    assert_eq!(said.len(), 2);
    gaps.close(&bar(3, [135, 136, 117, 130]), &mut |fact| said.push(fact));
    assert_eq!((said[2].step, said[2].share), (StructureStep::Deepened, 0.3));
    gaps.close(&bar(4, [130, 136, 118, 130]), &mut |fact| said.push(fact));
    assert_eq!(said.len(), 3, "not deeper");
    gaps.reach(110, 110, Trust::SOUND, &mut |fact| said.push(fact));
    assert_eq!((said[3].step, said[3].share), (StructureStep::Filled, 1.0));
    assert_eq!(gaps.open().count(), 0);
    assert!(said.iter().all(|fact| fact.time == Nanos(HOUR.0) && fact.up));
}

#[test]
fn the_middle_bar_decides_the_direction() {
    // The same stretch, but the middle bar closes down or not at all.
    for close in [104, 105] {
        let mut gaps = Gaps::new(4);
        for (hour, prices) in [[100, 110, 95, 105], [105, 130, 104, close], [128, 140, 120, 135]]
            .into_iter()
            .enumerate()
        {
            gaps.close(&bar(hour as u64, prices), &mut |fact| panic!("{fact:?}"));
        }
    }
}

#[test]
fn a_full_pool_forgets_the_oldest_and_counts() {
    let (mut gaps, mut said) = (Gaps::new(2), Vec::new());
    for step in 0..4_i64 {
        for (at, prices) in [[100, 110, 95, 105], [105, 130, 104, 128], [128, 140, 120, 135]]
            .into_iter()
            .enumerate()
        {
            let prices = prices.map(|price| price + 1_000 * step);
            let hour = u64::try_from(step * 3).expect("small") + at as u64;
            gaps.close(&bar(hour, prices), &mut |fact| said.push(fact));
        }
    }
    // Between two groups of three there is a gap as well.
    let created = said.iter().filter(|fact| fact.step == StructureStep::Created).count();
    let forgotten = said.iter().filter(|fact| fact.step == StructureStep::Forgotten).count();
    assert_eq!((gaps.open().count(), created - forgotten), (2, 2));
    assert_eq!(gaps.forgotten(), forgotten as u64);
    let first = said.iter().find(|fact| fact.step == StructureStep::Forgotten).expect("one");
    assert_eq!(first.time, Nanos(HOUR.0));
}

fn swing(up: bool, price: i64, hour: u64) -> Fact {
    Fact::at(StructureWhat::Swing, up, price, Nanos(hour * HOUR.0))
}

#[test]
fn the_first_break_is_a_break_and_the_first_against_it_a_change() {
    let mut breaks = Breaks::default();
    let mut close = |price: i64, learn: &[Fact]| {
        let broke = breaks.close(&bar(0, [price; 4]));
        learn.iter().for_each(|swing| breaks.learn(swing));
        broke.map(|fact| (fact.what, fact.up, fact.top))
    };
    assert_eq!(close(100, &[swing(true, 110, 1), swing(false, 90, 2)]), None);
    assert_eq!(close(110, &[]), None, "at the swing is not beyond");
    assert_eq!(close(111, &[]), Some((StructureWhat::Break, true, 110)));
    assert_eq!(close(120, &[swing(true, 115, 3)]), None, "a swing is broken once");
    assert_eq!(close(116, &[]), Some((StructureWhat::Break, true, 115)));
    assert_eq!(close(89, &[swing(false, 80, 4)]), Some((StructureWhat::Change, false, 90)));
    assert_eq!(close(79, &[]), Some((StructureWhat::Break, false, 80)));
}

/// A block needs an ATR, a BOS and a large body of the same bar.
#[test]
fn a_block_is_the_last_opposing_candle_before_a_displacement() {
    for (body, what, blocks_made) in [
        (15, StructureWhat::Break, 1),
        (14, StructureWhat::Break, 0),
        (15, StructureWhat::Change, 0),
    ] {
        let (mut blocks, mut said) = (Blocks::new(4), Vec::new());
        // Sixteen bars with a true range of ten.
        for hour in 0..16 {
            let down = hour == 13;
            let prices = if down { [105, 107, 97, 99] } else { [100, 107, 97, 104] };
            blocks.close(&bar(hour, prices), None, &mut |fact| said.push(fact));
        }
        let broke = Fact::at(what, true, 110, Nanos(16 * HOUR.0));
        let last = bar(16, [104, 104 + body, 103, 104 + body]);
        blocks.close(&last, Some(&broke), &mut |fact| said.push(fact));
        assert_eq!(said.len(), blocks_made, "{body} {what:?}");
        if blocks_made == 0 {
            continue;
        }
        assert_eq!((said[0].top, said[0].bottom, said[0].time), (107, 97, Nanos(13 * HOUR.0)));
        // The same candle makes no second block.
        blocks.close(&bar(17, [119, 150, 118, 149]), Some(&broke), &mut |fact| said.push(fact));
        assert_eq!(said.len(), 1);
        // A wick touches, a close beyond breaks.
        blocks.close(&bar(18, [149, 149, 90, 97]), None, &mut |fact| said.push(fact));
        blocks.close(&bar(19, [97, 99, 90, 96]), None, &mut |fact| said.push(fact));
        let want = [StructureStep::Created, StructureStep::Touched, StructureStep::Broken];
        assert_eq!(steps(&said), want);
    }
}

#[test]
fn equal_highs_make_a_pool_that_grows_and_is_swept_or_broken() {
    for (close, end) in [(10_003, StructureStep::Swept), (10_004, StructureStep::Broken)] {
        let (mut pools, mut said) = (Pools::new(4), Vec::new());
        let mut say = |fact| said.push(fact);
        pools.learn(&swing(true, 10_000, 1), &mut say);
        pools.learn(&swing(true, 10_006, 2), &mut say);
        pools.learn(&swing(true, 9_990, 3), &mut say);
        // 5 of 10 000 are 0.05 %, but of 9 990 they are more: this pairs with the first alone.
        pools.learn(&swing(true, 9_995, 4), &mut say);
        pools.learn(&swing(true, 10_003, 5), &mut say);
        pools.close(&bar(6, [9_990, 10_003, 9_980, 9_990]), &mut say);
        pools.close(&bar(7, [9_990, 10_010, 9_980, close]), &mut say);
        pools.close(&bar(8, [9_990, 10_010, 9_980, close]), &mut say);
        let facts: Vec<_> = said.iter().map(|fact| (fact.step, fact.top, fact.share)).collect();
        let want = [
            (StructureStep::Created, 10_000, 2.0),
            (StructureStep::Grown, 10_003, 3.0),
            (end, 10_003, 3.0),
        ];
        assert_eq!(facts, want);
    }
}

#[test]
fn sessions_leave_their_extremes_when_they_end() {
    let (mut sessions, mut said) = (Sessions::default(), Vec::new());
    // 1970-01-05 was a Monday; from there on two weeks of hours, each hour's high above the last.
    let monday = 4 * 24;
    for hour in monday..monday + 15 * 24 {
        let price = i64::try_from(hour).expect("small") * 10;
        let prices = [price, price + 9, price - 9, price];
        sessions.close(&bar(hour, prices), HOUR, &mut |fact| said.push((hour, fact)));
    }
    let made = |what: StructureWhat, up: bool| -> Vec<(u64, i64)> {
        let of = |(_, fact): &&(u64, Fact)| {
            fact.what == what && fact.up == up && fact.step == StructureStep::Created
        };
        said.iter().filter(of).map(|(hour, fact)| (hour - monday, fact.top)).collect()
    };
    let high = |hour: u64| i64::try_from(monday + hour).expect("small") * 10 + 9;
    assert_eq!(made(StructureWhat::Week, true), [(167, high(167)), (335, high(335))]);
    assert_eq!(made(StructureWhat::Day, true)[..2], [(23, high(23)), (47, high(47))]);
    assert_eq!(made(StructureWhat::Funding, true)[..2], [(7, high(7)), (15, high(15))]);
    assert_eq!(made(StructureWhat::Asia, true)[..2], [(8, high(8)), (32, high(32))]);
    assert_eq!(made(StructureWhat::London, true)[0], (15, high(15)));
    assert_eq!(made(StructureWhat::NewYork, true)[0], (21, high(21)));
    assert_eq!(made(StructureWhat::Overlap, true)[0], (15, high(15)));
    // Prices rise: every high is broken by a close, every low stands until the next of its kind.
    for (_, fact) in &said {
        let end = if fact.up { StructureStep::Broken } else { StructureStep::Expired };
        assert!(fact.step == StructureStep::Created || fact.step == end, "{fact:?}");
        assert_eq!(fact.trust, Trust::SOUND);
    }
}

#[test]
fn a_session_that_was_not_seen_whole_is_uncovered() {
    let (mut sessions, mut said) = (Sessions::default(), Vec::new());
    // From 01:00: day and Asia are partial. 12:00 to 17:00 are missing: London ended unseen.
    for hour in (25..36).chain(41..48) {
        sessions.close(&bar(hour, [100; 4]), HOUR, &mut |fact| said.push(fact));
    }
    let trust = |what| {
        let of = |fact: &&Fact| fact.what == what && fact.step == StructureStep::Created;
        said.iter().find(of).map(|fact| fact.trust)
    };
    assert_eq!(trust(StructureWhat::Asia), Some(Trust::UNCOVERED));
    assert_eq!(trust(StructureWhat::London), Some(Trust::UNCOVERED));
    assert_eq!(trust(StructureWhat::Day), Some(Trust::UNCOVERED));
    assert_eq!(trust(StructureWhat::Overlap), None, "no bar of it was seen");
}

#[test]
fn killzones_are_half_open() {
    use killzone::{ASIA, LONDON, NEW_YORK, OVERLAP};
    let day = 20_000 * DAY.0;
    for (hour, zones, next) in [
        (0, ASIA, 7),
        (7, ASIA | LONDON, 9),
        (9, LONDON, 12),
        (12, LONDON | NEW_YORK | OVERLAP, 16),
        (16, NEW_YORK, 22),
        (22, 0, 24),
        (23, 0, 24),
    ] {
        let time = Nanos(day + hour * HOUR.0);
        assert_eq!((killzones(time), killzones_next(time)), (zones, Nanos(day + next * HOUR.0)));
        let late = Nanos(day + next * HOUR.0 - 1);
        assert_eq!(killzones(late), zones, "until {next}");
    }
}

#[test]
fn an_unstable_bar_contaminates_what_it_is_in_and_no_more() {
    let mut swings = Swings::default();
    let mut made = Vec::new();
    for at in 0..60_u64 {
        // A top every six bars.
        let high = if at % 6 == 0 { 200 + i64::try_from(at).expect("small") % 7 } else { 150 };
        let trust = if at == 20 { Trust::CONTAMINATED } else { Trust::SOUND };
        let bar =
            Candle { trust, ..bar(at, [140, high, 100 + i64::try_from(at).expect("small"), 140]) };
        made.extend(swings.close(&bar).into_iter().flatten());
    }
    assert!(made.len() > 6);
    for swing in made {
        let at = swing.time.0 / HOUR.0;
        assert_eq!(swing.trust.has(Trust::CONTAMINATED), (15..=25).contains(&at), "at {at}");
    }
}

#[test]
fn trades_and_bars_find_the_same() {
    // A walk whose bars are known trade by trade: touches and fills by trades come in the bar in
    // which bars alone would say them, with the same things.
    let mut seed = 7_u64;
    let mut price = 10_000_i64;
    let (mut by_trades, mut by_bars) =
        (Track::new(model::Interval::Hour1, 999), Track::new(model::Interval::Hour1, 999));
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for hour in 0..3_000_u64 {
        let mut prices = Vec::new();
        for _ in 0..12 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            price += i64::try_from(seed >> 33).expect("small") % 41 - 20;
            prices.push(price);
        }
        for &price in &prices {
            let (below, above) = by_trades.edges();
            if price <= below || price >= above {
                by_trades.reach(price, price, Trust::SOUND, &mut |fact| one.push((hour, fact)));
            }
        }
        let (high, low) = (*prices.iter().max().expect("12"), *prices.iter().min().expect("12"));
        let bar = bar(hour, [prices[0], high, low, price]);
        by_trades.close(&bar, &mut |fact| one.push((hour, fact)));
        by_bars.close(&bar, &mut |fact| two.push((hour, fact)));
    }
    // How deep it was at the touch is the only thing that a bar knows differently, and so whether
    // the same bar went deeper.
    let key = |facts: &[(u64, Fact)]| {
        let shown = |(hour, fact): &(u64, Fact)| {
            (*hour, fact.what, fact.step, fact.up, fact.top, fact.bottom, fact.time)
        };
        let said = facts.iter().filter(|(_, fact)| fact.step != StructureStep::Deepened);
        let mut said: Vec<_> = said.map(shown).collect();
        said.sort();
        said
    };
    assert!(one.iter().filter(|(_, fact)| fact.step == StructureStep::Filled).count() > 50);
    assert_eq!(key(&one), key(&two));
}

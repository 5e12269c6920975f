//! The scenario tables: each rule of the room, with its edges.

use model::{Interval, Kind, Lots, Price, Side, TradeLine};

use crate::Plan;
use crate::scenario::{Scenario, check, check_usdm};
use crate::tests::{Bench, ID, NOON};

#[test]
fn a_snapshot_is_trusted_from_the_event_that_straddles_it() {
    check_usdm(
        "
        depth 80-99<70 b10:9 a12:9         | -
        snapshot 100 b10:5 b9:1 a12:5      | syncing 100
        depth 98-99<97 b11:7               | -
        depth 99-100<99 b10:6              | trusted 100 10:6/12:5 sums 2:7/1:5
        depth 105-110<100 b10:0 a12:0 a13:2| trusted 110 9:1/13:2 sums 1:1/1:2
        count depth_before_snapshot        | 2
        count depth_applied                | 2
        ",
    );
    // An event that begins just behind the snapshot does not straddle it here.
    check_usdm(
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        depth 101-105<100 b10:6            | unsynced 100
        count snapshots_too_old            | 1
        snapshot 104 b10:7 a12:5           | trusted 105 10:6/12:5 sums 1:6/1:5
        ",
    );
}

#[test]
fn events_that_wait_count_as_later_ones() {
    check_usdm(
        "
        depth 80-99<70 b10:9               | -
        depth 100-105<99 b10:8             | -
        depth 106-109<105 a12:1            | -
        depth 106-109<105 a12:2            | -
        snapshot 104 b10:5 a12:5           | trusted 109 10:8/12:1 sums 1:8/1:1
        depth 110-111<109 b10:0 b9:3       | trusted 111 9:3/12:1 sums 1:3/1:1
        count depth_duplicates             | 1
        count depth_before_snapshot        | 1
        ",
    );
    // The snapshot is older than everything kept: another one is needed, and then they count.
    check_usdm(
        "
        depth 100-105<99 b10:8             | -
        depth 106-109<105 a12:1            | -
        snapshot 90 b10:5 a12:5            | unsynced 90
        count snapshots_too_old            | 1
        snapshot 107 b10:5 a12:5           | trusted 109 10:5/12:1 sums 1:5/1:1
        ",
    );
    // A hole among them: what lies before it is of no use.
    check_usdm(
        "
        depth 100-105<99 b10:8             | -
        depth 120-125<119 a12:1            | -
        snapshot 103 b10:5 a12:5           | unsynced 103
        snapshot 122 b10:5 a12:5           | trusted 125 10:5/12:1 sums 1:5/1:1
        count depth_gaps                   | 1
        ",
    );
}

#[test]
fn a_broken_chain_changes_nothing_and_heals_by_a_snapshot_alone() {
    check_usdm(
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        depth 99-101<98 b10:6              | trusted 101 10:6/12:5 sums 1:6/1:5
        depth 90-101<89 b10:1              | -
        depth 90-100<101 b10:1             | -
        count depth_duplicates             | 2
        depth 110-120<109 b11:1 a12:0      | unsynced 101
        count depth_gaps                   | 1
        depth 121-130<120 b10:7            | -
        partial 121-130<120 b10:7 a12:1    | -
        quote 131                          | quote
        depth 102-109<101 b10:3            | -
        snapshot 105 b20:5 a22:5           | unsynced 105
        snapshot 125 b20:5 a22:5           | trusted 130 20:5/22:5 sums 2:12/1:5
        snapshot 126 b30:5 a32:5           | -
        count snapshots_ignored            | 1
        count depth_applied                | 2
        ",
    );
}

#[test]
fn a_chain_of_spot_has_no_gap_between_ids() {
    let plan = Plan { window_ticks: 256, far_slots: 64, ..Plan::default() };
    check(
        "X:1:1:spot",
        plan,
        "
        depth 90-100 b10:9                 | -
        depth 101-105 b10:8                | -
        snapshot 100 b10:5 a12:5           | trusted 105 10:8/12:5 sums 1:8/1:5
        depth 106-107 b10:4                | trusted 107 10:4/12:5 sums 1:4/1:5
        depth 109-110 b10:3                | unsynced 107
        snapshot 109 b10:2 a12:5           | trusted 110 10:3/12:5 sums 1:3/1:5
        ",
    );
    check(
        "X:1:1:spot",
        plan,
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        depth 99-100 b10:9                 | -
        depth 102-103 b10:9                | unsynced 100
        count snapshots_too_old            | 1
        ",
    );
}

#[test]
fn a_crossed_or_locked_book_is_distrusted() {
    for crossing in ["b12:1", "b13:1", "a10:1", "a9:1", "b12.5:1", "a9.5:1"] {
        check_usdm(&format!(
            "
            snapshot 100 b10:5 a12:5       | syncing 100
            depth 99-101<98                | trusted 101 10:5/12:5 sums 1:5/1:5
            depth 102-103<101 {crossing}   | unsynced 103
            count crossed                  | 1
            depth 104-105<103 b10:4        | -
            snapshot 104 b10:5 a12:5       | trusted 105 10:4/12:5 sums 1:4/1:5
            "
        ));
    }
    check_usdm("snapshot 100 b12:5 a12:5           | unsynced 100");
}

#[test]
fn levels_are_absolute_and_stand_where_they_stand() {
    check_usdm(
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        depth 99-101<98 b7:0 a900:0        | trusted 101 10:5/12:5 sums 1:5/1:5
        depth 102-103<101 b10:2 b10:3      | trusted 103 10:3/12:5 sums 1:3/1:5
        depth 104-105<103 b10.5:4 a11.5:6  | trusted 105 10:4/12:6 sums 2:7/2:11
        depth 106-107<105 b10.5:0 a11.5:0  | trusted 107 10:3/12:5 sums 1:3/1:5
        depth 108-109<107 b11:4294967296   | trusted 109 11:4294967296/12:5 sums 2:4294967299/1:5
        depth 110-111<109 b11:2            | trusted 111 11:2/12:5 sums 2:5/1:5
        depth 112-113<111 a5000:7 a12:0    | trusted 113 11:2/5000:7 sums 2:5/1:7
        depth 114-115<113 a12:1            | trusted 115 11:2/12:1 sums 2:5/2:8
        depth 116-117<115 b11:0 b10:0      | trusted 117 0:0/12:1 sums 0:0/2:8
        count off_grid_levels              | 4
        ",
    );
}

#[test]
fn a_wide_level_at_the_very_edge_of_the_window_counts() {
    // The best lies three quarters up 256 ticks: the window begins at 768.
    check_usdm(
        "
        snapshot 100 b1000:5 a1001:5          | syncing 100
        depth 99-101<98 b768:4294967296       | trusted 101 1000:5/1001:5 sums 2:4294967301/1:5
        depth 102-103<101 b767:4294967296     | trusted 103 1000:5/1001:5 sums 3:8589934597/1:5
        depth 104-105<103 b768:0              | trusted 105 1000:5/1001:5 sums 2:4294967301/1:5
        ",
    );
}

#[test]
fn a_level_that_cannot_be_costs_the_trust() {
    for bad in ["b0:1", "b-5:1", "b9:-1", "b9:99999999999999", "b30000000000:1"] {
        check_usdm(&format!(
            "
            snapshot 100 b10:5 a12:5       | syncing 100
            depth 99-101<98                | trusted 101 10:5/12:5 sums 1:5/1:5
            depth 102-103<101 {bad}        | unsynced 103
            count bad_levels               | 1
            "
        ));
    }
}

#[test]
fn a_full_far_table_is_counted_and_the_side_incomplete() {
    // 64 slots take 48 levels.
    let far: String = (0..50).map(|at| format!(" b{}:1", 1000 + 100 * at)).collect();
    let mut scenario =
        Scenario::new("X:1:1", Plan { window_ticks: 256, far_slots: 64, ..Plan::default() });
    scenario.step(&format!("snapshot 100 b9999:5{far} a10001:5"));
    assert_eq!(scenario.count("far_full"), "2");
    let book = scenario.bench.stage.book(ID).expect("a book");
    assert!(book.incomplete(Side::Buy) && !book.incomplete(Side::Sell));
    assert_eq!(book.level_count(Side::Buy), 49);
    scenario.step("depth 110-111<110");
    scenario.step("snapshot 200 b9999:5 a10001:5");
    assert!(!scenario.bench.stage.book(ID).expect("a book").incomplete(Side::Buy));
}

#[test]
fn stale_rises_by_ticks_and_falls_by_the_next_event() {
    check_usdm(
        "
        tick                               | tick
        snapshot 100 b10:5 a12:5           | syncing 100
        at 5000                            |
        tick                               | tick
        depth 99-101<98                    | trusted 101 10:5/12:5 sums 1:5/1:5
        at 7999                            |
        tick                               | tick
        quote 102                          | quote
        at 8000                            |
        tick                               | trusted 101 10:5/12:5 sums 1:5/1:5 stale; tick
        at 9000                            |
        tick                               | tick
        depth 98-101<97                    | -
        depth 102-103<101                  | trusted 103 10:5/12:5 sums 1:5/1:5
        count stale                        | 1
        ",
    );
}

#[test]
fn the_tape_finds_holes_and_ignores_what_it_has() {
    check_usdm(
        "
        trade 5 100+1                      | trade 5
        trade 6 100+1                      | trade 6
        trade 6 100+1                      | -
        trade 4 100+1                      | -
        foreign 7                          | trade 7
        trade 8 100-1                      | trade 8
        trade 11 100-1                     | trade 11 gap unstable
        trade 12 100-1                     | trade 12
        foreign 15                         | trade 15 gap unstable
        trade 0 100+1                      | -
        trade 16 100+0                     | -
        trade 17 0+1                       | -
        trade 18 100+1                     | trade 18 gap unstable
        count trade_duplicates             | 3
        count trade_gaps                   | 3
        count trades_missing               | 6
        count foreign_prints               | 2
        count bad_trades                   | 2
        count trades                       | 6
        ",
    );
}

#[test]
fn time_that_runs_back_makes_the_tape_unstable() {
    check_usdm(
        "
        at 5000                            |
        trade 1 100+1                      | trade 1
        at 4000                            |
        trade 2 100+1                      | trade 2 late
        at 3999                            |
        trade 3 100+1                      | trade 3 unstable late
        count time_ran_back                | 1
        ",
    );
}

#[test]
fn bars_close_by_the_next_trade_or_half_a_second_of_the_venue_clock() {
    check_usdm(
        "
        at 100                             |
        trade 1 100+5                      | trade 1
        at 900                             |
        trade 2 90-7                       | trade 2
        at 999                             |
        trade 3 110+3                      | trade 3
        at 1000                            |
        trade 4 111+1                      | 1s@0 100/110/90/110 +8 -7 -2..5 n3 f6; trade 4
        at 2499                            |
        mark                               | mark
        at 2500                            |
        mark                               | 1s@1 111/111/111/111 +1 -0 0..1 n1 f2; mark
        at 2400                            |
        trade 5 112+1                      | trade 5
        at 1900                            |
        trade 6 113+1                      | trade 6 late
        at 6000                            |
        trade 7 114+1                      | 1s@2 112/113/112/113 +2 -0 0..2 n2 f4; 1s@3 113/113/113/113 x3; trade 7
        count late_trades                  | 1
        count bars                         | 4
        ",
    );
}

#[test]
fn longer_bars_hold_what_the_shorter_ones_held() {
    check_usdm(
        "
        at 1000                            |
        trade 1 100-5                      | trade 1
        at 59000                           |
        trade 2 90+7                       | 1s@1 100/100/100/100 +0 -5 -5..0 n1 f2; 1s@2 100/100/100/100 x57; trade 2
        at 60100                           |
        mark                               | mark
        at 60500                           |
        mark                               | 1s@59 90/90/90/90 +7 -0 0..7 n1 f2; 1m@0 100/100/90/90 +7 -5 -5..2 n2 f4; mark
        at 180000                          |
        trade 3 80-1                       | 1s@60 90/90/90/90 x120; 1m@60 90/90/90/90 x2; 3m@0 100/100/90/90 +7 -5 -5..2 n2 f4; trade 3
        ",
    );
}

#[test]
fn a_hole_makes_every_bar_around_it_unstable() {
    check_usdm(
        "
        trade 1 100+1                      | trade 1
        at 3000                            |
        trade 3 101+1                      | 1s@0 100/100/100/100 +1 -0 0..1 n1 f2 unstable; 1s@1 100/100/100/100 x2 unstable; trade 3 gap unstable
        at 4000                            |
        trade 4 102+1                      | 1s@3 101/101/101/101 +1 -0 0..1 n1 f2 unstable; trade 4
        at 6000                            |
        trade 5 103+1                      | 1s@4 102/102/102/102 +1 -0 0..1 n1 f2; 1s@5 102/102/102/102; trade 5
        at 60000                           |
        foreign 6                          | 1s@6 103/103/103/103 +1 -0 0..1 n1 f2; 1s@7 103/103/103/103 x52; trade 6
        trade 7 103+1                      | 1s@59 103/103/103/103; 1m@0 100/103/100/103 +4 -0 0..4 n4 f8 unstable; trade 7
        at 63000                           |
        foreign 9                          | 1s@60 103/103/103/103 +1 -0 0..1 n1 f2 unstable; 1s@61 103/103/103/103 unstable; trade 9 gap unstable
        trade 10 103+1                     | 1s@62 103/103/103/103 unstable; trade 10
        ",
    );
}

#[test]
fn a_time_too_far_ahead_is_refused_until_three_agree() {
    check_usdm(
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        depth 99-101<98                    | trusted 101 10:5/12:5 sums 1:5/1:5
        trade 1 100+1                      | trade 1
        venue 10000                        |
        mark                               | 1s@0 100/100/100/100 +1 -0 0..1 n1 f2; 1s@1 100/100/100/100 x8; mark
        venue 20001                        |
        mark                               | -
        trade 2 100+1                      | -
        venue 10500                        |
        trade 2 100+1                      | 1s@9 100/100/100/100; trade 2
        venue 20501                        |
        mark                               | -
        mark                               | -
        venue 40002                        |
        mark                               | -
        venue 40003                        |
        trade 3 100+1                      | -
        depth 102-103<101                  | 1s@10 100/100/100/100 +1 -0 0..1 n1 f2 unstable; 1m@0 100/100/100/100 +2 -0 0..2 n2 f4 unstable; 3m@0 100/100/100/100 +2 -0 0..2 n2 f4 unstable; 5m@0 100/100/100/100 +2 -0 0..2 n2 f4 unstable; 15m@0 100/100/100/100 +2 -0 0..2 n2 f4 unstable; 30m@0 100/100/100/100 +2 -0 0..2 n2 f4 unstable; 1h@0 100/100/100/100 +2 -0 0..2 n2 f4 unstable; 4h@0 100/100/100/100 +2 -0 0..2 n2 f4 unstable; unsynced 0 jump
        trade 5 100+1                      | trade 5
        trade 5 100+1                      | -
        count time_jumps_refused           | 6
        count time_jumps                   | 1
        ",
    );
}

#[test]
fn receive_time_gone_by_covers_a_gap() {
    check_usdm(
        "
        mark                               | mark
        local 3600000                      |
        venue 3610000                      |
        mark                               | mark
        venue 3620001                      |
        mark                               | -
        ",
    );
    // A dump's receive time is the venue's: any gap is covered.
    check_usdm(
        "
        dump                               |
        mark                               | mark
        venue 36000000                     |
        mark                               | mark
        ",
    );
}

#[test]
fn another_grid_begins_anew_and_the_same_one_does_not() {
    check_usdm(
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        depth 99-101<98                    | trusted 101 10:5/12:5 sums 1:5/1:5
        trade 1 100+1                      | trade 1
        grid 1                             | instrument
        grid 2                             | unsynced 0; instrument
        count grid_changes                 | 1
        snapshot 200 b10:5 b9.5:1 a12:5    | syncing 200
        ",
    );
}

#[test]
fn every_closed_bar_has_the_interval_it_says() {
    let mut bench = Bench::new("X:1:1", Plan::default());
    assert!(bench.stage.bars(ID).is_some_and(|bars| bars.open(Interval::Hour4).is_none()));
    bench.draft.open(Kind::Trade, ID);
    bench.draft.head.id = 1;
    bench.draft.head.time_match = NOON;
    let zero: TradeLine = bytemuck::Zeroable::zeroed();
    bench.draft.push(TradeLine { price: Price(7), lots: Lots(3), ..zero });
    bench.take();
    for interval in Interval::ALL {
        let open = bench.stage.bars(ID).and_then(|bars| bars.open(interval));
        let (bar, sums) = open.expect("an open bar");
        assert_eq!((bar.interval(), bar.time_open, bar.close), (interval, NOON, Price(7)));
        assert_eq!((sums.volume(), sums.notional.0), (Lots(3), 21));
    }
}

#[test]
fn content_is_free_of_how_the_market_arrived() {
    let plan = Plan { content: true, ..Plan::default() };
    let run = |table: &[&str]| {
        let mut scenario = Scenario::new("X:1:1", plan);
        for input in table {
            scenario.step(input);
        }
        scenario.bench.stage.content(ID)
    };
    let plain = run(&[
        "snapshot 100 b10:5 a12:5",
        "depth 99-101<98 b10:6",
        "depth 102-103<101 a12:0 a13.5:1",
        "trade 1 100+5",
        "foreign 2",
        "at 2000",
        "trade 3 101-5",
    ]);
    // The events waited, came twice and later, with ticks between, and the quiet second was
    // closed by a mark price.
    let crooked = run(&[
        "local 700",
        "depth 99-101<98 b10:6",
        "tick",
        "trade 1 100+5",
        "depth 102-103<101 a12:0 a13.5:1",
        "depth 99-101<98 b10:6",
        "snapshot 100 b10:5 a12:5",
        "trade 1 100+5",
        "local 5000",
        "foreign 2",
        "venue 1600",
        "mark",
        "venue 2000",
        "trade 3 101-5",
    ]);
    assert_eq!(plain, crooked);
    let other = run(&["snapshot 100 b10:5 a12:5", "depth 99-101<98 b10:7"]);
    assert_ne!(plain.book, other.book);
}

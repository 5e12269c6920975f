//! The machine of the break-through.

use super::{check, check_with};
use crate::hypotheses::HypothesisPlan;

/// A valley above: rejection would sell there, a break-through buys behind 100 400.
const LVN: &str = "0 level 1 lvn sell 100000 100200 100400 100000 100400 |\n";
const ALL_HOLD: &str = "2000 obi 2.1 |
    2000 cvd 5 |
    2000 oi 1 | b stop 100401, b monitored>armed conditions\n";

fn lvn(script: &str) {
    check(&format!("{LVN}{script}"));
}

fn armed(script: &str) {
    lvn(&format!("1000 trade 99500 | b inactive>monitored near\n{ALL_HOLD}{script}"));
}

#[test]
fn watched_while_0_1_to_1_percent_ahead() {
    lvn("1 trade 98999 |
         2 trade 99000 | b inactive>monitored near
         3 trade 99900 | inactive>monitored near
         4 trade 99901 | b monitored>inactive distance");
    // Behind it there is nothing ahead.
    lvn("1 trade 100900 |");
    check(
        "0 level 1 lvn buy 99600 99800 100000 99600 100000 |
         1 trade 101000 | b inactive>monitored near
         1 obi -2.1 |
         1 cvd -5 |
         1 oi 1 | b stop 99599, b monitored>armed conditions",
    );
}

#[test]
fn all_three_that_way() {
    let begin = "1000 trade 99500 | b inactive>monitored near\n";
    let stays = |script: &str| lvn(&format!("{begin}{script}"));
    stays("2000 obi 2.0 |\n2000 cvd 5 |\n2000 oi 1 |");
    stays("2000 obi -2.1 |\n2000 cvd 5 |\n2000 oi 1 |");
    stays("2000 obi 2.1 |\n2000 cvd 0 |\n2000 oi 1 |");
    stays("2000 obi 2.1 |\n2000 cvd -5 |\n2000 oi 1 |");
    stays("2000 obi 2.1 |\n2000 cvd 5 |\n2000 oi 0 |");
    // Missing is not holding.
    stays("2000 obi - |\n2000 cvd 5 |\n2000 oi 1 |");
    stays("2000 obi 2.1 |\n2000 cvd 5 |\n2000 oi - |");
}

#[test]
fn cancelled_when_one_fails_or_after_10_minutes() {
    armed("3000 obi 2.0 | b withdraw, b armed>cancelled obi");
    armed("3000 cvd - | b withdraw, b armed>cancelled cvd");
    armed("3000 oi 0 | b withdraw, b armed>cancelled open_interest");
    armed("602000 tick |\n602001 tick | b withdraw, b armed>cancelled time");
    armed("3000 lag on | b withdraw, b armed>cancelled contaminated");
    armed("3000 funding 603000 | b withdraw, b armed>cancelled funding");
    armed("3000 answer refused | b armed>cancelled refused");
}

#[test]
fn filled_and_cooled() {
    armed(
        "3000 trade 100401 |
           3001 answer fill | b armed>filled filled
           4000 obi 0 |
           5000 trade 101000 |
           604999 tick |
           605000 tick | b filled>inactive cooled",
    );
}

#[test]
fn the_pull_back_adds_at_the_far_edge() {
    let plan = HypothesisPlan { break_pull_back: true, ..HypothesisPlan::default() };
    let script = format!(
        "{LVN}1000 trade 99500 | b inactive>monitored near
         {ALL_HOLD}2500 trade 100401 |
         3000 answer fill | b post 100400 half, b armed>filled filled
         603000 tick |
         603001 tick | b withdraw
         604000 tick |"
    );
    check_with(plan, &script);
}

#[test]
fn while_armed_its_rejection_does_not() {
    // Armed at 2 s; rejection is watched and confirmed, but waits until the break-through ended.
    armed("3000 trade 99950 | inactive>monitored near
           4000 trade 100000 |
           5000 div sell rsi 100010 4000 1 |
           6000 div sell cvd 100010 4000 1 |
           7000 obi 0 | b withdraw, b armed>cancelled obi, post 100000, monitored>armed touched+confirmed");
}

#[test]
fn two_in_four_hours() {
    // Three valleys at 0.5 %, none overlaps another.
    let levels = "0 level 1 lvn sell 100000 100010 100020 100000 100020 |
                  0 level 2 lvn sell 100100 100110 100120 100100 100120 |
                  0 level 3 lvn sell 100200 100210 100220 100200 100220 |\n";
    let all = "1000 trade 99500 | b inactive>monitored near, 2 b inactive>monitored near, \
               3 b inactive>monitored near";
    let two = "b stop 100021, b monitored>armed conditions, \
               2 b stop 100121, 2 b monitored>armed conditions";
    // The third waits, though the two have ended long ago, until they are 4 h old.
    let script = format!(
        "{levels}{all}
         2000 obi 3 |
         2000 cvd 1 |
         2000 oi 1 | {two}
         3000 answer refused | 2 b armed>cancelled refused
         4000 drop 2 |
         5000 drop 1 |
         602001 tick | b withdraw, b armed>cancelled time
         603000 tick | 2 b cancelled>inactive cooled
         1202001 tick | b cancelled>inactive cooled
         14401999 tick |
         14402000 tick | 3 b stop 100221, 3 b monitored>armed conditions"
    );
    check(&script);
}

#[test]
fn a_watched_one_moves_with_its_level_an_armed_one_does_not() {
    lvn("1000 trade 99500 | b inactive>monitored near
         1500 level 1 lvn sell 100010 100210 100410 100010 100410 |
         2000 obi 2.1 |
         2000 cvd 5 |
         2000 oi 1 | b stop 100411, b monitored>armed conditions
         3000 level 1 lvn sell 102000 102200 102400 102000 102400 |
         4000 trade 99400 |
         5000 obi 0 | b withdraw, b armed>cancelled obi
         604000 tick |
         605000 tick | b cancelled>inactive cooled
         605001 trade 100990 | b inactive>monitored near");
}

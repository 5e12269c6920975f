//! Contamination: each cause, its hold, and what it does in each state; the flash guard.

use super::{check, check_with};
use crate::hypotheses::{EntryRule, Grade, HypothesisPlan};

/// Touched, one confirmation latched.
const BEGIN: &str = "0 level 1 val buy 99800 99900 100000 |
    1000 trade 100000 | inactive>monitored near
    2000 div buy rsi 99950 2000 1 |\n";

fn begun(script: &str) {
    check(&format!("{BEGIN}{script}"));
}

#[test]
fn held_60_s_after_its_end() {
    begun(
        "2500 div buy rsi 99950 2000 3 |
         3000 lag on |
         4000 lag off |
         63999 div buy cvd 99950 2000 1 |
         63999 abs buy 99900 99950 |
         64000 tick |
         64001 abs buy 99900 99950 | post 99900, monitored>armed touched+confirmed",
    );
    // A second cause that begins in the hold keeps it.
    begun(
        "3000 lag on |
         4000 lag off |
         50000 unstable on |
         64000 div buy cvd 99950 2000 1 |
         65000 unstable off |
         120999 div buy cvd 99950 2000 1 |
         121001 tick | monitored>cancelled time",
    );
}

#[test]
fn what_had_latched_before_arms_when_the_hold_is_over() {
    // The funding window kept it from arming, then contamination: at the end of its hold it arms.
    begun(
        "2500 funding 10000 |
         3000 div buy cvd 99950 2000 1 |
         4000 lag on |
         5000 lag off |
         64999 tick |
         65000 tick | post 99900, monitored>armed touched+confirmed",
    );
}

#[test]
fn contaminated_in_each_state() {
    // Inactive: watching may begin; nothing that was found before the touch counts.
    check(
        "0 level 1 val buy 99800 99900 100000 |
         900 div buy rsi 99950 900 1 |
         950 lag on |
         1000 trade 100000 | inactive>monitored near
         2000 lag off |
         62000 div buy cvd 99950 2000 1 |
         62001 abs buy 99900 99950 | post 99900, monitored>armed touched+confirmed",
    );
    // Monitored: T runs on.
    begun(
        "3000 lag on |
         4000 div buy cvd 99950 2000 1 |
         121001 tick | monitored>cancelled time",
    );
    // Armed: the order stays; a second try is not made.
    let armed = "3000 div buy cvd 99950 2000 1 | post 99900, monitored>armed touched+confirmed\n";
    begun(&format!("{armed}4000 lag on |\n5000 answer fill | armed>filled filled"));
    begun(&format!(
        "{armed}4000 answer taker |
         4100 lag on |
         4200 tick | armed>cancelled would_take+contaminated"
    ));
    // Filled, partly: the rest is taken back.
    begun(&format!(
        "{armed}4000 answer part | armed>filled filled
         4100 lag on | withdraw"
    ));
}

#[test]
fn contaminated_with_an_order_ahead() {
    let plan = HypothesisPlan { entry: EntryRule::Ahead, ..HypothesisPlan::default() };
    let ahead = |script: &str| {
        check_with(plan, &format!("0 level 1 val buy 99799 99899 99999 |\n{script}"));
    };
    // None is laid; one that waits is pulled.
    ahead(
        "500 lag on |
           1000 trade 100300 |
           2000 lag off |
           61999 tick |
           62000 tick | post 99899 half, inactive>resting ahead
           63000 unstable on | withdraw, resting>inactive contaminated",
    );
    ahead(
        "1000 trade 100300 | post 99899 half, inactive>resting ahead
           2000 trade 100100 | resting>monitored near
           3000 lag on | withdraw
           4000 lag off |",
    );
    // Filled early: what had latched does not confirm it before the hold is over either.
    ahead(
        "1000 trade 100300 | post 99899 half, inactive>resting ahead
           2000 answer fill | resting>filledunconfirmed filled
           2100 vol 0.9 0.4 |
           2200 div buy rsi 99900 2000 1 |
           2300 abs buy 99900 99950 |
           3000 lag on |
           3100 vol 0.4 0.4 |
           4000 lag off |
           63999 tick |
           64000 tick | filledunconfirmed>filled confirmed",
    );
    // It can't be confirmed, so it is closed.
    ahead(
        "1000 trade 100300 | post 99899 half, inactive>resting ahead
           2000 answer fill | resting>filledunconfirmed filled
           2100 div buy rsi 99900 2000 1 |
           3000 lag on |
           4000 div buy cvd 99900 2000 1 |
           122001 tick | close, filledunconfirmed>closed time",
    );
}

/// Whether a second confirmation arms 100 ms after the given script, and when `after` is over.
fn is_held(script: &str, at: u64, is_held: bool) {
    let margin = if is_held { "" } else { "post 99900, monitored>armed touched+confirmed" };
    begun(&format!("{script}\n{at} abs buy 99900 99950 | {margin}"));
}

#[test]
fn no_depth_for_more_than_3_s() {
    is_held("3000 book 99990 99991 |", 6_000, false);
    is_held("3000 book 99990 99991 |", 6_001, true);
    // Noticed at its end, if nothing else came between.
    is_held("3000 book 99990 99991 |\n6001 book 99990 99991 |", 6_002, true);
    is_held("3000 book 99990 99991 |\n6000 book 99990 99991 |", 6_001, false);
    // A book that never came abstains.
    is_held("3000 tick |", 100_000, false);
}

#[test]
fn no_trade_for_more_than_30_s_while_the_book_moves() {
    let mut moving = String::new();
    for second in (3_000..=31_000).step_by(2_000) {
        moving.push_str(&format!("{second} book 99990 99991 |\n"));
    }
    // The last trade was at 1 s.
    is_held(&moving, 31_000, false);
    is_held(&moving, 31_001, true);
    // Without a book nobody can say that the tape is silent.
    is_held("3000 tick |", 100_000, false);
}

#[test]
fn audit_skew_and_polls() {
    is_held("3000 audit 0 0 5 10000 |", 3_001, false);
    is_held("3000 audit 0 0 6 10000 |", 3_001, true);
    is_held("3000 audit 1 0 0 10000 |", 3_001, true);
    is_held("3000 audit 0 -1 0 10000 |", 3_001, true);
    is_held("3000 audit 0 -1 0 10000 |\n4000 audit 0 0 0 10000 |", 64_000, false);
    is_held("3000 skew 1000 |", 3_001, false);
    is_held("3000 skew 1001 |", 3_001, true);
    for poll in ["oi", "funding"] {
        let failed = |times: usize| {
            format!("2000 poll {poll} ok |\n{}", format!("3000 poll {poll} fail |\n").repeat(times))
        };
        is_held(&failed(2), 3_001, false);
        is_held(&failed(3), 3_001, true);
        is_held(&format!("{}4000 poll {poll} ok |", failed(3)), 63_999, true);
        is_held(&format!("{}4000 poll {poll} ok |", failed(3)), 64_000, false);
        // One that never came is no break.
        is_held(&format!("3000 poll {poll} fail |\n").repeat(5), 3_001, false);
    }
}

#[test]
fn a_poll_of_lower_grade_only_abstains() {
    let plan = HypothesisPlan { interest_grade: Grade::Abstain, ..HypothesisPlan::default() };
    let failed = "3000 poll oi fail |\n".repeat(3);
    check_with(
        plan,
        &format!(
            "{BEGIN}2500 poll oi ok |
             {failed}4000 abs buy 99900 99950 | post 99900, monitored>armed touched+confirmed"
        ),
    );
}

#[test]
fn a_flash_freezes_profile_levels() {
    // 97 000 is exactly 3 % below 100 000, 96 999 more.
    let levels = "0 level 1 val buy 96800 96900 97000 |
                  0 level 2 avwap buy 96000 96100 96200 |\n";
    check(&format!("{levels}1000 trade 100000 |\n11000 trade 97000 | inactive>monitored near"));
    check(&format!(
        "{levels}1000 trade 100000 |
         11000 trade 96999 |
         70999 tick |
         71000 tick | inactive>monitored near"
    ));
    // A pace that is slower by the grain and more is no flash.
    check(&format!("{levels}1000 trade 100000 |\n11020 trade 96999 | inactive>monitored near"));
    // Up from the lowest of the window, of that price.
    check(&format!("{levels}1000 trade 90000 |\n1001 trade 97000 |"));
    // What is no profile goes on.
    check(&format!(
        "{levels}1000 trade 100000 |
         2000 trade 96300 | 2 inactive>monitored near"
    ));
    // Frozen while watched: it latches, and does not arm.
    begun(
        "3000 trade 103100 |
         4000 trade 100000 |
         4000 abs buy 99900 99950 |
         63999 tick |
         64000 tick | post 99900, monitored>armed touched+confirmed",
    );
}

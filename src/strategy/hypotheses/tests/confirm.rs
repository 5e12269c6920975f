//! What confirms, on which side, until when, and what it weighs.

use super::check_with;
use crate::hypotheses::{HypothesisPlan, InterestFilter, InterestRule};

/// Touched at 1 000 s with one confirmation; whatever comes next arms when it counts.
const TOUCHED: &str = "0 level 1 val buy 99800 99900 100000 |
    1000000 trade 100000 | inactive>monitored near
    1001000 div buy rsi 99950 1000000 1 |\n";
const ARMS: &str = "| post 99900, monitored>armed touched+confirmed";

fn arms_with(plan: HypothesisPlan, fact: &str) {
    check_with(plan, &format!("{TOUCHED}1002000 {fact} {ARMS}"));
}

fn is_nothing_with(plan: HypothesisPlan, fact: &str) {
    check_with(plan, &format!("{TOUCHED}1002000 {fact} |"));
}

fn arms(fact: &str) {
    arms_with(HypothesisPlan::default(), fact);
}

fn is_nothing(fact: &str) {
    is_nothing_with(HypothesisPlan::default(), fact);
}

#[test]
fn a_divergence_counts_at_the_zone_or_beyond_on_its_side() {
    arms("div buy cvd 100000 1000000 1");
    arms("div buy cvd 99000 1000000 1");
    is_nothing("div buy cvd 100001 1000000 1");
    is_nothing("div sell cvd 99950 1000000 1");
    is_nothing("div buy! cvd 99950 1000000 1");
    // The same kind again is no second one.
    is_nothing("div buy rsi 99950 1000000 3");
}

#[test]
fn from_five_bars_before_the_touch_on() {
    arms("div buy cvd 99950 700000 1");
    is_nothing("div buy cvd 99950 699999 1");
    arms("div buy cvd 99950 100000 3");
    is_nothing("div buy cvd 99950 99999 3");
}

#[test]
fn what_was_found_shortly_before_latches_at_the_touch() {
    let plan = HypothesisPlan::default();
    check_with(
        plan,
        "0 level 1 val buy 99800 99900 100000 |
         900000 div buy rsi 99950 800000 1 |
         900000 div buy cvd 99950 800000 1 |
         1000000 trade 100100 | inactive>monitored near
         1001000 trade 100000 | post 99900, monitored>armed touched+confirmed",
    );
    // An absorption before the touch is none at the touch.
    check_with(
        plan,
        "0 level 1 val buy 99800 99900 100000 |
         900000 div buy rsi 99950 800000 1 |
         999000 abs buy 99900 99950 |
         1000000 trade 100000 | inactive>monitored near",
    );
    // The last extreme before it holds the veto.
    check_with(
        plan,
        "0 level 1 val buy 99800 99900 100000 |
         900000 div buy rsi 99950 800000 1 |
         900000 ext buy 99950 800000 2.5 0 |
         900001 ext buy 99940 800001 0.0 1 |
         1000000 trade 100000 | inactive>monitored near
         1001000 ext buy 99940 1000001 0.0 0 | post 99900, monitored>armed touched+confirmed",
    );
    // 5 bars of a minute are over.
    check_with(
        plan,
        "0 level 1 val buy 99800 99900 100000 |
         900000 div buy rsi 99950 700999 1 |
         900000 div buy cvd 99950 800000 1 |
         1000000 trade 100100 | inactive>monitored near
         1001000 trade 100000 |",
    );
}

#[test]
fn obi_leans_against_the_extreme() {
    arms("ext buy 99950 1000000 2.0 -");
    is_nothing("ext buy 99950 1000000 1.999 -");
    is_nothing("ext buy 99950 1000000 -2.5 -");
    // Void while suppressed; no check without a new extreme; not elsewhere.
    is_nothing("ext buy 99950 1000000 - -");
    is_nothing("ext- buy 99950 1000000 2.5 -");
    is_nothing("ext buy 100001 1000000 2.5 -");
    check_with(
        HypothesisPlan::default(),
        "0 level 1 vah sell 100000 100100 100200 |
         1000 trade 100000 | inactive>monitored near
         2000 div sell rsi 100050 1000 1 |
         3000 ext sell 100050 1000 2.5 - |
         4000 ext sell 100060 1000 -2.0 - | post 100100, monitored>armed touched+confirmed",
    );
}

#[test]
fn absorption_at_the_zone_on_its_side() {
    arms("abs buy 99700 99800");
    arms("abs buy 100000 100100");
    is_nothing("abs buy 100001 100100");
    is_nothing("abs sell 99900 99950");
    is_nothing("abs buy! 99900 99950");
}

#[test]
fn classic_divergences_only_when_asked() {
    let classic = HypothesisPlan { confirm_classic: true, ..HypothesisPlan::default() };
    for indicator in ["macd_histogram", "obv", "ad"] {
        is_nothing(&format!("div buy {indicator} 99950 1000000 1"));
        arms_with(classic, &format!("div buy {indicator} 99950 1000000 1"));
    }
}

#[test]
fn new_positions_veto_until_an_extreme_without_them() {
    let script = |last: &str| {
        format!(
            "{TOUCHED}1002000 ext buy 99950 1000000 - 1 |
             1003000 div buy cvd 99950 1000000 1 |
             1004000 {last} {ARMS}"
        )
    };
    let plan = HypothesisPlan::default();
    check_with(plan, &script("ext buy 99940 1003000 - 0"));
    // Missing abstains, it never vetoes.
    check_with(plan, &script("ext buy 99940 1003000 - -"));
    // A veto after the first confirmations, before the last.
    check_with(
        plan,
        &format!(
            "{TOUCHED}1002000 ext buy 99950 1000000 2.5 3 |
             1003000 abs buy 99900 99910 |
             1121001 tick | monitored>cancelled time"
        ),
    );
}

#[test]
fn both_rules_of_open_interest_at_a_low_and_at_a_high() {
    let count = |oi_rule| HypothesisPlan {
        oi_rule,
        oi_filter: InterestFilter::Count,
        ..HypothesisPlan::default()
    };
    let (strict, written) = (count(InterestRule::NoNewPositions), count(InterestRule::AsWritten));
    arms_with(strict, "ext buy 99950 1000000 - -5");
    arms_with(strict, "ext buy 99950 1000000 - 0");
    is_nothing_with(strict, "ext buy 99950 1000000 - 5");
    is_nothing_with(written, "ext buy 99950 1000000 - -5");
    arms_with(written, "ext buy 99950 1000000 - 0");
    arms_with(written, "ext buy 99950 1000000 - 5");
    is_nothing_with(strict, "ext buy 99950 1000000 - -");
    let high = |plan, change: i64, margin: &str| {
        check_with(
            plan,
            &format!(
                "0 level 1 vah sell 100000 100100 100200 |
                 1000 trade 100000 | inactive>monitored near
                 2000 div sell rsi 100050 1000 1 |
                 3000 ext sell 100060 1000 - {change} | {margin}"
            ),
        );
    };
    let armed = "post 100100, monitored>armed touched+confirmed";
    for plan in [strict, written] {
        high(plan, -5, armed);
        high(plan, 0, armed);
        high(plan, 5, "");
    }
    // Off: neither a veto nor a confirmation.
    let off = HypothesisPlan { oi_filter: InterestFilter::Off, ..HypothesisPlan::default() };
    is_nothing_with(off, "ext buy 99950 1000000 - -5");
    arms_with(off, "ext buy 99950 1000000 2.5 5");
}

#[test]
fn a_fast_market_weighs_otherwise() {
    let begin = "0 level 1 val buy 99800 99900 100000 |
                 1000 trade 100000 | inactive>monitored near\n";
    let play = |script: &str| check_with(HypothesisPlan::default(), &format!("{begin}{script}"));
    // Exactly twice is not fast: RSI and absorption weigh 2.
    play(
        "2000 vol 0.8 0.4 |
          3000 div buy rsi 99950 2000 1 |
          4000 abs buy 99900 99950 | post 99900, monitored>armed touched+confirmed",
    );
    // Beyond it RSI weighs a half: 1.5 with absorption, 2 with OBI.
    play("2000 vol 0.81 0.4 |
          3000 div buy rsi 99950 2000 1 |
          4000 abs buy 99900 99950 |
          5000 div buy cvd 99950 2000 1 | post 99900, monitored>armed touched+confirmed+fast_market");
    play("2000 vol 0.81 0.4 |
          3000 div buy rsi 99950 2000 1 |
          4000 ext buy 99900 2000 2.5 - | post 99900, monitored>armed touched+confirmed+fast_market");
    // One kind never suffices.
    play(
        "2000 vol 0.81 0.4 |
          3000 ext buy 99900 2000 2.5 - |
          4000 ext buy 99900 3000 2.5 - |",
    );
    // The market calms down: what had latched now weighs enough.
    play(
        "2000 vol 0.81 0.4 |
          3000 div buy rsi 99950 2000 1 |
          4000 abs buy 99900 99950 |
          5000 vol 0.5 0.4 | post 99900, monitored>armed touched+confirmed",
    );
    // Volatility that is missing is not fast.
    play(
        "2000 vol 0.81 - |
          3000 div buy rsi 99950 2000 1 |
          4000 abs buy 99900 99950 | post 99900, monitored>armed touched+confirmed",
    );
}

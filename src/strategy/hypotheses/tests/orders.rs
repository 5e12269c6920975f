//! Placement: on arming, ahead, and what the venue says to it.

use super::{check, check_with};
use crate::hypotheses::{EntryRule, HypothesisPlan};

const BEGIN: &str = "0 level 1 val buy 99800 99900 100000 |
    1000 trade 100000 | inactive>monitored near
    2000 div buy rsi 99950 2000 1 |\n";
const ARMED: &str =
    "3000 div buy cvd 99950 2000 1 | post 99900, monitored>armed touched+confirmed\n";

fn armed(script: &str) {
    check(&format!("{BEGIN}{ARMED}{script}"));
}

#[test]
fn never_across_the_book() {
    check(&format!(
        "{BEGIN}2500 book 99870 99880 |
         3000 div buy cvd 99950 2000 1 | post 99879, monitored>armed touched+confirmed"
    ));
    check(&format!(
        "{BEGIN}2500 book 99990 99991 |
         3000 div buy cvd 99950 2000 1 | post 99900, monitored>armed touched+confirmed"
    ));
    check(
        "0 level 1 vah sell 100000 100100 100200 |
         1000 book 100120 100121 | inactive>monitored near
         2000 div sell rsi 100150 2000 1 |
         3000 div sell cvd 100150 2000 1 | post 100121, monitored>armed touched+confirmed",
    );
}

#[test]
fn refused_as_taker_once_more_and_then_never() {
    armed(
        "3100 answer taker |
           3299 tick |
           3300 tick | post 99899
           3400 answer taker | armed>cancelled would_take",
    );
    // The market went on meanwhile: a tick beyond what would be asked now.
    armed(
        "3100 answer taker |
           3200 book 99850 99860 |
           3300 tick | post 99858
           3350 answer standing |
           3400 answer fill | armed>filled filled",
    );
    // It came back: a tick beyond what was refused.
    check(&format!(
        "{BEGIN}2500 book 99870 99880 |
         3000 div buy cvd 99950 2000 1 | post 99879, monitored>armed touched+confirmed
         3100 answer taker |
         3200 book 99890 99895 |
         3300 tick | post 99878"
    ));
    armed("3100 answer refused | armed>cancelled refused");
    armed(
        "3100 answer standing |
           3200 answer gone | armed>cancelled gone",
    );
    // What waits for its second try does not stand at the venue: nothing to take back.
    armed(
        "3100 answer taker |
           3200 trade 99700 | armed>cancelled pierced",
    );
}

#[test]
fn a_fill_after_the_order_was_given_up_is_closed() {
    armed(
        "4000 trade 99700 | withdraw, armed>cancelled pierced
           4001 answer fill | close
           4002 answer gone |",
    );
}

#[test]
fn the_rest_of_a_part_is_taken_back_in_the_end() {
    armed(
        "4000 answer part | armed>filled filled
           123000 tick |
           123001 tick | withdraw
           124000 tick |",
    );
    armed(
        "4000 answer part | armed>filled filled
           5000 answer fill |
           123001 tick |",
    );
}

#[test]
fn the_last_ten_minutes_before_funding() {
    // 600 s to go are the last ten minutes; at the timestamp itself they are over.
    check(&format!(
        "{BEGIN}2500 funding 603000 |
         3000 div buy cvd 99950 2000 1 |
         121000 tick |
         121001 tick | monitored>cancelled time"
    ));
    check(&format!(
        "{BEGIN}2500 funding 3000 |
         2999 div buy cvd 99950 2000 1 |
         3000 tick | post 99900, monitored>armed touched+confirmed"
    ));
    armed(
        "3500 funding 604000 |
           3999 tick |
           4000 tick | withdraw, armed>cancelled funding",
    );
}

fn ahead(script: &str) {
    let plan = HypothesisPlan { entry: EntryRule::Ahead, ..HypothesisPlan::default() };
    check_with(plan, &format!("0 level 1 val buy 99799 99899 99999 |\n{script}"));
}

/// L = 99 750: exactly 0.25 % below a mid of 100 000.
fn ahead_exact(script: &str) {
    let plan = HypothesisPlan { entry: EntryRule::Ahead, ..HypothesisPlan::default() };
    check_with(plan, &format!("0 level 1 val buy 99700 99750 99800 |\n{script}"));
}

const RESTS: &str = "1000 trade 100300 | post 99899 half, inactive>resting ahead\n";

#[test]
fn laid_ahead_from_exactly_0_25_percent_on() {
    ahead_exact(
        "1000 trade 99999 |
                 1001 trade 100000 | post 99750 half, inactive>resting ahead",
    );
    // It governs placing only: nearer later, the order stays.
    ahead_exact(
        "1001 trade 100000 | post 99750 half, inactive>resting ahead
                 1002 trade 99970 |
                 1003 trade 99900 | resting>monitored near",
    );
}

#[test]
fn filled_before_two_confirmations() {
    // Closed when T is over, from the touch; the fill itself is one.
    ahead(&format!(
        "{RESTS}2000 answer fill | resting>filledunconfirmed filled
         122000 tick |
         122001 tick | close, filledunconfirmed>closed time
         123000 trade 102000 |
         723000 tick | closed>inactive cooled, post 99899 half, inactive>resting ahead"
    ));
    // Confirmed in time, the last one at the last nanosecond.
    ahead(&format!(
        "{RESTS}2000 trade 99999 | resting>monitored near
         3000 answer fill | monitored>filledunconfirmed filled
         4000 div buy rsi 99950 2000 1 |
         122000 div buy cvd 99950 2000 1 | filledunconfirmed>filled confirmed"
    ));
    // Its stop was hit meanwhile.
    ahead(&format!(
        "{RESTS}2000 answer part | resting>filledunconfirmed filled
         3000 answer flat | withdraw, filledunconfirmed>closed flat"
    ));
}

#[test]
fn an_order_ahead_is_withdrawn_when_pierced_or_unconfirmed() {
    ahead(&format!(
        "{RESTS}2000 trade 99999 | resting>monitored near
         3000 trade 99798 | withdraw, monitored>cancelled pierced"
    ));
    ahead(&format!("{RESTS}2000 trade 99700 | withdraw, resting>inactive pierced"));
    ahead(&format!(
        "{RESTS}2000 trade 99999 | resting>monitored near
         122001 tick | withdraw, monitored>cancelled time"
    ));
    ahead(&format!(
        "{RESTS}2000 trade 100100 | resting>monitored near
         3000 trade 100260 | withdraw, monitored>inactive away
         12999 tick |
         13000 tick | post 99899 half, inactive>resting ahead"
    ));
}

#[test]
fn an_order_ahead_that_is_confirmed_is_the_entry() {
    ahead(&format!(
        "{RESTS}2000 trade 99999 | resting>monitored near
         3000 div buy rsi 99950 2000 1 |
         4000 div buy cvd 99950 2000 1 | monitored>armed touched+confirmed
         5000 answer fill | armed>filled filled"
    ));
    // A level too near to lay an order ahead still arms.
    ahead(
        "1000 trade 100100 | inactive>monitored near
           2000 trade 99999 |
           3000 div buy rsi 99950 2000 1 |
           4000 div buy cvd 99950 2000 1 | post 99899, monitored>armed touched+confirmed",
    );
}

#[test]
fn a_refused_order_ahead_pauses() {
    ahead(&format!(
        "{RESTS}2000 answer refused | resting>inactive refused
         11999 tick |
         12000 tick | post 99899 half, inactive>resting ahead
         13000 answer gone | resting>inactive gone"
    ));
    // Before funding it is pulled, and none is laid.
    ahead(&format!(
        "{RESTS}2000 funding 602000 | withdraw, resting>inactive funding
         602000 tick | post 99899 half, inactive>resting ahead"
    ));
}

//! A fade from Inactive to its end, each rule at its edge.

use super::check;

/// The zone is [99 800, 100 000]; 0.15 % of its near edge is 150, 0.25 % is 250, h is 100.
const VAL: &str = "0 level 1 val buy 99800 99900 100000 |";

fn val(script: &str) {
    check(&format!("{VAL}\n{script}"));
}

#[test]
fn watched_from_exactly_0_15_percent_on() {
    val("1 trade 100151 |
         2 trade 100150 | inactive>monitored near");
    // A mid half a tick too far is too far.
    val("1 book 100150 100151 |
         2 book 100149 100151 | inactive>monitored near");
    // From below the zone it is not this side's any more.
    val("1 trade 99799 |
         2 trade 99800 | inactive>monitored near");
    check(
        "0 level 1 vah sell 100000 100100 100200 |
           1 trade 99849 |
           2 trade 99850 | inactive>monitored near",
    );
}

#[test]
fn two_kinds_within_t_arm() {
    val("1000 trade 100100 | inactive>monitored near
         2000 trade 100000 |
         3000 div buy rsi 99950 2000 1 |
         4000 div buy rsi 99940 3000 3 |
         5000 div buy cvd 99950 2000 1 | post 99900, monitored>armed touched+confirmed");
}

#[test]
fn the_second_confirmation_at_the_last_nanosecond_of_t_comes_first() {
    let begin = "1000 trade 100000 | inactive>monitored near
                 3000 div buy rsi 99950 2000 1 |";
    // At touch + T itself, also after a tick of the same time.
    val(&format!(
        "{begin}
         121000 tick |
         121000 div buy cvd 99950 2000 1 | post 99900, monitored>armed touched+confirmed"
    ));
    val(&format!("{begin}\n121001 div buy cvd 99950 2000 1 | monitored>cancelled time"));
    val(&format!("{begin}\n121001 tick | monitored>cancelled time"));
}

#[test]
fn the_far_side_cancels_while_unconfirmed() {
    val("1000 trade 100000 | inactive>monitored near
         2000 trade 99800 |
         3000 book 99799 99800 | monitored>cancelled pierced");
    // Through in one leap, none seen inside.
    val("1000 trade 100100 | inactive>monitored near
         2000 trade 99700 | monitored>cancelled pierced");
    // Behind the zone nothing arms, even if the hold of a cause ends with that price.
    val("1000 trade 100000 | inactive>monitored near
         2000 div buy rsi 99950 2000 1 |
         2000 lag on |
         2001 lag off |
         3000 trade 99799 | monitored>cancelled pierced");
}

#[test]
fn never_touched_is_let_go() {
    val("1000 trade 100100 | inactive>monitored near
         2000 trade 100250 |
         3000 trade 100251 | monitored>inactive away");
    // 10 minutes, and it is taken anew at once as it is now in the book.
    val("1000 trade 100100 | inactive>monitored near
         2000 level 1 val buy 99810 99910 100010 |
         601000 tick |
         601001 tick | monitored>inactive untouched, inactive>monitored near
         601002 trade 100010 |
         601003 div buy rsi 99950 601003 1 |
         601004 abs buy 99950 99960 | post 99910, monitored>armed touched+confirmed");
}

#[test]
fn frozen_from_monitored_on() {
    // The book moves it, raises it and drops it: entry and zone stay what they were.
    val("1000 trade 100100 | inactive>monitored near
         2000 level 1 val buy 98800 98900 99000 |
         3000 drop 1 |
         4000 trade 100000 |
         5000 div buy rsi 99950 2000 1 |
         6000 div buy cvd 99950 2000 1 | post 99900, monitored>armed touched+confirmed
         7000 trade 99700 | withdraw, armed>cancelled pierced
         8000 trade 99000 |
         608000 tick | cancelled>inactive cooled
         608001 trade 100100 |");
    // While Inactive it moves with the book.
    val("1000 level 1 val buy 98800 98900 99000 |
         2000 trade 100100 |
         3000 trade 99100 | inactive>monitored near");
    // A level whose side the book turns is another one.
    val("1000 level 1 val sell 99800 99900 100000 |
         2000 trade 99700 | inactive>monitored near");
}

/// Armed at 3 000 ms.
const ARMED: &str = "1000 trade 100000 | inactive>monitored near
    2000 div buy rsi 99950 2000 1 |
    3000 div buy cvd 99950 2000 1 | post 99900, monitored>armed touched+confirmed\n";

fn armed(script: &str) {
    val(&format!("{ARMED}{script}"));
}

#[test]
fn armed_lives_120_s() {
    armed(
        "123000 tick |
           123001 tick | withdraw, armed>cancelled time",
    );
    armed(
        "123000 answer fill | armed>filled filled
           130000 tick |",
    );
}

#[test]
fn armed_ends_by_h_behind_and_by_a_quarter_percent_before() {
    armed(
        "4000 trade 99701 |
           5000 trade 99700 | withdraw, armed>cancelled pierced",
    );
    armed(
        "4000 trade 100249 |
           5000 trade 100250 | withdraw, armed>cancelled away",
    );
    armed(
        "4000 book 99700 99701 |
           5000 book 99699 99701 | withdraw, armed>cancelled pierced",
    );
}

#[test]
fn what_ended_begins_again_after_10_minutes_outside() {
    // Exactly 0.25 % is not more than it.
    armed(
        "4000 answer fill | armed>filled filled
           5000 trade 100250 |
           700000 tick |
           700001 trade 100251 |
           1300000 tick |
           1300001 tick | filled>inactive cooled
           1300002 trade 100150 | inactive>monitored near",
    );
    // A price back inside the distance starts the ten minutes again.
    armed(
        "4000 trade 99700 | withdraw, armed>cancelled pierced
           5000 trade 99000 |
           304000 trade 99900 |
           305000 trade 99000 |
           904999 tick |
           905000 tick | cancelled>inactive cooled",
    );
    // Ten minutes are over with the very price that comes back: time first.
    armed(
        "4000 trade 99700 | withdraw, armed>cancelled pierced
           5000 trade 101000 |
           605000 trade 100100 | cancelled>inactive cooled, inactive>monitored near",
    );
}

#[test]
fn a_magnet_is_entered_at_its_far_edge_from_outside() {
    // Node [99 600, 100 000], centre 99 800.
    let hvn = "0 level 1 hvn buy 99700 99800 99900 99600 100000 |";
    check(&format!(
        "{hvn}
         1 trade 100100 | inactive>monitored near
         2 trade 100000 |
         3 div buy rsi 99950 2 1 |
         4 div buy cvd 99950 2 1 | post 99600, monitored>armed touched+confirmed
         5 trade 99599 |
         6 trade 99501 |
         7 trade 99500 | withdraw, armed>cancelled pierced"
    ));
    // From the inside there is no approach.
    check(&format!(
        "{hvn}
         1 trade 99900 |
         2 trade 100000 |
         3 trade 100001 | inactive>monitored near"
    ));
    check(&format!("{hvn}\n1 trade 99500 |\n2 trade 99900 |"));
}

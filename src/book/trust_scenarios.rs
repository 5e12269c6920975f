//! The scenario tables of trust: what happens to the way, not to the ids, and what is only passed
//! on.

use crate::scenario::check_usdm;

#[test]
fn a_lost_way_costs_the_trust_even_if_the_next_event_chains() {
    check_usdm(
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        depth 99-101<98 b10:6              | trusted 101 10:6/12:5 sums 1:6/1:5
        connection public lost             | unsynced 101; connection
        connection public open             | connection
        connection public proven           | connection
        depth 102-103<101 b10:7            | -
        snapshot 103 b10:8 a12:5           | trusted 103 10:7/12:5 sums 1:7/1:5
        count distrusted                   | 1
        connection public rotated          | connection
        connection public failed           | connection
        connection public halted           | connection
        connection market lost             | connection
        lag journal                        | lag
        lag venue                          | lag
        depth 104-105<103 b10:9            | trusted 105 10:9/12:5 sums 1:9/1:5
        lag pause                          | unsynced 105; lag
        lag pause                          | lag
        count distrusted                   | 2
        ",
    );
    // What waited for a snapshot lies before the hole: none leads from it across.
    check_usdm(
        "
        depth 100-105<99 b10:8             | -
        connection public lost             | connection
        depth 106-110<105 b10:9            | -
        snapshot 104 b10:5 a12:5           | unsynced 104
        snapshot 108 b10:5 a12:5           | trusted 110 10:9/12:5 sums 1:9/1:5
        count distrusted                   | 0
        ",
    );
    // A snapshot that waits for its event is lost as well.
    check_usdm(
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        connection public lost             | unsynced 100; connection
        depth 99-101<98 b10:6              | -
        snapshot 101 b10:5 a12:5           | trusted 101 10:6/12:5 sums 1:6/1:5
        ",
    );
}

#[test]
fn an_audit_that_finds_another_book_costs_the_trust() {
    check_usdm(
        "
        snapshot 100 b10:5 a12:5           | syncing 100
        depth 99-101<98 b10:6              | trusted 101 10:6/12:5 sums 1:6/1:5
        audit equal                        | audit
        depth 102-103<101 b10:7            | trusted 103 10:7/12:5 sums 1:7/1:5
        audit other                        | unsynced 103; audit
        audit other                        | audit
        depth 104-105<103 b10:8            | -
        snapshot 104 b10:5 b9:9 a12:5      | trusted 105 10:8/12:5 sums 2:17/1:5
        count distrusted                   | 1
        ",
    );
}

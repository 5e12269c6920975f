//! Of overlapping zones on one side only the best has a live signal.

use super::check;

#[test]
fn the_better_of_two_that_overlap() {
    check(
        "0 level 1 val buy 99800 99900 100000 99900 99900 2.0 |
         0 level 2 cliff buy 99900 99950 100050 99950 99950 3.0 |
         1 trade 100050 | 2 inactive>monitored near
         2 trade 99899 | 2 monitored>cancelled pierced
         3 trade 99950 |
         4 trade 99800 |",
    );
    // Of equal scores the lower number; an edge in common is an overlap.
    check(
        "0 level 2 cliff buy 99900 99950 100050 |
         0 level 1 val buy 99800 99850 99900 |
         1 trade 99950 | inactive>monitored near",
    );
    // A tick between them, or the other side: both.
    check(
        "0 level 1 val buy 99800 99850 99899 |
         0 level 2 cliff buy 99900 99950 100050 |
         0 level 3 vah sell 99900 99950 100050 |
         1 trade 99950 | inactive>monitored near, 2 inactive>monitored near, 3 inactive>monitored near",
    );
}

#[test]
fn a_live_one_is_not_displaced_by_a_better() {
    check(
        "0 level 1 val buy 99800 99900 100000 99900 99900 2.0 |
         1 trade 100000 | inactive>monitored near
         2 level 2 cliff buy 99900 99950 100050 99950 99950 3.0 |
         3 trade 99900 |
         4 trade 99799 | monitored>cancelled pierced
         5 trade 99900 | 2 inactive>monitored near",
    );
}

#[test]
fn a_better_one_that_left_the_book_is_in_nobodys_way() {
    check(
        "0 level 1 val buy 99800 99900 100000 99900 99900 2.0 |
         0 level 2 cliff buy 99900 99950 100050 99950 99950 3.0 |
         1 trade 100100 | 2 inactive>monitored near
         2 trade 99899 | 2 monitored>cancelled pierced
         3 drop 2 | inactive>monitored near",
    );
}

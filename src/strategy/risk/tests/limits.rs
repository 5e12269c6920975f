//! Every row of the table refuses what is missing, zero, no number, absurd or contradictory.

use super::super::{LimitRefusal, LimitsDraft};
use super::stage::{draft, limits};
use crate::exits::Share;
use crate::risk::Money;

fn with(name: &str, number: Option<f64>) -> LimitsDraft {
    let mut draft = draft();
    *draft.field(name).expect("a row") = number;
    draft
}

#[test]
fn each_row_says_no_by_its_name() {
    assert_eq!(LimitsDraft::ROWS.len(), 20);
    for row in LimitsDraft::ROWS {
        let name = row.name;
        for (number, want) in [
            (None, LimitRefusal::Missing(name)),
            (Some(f64::NAN), LimitRefusal::NotANumber(name)),
            (Some(0.0), LimitRefusal::Zero(name)),
            (Some(-0.0), LimitRefusal::Zero(name)),
            (Some(-1.0), LimitRefusal::Absurd(name, row.most)),
            (Some(f64::INFINITY), LimitRefusal::Absurd(name, row.most)),
            (Some(row.most * 1.000_001), LimitRefusal::Absurd(name, row.most)),
        ] {
            let refused = with(name, number).conclude();
            assert_eq!(refused, Err(want), "{name} = {number:?}");
            if let Some(number) = number {
                assert_eq!(LimitsDraft::check(name, number), Err(want), "{name} = {number} alone");
            }
            assert!(want.to_string().contains(name), "{want}");
        }
        let tiny = with(name, Some(1e-12)).conclude();
        let counted = ["count", "seconds", "minutes"].contains(&row.unit);
        let want =
            if counted { LimitRefusal::Absurd(name, row.most) } else { LimitRefusal::Zero(name) };
        assert_eq!(tiny, Err(want), "{name}: less than its unit");
    }
    assert_eq!(draft().field("no_such"), None);
    assert!(LimitsDraft::default().conclude().is_err(), "there are no defaults");
}

#[test]
fn every_row_takes_its_most() {
    // All at their most contradict nobody but the reserve.
    let mut most = draft();
    for row in LimitsDraft::ROWS.iter().filter(|row| row.name != "reserve") {
        *most.field(row.name).expect("a row") = Some(row.most);
    }
    assert!(most.conclude().is_ok(), "{:?}", most.conclude());
    for row in LimitsDraft::ROWS {
        assert_eq!(LimitsDraft::check(row.name, row.most), Ok(()), "{}", row.name);
    }
    assert_eq!(LimitsDraft::check("no_such", 1.0), Err(LimitRefusal::Missing("no_such")));
}

#[test]
fn limits_may_not_contradict() {
    for (name, number, want) in [
        ("order_value", 60_001.0, ("order_value", "level_value")),
        ("level_value", 100_001.0, ("level_value", "position_value")),
        ("total_value", 99_999.0, ("position_value", "total_value")),
        ("order_quantity", 101.0, ("order_quantity", "position_quantity")),
        ("daily_loss", 2_001.0, ("daily_loss", "draw_down")),
        ("orders_1m", 39.0, ("orders_10s", "orders_1m")),
        ("messages_10s", 39.0, ("orders_10s", "messages_10s")),
        ("orders_10s", 1.0, ("reserve", "orders_10s")),
    ] {
        let refused = with(name, Some(number)).conclude();
        assert_eq!(refused, Err(LimitRefusal::Above(want.0, want.1)), "{name} = {number}");
    }
}

#[test]
fn numbers_become_exact_units() {
    let limits = limits();
    assert_eq!(limits.collar_mark, Share(50_000));
    assert_eq!(limits.order_value, Money(50_000 * Money::ONE));
    assert_eq!(limits.reserve_of(40), 10);
    assert_eq!(limits.reserve_of(41), 11, "rounded up");
    assert_eq!(limits.reserve_of(1), 1, "never nothing");
    let odd = with("order_value", Some(4_999.99)).conclude().expect("sound");
    assert_eq!(odd.order_value, Money(499_999 * Money::ONE / 100));
}

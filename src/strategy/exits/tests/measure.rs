//! The wide product against school arithmetic; parts of a tick at their edges.

use model::Price;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

use super::super::{Micro, Reach, mul_div};

#[test]
fn the_wide_product_at_its_edges() {
    let most = u128::MAX;
    for (a, b, c, want) in [
        (7, 3, 2, Some(10)),
        (0, most, 1, Some(0)),
        (most, most, most, Some(most)),
        (most, 2, 2, Some(most)),
        (most, 2, 3, Some(most / 3 * 2)),
        (most, 2, 1, None),
        (most, most, most - 1, None),
        (1 << 127, 1 << 127, 1 << 127, Some(1 << 127)),
        (1 << 127, 6, (1 << 127) + 1, Some(5)),
        (5, 5, 0, None),
    ] {
        assert_eq!(mul_div(a, b, c), want, "{a}·{b}/{c}");
    }
}

#[test]
fn a_point_is_cut_to_the_tick_on_both_sides_of_zero() {
    for (micro, floor, ceil) in
        [(0, 0, 0), (1, 0, 1), (999_999, 0, 1), (1_000_000, 1, 1), (-1, -1, 0)]
    {
        assert_eq!(Micro(micro).floor(), Price(floor), "floor {micro}");
        assert_eq!(Micro(micro).ceil(), Price(ceil), "ceil {micro}");
    }
}

#[test]
fn figures_that_are_no_distance_are_refused() {
    for ticks in [f64::NAN, f64::INFINITY, -0.1, 1e13, f64::NEG_INFINITY] {
        assert_eq!(Reach::of(ticks), None, "{ticks}");
        assert_eq!(Micro::of(ticks), None, "{ticks}");
    }
    assert_eq!(Reach::of(12.345_678_4), Some(Reach(12_345_678)));
    assert_eq!(Reach::of(0.0), Some(Reach(0)));
    assert_eq!(Micro::at(Price((1 << 40) + 1)), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// q = ⌊ab/c⌋ means qc ≤ ab < (q + 1)c; checked modulo 2¹²⁸ and by a scaled estimate.
    #[test]
    fn the_wide_quotient_leaves_less_than_the_divisor(a: u128, b: u128, c in 1_u128..) {
        if let Some(q) = mul_div(a, b, c) {
            let rest = a.wrapping_mul(b).wrapping_sub(q.wrapping_mul(c));
            prop_assert!(rest < c, "rest {rest} of {c}");
        }
    }

    /// The rest above says the quotient up to a multiple of 2¹²⁸/c; this says which: digits of 2⁶⁴,
    /// divided from the top as at school.
    #[test]
    fn the_wide_quotient_is_that_of_long_division(a: u128, b: u64, c in 1_u64..) {
        let (b, c) = (u128::from(b), u128::from(c));
        let low = (a & u128::from(u64::MAX)) * b;
        let high = (a >> 64) * b + (low >> 64);
        let (first, rest) = (high >> 64, high & u128::from(u64::MAX));
        let (quotient, rest) = (first / c, (first % c) << 64 | rest);
        let (second, rest) = (rest / c, rest % c);
        let third = (rest << 64 | low & u128::from(u64::MAX)) / c;
        let want = (quotient == 0).then_some(second << 64 | third);
        prop_assert_eq!(mul_div(a, b, c), want);
    }
}

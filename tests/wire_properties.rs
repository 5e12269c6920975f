//! The scanner equals the checked way on composed frames in every layout, whatever is done to
//! them, and never panics; and today's layouts never leave the scanner.

use fulcrum_tests::Dice;
use fulcrum_tests::both::Both;
use fulcrum_tests::compose::{COINS, Composer, Look, Payload};
use fulcrum_tests::twist::Twist;
use model::Kind;
use proptest::prelude::*;
use wire::dump::Table;

const HOT: [Kind; 5] = [Kind::Trade, Kind::Depth, Kind::Partial, Kind::Quote, Kind::Mark];

fn twist() -> impl Strategy<Value = Twist> {
    any::<u64>().prop_map(|seed| Twist::roll(&mut Dice(seed)))
}

/// Payloads of one coin in one layout.
fn payloads(seed: u64, count: usize) -> Vec<Payload> {
    let mut dice = Dice(seed);
    let mut pick = |end: usize| usize::try_from(dice.below(end as u64)).unwrap_or(0);
    let mut composer = Composer::new(seed, COINS[pick(4)], Look::ALL[pick(3)]);
    (0..count).map(|_| composer.any()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..Default::default() })]

    #[test]
    fn both_ways_agree(
        seed in any::<u64>(),
        twists in prop::collection::vec((twist(), any::<bool>()), 1..40),
    ) {
        let mut both = Both::default();
        for (payload, (twist, wrapped)) in payloads(seed, twists.len()).into_iter().zip(twists) {
            // Sound first, so that there is a shape to mistake the spoilt one for.
            both.frame(&Twist::None.apply(payload.clone(), wrapped));
            both.frame(&twist.apply(payload, wrapped));
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut both = Both::default();
        both.frame(&bytes);
        both.row(Table::AggTrades, &bytes);
    }

    #[test]
    fn rows_agree(seed in any::<u64>(), twists in prop::collection::vec(twist(), 1..30)) {
        let mut both = Both::default();
        let mut dice = Dice(seed);
        for twist in twists {
            let (table, row) = row(&mut dice);
            both.row(table, row.as_bytes());
            both.row(table, &twist.spoil(row.into_bytes()));
        }
    }
}

/// A row of trades in one of the dumps' looks.
fn row(dice: &mut Dice) -> (Table, String) {
    let id = 2_807_759_891 + dice.below(1_000_000);
    let places = if dice.once_in(2) { "0000000" } else { "" };
    let price = format!("{}.{}{places}", 42_000 + dice.below(90_000), dice.below(10));
    let lots = format!("{}.{:03}00000", dice.below(30), dice.below(1_000));
    let time = 1_704_067_200_000 + dice.below(86_400_000);
    let time = if dice.once_in(3) { time * 1_000 + dice.below(1_000) } else { time };
    let maker = ["True", "False", "true", "false"][usize::try_from(dice.below(4)).unwrap_or(0)];
    let spot = if dice.once_in(2) { ",True" } else { "" };
    if dice.once_in(3) {
        let value = dice.below(1_000_000_000);
        (Table::Trades, format!("{id},{price},{lots},{value}.25,{time},{maker}{spot}"))
    } else {
        let last = id + dice.below(5);
        (Table::AggTrades, format!("{id},{price},{lots},{id},{last},{time},{maker}{spot}"))
    }
}

#[test]
fn composed_frames_never_leave_the_scanner() {
    for coin in COINS {
        for look in Look::ALL {
            let mut both = Both::default();
            let mut composer = Composer::new(7, coin, look);
            for _ in 0..1_500 {
                let payload = composer.any();
                both.frame(payload.wrapped().as_bytes());
                if payload.stream != "!forceOrder@arr" && !payload.stream.contains("depth20") {
                    both.frame(payload.bare().as_bytes());
                }
            }
            let counts = both.scanner().counts();
            for kind in HOT {
                assert_eq!(counts.fell_back(kind), 0, "{} {look:?} {kind:?}", coin.symbol);
                assert!(0 < counts.scanned(kind), "{} {look:?} {kind:?}", coin.symbol);
            }
            assert_eq!(counts.refused_in_all(), 0, "{} {look:?}", coin.symbol);
        }
    }
}

/// The committed corpus, and two thousand seeded changes of its frames: the fuzzer's daily bread
/// in the normal suite.
#[test]
fn the_corpus_holds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/frame");
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(40 <= names.len(), "the corpus is there");
    let mut both = Both::default();
    let mut dice = Dice(2_026);
    for name in &names {
        let frame = std::fs::read(name).unwrap();
        both.frame(&frame);
        for _ in 0..2_000 / names.len() {
            both.frame(&Twist::roll(&mut dice).spoil(frame.clone()));
        }
    }
}

#[test]
fn a_full_message_is_refused_by_name() {
    // One level a line: each off the grid.
    let level = "[\"84551.05\",\"1\"]";
    let side = vec![level; model::LINES_MAX].join(",");
    let text = |more: &str| {
        format!(
            "{{\"e\":\"depthUpdate\",\"E\":1790526538985,\"T\":1790526538981,\"s\":\"BTCUSDT\",\
             \"U\":1,\"u\":2,\"pu\":0,\"b\":[{side}{more}],\"a\":[]}}"
        )
    };
    let mut both = Both::default();
    both.frame(text("").as_bytes());
    both.frame(text(&format!(",{level}")).as_bytes());
    let refused = both.scanner().counts().refused(model::Refusal::TooManyLevels);
    assert_eq!(refused, 2);
}

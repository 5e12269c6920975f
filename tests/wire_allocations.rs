//! The decoder allocates nothing from its first frame on: not when it learns a shape, not when a
//! frame takes the checked way, not when it is refused.

#[path = "allocator.rs"]
mod allocator;

use allocator::{Counting, allocations, watch};
use fulcrum_tests::compose::{COINS, Composer, Look};
use fulcrum_tests::twist::Twist;
use fulcrum_tests::{Dice, table};
use model::{Draft, Kind, Nanos};
use wire::{Decoder, Frame};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn decoding_allocates_nothing() {
    let mut dice = Dice(5);
    let mut frames = Vec::new();
    for coin in COINS {
        for look in Look::ALL {
            let mut composer = Composer::new(3, coin, look);
            for _ in 0..400 {
                let wrapped = dice.once_in(2);
                frames.push(Twist::roll(&mut dice).apply(composer.any(), wrapped));
            }
        }
    }
    let mut decoder = Decoder::new(table(&COINS.map(|coin| coin.instrument)));
    let mut draft = Draft::default();
    let before = allocations();
    watch(true);
    for frame in &frames {
        let _ = decoder.stream(Frame::bare(frame), Nanos(1), &mut draft);
    }
    watch(false);
    assert_eq!(allocations() - before, 0, "allocations over {} frames", frames.len());
    let counts = decoder.counts();
    assert!(0 < counts.learnt && 0 < counts.refused_in_all());
    assert!(0 < counts.fell_back(Kind::Depth) && 0 < counts.scanned(Kind::Depth));
}

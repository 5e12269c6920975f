//! Imbalance against a plain reimplementation that keeps everything and sorts each time.

use model::{BookLine, BookState, DAY, Kind, ObiInsight, SECOND, Trust};
use proptest::prelude::{Strategy, any, prop, proptest};

use super::feed::{Feed, ID, book_of};
use crate::{Plan, Reading};

/// A second of the past: depth, changes, y of its last event where there was one.
struct Past {
    second: u64,
    depth: Option<i64>,
    changes: i64,
    y: Option<f64>,
}

/// Every second ever seen; each question is answered by a walk over them.
#[derive(Default)]
struct Plain {
    seconds: Vec<Past>,
}

impl Plain {
    fn take(&mut self, book: &BookLine, clock: u64) -> (Option<(f64, Option<f64>)>, bool) {
        let second = clock / SECOND.0;
        if self.seconds.last().is_none_or(|last| last.second != second) {
            self.seconds.push(Past { second, depth: None, changes: 0, y: None });
        }
        let (now, earlier) = self.seconds.split_last_mut().expect("just pushed");
        now.changes += i64::from(book.changes);
        (now.depth, now.y) = (None, None);
        let (bid, ask) = (book.bid_depth.0, book.ask_depth.0);
        if book.state() != BookState::Trusted || bid + ask == 0 {
            return (None, true);
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let obi = (bid - ask) as f64 / (bid + ask) as f64;
        let y = libm::atanh(obi.clamp(-0.999, 0.999));
        let sound: Vec<&Past> = earlier.iter().filter(|past| past.depth.is_some()).collect();
        let hour: Vec<_> = sound.iter().filter(|past| past.second + 3_600 > second).collect();
        let ready = hour.len() >= 120 && second - sound[0].second >= 1_800;
        let mut depths: Vec<i64> = hour.iter().filter_map(|past| past.depth).collect();
        depths.sort_unstable();
        let mut rates: Vec<i64> = hour.iter().map(|past| past.changes).collect();
        rates.sort_unstable();
        let mut suppressed = book.bid_levels < 10 || book.ask_levels < 10 || book.stale != 0;
        if ready {
            #[expect(clippy::cast_precision_loss, reason = "small integers")]
            let median = (depths[(depths.len() - 1) / 2] + depths[depths.len() / 2]) as f64 / 2.0;
            #[expect(clippy::cast_precision_loss, reason = "small integers")]
            let thin = ((bid + ask) as f64) < 0.2 * median - 1e-9;
            let rank = (99 * rates.len()).div_ceil(100);
            suppressed |= thin || now.changes > rates[rank - 1];
        }
        let samples: Vec<f64> = earlier.iter().filter_map(|past| past.y).collect();
        let samples = &samples[samples.len().saturating_sub(300)..];
        #[expect(clippy::cast_precision_loss, reason = "300")]
        let count = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / count;
        let variance = samples.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / count;
        let z = (samples.len() >= 120 && variance > 0.0).then(|| (y - mean) / variance.sqrt());
        if book.stale == 0 {
            now.depth = Some(bid + ask);
        }
        if !suppressed {
            now.y = Some(y);
        }
        (Some((obi, z)), suppressed)
    }
}

fn check(feed: &mut Feed, plain: &mut Plain, clock: u64, book: BookLine) {
    let before = *feed.stage.obi(ID).expect("known").reading();
    feed.book(clock, book);
    let (want, suppressed) = plain.take(&book, clock);
    let reading: Reading = *feed.stage.obi(ID).expect("known").reading();
    assert_eq!(reading.trust.has(Trust::SUPPRESSED), suppressed, "at {clock}");
    assert_eq!(reading.trust.has(Trust::MISSING), want.is_none());
    let unsound = book.state() != BookState::Trusted || book.stale != 0;
    assert_eq!(reading.trust.has(Trust::CONTAMINATED), unsound);
    if let Some((obi, z)) = want {
        assert_eq!(reading.obi.to_bits(), obi.to_bits());
        assert_eq!(reading.z.is_some(), z.is_some(), "at {clock}");
        if let (Some(got), Some(want)) = (reading.z, z) {
            assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got} {want}");
        }
    }
    let said = feed.of(Kind::ObiInsight).next();
    assert_eq!(said.is_some(), before != reading, "an insight when it changed, else none");
    if let Some((said, _)) = said {
        let said: &ObiInsight = said.view();
        assert_eq!((said.obi, said.flags), (reading.obi, u64::from(reading.z.is_some())));
        assert_eq!(said.z.to_bits(), reading.z.unwrap_or(0.0).to_bits());
    }
}

#[derive(Clone, Copy, Debug)]
struct Step {
    millis: u64,
    bid: i64,
    ask: i64,
    changes: u32,
    odd: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..1_400_u64, 200..400_i64, 150..500_i64, 0..40_u32, any::<u8>())
        .prop_map(|(millis, bid, ask, changes, odd)| Step { millis, bid, ask, changes, odd });
    prop::collection::vec(step, 1_000)
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(6))]

    #[test]
    fn equals_the_plain_reimplementation(steps in steps(), pace in 4_u64..8) {
        let mut feed = Feed::new(Plan { windows: vec![], ..Plan::default() });
        let mut plain = Plain::default();
        let mut clock = 19_000 * DAY.0;
        for step in steps {
            // Most of an hour or more in a thousand events; sometimes a long silence.
            clock += step.millis * pace * 1_000_000;
            clock += if step.odd == 7 { 900 * SECOND.0 } else { 0 };
            let mut book = book_of(step.bid, step.ask, step.changes);
            match step.odd {
                0..6 => book.bid_levels = 9,
                10..13 => book.stale = 1,
                20..23 => book.state = BookState::Syncing.code(),
                30..38 => (book.bid_depth.0, book.ask_depth.0) = (step.bid / 7, step.ask / 7),
                40..44 => book.changes = 900,
                50 => (book.bid_depth.0, book.ask_depth.0) = (0, 0),
                _ => {}
            }
            check(&mut feed, &mut plain, clock, book);
        }
    }
}

#[test]
fn z_begins_with_the_120th_sample_and_needs_a_deviation() {
    for (varied, want) in [(true, true), (false, false)] {
        let mut feed = Feed::new(Plan { windows: vec![], ..Plan::default() });
        for second in 0..=120 {
            let bid = if varied { 100 + i64::try_from(second % 7).expect("small") } else { 100 };
            feed.book(DAY.0 + second * SECOND.0, book_of(bid, 100, 1));
            let z = feed.stage.obi(ID).expect("known").reading().z;
            assert_eq!(z.is_some(), want && second == 120, "second {second}");
        }
    }
}

#[test]
fn top_speaks_when_best_or_trust_changed() {
    let mut feed = Feed::new(Plan { windows: vec![], ..Plan::default() });
    let kinds = |feed: &Feed| feed.of(Kind::TopInsight).count();
    let sound = book_of(100, 100, 1);
    let lost = BookLine { state: BookState::Unsynced.code(), ..sound };
    for (at, (book, want)) in [
        (sound, 1),
        (sound, 0),
        (BookLine { bid: model::Price(99), ..sound }, 1),
        (lost, 1),
        (lost, 0),
        (BookLine { stale: 1, ..sound }, 1),
        (BookLine { bid_levels: 0, ..sound }, 1),
    ]
    .into_iter()
    .enumerate()
    {
        feed.book(DAY.0 + u64::try_from(at).expect("small"), book);
        assert_eq!(kinds(&feed), want, "step {at}");
    }
    assert!(feed.stage.obi(ID).expect("known").reading().trust != Trust::MISSING);
}

//! A market that falls out of bed: 3 % and more within seconds, and single prints at a hundredth
//! of the price (P10).

use model::{Instrument, Nanos};
use simulator::source::{Ask, Outgoing, Reply};
use simulator::{MarketPlan, Source, SyntheticSource, VenuePlan};

use crate::truth::Truth;
use crate::witness::Notes;
use crate::{PATIENCE, Stage, house, impatient};

/// Every so many trades one prints 99 % lower.
const WICK_EVERY: u64 = 37;

struct Wicked(SyntheticSource);

impl Source for Wicked {
    fn instruments(&self) -> Vec<(Instrument, u32)> {
        self.0.instruments()
    }

    fn time_start(&self) -> Nanos {
        self.0.time_start()
    }

    fn next(&mut self, out: &mut Outgoing) -> bool {
        let more = self.0.next(out);
        if out.stream.ends_with("@aggTrade") && out.id.is_multiple_of(WICK_EVERY) {
            let text = String::from_utf8(out.payload.clone()).expect("text");
            let (before, rest) = text.split_once("\"p\":\"").expect("a price");
            let (price, after) = rest.split_once('"').expect("its end");
            let whole: u64 = price.split('.').next().and_then(|p| p.parse().ok()).expect("digits");
            let low = whole / 100;
            out.payload = format!("{before}\"p\":\"{low}.10\"{after}").into_bytes();
        }
        more
    }

    fn ask(&mut self, place: usize, ask: Ask) -> Reply {
        self.0.ask(place, ask)
    }

    fn carries(&self, stream: &str) -> bool {
        self.0.carries(stream)
    }
}

#[test]
fn a_crash_and_a_wick_change_prices_and_nothing_else() {
    let wild = MarketPlan { volatility_bp: 60.0, ..house::calm() };
    let plan = VenuePlan { rules: impatient(), ..VenuePlan::default() };
    let (venue, made) = house::venue_of(4, Wicked(SyntheticSource::new(37, vec![wild])), plan);
    let mut stage = Stage::on(venue, made.clone(), 4, |_| {});
    // As long as it takes to see one snapshot cover what was left, and then some.
    let covered = stage.house.witness.until(0, &["uncovered", "snapshot", "covered"], PATIENCE);
    assert!(covered.is_some(), "P10: {:?}", stage.house.witness.notes().notes);
    stage.house.witness.watch(std::time::Duration::from_secs(7));
    let Stage { mut house, venue, .. } = stage;
    house.witness.look();
    let (mut witness, _) = house.stop();
    drop(venue);
    let notes = witness.notes();
    let truth = made.truth();
    notes.judge_trades(&truth);
    let (bare, sound) = held(notes, &truth[0]);
    assert!(bare > 0 && sound > 5, "P10: {bare} uncovered, {sound} to be held against the truth");
    let low = notes.trades.iter().map(|trade| trade.2.0).min().expect("trades");
    let high = notes.trades.iter().map(|trade| trade.2.0).max().expect("trades");
    assert!(low * 50 < high, "P10: a wick was traded: {low} {high}");
    let bids: Vec<i64> = notes.books.iter().map(|book| book.top.bid).collect();
    let (low, high) = (bids.iter().min().expect("books"), bids.iter().max().expect("books"));
    assert!(low * 103 < high * 100, "P10: the market moved by 3 %: {low} {high}");
    for never in ["hole", "unstable", "lost public dropped", "lag pause"] {
        assert!(!notes.notes.iter().any(|note| note.text == never), "P10: {never}");
    }
    println!(" P10: bids {low}..{high}");
}

/// REST knows a thousand levels a side. Where the price leaves them, levels that never changed are
/// missing from any book that follows the venue: such a book says so, and a fresh snapshot is asked
/// for, which covers it again. Every other trusted book is the venue's, to the lot. How many of
/// each there were.
fn held(notes: &Notes, truth: &Truth) -> (usize, usize) {
    let mut bare = 0;
    for book in &notes.books {
        let real = &truth.tops[&book.update];
        if book.uncovered {
            bare += 1;
            let within = book.top.bid <= real.bid && real.ask <= book.top.ask;
            assert!(within, "P10: levels out of nothing: {book:?}");
        } else {
            assert_eq!(&book.top, real, "P10: a trusted and covered book: {book:?}");
        }
    }
    let told = notes.notes.iter().map(|note| note.text.as_str());
    let mut told = told.skip_while(|text| *text != "trusted");
    for word in ["uncovered", "snapshot", "covered"] {
        assert!(told.any(|text| text == word), "P10: not {word}: {:?}", notes.notes);
    }
    let sound = notes.books.len() - bare;
    println!(" P10: {sound} books as at the venue, {bare} uncovered; audits {:?}", notes.audits);
    (bare, sound)
}

#[test]
fn a_price_that_leaves_the_snapshot_is_said_and_covered_again() {
    let brisk = MarketPlan { volatility_bp: 20.0, ..house::calm() };
    let plan = VenuePlan { rules: impatient(), ..VenuePlan::default() };
    let (venue, made) = house::venue(8, 41, vec![brisk], plan);
    let mut stage = Stage::on(venue, made.clone(), 8, |_| {});
    // Left, and covered by a fresh snapshot, twice: between two lie ten seconds of ours.
    let once = ["uncovered", "snapshot", "covered"];
    for round in 0..2 {
        let from = if round == 0 { 0 } else { stage.house.witness.notes().notes.len() };
        let seen = stage.house.witness.until(from, &once, 2 * PATIENCE);
        assert!(seen.is_some(), "P10: {round}: {:?}", stage.house.witness.notes().notes);
    }
    let Stage { house, venue, .. } = stage;
    let (mut witness, _) = house.stop();
    drop(venue);
    let (notes, truth) = (witness.notes(), made.truth());
    let (bare, sound) = held(notes, &truth[0]);
    // In a crash the audit's own shadow leaves its snapshot as well; here it has time.
    assert_eq!(notes.audits[0], 0, "P10: another book, where the top was not claimed");
    assert!(bare > 10 && sound > 10, "P10: {bare} uncovered, {sound} to be held");
    notes.judge_trades(&truth);
    for never in ["hole", "unstable", "lost public dropped", "lag pause"] {
        assert!(!notes.notes.iter().any(|note| note.text == never), "P10: {never}");
    }
    // To be covered again costs no trust: it is lost at no time once it was won.
    let told = notes.notes.iter().map(|note| note.text.as_str());
    let lost = told.skip_while(|text| *text != "trusted").any(|text| text == "unsynced");
    assert!(!lost, "P10: a book that only wants more was taken away: {:?}", notes.notes);
}

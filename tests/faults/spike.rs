//! A market that falls out of bed: 3 % and more within seconds, and single prints at a hundredth
//! of the price (P10).

use model::{Instrument, Nanos};
use simulator::source::{Ask, Outgoing, Reply};
use simulator::{MarketPlan, Source, SyntheticSource, VenuePlan};

use crate::{Stage, house, impatient};

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
    stage.house.witness.watch(std::time::Duration::from_secs(7));
    let Stage { mut house, venue, .. } = stage;
    house.witness.look();
    let (mut witness, _) = house.stop();
    drop(venue);
    let notes = witness.notes();
    let truth = made.truth();
    notes.judge_trades(&truth);
    // REST knows a thousand levels a side. Where the price leaves them, levels that never changed
    // are missing from any book that follows the venue: the next audit, one second of ours later,
    // must see it and the book be mended.
    let mut wrong_since = None;
    let mut longest = Nanos::NONE;
    let mut wrong = 0;
    for book in &notes.books {
        let real = &truth[0].tops[&book.update];
        assert!(book.top.bid <= real.bid && real.ask <= book.top.ask, "P10: levels out of nothing");
        if book.top == *real {
            wrong_since = None;
        } else {
            wrong += 1;
            let since = *wrong_since.get_or_insert(book.time);
            longest = longest.max(book.time.since(since));
        }
    }
    println!(
        " P10: {wrong} of {} books shallow, for {} ms of the venue at most; audits other/equal {:?}",
        notes.books.len(),
        longest.0 / 1_000_000,
        notes.audits
    );
    assert!(longest < Nanos(20_000_000_000), "P10: a wrong book was trusted for {longest:?}");
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

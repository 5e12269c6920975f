//! Figures from the book, on the futures session of 2024: order flow imbalance against pandas, what
//! levels lost against what was told of it, and whether the book's imbalance leads the mid.

#![expect(clippy::print_stdout, reason = "a test says what it measured")]

use std::collections::BTreeMap;
use std::fmt::Write;

use engine::{Inline, Observer, Plan};
use fulcrum_oracles::{SESSION, data, each_frame, python, usdm};
use model::{
    Body, BookLine, DepthLine, Insight, Interval, Kind, LiquidityInsight, Message, OfiInsight,
    QuoteLine, Trust,
};

/// What passes, as far as these tests ask.
#[derive(Debug, Default)]
struct Seen {
    // u, T in ms, best.
    quotes: String,
    ofi: Vec<OfiInsight>,
    fate: Vec<LiquidityInsight>,
    // By minute, T's: what bids and asks lost.
    lost: BTreeMap<u64, [i64; 2]>,
    // The last trusted book of each second: second, OBI's parts, twice the mid.
    seconds: Vec<(u64, i64, i64)>,
}

impl Observer for Seen {
    fn market(&mut self, message: Message<'_>) {
        let head = message.head;
        let millis = head.time_venue().0 / 1_000_000;
        match head.kind() {
            Some(Kind::Quote) => {
                let quote: &QuoteLine = message.body.view(0).expect("a quote");
                let (bid, ask) = (quote.bid_fine.0, quote.ask_fine.0);
                let lots = [quote.bid_lots.0, quote.ask_lots.0];
                writeln!(self.quotes, "{},{millis},{bid},{},{ask},{}", head.id, lots[0], lots[1])
                    .expect("a text takes all");
            }
            Some(Kind::Drain) => {
                let lost = self.lost.entry(millis / 60_000).or_default();
                for line in message.body.iter().skip(1) {
                    let line: &DepthLine = line.view();
                    let (bids, asks) = (usize::from(line.bids), usize::from(line.asks));
                    lost[0] += line.lots[..bids].iter().map(|lots| i64::from(*lots)).sum::<i64>();
                    let asks = &line.lots[bids..bids + asks];
                    lost[1] += asks.iter().map(|lots| i64::from(*lots)).sum::<i64>();
                }
            }
            Some(Kind::Book) => {
                let book: &BookLine = message.body.view(0).expect("a book");
                if book.is_sound() {
                    let lean = book.bid_depth.0 - book.ask_depth.0;
                    let one = (millis / 1_000, lean, book.bid.0 + book.ask.0);
                    match self.seconds.last_mut() {
                        Some(last) if last.0 == one.0 => *last = one,
                        _ => self.seconds.push(one),
                    }
                }
            }
            _ => {}
        }
    }

    fn insight(&mut self, insight: &Insight, _body: Body<'_>) {
        match insight.kind() {
            Some(Kind::OfiInsight) if insight.window == Interval::Minute1 as u8 => {
                self.ofi.push(*insight.view());
            }
            Some(Kind::LiquidityInsight) if insight.window == 1 => self.fate.push(*insight.view()),
            _ => {}
        }
    }
}

fn seen(test: &str) -> Option<Box<Seen>> {
    let files: Option<Vec<_>> = SESSION.iter().map(|file| data(test, file)).collect();
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    plan.analytics.groups = analytics::Kept { depth: true, ..analytics::Kept::NONE };
    let mut inline = Inline::new(usdm(), &plan, Seen::default());
    each_frame(&files?, usdm(), |draft| inline.enter(draft));
    Some(Box::new(std::mem::take(inline.observer())))
}

#[test]
fn order_flow_imbalance_equals_pandas() {
    let test = "order_flow_imbalance_equals_pandas";
    let Some(seen) = seen(test) else { return };
    let Some(answer) = python(test, "depth.py", &seen.quotes) else { return };
    let mut want = BTreeMap::new();
    for line in answer.lines() {
        let numbers: Vec<i64> = line.split(' ').map(|word| word.parse().expect("whole")).collect();
        want.insert(numbers[0], (numbers[1], numbers[2]));
    }
    let mut equal = 0;
    for ofi in &seen.ofi {
        // What begins or ends inside a minute, and what the book broke off, pandas does not know.
        if ofi.trust.0 & !Trust::UNCOVERED.0 != 0 {
            continue;
        }
        let minute = i64::try_from(ofi.time_open.0 / 60_000_000_000).expect("a minute");
        assert_eq!((ofi.sum.0, ofi.absolute.0), want[&minute], "minute {minute}");
        equal += 1;
    }
    println!("order flow imbalance: {equal} minutes equal, of {} said", seen.ofi.len());
    assert!(equal >= 6, "a session of eight minutes");
}

#[test]
fn every_lost_lot_is_traded_or_pulled() {
    let Some(seen) = seen("every_lost_lot_is_traded_or_pulled") else { return };
    assert!(seen.fate.len() >= 6);
    let (mut traded, mut all) = (0, 0);
    for fate in &seen.fate {
        let minute = fate.time_open.0 / 60_000_000_000;
        let lost = seen.lost[&minute];
        assert_eq!(fate.bid_traded.0 + fate.bid_pulled.0, lost[0], "bids of {minute}");
        assert_eq!(fate.ask_traded.0 + fate.ask_pulled.0, lost[1], "asks of {minute}");
        traded += fate.bid_traded.0 + fate.ask_traded.0;
        all += lost[0] + lost[1];
    }
    println!(
        "liquidity fate: {} minutes, {traded} of {all} lots lost were traded",
        seen.fate.len()
    );
    assert!(0 < traded && traded < all);
}

/// A figure to be read, not a promise: seconds whose imbalance and next move have one sign.
#[test]
fn the_imbalances_sign_is_held_against_the_next_move() {
    let Some(seen) = seen("the_imbalances_sign_is_held_against_the_next_move") else { return };
    let mids: BTreeMap<u64, i64> = seen.seconds.iter().map(|one| (one.0, one.2)).collect();
    for horizon in [1, 5, 10] {
        let outcomes: Vec<bool> = seen
            .seconds
            .iter()
            .filter_map(|&(second, lean, mid)| {
                let later = mids.get(&(second + horizon))? - mid;
                (lean != 0 && later != 0).then_some(lean.signum() == later.signum())
            })
            .collect();
        let [low, share, high] = bootstrap(&outcomes);
        println!(
            "sign of OBI and of the mid's move {horizon} s later: {share:.3} of {} alike, \
             95 % in {low:.3}..{high:.3}",
            outcomes.len()
        );
        assert!(outcomes.len() > 100 && 0.0 <= low && low <= share && share <= high && high <= 1.0);
    }
}

/// Share of true with its 95 % interval: blocks of 20 s drawn again 2 000 times, because what
/// follows one second follows the next one too. Seeded.
fn bootstrap(outcomes: &[bool]) -> [f64; 3] {
    const BLOCK: usize = 20;
    const DRAWS: usize = 2_000;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).expect("small")
    };
    let share = |hits: usize, of: usize| {
        f64::from(u32::try_from(hits).expect("small"))
            / f64::from(u32::try_from(of).expect("small"))
    };
    let mut shares: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let (mut hits, mut of) = (0, 0);
            while of < outcomes.len() {
                let begin = next(outcomes.len());
                for at in begin..begin + BLOCK {
                    hits += usize::from(outcomes[at % outcomes.len()]);
                    of += 1;
                }
            }
            share(hits, of)
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    let whole = share(outcomes.iter().filter(|hit| **hit).count(), outcomes.len());
    [shares[DRAWS / 40], whole, shares[DRAWS - 1 - DRAWS / 40]]
}

//! Tables, lines and sentences to the letter.

use bytemuck::Zeroable as _;
use engine::Observer as _;
use model::{Head, InstrumentId, Instruments, Kind, Line, Message, Price, Side, TradeLine};
use strategy::Plan;
use strategy::exits::Role;

use super::super::coverage::Coverage;
use super::super::explain::{Asked, Witness, chain, missing, paragraphs, parse};
use super::super::levels::table;
use super::super::list::{Listed, one, step};
use super::super::tell;
use super::samples::{
    answer, at, below, btc, client, divergence, gone, level, run, show, state, trail,
};
use crate::analyze::show::Kept;
use crate::record::{Record, Style};

const TABLE: &str = r"BTCUSDT  2024-07-19T12:00:30Z
  side       price    away  zone                        score =   lvn  conf naked shape  dist   age avwap × decay  touches  state           level
  sell     64200.0  +1.10%  64103.7 – 64296.3           5.559 =  1.20  4.00  0.00  0.60  0.91  0.63  0.60 ×  0.70        1  live            low-volume node of the last 24 hours
       near: value area edge, swing
       absorbed: vah day completed 64208.0 (3.25) and 1 more
  last     63500.0
  buy      63000.0  -0.79%  62905.5 – 63094.5           5.559 =  1.20  4.00  0.00  0.60  0.91  0.63  0.60 ×  1.00        0  held by signal  naked point of control of the last completed UTC day";

const LINE: &str = r"    3  2024-07-19T12:01:40Z  BTCUSDT sell rejection     lvn 24h 64200.0 in 64103.7 – 64296.3; touched 2024-07-19T12:01:45Z; confirmed by rsi, obi; filled (filled) 2024-07-19T12:02:30Z; intents 1; refused by risk: mark; filled 0.031 at 64200.0; result -12.3199";

const STEPS: &str = r"2024-07-19T12:01:40Z  BTCUSDT signal 3  Watched, because price is near the zone.
2024-07-19T12:02:20Z  BTCUSDT signal 3  Armed, because enough confirmations hold. Confirmed by rsi, obi: weight 2 of 2.
2024-07-19T12:02:20Z  BTCUSDT signal 3  The risk gate let pass: sell 0.031 at 64200.0, post-only, because the signal asks for it (client id f0000-669a55400000000c-e00000001).
2024-07-19T12:02:21Z  BTCUSDT signal 3  Not sent: sell 0.031 at 64200.0, post-only; the risk gate refused it, because there is no mark price, or it is too old (mark).
2024-07-19T12:02:30Z  BTCUSDT signal 3  Filled (entry): sell 0.031 at 64200.0, made; fee 0.39804, held behind it -0.031.
2024-07-19T12:02:30Z  BTCUSDT signal 3  In position, because the order was filled. Confirmed by rsi, obi: weight 2 of 2.
2024-07-19T12:06:40Z  BTCUSDT signal 3  Flat by its stop order, because the position must be protected: result -12.3199 after fees, at most 0.031 held; entry 64200.00, exit 64552.30, fees 1.3986.
2024-07-19T12:20:00Z  BTCUSDT signal 3  Over, because price was outside for long enough.
2024-07-19T12:08:20Z  BTCUSDT  State HALTED, before TRADING; because of daily loss; contaminated by lag; missing open interest; equity 98000.00.";

const CHAIN: &str = r"Signal 3: sell BTCUSDT at 64200.0, low-volume node of the last 24 hours; rejection: price is expected to turn there. It came to: filled (filled). Result -12.3199 after fees.

2024-07-19T12:00:06Z
  Made of the 1000.000 traded in the last 24 hours up to 2024-07-19T12:00:05Z, in 400 bins of 12.8: at 64211.0 a bin holds 0.200 % of it (smoothed); the low-volume node from 64200.0 to 64220.0 has a prominence of 0.400 of the point of control.
2024-07-19T12:00:10Z
  Level 12 was first published: low-volume node of the last 24 hours at 64200.0, score 5.559.
2024-07-19T12:01:40Z
  As it stood then (version 3): score 5.559 = low volume 1.200 + confluence 4.000 (value area edge, swing) + naked 0.000 + shape 0.600 + distance 0.909 + age 0.632 + anchored VWAP 0.600, times 0.700 for its touches (1). It absorbed: vah day completed 64208.0 (3.25) and 1 more.
  Watched, because price is near the zone.
  Known then: bid 64100.0, ask 64100.1, last 64100.0, OBI z -2.25, CVD over 5 min 12.500, open interest over 5 min missing, RSI 71.2, ATR 512.00, volatility 5 min 41.0 %, 24 h 38.0 %, funding 0.0100 %.
2024-07-19T12:01:45Z
  Price touched the zone 64103.7 – 64296.3. Two confirmations of different kinds had until 2024-07-19T12:03:45Z.
2024-07-19T12:01:50Z
  Confirmed by the order book: at the new high 64190.0 at 2024-07-19T12:01:50Z OBI's z was -2.40, against it by 2.0 or more.
  Open interest changed by -0.040 over 5 min up to it: no new positions.
2024-07-19T12:02:00Z
  Confirmed by RSI on 1m bars, which did not follow: high 64050.0 at 2024-07-19T12:00:20Z with 71.500, then 64190.0 at 2024-07-19T12:01:50Z with 64.250; they differ by 7.250, at least 3.000 is asked.
2024-07-19T12:02:01Z
  Spoke for it: absorption in the minute from 2024-07-19T12:01:00Z: 0.800 was bought in one of the two highest rows (64180.0 – 64190.0), more than in 97.5 % of an hour's row sides, and the bar closed below them.
2024-07-19T12:02:20Z
  Armed, because enough confirmations hold. Confirmed by rsi, obi: weight 2 of 2.
  Known then: bid 64100.0, ask 64100.1, last 64100.0, OBI z -2.25, CVD over 5 min 12.500, open interest over 5 min missing, RSI 71.2, ATR 512.00, volatility 5 min 41.0 %, 24 h 38.0 %, funding 0.0100 %.
  Inputs that never came and so abstain: open interest.
  Size 0.031: of equity 100000.00 the least of 0.031 by 2 % of equity, 0.077 by 5000.00 a trade, 0.031 by notional_cap 2 %, 0.976 by a risk of 0.5 % over one ATR.
  Stop 64552.3: above the zone's upper edge by the greatest of half an ATR (256.00), half the node's width (10.0), half the zone (96.3).
  Target 63670.0, 1.50 times the risk: a multiple of the risk, for no node is far enough away; half is taken there.
  The risk gate let pass: sell 0.031 at 64200.0, post-only, because the signal asks for it (client id f0000-669a55400000000c-e00000001).
2024-07-19T12:02:21Z
  Not sent: sell 0.031 at 64200.0, post-only; the risk gate refused it, because there is no mark price, or it is too old (mark).
2024-07-19T12:02:30Z
  Filled (entry): sell 0.031 at 64200.0, made; fee 0.39804, held behind it -0.031.
  In position, because the order was filled. Confirmed by rsi, obi: weight 2 of 2.
2024-07-19T12:06:40Z
  Flat by its stop order, because the position must be protected: result -12.3199 after fees, at most 0.031 held; entry 64200.00, exit 64552.30, fees 1.3986.
2024-07-19T12:20:00Z
  Over, because price was outside for long enough.
";

const COVERED: &str = r"BTCUSDT: 1 min 30 s of market, 2024-07-19T12:00:00Z to 2024-07-19T12:01:30Z; 2 trades, 0 depth events; 0 levels, 0 signals, 0 intents, 0 refused, 0 fills, 0 closed
  no order book: OBI abstains, and the risk gate lets no entry pass without a touch
  no open interest: the OI filter abstains, and no break-through can arm
  no funding: size is not cut for it, nor is its hour kept clear
  no mark price: RSI and MACD use trades, and the risk gate lets no entry pass without one
  no level: this covers 1 min 30 s, too little for any window to say where one is
";

const COVERED_JSON: &str = r#"{"schema":1,"kind":"coverage","symbol":"BTCUSDT","time_first":1721390400000000000,"time_last":1721390490000000000,"trades":2,"depth_events":0,"levels":1,"signals":0,"intents":0,"refusals":0,"fills":0,"closed":0,"missing":{"depth":"no order book: OBI abstains, and the risk gate lets no entry pass without a touch","open_interest":"no open interest: the OI filter abstains, and no break-through can arm","funding":"no funding: size is not cut for it, nor is its hour kept clear","mark_price":"no mark price: RSI and MACD use trades, and the risk gate lets no entry pass without one"}}
"#;

fn plan() -> Plan {
    Plan::demonstration().conclude().expect("sound")
}

#[test]
fn a_book_is_a_table_with_the_market_between() {
    let (sell, buy) = (level(20), below());
    let lines = table(&btc(), at(30), Some(Price(635_000)), &[&sell, &buy]);
    assert_eq!(lines.join("\n"), TABLE);
    assert_eq!(
        table(&btc(), at(30), None, &[]).join("\n"),
        "BTCUSDT  2024-07-19T12:00:30Z\n  no level"
    );
}

#[test]
fn a_signal_is_a_line() {
    let mut listed = Listed::default();
    run().iter().for_each(|record| show(&mut listed, record));
    let rows: Vec<String> = listed.rows.values().map(|row| one(&btc(), row)).collect();
    assert_eq!(rows.join("\n"), LINE);
}

#[test]
fn a_step_is_a_sentence() {
    let mut listed = Listed { is_whole: true, ..Listed::default() };
    run().iter().for_each(|record| show(&mut listed, record));
    show(&mut listed, &state(500, true));
    let told = listed
        .fresh
        .iter()
        .filter_map(|kept| Some(step(kept, &btc(), &tell::sentence(&btc(), kept)?)));
    assert_eq!(told.collect::<Vec<_>>().join("\n"), STEPS);
}

/// What is told of signal 3, asked for in one way.
fn told(asked: Asked) -> String {
    let mut witness = Witness::new(asked);
    run().iter().for_each(|record| show(&mut witness, record));
    let stories = witness.found();
    let [story] = &stories[..] else { return format!("{} stories", stories.len()) };
    let (title, steps) = chain(&btc(), story, &plan());
    paragraphs("Signal 3", &title, &steps).join("\n")
}

#[test]
fn a_chain_leads_from_trades_to_the_result() {
    let by_number = told(Asked::Signal(3));
    assert_eq!(by_number, CHAIN);
    assert_eq!(told(Asked::Order(client(Role::Entry).text().0)), by_number);
    assert_eq!(told(Asked::Signal(4)), "0 stories");
    assert_eq!(told(Asked::Order(client(Role::Stop).text().0)), "0 stories");
}

#[test]
fn moves_of_a_stop_are_counted() {
    let mut witness = Witness::new(Asked::Signal(3));
    let mut records = run();
    records.truncate(11);
    for at in 0..5 {
        records.push(trail(160 + at, 644_000 - 10 * i64::try_from(at).expect("few")));
        records.push(answer(160 + at, Role::Stop));
    }
    records.iter().for_each(|record| show(&mut witness, record));
    let stories = witness.found();
    let (_, steps) = chain(&btc(), &stories[0], &plan());
    let told: Vec<&str> = steps.iter().rev().take(2).map(|step| step.text.as_str()).collect();
    assert_eq!(told[0], "The stop followed the trail 4 times more, at last to 64396.0.");
    assert!(told[1].contains("stop moved: buy 0.031 once price reaches 64400.0"), "{}", told[1]);
}

#[test]
fn a_fact_before_the_touch_says_so() {
    let mut witness = Witness::new(Asked::Signal(3));
    let mut records = run();
    records.retain(|record| record.insight.kind() != Some(Kind::DivergenceInsight));
    records.insert(2, divergence(90, 641_900));
    records.iter().for_each(|record| show(&mut witness, record));
    let (_, steps) = chain(&btc(), &witness.found()[0], &plan());
    let told = steps.iter().find(|step| step.name == "divergence").expect("a divergence");
    assert!(
        told.text.ends_with("found before the touch and counts from there on."),
        "{}",
        told.text
    );
}

#[test]
fn a_cause_is_told_when_it_comes_and_goes() {
    let asked = parse("daily_loss").expect("a cause");
    let mut witness = Witness::new(asked);
    let mut records = run();
    records.extend([state(450, false), state(500, true), state(600, true), state(700, false)]);
    records.iter().for_each(|record| show(&mut witness, record));
    let kinds: Vec<_> = witness.states.iter().map(|kept| kept.insight.kind()).collect();
    let (close, state) = (Some(Kind::CloseDecision), Some(Kind::StateDecision));
    assert_eq!(kinds, [close, state, state]);
    assert_eq!(witness.states[2].insight.time_venue, at(700));
}

#[test]
fn what_is_not_there_is_named_with_its_neighbours() {
    let mut witness = Witness::new(Asked::Signal(7));
    assert!(missing("7", Asked::Signal(7), &witness).contains("no signal"));
    run().iter().for_each(|record| show(&mut witness, record));
    let entry = client(Role::Entry);
    for (text, want) in [
        ("7", "there is no signal 7: the nearest is 3, the last 3".to_owned()),
        ("daily_loss", "daily_loss was never raised in this run".to_owned()),
        (
            "f0001-000000000000000c-e00000001",
            format!(
                "there is no order f0001-000000000000000c-e00000001, the last order is {entry}, \
                 the last signal is 3"
            ),
        ),
    ] {
        assert_eq!(missing(text, parse(text).expect(text), &witness), want);
    }
    let error = parse("luck").expect_err("no such thing").message;
    assert!(error.contains("daily_loss") && error.contains("depth_silent"), "{error}");
}

/// What the last lines say of a run.
fn covered(style: Style, records: &[Kept]) -> String {
    let mut coverage = Coverage::default();
    for seconds in [0, 90] {
        let mut head = Head::new(Kind::Trade, InstrumentId(0));
        head.time_match = at(seconds);
        let trade =
            TradeLine { price: Price(635_000), side: Side::Buy.code(), ..TradeLine::zeroed() };
        head.lines = 1;
        coverage.event(Message::new(&head, &[Line::of(trade)]));
    }
    records.iter().for_each(|record| show(&mut coverage, record));
    let mut instruments = Instruments::default();
    instruments.put(btc()).expect("room");
    let mut out = Vec::new();
    coverage.write(&instruments, &mut Record::new(style), &mut out).expect("memory");
    String::from_utf8(out).expect("text")
}

#[test]
fn what_was_missing_stands_last() {
    assert_eq!(covered(Style::Plain, &[]), COVERED);
    assert_eq!(covered(Style::Json, &[level(20), gone(), state(30, false)]), COVERED_JSON);
}

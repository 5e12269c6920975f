//! Scenario tables of the decoder: what goes in, and the event or the refusal that comes out.

use model::{DepthForm, Draft, Fine, ForceLine, Instrument, Instruments, Kind, KlineLine};
use model::{KlineSumsLine, Level, LevelPrice, Lots, MarkLine, Nanos, Notional, OpenInterestLine};
use model::{Price, QuoteLine, Refusal, Side, TradeLine, Venue};

use crate::dump::{FirstRow, Table};
use crate::{Decoder, Endpoint, Frame, exchange_info};

fn decoder() -> Decoder {
    let mut instruments = Instruments::default();
    for text in ["BTCUSDT:0.1:0.001", "ETHUSDT:0.01:0.001", "BTCTUSD:0.01:0.00001:spot"] {
        instruments.put(Instrument::parse(text).unwrap()).unwrap();
    }
    Decoder::new(instruments)
}

/// Decodes a frame both ways, twice the scanner's way (learning and learnt), and asserts that all
/// agree.
fn decode(decoder: &mut Decoder, text: &str) -> Result<Draft, Refusal> {
    let (mut first, mut again, mut slow) = (Draft::default(), Draft::default(), Draft::default());
    let now = Nanos(7);
    let slowly = decoder.stream_checked(text.as_bytes(), now, &mut slow);
    let padded = [&[b'x'; 16], text.as_bytes(), &[b'"'; 64]].concat();
    let within = Frame::within(&padded, 16, 16 + text.len());
    let learning = decoder.stream(Frame::bare(text.as_bytes()), now, &mut first);
    let learnt = decoder.stream(within, now, &mut again);
    assert_eq!(learning, slowly, "{text}");
    assert_eq!(learnt, slowly, "{text}");
    slowly?;
    for fast in [&first, &again] {
        assert_eq!((fast.head, fast.body()), (slow.head, slow.body()), "{text}");
    }
    Ok(slow)
}

const AGGREGATE: &str = r#"{"e":"aggTrade","E":1793000000123,"s":"BTCUSDT","a":3100000001,"p":"98765.40","q":"0.250","nq":"0.200","f":7200000001,"l":7200000003,"T":1793000000100,"m":true,"st":1}"#;
const DEPTH: &str = r#"{"e":"depthUpdate","E":1793000000130,"T":1793000000121,"s":"BTCUSDT","U":11,"u":40,"pu":10,"b":[["98765.30","1.204"],["98765.35","2"]],"a":[["98765.40","0.000"]]}"#;
const QUOTE: &str = r#"{"e":"bookTicker","u":41,"s":"BTCUSDT","b":"98765.30","B":"3.110","a":"98765.40","A":"0.870","T":1793000000129,"E":1793000000131}"#;
const MARK: &str = r#"{"e":"markPriceUpdate","E":1793000001000,"s":"BTCUSDT","p":"98760.12345678","ap":"98758.9","i":"98770.0","P":"98765.0","r":"-0.00004500","T":1793001600000,"st":1}"#;

#[test]
fn trades() {
    let draft = decode(&mut decoder(), AGGREGATE).unwrap();
    assert_eq!(draft.head.kind(), Some(Kind::Trade));
    assert_eq!(draft.head.id, 3_100_000_001);
    assert_eq!(draft.head.time_event, Nanos(1_793_000_000_123_000_000));
    assert_eq!(draft.head.time_match, Nanos(1_793_000_000_100_000_000));
    assert_eq!(draft.head.time_local, Nanos(7));
    let line: &TradeLine = draft.body()[0].view();
    assert_eq!((line.price, line.lots, line.lots_normal), (Price(987_654), Lots(250), Lots(200)));
    assert_eq!((line.first, line.last), (7_200_000_001, 7_200_000_003));
    assert_eq!(line.side(), Side::Sell);
}

#[test]
fn a_print_that_is_no_market_trade_is_an_id_alone() {
    let text = r#"{"e":"trade","E":1721347022956,"T":1721347022955,"s":"BTCUSDT","t":5,"p":"0","q":"0","X":"INSURANCE_FUND","m":true}"#;
    let mut decoder = decoder();
    let draft = decode(&mut decoder, text).unwrap();
    assert!(draft.head.flags.has(model::Flags::FOREIGN));
    assert_eq!((draft.head.id, draft.head.lines), (5, 0));
    assert_eq!(decoder.counts().foreign, 3);
    let market = text.replace("INSURANCE_FUND", "MARKET");
    assert_eq!(decode(&mut decoder, &market).unwrap_err(), Refusal::OutOfRange);
}

#[test]
fn depth_keeps_levels_off_the_grid() {
    let mut decoder = decoder();
    let draft = decode(&mut decoder, DEPTH).unwrap();
    assert_eq!((draft.head.id, draft.head.id_span, draft.head.id_prev), (40, 29, 10));
    let levels: Vec<Level> = draft.body().iter().flat_map(Level::all).collect();
    let level = |side, price, lots| Level { side, price, lots: Lots(lots) };
    assert_eq!(
        levels,
        [
            level(Side::Buy, LevelPrice::Tick(Price(987_653)), 1_204),
            level(Side::Buy, LevelPrice::Fine(Fine(9_876_535_000_000)), 2_000),
            level(Side::Sell, LevelPrice::Tick(Price(987_654)), 0),
        ]
    );
    assert_eq!(DepthForm::of(&draft.body()[1]), Some(DepthForm::OffGrid));
    assert_eq!(decoder.counts().off_grid, 3);
    // Asks before bids: our lines have bids first all the same.
    let turned = DEPTH.replace(r#""b":["#, r#""x":["#).replace(r#""a":["#, r#""b":["#);
    let turned = turned.replace(r#""x":["#, r#""a":["#);
    let draft = decode(&mut decoder, &turned).unwrap();
    let sides: Vec<Side> = draft.body().iter().flat_map(Level::all).map(|l| l.side).collect();
    assert_eq!(sides, [Side::Buy, Side::Sell, Side::Sell]);
}

#[test]
fn partial_depth_is_told_by_its_stream() {
    for (stream, want) in [
        ("btcusdt@depth20@100ms", Ok(Kind::Partial)),
        ("btcusdt@depth@100ms", Ok(Kind::Depth)),
        ("btcusdt@rpiDepth@500ms", Err(Refusal::UnknownEvent)),
        ("ethusdt@depth", Err(Refusal::StreamMismatch)),
        ("btcusdt@aggTrade", Err(Refusal::StreamMismatch)),
    ] {
        let text = format!(r#"{{"stream":"{stream}","data":{DEPTH}}}"#);
        let got = decode(&mut decoder(), &text).map(|draft| draft.head.kind().unwrap());
        assert_eq!(got, want, "{stream}");
    }
    let mut told = decoder();
    told.bare_depth_is_partial(true);
    assert_eq!(decode(&mut told, DEPTH).unwrap().head.kind(), Some(Kind::Partial));
}

#[test]
fn spot_depth_has_no_pu() {
    let text = r#"{"e":"depthUpdate","E":1793000000130,"s":"BTCTUSD","U":11,"u":40,"b":[],"a":[["98765.40000000","0.50000000"]]}"#;
    let draft = decode(&mut decoder(), text).unwrap();
    assert_eq!((draft.head.id_prev, draft.head.time_match), (10, Nanos::NONE));
    let futures = text.replace("BTCTUSD", "BTCUSDT");
    assert_eq!(decode(&mut decoder(), &futures).unwrap_err(), Refusal::MissingField);
}

#[test]
fn quotes_and_marks() {
    let mut decoder = decoder();
    let draft = decode(&mut decoder, QUOTE).unwrap();
    let line: &QuoteLine = draft.body()[0].view();
    assert_eq!((line.bid, line.bid_lots, line.ask), (Price(987_653), Lots(3_110), Price(987_654)));
    assert_eq!(line.ask_fine, Fine(9_876_540_000_000));
    let off = QUOTE.replace("98765.30", "98765.35").replace("98765.40", "98765.41");
    let draft = decode(&mut decoder, &off).unwrap();
    let line: &QuoteLine = draft.body()[0].view();
    assert_eq!((line.bid, line.ask), (Price(987_653), Price(987_655)));
    assert_eq!((line.bid_fine, line.ask_fine), (Fine(9_876_535_000_000), Fine(9_876_541_000_000)));
    let draft = decode(&mut decoder, MARK).unwrap();
    let line: &MarkLine = draft.body()[0].view();
    assert_eq!((line.mark, line.average), (Fine(9_876_012_345_678), Fine(9_875_890_000_000)));
    assert_eq!((line.rate, line.has_rate), (-4_500, 1));
    assert_eq!(line.time_funding, Nanos(1_793_001_600_000_000_000));
    let none = MARK.replace("-0.00004500", "").replace("1793001600000", "0");
    let draft = decode(&mut decoder, &none).unwrap();
    let line: &MarkLine = draft.body()[0].view();
    assert_eq!((line.rate, line.has_rate, line.time_funding), (0, 0, Nanos::NONE));
}

#[test]
fn liquidations_and_candles() {
    let force = r#"{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":1793000000900,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"1.500","p":"98100.00","ap":"98210.4012","X":"FILLED","l":"0.500","z":"1.500","T":1793000000890,"ps":"BTCUSDT","st":1}}}"#;
    let draft = decode(&mut decoder(), force).unwrap();
    let line: &ForceLine = draft.body()[0].view();
    assert_eq!((line.lots, line.lots_last, line.filled), (Lots(1_500), Lots(500), 1));
    assert_eq!((line.average, line.side), (Fine(9_821_040_120_000), Side::Sell.code()));
    let kline = r#"{"e":"kline","E":1793000000900,"s":"BTCUSDT","k":{"t":1793000000000,"T":1793000059999,"s":"BTCUSDT","i":"1m","f":-1,"L":-1,"o":"98765.40","c":"98765.50","h":"98765.50","l":"98765.40","v":"0.003","n":2,"x":false,"q":"296.29630","V":"0","Q":"0","B":"0"}}"#;
    let draft = decode(&mut decoder(), kline).unwrap();
    let line: &KlineLine = draft.body()[0].view();
    assert_eq!((line.first, line.interval, line.closed), (u64::MAX, 1, 0));
    assert_eq!((line.open, line.high), (Price(987_654), Price(987_655)));
    let sums: &KlineSumsLine = draft.body()[1].view();
    assert_eq!((sums.notional, sums.lots, sums.trades), (Notional(2_962_963), Lots(3), 2));
    for (text, want) in [
        (kline.replace("\"1m\"", "\"1w\""), Ok(255)),
        (
            format!(r#"{{"stream":"btcusdt@kline_5m","data":{kline}}}"#),
            Err(Refusal::StreamMismatch),
        ),
    ] {
        let got = decode(&mut decoder(), &text).map(|draft| {
            let line: &KlineLine = draft.body()[0].view();
            line.interval
        });
        assert_eq!(got, want, "{text}");
    }
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let change = |from: &str, to: &str| AGGREGATE.replacen(from, to, 1);
    let depth = |from: &str, to: &str| DEPTH.replacen(from, to, 1);
    for (text, want) in [
        (String::new(), Refusal::NotJson),
        ("hello".into(), Refusal::NotJson),
        ("[]".into(), Refusal::WrongType),
        ("{}".into(), Refusal::UnknownEvent),
        (r#"{"result":null,"id":1}"#.into(), Refusal::UnknownEvent),
        (r#"{"error":{"code":2,"msg":"x"},"id":1}"#.into(), Refusal::VenueError),
        (r#"{"code":-1121,"msg":"Invalid symbol."}"#.into(), Refusal::VenueError),
        (change("aggTrade", "ticker"), Refusal::UnknownEvent),
        (change("BTCUSDT", "DOGEUSDT"), Refusal::UnknownSymbol),
        (change("BTCUSDT", "BTCUSD_PERP"), Refusal::WrongVenue),
        (change("\"st\":1", "\"st\":2"), Refusal::WrongVenue),
        (change("\"l\":7200000003,", ""), Refusal::MissingField),
        (change("\"m\":true", "\"m\":1"), Refusal::WrongType),
        (change("\"0.250\"", "0.250"), Refusal::WrongType),
        (change("\"m\":true", "\"m\":true,\"a\":3100000001"), Refusal::DuplicateField),
        (change("98765.40", "98765.45"), Refusal::OffTick),
        (change("98765.40", "98765.4x"), Refusal::BadNumber),
        (change("98765.40", "9.8e4"), Refusal::BadNumber),
        (change("98765.40", "-98765.40"), Refusal::OutOfRange),
        (change("98765.40", "0.00"), Refusal::OutOfRange),
        (change("98765.40", "999999999999999999"), Refusal::OutOfRange),
        (change("0.250", "0.2505"), Refusal::OffLot),
        (change("0.250", "NaN"), Refusal::BadNumber),
        (change("\"0.250\"", "\"0.100\""), Refusal::OutOfRange),
        (change("7200000003", "7200000000"), Refusal::BadOrder),
        (change("7200000003", "-7200000003"), Refusal::OutOfRange),
        (change("7200000003", "7.5"), Refusal::BadNumber),
        (change("1793000000123", "0"), Refusal::BadTime),
        (change("1793000000123", "17930000001230000"), Refusal::BadTime),
        (change("\"st\":1}", "\"st\":1"), Refusal::Truncated),
        (change("\"st\":1}", "\"st\":1}}"), Refusal::NotJson),
        (depth("\"U\":11", "\"U\":41"), Refusal::BadOrder),
        (depth("\"u\":40", "\"u\":9000000000"), Refusal::OutOfRange),
        (depth("\"pu\":10,", ""), Refusal::MissingField),
        (depth("\"2\"", "\"2.0005\""), Refusal::OffLot),
        (depth("\"2\"]", "\"2\",\"3\"]"), Refusal::WrongType),
        (depth(",\"2\"]", "]"), Refusal::MissingField),
        (r#"{"lastUpdateId":5,"bids":[],"asks":[]}"#.into(), Refusal::SymbolNotGiven),
    ] {
        assert_eq!(decode(&mut decoder(), &text).map(|_| ()), Err(want), "{text}");
    }
    let mut decoder = decoder();
    let bytes = b"{\"e\":\"\xff\"}";
    let mut draft = Draft::default();
    let got = decoder.stream(Frame::bare(bytes), Nanos(1), &mut draft);
    assert_eq!((got, decoder.counts().refused(Refusal::NotText)), (Err(Refusal::NotText), 1));
}

#[test]
fn another_writing_of_the_same_is_the_same() {
    let want = decode(&mut decoder(), AGGREGATE).unwrap();
    let blanks = AGGREGATE.replace(',', " ,\n").replace(':', " : ");
    let escaped = AGGREGATE.replace("aggTrade", "\\u0061ggTrade").replace("\"E\"", "\"\\u0045\"");
    let unknown = AGGREGATE.replace("\"m\"", "\"zz\":[{\"a\":1}],\"m\"");
    let moved = AGGREGATE.replace(",\"st\":1", "").replace("\"E\"", "\"st\":1,\"E\"");
    for text in [blanks, escaped, unknown, moved] {
        let got = decode(&mut decoder(), &text).unwrap();
        assert_eq!((got.head, got.body()), (want.head, want.body()), "{text}");
    }
}

#[test]
fn a_frame_cut_anywhere_is_refused() {
    let mut decoder = decoder();
    let mut draft = Draft::default();
    for whole in [AGGREGATE, DEPTH, QUOTE, MARK] {
        decode(&mut decoder, whole).unwrap();
        // What lies behind the cut is the rest of the frame itself.
        let padded = [&[0; 16], whole.as_bytes(), &[0; 64]].concat();
        for cut in 0..whole.len() {
            let got = decoder.stream(Frame::within(&padded, 16, 16 + cut), Nanos(1), &mut draft);
            assert!(got.is_err(), "{}", &whole[..cut]);
        }
    }
}

#[test]
fn snapshots_belong_to_whom_they_must() {
    let snapshot = r#"{"lastUpdateId": 500, "E": 1793000000001, "T": 1793000000000, "bids": [["98765.30", "1.0"]], "asks": []}"#;
    let mut one = decoder();
    decode(&mut one, QUOTE).unwrap();
    let draft = decode(&mut one, snapshot).unwrap();
    assert_eq!((draft.head.kind(), draft.head.instrument.0), (Some(Kind::Snapshot), 0));
    assert_eq!((draft.head.id, draft.head.lines), (500, 1));
    // A second symbol, known or not, makes it anyone's.
    let _ = decode(&mut one, &QUOTE.replace("BTCUSDT", "DOGEUSDT"));
    assert_eq!(decode(&mut one, snapshot).unwrap_err(), Refusal::SymbolNotGiven);
    one.belongs_to(Some(model::InstrumentId(1)));
    assert_eq!(decode(&mut one, snapshot).unwrap().head.instrument.0, 1);
    let mut draft = Draft::default();
    let whose = Endpoint::Depth(model::InstrumentId(0));
    one.answer(whose, snapshot.as_bytes(), Nanos(1), &mut draft).unwrap();
    assert_eq!(draft.head.instrument.0, 0);
}

#[test]
fn answers() {
    let mut decoder = decoder();
    let mut draft = Draft::default();
    let interest = br#"{"openInterest":"88123.456","symbol":"BTCUSDT","time":1793000000000}"#;
    decoder.answer(Endpoint::OpenInterest, interest, Nanos(1), &mut draft).unwrap();
    let line: &OpenInterestLine = draft.body()[0].view();
    assert_eq!(line.lots, Lots(88_123_456));
    let premium = br#"{"symbol":"BTCUSDT","markPrice":"98760.12345678","indexPrice":"98770.0","estimatedSettlePrice":"98765.0","lastFundingRate":"0.00004500","interestRate":"0.0001","nextFundingTime":1793001600000,"time":1793000000000}"#;
    decoder.answer(Endpoint::PremiumIndex, premium, Nanos(1), &mut draft).unwrap();
    let line: &MarkLine = draft.body()[0].view();
    assert_eq!((draft.head.kind(), line.rate), (Some(Kind::Premium), 4_500));
    let error = br#"{"code":-1003,"msg":"Too many requests."}"#;
    for endpoint in [Endpoint::OpenInterest, Endpoint::PremiumIndex] {
        let got = decoder.answer(endpoint, error, Nanos(1), &mut draft);
        assert_eq!(got, Err(Refusal::VenueError));
    }
}

#[test]
fn exchange_infos_of_both_venues() {
    let futures = br#"{"symbols":[{"symbol":"BTCUSDT","contractType":"PERPETUAL","filters":[{"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"1000","stepSize":"0.001"},{"filterType":"PRICE_FILTER","minPrice":"556.80","maxPrice":"4529764","tickSize":"0.10"},{"filterType":"MARKET_LOT_SIZE","minQty":"0.001","maxQty":"120","stepSize":"0.001"},{"filterType":"MIN_NOTIONAL","notional":"50"}]},{"symbol":"x y","contractType":"","filters":[]}]}"#;
    let list = exchange_info(futures).unwrap();
    assert_eq!(list.len(), 1);
    let [btc] = list.as_slice() else { panic!("one symbol has a grid") };
    assert_eq!((btc.venue, btc.tick, btc.lot), (Venue::UsdM, Fine(10_000_000), Fine(100_000)));
    assert_eq!((btc.price_min, btc.lots_max), (Price(5_568), Lots(1_000_000)));
    assert_eq!((btc.market_lots_max, btc.notional_min), (Lots(120_000), Fine(5_000_000_000)));
    let spot = br#"{"symbols":[{"symbol":"BTCUSDT","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000.00","tickSize":"0.01"},{"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000.00000000","stepSize":"0.00001"},{"filterType":"NOTIONAL","minNotional":"5.0"}]}]}"#;
    let list = exchange_info(spot).unwrap();
    assert_eq!((list[0].venue, list[0].notional_min), (Venue::Spot, Fine(500_000_000)));
    assert_eq!(exchange_info(b"{\"code\":-1,\"msg\":\"x\"}"), Err(Refusal::VenueError));
    assert_eq!(exchange_info(b"{}"), Err(Refusal::MissingField));
}

#[test]
fn dumps_are_recognised_by_their_first_row() {
    let found = |table, header| Some(FirstRow { table, header });
    for (row, want) in [
        ("1,42283.58,0.1,3,3,1704067200000,True,True", found(Table::AggTrades, false)),
        ("1,42283.58,0.1,3,3,1704067200000,true", found(Table::AggTrades, false)),
        (
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
            found(Table::AggTrades, true),
        ),
        ("5,42283.58,0.1,4228.358,1704067200000,true", found(Table::Trades, false)),
        ("5,42283.58,0.1,4228.358,1704067200000,True,True", found(Table::Trades, false)),
        ("id,price,qty,quote_qty,time,is_buyer_maker", found(Table::Trades, true)),
        ("1704067200000,1,2,1,2,3,1704067259999,6,1,1,2,0", found(Table::Klines, false)),
        ("1,42283.5,0.1,42283.6,0.2,1704067200000,1704067200001", found(Table::BookTicker, false)),
        ("date,open,high", None),
        ("", None),
        ("1,2,3", None),
    ] {
        assert_eq!(Table::recognise(row.as_bytes()), want, "{row}");
    }
}

#[test]
fn rows_of_dumps() {
    let mut decoder = decoder();
    let id = model::InstrumentId(2);
    let (mut fast, mut slow) = (Draft::default(), Draft::default());
    for (table, row, want) in [
        (Table::AggTrades, "7,42283.58000000,0.00069000,3,4,1704067200000,True,True", Ok(())),
        (Table::AggTrades, "8,42283.59000000,0.00070000,5,5,1704067200001,True,True", Ok(())),
        (Table::AggTrades, "8,42283.59,0.0007,5,5,1704067200001000,false", Ok(())),
        (Table::AggTrades, "8,42283.595,0.0007,5,5,1704067200001,false", Err(Refusal::OffTick)),
        (Table::AggTrades, "8,42283.59,0.000001,5,5,1704067200001,false", Err(Refusal::OffLot)),
        (Table::AggTrades, "8,42283.59,0,5,5,1704067200001,false", Err(Refusal::OutOfRange)),
        (Table::AggTrades, "8,42283.59,1,5,4,1704067200001,false", Err(Refusal::BadOrder)),
        (Table::AggTrades, "8,42283.59,1,5,6,0,false", Err(Refusal::BadTime)),
        (Table::AggTrades, "8,42283.59,1,5,6,1704067200001,maybe", Err(Refusal::BadRow)),
        (Table::AggTrades, "8,42283.59,1,5,x,1704067200001,true", Err(Refusal::BadNumber)),
        (Table::AggTrades, "8,42283.59,1", Err(Refusal::BadRow)),
        (Table::AggTrades, "", Err(Refusal::BadRow)),
        (Table::Trades, "5,42283.58,0.1,4228.358,1704067200000,true", Ok(())),
        (Table::Trades, "6,42283.58,0.1,4228.358,1704067200000,true", Ok(())),
        (Table::BookTicker, "1,42283.5,0.1,42283.6,0.2,1704067200000,1704067200001", Ok(())),
    ] {
        let one = decoder.row(table, id, row.as_bytes(), &mut fast);
        let two = decoder.row_checked(table, id, row.as_bytes(), &mut slow);
        assert_eq!((one, two), (want, want), "{row}");
        if want.is_ok() {
            assert_eq!((fast.head, fast.body()), (slow.head, slow.body()), "{row}");
            assert!(fast.head.flags.has(model::Flags::NO_LOCAL_CLOCK));
            assert!(fast.head.time_event.0 / 1_000_000_000 == 1_704_067_200, "{row}");
        }
    }
    let row = b"1704067200000,1,2,1,2,3,1704067259999,6,1,1,2,0";
    decoder.row(Table::Klines, id, row, &mut fast).unwrap();
    let line: &KlineLine = fast.body()[0].view();
    assert_eq!((line.interval, line.open, line.high), (1, Price(100), Price(200)));
}

#[test]
fn a_renewed_grid_forgets_what_was_learnt() {
    let mut decoder = decoder();
    let before = decode(&mut decoder, QUOTE).unwrap();
    decoder.put(Instrument::parse("BTCUSDT:0.05:0.01").unwrap()).unwrap();
    let after = decode(&mut decoder, QUOTE).unwrap();
    let (before, after): (&QuoteLine, &QuoteLine) =
        (before.body()[0].view(), after.body()[0].view());
    assert_eq!((before.bid, after.bid), (Price(987_653), Price(1_975_306)));
    assert_eq!((before.bid_lots, after.bid_lots), (Lots(3_110), Lots(311)));
}

//! Writes the fuzzer's corpus: `cargo run -p fulcrum-tests --example compose_corpus`. Everything
//! in it is composed, nothing copied from a recording.

use std::path::Path;

use fulcrum_tests::compose::{COINS, Composer, Look};

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (at, coin) in (0..).zip(COINS) {
        for look in Look::ALL {
            let mut composer = Composer::new(11 + at, coin, look);
            let payloads = [
                composer.aggregate(),
                composer.single(),
                composer.quote(),
                composer.mark(),
                composer.depth(3, false),
                composer.depth(2, true),
                composer.force(),
            ];
            for payload in payloads {
                let channel = payload.stream.rsplit('@').next_back().unwrap_or("");
                let event = payload.fields[0].1.trim_matches('"').to_owned();
                let name = format!("{at}-{look:?}-{event}-{}", channel.len());
                let frame = corpus.join("frame");
                std::fs::create_dir_all(&frame)?;
                std::fs::write(frame.join(format!("{name}-wrapped")), payload.wrapped())?;
                if look == Look::New {
                    std::fs::write(frame.join(format!("{name}-bare")), payload.bare())?;
                }
            }
        }
    }
    let rows = [
        ("spot-ms", "7,42283.58000000,0.00069000,3,4,1704067200000,True,True"),
        ("spot-us", "7,42283.5,0.007,3,4,1704067200000123,False,True"),
        ("futures", "7,42283.5,0.007,3,4,1704067200000,true"),
        ("trades", "7,42283.5,0.007,295.9845,1704067200000,true"),
        ("book", "7,42283.5,0.007,42283.6,1.5,1704067200000,1704067200001"),
        ("kline", "1704067200000,1,2,1,2,3,1704067259999,6,1,1,2,0"),
    ];
    for (name, row) in rows {
        std::fs::create_dir_all(corpus.join("row"))?;
        std::fs::write(corpus.join("row").join(name), row)?;
    }
    let answers = [
        ("interest", r#"{"openInterest":"88.456","symbol":"BTCUSDT","time":1793000000000}"#),
        ("depth", r#"{"lastUpdateId":5,"E":1,"T":1,"bids":[["1.5","2"]],"asks":[["1.55","3"]]}"#),
        (
            "info",
            r#"{"symbols":[{"symbol":"BTCUSDT","contractType":"PERPETUAL","filters":[{"filterType":"PRICE_FILTER","minPrice":"1","maxPrice":"9","tickSize":"0.1"},{"filterType":"LOT_SIZE","minQty":"1","maxQty":"9","stepSize":"0.1"}]}]}"#,
        ),
    ];
    for (name, answer) in answers {
        std::fs::create_dir_all(corpus.join("answer"))?;
        std::fs::write(corpus.join("answer").join(name), answer)?;
    }
    Ok(())
}

//! Two hours of a market that was never there, with every stream that a figure needs: trades,
//! depth, best quotes, mark price, forced orders, open interest.

use std::f64::consts::TAU;
use std::fmt::Write;

/// 2024-07-18 22:40:00 UTC: a day, a funding session and killzones end in it.
pub(crate) const START_MS: u64 = 1_721_342_400_000;
pub(crate) const SECONDS: u64 = 8_400;

/// Tenths of a dollar: waves of 1 % whose later tops are a little higher and come more slowly.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a made-up price")]
fn price(second: u64) -> i64 {
    let at = second as f64;
    // From fast waves to slow ones: the phase grows ever less.
    let phase = TAU * 12.0 * (at / 8_400.0).powf(0.6);
    let level = 600_000.0 + 0.35 * at + 2_600.0 * phase.sin();
    level as i64 + (second * 7_919 % 13).cast_signed()
}

fn decimal(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The capture of the streams, and that of what was asked: a snapshot, and the open interest.
pub(crate) fn capture() -> [String; 2] {
    let mut out = format!("wss://host/stream <-> {}.0\n", START_MS / 1_000);
    let mut asked = String::new();
    let mut id = 1;
    let mut update = 1_000_u64;
    for second in 0..SECONDS {
        let ms = START_MS + second * 1_000;
        let mid = price(second);
        let mut line = |ms: u64, json: &str| {
            let ms = ms + 5;
            let _ = writeln!(out, "{}.{:03}: {json}", ms / 1_000, ms % 1_000);
        };
        // Ten levels a side, each second with other quantities; what was there before goes.
        let levels = |from: i64, step: i64, lots: &dyn Fn(i64) -> u64| {
            let row = |at: i64| {
                let lots = lots(at);
                let quantity = format!("{}.{:03}", lots / 1_000, lots % 1_000);
                format!("[\"{}\",\"{quantity}\"]", decimal(from + step * at))
            };
            (0..12).map(row).collect::<Vec<_>>().join(",")
        };
        let full =
            |side: u64| move |at: i64| (second * (3 + side) + at.unsigned_abs() * 17) % 900 + 100;
        let bids = levels(mid, -1, &full(0));
        let asks = levels(mid + 1, 1, &full(1));
        if second == 0 {
            let _ = writeln!(
                asked,
                r#"https://host/fapi/v1/depth?symbol=BTCUSDT&limit=1000 -> {}.010: {{"lastUpdateId":{update},"E":{ms},"T":{ms},"bids":[{bids}],"asks":[{asks}]}}"#,
                ms / 1_000
            );
        } else {
            let before = price(second - 1);
            // An old level that is a new one too must come once: the new one.
            let old = |from: i64, step: i64, new: (i64, i64)| {
                let rows = (0..12).map(|at| from + step * at);
                let rows = rows.filter(|at| !(new.0..=new.1).contains(at));
                rows.map(|at| format!(",[\"{}\",\"0.000\"]", decimal(at))).collect::<String>()
            };
            let old_bids = old(before, -1, (mid - 11, mid));
            let old_asks = old(before + 1, 1, (mid + 1, mid + 12));
            // The first one straddles the snapshot.
            let (first, last) = (update + u64::from(second > 1), update + 10);
            line(
                ms,
                &format!(
                    r#"{{"stream":"btcusdt@depth","data":{{"e":"depthUpdate","E":{ms},"T":{ms},"s":"BTCUSDT","U":{first},"u":{last},"pu":{update},"b":[{bids}{old_bids}],"a":[{asks}{old_asks}]}}}}"#
                ),
            );
            update = last;
        }
        let rises = price(second + 1) >= mid;
        for part in 0..3 {
            let at = ms + 100 + part * 200;
            let sold = (second + part) % 3 == 0 || (!rises && (second + part) % 2 == 0);
            let print = if sold { mid } else { mid + 1 };
            let lots =
                50 + (second * 31 + part * 7) % 400 + if second % 600 == 0 { 30_000 } else { 0 };
            line(
                at,
                &format!(
                    r#"{{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":{at},"s":"BTCUSDT","a":{id},"p":"{}","q":"{}.{:03}","f":{id},"l":{id},"T":{at},"m":{sold}}}}}"#,
                    decimal(print),
                    lots / 1_000,
                    lots % 1_000
                ),
            );
            id += 1;
        }
        if second % 3 == 0 {
            let at = ms + 800;
            let next: u64 =
                1_721_347_200_000 + if at >= 1_721_347_200_000 { 28_800_000 } else { 0 };
            line(
                at,
                &format!(
                    r#"{{"stream":"btcusdt@markPrice","data":{{"e":"markPriceUpdate","E":{at},"s":"BTCUSDT","p":"{}","P":"60000.0","i":"60000.0","r":"0.0000{}","T":{next}}}}}"#,
                    decimal(mid),
                    1_000 + second / 3_000
                ),
            );
        }
        if second % 15 == 7 {
            let interest = 80_000_000 + second * 100;
            let _ = writeln!(
                asked,
                r#"https://host/fapi/v1/openInterest?symbol=BTCUSDT -> {}.855: {{"openInterest":"{}.{:03}","symbol":"BTCUSDT","time":{}}}"#,
                ms / 1_000,
                interest / 1_000,
                interest % 1_000,
                ms + 840
            );
        }
        if second % 700 == 350 {
            let at = ms + 900;
            line(
                at,
                &format!(
                    r#"{{"stream":"btcusdt@forceOrder","data":{{"e":"forceOrder","E":{at},"o":{{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"20.000","p":"{0}","ap":"{0}","X":"FILLED","l":"20.000","z":"20.000","T":{at}}}}}}}"#,
                    decimal(mid)
                ),
            );
        }
    }
    [out, asked]
}

//! A recording made even: its frames in their order, so many of each kind a second, evenly spaced.
//!
//! The recorded pace has bursts and pauses; an even one shows what a frame takes when nothing else
//! is under way. What is no frame of a kind (the snapshot) stands right behind the depth before it.

use model::Nanos;

/// Frames a second.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rates {
    /// Trades.
    pub trades: f64,
    /// Depth diffs.
    pub depths: f64,
    /// Best quotes.
    pub quotes: f64,
}

impl Rates {
    /// `TRADES,DEPTHS,QUOTES`, each above zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rates = text.split(',').map(|word| word.parse::<f64>().ok());
        let mut next = || rates.next().flatten().filter(|rate| rate.is_finite() && *rate > 0.0);
        let parsed = Self { trades: next()?, depths: next()?, quotes: next()? };
        (text.split(',').count() == 3).then_some(parsed)
    }
}

/// The lines with new times, ascending, up to `span` after the first. A kind that has no more
/// frames ends before the others.
#[must_use]
pub fn even(lines: Vec<(Nanos, Vec<u8>)>, rates: Rates, span: Nanos) -> Vec<(Nanos, Vec<u8>)> {
    let Some(start) = lines.first().map(|line| line.0) else { return lines };
    // Each kind's own lattice, a little apart: no two kinds are ever due at once for long.
    let mut lanes = [(rates.depths, 0.0, 0_u32), (rates.trades, 0.31, 0), (rates.quotes, 0.67, 0)];
    let mut depth = start;
    let mut timed: Vec<(Nanos, Vec<u8>)> = Vec::with_capacity(lines.len());
    for (_, line) in lines {
        let lane = kind(&line);
        let time = match lane {
            Some(lane) => {
                let (rate, phase, count) = &mut lanes[lane];
                let seconds = (f64::from(*count) + *phase) / *rate;
                *count += 1;
                start.after(nanos(seconds))
            }
            None => depth,
        };
        if lane == Some(0) {
            depth = time;
        }
        if time.since(start) <= span {
            timed.push((time, line));
        }
    }
    // Stable: what is due at once keeps its order.
    timed.sort_by_key(|line| line.0);
    timed
}

fn nanos(seconds: f64) -> Nanos {
    Nanos(u64::try_from(std::time::Duration::from_secs_f64(seconds).as_nanos()).unwrap_or(u64::MAX))
}

/// 0 depth, 1 trade, 2 quote.
fn kind(line: &[u8]) -> Option<usize> {
    let head = &line[..line.len().min(256)];
    let has = |part: &[u8]| head.windows(part.len()).any(|window| window == part);
    [&b"\"e\":\"depthUpdate\""[..], b"\"e\":\"trade\"", b"\"e\":\"bookTicker\""]
        .iter()
        .position(|part| has(part))
        .or_else(|| has(b"\"e\":\"aggTrade\"").then_some(1))
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{Rates, even};

    #[test]
    fn each_kind_is_evenly_spaced_and_keeps_its_order() {
        let line = |at: u64, text: &str| (Nanos(1_000 + at), text.as_bytes().to_vec());
        let lines = vec![
            line(0, r#"{"e":"depthUpdate","u":1}"#),
            line(1, r#"{"e":"trade","t":1}"#),
            line(2, r#"{"lastUpdateId":1}"#),
            line(3, r#"{"e":"depthUpdate","u":2}"#),
            line(900, r#"{"e":"aggTrade","a":2}"#),
            line(901, r#"{"e":"bookTicker","u":2}"#),
            line(902, r#"{"e":"depthUpdate","u":3}"#),
        ];
        let rates = Rates { trades: 1.0, depths: 10.0, quotes: 100.0 };
        let timed = even(lines, rates, Nanos(1_000_000_000));
        let told: Vec<(u64, String)> = timed
            .iter()
            .map(|line| ((line.0.0 - 1_000) / 1_000, String::from_utf8_lossy(&line.1).into()))
            .collect();
        let want = [
            (0, r#"{"e":"depthUpdate","u":1}"#),
            (0, r#"{"lastUpdateId":1}"#),
            (6_700, r#"{"e":"bookTicker","u":2}"#),
            (100_000, r#"{"e":"depthUpdate","u":2}"#),
            (200_000, r#"{"e":"depthUpdate","u":3}"#),
            (310_000, r#"{"e":"trade","t":1}"#),
        ];
        assert_eq!(told, want.map(|(at, text)| (at, text.to_owned())), "the second trade is late");
    }

    #[test]
    fn rates_by_table() {
        for (text, good) in [
            ("100,100,200", true),
            ("0.5,1,1", true),
            ("0,1,1", false),
            ("1,1", false),
            ("1,1,1,1", false),
            ("1,x,1", false),
            ("1,inf,1", false),
        ] {
            assert_eq!(Rates::parse(text).is_some(), good, "{text}");
        }
    }
}

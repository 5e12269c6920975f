//! Stream names: `btcusdt@depth5@100ms`, `!forceOrder@arr`; and whose symbols are not ours.

use model::Kind;

/// A stream's name, read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Name<'a> {
    /// The symbol in lower case; `None` for streams of all symbols.
    pub(crate) symbol: Option<&'a str>,
    /// What it carries.
    pub(crate) kind: Kind,
    /// The candle's interval; empty for all but candles.
    pub(crate) interval: &'a str,
}

impl<'a> Name<'a> {
    /// Reads a name; `None` for a stream that we do not read.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let (symbol, channel) = match text.strip_prefix('!') {
            Some(channel) => (None, channel),
            None => text.split_once('@').map(|(symbol, channel)| (Some(symbol), channel))?,
        };
        let channel = channel.split('@').next()?;
        let (kind, interval) = match channel {
            "aggTrade" | "trade" => (Kind::Trade, ""),
            "depth" => (Kind::Depth, ""),
            "depth5" | "depth10" | "depth20" => (Kind::Partial, ""),
            "bookTicker" => (Kind::Quote, ""),
            "markPrice" => (Kind::Mark, ""),
            "forceOrder" => (Kind::Force, ""),
            _ => (Kind::Kline, channel.strip_prefix("kline_")?),
        };
        Some(Self { symbol, kind, interval })
    }

    /// Whether a payload of this symbol may come on this stream.
    pub(crate) fn carries(&self, symbol: &str) -> bool {
        self.symbol.is_none_or(|own| own.eq_ignore_ascii_case(symbol))
    }
}

/// The kind of an event's `e`; depth counts as a diff.
pub(crate) fn kind_of(event: &str) -> Option<Kind> {
    Some(match event {
        "aggTrade" | "trade" => Kind::Trade,
        "depthUpdate" => Kind::Depth,
        "bookTicker" => Kind::Quote,
        "markPriceUpdate" => Kind::Mark,
        "forceOrder" => Kind::Force,
        "kline" => Kind::Kline,
        _ => return None,
    })
}

/// Whether a stream of this kind and channel text may carry this event.
pub(crate) fn agrees(name: &str, kind: Kind, event: &str) -> bool {
    match kind {
        // Two events make trades; each has a stream of its own.
        Kind::Trade => name.contains("@aggTrade") == (event == "aggTrade"),
        _ => true,
    }
}

/// Whether a symbol is one of COIN-M: `BTCUSD_PERP`, `BTCUSD_240927`. Those of USDⓈ-M end in the
/// quote asset (`BTCUSDT_240927`).
pub(crate) fn is_coin_margined(symbol: &str) -> bool {
    symbol.split_once('_').is_some_and(|(pair, _)| pair.ends_with("USD"))
}

#[cfg(test)]
mod tests {
    use super::{Name, is_coin_margined};
    use model::Kind;

    #[test]
    fn names_say_what_comes() {
        for (text, want) in [
            ("btcusdt@aggTrade", Some((Some("btcusdt"), Kind::Trade, ""))),
            ("btcusdt@trade", Some((Some("btcusdt"), Kind::Trade, ""))),
            ("btcusdt@depth", Some((Some("btcusdt"), Kind::Depth, ""))),
            ("btcusdt@depth@100ms", Some((Some("btcusdt"), Kind::Depth, ""))),
            ("btcusdt@depth5@100ms", Some((Some("btcusdt"), Kind::Partial, ""))),
            ("btcusdt@depth10", Some((Some("btcusdt"), Kind::Partial, ""))),
            ("btcusdt@depth50", None),
            ("btcusdt@rpiDepth@500ms", None),
            ("btcusdt@kline_1m", Some((Some("btcusdt"), Kind::Kline, "1m"))),
            ("btcusdt@markPrice@1s", Some((Some("btcusdt"), Kind::Mark, ""))),
            ("!forceOrder@arr", Some((None, Kind::Force, ""))),
            ("!bookTicker", Some((None, Kind::Quote, ""))),
            ("btcusdt_perpetual@continuousKline_1m", None),
            ("btcusdt", None),
            ("", None),
        ] {
            let got = Name::read(text).map(|name| (name.symbol, name.kind, name.interval));
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn coin_margined_symbols_are_told_apart() {
        for (symbol, want) in [
            ("BTCUSD_PERP", true),
            ("BTCUSD_240927", true),
            ("BTCUSDT_240927", false),
            ("BTCUSDT", false),
            ("BTCUSD", false),
        ] {
            assert_eq!(is_coin_margined(symbol), want, "{symbol}");
        }
    }
}

//! What a payload that was refused is about, read by eye: cold, and never a decision about data.

use model::Symbol;

/// Bytes looked at: what names a payload stands at its front.
const LOOK_BYTES: usize = 4096;

/// The symbol that a payload names.
pub(crate) fn symbol(bytes: &[u8]) -> Option<Symbol> {
    let text = std::str::from_utf8(bytes).ok()?;
    ["\"s\"", "\"symbol\""].iter().find_map(|key| {
        let (_, behind) = text.split_once(key)?;
        let value = behind.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        Symbol::new(value.split('"').next()?)
    })
}

/// Whether a payload looks like an exchangeInfo.
pub(crate) fn is_exchange_info(bytes: &[u8]) -> bool {
    let front = &bytes[..bytes.len().min(LOOK_BYTES)];
    let holds = |key: &str| front.windows(key.len()).any(|window| window == key.as_bytes());
    // `symbols` stands behind the rate limits and, on USDⓈ-M, the assets.
    holds("\"rateLimits\"") && (holds("\"symbols\"") || holds("\"assets\""))
}

/// The path of an address without its query, and the symbol of the query.
pub(crate) fn address(url: &[u8]) -> (&str, Option<Symbol>) {
    let url = std::str::from_utf8(url).unwrap_or("");
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let named = query.split('&').find_map(|pair| pair.strip_prefix("symbol="));
    (path, named.and_then(Symbol::new))
}

/// The symbol in the name of a dump: the first part, or the first that `known` knows.
pub(crate) fn dump_symbol(name: &str, known: impl Fn(Symbol) -> bool) -> Option<Symbol> {
    let stem = name.rsplit(['/', '\\']).next()?.split('.').next()?;
    let parts = || stem.split('-').filter_map(Symbol::new);
    parts().find(|&part| known(part)).or_else(|| parts().next())
}

#[cfg(test)]
mod tests {
    use super::{address, dump_symbol, is_exchange_info, symbol};
    use model::Symbol;

    #[test]
    fn symbols_are_found_where_payloads_have_them() {
        for (text, want) in [
            (r#"{"stream":"x","data":{"e":"trade","s":"BTCUSDT"}}"#, Some("BTCUSDT")),
            (r#"{"e":"trade","s" : "ETHUSDT","p":"1"}"#, Some("ETHUSDT")),
            (r#"{"symbol":"SOLUSDT","openInterest":"1"}"#, Some("SOLUSDT")),
            (r#"{"s":1}"#, None),
            (r#"{"s":""}"#, None),
            (r#"{"s":"a/b"}"#, None),
            ("", None),
        ] {
            let got = symbol(text.as_bytes());
            assert_eq!(got, want.and_then(Symbol::new), "{text}");
        }
    }

    #[test]
    fn addresses_and_names_of_dumps() {
        let (path, named) = address(b"https://h/fapi/v1/depth?limit=1000&symbol=CTKUSDT");
        assert_eq!((path, named), ("https://h/fapi/v1/depth", Symbol::new("CTKUSDT")));
        assert_eq!(address(b"https://h/fapi/v1/ping"), ("https://h/fapi/v1/ping", None));
        let known = |symbol: Symbol| symbol.text() == "BTCUSDT";
        for (name, want) in [
            ("BTCUSDT-aggTrades-2024-01-01.csv", "BTCUSDT"),
            ("spot-BTCUSDT-aggTrades-2024-01-01.csv.gz", "BTCUSDT"),
            ("data/SOLUSDT-trades-2024.csv", "SOLUSDT"),
            ("x.csv", "x"),
        ] {
            assert_eq!(dump_symbol(name, known), Symbol::new(want), "{name}");
        }
        assert_eq!(dump_symbol("", known), None);
    }

    #[test]
    fn an_exchange_info_is_told_from_a_frame() {
        assert!(is_exchange_info(
            br#"{"timezone":"UTC","serverTime":1,"rateLimits":[],"exchangeFilters":[],"symbols":[]}"#
        ));
        assert!(!is_exchange_info(br#"{"e":"trade","s":"BTCUSDT"}"#));
    }
}

//! Where something is reached: `scheme://host` or `scheme://host:port`, nothing more.

/// A host and its port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Url {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Url {
    /// Both schemes that are taken (`wss`, `https`) have the port 443 by default.
    pub(crate) fn parse(text: &str, scheme: &str) -> Option<Self> {
        let rest = text.strip_prefix(scheme)?.strip_prefix("://")?;
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|&port| port > 0)?),
            None => (rest, 443),
        };
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        let named = !host.is_empty() && host.bytes().all(sound);
        named.then(|| Self { host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn addresses_by_table() {
        for (text, want) in [
            ("wss://fstream.binance.com", Some(("fstream.binance.com", 443))),
            ("wss://127.0.0.1:9443", Some(("127.0.0.1", 9443))),
            ("ws://fstream.binance.com", None),
            ("https://fstream.binance.com", None),
            ("wss://", None),
            ("wss://a:0", None),
            ("wss://a:70000", None),
            ("wss://a/path", None),
            ("wss://user@a", None),
            ("a", None),
        ] {
            let url = Url::parse(text, "wss");
            let got = url.as_ref().map(|url| (url.host.as_str(), url.port));
            assert_eq!(got, want, "{text}");
        }
    }
}

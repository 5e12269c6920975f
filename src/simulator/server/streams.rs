//! Routes, stream names, and the control frames that subscribe to them.

use crate::statistics::scan;

/// The routed endpoints; a socket serves one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Route {
    /// Book data: depth, bookTicker.
    Public,
    /// Everything else public.
    Market,
    /// User data.
    Private,
    /// The retired endpoints without a route: they open, and carry `/public` streams only.
    Legacy,
}

impl Route {
    /// The route a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "public" => Some(Self::Public),
            "market" => Some(Self::Market),
            "private" => Some(Self::Private),
            _ => None,
        }
    }

    /// Whether a stream of this name comes here. On a wrong route it is silent: no error.
    #[must_use]
    pub fn carries(self, stream: &str) -> bool {
        let kind = stream.split_once('@').map_or(stream, |(_, kind)| kind);
        let book = kind == "bookTicker"
            || stream == "!bookTicker"
            || kind.starts_with("depth")
            || kind.starts_with("rpiDepth");
        match self {
            Self::Public | Self::Legacy => book,
            Self::Market => !book,
            Self::Private => false,
        }
    }
}

/// What an upgrade asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    pub(crate) route: Route,
    /// `/stream`: payloads come wrapped.
    pub(crate) wrapped: bool,
    pub(crate) streams: Vec<String>,
}

impl Target {
    /// Reads `/public/ws/a/b`, `/market/stream?streams=a/b`, `/ws/a`; `None` for other paths.
    pub(crate) fn parse(path: &str, query: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/').peekable();
        let route = parts.peek().and_then(|part| Route::parse(part));
        if route.is_some() {
            parts.next();
        }
        let route = route.unwrap_or(Route::Legacy);
        let wrapped = match parts.next()? {
            "ws" => false,
            "stream" => true,
            _ => return None,
        };
        let listed = query.split('&').find_map(|part| part.strip_prefix("streams="));
        let listed = listed.unwrap_or_default().split('/');
        let streams = parts.chain(listed).filter(|name| !name.is_empty()).map(decoded).collect();
        Some(Self { route, wrapped, streams })
    }
}

/// A name whose `@` and `!` may be written as `%40` and `%21`.
pub(crate) fn decoded(name: &str) -> String {
    name.replace("%40", "@").replace("%21", "!").replace("%2F", "/")
}

/// What a control frame wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Control {
    Subscribe(Vec<String>),
    Unsubscribe(Vec<String>),
    List,
    SetCombined(bool),
    GetCombined,
    /// Not one of these, and what to say.
    Unknown(String),
}

impl Control {
    /// Reads a control frame; its id is given back as it was written.
    pub(crate) fn parse(text: &[u8]) -> (Self, String) {
        let id = scan::value(text, "id")
            .map_or("null".into(), |id| String::from_utf8_lossy(id).into_owned());
        let whole = String::from_utf8_lossy(text);
        let params = whole.split_once("\"params\"").map_or("", |(_, rest)| rest);
        let list =
            params.split_once('[').map_or("", |(_, rest)| rest.split(']').next().unwrap_or(""));
        let names = || list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        let control = match scan::value(text, "method") {
            Some(b"SUBSCRIBE") => Self::Subscribe(names()),
            Some(b"UNSUBSCRIBE") => Self::Unsubscribe(names()),
            Some(b"LIST_SUBSCRIPTIONS") => Self::List,
            Some(b"SET_PROPERTY") => Self::SetCombined(list.contains("true")),
            Some(b"GET_PROPERTY") => Self::GetCombined,
            Some(other) => {
                let name = String::from_utf8_lossy(other).replace(['"', '\\'], "");
                Self::Unknown(format!("Invalid request: unknown variant `{name}`"))
            }
            None => Self::Unknown("Invalid request: no method".into()),
        };
        (control, id)
    }
}

#[cfg(test)]
mod tests {
    use super::{Control, Route, Target};

    #[test]
    fn both_url_forms_of_every_route_are_read() {
        for (path, query, route, wrapped, streams) in [
            ("/public/ws/btcusdt@depth@100ms/btcusdt@bookTicker", "", Route::Public, false, 2),
            (
                "/market/stream",
                "streams=btcusdt@aggTrade/btcusdt@markPrice@1s",
                Route::Market,
                true,
                2,
            ),
            ("/market/stream", "streams=btcusdt%40aggTrade", Route::Market, true, 1),
            ("/private/ws/key", "", Route::Private, false, 1),
            ("/ws", "", Route::Legacy, false, 0),
        ] {
            let target = Target::parse(path, query).expect(path);
            assert_eq!(
                (target.route, target.wrapped, target.streams.len()),
                (route, wrapped, streams)
            );
        }
        assert_eq!(Target::parse("/fapi/v1/time", ""), None);
    }

    #[test]
    fn a_stream_comes_on_its_own_route_only() {
        for (stream, public) in [
            ("btcusdt@depth@100ms", true),
            ("btcusdt@depth20", true),
            ("btcusdt@bookTicker", true),
            ("!bookTicker", true),
            ("btcusdt@aggTrade", false),
            ("btcusdt@markPrice@1s", false),
            ("!forceOrder@arr", false),
        ] {
            assert_eq!(Route::Public.carries(stream), public, "{stream}");
            assert_eq!(Route::Legacy.carries(stream), public, "{stream}");
            assert_eq!(Route::Market.carries(stream), !public, "{stream}");
            assert!(!Route::Private.carries(stream));
        }
    }

    #[test]
    fn control_frames_are_read() {
        let read = |text: &str| Control::parse(text.as_bytes());
        assert_eq!(
            read(r#"{"method":"SUBSCRIBE","params":["a@x","b@y"],"id":7}"#),
            (Control::Subscribe(vec!["a@x".into(), "b@y".into()]), "7".into())
        );
        assert_eq!(read(r#"{"id":1,"method":"LIST_SUBSCRIPTIONS"}"#), (Control::List, "1".into()));
        assert!(matches!(read(r#"{"method":"NOPE","id":1}"#).0, Control::Unknown(_)));
    }
}

//! The streams of an instrument: which route carries them, what they are called, how long they
//! may be silent.

use model::{Instrument, Instruments, Kind, Nanos, Route, SECOND};

/// A stream that a feed subscribes to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stream {
    /// Depth diffs.
    Depth,
    /// The best bid and ask.
    Quote,
    /// Aggregate trades.
    Trade,
    /// Mark price, index, funding.
    Mark,
    /// Liquidations.
    Force,
}

impl Stream {
    /// Every stream.
    pub const ALL: [Self; 5] = [Self::Depth, Self::Quote, Self::Trade, Self::Mark, Self::Force];

    /// The route that carries it. On any other it is silent, without an error.
    #[must_use]
    pub const fn route(self) -> Route {
        match self {
            Self::Depth | Self::Quote => Route::Public,
            Self::Trade | Self::Mark | Self::Force => Route::Market,
        }
    }

    /// What its messages are.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Depth => Kind::Depth,
            Self::Quote => Kind::Quote,
            Self::Trade => Kind::Trade,
            Self::Mark => Kind::Mark,
            Self::Force => Kind::Force,
        }
    }

    /// The stream that brings messages of this kind.
    #[must_use]
    pub const fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Depth => Some(Self::Depth),
            Kind::Quote => Some(Self::Quote),
            Kind::Trade => Some(Self::Trade),
            Kind::Mark => Some(Self::Mark),
            Kind::Force => Some(Self::Force),
            _ => None,
        }
    }
}

/// What is subscribed, and how long it may be silent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscription {
    /// Depth diffs: `depth@100ms`, `depth@500ms` or `depth` (250 ms).
    pub depth: String,
    /// Mark prices: `markPrice@1s` or `markPrice` (3 s).
    pub mark: String,
    /// Silence of depth that ends its socket.
    pub depth_silence: Nanos,
    /// Silence of the best quotes that ends their socket.
    pub quote_silence: Nanos,
    /// Silence of trades that ends their socket: a quiet instrument needs more.
    pub trade_silence: Nanos,
    /// Silence of mark prices that ends their socket.
    pub mark_silence: Nanos,
    /// What every stream must have delivered within, after its socket opened.
    pub proof: Nanos,
    /// How old a message may be by the venue's own clock when it comes; later ones are said to lag.
    pub late: Nanos,
}

impl Default for Subscription {
    /// For instruments that trade many times a minute. Depth comes ten times a second; a mark
    /// price each second whatever the market does.
    fn default() -> Self {
        Self {
            depth: "depth@100ms".into(),
            mark: "markPrice@1s".into(),
            depth_silence: Nanos(3 * SECOND.0),
            quote_silence: Nanos(10 * SECOND.0),
            trade_silence: Nanos(60 * SECOND.0),
            mark_silence: Nanos(5 * SECOND.0),
            proof: Nanos(20 * SECOND.0),
            late: SECOND,
        }
    }
}

impl Subscription {
    /// How long a stream may be silent; `None` for one that may be silent for ever: there is no
    /// liquidation while nobody is liquidated.
    #[must_use]
    pub const fn silence(&self, stream: Stream) -> Option<Nanos> {
        match stream {
            Stream::Depth => Some(self.depth_silence),
            Stream::Quote => Some(self.quote_silence),
            Stream::Trade => Some(self.trade_silence),
            Stream::Mark => Some(self.mark_silence),
            Stream::Force => None,
        }
    }

    /// The same real time by a clock that runs this many times as fast.
    #[must_use]
    pub fn scaled(self, times: u64) -> Self {
        let scale = |span: Nanos| Nanos(span.0.saturating_mul(times));
        Self {
            depth_silence: scale(self.depth_silence),
            quote_silence: scale(self.quote_silence),
            trade_silence: scale(self.trade_silence),
            mark_silence: scale(self.mark_silence),
            proof: scale(self.proof),
            late: scale(self.late),
            ..self
        }
    }

    /// The name of an instrument's stream.
    #[must_use]
    pub fn name(&self, instrument: &Instrument, stream: Stream) -> String {
        let symbol = instrument.symbol.text().to_lowercase();
        let rest = match stream {
            Stream::Depth => &self.depth,
            Stream::Quote => "bookTicker",
            Stream::Trade => "aggTrade",
            Stream::Mark => &self.mark,
            Stream::Force => "forceOrder",
        };
        format!("{symbol}@{rest}")
    }

    /// The names of all streams of a route, instrument by instrument.
    #[must_use]
    pub fn names(&self, instruments: &Instruments, route: Route) -> Vec<String> {
        let of_route = |stream: &Stream| stream.route() == route;
        instruments
            .iter()
            .flat_map(|(_, instrument)| {
                let streams = Stream::ALL.into_iter().filter(of_route);
                streams.map(|stream| self.name(instrument, stream))
            })
            .collect()
    }

    /// The path that subscribes by itself, wrapped form.
    #[must_use]
    pub fn path(&self, instruments: &Instruments, route: Route) -> String {
        let names = self.names(instruments, route);
        format!("/{}/stream?streams={}", route.text(), encoded(&names.join("/")))
    }

    /// The text of the control frame that subscribes on a bare `/stream` path.
    #[must_use]
    pub fn request(&self, instruments: &Instruments, route: Route) -> String {
        let names = self.names(instruments, route);
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        format!("{{\"method\":\"SUBSCRIBE\",\"params\":[{}],\"id\":1}}", quoted.join(","))
    }
}

/// Percent-encodes what is not ASCII: symbols may have letters of any script.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use model::{Instrument, Instruments, Route};

    use super::Subscription;

    #[test]
    fn each_stream_goes_to_its_route_under_its_name() {
        let mut table = Instruments::default();
        for symbol in ["BTCUSDT", "币USDT"] {
            table.put(Instrument::new(symbol, "0.1", "0.001").expect("sound")).expect("room");
        }
        let subscription = Subscription::default();
        assert_eq!(
            subscription.path(&table, Route::Public),
            "/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/%E5%B8%81usdt@depth@100ms/%E5%B8%81usdt@bookTicker"
        );
        assert_eq!(
            subscription.names(&table, Route::Market)[..3],
            ["btcusdt@aggTrade", "btcusdt@markPrice@1s", "btcusdt@forceOrder"]
        );
        let request = subscription.request(&table, Route::Public);
        assert!(request.starts_with(
            r#"{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@bookTicker","#
        ));
        assert!(request.ends_with(r#"],"id":1}"#));
    }
}

//! The baseline: typed structs by serde, every number converted to fixed point (10⁻⁸).

use std::fmt;
use std::hint::black_box;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

/// Who parses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Parser {
    Sonic,
    Serde,
}

/// What a frame becomes: the values of its fields.
#[derive(Default, Debug)]
pub(crate) struct Fixed {
    ids: [u64; 5],
    prices: [i64; 5],
    maker: bool,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// A decimal text in 10⁻⁸.
#[derive(Clone, Copy, Debug)]
struct Decimal(i64);

const TENS: [i64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

fn decimal(text: &[u8]) -> Option<i64> {
    let (mut value, mut places) = (0_i64, None);
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                value = value.checked_mul(10)? + i64::from(byte - b'0');
                places = places.map(|places| places + 1);
            }
            b'.' if places.is_none() => places = Some(0),
            _ => return None,
        }
    }
    value.checked_mul(*TENS.get(8_usize.checked_sub(places.unwrap_or(0))?)?)
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Decimal;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a decimal text")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
                decimal(text.as_bytes()).map(Decimal).ok_or_else(|| E::custom("a decimal text"))
            }
        }
        from.deserialize_str(Text)
    }
}

/// Price and quantity.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "converted and kept, as ours are")]
struct Level(i64, i64);

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Two;
        impl<'de> Visitor<'de> for Two {
            type Value = Level;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("price and quantity")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Level, A::Error> {
                let missing = || A::Error::custom("price and quantity");
                let price: Decimal = list.next_element()?.ok_or_else(missing)?;
                let lots: Decimal = list.next_element()?.ok_or_else(missing)?;
                match list.next_element::<IgnoredAny>()? {
                    None => Ok(Level(price.0, lots.0)),
                    Some(_) => Err(missing()),
                }
            }
        }
        from.deserialize_seq(Two)
    }
}

#[derive(Deserialize)]
struct Wrapped<'a, T> {
    stream: &'a str,
    data: T,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the venue's keys")]
struct Aggregate<'a> {
    e: &'a str,
    s: &'a str,
    E: u64,
    a: u64,
    p: Decimal,
    q: Decimal,
    nq: Option<Decimal>,
    f: u64,
    l: u64,
    T: u64,
    m: bool,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the venue's keys")]
struct Single<'a> {
    e: &'a str,
    s: &'a str,
    X: &'a str,
    E: u64,
    T: u64,
    t: u64,
    p: Decimal,
    q: Decimal,
    m: bool,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the venue's keys")]
struct Depth<'a> {
    e: &'a str,
    s: &'a str,
    E: u64,
    T: u64,
    U: u64,
    u: u64,
    pu: u64,
    b: Vec<Level>,
    a: Vec<Level>,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the venue's keys")]
struct Quote<'a> {
    e: &'a str,
    s: &'a str,
    u: u64,
    b: Decimal,
    B: Decimal,
    a: Decimal,
    A: Decimal,
    T: u64,
    E: u64,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the venue's keys")]
struct Mark<'a> {
    e: &'a str,
    s: &'a str,
    E: u64,
    p: Decimal,
    ap: Option<Decimal>,
    P: Decimal,
    i: Decimal,
    r: Decimal,
    T: u64,
}

impl Fixed {
    /// Parses a wrapped frame; the kind is told by the stream's name, as a router would.
    pub(crate) fn read(&mut self, parser: Parser, frame: &[u8]) -> bool {
        let head = &frame[..frame.len().min(64)];
        let Some(at) = head.iter().position(|&byte| byte == b'@') else { return false };
        match head.get(at + 1..at + 3) {
            Some(b"ag") => self.aggregate(parse(parser, frame)),
            Some(b"tr") => self.single(parse(parser, frame)),
            Some(b"de") => self.depth(parse(parser, frame)),
            Some(b"bo") => self.quote(parse(parser, frame)),
            Some(b"ma") => self.mark(parse(parser, frame)),
            _ => None,
        }
        .is_some()
    }

    fn aggregate(&mut self, wrapped: Option<Wrapped<'_, Aggregate<'_>>>) -> Option<()> {
        let Wrapped { stream, data } = wrapped?;
        black_box((stream, data.e, data.s));
        self.ids = [data.E, data.T, data.a, data.f, data.l];
        self.prices = [data.p.0, data.q.0, data.nq.map_or(data.q.0, |lots| lots.0), 0, 0];
        self.maker = data.m;
        Some(())
    }

    fn single(&mut self, wrapped: Option<Wrapped<'_, Single<'_>>>) -> Option<()> {
        let Wrapped { stream, data } = wrapped?;
        black_box((stream, data.e, data.s, data.X));
        self.ids = [data.E, data.T, data.t, 0, 0];
        self.prices = [data.p.0, data.q.0, 0, 0, 0];
        self.maker = data.m;
        Some(())
    }

    fn depth(&mut self, wrapped: Option<Wrapped<'_, Depth<'_>>>) -> Option<()> {
        let Wrapped { stream, data } = wrapped?;
        black_box((stream, data.e, data.s));
        self.ids = [data.E, data.T, data.U, data.u, data.pu];
        (self.bids, self.asks) = (data.b, data.a);
        Some(())
    }

    fn quote(&mut self, wrapped: Option<Wrapped<'_, Quote<'_>>>) -> Option<()> {
        let Wrapped { stream, data } = wrapped?;
        black_box((stream, data.e, data.s));
        self.ids = [data.E, data.T, data.u, 0, 0];
        self.prices = [data.b.0, data.B.0, data.a.0, data.A.0, 0];
        Some(())
    }

    fn mark(&mut self, wrapped: Option<Wrapped<'_, Mark<'_>>>) -> Option<()> {
        let Wrapped { stream, data } = wrapped?;
        black_box((stream, data.e, data.s));
        self.ids = [data.E, data.T, 0, 0, 0];
        let average = data.ap.map_or(0, |average| average.0);
        self.prices = [data.p.0, average, data.P.0, data.i.0, data.r.0];
        Some(())
    }
}

fn parse<'f, T: Deserialize<'f>>(parser: Parser, frame: &'f [u8]) -> Option<T> {
    match parser {
        Parser::Sonic => sonic_rs::from_slice(frame).ok(),
        Parser::Serde => serde_json::from_slice(frame).ok(),
    }
}

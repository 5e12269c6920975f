//! The venue's tongue: JSON bytes written straight into a buffer, in the key order of the 2026
//! streams. Writing only; no float, no formatting machinery: a simulated day is ten million
//! frames.

use model::{Fine, Instrument, Lots, Price};

/// Digits behind the dot of an instrument's prices and quantities on the wire, and the steps in
/// those units, worked out once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    /// Digits behind the dot of a price (`pricePrecision`; may exceed the tick's own).
    pub price_places: u32,
    /// Digits behind the dot of a quantity.
    pub lot_places: u32,
    tick_units: i64,
    lot_units: i64,
}

impl Scale {
    /// The scale of an instrument whose prices are shown with at least `price_places` digits.
    #[must_use]
    pub fn new(instrument: &Instrument, price_places: u32) -> Self {
        let price_places = price_places.clamp(places(instrument.tick), 8);
        let lot_places = places(instrument.lot);
        Self {
            price_places,
            lot_places,
            tick_units: instrument.tick.0 / 10_i64.pow(8 - price_places),
            lot_units: instrument.lot.0 / 10_i64.pow(8 - lot_places),
        }
    }
}

/// Digits behind the dot that multiples of `step` need.
fn places(step: Fine) -> u32 {
    let mut places = 8;
    let mut rest = step.0;
    while places > 0 && rest % 10 == 0 {
        rest /= 10;
        places -= 1;
    }
    places
}

/// A JSON text being written. Keys and fixed parts are plain text; values have a method each.
#[derive(Debug)]
pub struct Speech<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Speech<'a> {
    /// Writes behind what the buffer holds.
    pub const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Fixed text: braces, keys, commas.
    #[inline]
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    /// A whole number.
    #[inline]
    pub fn whole(&mut self, value: u64) -> &mut Self {
        let mut digits = [0; 20];
        let from = digits_of(value, &mut digits);
        self.out.extend_from_slice(&digits[from..]);
        self
    }

    /// `value × 10^-places` without quotes.
    #[inline]
    pub fn decimal(&mut self, value: i128, places: u32) -> &mut Self {
        if value < 0 {
            self.out.push(b'-');
        }
        match u64::try_from(value.unsigned_abs()) {
            Ok(small) => self.small(small, places),
            Err(_) => self.large(value.unsigned_abs(), places),
        }
    }

    fn small(&mut self, value: u64, places: u32) -> &mut Self {
        if places == 0 {
            return self.whole(value);
        }
        let unit = 10_u64.pow(places);
        self.whole(value / unit);
        self.out.push(b'.');
        let mut digits = [b'0'; 20];
        digits_of(value % unit, &mut digits);
        let width = places as usize;
        self.out.extend_from_slice(&digits[20 - width..]);
        self
    }

    #[cold]
    fn large(&mut self, value: u128, places: u32) -> &mut Self {
        let unit = 10_u128.pow(places);
        let width = places as usize;
        let text = if places == 0 {
            format!("{value}")
        } else {
            format!("{}.{:0width$}", value / unit, value % unit)
        };
        self.text(&text)
    }

    /// A price in quotes.
    #[inline]
    pub fn price(&mut self, price: Price, scale: Scale) -> &mut Self {
        self.out.push(b'"');
        self.decimal(i128::from(price.0 * scale.tick_units), scale.price_places);
        self.out.push(b'"');
        self
    }

    /// A quantity in quotes.
    #[inline]
    pub fn lots(&mut self, lots: Lots, scale: Scale) -> &mut Self {
        self.out.push(b'"');
        self.decimal(i128::from(lots.0 * scale.lot_units), scale.lot_places);
        self.out.push(b'"');
        self
    }

    /// A value in 10⁻⁸ in quotes, all eight digits.
    #[inline]
    pub fn fine(&mut self, fine: Fine) -> &mut Self {
        self.out.push(b'"');
        self.decimal(i128::from(fine.0), 8);
        self.out.push(b'"');
        self
    }

    /// Ticks × lots as quote units in quotes, with all the digits the two steps have.
    pub fn notional(&mut self, notional: i128, scale: Scale) -> &mut Self {
        let units = notional * i128::from(scale.tick_units) * i128::from(scale.lot_units);
        self.out.push(b'"');
        self.decimal(units, scale.price_places + scale.lot_places);
        self.out.push(b'"');
        self
    }

    /// `["price","lots"]`.
    #[inline]
    pub fn level(&mut self, price: Price, lots: Lots, scale: Scale) -> &mut Self {
        self.out.push(b'[');
        self.price(price, scale);
        self.out.push(b',');
        self.lots(lots, scale);
        self.out.push(b']');
        self
    }

    /// `true` or `false`.
    pub fn truth(&mut self, value: bool) -> &mut Self {
        self.text(if value { "true" } else { "false" })
    }
}

/// Writes the digits at the end of the array; returns where they begin.
#[inline]
fn digits_of(mut value: u64, digits: &mut [u8; 20]) -> usize {
    let mut at = digits.len();
    loop {
        at -= 1;
        // A remainder by ten always fits a byte.
        digits[at] = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
        if value == 0 {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Scale, Speech};
    use model::{Fine, Instrument, Lots, Price};

    fn said(say: impl FnOnce(&mut Speech<'_>)) -> String {
        let mut out = Vec::new();
        say(&mut Speech::new(&mut out));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn values_are_written_as_the_venue_writes_them() {
        let btc = Instrument::new("BTCUSDT", "0.1", "0.001").expect("grid");
        let scale = Scale::new(&btc, 2);
        assert_eq!(
            said(|s| {
                s.price(Price(845_511), scale);
            }),
            "\"84551.10\""
        );
        assert_eq!(
            said(|s| {
                s.lots(Lots(30), scale);
            }),
            "\"0.030\""
        );
        assert_eq!(
            said(|s| {
                s.lots(Lots(0), scale);
            }),
            "\"0.000\""
        );
        assert_eq!(
            said(|s| {
                s.level(Price(1), Lots(123_456), scale);
            }),
            "[\"0.10\",\"123.456\"]"
        );
        assert_eq!(
            said(|s| {
                s.fine(Fine(-45));
            }),
            "\"-0.00000045\""
        );
        assert_eq!(
            said(|s| {
                s.fine(Fine(8_455_110_762_319));
            }),
            "\"84551.10762319\""
        );
        assert_eq!(
            said(|s| {
                s.notional(845_511 * 104_194, scale);
            }),
            "\"8809717.31340\""
        );
        assert_eq!(
            said(|s| {
                s.whole(u64::MAX);
            }),
            "18446744073709551615"
        );
        assert_eq!(
            said(|s| {
                s.decimal(-(i128::from(u64::MAX) + 1), 3);
            }),
            "-18446744073709551.616"
        );
    }

    #[test]
    fn coarse_grids_need_no_dot() {
        let sushi = Instrument::new("SUSHIUSDT", "0.001", "1").expect("grid");
        let scale = Scale::new(&sushi, 4);
        assert_eq!(
            said(|s| {
                s.price(Price(7611), scale);
            }),
            "\"7.6110\""
        );
        assert_eq!(
            said(|s| {
                s.lots(Lots(297), scale);
            }),
            "\"297\""
        );
    }
}

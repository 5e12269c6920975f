//! Finding fields in the venue's JSON by their keys: no tree, no copy. Enough for figures;
//! what an engine may believe is `wire`'s matter.

use model::decimal;

/// The bytes behind `"key":`, up to the end of the text.
fn behind<'a>(text: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let key = key.as_bytes();
    let mut at = 0;
    while at + key.len() + 3 <= text.len() {
        let quote = text[at..].iter().position(|&byte| byte == b'"')? + at;
        let end = quote + 1 + key.len();
        if text.get(quote + 1..end) == Some(key) && text.get(end..end + 2) == Some(b"\":") {
            return Some(text[end + 2..].trim_ascii_start());
        }
        at = quote + 1;
    }
    None
}

/// The value of a key: a string's inside, or a number's or word's bytes.
pub(crate) fn value<'a>(text: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let rest = behind(text, key)?;
    match rest.first()? {
        b'"' => {
            let end = rest[1..].iter().position(|&byte| byte == b'"')?;
            Some(&rest[1..=end])
        }
        _ => {
            let stop = |byte: &u8| matches!(byte, b',' | b'}' | b']');
            let end = rest.iter().position(stop).unwrap_or(rest.len());
            Some(&rest[..end])
        }
    }
}

/// The whole number of a key.
pub(crate) fn whole(text: &[u8], key: &str) -> Option<u64> {
    std::str::from_utf8(value(text, key)?).ok()?.parse().ok()
}

/// The decimal of a key, in units of 10⁻⁸.
pub(crate) fn fine(text: &[u8], key: &str) -> Option<i64> {
    Some(decimal(value(text, key)?).ok()?.fine().ok()?.0)
}

/// The levels of a key: price and quantity in units of 10⁻⁸.
pub(crate) fn levels<'a>(text: &'a [u8], key: &str) -> impl Iterator<Item = (i64, i64)> + 'a {
    let list = behind(text, key).and_then(|rest| {
        let end = rest.windows(2).position(|pair| pair == b"]]").map_or(0, |at| at + 1);
        rest.get(..end)
    });
    let mut strings = list.unwrap_or_default().split(|&byte| byte == b'"').skip(1).step_by(2);
    std::iter::from_fn(move || {
        let price = decimal(strings.next()?).ok()?.fine().ok()?;
        let lots = decimal(strings.next()?).ok()?.fine().ok()?;
        Some((price.0, lots.0))
    })
}

/// The payload of a frame that may be wrapped as `{"stream":…,"data":{…}}`.
pub(crate) fn payload(frame: &[u8]) -> &[u8] {
    if frame.starts_with(b"{\"stream\"") { behind(frame, "data").unwrap_or(frame) } else { frame }
}

#[cfg(test)]
mod tests {
    use super::{fine, levels, payload, value, whole};

    #[test]
    fn fields_are_found_by_their_whole_key() {
        let frame = br#"{"stream":"x@depth","data":{"e":"depthUpdate","E":12,"U":3,"u":4,"pu":2,"b":[["1.10","2.000"],["1.2","0"]],"a":[],"m":true}}"#;
        let text = payload(frame);
        assert_eq!(value(text, "e"), Some(&b"depthUpdate"[..]));
        assert_eq!(
            (whole(text, "U"), whole(text, "u"), whole(text, "pu")),
            (Some(3), Some(4), Some(2))
        );
        assert_eq!(value(text, "m"), Some(&b"true"[..]));
        assert_eq!(whole(text, "x"), None);
        let bids: Vec<_> = levels(text, "b").collect();
        assert_eq!(bids, [(110_000_000, 200_000_000), (120_000_000, 0)]);
        assert_eq!(levels(text, "a").count(), 0);
        assert_eq!(fine(br#"{"p":"-0.5"}"#, "p"), Some(-50_000_000));
    }
}

//! Forms: what the lines of an input are, and the parts of one line.

use model::{Nanos, SECOND};

/// What the lines of an input are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `<receive ns or µs> <json>`.
    Recording,
    /// `URL <-> s`, `s: <json>`, `URL -> s: <body>`; s with a fraction.
    Cryptofeed,
    /// Comma-separated rows, with or without a header; `#` opens a comment.
    Dump,
    /// JSON without a stamp, such as a saved exchangeInfo.
    Bare,
}

/// The parts of one line, as places in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Parts {
    Frame {
        time_local: Nanos,
        body: usize,
    },
    Answer {
        time_local: Nanos,
        url_end: usize,
        body: usize,
    },
    Row,
    Header,
    /// Nothing to hand on: a comment or the opening of a connection.
    Silent,
    Bad,
}

/// The form that most of these lines have, of equals the earlier seen. `whole` says that the
/// last line ends where the bytes end.
pub(crate) fn recognise(bytes: &[u8], whole: bool) -> Option<Form> {
    const FORMS: [Form; 4] = [Form::Recording, Form::Cryptofeed, Form::Dump, Form::Bare];
    let mut votes = [0_u32; FORMS.len()];
    let mut first = None;
    let mut lines = bytes.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        // A line that is cut off votes only when there is no other.
        if lines.peek().is_none() && !whole && first.is_some() {
            break;
        }
        if let Some(form) = form_of(line) {
            first = first.or(Some(form));
            if let Some(at) = FORMS.iter().position(|&known| known == form) {
                votes[at] += 1;
            }
        }
    }
    let most = *votes.iter().max()?;
    let first = first?;
    let wins =
        |form: Form| FORMS.iter().zip(votes).any(|(&known, count)| known == form && count == most);
    if wins(first) { Some(first) } else { FORMS.into_iter().find(|&form| wins(form)) }
}

/// What a line alone looks like.
fn form_of(line: &[u8]) -> Option<Form> {
    let digits = digits(line);
    let rest = &line[digits..];
    match (digits, rest) {
        (1.., [b' ', b'{' | b'[', ..]) => Some(Form::Recording),
        (1.., [b'.' | b':', ..]) if stamp_and_body(line, b": ").is_some() => Some(Form::Cryptofeed),
        (0, [b'{' | b'[', ..]) => Some(Form::Bare),
        (0, [b'#', ..]) => None,
        _ if address(line).is_some() => Some(Form::Cryptofeed),
        _ if rest.contains(&b',') && !line.contains(&b'{') => Some(Form::Dump),
        _ => None,
    }
}

/// Takes a line of a known form apart. `header` says that no row came before.
pub(crate) fn parts(form: Form, line: &[u8], header: bool) -> Parts {
    match form {
        Form::Recording => recording(line),
        Form::Cryptofeed => cryptofeed(line),
        Form::Bare => Parts::Frame { time_local: Nanos::NONE, body: 0 },
        Form::Dump => match line {
            [b'#', ..] => Parts::Silent,
            [first, ..] if header && (first.is_ascii_alphabetic() || *first == b'"') => {
                Parts::Header
            }
            _ => Parts::Row,
        },
    }
}

/// Sixteen digits are µs, nineteen are ns; whatever else is no stamp of a recorder.
fn recording(line: &[u8]) -> Parts {
    let digits = digits(line);
    let unit = match digits {
        16 => 1000,
        19 => 1,
        _ => return Parts::Bad,
    };
    if line.get(digits) != Some(&b' ') || digits + 1 == line.len() {
        return Parts::Bad;
    }
    match number(&line[..digits]).and_then(|stamp| stamp.checked_mul(unit)) {
        Some(time) => Parts::Frame { time_local: Nanos(time), body: digits + 1 },
        None => Parts::Bad,
    }
}

fn cryptofeed(line: &[u8]) -> Parts {
    if let Some((time_local, body)) = stamp_and_body(line, b": ") {
        return Parts::Frame { time_local, body };
    }
    match address(line) {
        None => Parts::Bad,
        // ` <-> s` opens a connection, ` <- s: …` is what the recorder itself sent.
        Some((_, Arrow::Open | Arrow::Sent, _)) => Parts::Silent,
        Some((url_end, Arrow::Answer, behind)) => match stamp_and_body(&line[behind..], b": ") {
            Some((time_local, body)) => Parts::Answer { time_local, url_end, body: behind + body },
            None => Parts::Bad,
        },
    }
}

enum Arrow {
    Open,
    Answer,
    Sent,
}

/// The end of the address that opens a line, the arrow behind it, and where that ends.
fn address(line: &[u8]) -> Option<(usize, Arrow, usize)> {
    let end = line.iter().position(|&byte| byte == b' ')?;
    memchr::memmem::find(&line[..end], b"://")?;
    let rest = &line[end..];
    for (mark, arrow) in
        [(&b" <-> "[..], Arrow::Open), (&b" -> "[..], Arrow::Answer), (&b" <- "[..], Arrow::Sent)]
    {
        if rest.starts_with(mark) {
            return Some((end, arrow, end + mark.len()));
        }
    }
    None
}

/// `s[.fraction]`, the separator, and something behind it.
fn stamp_and_body(line: &[u8], separator: &[u8]) -> Option<(Nanos, usize)> {
    let whole = digits(line);
    if !(1..=10).contains(&whole) {
        return None;
    }
    let seconds = number(&line[..whole])?.checked_mul(SECOND.0)?;
    let mut at = whole;
    let mut nanos = 0;
    if line.get(at) == Some(&b'.') {
        let fraction = &line[at + 1..];
        let places = digits(fraction);
        if places == 0 {
            return None;
        }
        // Nine digits are nanoseconds; what is finer is cut.
        let kept = places.min(9);
        nanos = (kept..9).fold(number(&fraction[..kept])?, |value, _| value * 10);
        at += 1 + places;
    }
    let body = at + separator.len();
    (line[at..].starts_with(separator) && body < line.len())
        .then_some((Nanos(seconds.checked_add(nanos)?), body))
}

fn digits(line: &[u8]) -> usize {
    line.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, &digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::{Form, Parts, parts, recognise};
    use model::Nanos;

    #[test]
    fn lines_say_what_they_are() {
        for (text, want) in [
            ("1721347020984480942 {\"a\":1}\n", Some(Form::Recording)),
            ("1680652700423575 {\"a\":1}", Some(Form::Recording)),
            (
                "rubbish, with a comma\n1721347020984480942 {\n1721347020984480943 {\n",
                Some(Form::Recording),
            ),
            ("wss://host/x <-> 1626992741.06\n1626992741.06217: {}\n", Some(Form::Cryptofeed)),
            ("https://h/depth?symbol=A -> 1626992741.3: {}\n", Some(Form::Cryptofeed)),
            ("# note\n1,2,3\n", Some(Form::Dump)),
            ("agg_trade_id,price\n1,2\n", Some(Form::Dump)),
            ("date,open\n2017-08-17 04:00:00,4261.48\n", Some(Form::Dump)),
            ("{\"timezone\":\"UTC\"}", Some(Form::Bare)),
            ("# only a note\n", None),
            ("nothing at all\n", None),
            ("", None),
        ] {
            assert_eq!(recognise(text.as_bytes(), true), want, "{text:?}");
        }
        // A first line longer than what was read ahead still votes.
        assert_eq!(recognise(b"1721347020984480942 {\"lastUpd", false), Some(Form::Recording));
    }

    #[test]
    fn a_line_comes_apart_or_is_bad() {
        let frame = |time, body| Parts::Frame { time_local: Nanos(time), body };
        for (form, text, want) in [
            (Form::Recording, "1721347020984480942 {}", frame(1_721_347_020_984_480_942, 20)),
            (Form::Recording, "1680652700423575 {}", frame(1_680_652_700_423_575_000, 17)),
            (Form::Recording, "1680652700423 {}", Parts::Bad),
            (Form::Recording, "9999999999999999999 {}", frame(9_999_999_999_999_999_999, 20)),
            (Form::Recording, "1721347020984480942", Parts::Bad),
            (Form::Recording, "1721347020984480942 ", Parts::Bad),
            (Form::Recording, "1721347020984480942{}", Parts::Bad),
            (Form::Recording, "x", Parts::Bad),
            (Form::Cryptofeed, "1626992741.06217: {}", frame(1_626_992_741_062_170_000, 18)),
            (Form::Cryptofeed, "1626992741.3105128: {}", frame(1_626_992_741_310_512_800, 20)),
            (Form::Cryptofeed, "1626992741.31051281234: {}", frame(1_626_992_741_310_512_812, 24)),
            (Form::Cryptofeed, "1626992741: {}", frame(1_626_992_741_000_000_000, 12)),
            (Form::Cryptofeed, "1626992741.: {}", Parts::Bad),
            (Form::Cryptofeed, "wss://h/x <-> 1626992741.06", Parts::Silent),
            (Form::Cryptofeed, "wss://h/x <- 1626992741.06: {}", Parts::Silent),
            (
                Form::Cryptofeed,
                "https://h/d?symbol=A -> 1626992741.5: {}",
                Parts::Answer {
                    time_local: Nanos(1_626_992_741_500_000_000),
                    url_end: 20,
                    body: 38,
                },
            ),
            (Form::Cryptofeed, "https://h/d -> soon: {}", Parts::Bad),
            (Form::Cryptofeed, "rubbish", Parts::Bad),
            (Form::Dump, "# x", Parts::Silent),
            (Form::Dump, "agg_trade_id,price", Parts::Header),
            (Form::Dump, "1,2", Parts::Row),
            (Form::Dump, "2017-08-17 04:00:00,1", Parts::Row),
            (Form::Dump, "", Parts::Row),
        ] {
            assert_eq!(parts(form, text.as_bytes(), true), want, "{text:?}");
        }
        assert_eq!(parts(Form::Dump, b"agg_trade_id,price", false), Parts::Row);
    }
}

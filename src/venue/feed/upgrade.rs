//! The HTTP/1.1 request that makes a connection a WebSocket, and the judgement of its answer.
//! No socket inside.

/// What the bytes of the answer say so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The answer is not whole yet.
    NeedMore,
    /// It is a WebSocket now; frames begin at this byte.
    Open(usize),
    /// The venue answered with this status instead.
    Status(u16),
    /// No sound answer.
    Bad,
}

/// The longest answer head we read, in bytes.
pub const ANSWER_MAX: usize = 8192;

/// The request for `path` (with its query) on `host`.
#[must_use]
pub fn request(host: &str, path: &str, key: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nUser-Agent: fulcrum\r\n\r\n"
    )
}

/// A fresh key for a request.
#[must_use]
pub fn key() -> String {
    tungstenite::handshake::client::generate_key()
}

/// Judges the answer to a request with this key.
#[must_use]
pub fn answer(bytes: &[u8], key: &str) -> Answer {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < ANSWER_MAX => return Answer::NeedMore,
        _ => return Answer::Bad,
    };
    match response.code {
        Some(101) => {}
        Some(status) => return Answer::Status(status),
        None => return Answer::Bad,
    }
    let find = |name: &str| {
        let mut found = response.headers.iter().filter(|h| h.name.eq_ignore_ascii_case(name));
        let value = found.next().map(|header| header.value.trim_ascii());
        // A header that stands twice is no sound answer to us.
        found.next().is_none().then_some(value).flatten()
    };
    let upgrade = find("Upgrade").is_some_and(|value| value.eq_ignore_ascii_case(b"websocket"));
    let connection = find("Connection").is_some_and(|value| value.eq_ignore_ascii_case(b"upgrade"));
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let accepted = find("Sec-WebSocket-Accept") == Some(accept.as_bytes());
    // We offer no extension and no protocol, so the answer must name none.
    let plain = ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"]
        .iter()
        .all(|name| !response.headers.iter().any(|h| h.name.eq_ignore_ascii_case(name)));
    if upgrade && connection && accepted && plain { Answer::Open(length) } else { Answer::Bad }
}

#[cfg(test)]
mod tests {
    use super::{ANSWER_MAX, Answer, answer, key, request};

    fn sound(key: &str) -> String {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nCONNECTION: upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            tungstenite::handshake::derive_accept_key(key.as_bytes())
        )
    }

    #[test]
    fn a_sound_answer_opens_at_its_end_and_no_sooner() {
        let key = key();
        let head = sound(&key);
        let bytes = format!("{head}\u{1}frames");
        for cut in 0..head.len() {
            assert_eq!(answer(&bytes.as_bytes()[..cut], &key), Answer::NeedMore, "cut at {cut}");
        }
        assert_eq!(answer(bytes.as_bytes(), &key), Answer::Open(head.len()));
    }

    #[test]
    fn any_other_answer_is_refused() {
        let key = key();
        let good = sound(&key);
        let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
        for (name, text, want) in [
            ("another key", sound("x"), Answer::Bad),
            ("no upgrade", good.replace("upgrade: WebSocket\r\n", ""), Answer::Bad),
            ("no connection", good.replace("CONNECTION: upgrade\r\n", ""), Answer::Bad),
            ("no accept", good.replace(&accept, ""), Answer::Bad),
            (
                "an extension",
                good.replace(
                    "\r\n\r\n",
                    "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
                ),
                Answer::Bad,
            ),
            ("a ban", "HTTP/1.1 418 I'm a teapot\r\n\r\n".into(), Answer::Status(418)),
            ("moved", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n".into(), Answer::Status(302)),
            ("no HTTP", "SSH-2.0-x\r\n\r\n".into(), Answer::Bad),
            ("endless", format!("HTTP/1.1 101 x\r\na: {}", "b".repeat(ANSWER_MAX)), Answer::Bad),
        ] {
            assert_eq!(answer(text.as_bytes(), &key), want, "{name}");
        }
    }

    #[test]
    fn the_request_is_what_tungstenite_would_send() {
        let text = request("h:1", "/public/stream?streams=a@b", "k");
        assert!(text.starts_with("GET /public/stream?streams=a@b HTTP/1.1\r\nHost: h:1\r\n"));
        assert!(text.ends_with("\r\n\r\n"));
    }
}

//! HTTP/1.1, as much as the venue's REST needs: GET, keep-alive, and the upgrade to WebSocket.

use std::io::{self, Read, Write};

/// Longest head of a request.
const HEAD_MAX: usize = 16 * 1024;

/// A request's head; bodies are not expected.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// The `Sec-WebSocket-Key` of an upgrade.
    pub(crate) upgrade: Option<String>,
    /// Whether the connection ends behind the answer.
    pub(crate) close: bool,
}

impl Request {
    /// The value of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|part| part.split_once('='))
            .find(|(key, value)| *key == name && !value.is_empty())
            .map(|(_, value)| value)
    }
}

/// Reads one request; `None` when the peer is done. Bytes behind the head stay in `buffer`.
pub(crate) fn read(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Option<Request>> {
    loop {
        if let Some((request, length)) = parse(buffer)? {
            buffer.drain(..length);
            return Ok(Some(request));
        }
        if buffer.len() > HEAD_MAX {
            return Err(io::Error::other("a request head without an end"));
        }
        let mut part = [0; 4096];
        match stream.read(&mut part)? {
            0 => return Ok(None),
            count => buffer.extend_from_slice(&part[..count]),
        }
    }
}

fn parse(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes).map_err(io::Error::other)? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let (path, query) =
        head.path.unwrap_or("/").split_once('?').unwrap_or((head.path.unwrap_or("/"), ""));
    let mut request = Request {
        method: head.method.unwrap_or("").to_owned(),
        path: super::streams::decoded(path),
        query: query.to_owned(),
        ..Request::default()
    };
    for header in head.headers {
        let value = String::from_utf8_lossy(header.value);
        match header.name.to_ascii_lowercase().as_str() {
            "sec-websocket-key" => request.upgrade = Some(value.into_owned()),
            "connection" => request.close = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Ok(Some((request, length)))
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) used_weight: Option<u32>,
    pub(crate) retry_after: Option<u64>,
    pub(crate) json: bool,
}

impl Answer {
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), used_weight: None, retry_after: None, json: true }
    }

    /// The venue's form of a refusal.
    pub(crate) fn refusal(status: u16, code: i32, message: &str) -> Self {
        let body = format!("{{\"code\":{code},\"msg\":\"{message}\"}}");
        Self { status, ..Self::json(body) }
    }

    pub(crate) fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let reason = match self.status {
            200 => "OK",
            400 => "Bad Request",
            403 => "Forbidden",
            404 => "Not Found",
            418 => "I'm a teapot",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Error",
        };
        let kind = if self.json { "application/json;charset=UTF-8" } else { "text/html" };
        let mut head = format!(
            "HTTP/1.1 {} {reason}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n",
            self.status,
            self.body.len()
        );
        if let Some(weight) = self.used_weight {
            head.push_str(&format!("x-mbx-used-weight-1m: {weight}\r\n"));
        }
        if let Some(seconds) = self.retry_after {
            head.push_str(&format!("retry-after: {seconds}\r\n"));
        }
        head.push_str("\r\n");
        let mut whole = head.into_bytes();
        whole.extend_from_slice(&self.body);
        stream.write_all(&whole)?;
        stream.flush()
    }
}

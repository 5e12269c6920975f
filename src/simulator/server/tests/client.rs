//! A plain client: rustls and tungstenite, blocking, with nothing of the engine in it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tungstenite::{Message, WebSocket};

use crate::market::MarketPlan;
use crate::server::{Pace, Rules, Venue, VenuePlan};
use crate::source::SyntheticSource;
use crate::statistics::scan;

pub(super) type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A venue with a synthetic BTCUSDT market.
pub(super) fn venue(pace: Pace, rules: Rules) -> Venue {
    let source = SyntheticSource::new(1, vec![MarketPlan::btcusdt()]);
    let plan = VenuePlan { pace, rules, ..VenuePlan::default() };
    Venue::start(plan, Box::new(source)).expect("a venue starts")
}

/// A TLS connection that trusts the venue's authority and nobody else.
pub(super) fn connect(venue: &Venue) -> io::Result<Tls> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(venue.authority_pem().as_bytes()).expect("PEM");
    roots.add(authority).expect("an authority");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let tls = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let socket = TcpStream::connect(venue.address())?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(tls, socket);
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(stream)
}

/// A REST answer: status, headers in lower case, body.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answered {
    pub(super) fn code(&self) -> String {
        scan::value(&self.body, "code")
            .map_or(String::new(), |code| String::from_utf8_lossy(code).into_owned())
    }

    pub(super) fn weight(&self) -> u32 {
        let line = self.head.lines().find_map(|line| line.strip_prefix("x-mbx-used-weight-1m: "));
        line.and_then(|text| text.trim().parse().ok()).expect("a weight header")
    }
}

pub(super) fn get(venue: &Venue, path: &str) -> Answered {
    let mut stream = connect(venue).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .expect("a request");
    let mut whole = Vec::new();
    // The venue closes without TLS's farewell; what was said before counts.
    if let Err(error) = stream.read_to_end(&mut whole) {
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{error}");
    }
    let end = whole.windows(4).position(|part| part == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&whole[..end]).to_lowercase();
    let status = head[9..12].parse().expect("a status");
    Answered { status, head, body: whole[end + 4..].to_vec() }
}

/// A WebSocket on a path.
pub(super) struct Socket {
    pub(super) inner: WebSocket<Tls>,
}

impl Socket {
    pub(super) fn open(venue: &Venue, path: &str) -> Self {
        let stream = connect(venue).expect("a connection");
        let url = format!("wss://localhost{path}");
        let (inner, _) = tungstenite::client(url, stream).expect("an upgrade");
        Self { inner }
    }

    pub(super) fn say(&mut self, text: &str) {
        self.inner.send(Message::text(text)).expect("sent");
    }

    /// The next text, answering pings; an error when the connection ends or nothing comes.
    pub(super) fn hear(&mut self) -> Result<Vec<u8>, tungstenite::Error> {
        loop {
            match self.inner.read()? {
                Message::Text(text) => return Ok(text.as_bytes().to_vec()),
                Message::Close(_) => return Err(tungstenite::Error::ConnectionClosed),
                _ => {}
            }
        }
    }

    pub(super) fn patience(&mut self, wait: Duration) {
        self.inner.get_ref().sock.set_read_timeout(Some(wait)).expect("a timeout");
    }

    /// Whether no data comes for so long; pings may.
    pub(super) fn is_silent_for(&mut self, wait: Duration) -> bool {
        self.patience(Duration::from_millis(20));
        let end = Instant::now() + wait;
        while Instant::now() < end {
            match self.inner.read() {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) => {}
                _ => return false,
            }
        }
        self.patience(Duration::from_secs(10));
        true
    }

    /// Whether the connection ends within so long, whatever comes before.
    pub(super) fn ends_within(&mut self, wait: Duration) -> bool {
        let end = Instant::now() + wait;
        self.patience(Duration::from_millis(200));
        while Instant::now() < end {
            match self.hear() {
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) => {}
                Err(_) => return true,
            }
        }
        false
    }
}

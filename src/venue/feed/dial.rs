//! Making a connection, on a cold thread: name, TCP, TLS, WebSocket, each within one deadline.
//!
//! Whatever is wrong with the peer is refused by name. There is no second try in here, no way
//! around a certificate, and no plaintext.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::ConnectionFault;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::frames::Frames;
use super::link::{Link, pour};
use super::tls::{self, Progress, Tls};
use super::upgrade::{self, Answer};

/// A message the venue may send at most. The largest seen, a depth diff after a pause, is under
/// 200 kB; anything beyond is hostile or broken.
pub const MESSAGE_MAX: usize = 512 * 1024;

const _: () = assert!(MESSAGE_MAX > 16_384, "a record must fit into the space of the frames");

/// Where to connect to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The host's name, as its certificate has it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path with its query.
    pub path: String,
    /// Texts to send as soon as the socket is open: subscriptions by control frame.
    pub greetings: Vec<String>,
}

/// Why there is no connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DialError {
    /// The name of the fault.
    pub fault: ConnectionFault,
    /// The HTTP status, where that is the fault.
    pub status: u16,
    /// What the system or TLS said.
    pub detail: String,
}

impl std::fmt::Display for DialError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.fault, self.detail)
    }
}

impl std::error::Error for DialError {}

fn failed(fault: ConnectionFault, detail: impl ToString) -> DialError {
    DialError { fault, status: 0, detail: detail.to_string() }
}

/// Connects within `patience` in all.
///
/// # Errors
/// [`DialError`] names what is wrong.
pub fn dial(
    target: &Target,
    config: Arc<ClientConfig>,
    patience: Duration,
) -> Result<Link, DialError> {
    let deadline = Instant::now() + patience;
    let stream = connect(target, deadline)?;
    let name = ServerName::try_from(target.host.clone())
        .map_err(|error| failed(ConnectionFault::CertificateHost, error))?;
    let session = Tls::new(config, name).map_err(|error| failed(ConnectionFault::Tls, error))?;
    let mut call =
        Call { stream, session, frames: Frames::new(MESSAGE_MAX), first: None, deadline };
    call.secure()?;
    call.upgrade(target)?;
    let mut link = call.finish()?;
    for greeting in &target.greetings {
        if !link.send(greeting.as_bytes()) {
            return Err(failed(ConnectionFault::Subscription, "the subscriptions do not fit"));
        }
    }
    Ok(link)
}

fn connect(target: &Target, deadline: Instant) -> Result<TcpStream, DialError> {
    let addresses: Vec<SocketAddr> = (target.host.as_str(), target.port)
        .to_socket_addrs()
        .map_err(|error| failed(ConnectionFault::Resolve, error))?
        .collect();
    let mut last = failed(ConnectionFault::Resolve, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = failed(ConnectionFault::Connect, error),
        }
    }
    Err(last)
}

/// What is left until the deadline.
fn left(deadline: Instant) -> Result<Duration, DialError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(failed(ConnectionFault::Timeout, "no answer in time"))
    } else {
        Ok(left)
    }
}

/// A connection in the making, on a blocking stream.
struct Call {
    stream: TcpStream,
    session: Tls,
    frames: Frames,
    // The first byte the peer sent: it tells TLS from anything else.
    first: Option<u8>,
    deadline: Instant,
}

impl Call {
    /// The TLS handshake.
    fn secure(&mut self) -> Result<(), DialError> {
        while self.step()? == Progress::Waiting {
            self.write()?;
            self.read()?;
        }
        self.write()
    }

    /// The WebSocket handshake.
    fn upgrade(&mut self, target: &Target) -> Result<(), DialError> {
        let key = upgrade::key();
        let host = match target.port {
            443 => target.host.clone(),
            port => format!("{}:{port}", target.host),
        };
        let request = upgrade::request(&host, &target.path, &key);
        if !self.session.seal(request.as_bytes()) {
            return Err(failed(ConnectionFault::Upgrade, "the request does not fit"));
        }
        self.write()?;
        let mut answer = Vec::new();
        loop {
            match upgrade::answer(&answer, &key) {
                Answer::Open(end) => {
                    pour(&mut self.frames, &answer[end..]);
                    return Ok(());
                }
                Answer::Status(status) => return Err(refused(status)),
                Answer::Bad => {
                    return Err(failed(ConnectionFault::Upgrade, "not a WebSocket's answer"));
                }
                Answer::NeedMore => self.more(&mut answer)?,
            }
        }
    }

    /// Appends the next record's plaintext.
    fn more(&mut self, answer: &mut Vec<u8>) -> Result<(), DialError> {
        let step = self.session.step(|plain| answer.extend_from_slice(plain));
        match step.map_err(|error| self.tls_error(&error))? {
            Progress::Record => Ok(()),
            Progress::Ready | Progress::Waiting => {
                self.write()?;
                self.read()
            }
            Progress::Ended => Err(failed(ConnectionFault::Dropped, "ended before it answered")),
        }
    }

    fn step(&mut self) -> Result<Progress, DialError> {
        let frames = &mut self.frames;
        let step = self.session.step(|plain| pour(frames, plain));
        match step.map_err(|error| self.tls_error(&error))? {
            Progress::Ended => Err(failed(ConnectionFault::Dropped, "ended in the handshake")),
            progress => Ok(progress),
        }
    }

    fn tls_error(&mut self, error: &rustls::Error) -> DialError {
        failed(tls::fault(error, self.first), error)
    }

    fn read(&mut self) -> Result<(), DialError> {
        let patience = left(self.deadline)?;
        self.stream.set_read_timeout(Some(patience)).map_err(dropped)?;
        let space = self.session.space();
        match self.stream.read(space) {
            Ok(0) => Err(failed(ConnectionFault::Dropped, "closed in the handshake")),
            Ok(count) => {
                self.first = self.first.or_else(|| space.first().copied());
                self.session.fill(count);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(dropped(error)),
        }
    }

    fn write(&mut self) -> Result<(), DialError> {
        let patience = left(self.deadline)?;
        self.stream.set_write_timeout(Some(patience)).map_err(dropped)?;
        self.stream.write_all(self.session.unsent()).map_err(dropped)?;
        let count = self.session.unsent().len();
        self.session.sent(count);
        Ok(())
    }

    fn finish(self) -> Result<Link, DialError> {
        self.stream.set_nonblocking(true).map_err(dropped)?;
        self.stream.set_nodelay(true).map_err(dropped)?;
        let mut seed = [0; 8];
        let random = tls::provider().secure_random;
        random.fill(&mut seed).map_err(|_| failed(ConnectionFault::Tls, "no random bytes"))?;
        let stream = mio::net::TcpStream::from_std(self.stream);
        Ok(Link::new(stream, self.session, self.frames, u64::from_le_bytes(seed)))
    }
}

fn refused(status: u16) -> DialError {
    let fault = if matches!(status, 418 | 429) {
        ConnectionFault::Banned
    } else {
        ConnectionFault::Upgrade
    };
    DialError { fault, status, detail: format!("the venue answered HTTP {status}") }
}

fn dropped(error: std::io::Error) -> DialError {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => failed(ConnectionFault::Timeout, error),
        _ => failed(ConnectionFault::Dropped, error),
    }
}

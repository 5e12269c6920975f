//! A socket with TLS on it, blocking for HTTP and not for WebSocket, and the ways in which a
//! network can be mean: bytes in records of their own, and a narrow line.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use mio::net::TcpStream;
use rustls::{ServerConfig, ServerConnection};

/// TLS over TCP.
#[derive(Debug)]
pub(crate) struct Transport {
    tls: ServerConnection,
    /// The same socket twice: to read and write, and to set its modes.
    socket: TcpStream,
    handle: std::net::TcpStream,
    /// Every byte in a TLS record of its own.
    pub(crate) split: bool,
    /// Bytes a second, when the line is narrow.
    pub(crate) rate: Option<u64>,
    /// What is written waits: each message is a TLS record of its own, and all of them leave with
    /// one call of the system.
    pub(crate) corked: bool,
}

impl Transport {
    pub(crate) fn new(stream: std::net::TcpStream, config: Arc<ServerConfig>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_write_timeout(Some(Duration::from_secs(10)))?;
        let handle = stream.try_clone()?;
        let tls = ServerConnection::new(config).map_err(io::Error::other)?;
        let socket = TcpStream::from_std(stream);
        Ok(Self { tls, socket, handle, split: false, rate: None, corked: false })
    }

    /// From now on reads and writes return instead of waiting.
    pub(crate) fn unblock(&mut self) -> io::Result<()> {
        self.handle.set_nonblocking(true)
    }

    pub(crate) const fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Whether encrypted bytes wait for the socket.
    pub(crate) fn wants_write(&self) -> bool {
        self.tls.wants_write()
    }

    /// Closes without TLS's farewell.
    pub(crate) fn reset(&self) {
        // The peer may be gone already: nothing is left to be done then.
        let _ = self.handle.shutdown(std::net::Shutdown::Both);
    }

    fn push(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            let sent = self.tls.write_tls(&mut self.socket)?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            if let Some(rate) = self.rate {
                // A narrow line: the thread is this connection's own, so it may sleep.
                let nanos = (sent as u64).saturating_mul(1_000_000_000) / rate.max(1);
                std::thread::sleep(Duration::from_nanos(nanos.min(2_000_000_000)));
            }
        }
        Ok(())
    }
}

impl Read for Transport {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(out) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
            if self.tls.wants_write() {
                match self.push() {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                    _ => {}
                }
            }
            if self.tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            if let Err(error) = self.tls.process_new_packets() {
                // The alert tells the client why; it may not arrive.
                let _ = self.push();
                return Err(io::Error::other(error));
            }
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.corked {
            let taken = self.tls.writer().write(bytes)?;
            if taken > 0 || bytes.is_empty() {
                return Ok(taken);
            }
            // The buffer is full.
        }
        // What is encrypted already goes first, so that the buffer stays small.
        self.push()?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let part = match (self.split, self.rate) {
            (true, _) => 1,
            (_, Some(_)) => bytes.len().min(512),
            _ => bytes.len(),
        };
        let taken = self.tls.writer().write(&bytes[..part])?;
        match self.push() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.corked {
            return Ok(());
        }
        self.push()?;
        self.socket.flush()
    }
}

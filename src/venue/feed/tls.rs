//! TLS without a socket: ciphertext in, plaintext out, one allocation a record.
//!
//! rustls hands each decrypted record over in a vector of its own; that is the only allocation
//! on the way of a frame, and `tests/allocations.rs` counts that it stays the only one. Its
//! buffered interface would add a buffer that grows and shrinks with the records and reads at
//! most 4 KiB a call; ours reads what the kernel has.

use std::sync::Arc;

use model::ConnectionFault;
use rustls::client::UnbufferedClientConnection;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::unbuffered::{ConnectionState, UnbufferedStatus};
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};

/// Ciphertext that may wait to be decrypted: several whole records.
const INBOX_BYTES: usize = 128 * 1024;

/// A record on the wire at most (RFC 8446, 5.2), with its header.
const RECORD_MAX: usize = 16_384 + 256 + 5;

/// Ciphertext that may wait to be sent.
const OUTBOX_BYTES: usize = 64 * 1024;

/// What a text of `bytes` needs in the outbox at most: it may be cut into several records.
const fn sealed(bytes: usize) -> usize {
    bytes + (bytes / 16_384 + 1) * 64 + ANSWERS_BYTES
}

/// What the session itself may want to send before a text.
const ANSWERS_BYTES: usize = 256;

/// The one provider of the house, AES-128-GCM first: 207 ns a record of 200 bytes against 400 of
/// ChaCha20 (docs/PERFORMANCE.md). The server chooses; we only ask.
#[must_use]
pub fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    // The sort is stable: among equals rustls's order stays.
    provider.cipher_suites.sort_by_key(|suite| match suite.suite() {
        rustls::CipherSuite::TLS13_AES_128_GCM_SHA256 => 0,
        rustls::CipherSuite::TLS13_AES_256_GCM_SHA384 => 1,
        rustls::CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => 2,
        rustls::CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | rustls::CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => 3,
        _ => 4,
    });
    provider
}

/// A configuration that trusts the public authorities and these besides.
///
/// # Errors
/// When one of the certificates is none.
pub fn config(extra: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    for certificate in extra {
        roots.add(certificate.clone())?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(provider()));
    let config = builder.with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// The certificates in a PEM text: authorities that configuration names.
///
/// # Errors
/// What is wrong with the text; a text without a certificate is wrong.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let list: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match list {
        Ok(list) if list.is_empty() => Err("no certificate in it".into()),
        Ok(list) => Ok(list),
        Err(error) => Err(error.to_string()),
    }
}

/// What a step of the protocol came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Plaintext was handed over; there may be more.
    Record,
    /// The handshake is done, and no whole record waits.
    Ready,
    /// The handshake waits for bytes of the peer.
    Waiting,
    /// The peer ended the session in good order.
    Ended,
}

/// One client session.
pub struct Tls {
    session: UnbufferedClientConnection,
    inbox: Box<[u8]>,
    // Undecrypted bytes are inbox[start..filled].
    start: usize,
    filled: usize,
    outbox: Box<[u8]>,
    // Unsent bytes are outbox[sent..sealed].
    sent: usize,
    sealed: usize,
    // The handshake is done: without new bytes there is nothing to go on with.
    open: bool,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let waiting = (self.pending().len(), self.unsent().len());
        out.debug_tuple("Tls").field(&waiting).finish()
    }
}

impl Tls {
    /// A session with the server of this name.
    ///
    /// # Errors
    /// rustls's own.
    pub fn new(config: Arc<ClientConfig>, name: ServerName<'static>) -> Result<Self, Error> {
        Ok(Self {
            session: UnbufferedClientConnection::new(config, name)?,
            inbox: vec![0; INBOX_BYTES].into_boxed_slice(),
            start: 0,
            filled: 0,
            outbox: vec![0; OUTBOX_BYTES].into_boxed_slice(),
            sent: 0,
            sealed: 0,
            open: false,
        })
    }

    /// Where the caller's `read` may write; never empty once `step` had nothing more to give.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.filled {
            self.start = 0;
            self.filled = 0;
        } else if self.inbox.len() - self.filled < RECORD_MAX {
            self.inbox.copy_within(self.start..self.filled, 0);
            self.filled -= self.start;
            self.start = 0;
        }
        &mut self.inbox[self.filled..]
    }

    /// The caller wrote this many bytes into the space.
    pub fn fill(&mut self, count: usize) {
        self.filled += count;
        assert!(self.filled <= self.inbox.len(), "no more was written than there is");
    }

    /// What the peer sent and is not decrypted yet.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        &self.inbox[self.start..self.filled]
    }

    /// Goes on by at most one record of plaintext, which `take` gets.
    ///
    /// # Errors
    /// Whatever makes the session unusable: a bad certificate, a forged record.
    pub fn step(&mut self, mut take: impl FnMut(&[u8])) -> Result<Progress, Error> {
        // Asking the session in vain costs 30 ns a record. An answer to a key update that waits in
        // it goes out with the next record or text.
        if self.open && self.start == self.filled {
            return Ok(Progress::Ready);
        }
        loop {
            let UnbufferedStatus { mut discard, state, .. } =
                self.session.process_tls_records(&mut self.inbox[self.start..self.filled]);
            let progress = match state? {
                ConnectionState::ReadTraffic(mut traffic) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        take(record.payload);
                    }
                    Some(Progress::Record)
                }
                ConnectionState::EncodeTlsData(mut data) => {
                    let outbox = &mut self.outbox[self.sealed..];
                    // Full only when the peer takes nothing and asks for much: give it up.
                    let encoded = data.encode(outbox);
                    self.sealed += encoded.map_err(|error| Error::General(error.to_string()))?;
                    None
                }
                // What is in the outbox will be sent, in order, or the session ends.
                ConnectionState::TransmitTlsData(data) => {
                    data.done();
                    None
                }
                ConnectionState::BlockedHandshake => Some(Progress::Waiting),
                ConnectionState::WriteTraffic(_) => {
                    self.open = true;
                    Some(Progress::Ready)
                }
                ConnectionState::PeerClosed | ConnectionState::Closed => {
                    self.open = false;
                    Some(Progress::Ended)
                }
                _ => return Err(Error::General("early data was not asked for".into())),
            };
            self.start += discard;
            if let Some(progress) = progress {
                return Ok(progress);
            }
        }
    }

    /// Encrypts a text into the outbox; `false` when it does not fit now or the session cannot
    /// send (yet, or any more). All of it is sealed or nothing.
    pub fn seal(&mut self, text: &[u8]) -> bool {
        if self.sent > 0 {
            self.outbox.copy_within(self.sent..self.sealed, 0);
            self.sealed -= self.sent;
            self.sent = 0;
        }
        if self.outbox.len() - self.sealed < sealed(text.len()) {
            return false;
        }
        loop {
            // Without input the session only says what it could do; what it must send first
            // (the answer to a key update) goes first.
            let UnbufferedStatus { discard, state, .. } = self.session.process_tls_records(&mut []);
            assert!(discard == 0, "nothing was given");
            let outbox = &mut self.outbox[self.sealed..];
            match state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    let Ok(count) = traffic.encrypt(text, outbox) else { return false };
                    self.sealed += count;
                    return true;
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    // The room for the text is more than any answer of the session needs.
                    let Ok(count) = data.encode(outbox) else { return false };
                    self.sealed += count;
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                _ => return false,
            }
        }
    }

    /// What waits to be sent.
    #[must_use]
    pub fn unsent(&self) -> &[u8] {
        &self.outbox[self.sent..self.sealed]
    }

    /// The caller sent this many bytes.
    pub fn sent(&mut self, count: usize) {
        self.sent += count;
        assert!(self.sent <= self.sealed, "no more was sent than there was");
        if self.sent == self.sealed {
            self.sent = 0;
            self.sealed = 0;
        }
    }
}

/// The name of what went wrong. `first` is the first byte the peer sent.
#[must_use]
pub fn fault(error: &Error, first: Option<u8>) -> ConnectionFault {
    match error {
        Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => ConnectionFault::CertificateTime,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ConnectionFault::CertificateHost
            }
            CertificateError::UnknownIssuer => ConnectionFault::CertificateUnknown,
            _ => ConnectionFault::Certificate,
        },
        // Content types of TLS are 20 to 23; anything else in front is another language.
        _ if first.is_some_and(|byte| !(20..=23).contains(&byte)) => ConnectionFault::Plaintext,
        _ => ConnectionFault::Tls,
    }
}

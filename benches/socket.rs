//! From ciphertext to a message: the frame machine against tungstenite, our TLS session against
//! rustls's buffered one.
//!
//! `cargo bench --bench socket` prints a table. Everything is in memory: one frame, or one
//! record, is there at each read, as on a socket that is not behind.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

use fulcrum_benches::{Contestant, measure, row};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};
use tungstenite::WebSocket;
use tungstenite::protocol::{Role, WebSocketConfig};
use venue::feed::frames::{Frames, Step};
use venue::feed::tls::{self, Progress, Tls};

const ROUNDS: usize = 15;
const LIMIT: usize = 512 * 1024;

fn main() {
    println!("{:34} {:>9} {:>9} {:>8}", "ns a frame", "least", "median", "ratio");
    for size in [200, 2_000, 20_000] {
        frames(size);
    }
    let (client, server) = configs();
    for size in [200, 2_000, 14_000] {
        records(size, &client, &server);
    }
}

/// Gives one part of the tape a read.
struct Parts<'t> {
    tape: &'t [u8],
    part: usize,
    at: usize,
}

impl Read for Parts<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let end = (self.at / self.part + 1) * self.part;
        let count = out.len().min(end - self.at).min(self.tape.len() - self.at);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        out[..count].copy_from_slice(&self.tape[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

impl Write for Parts<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn framed(size: usize) -> Vec<u8> {
    let length = u16::try_from(size).expect("a short frame");
    let mut frame = vec![0x81];
    match u8::try_from(size) {
        Ok(short @ 0..=125) => frame.push(short),
        _ => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.resize(frame.len() + size, b'x');
    frame
}

fn frames(size: usize) {
    let frame = framed(size);
    let count = (4 << 20) / frame.len();
    let tape = frame.repeat(count);
    let part = frame.len();
    println!("\n{size} bytes");
    let mut machine = Frames::new(LIMIT);
    let tungstenite = |buffer: usize| {
        let config = WebSocketConfig::default().read_buffer_size(buffer);
        let bytes = Parts { tape: &tape, part, at: 0 };
        let mut socket = WebSocket::from_raw_socket(bytes, Role::Client, Some(config));
        for _ in 0..count {
            black_box(socket.read().expect("a message"));
        }
    };
    let mut contestants = [
        Contestant::new("tungstenite, 4 KiB (baseline)", || tungstenite(4096)),
        Contestant::new("tungstenite, its default 128 KiB", || tungstenite(128 * 1024)),
        Contestant::new("Frames", || {
            let mut bytes = Parts { tape: &tape, part, at: 0 };
            let mut seen = 0;
            while seen < count {
                match machine.step() {
                    Step::Message(at) => {
                        black_box(&machine.bytes()[at]);
                        seen += 1;
                    }
                    _ => {
                        let read = bytes.read(machine.space()).expect("a frame");
                        machine.fill(read);
                    }
                }
            }
        }),
    ];
    for figure in measure(ROUNDS, count, &mut contestants) {
        println!("{}", row(&figure));
    }
}

fn configs() -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".into()]).expect("a name");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let server = ServerConfig::builder_with_provider(Arc::new(tls::provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a pair");
    (tls::config(&[authority.der().clone()]).expect("an authority"), Arc::new(server))
}

/// Records of one session, each sealed by the server on its own.
fn sealed(server: &mut ServerConnection, frame: &[u8], count: usize) -> Vec<u8> {
    let mut tape = Vec::new();
    for _ in 0..count {
        server.writer().write_all(frame).expect("room");
        while server.wants_write() {
            server.write_tls(&mut tape).expect("memory");
        }
    }
    tape
}

fn records(size: usize, client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) {
    let frame = framed(size);
    let count = (1 << 20) / frame.len();
    println!("\n{size} bytes, TLS record and frame");
    let name = || ServerName::try_from("localhost").expect("a name");
    let new_server = || ServerConnection::new(Arc::clone(server)).expect("a session");
    // Both sessions with their handshakes done.
    let (mut buffered_server, mut unbuffered_server) = (new_server(), new_server());
    let mut buffered = ClientConnection::new(Arc::clone(client), name()).expect("a session");
    buffered_handshake(&mut buffered, &mut buffered_server);
    let mut unbuffered = Tls::new(Arc::clone(client), name()).expect("a session");
    handshake(&mut unbuffered, &mut unbuffered_server);
    // A tape is good for one run only, since record numbers go up: all runs are sealed beforehand.
    let runs = ROUNDS + 1;
    let tapes = |server: &mut ServerConnection| -> Vec<Vec<u8>> {
        (0..runs).map(|_| sealed(server, &frame, count)).collect()
    };
    let (first, second) = (tapes(&mut buffered_server), tapes(&mut unbuffered_server));
    let (mut first, mut second) = (first.iter(), second.iter());
    let (mut left, mut right) = (Frames::new(LIMIT), Frames::new(LIMIT));
    let mut contestants = [
        Contestant::new("rustls buffered (baseline)", || {
            let tape = first.next().expect("a tape a run");
            let mut bytes = Parts { tape, part: tape.len() / count, at: 0 };
            let mut seen = 0;
            while seen < count {
                buffered.read_tls(&mut bytes).expect("bytes");
                buffered.process_new_packets().expect("sound records");
                while let Ok(read) = buffered.reader().read(left.space()) {
                    left.fill(read);
                    while let Step::Message(at) = left.step() {
                        black_box(&left.bytes()[at]);
                        seen += 1;
                    }
                }
            }
        }),
        Contestant::new("Tls", || {
            let tape = second.next().expect("a tape a run");
            let mut bytes = Parts { tape, part: tape.len() / count, at: 0 };
            let mut seen = 0;
            while seen < count {
                let progress = unbuffered.step(|plain| {
                    right.space()[..plain.len()].copy_from_slice(plain);
                    right.fill(plain.len());
                });
                if progress.expect("sound records") == Progress::Record {
                    while let Step::Message(at) = right.step() {
                        black_box(&right.bytes()[at]);
                        seen += 1;
                    }
                } else {
                    let read = bytes.read(unbuffered.space()).expect("bytes");
                    unbuffered.fill(read);
                }
            }
        }),
    ];
    for figure in measure(ROUNDS, count, &mut contestants) {
        println!("{}", row(&figure));
    }
}

fn buffered_handshake(client: &mut ClientConnection, server: &mut ServerConnection) {
    while client.is_handshaking() || server.is_handshaking() || server.wants_write() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).expect("memory");
        }
        answer(server, &wire, &mut |bytes| {
            let mut bytes = Cursor::new(bytes);
            while bytes.position() < bytes.get_ref().len() as u64 {
                client.read_tls(&mut bytes).expect("bytes");
                client.process_new_packets().expect("a sound handshake");
            }
        });
    }
}

fn handshake(client: &mut Tls, server: &mut ServerConnection) {
    while client.step(|_| ()).expect("a sound handshake") == Progress::Waiting
        || !client.unsent().is_empty()
    {
        let wire = client.unsent().to_vec();
        client.sent(wire.len());
        answer(server, &wire, &mut |bytes| {
            client.space()[..bytes.len()].copy_from_slice(bytes);
            client.fill(bytes.len());
        });
    }
}

/// The server reads, and `take` gets what it answers.
fn answer(server: &mut ServerConnection, wire: &[u8], take: &mut dyn FnMut(&[u8])) {
    let mut bytes = Cursor::new(wire);
    while bytes.position() < wire.len() as u64 {
        server.read_tls(&mut bytes).expect("bytes");
        server.process_new_packets().expect("a sound handshake");
    }
    let mut out = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut out).expect("memory");
    }
    if !out.is_empty() {
        take(&out);
    }
}

//! For tests: certificates made on the spot, and small TLS servers on the loopback that do as a
//! script says.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use tungstenite::WebSocket;

use crate::feed::dial::Target;
use crate::feed::tls;

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flaw {
    None,
    OtherHost,
    Expired,
}

/// An authority of our own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        // Two authorities of one name would be told apart by the signature only.
        let name = format!("lab {:x?}", &key.public_key_raw()[..8]);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// What a client that trusts this authority uses.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        tls::config(&[self.certificate()]).expect("a sound certificate")
    }

    pub(crate) fn server(&self, flaw: Flaw) -> Arc<ServerConfig> {
        self.server_of(flaw, rustls::ALL_VERSIONS)
    }

    pub(crate) fn server_of(
        &self,
        flaw: Flaw,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let name = if flaw == Flaw::OtherHost { "elsewhere.test" } else { "localhost" };
        let mut params = CertificateParams::new(vec![name.into()]).expect("a name");
        if flaw == Flaw::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(tls::provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a pair");
        Arc::new(config)
    }
}

/// The server's end of a connection.
pub(crate) type Secure = StreamOwned<ServerConnection, TcpStream>;

/// A listener on the loopback, and how to reach it.
pub(crate) struct Place {
    listener: TcpListener,
    pub(crate) target: Target,
}

impl Place {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let path = "/public/stream?streams=btcusdt@depth@100ms".into();
        let target = Target { host: "localhost".into(), port, path, greetings: Vec::new() };
        Self { listener, target }
    }

    /// One connection, TCP only.
    pub(crate) fn accept(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().expect("a caller");
        stream.set_nodelay(true).expect("an option");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("an option");
        stream
    }

    /// Serves one caller by a script, behind TLS and the upgrade.
    pub(crate) fn serve<T: Send + 'static>(
        self,
        config: Arc<ServerConfig>,
        script: impl FnOnce(&mut WebSocket<Secure>) -> T + Send + 'static,
    ) -> JoinHandle<T> {
        std::thread::spawn(move || {
            let mut socket = upgrade(secure(self.accept(), config)).expect("an upgrade");
            script(&mut socket)
        })
    }
}

pub(crate) fn secure(stream: TcpStream, config: Arc<ServerConfig>) -> Secure {
    StreamOwned::new(ServerConnection::new(config).expect("a session"), stream)
}

/// The server's part of the upgrade.
pub(crate) fn upgrade(stream: Secure) -> io::Result<WebSocket<Secure>> {
    tungstenite::accept(stream).map_err(|error| io::Error::other(error.to_string()))
}

/// An unmasked frame, as a server sends it.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match u16::try_from(payload.len()) {
        Ok(short @ 0..=125) => out.push(u8::try_from(short).expect("short")),
        Ok(long) => {
            out.push(126);
            out.extend(long.to_be_bytes());
        }
        Err(_) => {
            out.push(127);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(payload);
    out
}

/// Writes raw bytes through TLS as one record (or as many as they need).
pub(crate) fn put(socket: &mut WebSocket<Secure>, bytes: &[u8]) -> io::Result<()> {
    let stream = socket.get_mut();
    stream.write_all(bytes)?;
    stream.flush()
}

/// Waits until the peer is gone.
pub(crate) fn until_gone(socket: &mut WebSocket<Secure>) {
    let mut rest = [0; 256];
    while let Ok(1..) = socket.get_mut().read(&mut rest) {}
}

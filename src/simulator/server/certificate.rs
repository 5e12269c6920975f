//! Who the venue says it is: a certificate authority made at start, a leaf for the loopback,
//! and the three leaves that a client must refuse.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Which certificate a connection is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// Valid for `localhost` and 127.0.0.1.
    Good,
    /// Was valid until 2021.
    Expired,
    /// Valid for another name.
    WrongHost,
    /// Signed by somebody whom no client knows.
    UnknownCa,
}

impl Identity {
    const ALL: [Self; 4] = [Self::Good, Self::Expired, Self::WrongHost, Self::UnknownCa];
}

/// The authority's certificate and a TLS configuration for each identity.
#[derive(Debug)]
pub(crate) struct Identities {
    pub(crate) authority_pem: String,
    configs: Vec<(Identity, Arc<ServerConfig>)>,
}

/// Why no identity could be made.
fn failed(error: impl std::fmt::Display) -> std::io::Error {
    std::io::Error::other(format!("certificate: {error}"))
}

fn authority(name: &str) -> Result<(Issuer<'static, KeyPair>, String), std::io::Error> {
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    let pem = certificate.pem();
    Ok((Issuer::new(params, key), pem))
}

fn config(
    issuer: &Issuer<'static, KeyPair>,
    identity: Identity,
    hosts: &[String],
) -> Result<Arc<ServerConfig>, std::io::Error> {
    let names = match identity {
        Identity::WrongHost => vec!["elsewhere.example".to_owned()],
        _ => hosts.to_vec(),
    };
    let mut params = CertificateParams::new(names).map_err(failed)?;
    let last_year = if identity == Identity::Expired { 2021 } else { 2120 };
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(last_year, 1, 1);
    params.distinguished_name.push(DnType::CommonName, "Fulcrum simulator");
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.signed_by(&key, issuer).map_err(failed)?;
    let chain = vec![CertificateDer::from(certificate)];
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(failed)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(failed)?;
    Ok(Arc::new(config))
}

impl Identities {
    /// Makes an authority and the leaves for these host names.
    pub(crate) fn new(hosts: &[String]) -> Result<Self, std::io::Error> {
        let (issuer, authority_pem) = authority("Fulcrum simulator authority")?;
        let (stranger, _) = authority("An authority nobody knows")?;
        let mut configs = Vec::new();
        for identity in Identity::ALL {
            let signer = if identity == Identity::UnknownCa { &stranger } else { &issuer };
            configs.push((identity, config(signer, identity, hosts)?));
        }
        Ok(Self { authority_pem, configs })
    }

    pub(crate) fn config(&self, identity: Identity) -> Arc<ServerConfig> {
        let found = self.configs.iter().find(|(kind, _)| *kind == identity);
        Arc::clone(&found.expect("every identity was made").1)
    }
}

//! What systemd is told: ready, still alive, stopping; one datagram each, nothing else needed.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The service manager's socket; silent when there is none.
#[derive(Debug)]
pub struct Notify(Option<(UnixDatagram, SocketAddr)>);

impl Notify {
    /// The socket of this path (`NOTIFY_SOCKET`); a leading `@` means an abstract one.
    #[must_use]
    pub fn new(path: Option<&str>) -> Self {
        let address = path.and_then(|path| match path.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name).ok(),
            None => SocketAddr::from_pathname(path).ok(),
        });
        Self(address.and_then(|address| Some((UnixDatagram::unbound().ok()?, address))))
    }

    /// The socket that the environment names.
    #[must_use]
    pub fn of_environment() -> Self {
        Self::new(std::env::var("NOTIFY_SOCKET").ok().as_deref())
    }

    /// Tells; `READY=1`, `WATCHDOG=1`, `STOPPING=1`.
    pub fn tell(&self, state: &str) {
        if let Some((socket, address)) = &self.0 {
            // A manager that does not listen will judge us by its own clock.
            let _ = socket.send_to_addr(state.as_bytes(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Notify;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn a_manager_that_listens_hears_it() {
        let path = std::env::temp_dir().join(format!("fulcrum-notify-{}", std::process::id()));
        let manager = UnixDatagram::bind(&path).expect("a socket");
        Notify::new(path.to_str()).tell("READY=1");
        let mut heard = [0; 64];
        let length = manager.recv(&mut heard).expect("a message");
        assert_eq!(&heard[..length], b"READY=1");
        std::fs::remove_file(&path).expect("removed");
        // Nobody there, or nobody named: nothing happens.
        Notify::new(path.to_str()).tell("WATCHDOG=1");
        Notify::new(None).tell("STOPPING=1");
    }
}

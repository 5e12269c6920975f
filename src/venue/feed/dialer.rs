//! The cold thread that makes the connections of one route and buries them: names, certificates,
//! handshakes and freed memory are nothing for a hot thread.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use model::{Nanos, Route};
use rustls::ClientConfig;

use super::dial::{DialError, Target, dial};
use super::link::Link;
use super::watch::Watch;

/// An open socket of a route.
#[derive(Debug)]
pub struct Socket {
    /// The connection.
    pub link: Link,
    /// The age of its streams.
    pub watch: Watch,
    /// Its number on the route, from 1.
    pub number: u64,
    /// When it opened.
    pub opened: Nanos,
    /// When it is to be replaced.
    pub replace: Nanos,
    /// When its last stream delivered for the first time.
    pub proven: Option<Nanos>,
}

/// What a route wants done.
#[derive(Debug)]
enum Errand {
    Dial(u64),
    Bury(Box<Socket>),
}

/// What came of a dial.
pub type Dialled = Result<Box<Socket>, DialError>;

/// The feed's side.
#[derive(Debug)]
pub struct Dialer {
    errands: Sender<Errand>,
    news: Receiver<Dialled>,
    // One dial at a time.
    dialling: bool,
    number: u64,
}

/// What a dialer needs to know.
#[derive(Clone, Debug)]
pub struct Book {
    /// Whose sockets.
    pub route: Route,
    /// Where they go.
    pub target: Target,
    /// Whom they trust.
    pub config: Arc<ClientConfig>,
    /// How long a dial may take in all.
    pub patience: Duration,
    /// A watch that has heard nothing: the pattern for each socket's own.
    pub watch: Watch,
}

impl Dialer {
    /// Starts the thread. It ends when the dialer is dropped.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(book: Book) -> std::io::Result<(Self, JoinHandle<()>)> {
        // A live and a spare socket, the burial of both, and a dial.
        let (errands, orders) = bounded(8);
        let (report, news) = bounded(2);
        let name = format!("dial-{}", book.route);
        let thread =
            std::thread::Builder::new().name(name).spawn(move || serve(&book, &orders, &report))?;
        Ok((Self { errands, news, dialling: false, number: 0 }, thread))
    }

    /// Whether a dial is under way.
    #[must_use]
    pub const fn is_dialling(&self) -> bool {
        self.dialling
    }

    /// The number of the last socket asked for.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Starts a dial; `false` when one is under way or the thread has its hands full.
    pub fn dial(&mut self) -> bool {
        if self.dialling || self.errands.try_send(Errand::Dial(self.number + 1)).is_err() {
            return false;
        }
        self.number += 1;
        self.dialling = true;
        true
    }

    /// What came of the dial, once.
    pub fn news(&mut self) -> Option<Dialled> {
        if !self.dialling {
            return None;
        }
        let news = self.news.try_recv().ok()?;
        self.dialling = false;
        Some(news)
    }

    /// Lets the cold thread close and free a socket.
    pub fn bury(&self, socket: Box<Socket>) {
        drop(self.errands.try_send(Errand::Bury(socket)));
    }
}

fn serve(book: &Book, orders: &Receiver<Errand>, report: &Sender<Dialled>) {
    for errand in orders {
        match errand {
            Errand::Bury(socket) => drop(socket),
            Errand::Dial(number) => {
                let dialled = dial(&book.target, Arc::clone(&book.config), book.patience);
                let socket = dialled.map(|link| {
                    let watch = book.watch.clone();
                    let (opened, replace) = (Nanos::NONE, Nanos::NONE);
                    Box::new(Socket { link, watch, number, opened, replace, proven: None })
                });
                if report.send(socket).is_err() {
                    return;
                }
            }
        }
    }
}

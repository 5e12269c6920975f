//! What a live engine is started with, and why it may not start.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{Instruments, Nanos, SECOND, Window};
use runtime::layout::Layout;
use runtime::log::LogError;
use runtime::{Clock, Idle, LayoutError, LayoutKind, RunError, usable_cores};
use rustls::ClientConfig;
use venue::feed::Form;
use venue::feed::life::Rules;
use venue::feed::repair::Patience;
use venue::feed::streams::Subscription;
use venue::heatmap::HeatmapError;
use venue::rest::client::RestError;
use venue::rest::desk::DeskPlan;
use venue::rest::ledger::LIMIT;

use super::frames::FramesPlan;
use super::heatmap::HeatmapAsk;
use super::notify::Notify;

/// Where the venue is and whom we trust.
#[derive(Clone, Debug)]
pub struct Address {
    /// Host of the WebSocket streams.
    pub stream_host: String,
    /// Its port.
    pub stream_port: u16,
    /// Host of the REST interface.
    pub rest_host: String,
    /// Its port.
    pub rest_port: u16,
    /// Whom sockets and REST trust.
    pub tls: Arc<ClientConfig>,
}

/// Where the hot log lies and how large it may grow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HotLog {
    /// The directory; shared memory.
    pub directory: PathBuf,
    /// Bytes of a segment.
    pub segment_bytes: usize,
    /// Segments alive at most.
    pub segments_max: usize,
}

/// The whole plan. Nothing in it is asked for again.
#[derive(Debug)]
pub struct Plan {
    /// The venue.
    pub address: Address,
    /// What is subscribed.
    pub symbols: Vec<String>,
    /// What the stages are built with.
    pub stages: engine::Plan,
    /// Which stage runs on which thread.
    pub layout: Layout,
    /// The hot log.
    pub hot: HotLog,
    /// Where the journal lies; without one the run is not kept.
    pub journal: Option<PathBuf>,
    /// Where raw frames go; without it they are not kept.
    pub frames: Option<FramesPlan>,
    /// How far back trades of the journal and of REST enter as history; zero: a cold start.
    pub warm: Duration,
    /// Where the venue's table of instruments is kept between runs.
    pub cache: Option<PathBuf>,
    /// The clock the engine lives by: the host's, or a simulated venue's.
    pub clock: Clock,
    /// The streams and how long they may be silent.
    pub subscription: Subscription,
    /// How they are subscribed.
    pub form: Form,
    /// How connections live.
    pub rules: Rules,
    /// How long trades wait for missing ones.
    pub patience: Patience,
    /// How long a dial may take.
    pub dial: Duration,
    /// What is asked by REST, and how often.
    pub desk: DeskPlan,
    /// The external heatmap that is asked, if one is.
    pub heatmap: Option<HeatmapAsk>,
    /// REST weight a minute.
    pub weight: u32,
    /// The profile that views show.
    pub window: Window,
    /// Between two comparisons of the book with a shadow made anew; zero for none.
    pub audit_every: Duration,
    /// The seed of the jitter.
    pub seed: u64,
    /// The service manager.
    pub notify: Notify,
}

impl Plan {
    /// The usual rules, no journal, one fused thread that yields.
    ///
    /// # Errors
    /// [`LayoutError`] when there is no core to be had.
    pub fn new(address: Address, symbols: Vec<String>, hot: PathBuf) -> Result<Self, LayoutError> {
        Ok(Self {
            address,
            symbols,
            stages: engine::Plan::default(),
            layout: Layout::plan(LayoutKind::One, &[], usable_cores(), Idle::Yield)?,
            hot: HotLog { directory: hot, segment_bytes: 16 << 20, segments_max: 32 },
            journal: None,
            frames: None,
            warm: Duration::ZERO,
            cache: None,
            clock: Clock::host(),
            subscription: Subscription::default(),
            form: Form::Url,
            rules: Rules::default(),
            patience: Patience::default(),
            dial: Duration::from_secs(5),
            desk: DeskPlan::default(),
            heatmap: None,
            weight: LIMIT,
            window: Window::Hours24,
            audit_every: Duration::from_secs(30),
            seed: 1,
            notify: Notify::new(None),
        })
    }

    /// The same plan for an engine that lives by a clock `per_mille / 1000` times as fast as the
    /// host's. Spans that guard against our host and the network stay what they are in real time.
    #[must_use]
    pub fn at_speed(mut self, clock: Clock, per_mille: u64) -> Self {
        self.clock = clock;
        let scale = |span: &mut Nanos| {
            let scaled = u128::from(span.0) * u128::from(per_mille.max(1_000)) / 1_000;
            *span = Nanos(u64::try_from(scaled).unwrap_or(u64::MAX));
        };
        let (rules, subscription) = (&mut self.rules, &mut self.subscription);
        for span in [
            &mut rules.backoff_first,
            &mut rules.backoff_max,
            &mut rules.backoff_banned,
            &mut rules.budget_span,
            &mut rules.stable,
            &mut rules.overlap,
            &mut rules.blocked,
            &mut rules.pause,
            &mut self.patience.hold,
            &mut subscription.depth_silence,
            &mut subscription.quote_silence,
            &mut subscription.trade_silence,
            &mut subscription.mark_silence,
            &mut subscription.proof,
            &mut subscription.late,
            &mut self.desk.offset_max,
        ] {
            scale(span);
        }
        self
    }

    /// The same plan for a venue that has no mark prices and may end at any time: streams that
    /// never come are no fault.
    #[must_use]
    pub fn for_recording(mut self) -> Self {
        let never = Nanos(1_000_000 * SECOND.0);
        let subscription = &mut self.subscription;
        subscription.depth_silence = never;
        subscription.quote_silence = never;
        subscription.trade_silence = never;
        subscription.mark_silence = never;
        subscription.proof = never;
        subscription.late = never;
        self
    }

    pub(super) fn feed(&self, instruments: &Instruments) -> venue::feed::Plan {
        let Address { stream_host, stream_port, tls, .. } = &self.address;
        let mut plan =
            venue::feed::Plan::new(stream_host, *stream_port, Arc::clone(tls), instruments.clone());
        plan.subscription = self.subscription.clone();
        plan.form = self.form;
        plan.rules = self.rules;
        plan.patience = self.patience;
        plan.dial = self.dial;
        plan.seed = self.seed;
        plan
    }
}

/// Why an engine did not start.
#[derive(Debug)]
pub enum StartError {
    /// The venue does not answer, or not what was asked.
    Venue(RestError),
    /// The journal cannot be had.
    Journal(journal::JournalError),
    /// The hot log cannot be made.
    Log(LogError),
    /// Raw frames cannot be kept.
    Frames(PathBuf, io::Error),
    /// The heatmap cannot be asked.
    Heatmap(HeatmapError),
    /// A thread cannot be had.
    Thread(io::Error),
    /// A hot thread cannot be had or pinned.
    Run(RunError),
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Venue(error) => write!(out, "the venue: {error}"),
            Self::Journal(error) => write!(out, "the journal: {error}"),
            Self::Log(error) => error.fmt(out),
            Self::Frames(path, error) => write!(out, "{}: {error}", path.display()),
            Self::Heatmap(error) => error.fmt(out),
            Self::Thread(error) => write!(out, "no thread: {error}"),
            Self::Run(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for StartError {}

//! The imitation: a synthetic market and a venue that speaks Binance USDⓈ-M.
//!
//! ```text
//! dice ─▶ market ─┐
//! recording ──────┼─▶ source ─▶ server (TLS, REST, WebSocket) ─▶ an engine that cannot tell
//! archive rows ───┘               ▲
//!                               fault (script)
//! ```
//!
//! **Invariants.** It knows neither `book` nor `venue`: an imitation that shared our book would
//! share our bugs. The market takes no randomness but its seed's and reads no clock, so the same
//! seed gives the same bytes. A frame never carries when it was meant to leave.
#![forbid(unsafe_code)]

mod diary;
pub mod dice;
pub mod fault;
pub mod imagined;
pub mod market;
pub mod server;
pub mod source;
pub mod speech;
pub mod statistics;

pub use fault::{Fault, FaultKind, FaultScript, Refusal, ScriptError};
pub use imagined::{Imagined, ImaginedPlan, Meeting, NodeKind, Temper};
pub use market::{Frame, Market, MarketPlan, Stream};
pub use server::{
    Banner, Identity, Onlooker, Pace, Route, Rules, Turn, Venue, VenueClock, VenuePlan,
};
pub use source::{ArchiveRow, ArchiveSource, RecordingSource, Source, SyntheticSource};
pub use statistics::{Figures, Statistics};

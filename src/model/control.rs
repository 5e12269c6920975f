//! The body lines of control events: connections, lag, audit, commands, the venue's clock.
//!
//! They enter at the door like market data, so that whatever they change is changed again in a
//! replay.

use bytemuck::{Pod, Zeroable};

use crate::Nanos;

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident($inner:ty) { $(#[doc = $doc:literal] $item:ident = $code:literal, $text:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $(#[doc = $doc] $item,)+ }

        impl $name {
            /// Every one, in the order of its code.
            pub const ALL: &[Self] = &[$(Self::$item),+];

            /// The number in a line; zero stands for none.
            #[must_use]
            pub const fn code(self) -> $inner {
                match self { $(Self::$item => $code,)+ }
            }

            /// What a number stands for; `None` for zero and for numbers of a later version.
            #[must_use]
            pub const fn from_code(code: $inner) -> Option<Self> {
                match code { $($code => Some(Self::$item),)+ _ => None }
            }

            /// The name in counters, JSON and log lines.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$item => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(self.text())
            }
        }
    };
}

codes! {
    /// Which of the venue's stream endpoints a socket serves.
    Route(u8) {
        /// Depth and best quotes.
        Public = 1, "public";
        /// Trades, mark prices, liquidations.
        Market = 2, "market";
        /// Orders and positions of the account.
        Private = 3, "private";
    }
}

codes! {
    /// What became of a connection.
    ConnectionState(u8) {
        /// A socket is open and subscribed; nothing has come yet.
        Open = 1, "open";
        /// Every stream on it that must deliver has delivered.
        Proven = 2, "proven";
        /// The socket is gone; what follows on this route has a hole before it.
        Lost = 3, "lost";
        /// A second socket took over from the first; no hole but what the ids show.
        Rotated = 4, "rotated";
        /// Too many failures: no entry until the route is proven again.
        Halted = 5, "halted";
        /// A socket could not be made, or failed before it took over; what is live goes on.
        Failed = 6, "failed";
    }
}

codes! {
    /// Why a connection was lost or could not be made.
    ConnectionFault(u16) {
        /// The name has no address.
        Resolve = 1, "resolve";
        /// No TCP connection.
        Connect = 2, "connect";
        /// The certificate has expired or is not yet valid.
        CertificateTime = 3, "certificate_time";
        /// The certificate is for another host.
        CertificateHost = 4, "certificate_host";
        /// The certificate comes from an authority that is not trusted.
        CertificateUnknown = 5, "certificate_unknown";
        /// The certificate is bad in another way.
        Certificate = 6, "certificate";
        /// The answer was no TLS at all.
        Plaintext = 7, "plaintext";
        /// TLS failed in another way.
        Tls = 8, "tls";
        /// The WebSocket upgrade was answered, but not with a sound 101.
        Upgrade = 9, "upgrade";
        /// The upgrade was refused for its rate (429) or by a ban (418).
        Banned = 10, "banned";
        /// No answer in time.
        Timeout = 11, "timeout";
        /// The peer closed the connection without a close frame, or reset it.
        Dropped = 12, "dropped";
        /// The peer sent a close frame.
        Closed = 13, "closed";
        /// A frame longer than the limit.
        Giant = 14, "giant";
        /// A frame that breaks the WebSocket protocol.
        Protocol = 15, "protocol";
        /// A stream is silent although the socket lives.
        Mute = 16, "mute";
        /// A subscribed stream never delivered.
        Unproven = 17, "unproven";
        /// The venue refused a subscription.
        Subscription = 18, "subscription";
        /// What we wrote was not taken for too long.
        Blocked = 19, "blocked";
        /// Our host stood still for longer than the data may age.
        Paused = 20, "paused";
        /// The end of the connection's allowed life.
        Aged = 21, "aged";
    }
}

/// A connection changed. `Head::instrument` is none: a route carries several instruments.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct ConnectionLine {
    /// A [`Route`]'s code.
    pub route: u8,
    /// A [`ConnectionState`]'s code.
    pub state: u8,
    /// A [`ConnectionFault`]'s code; zero when nothing went wrong.
    pub fault: u16,
    /// Failures in a row on this route.
    pub failures: u32,
    /// The socket's number on this route, from 1; a rotation has a new one.
    pub socket: u64,
    /// How long the socket was open; zero for one that never was.
    pub time_open: Nanos,
    /// The silent stream's instrument, where one stream is at fault; else `u16::MAX`.
    pub instrument: u16,
    /// The silent stream's [`crate::Kind`]; zero where no single stream is at fault.
    pub kind: u16,
    /// Close code of the peer or HTTP status; zero when there was none.
    pub code: u16,
    /// Zero.
    pub reserved: [u8; 2],
    /// Zero.
    pub more: [u64; 4],
}

codes! {
    /// What lags.
    LagCause(u8) {
        /// Our host or process stood still.
        Pause = 1, "pause";
        /// The stages behind the door fall behind.
        Pipeline = 2, "pipeline";
        /// The venue's data come late.
        Venue = 3, "venue";
        /// The journal falls behind the log.
        Journal = 4, "journal";
    }
}

/// Something lags, or no longer does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct LagLine {
    /// How far behind.
    pub span: Nanos,
    /// Messages or lines that wait, where that is what lags.
    pub waiting: u64,
    /// A [`LagCause`]'s code.
    pub cause: u8,
    /// 1 while it lasts, 0 when it has passed.
    pub active: u8,
    /// Zero.
    pub reserved: [u8; 6],
    /// Zero.
    pub more: [u64; 5],
}

/// The hot book beside a shadow book that was made anew from a snapshot and the same frames,
/// first line. `Head::id` is the update id at which they were compared; the second line is the
/// hot [`crate::BookLine`], the third the shadow's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct AuditLine {
    /// The snapshot's id.
    pub snapshot_id: u64,
    /// Hot best bid less the shadow's, in ticks.
    pub bid_ticks: i64,
    /// Hot best ask less the shadow's, in ticks.
    pub ask_ticks: i64,
    /// Hot quantity over the best bids and asks less the shadow's, absolute, in lots.
    pub depth_lots: i64,
    /// 1 when every figure of the two is equal.
    pub equal: u8,
    /// Zero.
    pub reserved: [u8; 7],
    /// Zero.
    pub more: [u64; 3],
}

codes! {
    /// What an operator may tell the engine.
    Command(u16) {
        /// No new entries.
        Halt = 1, "halt";
        /// Entries again.
        Resume = 2, "resume";
        /// Start an anchored window at `time`.
        Anchor = 3, "anchor";
    }
}

/// An operator's command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct CommandLine {
    /// A [`Command`]'s code.
    pub command: u16,
    /// Zero.
    pub reserved: [u8; 6],
    /// The time it speaks of, where it speaks of one.
    pub time: Nanos,
    /// Digest of who gave it and why; the side file holds the text.
    pub reason: u64,
    /// Zero.
    pub more: [u64; 5],
}

/// What is known of the venue's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct ServerTimeLine {
    /// The venue's clock less ours, nanoseconds.
    pub offset: i64,
    /// The round trip that the estimate rests on: the offset is true within half of it.
    pub round_trip: Nanos,
    /// Answers that the estimate rests on.
    pub samples: u32,
    /// 1 while the offset is too large to trade on.
    pub excessive: u8,
    /// Zero.
    pub reserved: [u8; 3],
    /// Zero.
    pub more: [u64; 5],
}

const _: () = {
    assert!(size_of::<ConnectionLine>() == 64);
    assert!(size_of::<LagLine>() == 64);
    assert!(size_of::<AuditLine>() == 64);
    assert!(size_of::<CommandLine>() == 64);
    assert!(size_of::<ServerTimeLine>() == 64);
};

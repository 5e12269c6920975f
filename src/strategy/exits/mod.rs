//! Exits: how much, where the stop and the target stand, when a stop may follow, and the fixed-size
//! intents in which all of it is asked for (spec § 10).
//!
//! ```text
//! Ask ─▶ SizePlan::size ─▶ lots        Frame ─▶ stop ─▶ target      Trail::follow ─▶ a nearer stop
//!                     └──────────── Intent (a ClientId each) ──▶ risk::Gate ──▶ venue
//! ```
//!
//! # How to use it
//! 1. When a hypothesis arms: [`Frame::stop`], then [`Frame::target`], then [`SizePlan::size`].
//!    Each says by name why it cannot; then there is no entry.
//! 2. Make an [`Intent`]: `Action::Enter` for fades (post-only), `Action::EnterStop` for
//!    break-throughs. Its [`ClientId`] comes from instrument, level and attempt: count attempts up.
//! 3. Every intent goes through `risk::Gate::pass`; only what passes may be sent.
//! 4. After a fill: `PlaceStop` for what was filled, `TakeProfit` for [`half`] of it at target 1,
//!    and a [`Trail`] which names the next `MoveStop`. If the stop cannot stand: `Close`.
//! 5. [`near_funding`] and [`held_too_long`] say when resting entries are pulled and positions closed.
//!
//! # The safe side
//! Everything off the grid is rounded so that no more can be lost, and no more is hoped for, than the
//! rule says:
//!
//! | what | side | why |
//! |---|---|---|
//! | size | down to the lot | never more than the share of equity |
//! | stop, trail | towards the market | the loss to the stop is at most the rule's |
//! | target | towards the entry | the profit asked is at most the rule's |
//! | half at target 1 | up to the lot | a position of one lot is taken whole |
//!
//! **Invariants.** Money, prices and quantities are integers; ATR, AVWAP and σ come as float ticks
//! and become millionths of a tick at the door ([`Reach`], [`Micro`]). No allocation.

mod hours;
mod intent;
mod measure;
mod size;
mod stop;
mod trail;

#[cfg(test)]
mod tests;

pub use hours::{FUNDING_QUIET, HoldPlan, held_too_long, near_funding};
pub use intent::{Action, ClientId, ClientText, Intent, Role, Why};
pub use measure::{Micro, Reach, Share, mul_div};
pub use size::{Ask, EQUITY_SHARE, Funding, Modifiers, SizePlan, SizeRefusal, half};
pub use stop::{ExitRefusal, Frame, Nodes, Target, TargetKind};
pub use trail::{High, Trail};

//! Risk: what the account stands at, and the one gate that every intent passes.
//!
//! ```text
//! reports, marks, funding ─▶ Account ─┬─▶ Gate::observe   (losses, latches, executions)
//!                       Intent, Scene ─┴─▶ Gate::pass ──▶ sent: counted in Account at once
//!                                                └──────▶ Refusal, by name
//! ```
//!
//! # How to use it
//! 1. Start: [`LimitsDraft`] from the configuration, [`LimitsDraft::conclude`] → [`Limits`], or a
//!    refusal to start that names the limit. [`Account::new`], [`Gate::new`].
//! 2. Each mark price: [`Account::mark`]. Each answer of the venue: [`Account::report`]. Funding
//!    payments and transfers: [`Account::funding`], [`Account::transfer`]. After any of them
//!    [`Gate::observe`] with the time of the event. `pass` observes too, so a forgotten call cannot
//!    let an order out; it only sees a loss later.
//! 3. Conditions from outside: [`Gate::raise`] and [`Gate::clear`] with a [`Cause`].
//! 4. Before anything is sent: [`Gate::pass`]. `Ok` means: send it now; it already counts as in
//!    flight. Tell what became of it by `report`, whatever it is ([`What::Unknown`] too).
//! 5. A latch leaves by [`Gate::release`] only: the path of a person's command.
//!
//! # What passes
//!
//! | intent | TRADING | REDUCING | HALTED |
//! |---|---|---|---|
//! | entry, stop entry | within every limit | no | no |
//! | place a stop | yes | yes | yes |
//! | move a stop nearer | yes | yes | yes |
//! | cancel an entry, profit or close | yes | yes | yes |
//! | cancel a stop that still protects | no | no | no |
//! | take profit | yes | yes | no |
//! | close | yes | yes | only without a standing stop, or asked by a person |
//!
//! What reduces risk may use the whole of a rate, entries only what the reserve leaves. Closes,
//! stops for what is not covered, and the first cancel of an order are bounded by what there is to
//! reduce, so no rate refuses them at all.
//!
//! **Invariants.** Money is `i128` in 10⁻¹⁶ quote units ([`Money`]): a price in 10⁻⁸ times a quantity
//! in 10⁻⁸, so nothing is ever rounded but a payout to `Fine`. No allocation after `new`. Time is an
//! argument. Outside data that make no sense are refused and counted; the state stays.

mod account;
mod cause;
mod gate;
mod limits;
mod money;
mod orders;
mod position;
mod rate;
mod refusal;
mod watch;

#[cfg(test)]
mod tests;

pub use account::{Account, Folded, Report, What};
pub use cause::{Cause, Causes, TradingState};
pub use gate::{Gate, Scene, Touch};
pub use limits::{LimitRefusal, LimitRow, Limits, LimitsDraft};
pub use money::Money;
pub use orders::{ORDERS_MAX, Order, OrderKind, Phase};
pub use position::Position;
pub use rate::Rates;
pub use refusal::Refusal;
pub use watch::ReleaseRefusal;

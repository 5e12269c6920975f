//! Rows of the limits: each is a decision, so none has a default.

use super::{Form, Key, stated};

/// Keys of `risk`: one for each row of `strategy::risk::LimitsDraft`.
pub(super) const RISK: &[Key] = &[
    stated(
        "risk.collar_mark",
        Form::Limit,
        "the farthest that an entry may stand from the mark price, a share of it",
    ),
    stated(
        "risk.collar_touch",
        Form::Limit,
        "the farthest that an entry may stand from the touch, a share of it",
    ),
    stated(
        "risk.collar_stop",
        Form::Limit,
        "the farthest that a stop may stand from the mark price, a share of it: beyond it protects nothing",
    ),
    stated(
        "risk.mark_seconds",
        Form::Limit,
        "the oldest mark price with which something opens, seconds",
    ),
    stated("risk.order_value", Form::Limit, "the largest order, quote units"),
    stated("risk.order_quantity", Form::Limit, "the largest order, base units"),
    stated(
        "risk.position_value",
        Form::Limit,
        "the largest position of an instrument with all that may still be added, quote units",
    ),
    stated(
        "risk.position_quantity",
        Form::Limit,
        "the largest position of an instrument with all that may still be added, base units",
    ),
    stated(
        "risk.level_value",
        Form::Limit,
        "the largest value of one level, held and entering, quote units",
    ),
    stated(
        "risk.total_value",
        Form::Limit,
        "the largest value of everything together, quote units",
    ),
    stated("risk.orders_side", Form::Limit, "live entries of an instrument a side"),
    stated("risk.orders_10s", Form::Limit, "orders in 10 s; the venue takes 300"),
    stated("risk.orders_1m", Form::Limit, "orders in a minute; the venue takes 1200"),
    stated("risk.messages_10s", Form::Limit, "orders and cancels in 10 s"),
    stated(
        "risk.reserve",
        Form::Limit,
        "the part of each rate that entries leave to what reduces risk, a share",
    ),
    stated(
        "risk.executions",
        Form::Limit,
        "entries that may fill in executions_minutes, then nothing opens",
    ),
    stated("risk.executions_minutes", Form::Limit, "the window of executions, minutes"),
    stated(
        "risk.daily_loss",
        Form::Limit,
        "the loss since 00:00 UTC, closed and running, at which nothing opens any more, quote units",
    ),
    stated(
        "risk.draw_down",
        Form::Limit,
        "the fall of equity from its peak at which nothing opens any more, quote units",
    ),
    stated("risk.unknown", Form::Limit, "orders of unknown fate at which nothing opens"),
];

//! Rows of signals, exits and the paper account.

use super::{Form, Key, ONE, decimal, key, stated};

/// A millionth: the least share.
const PPM: i64 = ONE / 1_000_000;

/// Keys of `strategy.signals`, `strategy.exits` and `strategy.paper`.
pub(super) const TRADING: &[Key] = &[
    key(
        "strategy.signals.monitor_ppm",
        Form::Integer(1, 50_000),
        "1500",
        "how near to its near edge a zone is watched, millionths of the price",
    ),
    key(
        "strategy.signals.confirm_ms",
        Form::Integer(1_000, 3_600_000),
        "120000",
        "T: how long after the touch confirmations count, ms",
    ),
    key(
        "strategy.signals.armed_ms",
        Form::Integer(1_000, 3_600_000),
        "120000",
        "how long an armed level waits for its fill, ms",
    ),
    key(
        "strategy.signals.leave_ppm",
        Form::Integer(2, 100_000),
        "2500",
        "how far outside its zone price has left a level, millionths; more than monitor_ppm",
    ),
    key(
        "strategy.signals.cool_ms",
        Form::Integer(1_000, 86_400_000),
        "600000",
        "how long price must be out before the level starts again, ms",
    ),
    key(
        "strategy.signals.untouched_ms",
        Form::Integer(1_000, 86_400_000),
        "600000",
        "how long a level is watched without a touch before it is taken anew, ms",
    ),
    key(
        "strategy.signals.fast_ratio",
        Form::Integer(1, 100),
        "2",
        "the market is fast when volatility of 5 m is more than so many times that of 24 h",
    ),
    key(
        "strategy.signals.entry",
        Form::Choice(&["on_arm", "ahead"]),
        "\"on_arm\"",
        "how a fade enters: post-only once confirmed, or half of it resting ahead",
    ),
    key(
        "strategy.signals.retry_ticks",
        Form::Integer(1, 1_000),
        "1",
        "an entry refused as taker stands so many ticks further the second time",
    ),
    key(
        "strategy.signals.retry_ms",
        Form::Integer(1, 60_000),
        "200",
        "so long after the refusal the second try comes, ms",
    ),
    key(
        "strategy.signals.ahead_ppm",
        Form::Integer(2, 100_000),
        "2500",
        "how far from the mid an order may be laid ahead, millionths; more than monitor_ppm",
    ),
    key(
        "strategy.signals.rest_pause_ms",
        Form::Integer(1_000, 86_400_000),
        "10000",
        "after an order ahead was refused or lost none is laid at that level for so long, ms",
    ),
    key(
        "strategy.signals.oi_rule",
        Form::Choice(&["no_new_positions", "as_written"]),
        "\"no_new_positions\"",
        "what an extreme must show about open interest: no rise at either, or no rise at a high and no fall at a low",
    ),
    key(
        "strategy.signals.oi_filter",
        Form::Choice(&["veto", "count", "off"]),
        "\"veto\"",
        "a contrary open interest vetoes, an agreeing one counts as a confirmation, or neither",
    ),
    key(
        "strategy.signals.confirm_classic",
        Form::Flag,
        "false",
        "MACD histogram, OBV and A/D confirm as well",
    ),
    key(
        "strategy.signals.sync_bars",
        Form::Integer(0, 60),
        "5",
        "a divergence counts from so many bars before the touch on",
    ),
    key(
        "strategy.signals.obi_z",
        decimal(ONE / 10, 20 * ONE, 8),
        "2",
        "how far the book imbalance's z must lean for a break-through",
    ),
    key(
        "strategy.signals.break_near_ppm",
        Form::Integer(1, 100_000),
        "1000",
        "a break-through is watched while its LVN lies at least so far ahead, millionths",
    ),
    key(
        "strategy.signals.break_far_ppm",
        Form::Integer(1, 100_000),
        "10000",
        "a break-through is watched while its LVN lies at most so far ahead, millionths",
    ),
    key(
        "strategy.signals.break_ms",
        Form::Integer(1_000, 86_400_000),
        "600000",
        "how long an armed break-through lives, ms",
    ),
    key(
        "strategy.signals.breaks_max",
        Form::Integer(0, 8),
        "2",
        "break-throughs that may arm in breaks_window_ms",
    ),
    key(
        "strategy.signals.breaks_window_ms",
        Form::Integer(1_000, 86_400_000),
        "14400000",
        "the window of breaks_max, ms",
    ),
    key(
        "strategy.signals.break_pull_back",
        Form::Flag,
        "false",
        "once a break-through is filled, a second half waits at the LVN's far edge",
    ),
    key(
        "strategy.signals.depth_silent_ms",
        Form::Integer(100, 600_000),
        "3000",
        "no depth event for more than this contaminates, ms",
    ),
    key(
        "strategy.signals.tape_silent_ms",
        Form::Integer(1_000, 3_600_000),
        "30000",
        "no trade for more than this while the book moves contaminates, ms",
    ),
    key(
        "strategy.signals.audit_ppm",
        Form::Integer(0, 100_000),
        "500",
        "how far the audited book may be off, millionths",
    ),
    key(
        "strategy.signals.skew_ms",
        Form::Integer(1, 60_000),
        "1000",
        "how far sockets may be apart in time, ms",
    ),
    key(
        "strategy.signals.polls_failed",
        Form::Integer(1, 1_000),
        "3",
        "failed polls in a row after which an input's grade decides",
    ),
    key(
        "strategy.signals.interest_grade",
        Form::Choice(&["contaminate", "abstain"]),
        "\"contaminate\"",
        "what failed polls of open interest do: contaminate, or let it abstain",
    ),
    key(
        "strategy.signals.funding_grade",
        Form::Choice(&["contaminate", "abstain"]),
        "\"contaminate\"",
        "what failed polls of funding do: contaminate, or let it abstain",
    ),
    key(
        "strategy.signals.hold_ms",
        Form::Integer(0, 3_600_000),
        "60000",
        "how long contamination outlasts its cause, ms",
    ),
    key(
        "strategy.signals.flash_ppm",
        Form::Integer(1_000, 500_000),
        "30000",
        "a move of more than this freezes profile levels, millionths",
    ),
    key(
        "strategy.signals.flash_ms",
        Form::Integer(100, 10_000),
        "10000",
        "the span of that move, ms",
    ),
    key(
        "strategy.signals.flash_hold_ms",
        Form::Integer(1_000, 3_600_000),
        "60000",
        "how long profile levels stay frozen, ms",
    ),
    key(
        "strategy.signals.funding_ms",
        Form::Integer(0, 3_600_000),
        "600000",
        "nothing opens in the last so long before funding, ms",
    ),
    key(
        "strategy.exits.max_notional",
        decimal(1, 1_000_000_000 * ONE, 8),
        "5000",
        "the most that one entry is worth, quote units",
    ),
    stated(
        "strategy.exits.notional_cap",
        decimal(PPM, ONE, 6),
        "the most that one entry is worth as a share of equity",
    ),
    key(
        "strategy.exits.risk_per_trade",
        decimal(PPM, ONE / 10, 6),
        "0.005",
        "the share of equity that a move of ATR times atr_mult may cost",
    ),
    key(
        "strategy.exits.atr_mult",
        decimal(PPM, 100 * ONE, 6),
        "1",
        "how many ATR the move of risk_per_trade is",
    ),
    key(
        "strategy.exits.max_hold_minutes",
        Form::Integer(1, 100_000),
        "240",
        "a position is closed after so many minutes",
    ),
    key(
        "strategy.exits.maker_ppm",
        Form::Integer(0, 10_000),
        "200",
        "what the venue takes of a fill that made liquidity, millionths",
    ),
    key(
        "strategy.exits.taker_ppm",
        Form::Integer(0, 10_000),
        "500",
        "what it takes of a fill that took liquidity, millionths; a magnet must be worth twice the sum",
    ),
    key(
        "strategy.paper.equity",
        decimal(1, 1_000_000_000 * ONE, 8),
        "100000",
        "the paper wallet at the start, quote units",
    ),
    key(
        "strategy.paper.paper_latency_ms",
        Form::Integer(0, 10_000),
        "10",
        "how long a paper order, a withdrawal or an answer is under way, ms",
    ),
    key(
        "strategy.paper.paper_slippage_ticks",
        Form::Integer(0, 10_000),
        "1",
        "what a paper market order pays beyond the touch, ticks",
    ),
];

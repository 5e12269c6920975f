//! What moves through the house: units, instruments, and the 64-byte lines that carry events.
//!
//! Everything here is `Copy`, has a fixed layout and knows nobody. A *message* is one head
//! line and 0…n body lines; it travels through rings, the log and the journal unchanged.
//!
//! | seen at | messages | head |
//! |---|---|---|
//! | the door and the log | events: trades, depth, snapshots, marks, ticks | [`Head`] |
//! | behind the book | market: the same, plus the book's top and closed bars | [`Head`] |
//! | behind analytics | insights, and behind them the market message they follow from | [`Insight`], [`Head`] |
//! | behind strategy | decisions: a line and their body | as an [`Insight`] |
//!
//! **Invariants.** No float before a ratio, none ever for money. No time without its clock
//! named. Padding is a named, zero field, because records are compared as bytes. Kind numbers
//! are never reused, and a reader skips kinds it does not know.
#![forbid(unsafe_code)]

mod bounds;
mod calendar;
mod control;
mod decimal;
mod decision;
mod depth;
mod digest;
mod event;
mod insight;
mod instrument;
mod kind;
mod line;
mod market;
mod refusal;
mod units;
mod width;

pub use bounds::{
    DEPTH_LEVELS_PER_LINE, HEATMAP_LINES_MAX, INSTRUMENTS_MAX, LINES_MAX, OBI_LEVELS, TOP_LEVELS,
};
pub use calendar::{DAY, FundingSession, HOUR, Interval, MILLISECOND, MINUTE, SECOND};
pub use control::{
    AuditLine, Command, CommandLine, ConnectionFault, ConnectionLine, ConnectionState, LagCause,
    LagLine, Route, ServerTimeLine,
};
pub use decimal::{Decimal, DecimalError, Shown, decimal, shown};
pub use decision::{
    AnswerDecision, CloseDecision, CloseLine, FeaturesLine, FeaturesMoreLine, FillDecision,
    FillLine, IntentDecision, LevelDecision, LevelFlags, LevelLine, OrderLine, PlanLine,
    ReasonPart, ReasonsLine, RefusalDecision, SignalDecision, SignalLine, StateDecision, TermsLine,
    in_run,
};
pub use depth::{DepthForm, DepthLine, Level, LevelPrice, WideLine};
pub use digest::Digest;
pub use event::{
    ForceLine, HeatmapLine, InstrumentLine, InstrumentMoreLine, KlineLine, KlineSumsLine, MarkLine,
    OpenInterestLine, QuoteLine, RefusedLine, TradeLine,
};
pub use insight::{
    Accords, ClusterCounts, ClusterLine, ClustersInsight, EffortLine, Labels, MomentumLine,
    ParticipationInsight, TimeframesInsight, UrgencyLine, WallsLine,
};
pub use insight::{
    AccumulationInsight, AtrInsight, AverageInsight, DivergenceInsight, DivergenceLine, Indicator,
    OscillatorInsight, SwingFlags, SwingInsight, SwingLine, with_opening,
};
pub use insight::{
    AnchorInsight, AvwapInsight, AvwapLine, CvdInsight, FOOTPRINT_ROWS_MAX, FootprintFacts,
    FootprintInsight, FootprintMarksLine, FootprintRow, FootprintRowsLine, FootprintSumsLine,
    Insight, KyleInsight, MarkoutInsight, ObiInsight, ProfileInsight, SizesInsight, SizesLine,
    TapeInsight, TapeRanksLine, TopInsight, Trust, VolatilityInsight, VpinInsight, Window, missing,
};
pub use insight::{
    BalanceInsight, FundingInsight, InterestInsight, LiquidationsInsight, LiquidityInsight,
    NakedInsight, NodeLine, NodesInsight, OfiInsight, RegimeInsight, ShapeInsight, SpikeInsight,
    TpoInsight, TpoLine,
};
pub use insight::{
    HeatInsight, HeatLine, KillzoneInsight, StructureInsight, StructureStep, StructureWhat,
    killzone,
};
pub use instrument::{Instrument, InstrumentError, InstrumentId, Instruments, Symbol, Venue};
pub use kind::Kind;
pub use line::{Body, Draft, Flags, Head, Line, Message, Sink};
pub use market::{
    BarLine, BarSumsLine, BookLine, BookState, DEPTH_ROWS, DRAIN_LINES_MAX, DepthLotsLine,
    DepthRowsLine, DrainLine, MarkBarLine,
};
pub use refusal::Refusal;
pub use units::{Fine, Lots, Nanos, Notional, Price, Side, Ticks};
pub use width::{width_border, width_shift};

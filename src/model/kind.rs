//! The numbers that say what a message is. A number is never reused; readers skip what they do
//! not know.

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $number:literal, $text:literal;)+) => {
        /// What a message is.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum Kind { $($(#[$meta])* $name = $number,)+ }

        impl Kind {
            /// Every kind, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The kind a number stands for; `None` for kinds of a later version.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }

            /// The name in counters, digests and documents.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

kinds! {
    // Events: 1..=63, what enters at the door.

    /// An instrument's grid and filters: `InstrumentLine`, `InstrumentMoreLine`.
    Instrument = 1, "instrument";
    /// The clock reached a multiple of the tick; no body. `time_local` is that multiple.
    Tick = 2, "tick";
    /// An aggregate trade, or a single one as an aggregate of one: `TradeLine`.
    /// With `Flags::FOREIGN` an id that was no market trade: no body.
    Trade = 3, "trade";
    /// A depth diff: `DepthLine`s. `id` = u, `id_span` = u − U, `id_prev` = pu.
    Depth = 4, "depth";
    /// Partial depth (full top N): `DepthLine`s; ids as in a diff. Never changes the book.
    Partial = 5, "partial";
    /// A REST depth snapshot: `DepthLine`s. `id` = lastUpdateId.
    Snapshot = 6, "snapshot";
    /// The best bid and ask: `QuoteLine`. `id` = u.
    Quote = 7, "quote";
    /// Mark, index and funding from the stream: `MarkLine`.
    Mark = 8, "mark";
    /// A liquidation: `ForceLine`.
    Force = 9, "force";
    /// A candle of the venue: `KlineLine`, `KlineSumsLine`.
    Kline = 10, "kline";
    /// Open interest: `OpenInterestLine`.
    OpenInterest = 11, "open_interest";
    /// Mark, index and funding from REST: `MarkLine`.
    Premium = 12, "premium";
    /// A frame that was refused; its bytes may lie in the side file: `RefusedLine`.
    Refused = 13, "refused";
    /// A connection opened, was proven or was lost: `ConnectionLine`.
    Connection = 14, "connection";
    /// Something lags behind: `LagLine`.
    Lag = 15, "lag";
    /// The hot book beside a shadow book: `AuditLine`, `BookLine` hot, `BookLine` shadow.
    Audit = 16, "audit";
    /// An operator's command: `CommandLine`.
    Command = 17, "command";
    /// The venue's clock against ours: `ServerTimeLine`.
    ServerTime = 18, "server_time";
    /// An external liquidation heatmap: `HeatmapLine`s, lowest price first.
    Heatmap = 19, "heatmap";

    // Market: 64..=127, what the book adds.

    /// The best of the book after a change: `BookLine`. `id` = u.
    Book = 64, "book";
    /// A closed bar: `BarLine`, `BarSumsLine`.
    Bar = 65, "bar";
    /// What levels of a trusted book lost by an event: `DrainLine`, then `DepthLine`s whose lots
    /// are what was lost, zero where a level lost nothing. `id` = u. It comes before the book's
    /// own line.
    Drain = 66, "drain";
    /// The book's quantity by row, with each 5 m bar: `DepthRowsLine`, `DepthLotsLine`s.
    DepthRows = 67, "depth_rows";

    /// A closed bar of the mark price: `MarkBarLine`.
    MarkBar = 68, "mark_bar";

    // Insights: 128..=191. Room is kept together: core 128, volume 132, anchor 140, prints 144,
    // depth 156, indicator 166, structure 172, participation 182.

    /// The best bid or ask changed, or trust did.
    TopInsight = 128, "top";
    /// A profile's POC, value area or volume changed.
    ProfileInsight = 129, "profile";
    /// Cumulative volume delta changed.
    CvdInsight = 130, "cvd";
    /// Book imbalance changed.
    ObiInsight = 131, "obi";
    /// A window's nodes: `NodesInsight`, `NodeLine`s.
    NodesInsight = 132, "nodes";
    /// A window's shape: `ShapeInsight`.
    ShapeInsight = 133, "shape";
    /// A completed session's POC was registered, touched or forgotten: `NakedInsight`.
    NakedInsight = 134, "naked";
    /// Market Profile of the day: `TpoInsight`, `TpoLine`s.
    TpoInsight = 135, "tpo";
    /// Initial balance of the day: `BalanceInsight`.
    BalanceInsight = 136, "balance";
    /// An anchored VWAP or a band of it changed; at most once a second each.
    AvwapInsight = 140, "avwap";
    /// An anchor was set or gave way.
    AnchorInsight = 141, "anchor";

    /// A minute's footprint closed: `FootprintSumsLine`, `FootprintMarksLine`, `FootprintRowsLine`s.
    FootprintInsight = 144, "footprint";
    /// Kyle's λ after a closed bar.
    KyleInsight = 145, "kyle";
    /// VPIN after a completed bucket or a closed minute.
    VpinInsight = 146, "vpin";
    /// Realised volatility of a window after a closed second.
    VolatilityInsight = 147, "volatility";
    /// Tape speed after a closed second: `TapeRanksLine`.
    TapeInsight = 148, "tape";
    /// Markouts of a minute's prints at a horizon.
    MarkoutInsight = 149, "markouts";
    /// Cumulative delta by size of the trade, after a closed second: `SizesLine`.
    SizesInsight = 150, "sizes";
    /// Order flow imbalance over a closed bar of 1 m or longer.
    OfiInsight = 156, "ofi";
    /// The book imbalance over a closed minute.
    RegimeInsight = 157, "obi_regime";
    /// Open interest after a poll, or none for 45 s.
    InterestInsight = 158, "oi";
    /// The funding rate or its time changed.
    FundingInsight = 159, "funding";
    /// A closed minute with liquidations.
    LiquidationsInsight = 160, "liquidations";
    /// A minute's liquidations became a spike.
    SpikeInsight = 161, "liquidation_spike";
    /// What became of the quantity that levels lost in a closed minute.
    LiquidityInsight = 162, "liquidity";
    /// RSI and MACD after a closed bar.
    OscillatorInsight = 166, "oscillator";
    /// ATR after a closed bar.
    AtrInsight = 167, "atr";
    /// OBV and A/D after a closed bar.
    AccumulationInsight = 168, "accumulation";
    /// EMA, rolling mean and deviation after a closed bar.
    AverageInsight = 169, "average";
    /// A swing extreme, running or confirmed: `SwingLine`.
    SwingInsight = 170, "swing";
    /// A divergence of two extremes: `DivergenceLine`.
    DivergenceInsight = 171, "divergence";

    /// A fact of market structure: `StructureInsight`.
    StructureInsight = 172, "structure";
    /// Other killzones are open: `KillzoneInsight`.
    KillzoneInsight = 173, "killzone";
    /// Liquidation clusters after a minute: `HeatInsight`, `HeatLine`s.
    HeatInsight = 174, "clusters";

    /// What a closed bar says: effort, momentum, urgency, the fused signal.
    ParticipationInsight = 182, "participation";
    /// The volume clusters of a range of bars.
    ClustersInsight = 183, "vcp";
    /// 5, 15 and 30 m beside each other.
    TimeframesInsight = 184, "timeframes";

    // Decisions: 192..=223.

    /// A level of the book, published or gone: `LevelLine`, `TermsLine`, `ReasonsLine`s.
    LevelDecision = 192, "level";
    /// A step in the life of a level and side: `SignalLine`, `TermsLine`, `FeaturesLine`,
    /// `FeaturesMoreLine`.
    SignalDecision = 193, "signal";
    /// An intent that passed the risk gate: `OrderLine`.
    IntentDecision = 194, "intent";
    /// An intent that was not sent: `OrderLine`.
    RefusalDecision = 195, "refusal";
    /// An order filled by the model in process: `FillLine`.
    FillDecision = 196, "fill";
    /// A signal's position is flat again: `CloseLine`.
    CloseDecision = 197, "close";
    /// The trading state, contamination or what abstains changed.
    StateDecision = 198, "state";
    /// An order was answered by the model in process.
    AnswerDecision = 199, "answer";

    // Logs: 224..=239, what stands in a log of decisions beside them.

    /// What decided: the first message of a log of decisions: `PlanLine`, the plan in words.
    DecidedBy = 224, "decided_by";
}

impl Kind {
    /// Whether it is a decision of stage 4.
    #[must_use]
    pub const fn is_decision(self) -> bool {
        self as u16 >= 192 && (self as u16) < 224
    }

    /// Whether it is an insight of stage 3.
    #[must_use]
    pub const fn is_insight(self) -> bool {
        self as u16 >= 128 && (self as u16) < 192
    }
}

const _: () = {
    // Ascending, so no number stands twice.
    let mut at = 1;
    while at < Kind::ALL.len() {
        assert!((Kind::ALL[at - 1] as u16) < Kind::ALL[at] as u16);
        at += 1;
    }
};

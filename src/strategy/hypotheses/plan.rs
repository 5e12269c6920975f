//! What may be chosen about hypotheses; the defaults are the specification's (§§ 7 and 9).

use model::{MILLISECOND, Nanos};

/// How a fade enters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryRule {
    /// A post-only order once two confirmations hold.
    OnArm,
    /// Half the size rests at the level while price is still away.
    Ahead,
}

/// What an extreme must show about open interest to be one without new positions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InterestRule {
    /// It did not rise, at a high and at a low.
    NoNewPositions,
    /// It did not rise at a high, did not fall at a low.
    AsWritten,
}

/// What the verdict on open interest does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InterestFilter {
    /// A contrary one makes the count of confirmations zero while it stands.
    Veto,
    /// An agreeing one is a confirmation.
    Count,
    /// Nothing.
    Off,
}

/// What three failed polls of an input do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grade {
    /// The input is named as missing; nothing else.
    Abstain,
    /// It contaminates until a poll succeeds, and the hold after it.
    Contaminate,
}

/// The parameters; every span in milliseconds, every share in millionths.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HypothesisPlan {
    /// `monitor_ppm`: how near to the near edge a level is watched.
    pub monitor_ppm: u32,
    /// `confirm_ms`: T, from the touch.
    pub confirm_ms: u64,
    /// `armed_ms`: how long Armed lives.
    pub armed_ms: u64,
    /// `leave_ppm`: how far outside price has left.
    pub leave_ppm: u32,
    /// `cool_ms`: how long it must be out before the level starts again.
    pub cool_ms: u64,
    /// `untouched_ms`: how long a level is watched without a touch before it is taken anew.
    pub untouched_ms: u64,
    /// `fast_ratio`: the market is fast when rv 5 m is more than so many times rv 24 h.
    pub fast_ratio: u32,
    /// `entry`.
    pub entry: EntryRule,
    /// `retry_ticks`: how much further the second try stands.
    pub retry_ticks: u32,
    /// `retry_ms`: and how much later.
    pub retry_ms: u64,
    /// `ahead_ppm`: how far from the mid an order may be laid ahead.
    pub ahead_ppm: u32,
    /// `rest_pause_ms`: after an order ahead was refused or lost, none at that level for so long.
    pub rest_pause_ms: u64,
    /// `oi_rule`.
    pub oi_rule: InterestRule,
    /// `oi_filter`.
    pub oi_filter: InterestFilter,
    /// `confirm_classic`: MACD histogram, OBV and A/D confirm as well.
    pub confirm_classic: bool,
    /// `sync_bars`: a divergence counts from so many bars before the touch on.
    pub sync_bars: u32,
    /// `obi_z`: how far OBI must lean.
    pub obi_z: f64,
    /// `round_trip_ppm`: fees of an entry and its exit; a magnet must be worth twice that.
    pub round_trip_ppm: u32,
    /// `break_near_ppm`: a break-through is watched from so near …
    pub break_near_ppm: u32,
    /// `break_far_ppm`: … to so far.
    pub break_far_ppm: u32,
    /// `break_ms`: how long an armed one lives.
    pub break_ms: u64,
    /// `breaks_max`: how many are armed …
    pub breaks_max: u32,
    /// `breaks_window_ms`: … in so long.
    pub breaks_window_ms: u64,
    /// `break_pull_back`: once in, a second half waits at the valley's far edge.
    pub break_pull_back: bool,
    /// `depth_silent_ms`: no depth event for more than this contaminates.
    pub depth_silent_ms: u64,
    /// `tape_silent_ms`: nor a trade while the book moves.
    pub tape_silent_ms: u64,
    /// `audit_ppm`: how far the audited depth may be off.
    pub audit_ppm: u32,
    /// `skew_ms`: how far sockets may be apart in time.
    pub skew_ms: u64,
    /// `polls_failed`: so many failures in a row.
    pub polls_failed: u32,
    /// `interest_grade`: what they do for open interest.
    pub interest_grade: Grade,
    /// `funding_grade`: and for funding.
    pub funding_grade: Grade,
    /// `hold_ms`: how long contamination outlasts its cause.
    pub hold_ms: u64,
    /// `flash_ppm`: a move of more than this …
    pub flash_ppm: u32,
    /// `flash_ms`: … in so long …
    pub flash_ms: u64,
    /// `flash_hold_ms`: … freezes profile levels for so long.
    pub flash_hold_ms: u64,
    /// `funding_ms`: nothing opens in the last so long before funding.
    pub funding_ms: u64,
}

impl Default for HypothesisPlan {
    fn default() -> Self {
        Self {
            monitor_ppm: 1_500,
            confirm_ms: 120_000,
            armed_ms: 120_000,
            leave_ppm: 2_500,
            cool_ms: 600_000,
            untouched_ms: 600_000,
            fast_ratio: 2,
            entry: EntryRule::OnArm,
            retry_ticks: 1,
            retry_ms: 200,
            ahead_ppm: 2_500,
            rest_pause_ms: 10_000,
            oi_rule: InterestRule::NoNewPositions,
            oi_filter: InterestFilter::Veto,
            confirm_classic: false,
            sync_bars: 5,
            obi_z: 2.0,
            round_trip_ppm: 700,
            break_near_ppm: 1_000,
            break_far_ppm: 10_000,
            break_ms: 600_000,
            breaks_max: 2,
            breaks_window_ms: 14_400_000,
            break_pull_back: false,
            depth_silent_ms: 3_000,
            tape_silent_ms: 30_000,
            audit_ppm: 500,
            skew_ms: 1_000,
            polls_failed: 3,
            interest_grade: Grade::Contaminate,
            funding_grade: Grade::Contaminate,
            hold_ms: 60_000,
            flash_ppm: 30_000,
            flash_ms: 10_000,
            flash_hold_ms: 60_000,
            funding_ms: 600_000,
        }
    }
}

/// A parameter outside of what makes sense.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlanError {
    /// The key.
    pub key: &'static str,
    /// What it was.
    pub value: f64,
    /// The least it may be.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, value, least, most } = self;
        write!(out, "{key} must be in {least}..={most}, got {value}")
    }
}

impl std::error::Error for PlanError {}

/// The longest span any key takes: a day.
const DAY_MS: f64 = 86_400_000.0;
/// As many armings as the machine remembers.
pub(super) const BREAKS_MAX: usize = 8;

impl HypothesisPlan {
    /// The same plan when every value makes sense.
    ///
    /// # Errors
    /// The first key that does not, with its range.
    pub fn check(self) -> Result<Self, PlanError> {
        for (key, value, least, most) in self.rows() {
            // Written so that a NaN is outside.
            if !(least <= value && value <= most) {
                return Err(PlanError { key, value, least, most });
            }
        }
        Ok(self)
    }

    /// Every range is one row.
    fn rows(&self) -> [(&'static str, f64, f64, f64); 29] {
        let ms = |span: u64| {
            // Beyond 2^32 ms the row refuses it anyway.
            f64::from(u32::try_from(span).unwrap_or(u32::MAX))
        };
        let whole = |number: u32| f64::from(number);
        [
            ("monitor_ppm", whole(self.monitor_ppm), 1.0, 50_000.0),
            ("confirm_ms", ms(self.confirm_ms), 1_000.0, 3_600_000.0),
            ("armed_ms", ms(self.armed_ms), 1_000.0, 3_600_000.0),
            // Less than the watching distance and a level would start and end on one price.
            ("leave_ppm", whole(self.leave_ppm), whole(self.monitor_ppm) + 1.0, 100_000.0),
            ("cool_ms", ms(self.cool_ms), 1_000.0, DAY_MS),
            ("untouched_ms", ms(self.untouched_ms), 1_000.0, DAY_MS),
            ("fast_ratio", whole(self.fast_ratio), 1.0, 100.0),
            ("retry_ticks", whole(self.retry_ticks), 1.0, 1_000.0),
            ("retry_ms", ms(self.retry_ms), 1.0, 60_000.0),
            ("ahead_ppm", whole(self.ahead_ppm), whole(self.monitor_ppm) + 1.0, 100_000.0),
            ("rest_pause_ms", ms(self.rest_pause_ms), 1_000.0, DAY_MS),
            ("sync_bars", whole(self.sync_bars), 0.0, 60.0),
            ("obi_z", self.obi_z, 0.1, 20.0),
            ("round_trip_ppm", whole(self.round_trip_ppm), 0.0, 20_000.0),
            ("break_near_ppm", whole(self.break_near_ppm), 1.0, 100_000.0),
            ("break_far_ppm", whole(self.break_far_ppm), whole(self.break_near_ppm), 100_000.0),
            ("break_ms", ms(self.break_ms), 1_000.0, DAY_MS),
            ("breaks_max", whole(self.breaks_max), 0.0, 8.0),
            ("breaks_window_ms", ms(self.breaks_window_ms), 1_000.0, DAY_MS),
            ("depth_silent_ms", ms(self.depth_silent_ms), 100.0, 600_000.0),
            ("tape_silent_ms", ms(self.tape_silent_ms), 1_000.0, 3_600_000.0),
            ("audit_ppm", whole(self.audit_ppm), 0.0, 100_000.0),
            ("skew_ms", ms(self.skew_ms), 1.0, 60_000.0),
            ("polls_failed", whole(self.polls_failed), 1.0, 1_000.0),
            ("hold_ms", ms(self.hold_ms), 0.0, 3_600_000.0),
            ("flash_ppm", whole(self.flash_ppm), 1_000.0, 500_000.0),
            ("flash_ms", ms(self.flash_ms), 100.0, 10_000.0),
            ("flash_hold_ms", ms(self.flash_hold_ms), 1_000.0, 3_600_000.0),
            ("funding_ms", ms(self.funding_ms), 0.0, 3_600_000.0),
        ]
    }
}

/// Milliseconds as nanoseconds.
pub(super) const fn span(millis: u64) -> Nanos {
    Nanos(millis.saturating_mul(MILLISECOND.0))
}

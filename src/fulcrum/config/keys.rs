//! Every configuration key: one row each, from which check, default, help and tests come.

/// What a key takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// An integer in a range, both ends allowed.
    Integer(u64, u64),
    /// A power of two in a range.
    PowerOfTwo(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A path.
    Path,
    /// A list of different integers in a range.
    Integers(u64, u64),
    /// A list of `SYMBOL:TICK:LOT[:spot]`.
    Instruments,
}

impl Form {
    /// The form in a sentence.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Integer(..) | Self::PowerOfTwo(..) => "an integer",
            Self::Choice(_) | Self::Path => "a string",
            Self::Integers(..) => "a list of integers",
            Self::Instruments => "a list of SYMBOL:TICK:LOT strings",
        }
    }
}

/// One key.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Key {
    /// `section.name`.
    pub(crate) path: &'static str,
    /// What it takes.
    pub(crate) form: Form,
    /// Its default, as TOML.
    pub(crate) default: &'static str,
    /// What it is for.
    pub(crate) meaning: &'static str,
}

const fn key(path: &'static str, form: Form, default: &'static str, meaning: &'static str) -> Key {
    Key { path, form, default, meaning }
}

/// Every key, in the order in which it is shown.
pub(crate) const KEYS: &[Key] = &[
    key(
        "market.instruments",
        Form::Instruments,
        "[]",
        "grids by symbol, SYMBOL:TICK:LOT, with :spot behind for spot rules",
    ),
    key(
        "engine.layout",
        Form::Choice(&["inline", "fused", "two", "four", "auto"]),
        "\"inline\"",
        "threads of a replay: all inline, all fused on one hot thread, two, four, or what fits",
    ),
    key(
        "engine.idle",
        Form::Choice(&["spin", "yield", "park"]),
        "\"yield\"",
        "what a hot thread does while nothing comes",
    ),
    key(
        "engine.cores",
        Form::Integers(0, 1023),
        "[]",
        "cores of the hot threads, upstream first; empty: chosen from the affinity mask",
    ),
    key(
        "engine.hot_dir",
        Form::Path,
        "\"/dev/shm\"",
        "where the hot log lies; shared memory, never a disk",
    ),
    key(
        "book.window_ticks",
        Form::PowerOfTwo(64, 1 << 24),
        "65536",
        "ticks of a side that lie flat around the price, a power of two; four bytes each",
    ),
    key(
        "book.far_slots",
        Form::PowerOfTwo(8, 1 << 24),
        "32768",
        "slots of a side's table for levels outside the window, a power of two",
    ),
    key(
        "book.buffer_lines",
        Form::Integer(4097, 1 << 24),
        "16384",
        "lines of depth events that may wait for a snapshot",
    ),
    key(
        "book.bar_grace_ms",
        Form::Integer(0, 60_000),
        "500",
        "how long after its end the venue clock closes a bar",
    ),
    key(
        "book.stale_ms",
        Form::Integer(100, 3_600_000),
        "3000",
        "without a depth event for so long a trusted book is stale",
    ),
    key(
        "book.time_jump_max_ms",
        Form::Integer(100, 86_400_000),
        "10000",
        "a venue time further ahead is refused until three messages agree",
    ),
    key(
        "analytics.tape_slots",
        Form::PowerOfTwo(1024, 1 << 28),
        "4194304",
        "entries of an instrument's rolling tape, a power of two; 24 bytes each",
    ),
    key(
        "analytics.obi_window",
        Form::Integer(120, 86_400),
        "300",
        "1 Hz samples that the book imbalance's z is measured against",
    ),
];

//! Why input is refused: each reason has a number for the log, a name for counters and JSON, and
//! a sentence for people.

macro_rules! refusals {
    ($($name:ident = $number:literal, $text:literal, $sentence:literal;)+) => {
        /// Why a frame, a row or a message is refused.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum Refusal { $(#[doc = $sentence] $name = $number,)+ }

        impl Refusal {
            /// Every reason, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name in counters and JSON.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What is wrong, for a person.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)+ }
            }

            /// The reason a number stands for.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

refusals! {
    NotJson = 1, "not_json", "not a JSON object";
    Truncated = 2, "truncated", "ends in the middle";
    UnknownEvent = 3, "unknown_event", "an event kind we do not read";
    UnknownSymbol = 4, "unknown_symbol", "a symbol that is not in the instrument table";
    WrongVenue = 5, "wrong_venue", "not a USDⓈ-M payload (st is not 1)";
    MissingField = 6, "missing_field", "a required field is missing";
    WrongType = 7, "wrong_type", "a field has the wrong JSON type";
    DuplicateField = 8, "duplicate_field", "a field stands twice";
    BadNumber = 9, "bad_number", "not a plain decimal number";
    OutOfRange = 10, "out_of_range", "a number is out of range";
    OffTick = 11, "off_tick", "a traded price is not a multiple of the tick";
    OffLot = 12, "off_lot", "a quantity is not a multiple of the lot";
    TooManyLevels = 13, "too_many_levels", "more levels than one message can hold";
    BadTime = 14, "bad_time", "a time that cannot be";
    TimeJump = 15, "time_jump", "a venue time too far ahead";
    BadOrder = 16, "bad_order", "ids or prices in an impossible order";
    SymbolNotGiven = 17, "symbol_not_given", "a snapshot without a symbol, and several it could be";
    StreamMismatch = 18, "stream_mismatch", "stream name and payload disagree";
    TooLong = 19, "too_long", "longer than we accept";
    BadLine = 20, "bad_line", "not `<receive time> <json>`";
    BadRow = 21, "bad_row", "not a row of this dump's kind";
    NotText = 22, "not_text", "not UTF-8";
    VenueError = 23, "venue_error", "an error answer of the venue";
}

const _: () = {
    let mut at = 1;
    while at < Refusal::ALL.len() {
        assert!((Refusal::ALL[at - 1] as u16) < Refusal::ALL[at] as u16);
        at += 1;
    }
};

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.sentence())
    }
}

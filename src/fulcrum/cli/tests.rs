//! Command lines that are taken, and those that are refused.

use super::CommandLine;
use clap::{CommandFactory, Parser};

#[test]
fn the_definition_is_sound() {
    CommandLine::command().debug_assert();
}

#[test]
fn lines_are_taken_or_refused() {
    for (line, good) in [
        ("analyze a --emit book,cvd,profile,bars,obi,top", true),
        ("analyze a b --emit book --bin 10 --bin 50,100 --json --strict", true),
        ("analyze a --emit top --every update", true),
        ("analyze a --emit cvd --every 15m", true),
        ("analyze a --emit cvd --at 2024-07-19T00:00:00Z", true),
        ("analyze a --emit bars --interval 1s,1m,4h", true),
        ("analyze a --emit footprint,nodes,divergences,participation --every 1h", true),
        ("analyze a --emit avwap --anchor 2024-07-19T00:00:00Z --window named1", true),
        ("analyze a --emit avwap --anchor yesterday", false),
        ("analyze a --emit kyle --csv", true),
        ("analyze a --emit kyle --csv --json", false),
        ("analyze a --emit profile --window 2h,day,funding", true),
        ("analyze a --emit book --symbol A --tick 0.1 --lot 1", true),
        ("analyze a --emit book --instrument A:0.1:1 --instrument B:1:1:spot", true),
        ("analyze a", false),
        ("analyze --emit book", false),
        ("analyze a --emit signals", false),
        ("analyze a --emit profile --bin 0", false),
        ("analyze a --emit profile --bin x", false),
        ("analyze a --emit profile --window 3h", false),
        ("analyze a --emit bars --interval 2m", false),
        ("analyze a --emit cvd --at soon", false),
        ("analyze a --emit cvd --every 0s", false),
        ("analyze a --emit cvd --every 1s --at 5", false),
        ("analyze a --emit book --depth 0", false),
        ("analyze a --emit book --symbol A", false),
        ("analyze a --emit book --symbol A --tick 1", false),
        ("analyze a --emit book --tick 1", false),
        ("analyze a --emit book --instrument A:0.1", false),
        ("replay a --layout four --journal d", true),
        ("replay --imagined 7:30:planted", true),
        ("replay --imagined 7 --layout two --journal d", true),
        ("analyze --imagined 7:2 --emit nodes", true),
        ("analyze a.zip --with-book --emit obi", true),
        ("trial noise", true),
        ("trial pivots --seeds 40 --days 5 --share 60 --json", true),
        ("trial", false),
        ("trial luck", false),
        ("trial noise --seeds 1", false),
        ("trial noise --days 1", false),
        ("trial pivots --share 101", false),
        ("replay a --imagined 7", false),
        ("replay --imagined 7 --with-book", false),
        ("replay --imagined 7:1:wild", false),
        ("replay", false),
        ("replay a --layout five", false),
        ("replay", false),
        ("check -c f", true),
        ("check", false),
        ("config show", true),
        ("config show -c f --json", true),
        ("config", false),
        ("completions bash", true),
        ("completions cobol", false),
        ("latency read a.hlog", true),
        ("latency read a.hlog b.hgrm --compare a b --plot p.svg --title t --json", true),
        ("latency read", false),
        ("latency read a --compare b", false),
        ("demo", true),
        ("demo --seed 7 --minutes 0.5 --speed 10 --layout fused --json", true),
        ("demo --recording a.gz b.gz --speed max --journal d", true),
        ("demo --no-browser --minutes 1", true),
        ("demo --speed 0", false),
        ("demo --minutes 0", false),
        ("demo --recording", false),
        ("simulate -c f", true),
        ("simulate --listen 127.0.0.1:0 --seed 3 --ca ca.pem --departures d", true),
        ("simulate --listen here", false),
        ("record -c f --minutes 1", true),
        ("record", false),
        ("doctor", true),
        ("doctor -c f --host --json", true),
        ("version --json", true),
        ("fly", false),
        ("", false),
    ] {
        let words = std::iter::once("fulcrum").chain(line.split_whitespace());
        assert_eq!(CommandLine::try_parse_from(words).is_ok(), good, "{line}");
    }
}

//! Marks by table, and a real thread that loses its core.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Nanos;

use super::{Bearing, Cause, Count, Mark, Meter, Quiet, Turn, Watched, read, write};

/// A count that a script moves.
#[derive(Default)]
struct Script(u64);

impl Count for Script {
    fn switches(&mut self) -> u64 {
        self.0
    }
}

/// `kind gap_us [moves] …, kind …`: turns; the marks they make in µs since the first.
fn marks(bearing: Bearing, turns: &str) -> String {
    const START: u64 = 1_000_000_000;
    let mut meter = Meter::counting(bearing, Script::default());
    let mut now = START;
    meter.turn(Nanos(now), Turn::Idle);
    for turn in turns.split(',') {
        let words: Vec<&str> = turn.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u64>().expect("a number") * 1_000;
        now += number(1);
        if words.last() == Some(&"moves") {
            meter.kernel.0 += 1;
        }
        let kind = match words[0] {
            "idle" => Turn::Idle,
            "busy" => Turn::Busy,
            "walked" => Turn::Walked,
            _ => Turn::Slept(Nanos(number(2))),
        };
        meter.turn(Nanos(now), kind);
    }
    let us = |time: Nanos| (time.0 - START) / 1_000;
    let watched = meter.end();
    assert_eq!(watched.span, (Nanos(START), Nanos(now)));
    let mark = |mark: &Mark| format!("{} {}..{}", mark.cause.name(), us(mark.from), us(mark.to));
    watched.marks.iter().map(mark).collect::<Vec<_>>().join(", ")
}

#[test]
fn marks_by_table() {
    for (turns, want) in [
        ("idle 2, busy 9, idle 2", ""),
        // A timer's interrupt is no switch and shorter than what counts as stolen.
        ("idle 2, idle 60, idle 2", ""),
        ("idle 2, idle 101, idle 2", "stolen 2..103"),
        ("idle 2, idle 20 moves, idle 2", "switch 2..22"),
        ("idle 2, idle 5000 moves, idle 2", "switch 2..5002"),
        // Work takes what it takes, unless the kernel says otherwise.
        ("idle 2, busy 900, idle 2", ""),
        ("idle 2, busy 900 moves, idle 2", "switch 2..902"),
        // A turn too short to be looked at is booked to the next look.
        ("idle 2, idle 4 moves, idle 60", "switch 6..66"),
        // What piled up is worked off before the mark ends, and not a turn later.
        ("idle 300, busy 4, busy 40, idle 2, busy 40", "stolen 0..344"),
        ("idle 300, idle 2, busy 40", "stolen 0..300"),
        ("idle 300, busy 40 moves, busy 3, idle 2", "stolen 0..300, switch 300..343"),
        // A sleep is its own wish; what it is too long is not.
        ("slept 900 800 moves, busy 30, idle 2", ""),
        ("slept 960 800 moves, busy 30, idle 2", "late 800..990"),
        ("slept 900 800 moves, idle 30, idle 2", ""),
        ("walked 2000, busy 9, idle 2", "walk 0..2009"),
    ] {
        assert_eq!(marks(Bearing::Spins, turns), want, "{turns}");
    }
    for (turns, want) in [
        ("idle 90 moves, idle 2 moves, busy 900 moves", ""),
        ("idle 101 moves, busy 4, idle 2", "stolen 0..105"),
    ] {
        assert_eq!(marks(Bearing::Yields, turns), want, "{turns}");
    }
}

#[test]
fn a_frame_is_judged_when_every_thread_was_watched_and_had_its_core() {
    let text = "span 100 900\nswitch 200 250\nlate 240 300\nstolen 500 510\n\
                span 120 950\nwalk 290 310\n";
    let threads = read(text).expect("two threads");
    assert_eq!((threads.len(), threads[0].marks[1].cause), (2, Cause::Late));
    let quiet = Quiet::of(&threads);
    for (from, to, holds) in [
        (120, 199, true),
        (119, 130, false),
        (120, 200, false),
        (190, 600, false),
        (305, 306, false),
        (311, 499, true),
        (310, 499, false),
        (511, 900, true),
        (511, 901, false),
    ] {
        assert_eq!(quiet.holds(Nanos(from), Nanos(to)), holds, "{from}..{to}");
    }
    assert!(!Quiet::of(&[]).holds(Nanos(1), Nanos(2)), "nobody watched");
    for text in ["switch 1 2\n", "span 1\n", "span 1 x\n", "span 1 2\nsomething 1 2\n"] {
        assert!(read(text).is_err(), "{text:?}");
    }
    let path = std::env::temp_dir().join(format!("fulcrum-switches-{}", std::process::id()));
    write(&path, &threads).expect("a temporary file");
    let written = std::fs::read_to_string(&path).expect("what was written");
    let _ = std::fs::remove_file(&path);
    assert_eq!(read(&written).expect("our own file"), threads);
}

/// A thread that sleeps in a turn which it calls idle loses its core by the kernel's own count.
#[test]
#[cfg(target_os = "linux")]
fn the_kernel_counts_a_real_switch() {
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time");
        Nanos(u64::try_from(since.as_nanos()).expect("fits"))
    };
    let Watched { marks, .. } = std::thread::spawn(move || {
        let mut meter = Meter::new(Bearing::Spins);
        meter.turn(now(), Turn::Idle);
        std::thread::sleep(Duration::from_millis(5));
        meter.turn(now(), Turn::Idle);
        meter.end()
    })
    .join()
    .expect("a thread");
    assert_eq!(marks.len(), 1, "{marks:?}");
    assert_eq!(marks[0].cause, Cause::Switch);
    assert!(marks[0].to.since(marks[0].from) >= Nanos(5_000_000));
}

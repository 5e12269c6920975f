//! Marks by table, and a real thread that loses its core.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Nanos;
use runtime::pin::pin;
use runtime::usable_cores;

use super::{Account, Bearing, Cause, Kernel, Mark, Meter, Quiet, Turn, read, write};

/// An account that a script keeps.
#[derive(Default)]
struct Script(Nanos);

impl Account for Script {
    fn waited(&mut self) -> Nanos {
        self.0
    }
}

/// `kind gap_us [waits us] …, kind …`: turns; the marks they make in µs since the first.
fn marks(bearing: Bearing, turns: &str) -> String {
    const START: u64 = 1_000_000_000;
    let mut meter = Meter::by(bearing, Script::default());
    let mut now = START;
    meter.turn(Nanos(now), Turn::Idle);
    for turn in turns.split(',') {
        let words: Vec<&str> = turn.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u64>().expect("a number") * 1_000;
        now += number(1);
        if let Some(at) = words.iter().position(|&word| word == "waits") {
            meter.kernel.0 = meter.kernel.0.after(Nanos(number(at + 1)));
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
        ("idle 2, idle 20 waits 18, idle 2", "switch 2..22"),
        ("idle 2, idle 5000 waits 4990, idle 2", "switch 2..5002"),
        // Work takes what it takes, unless the kernel says otherwise.
        ("idle 2, busy 900, idle 2", ""),
        ("idle 2, busy 900 waits 11, idle 2", "switch 2..902"),
        ("idle 2, busy 900 waits 10, idle 2", ""),
        // What was too short to be looked at is no excuse for the next.
        ("idle 2, idle 9 waits 8, busy 900, idle 2", ""),
        // What piled up is worked off before the mark ends, and not a turn later.
        ("idle 300, busy 4, busy 40, idle 2, busy 40", "stolen 0..344"),
        ("idle 300, idle 2, busy 40", "stolen 0..300"),
        ("idle 300, busy 40 waits 20, busy 3, idle 2", "stolen 0..300, switch 300..343"),
        // A sleep is its own wish; what it is too long is not.
        ("slept 900 800 waits 50, busy 30, idle 2", ""),
        ("slept 960 800 waits 50, busy 30, idle 2", "late 800..990"),
        ("slept 900 800 waits 50, idle 30, idle 2", ""),
        ("walked 2000, busy 9, idle 2", "walk 0..2009"),
    ] {
        assert_eq!(marks(Bearing::Spins, turns), want, "{turns}");
    }
    for (turns, want) in [
        ("idle 90 waits 80, idle 2, busy 900 waits 880", ""),
        ("idle 101 waits 99, busy 4, idle 2", "stolen 0..105"),
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

/// Two threads on one core wait for each other: each by the kernel's account, and by its own marks.
#[test]
#[cfg(target_os = "linux")]
fn the_kernel_tells_who_waited() {
    const SPAN: Nanos = Nanos(200_000_000);
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time");
        Nanos(u64::try_from(since.as_nanos()).expect("fits"))
    };
    let Some(&core) = usable_cores().first() else { return };
    let spin = move || {
        if !pin(core) {
            return (Nanos::NONE, Vec::new());
        }
        let (mut kernel, mut meter) = (Kernel::default(), Meter::new(Bearing::Spins));
        let (begin, before) = (now(), kernel.waited());
        meter.turn(begin, Turn::Idle);
        while now().since(begin) < SPAN {
            meter.turn(now(), Turn::Idle);
        }
        (kernel.waited().since(before), meter.end().marks)
    };
    let threads = [std::thread::spawn(spin), std::thread::spawn(spin)];
    for thread in threads {
        let (waited, marks) = thread.join().expect("a thread");
        if waited == Nanos::NONE {
            return;
        }
        let switched = marks.iter().filter(|mark| mark.cause == Cause::Switch);
        let marked: u64 = switched.map(|mark| mark.to.since(mark.from).0).sum();
        assert!(waited.0 > SPAN.0 / 10, "{waited:?} of {SPAN:?} on half a core");
        assert!(marked > waited.0 / 2, "{marked} ns marked, {waited:?} waited");
    }
}

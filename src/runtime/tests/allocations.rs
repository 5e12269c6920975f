//! After start no hot thread allocates: a million messages, counted by an allocator of our own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Head, InstrumentId, Kind, Line, Message, Nanos, Sink};
use runtime::{
    Clock, Idle, Open, Outbox, RING_SLOTS_MIN, Running, Seat, Stage, Station, Timing, Work,
    latency, ring, run_dedicated, run_inline, usable_cores,
};

/// The system's allocator, which counts and never panics: to unwind out of it is undefined.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// JUSTIFICATION: the only way to see every allocation of the process.
// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const MESSAGES: u64 = 1_000_000;
/// Messages before the count begins: rings have turned and lazy statics are there.
const WARM: u64 = 50_000;
/// Messages in all. Those behind the count keep the source from ending within it: the rings hold
/// at most 2 × 16 384 of them, and the end of a river may allocate.
const ALL: u64 = WARM + MESSAGES + 50_000;

/// Sends numbered messages of one to four lines.
struct Spring {
    out: Outbox,
    sent: u64,
}

impl Stage for Spring {
    fn role(&self) -> &'static str {
        "spring"
    }

    fn cycle(&mut self, now: Nanos) -> usize {
        if self.sent == ALL || self.out.room() < 4 {
            return 0;
        }
        self.sent += 1;
        let body = [Line([self.sent; 8]); 3];
        let lines = u16::try_from(self.sent % 4).expect("below four");
        let mut head = Head::new(Kind::Trade, InstrumentId(0));
        (head.sequence, head.lines, head.time_local) = (self.sent, lines, now);
        self.out.send(Message::new(&head, &body[..usize::from(lines)]));
        1
    }

    fn is_done(&self) -> bool {
        self.sent == ALL || self.out.is_abandoned()
    }

    fn close(&mut self) {
        self.out.close();
    }
}

/// Passes everything on.
struct Pass;

impl Work for Pass {
    const ROLE: &'static str = "pass";
    const OUT_MAX: usize = 4;

    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        out.send(message);
    }
}

/// Where the count stood when a message of this number arrived, and how many came.
#[derive(Default)]
struct Sea {
    arrived: u64,
    allocations_warm: u64,
    allocations_end: u64,
}

impl Sink for Sea {
    fn send(&mut self, message: Message<'_>) {
        self.arrived += 1;
        assert_eq!(message.head.sequence, self.arrived);
        match self.arrived {
            WARM => self.allocations_warm = allocations(),
            n if n == WARM + MESSAGES => self.allocations_end = allocations(),
            _ => {}
        }
    }
}

fn allocations() -> u64 {
    ALLOCATIONS.load(Ordering::Relaxed)
}

type River = (Spring, Station<Pass, Outbox>, Station<Pass, Open<Sea>>);

fn river(timing: Timing) -> River {
    let (out, inbox) = ring(RING_SLOTS_MIN);
    let (pass_out, last_in) = ring(RING_SLOTS_MIN);
    (
        Spring { out, sent: 0 },
        Station::new(Pass, inbox, pass_out),
        Station::new(Pass, last_in, Open::new(Sea::default())).timed(timing),
    )
}

fn check(sea: &Sea, how: &str) {
    assert_eq!(sea.arrived, ALL, "{how}");
    assert!(sea.allocations_warm > 0, "the allocator counts");
    assert_eq!(sea.allocations_end, sea.allocations_warm, "{how}: allocations after start");
}

// One test, because the count is the process's: a second test would allocate beside it.
#[test]
fn a_million_messages_allocate_nothing() {
    let clock = Clock::host();
    let (recorder, mut reader) = latency("pass");
    let (mut spring, mut first, mut last) = river(Timing::new(recorder, clock.clone(), 1));
    let mut cold = clock.clone();
    while spring.sent < ALL {
        let now = cold.now();
        while spring.sent % 1_000 != 999 && spring.cycle(now) > 0 {}
        spring.cycle(now);
        run_inline(&mut [&mut first, &mut last], now);
        // The cold side at its work: it must not make the hot side allocate either.
        reader.collect();
        clock.reanchor();
    }
    check(&last.into_parts().1.sink, "inline");

    let (recorder, _reader) = latency("pass");
    let (spring, first, last) = river(Timing::new(recorder, clock.clone(), 16));
    let running = Running::default();
    let seat = |name: &str, place: usize| Seat {
        name: name.to_owned(),
        core: usable_cores().get(place).copied(),
        idle: Idle::Yield,
    };
    let start = "the system gives threads and cores";
    let last = run_dedicated(last, seat("last", 0), clock.clone(), running.clone()).expect(start);
    let first =
        run_dedicated(first, seat("first", 1), clock.clone(), running.clone()).expect(start);
    let spring = run_dedicated(spring, seat("spring", 1), clock, running).expect(start);
    spring.join().expect("no panic");
    first.join().expect("no panic");
    check(&last.join().expect("no panic").into_parts().1.sink, "dedicated");
}

//! The hot end of the log: a million messages across many segments without an allocation and
//! without a page fault on the thread that writes them. The keeper's work stays the keeper's.
#![expect(clippy::print_stdout, reason = "a test says what it saw")]

#[path = "allocator.rs"]
mod allocator;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use allocator::{Counting, allocations, watch};
use fulcrum_tests::Stream;
use model::{Draft, Nanos};
use runtime::log::{LogCounter, Plan, create};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MESSAGES: u64 = 1_000_000;

#[test]
fn a_million_messages_into_the_log_allocate_and_fault_nothing() {
    let shared = std::path::Path::new("/dev/shm");
    let base = if shared.is_dir() { shared.into() } else { std::env::temp_dir() };
    let hot_dir = base.join(format!("fulcrum-test-hot-log-{}", std::process::id()));
    let plan = Plan {
        segment_bytes: 8 << 20,
        ahead: 4,
        segments_max: 12,
        ..Plan::new(hot_dir.clone(), 1)
    };
    let (mut writer, mut keeper, log) = create(plan, Nanos(0)).expect("room in shared memory");
    let counters = keeper.counters();
    let mut tail = log.tail();
    let stop = AtomicBool::new(false);
    let (mut stream, mut draft) = (Stream::new(3, 2), Draft::default());
    std::thread::scope(|scope| {
        scope.spawn(|| keeper.run(|| Nanos(0), Duration::from_micros(200), &stop));
        scope.spawn(|| {
            while !tail.ended() {
                while tail.read().expect("a sound log").is_some() {}
                std::thread::yield_now();
            }
        });
        let before = allocations();
        let mut faults = 0;
        while writer.next() <= MESSAGES {
            stream.next(&mut draft);
            // The first thousand warm the stack and this loop.
            if writer.next() == 1_000 {
                faults = page_faults();
                watch(true);
            }
            let sequence = writer.next();
            let (head, body) = draft.parts();
            head.sequence = sequence;
            while writer.append(head, body).is_err() {
                std::thread::yield_now();
            }
        }
        watch(false);
        let grown = page_faults() - faults;
        writer.finish();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(allocations() - before, 0, "allocations over {MESSAGES} messages");
        println!("page faults of the writing thread over {MESSAGES} messages: {grown}");
        assert!(grown < 20, "{grown} page faults");
    });
    assert!(counters.get(LogCounter::Freed) > 10, "many segments were made, passed and freed");
    drop(std::fs::remove_dir_all(hot_dir));
}

/// Minor faults of this thread alone.
fn page_faults() -> u64 {
    // Field 10 of the file, counted behind the name in parentheses.
    let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("/proc");
    let behind = stat.rsplit(')').next().expect("a name");
    behind.split_whitespace().nth(7).expect("minor faults").parse().expect("a number")
}

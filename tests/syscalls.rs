//! With the spin idle strategy a hot thread makes no system call: strace looks on between two
//! marks while a fused thread keeps a log and drives every stage.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine::{Feeder, Plan, River, Upstream};
use fulcrum_tests::{Market, two_instruments};
use model::Nanos;
use runtime::door::Door;
use runtime::layout::{Layout, LayoutKind};
use runtime::log::{self, Writer};
use runtime::station::Outlet;
use runtime::{Clock, Idle, Running};

const CHILD: &str = "FULCRUM_SYSCALLS_CHILD";
/// Messages after which the thread is at work, and that it makes at least while it is looked at:
/// a tenth of a second's.
const AT_WORK: u64 = 20_000;
/// Looks at a thread that a busy machine may leave no time to be seen in the first.
const LOOKS: usize = 20;

struct Logged(Market, Writer);

impl Upstream for Logged {
    type Feed<W: Outlet + Send + 'static> = Feeder<Market, W, Writer>;

    fn feed<W: Outlet + Send + 'static>(self, way: W) -> Self::Feed<W> {
        Feeder::new(self.0, Door::new(way, self.1, 0))
    }

    fn finish<W: Outlet + Send + 'static>(feed: Self::Feed<W>) -> (W, u64) {
        let door = feed.into_door();
        let events = door.sequence();
        let (way, writer) = door.into_parts();
        writer.finish();
        (way, events)
    }
}

/// The watched process: a river that never ends by itself, on one spinning thread.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let hot = std::env::temp_dir().join(format!("fulcrum-syscalls-{}", std::process::id()));
    let plan = log::Plan { segment_bytes: 4 << 20, ..log::Plan::new(hot.clone(), 1) };
    let (writer, mut keeper, log) = log::create(plan, Nanos(1)).expect("a log");
    let stop = Arc::new(AtomicBool::new(false));
    let read = Arc::new(AtomicU64::new(0));
    let cold = {
        let stop = Arc::clone(&stop);
        let read = Arc::clone(&read);
        let mut tail = log.tail();
        let thread = std::thread::Builder::new().name("cold".into());
        let body = move || {
            while !stop.load(Ordering::Relaxed) {
                while tail.read().expect("a log").is_some() {
                    read.fetch_add(1, Ordering::Relaxed);
                }
                if keeper.cycle(Nanos(2)) == 0 {
                    std::thread::sleep(Duration::from_micros(100));
                }
            }
        };
        thread.spawn(body).expect("a thread")
    };
    let layout = Layout::plan(LayoutKind::One, &[], runtime::usable_cores(), Idle::Spin);
    let running = Running::default();
    let river = River::start(
        two_instruments(),
        &Plan::default(),
        &layout.expect("a core to spin on"),
        &Clock::host(),
        &running,
        Logged(Market::new(7, usize::MAX), writer),
    )
    .expect("a thread");
    // A busy machine starts threads late: what counts is that the thread is at work.
    while read.load(Ordering::Relaxed) < AT_WORK {
        std::thread::sleep(Duration::from_millis(10));
    }
    say("ready");
    // Until the parent has seen enough and closes our input.
    let _ = std::io::stdin().lines().next();
    running.stop();
    let events = river.join().events;
    say(&format!("events {events}"));
    stop.store(true, Ordering::Relaxed);
    cold.join().expect("the cold thread");
    let _ = std::fs::remove_dir_all(hot);
}

#[expect(clippy::print_stdout, reason = "how a child speaks to its parent")]
fn say(word: &str) {
    println!("\n{word}");
}

#[test]
fn a_spinning_hot_thread_makes_no_system_call() {
    let found = Command::new("strace").arg("-V").output();
    if !found.is_ok_and(|output| output.status.success()) {
        say("skipped: a_spinning_hot_thread_makes_no_system_call needs strace");
        return;
    }
    if runtime::usable_cores().len() < 2 {
        say("skipped: a_spinning_hot_thread_makes_no_system_call needs two cores");
        return;
    }
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["child", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut words = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let heard = |word: &str, words: &mut dyn Iterator<Item = std::io::Result<String>>| {
        words.map_while(Result::ok).find(|line| line.starts_with(word))
    };
    assert!(heard("ready", &mut words).is_some(), "the child got ready");
    let trace = std::env::temp_dir().join(format!("fulcrum-strace-{}", std::process::id()));
    let calls = trace_calls(&thread_named("hot", &child), &trace);
    // The cold thread sleeps again and again: a strace that sees nothing there sees nothing.
    let number = thread_named("cold", &child);
    let cold = (0..LOOKS)
        .map(|_| trace_calls(&number, &trace))
        .find(|calls| calls.as_ref().is_none_or(|calls| calls.len() > 10));
    drop(child.stdin.take());
    let events = heard("events", &mut words).expect("the child ended");
    assert!(child.wait().expect("the child").success());
    let events: u64 = events["events ".len()..].parse().expect("a number");
    assert!(events > 2 * AT_WORK, "only {events} messages: the thread was not at work");
    let cold = cold.expect("strace saw next to nothing of the cold thread");
    let (Some(calls), Some(_)) = (calls, cold) else {
        say("skipped: a_spinning_hot_thread_makes_no_system_call may not attach strace");
        return;
    };
    assert!(calls.is_empty(), "system calls of the hot thread:\n{}", calls.join("\n"));
}

/// The number of a thread of the child.
fn thread_named(name: &str, child: &Child) -> String {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id())).expect("/proc");
    let named = |path: &PathBuf| {
        std::fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == name)
    };
    let task = tasks.filter_map(Result::ok).map(|entry| entry.path()).find(named);
    let task = task.expect("a thread of that name");
    task.file_name().expect("its number").to_string_lossy().into_owned()
}

/// The calls that strace sees in a second; `None` when it may not look.
fn trace_calls(thread: &str, trace: &PathBuf) -> Option<Vec<String>> {
    let mut strace = Command::new("strace")
        .args(["-q", "-o"])
        .arg(trace)
        .args(["-p", thread])
        .stderr(Stdio::null())
        .spawn()
        .expect("strace");
    std::thread::sleep(Duration::from_secs(1));
    let alive = strace.try_wait().expect("strace").is_none();
    // An interrupt, so that it lets the thread go in order.
    let interrupt = ["-INT".to_string(), strace.id().to_string()];
    let _ = Command::new("kill").args(interrupt).status();
    let _ = strace.wait();
    let text = std::fs::read_to_string(trace).unwrap_or_default();
    let _ = std::fs::remove_file(trace);
    let call = |line: &&str| !line.starts_with("---") && !line.starts_with("strace:");
    alive.then(|| text.lines().filter(call).map(str::to_string).collect())
}

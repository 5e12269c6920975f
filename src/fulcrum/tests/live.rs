//! The verbs that meet a venue: demo, simulate, record, doctor, and the unit that runs them.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use common::{Folder, Ran, command, data, fulcrum};

/// What a record says of a key: a text, a number, or an object.
fn value<'a>(record: &'a str, key: &str) -> &'a str {
    let mark = format!("\"{key}\":");
    let rest = record.split_once(&mark).unwrap_or_else(|| panic!("{key} in {record}")).1;
    if rest.starts_with('{') {
        return &rest[..=rest.find('}').expect("an end")];
    }
    let rest = rest.split([',', '}']).next().expect("a value");
    rest.trim_matches('"')
}

fn summary(ran: &Ran) -> String {
    let all = ran.of("summary");
    assert_eq!(all.len(), 1, "{}\n{}", ran.out, ran.err);
    all[0].to_owned()
}

/// Live, replica and the journal's replay are equal, and there was something to say.
fn sound(ran: &Ran) -> String {
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    let summary = summary(ran);
    assert_eq!(value(&summary, "equal"), "true", "{summary}");
    assert_eq!(value(&summary, "digest"), value(&summary, "digest_replay"), "{summary}");
    assert_eq!(value(&summary, "digest"), value(&summary, "digest_replica"), "{summary}");
    assert_eq!(value(&summary, "checks_different"), "0", "{summary}");
    assert!(value(&summary, "events").parse::<u64>().expect("a number") > 500, "{summary}");
    summary
}

#[test]
fn a_fast_demo_says_the_same_three_times() {
    let folder = Folder::new();
    let journal = folder.path("journal");
    let words = "demo --minutes 0.1 --speed 20 --seed 5 --json --journal";
    let ran = fulcrum(words, &[&journal]);
    let summary = sound(&ran);
    assert_eq!(value(&summary, "faults"), "{}", "{summary}");
    let live = ran.of("live");
    assert!(!live.is_empty() && live.iter().any(|line| value(line, "state") == "trusted"));
    // The journal stays where it was asked for, and replays by its own verb as well.
    let run = fs::read_dir(&journal).expect("the journal").flatten().map(|entry| entry.path());
    let run = run.into_iter().find(|path| path.is_dir()).expect("a run");
    let replayed = fulcrum("replay --json", &[&run.display().to_string()]);
    assert_eq!(value(replayed.of("replay")[0], "digest"), value(&summary, "digest"));
    // What it decided was recorded, and is decided again.
    let decisions = value(&summary, "decisions");
    assert_ne!(decisions, "0", "{summary}");
    assert_eq!(value(&summary, "decisions_compared"), decisions);
    let checked = fulcrum("replay --json --check", &[&run.display().to_string()]);
    assert_eq!(checked.code, 0, "{}", checked.err);
    assert_eq!(value(checked.of("check")[0], "compared"), decisions);
}

#[test]
fn faults_are_seen_and_the_log_still_tells_it_once() {
    let folder = Folder::new();
    // Each with time before it, also on a busy machine: a book that is not whole yet cannot lose
    // its trust.
    let script = "seed = 3\n[[fault]]\nkind = \"skip\"\nstream = \"btcusdt@depth@100ms\"\nat = \"60s\"\n\
                  [[fault]]\nkind = \"corrupt\"\nstream = \"btcusdt@aggTrade\"\nat = \"80s\"\n\
                  [[fault]]\nkind = \"drop\"\nat = \"100s\"\n";
    let script = folder.put("faults.toml", script);
    let ran = fulcrum("demo --minutes 0.25 --speed 10 --json --faults", &[&script]);
    let summary = sound(&ran);
    let faults = value(&summary, "faults");
    assert!(faults.contains("lost"), "a dropped socket: {summary}");
    assert!(faults.contains("refused"), "a corrupt frame: {summary}");
    assert!(faults.contains("book untrusted"), "a missing diff: {summary}");
}

#[test]
fn a_recording_through_sockets_has_the_content_of_its_replay() {
    let name = "recordings/usdm_btcusdt_20240718.gz";
    let Some(recording) = data("a_recording_through_sockets_has_the_content_of_its_replay", name)
    else {
        return;
    };
    let replayed = fulcrum("replay --json", &[&recording]);
    let want = value(replayed.of("replay")[0], "content").to_owned();
    assert!(want.contains("book/BTCUSDT"), "{want}");
    for (layout, speed) in [("fused", "max"), ("two", "max"), ("four", "max"), ("fused", "20")] {
        let words = format!("demo --json --layout {layout} --speed {speed} --recording");
        let summary = sound(&fulcrum(&words, &[&recording]));
        assert_eq!(value(&summary, "content"), want, "{layout} at {speed}");
    }
}

/// The simulated venue in a process of its own.
struct Simulator {
    child: Child,
    banner: String,
    // Held open: it writes once more when it ends.
    _out: BufReader<ChildStdout>,
}

impl Simulator {
    fn start(folder: &Folder) -> Self {
        let ca = folder.path("ca.pem");
        let words = format!("simulate --listen 127.0.0.1:0 --seed 9 --speed 4 --json --ca {ca}");
        let mut child = command()
            .args(words.split_whitespace())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary");
        let mut out = BufReader::new(child.stdout.take().expect("its stdout"));
        let mut banner = String::new();
        out.read_line(&mut banner).expect("a banner");
        Self { child, banner, _out: out }
    }

    /// A configuration for an engine of this venue.
    fn config(&self, folder: &Folder) -> String {
        let address = value(&self.banner, "address");
        let (ca, hot) = (folder.path("ca.pem"), folder.path("hot"));
        let (journal, frames) = (folder.path("journal"), folder.path("frames"));
        fs::create_dir_all(&hot).expect("a folder");
        folder.put(
            "fulcrum.toml",
            format!(
                "[venue]\nstream_url = \"wss://{address}\"\nrest_url = \"https://{address}\"\n\
                 ca_file = \"{ca}\"\nsymbols = [\"BTCUSDT\", \"ETHUSDT\"]\n\
                 simulated_epoch_venue_ms = {}\nsimulated_epoch_local_ns = {}\n\
                 simulated_per_mille = 4000\n[live]\nlayout = \"fused\"\nidle = \"park\"\n\
                 hot_dir = \"{hot}\"\nsegment_mib = 4\njournal_dir = \"{journal}\"\n\
                 [record]\nframes = \"gz\"\nframes_dir = \"{frames}\"\n\
                 [analytics]\ntape_slots = 65536\n",
                value(&self.banner, "epoch_venue_ms"),
                value(&self.banner, "epoch_local_ns"),
            ),
        )
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn record_keeps_frames_and_a_journal_and_doctor_finds_the_venue_well() {
    let folder = Folder::new();
    let simulator = Simulator::start(&folder);
    let config = simulator.config(&folder);
    let ran = fulcrum("record --minutes 0.1 --json -c", &[&config]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    let summary = summary(&ran);
    assert_eq!(value(&summary, "equal"), "true", "{summary}");
    let place = value(ran.of("recording")[0], "journal").to_owned();
    // A recorder decides nothing: neither does the replay that is to say the same.
    let nothing = folder.put("nothing.toml", "[strategy]\nenabled = false\n");
    let replayed = fulcrum(&format!("replay --json -c {nothing}"), &[&place]);
    assert_eq!((replayed.code, replayed.err.as_str()), (0, ""));
    assert_eq!(value(replayed.of("replay")[0], "digest"), value(&summary, "digest"));

    let frames = fs::read_dir(folder.path("frames")).expect("frames").flatten();
    let mut lines = 0;
    for file in frames {
        let file = fs::File::open(file.path()).expect("a file");
        for line in BufReader::new(flate2::read::GzDecoder::new(file)).lines() {
            let line = line.expect("a whole container");
            let (time, frame) = line.split_once(' ').expect("`<ns> <json>`");
            assert_eq!(time.len(), 19, "{line}");
            assert!(frame.starts_with("{\"stream\":") && frame.ends_with('}'), "{line}");
            lines += 1;
        }
    }
    let counted: u64 = value(&summary, "counters")
        .split_once("\"feed_frames_total\":")
        .and_then(|(_, rest)| rest.split([',', '}']).next()?.parse().ok())
        .expect("a count");
    assert_eq!(lines, counted, "every frame is kept");

    // With a word of trading: the wallet is judged by the venue's own filters and price.
    let shipped = include_str!("../../../config/fulcrum.toml");
    let (_, trading) = shipped.split_once("\n[strategy]\n").expect("a section");
    let (trading, _) = trading.split_once("\n[venue]\n").expect("a section");
    let text = fs::read_to_string(&config).expect("a file");
    fs::write(&config, format!("{text}[strategy]\n{trading}\n")).expect("a file");
    let ran = fulcrum("doctor --json -c", &[&config]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    let checks = ran.of("check");
    let smallest: Vec<_> =
        checks.iter().filter(|check| value(check, "name") == "smallest order").collect();
    assert_eq!(smallest.len(), 2, "{}", ran.out);
    for (check, symbol) in smallest.into_iter().zip(["BTCUSDT", "ETHUSDT"]) {
        assert_eq!(value(check, "verdict"), "good", "{check}");
        assert!(check.contains(symbol) && check.contains("can be bought at"), "{check}");
    }
    for name in ["REST weight", "clock", "stream depth", "stream aggTrade", "feed ready"] {
        let check = checks.iter().find(|check| value(check, "name") == name);
        let check = check.unwrap_or_else(|| panic!("no check {name}: {}", ran.out));
        assert_eq!(value(check, "verdict"), "good", "{check}");
    }
}

/// The names of a process's threads, each with the cores that it may use.
fn threads(of: u32) -> Vec<(String, String)> {
    let tasks = fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let read = |task: fs::DirEntry| {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        let status = fs::read_to_string(task.path().join("status")).ok()?;
        let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        Some((name.trim().to_owned(), cores.trim().to_owned()))
    };
    tasks.filter_map(read).collect()
}

#[test]
#[cfg(target_os = "linux")]
#[allow(clippy::print_stdout, reason = "a test that could not run says so")]
fn cold_threads_keep_off_the_core_on_which_a_hot_one_spins() {
    let usable = std::thread::available_parallelism().map_or(1, usize::from);
    if usable < 2 {
        println!(
            "skipped: cold_threads_keep_off_the_core_on_which_a_hot_one_spins needs two cores"
        );
        return;
    }
    let folder = Folder::new();
    let simulator = Simulator::start(&folder);
    let config = fs::read_to_string(simulator.config(&folder)).expect("a configuration");
    let config = folder.put("spin.toml", config.replace("idle = \"park\"", "idle = \"spin\""));
    let mut child = command()
        .args(["record", "--minutes", "1", "-c", &config])
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    // The supervisor starts last.
    let found = loop {
        let found = threads(child.id());
        let is_whole = found.iter().any(|thread| thread.0 == "supervisor");
        if is_whole || std::time::Instant::now() > end {
            break found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let _ = child.kill();
    let _ = child.wait();
    let (hot, cold): (Vec<_>, Vec<_>) = found.iter().partition(|thread| thread.0 == "hot");
    let core: usize = hot.first().and_then(|one| one.1.parse().ok()).expect("a single core");
    assert!(cold.len() > 8, "{found:?}");
    for (name, cores) in cold {
        let holds = |range: &str| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let [first, last] = [first, last].map(|core| core.parse().expect("a core"));
            (first..=last).contains(&core)
        };
        assert!(!cores.split(',').any(holds), "{name} may use {cores}, a hot thread has {core}");
    }
}

#[test]
fn a_second_run_goes_on_with_the_trades_of_the_first() {
    let folder = Folder::new();
    let simulator = Simulator::start(&folder);
    let config = simulator.config(&folder);
    let place = |ran: &Ran| {
        assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
        assert_eq!(value(&summary(ran), "equal"), "true", "{}", ran.out);
        value(ran.of("recording")[0], "journal").to_owned()
    };
    let delta = |place: &str| {
        let ran = fulcrum("analyze --emit cvd --json", &[place]);
        let of_btc = |line: &&&str| value(line, "symbol") == "BTCUSDT";
        let record = ran.of("cvd").iter().find(of_btc).expect("a record").to_string();
        let trades: u64 = value(&record, "trades").parse().expect("a number");
        (trades, value(&record, "stable") == "true")
    };
    let first = delta(&place(&fulcrum("record --minutes 0.1 --json -c", &[&config])));
    // The market goes on while nobody listens.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let second = delta(&place(&fulcrum("record --minutes 0.05 --json -c", &[&config])));
    assert!(first.0 > 20 && first.1, "{first:?}");
    // More than it can have seen itself, and no id missing from the first trade to the last.
    assert!(second.0 > first.0 && second.1, "{first:?} {second:?}");
}

#[test]
fn statistics_stand_beside_those_of_a_tape() {
    let folder = Folder::new();
    let file = folder.put("session", common::SESSION);
    let ran = fulcrum("simulate --statistics --seed 3 --hours 1 --beside", &[&file]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.starts_with("| figure | session | seed 3, 1 h |\n|---|---:|---:|\n"),
        "{}",
        ran.out
    );
    // Six single trades in the 61 s from the first frame to the last, three aggregates.
    let row = |name: &str| ran.out.lines().find(|line| line.starts_with(name)).expect("a row");
    assert!(row("| seconds |").starts_with("| seconds | 61.0 | 36"), "{}", ran.out);
    assert!(row("| single trades/s |").starts_with("| single trades/s | 0.098 |"), "{}", ran.out);
    assert!(row("| aggregates/s |").starts_with("| aggregates/s | 0.049 |"), "{}", ran.out);
    assert_eq!(fulcrum("simulate --hours 2", &[]).code, 2);
    assert_eq!(fulcrum("simulate --statistics --hours 0", &[]).code, 2);
}

#[test]
fn without_a_venue_the_verbs_say_so() {
    let folder = Folder::new();
    let text = format!(
        "[venue]\nstream_url = \"wss://127.0.0.1:9\"\nrest_url = \"https://127.0.0.1:9\"\n\
         [live]\nlayout = \"fused\"\nhot_dir = \"{0}\"\nsegment_mib = 4\njournal_dir = \"{0}\"\n",
        folder.path("")
    );
    let config = folder.put("fulcrum.toml", text);
    for (words, code) in [("record -c", 69), ("doctor -c", 69), ("doctor --host -c", 0)] {
        let ran = fulcrum(words, &[&config]);
        assert_eq!(ran.code, code, "{words}: {}\n{}", ran.out, ran.err);
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "a test that could not run says so")]
fn systemd_finds_nothing_to_say_about_the_unit() {
    let test = "systemd_finds_nothing_to_say_about_the_unit";
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("skipped: {test} needs systemd-analyze");
        return;
    }
    let folder = Folder::new();
    let unit = include_str!("../../../config/fulcrum.service");
    assert!(unit.contains("ExecStart=/usr/local/bin/fulcrum record -c /etc/fulcrum/fulcrum.toml"));
    // The binary of this build stands for the installed one: verify looks whether it is there.
    let unit = unit.replace("/usr/local/bin/fulcrum", env!("CARGO_BIN_EXE_fulcrum"));
    let unit = folder.put("fulcrum.service", unit);
    let out = Command::new("systemd-analyze").args(["verify", &unit]).output().expect("it runs");
    // It ends with 0 also when it warns: what counts is that it says nothing.
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    assert!(out.status.success());
}

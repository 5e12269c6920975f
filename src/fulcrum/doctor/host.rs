//! The host: cores, frequency, memory, shared memory, disk.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use runtime::usable_cores;

use super::{Check, Verdict};
use crate::capture;
use crate::config::Config;
use crate::credential;
use crate::exit::Exit;

/// What a journal disk should have free: a day of several instruments.
const JOURNAL_FREE_MIB: u64 = 20 * 1024;
/// A sync that takes longer makes the journal lag in bursts.
const SYNC_MILLIS_MAX: u128 = 50;

pub(super) fn checks(config: &Config) -> Vec<Check> {
    let hot_mib = config.integer("live.segment_mib") * config.integer("live.segments_max");
    let hot = Path::new(config.text("live.hot_dir"));
    let mut all = vec![cores(config), governor(), huge_pages(), swap(), memlock(hot_mib)];
    all.push(room("hot_dir room", hot, hot_mib, "the door shuts when the log finds no memory"));
    all.push(writable("hot_dir", hot));
    let journal = Path::new(config.text("live.journal_dir"));
    let effect = "the journal ends when the disk is full, and entries halt";
    all.push(room("journal room", journal, JOURNAL_FREE_MIB, effect));
    all.push(writable("journal_dir", journal));
    all.extend(heatmap(config));
    all
}

/// The heatmap's credential, where a heatmap is wanted.
fn heatmap(config: &Config) -> Option<Check> {
    let asked = credential::heatmap(config).transpose()?;
    let wanted = "a key in a file that its owner alone can read";
    Some(match asked {
        Ok(ask) => Check::good("heatmap key", format!("for {}", ask.plan.host), wanted),
        Err(stop) => Check::good("heatmap key", stop.message, wanted).unless(
            false,
            Verdict::Bad(Exit::Configuration),
            "the engine refuses to start",
            "put the key into heatmap.key_file, chmod 600, or take liquidation_source = \"own\"",
        ),
    })
}

fn cores(config: &Config) -> Check {
    let usable = usable_cores().len();
    let check = |found: String| Check::good("cores", found, "a core for each hot thread, one more");
    match capture::layout(config) {
        Ok(layout) => {
            let threads = layout.benches.len();
            let found = format!("{usable} usable, {threads} hot threads ({})", layout.kind.text());
            check(found).unless(
                usable > threads,
                Verdict::Poor,
                "hot threads share cores with everything else: latency has a long tail",
                "take a machine with more cores, or live.layout = \"fused\"",
            )
        }
        Err(stop) => check(stop.message).unless(
            false,
            Verdict::Bad(Exit::Configuration),
            "the engine refuses to start",
            "take a smaller live.layout, or live.idle = \"yield\"",
        ),
    }
}

/// A file of the system, one line; a missing one says so.
fn line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

fn governor() -> Check {
    let found = line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    let good = found.as_deref().is_none_or(|found| found == "performance");
    let found = found.unwrap_or_else(|| "not shown here".to_owned());
    Check::good("governor", found, "performance").unless(
        good,
        Verdict::Poor,
        "the first messages after a pause meet a slow core",
        "scripts/tune-host apply",
    )
}

fn huge_pages() -> Check {
    let found = line("/sys/kernel/mm/transparent_hugepage/enabled");
    let good = found.as_deref().is_none_or(|found| !found.contains("[always]"));
    let found = found.unwrap_or_else(|| "not shown here".to_owned());
    Check::good("transparent huge pages", found, "[madvise] or [never]").unless(
        good,
        Verdict::Poor,
        "the system may stop a thread to build a huge page",
        "scripts/tune-host apply",
    )
}

fn swap() -> Check {
    let memory = line("/proc/meminfo").unwrap_or_default();
    let total = memory.lines().find_map(|line| line.strip_prefix("SwapTotal:"));
    let total = total.map_or_else(|| "not shown here".to_owned(), |text| text.trim().to_owned());
    let good = total.starts_with("0 ") || total.starts_with("not");
    Check::good("swap", total, "0 kB").unless(
        good,
        Verdict::Poor,
        "a page of the engine may have to come back from a disk",
        "scripts/tune-host apply, or swapoff -a",
    )
}

fn memlock(hot_mib: u64) -> Check {
    let limits = line("/proc/self/limits").unwrap_or_default();
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max locked memory"));
    let soft = limit.and_then(|rest| rest.split_whitespace().next()).unwrap_or("not shown here");
    let bytes = soft.parse::<u64>().ok();
    let good = bytes.is_none_or(|bytes| bytes >= hot_mib << 20);
    Check::good("locked memory", soft, format!("unlimited, or {hot_mib} MiB for the log")).unless(
        good,
        Verdict::Poor,
        "pages of the log are not held: a write to it may fault",
        "LimitMEMLOCK=infinity in the unit, or ulimit -l",
    )
}

/// The nearest directory that exists: a run makes those below it.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/"))
}

fn room(name: &'static str, path: &Path, mib: u64, effect: &'static str) -> Check {
    let place = existing(path);
    let wanted = format!("{mib} MiB free");
    match rustix::fs::statvfs(place) {
        Ok(about) => {
            let free = (about.f_bavail * about.f_frsize) >> 20;
            let found = format!("{free} MiB free in {}", place.display());
            let remedy = "free some, or choose another directory in the configuration";
            Check::good(name, found, wanted).unless(free >= mib, Verdict::Poor, effect, remedy)
        }
        Err(error) => Check::good(name, format!("{}: {error}", place.display()), wanted).unless(
            false,
            Verdict::Bad(Exit::Disk),
            effect,
            "choose another directory in the configuration",
        ),
    }
}

fn writable(name: &'static str, path: &Path) -> Check {
    let place = existing(path);
    let wanted = format!("writable, a sync within {SYNC_MILLIS_MAX} ms");
    match write_and_sync(place) {
        Ok(millis) => Check::good(name, format!("{}: {millis} ms", place.display()), wanted)
            .unless(
                millis <= SYNC_MILLIS_MAX,
                Verdict::Poor,
                "the journal lags behind in bursts",
                "a disk of its own for the journal",
            ),
        Err(error) => Check::good(name, format!("{}: {error}", place.display()), wanted).unless(
            false,
            Verdict::Bad(Exit::Disk),
            "the engine refuses to start",
            "give this user the right to write there, or choose another directory",
        ),
    }
}

/// Writes a MiB, has it on the disk, removes it; how long that took in milliseconds.
fn write_and_sync(place: &Path) -> io::Result<u128> {
    let path = place.join(format!(".fulcrum-doctor-{}", std::process::id()));
    let begun = Instant::now();
    let mut file = OpenOptions::new().create_new(true).write(true).open(&path)?;
    let written = file.write_all(&vec![0; 1 << 20]).and_then(|()| file.sync_all());
    let took = begun.elapsed().as_millis();
    fs::remove_file(&path)?;
    written.map(|()| took)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{existing, memlock, write_and_sync};
    use crate::doctor::Verdict;

    #[test]
    fn the_directory_that_will_be_made_is_judged_by_the_one_above() {
        let temporary = std::env::temp_dir();
        assert_eq!(existing(&temporary.join("fulcrum-none/of/these")), temporary);
        assert_eq!(existing(Path::new("/")), Path::new("/"));
        assert!(write_and_sync(&temporary).is_ok());
        assert!(write_and_sync(&temporary.join("fulcrum-none")).is_err());
    }

    #[test]
    fn a_limit_below_the_log_is_poor() {
        assert_eq!(memlock(0).verdict, Verdict::Good);
    }
}

//! The law of the house, held over its own source: who may know whom, and what must never be
//! where. Each rule says what to do instead.

use std::fs;
use std::path::{Path, PathBuf};

/// May know, and nobody else. The graph is the architecture.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("runtime", &["model"]),
    ("wire", &["model", "runtime"]),
    ("book", &["model", "runtime"]),
    ("analytics", &["model", "runtime"]),
    ("strategy", &["model", "runtime"]),
    ("engine", &["model", "runtime", "book", "analytics", "strategy"]),
    ("journal", &["model", "runtime"]),
    ("archive", &["model"]),
    ("venue", &["model", "runtime", "wire"]),
    ("simulator", &["model"]),
    (
        "fulcrum",
        &[
            "model",
            "runtime",
            "wire",
            "book",
            "analytics",
            "strategy",
            "engine",
            "journal",
            "archive",
            "venue",
            "simulator",
        ],
    ),
];

/// What the rooms on the hot path may take from outside; each name is a decision.
const MAY_TAKE: &[(&str, &[&str])] = &[
    ("model", &["bytemuck"]),
    ("book", &["bytemuck"]),
    ("analytics", &["bytemuck", "libm"]),
    ("strategy", &["libm", "bytemuck"]),
    ("wire", &["bytemuck", "simd-json", "bumpalo"]),
];

/// Rooms that are pure functions of their input.
const PURE: &[&str] = &["model", "wire", "book", "analytics", "strategy"];

/// In pure rooms: the word, and what to use instead.
const NOT_IN_PURE: &[(&str, &str)] = &[
    ("Instant::now", "the `now` of this cycle"),
    ("SystemTime", "a time that came with the message"),
    ("std::fs", "bytes handed in from the edge"),
    ("std::net", "bytes handed in by room `venue`"),
    ("std::thread", "a `runtime` runner"),
    ("std::env", "the plan that `fulcrum` concludes"),
    ("std::io", "bytes handed in from the edge"),
    ("HashMap", "an array by index, or a table with a fixed hash"),
    ("HashSet", "an array by index, or a table with a fixed hash"),
];

/// In every room but `fulcrum`.
const NOT_BELOW_FULCRUM: &[(&str, &str)] = &[
    ("println!", "a counter, or an error that `fulcrum` prints"),
    ("print!", "a counter, or an error that `fulcrum` prints"),
    ("dbg!", "a test"),
    ("std::env::var", "the plan that `fulcrum` concludes"),
    ("std::process::exit", "an error that `fulcrum` turns into an exit code"),
];

const LINES_MAX: usize = 500;

#[test]
fn each_room_knows_only_whom_it_may() {
    let mut wrong = Vec::new();
    for room in rooms() {
        let Some((_, may)) = MAY_KNOW.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{room}: a room that the plan in tests/house.rs does not list"));
            continue;
        };
        for known in dependencies(&room) {
            let is_room = MAY_KNOW.iter().any(|(name, _)| *name == known);
            if is_room && !may.contains(&known.as_str()) {
                wrong.push(format!("{room} may not know {known}"));
            }
        }
    }
    none(&wrong);
}

#[test]
fn hot_rooms_take_only_what_was_decided() {
    let mut wrong = Vec::new();
    for (room, may) in MAY_TAKE {
        for taken in dependencies(room) {
            let is_room = MAY_KNOW.iter().any(|(name, _)| *name == taken);
            if !is_room && !may.contains(&taken.as_str()) {
                wrong.push(format!("{room} takes {taken}: decide it in tests/house.rs first"));
            }
        }
    }
    none(&wrong);
}

#[test]
fn wire_knows_of_runtime_only_simd() {
    let wrong: Vec<String> = sources("src/wire")
        .iter()
        .flat_map(|file| lines_with(file, "runtime::"))
        .filter(|line| !line.contains("runtime::simd"))
        .collect();
    none(&wrong);
}

#[test]
fn unsafe_stays_in_runtime_and_in_test_allocators() {
    let mut wrong = Vec::new();
    for file in all_sources() {
        let name = file.to_string_lossy().replace('\\', "/");
        let allowed = name.contains("src/runtime/") || name.ends_with("allocator.rs");
        if !allowed {
            wrong.extend(lines_with_word(&file, "unsafe"));
        }
    }
    none(&wrong);
}

#[test]
fn pure_rooms_have_no_clock_file_thread_or_chance() {
    let mut wrong = Vec::new();
    for room in PURE {
        for file in sources(&format!("src/{room}")) {
            for (word, instead) in NOT_IN_PURE {
                let found = lines_with(&file, word);
                wrong.extend(found.into_iter().map(|line| format!("{line}: use {instead}")));
            }
        }
    }
    none(&wrong);
}

#[test]
fn only_fulcrum_prints_and_reads_the_environment() {
    let mut wrong = Vec::new();
    for room in rooms().iter().filter(|room| *room != "fulcrum") {
        for file in sources(&format!("src/{room}")) {
            for (word, instead) in NOT_BELOW_FULCRUM {
                let found = lines_with(&file, word);
                wrong.extend(found.into_iter().map(|line| format!("{line}: use {instead}")));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_file_opens_with_its_purpose_and_ends_in_time() {
    let mut wrong = Vec::new();
    for file in all_sources() {
        let text = read(&file);
        if !text.starts_with("//!") {
            wrong.push(format!("{}: opens without `//!`", shown(&file)));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{}: {lines} lines, at most {LINES_MAX}", shown(&file)));
        }
    }
    none(&wrong);
}

#[test]
fn the_tree_holds_what_the_blueprint_names() {
    let missing: Vec<&str> = [
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "Cargo.lock",
        "docs/ARCHITECTURE.md",
        "docs/SPECIFICATION.md",
        "docs/JOURNAL_FORMAT.md",
        "docs/PERFORMANCE.md",
        "scripts/test",
        "scripts/accept",
        "scripts/fuzz",
        ".ci/run",
    ]
    .into_iter()
    .filter(|path| !root().join(path).exists())
    .collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
}

#[test]
fn the_linter_of_this_file_sees_through_comments_and_strings() {
    let text = "let a = \"unsafe\"; // unsafe\n/* unsafe */ let b = 'u'; r#\"unsafe\"#; unsafe {}";
    let seen = code_of(text);
    assert_eq!(seen.matches("unsafe").count(), 1, "{seen}");
    assert_eq!(seen.lines().count(), 2);
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} against the law:\n  {}", wrong.len(), wrong.join("\n  "));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The folders of src/ that hold a manifest.
fn rooms() -> Vec<String> {
    let entries = fs::read_dir(root().join("src")).expect("src/");
    let mut rooms: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    rooms.sort();
    assert!(rooms.len() > 5, "the walk over src/ found only {rooms:?}");
    rooms
}

/// Names under `[dependencies]`; what only tests know is no wall.
fn dependencies(room: &str) -> Vec<String> {
    let manifest = read(&root().join("src").join(room).join("Cargo.toml"));
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
            names.push(line[..end].to_string());
        }
    }
    names
}

/// Every Rust file of the house.
fn all_sources() -> Vec<PathBuf> {
    ["src", "tests", "benches", "latency"].iter().flat_map(|folder| walk(folder)).collect()
}

/// The Rust files of a folder that are no tests.
fn sources(folder: &str) -> Vec<PathBuf> {
    let is_test = |path: &PathBuf| {
        let in_tests = path.components().any(|part| part.as_os_str() == "tests");
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        in_tests
            && folder != "tests"
            && path
                .strip_prefix(root())
                .is_ok_and(|rest| rest.components().skip(2).any(|part| part.as_os_str() == "tests"))
            || name.is_some_and(|name| name == "tests" || name.ends_with("_tests"))
    };
    walk(folder).into_iter().filter(|path| !is_test(path)).collect()
}

fn walk(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(at) = open.pop() {
        let Ok(entries) = fs::read_dir(&at) else { continue };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            if path.is_dir() && name.is_some_and(|name| name != "target" && name != "fuzz") {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Code lines that hold `word`, test modules at the end of a file left out.
fn lines_with(file: &Path, word: &str) -> Vec<String> {
    let code = code_of(&read(file));
    let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let found = code.lines().enumerate().filter(|(_, line)| holds(line, word));
    found.map(|(at, line)| format!("{}:{}: {}", shown(file), at + 1, line.trim())).collect()
}

fn lines_with_word(file: &Path, word: &str) -> Vec<String> {
    let code = code_of(&read(file));
    let found = code.lines().enumerate().filter(|(_, line)| holds(line, word));
    found.map(|(at, line)| format!("{}:{}: {}", shown(file), at + 1, line.trim())).collect()
}

/// Whether `line` holds `word` and not as a part of a longer one (`print!` in `eprint!`).
fn holds(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(part);
        let after = line[at + word.len()..].chars().next().is_some_and(part);
        let open_end = !word.ends_with(|c: char| part(c));
        !before && (open_end || !after)
    })
}

/// The text without comments, strings and character literals; line breaks stay.
fn code_of(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let skip = match rest {
            ['/', '/', ..] => rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => until(rest, 2, &['*', '/']),
            ['r', '#', '"', ..] if !before_is_name(&bytes, at) => until(rest, 3, &['"', '#']),
            ['"', ..] => string(rest),
            ['\'', '\\', ..] => until(rest, 2, &['\'']),
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if skip == 0 {
            code.push(bytes[at]);
            at += 1;
        } else {
            code.extend(rest[..skip].iter().filter(|&&c| c == '\n'));
            at += skip;
        }
    }
    code
}

fn before_is_name(text: &[char], at: usize) -> bool {
    at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_')
}

/// Length of `rest` up to and with `end`, looked for from `from` on.
fn until(rest: &[char], from: usize, end: &[char]) -> usize {
    let found = rest[from..].windows(end.len()).position(|window| window == end);
    found.map_or(rest.len(), |at| from + at + end.len())
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

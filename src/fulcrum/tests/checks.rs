//! `replay --check`: a run decides again what it recorded, in every layout; what was changed is
//! found and named.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Folder, GRID, Ran, SESSION, fulcrum, market};

/// The one run of a journal's home.
fn run(home: &str) -> PathBuf {
    let inside = fs::read_dir(home).expect("a home").flatten().map(|entry| entry.path());
    inside.into_iter().find(|path| path.is_dir()).expect("a run")
}

/// Records the decisions on the first quarter of a made-up market.
fn recorded(folder: &Folder) -> PathBuf {
    let [streams, asked] = market::capture().map(|capture| {
        let lines = capture.lines().count() / 4;
        capture.lines().take(lines).collect::<Vec<_>>().join("\n")
    });
    let (streams, asked) = (folder.put("streams", streams), folder.put("asked", asked));
    let home = folder.path("journal");
    let ran = fulcrum(&format!("replay --json {GRID} --journal"), &[&home, &streams, &asked]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    run(&home)
}

fn check(words: &str, run: &Path) -> Ran {
    fulcrum(&format!("replay --check --json {words}"), &[&run.display().to_string()])
}

fn segment(run: &Path) -> PathBuf {
    run.join("decisions/0000000001.journal")
}

#[test]
fn a_run_decides_again_what_it_recorded() {
    let folder = Folder::new();
    let run = recorded(&folder);
    let mut said = Vec::new();
    for layout in ["inline", "fused", "two", "four"] {
        let ran = check(&format!("--layout {layout}"), &run);
        assert_eq!(ran.code, 0, "{layout}: {}", ran.err);
        said.push(ran.of("check").concat());
    }
    let decisions = fs::metadata(segment(&run)).expect("a segment").len();
    assert!(decisions > 100 * 128, "stage 4 moved: {decisions} bytes");
    let words: Vec<&str> = said[0].split([':', ',']).collect();
    assert_eq!(words[5], words[7], "every one compared: {}", said[0]);
    assert!(said[0].ends_with(r#","equal":true,"plan_equal":true}"#), "{}", said[0]);
    assert!(said.iter().all(|one| *one == said[0]), "{said:?}");

    // Another plan is named, and so is the first decision that it changes.
    let other = folder.put("other.toml", "[analytics]\nobi_window = 299\n");
    let ran = check(&format!("-c {other}"), &run);
    assert!(ran.err.contains("analytics.obi_window is 300 recorded, 299 here"), "{}", ran.err);
    assert!(ran.out.contains(r#""plan_equal":false"#), "{}", ran.out);
    let nothing = folder.put("nothing.toml", "[strategy]\nenabled = false\n");
    let ran = check(&format!("-c {nothing}"), &run);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("strategy is set recorded, None here"), "{}", ran.err);
    assert!(ran.err.contains("decision 1 differs: event "), "{}", ran.err);
    assert!(ran.err.contains("recorded, but not derived"), "{}", ran.err);

    what_was_changed_is_found_and_named(&run);
}

fn what_was_changed_is_found_and_named(run: &Path) {
    let sound = fs::read(segment(run)).expect("a segment");
    // A byte in the last line in front of the end.
    let mut flipped = sound.clone();
    flipped[sound.len() - 2 * 64 + 3] ^= 1;
    fs::write(segment(run), &flipped).expect("written");
    let ran = check("--layout two", run);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("a message with a wrong checksum"), "{}", ran.err);
    assert!(ran.err.contains("0000000001.journal: "), "{}", ran.err);
    assert!(ran.out.contains(r#""equal":false"#), "{}", ran.out);
    // Cut where a kill might have: shorter is no difference.
    let first = 64 * (1 + usize::from(u16::from_le_bytes([sound[64 + 12], sound[64 + 13]])));
    let second = 64 + first;
    let lines = u16::from_le_bytes([sound[second + 12], sound[second + 13]]);
    fs::write(segment(run), &sound[..second + 64 * (1 + usize::from(lines))]).expect("written");
    let ran = check("", run);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains(r#","compared":1,"equal":true"#), "{}", ran.out);
    assert!(ran.err.contains("derived beyond the end of those recorded"), "{}", ran.err);
}

#[test]
fn an_input_without_recorded_decisions_is_refused() {
    let folder = Folder::new();
    let session = folder.put("session", SESSION);
    let home = folder.path("journal");
    let nothing = folder.put("nothing.toml", "[strategy]\nenabled = false\n");
    let words = format!("replay --json {GRID} -c {nothing} --journal");
    assert_eq!(fulcrum(&words, &[&home, &session]).code, 0);
    let run = run(&home);
    assert!(!run.join("decisions").exists(), "who decides nothing keeps nothing");
    // Also named by the home, of which it is the only run.
    let ran = check("", Path::new(&home));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("holds no recorded decisions to compare with"), "{}", ran.err);
    for input in [session, run.join("0000000001.journal").display().to_string()] {
        let ran = fulcrum(&format!("replay --check {GRID}"), &[&input]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("--check takes one journal"), "{}", ran.err);
    }
}

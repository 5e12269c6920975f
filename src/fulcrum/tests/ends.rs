//! How runs end: every exit code, refused lines, broken containers, signals, pipes.

mod common;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::process::{Command, Stdio};

use common::{Folder, GRID, Ran, SESSION, command, data, fulcrum, gz};

#[test]
fn refused_lines_alone_are_named_counted_and_forgiven() {
    let folder = Folder::new();
    let rubbish = [
        "rubbish",
        "1700000000310000000 {\"stream\":\"btcusdt@aggTrade\",\"data\":{\"e\":\"aggTr",
        "1700000000310000000 [1,2]",
        "1700000000310000000 {\"e\":\"somethingElse\",\"s\":\"BTCUSDT\"}",
        "17000000003100 {\"e\":\"aggTrade\"}",
        "\u{fffd}\u{1}",
        "1700000000310000000 ",
    ];
    let mut lines: Vec<&str> = SESSION.lines().collect();
    for (at, line) in rubbish.iter().enumerate() {
        lines.insert(1 + at.min(5), line);
    }
    let file = folder.put("r", lines.join("\n"));
    let clean = folder.put("clean", SESSION);
    let words = format!("analyze --emit book,cvd,profile,bars --json {GRID}");
    let (ran, want) = (fulcrum(&words, &[&file]), fulcrum(&words, &[&clean]));
    assert_eq!(ran.code, 0);
    // A rubbish line changes no figure.
    let figures = |ran: &Ran| {
        let all: Vec<String> = ran.out.lines().map(str::to_owned).collect();
        all[..all.len() - 1].to_vec()
    };
    assert_eq!(figures(&ran), figures(&want));
    let last = ran.out.lines().last().unwrap_or_default();
    assert!(last.starts_with(r#"{"schema":1,"kind":"input","lines":13,"refused":{"#), "{last}");
    assert!(last.contains("\"bad_line\":4"), "{last}");
    let named: Vec<&str> = ran.err.lines().filter(|line| line.starts_with(&file)).collect();
    assert_eq!(named.len(), 5, "{}", ran.err);
    assert!(named[0].starts_with(&format!("{file}:2: bad_line: ")), "{}", named[0]);
    assert!(ran.err.contains("7 of 13 lines refused: "), "{}", ran.err);
    // Strict: the first one ends it, and no figure is printed.
    let ran = fulcrum(&format!("{words} --strict"), &[&file]);
    assert_eq!((ran.code, ran.of("cvd").len()), (1, 0));
    assert!(ran.err.contains(&format!("{file}:2: bad_line")), "{}", ran.err);
}

#[test]
fn exit_codes_by_table() {
    let folder = Folder::new();
    let session = folder.put("session", SESSION);
    let empty = folder.put("empty", "");
    let rubbish = folder.put("rubbish", "a\nb\n");
    let stranger =
        folder.put("stranger", SESSION.replace("BTCUSDT", "XYZUSDT").replace("btcusdt", "xyzusdt"));
    let bad = folder.put("bad.toml", "[engine]\nlayuot = \"two\"\n");
    let spinning = folder.put("spin.toml", "[engine]\nlayout = \"two\"\ncores = [0, 1, 2]\n");
    let home = folder.path("home");
    let inside_file = folder.path("session/journal");
    let cvd = "analyze --emit cvd --json";
    for (words, inputs, code, word) in [
        (cvd.to_owned(), vec![session.as_str()], 0, ""),
        (cvd.to_owned(), vec![&empty], 1, "no line of the input was accepted"),
        (cvd.to_owned(), vec![&rubbish], 1, "no line of the input was accepted"),
        (cvd.to_owned(), vec!["/no/such/file"], 1, "/no/such/file: "),
        (cvd.to_owned(), vec![&stranger], 2, "--instrument XYZUSDT:TICK:LOT"),
        ("analyze --json".to_owned(), vec![&session], 2, "--emit"),
        ("analyze --emit tea".to_owned(), vec![&session], 2, "tea"),
        (
            format!("{cvd} --instrument A:1:1 --instrument A:1:1"),
            vec![&session],
            2,
            "A is given twice",
        ),
        (format!("{cvd} --symbol A/B --tick 1 --lot 1"), vec![&session], 2, "A/B"),
        (format!("{cvd} -c {bad}"), vec![&session], 78, "bad.toml:2:1: "),
        (format!("{cvd} -c /no/such.toml"), vec![&session], 78, "/no/such.toml: "),
        (format!("replay --json -c {spinning}"), vec![&session], 78, "cores"),
        (format!("replay --json --journal {inside_file}"), vec![&session], 74, ""),
        (format!("replay --json --journal {home}"), vec![&session], 0, ""),
        (cvd.to_owned(), vec![&home, &session], 2, "journals and other inputs"),
        (format!("replay --journal {home}-2"), vec![&home], 2, "a journal already"),
        (format!("check -c {bad}"), vec![], 78, "the nearest is `engine.layout`"),
    ] {
        let ran = fulcrum(&words, &inputs);
        assert_eq!(ran.code, code, "{words} {inputs:?}: {}", ran.err);
        assert!(ran.err.contains(word), "{word:?} in {}", ran.err);
    }
}

#[test]
fn a_broken_container_gives_what_it_held_and_exit_1() {
    let folder = Folder::new();
    let whole = gz(SESSION);
    let words = format!("analyze --emit cvd --json {GRID}");
    for cut in [whole.len() - 1, whole.len() - 8, whole.len() / 2, 12] {
        let file = folder.put("cut.gz", &whole[..cut]);
        let ran = fulcrum(&words, &[&file]);
        assert_eq!(ran.code, 1, "cut at {cut}");
        assert!(ran.err.contains("cut.gz: broken near byte "), "{}", ran.err);
        assert_eq!(ran.of("input").len(), 1, "{}", ran.out);
    }
    // Only the checksum is missing: every figure stands.
    let file = folder.put("cut.gz", &whole[..whole.len() - 8]);
    let (ran, want) = (fulcrum(&words, &[&file]), fulcrum(&words, &[&folder.put("w", SESSION)]));
    assert_eq!(ran.out, want.out);
}

#[test]
fn a_journal_with_a_flipped_bit_gives_what_stands_before_it() {
    let folder = Folder::new();
    let (file, home) = (folder.put("session", SESSION), folder.path("home"));
    let config = folder.put("c.toml", format!("[engine]\nhot_dir = {:?}\n", folder.path("hot")));
    let ran = fulcrum(&format!("replay --json --journal {home} -c {config}"), &[&file]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut run =
        std::fs::read_dir(&home).expect("the journal").flatten().map(|entry| entry.path());
    let run = run.find(|path| path.is_dir()).expect("a run");
    let segment = run.join("0000000001.journal");
    let mut bytes = std::fs::read(&segment).expect("a segment");
    // The last message but the end line is the last trade: head and one line.
    let at = bytes.len() - 64 - 64 + 3;
    bytes[at] ^= 1;
    std::fs::write(&segment, bytes).expect("a segment");
    let ran = fulcrum("analyze --emit cvd --json", &[&home]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("0000000001.journal: broken near byte "), "{}", ran.err);
    assert!(ran.out.contains(r#""trades":2,"#), "{}", ran.out);
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_a_full_disk_is_74() {
    let folder = Folder::new();
    let file = folder.put("session", SESSION);
    let words = "analyze --emit bars --interval 1s --json --instrument BTCUSDT:0.1:0.001";
    let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = command().args(words.split(' ')).arg(&file).stdout(full).output();
    let ran: Ran = output.expect("the binary runs").into();
    assert_eq!(ran.code, 74, "{}", ran.err);
    let mut child = command()
        .args(words.split(' '))
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let ran: Ran = child.wait_with_output().expect("it ends").into();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn signals_end_a_run_cleanly() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = Folder::new();
        let pipe = folder.path("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let mut child = command()
            .args("analyze --emit cvd --json --instrument BTCUSDT:0.1:0.001".split(' '))
            .arg(&pipe)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        // Opens once the binary reads; more than it reads ahead, so that it is in the middle.
        let mut writer = File::options().write(true).open(&pipe).expect("the pipe");
        let line = SESSION.lines().next().expect("a line");
        for _ in 0..2000 {
            writeln!(writer, "{line}").expect("the pipe takes it");
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
        // It looks up between two lines; the pipe breaks when it has gone.
        while child.try_wait().expect("a child").is_none() && writeln!(writer, "{line}").is_ok() {}
        let ran: Ran = child.wait_with_output().expect("it ends").into();
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (code, "", ""), "{signal}");
    }
}

#[test]
fn the_small_verbs_speak() {
    for (words, part) in [
        ("version", "fulcrum 0."),
        ("version --json", r#"{"schema":1,"kind":"version","version":"0."#),
        ("--version", "fulcrum 0."),
        ("man", ".TH fulcrum"),
        ("man", "--emit"),
        ("completions bash", "_fulcrum"),
        ("completions zsh", "#compdef fulcrum"),
        ("completions fish", "complete -c fulcrum"),
        ("completions powershell", "Register-ArgumentCompleter"),
        ("completions elvish", "edit:completion"),
        ("config show", "engine.layout = \"inline\"  # default"),
        ("--help", "analyze"),
    ] {
        let ran = fulcrum(words, &[]);
        let plain = ran.out.replace("\\-", "-");
        assert!(ran.code == 0 && plain.contains(part), "{words}: {part:?} in {}", ran.out);
    }
    let folder = Folder::new();
    let config = folder.put("c.toml", "[engine]\nidle = \"park\"\n");
    let ran = fulcrum(&format!("config show --json -c {config}"), &[]);
    let want = format!(r#""key":"engine.idle","value":"\"park\"","origin":"{config}:2:1""#);
    assert!(ran.out.contains(&want), "{}", ran.out);
    let ran = fulcrum(&format!("check -c {config}"), &[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

/// What the shipped file says of trading, with another wallet.
fn trading(equity: &str) -> String {
    let shipped = include_str!("../../../config/fulcrum.toml");
    let (_, rest) = shipped.split_once("\n[strategy]\n").expect("a section");
    let (trading, _) = rest.split_once("\n[venue]\n").expect("a section");
    format!("[strategy]\n{trading}\n").replace("equity = 10000\n", &format!("equity = {equity}\n"))
}

#[test]
fn an_account_too_small_is_said_before_a_run() {
    let folder = Folder::new();
    let nowhere = folder.path("none");
    for (equity, words, code, parts) in [
        ("10000", "", 0, &["BTCUSDT: 0.001 can be bought up to a price of 200000.0", "sound"][..]),
        ("10000", "--price BTCUSDT:64000", 0, &["BTCUSDT: 0.003 can be bought at 64000.0"]),
        ("10000", "--price BTCUSDT:250000", 78, &["at 250000.0", "the smallest order is 0.001"]),
        // The venue takes no order of less than 100.
        ("4999", "", 78, &["at any price", "worth 99.98 at most", "smallest value is 100"]),
        ("5000", "--price BTCUSDT:64000", 78, &["at 64000.0", "smallest value is 100"]),
        ("5000", "--price ETHUSDT:3000", 0, &["BTCUSDT: 0.001 can be bought up to"]),
        ("0", "", 78, &["strategy.paper.equity` must be in"]),
    ] {
        let text = format!("{}[live]\njournal_dir = \"{nowhere}\"\n", trading(equity));
        let config = folder.put("c.toml", text);
        let ran = fulcrum(&format!("check {words} -c {config}"), &[]);
        assert_eq!(ran.code, code, "{equity} {words}: {}", ran.err);
        assert_eq!(ran.out, "", "messages go to stderr");
        for part in parts {
            assert!(ran.err.contains(part), "{part:?} in {}", ran.err);
        }
        if code == 78 {
            let line = text_line(&config, "equity = ");
            assert!(ran.err.starts_with(&format!("{config}:{line}:")), "{}", ran.err);
        }
    }
}

/// The line of a file that begins so.
fn text_line(file: &str, start: &str) -> usize {
    let text = std::fs::read_to_string(file).expect("a file");
    text.lines().position(|line| line.starts_with(start)).expect("a line") + 1
}

#[test]
fn who_decides_by_whose_limits_is_said_once() {
    let folder = Folder::new();
    let session = folder.put("session", SESSION);
    let silent = folder.put("silent.toml", "[engine]\nidle = \"park\"\n");
    let off = folder.put("off.toml", "[strategy]\nenabled = false\n");
    let on = folder.put("on.toml", trading("10000"));
    let half = folder.put("half.toml", "[risk]\ndaily_loss = 100\n");
    for (words, code, announced, part) in [
        (format!("replay {GRID} {session}"), 0, 1, ""),
        (format!("replay {GRID} -c {silent} {session}"), 0, 1, ""),
        (format!("replay {GRID} -c {off} {session}"), 0, 0, ""),
        (format!("replay {GRID} -c {on} {session}"), 0, 0, ""),
        (format!("replay {GRID} -c {half} {session}"), 78, 0, "`risk.draw_down` is missing"),
        (format!("replay {GRID} --layout two {session}"), 0, 1, ""),
        (format!("analyze --emit cvd {GRID} {session}"), 0, 0, ""),
        (format!("analyze --emit cvd {GRID} -c {half} {session}"), 78, 0, "half.toml:1:2: "),
        (format!("levels {GRID} {session}"), 0, 1, ""),
        (format!("analyze --emit levels {GRID} {session}"), 0, 1, ""),
        (format!("signals {GRID} -c {on} {session}"), 0, 0, ""),
        (format!("signals {GRID} -c {off} {session}"), 78, 0, "off.toml:2:1: `strategy.enabled`"),
        (format!("check -c {silent}"), 0, 0, "decides nothing: no [strategy] and no [risk]"),
        (format!("check -c {off}"), 0, 0, "decides nothing: strategy.enabled is false"),
        (format!("check -c {half}"), 78, 0, "`strategy.exits.notional_cap` is missing"),
        (format!("config show -c {half}"), 78, 0, "`risk.unknown` is missing"),
        (format!("record -c {half}"), 78, 0, "`risk.unknown` is missing"),
    ] {
        let ran = fulcrum(&words, &[]);
        assert_eq!(ran.code, code, "{words}: {}", ran.err);
        let said = ran.err.matches("limits of the demonstration").count();
        assert_eq!(said, announced, "{words}: {}", ran.err);
        assert!(ran.err.contains(part), "{words}: {part:?} in {}", ran.err);
    }
    let shown = fulcrum("config show --json", &[]);
    let want = r#""key":"risk.daily_loss","value":null,"origin":"default""#;
    assert!(shown.out.contains(want), "{}", shown.out);
    let shown = fulcrum("config show", &[]);
    assert!(shown.out.contains("\n# risk.daily_loss has no default and is not set\n"));
    let shown = fulcrum(&format!("config show -c {on}"), &[]);
    let line = text_line(&on, "daily_loss = ");
    assert!(
        shown.out.contains(&format!("risk.daily_loss = 100  # {on}:{line}:1")),
        "{}",
        shown.out
    );
}

#[test]
fn the_recorded_sessions_run_clean() {
    let sushi = "--instrument SUSHIUSDT:0.001:1 --instrument AKROUSDT:0.00001:1 \
                 --instrument KEEPUSDT:0.0001:1 --instrument CTKUSDT:0.001:1";
    for (grids, files, symbols) in [
        (GRID, &["recordings/usdm_btcusdt_20230404.gz"][..], 1),
        (GRID, &["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"], 1),
        (
            sushi,
            &[
                "recordings/usdm_altcoins_20210722.ws.txt.gz",
                "recordings/usdm_altcoins_20210722.http.txt.gz",
            ],
            4,
        ),
    ] {
        let test = "the_recorded_sessions_run_clean";
        let found: Vec<String> = files.iter().filter_map(|file| data(test, file)).collect();
        if found.len() < files.len() {
            return;
        }
        let inputs: Vec<&str> = found.iter().map(String::as_str).collect();
        let ran = fulcrum(&format!("analyze --emit top,cvd --json {grids}"), &inputs);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{files:?}");
        let trusted = ran.of("top").iter().filter(|top| top.contains("\"trusted\"")).count();
        let stable = ran.of("cvd").iter().filter(|cvd| cvd.contains("\"stable\":true")).count();
        assert_eq!((trusted, stable), (symbols, symbols), "{}", ran.out);
        assert!(ran.of("input")[0].contains("\"refused\":{}"), "{}", ran.out);
    }
}

#[test]
fn a_key_that_is_missing_or_open_to_others_is_said_before_a_run() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let key = folder.put("coinglass", "not-for-the-log\n");
    let hot = folder.path("");
    let asks = |file: &str| {
        format!(
            "[analytics.structure]\nliquidation_source = \"coinglass\"\n\
             [heatmap]\nkey_file = \"{file}\"\n\
             [live]\nlayout = \"fused\"\nhot_dir = \"{hot}\"\njournal_dir = \"{hot}\"\n"
        )
    };
    let none = folder.path("none");
    for (file, mode, code, word) in [
        ("", 0o600, 78, "names no file"),
        (none.as_str(), 0o600, 78, "none: "),
        ("coinglass", 0o600, 78, "CREDENTIALS_DIRECTORY"),
        (key.as_str(), 0o644, 78, "mode 644"),
        (key.as_str(), 0o600, 0, "sound"),
    ] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).expect("a mode");
        let config = folder.put("fulcrum.toml", asks(file));
        let ran = fulcrum("check -c", &[&config]);
        assert_eq!(ran.code, code, "{file}: {}", ran.err);
        assert!(ran.err.contains(word), "{file}: {}", ran.err);
        let doctor = fulcrum("doctor --host --json -c", &[&config]);
        let check = doctor.of("check").into_iter().find(|line| line.contains("heatmap key"));
        let check = check.unwrap_or_else(|| panic!("no check: {}", doctor.out));
        assert_eq!(check.contains("\"verdict\":\"good\""), code == 0, "{check}");
        assert_eq!(doctor.code, code, "{}", doctor.out);
        for text in [&ran.out, &ran.err, &doctor.out, &doctor.err] {
            assert!(!text.contains("not-for-the-log"), "the key is shown to nobody: {text}");
        }
    }
    // Where a service manager put it.
    let config = folder.put("fulcrum.toml", asks("coinglass"));
    let ran = command()
        .args(["check", "-c", &config])
        .env("CREDENTIALS_DIRECTORY", folder.path(""))
        .output();
    assert_eq!(Ran::from(ran.expect("it runs")).code, 0);
}

//! What the suites of the command line share: the binary, folders, and a small composed market.
#![allow(dead_code, reason = "each suite uses its part")]

pub(crate) mod market;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

/// A folder of its own for one test, removed when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

static FOLDERS: AtomicU64 = AtomicU64::new(0);

impl Folder {
    pub(crate) fn new() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("fulcrum-cli-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("a file for the test");
        path.display().to_string()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The records of a kind.
    pub(crate) fn of(&self, kind: &str) -> Vec<&str> {
        let mark = format!("\"kind\":\"{kind}\"");
        self.out.lines().filter(|line| line.contains(&mark)).collect()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fulcrum"))
}

/// Runs the binary with these words and paths.
pub(crate) fn fulcrum(words: &str, paths: &[&str]) -> Ran {
    let output = command().args(words.split_whitespace()).args(paths).output();
    output.expect("the binary runs").into()
}

pub(crate) fn gz(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).expect("memory");
    packed.finish().expect("memory")
}

/// A file of the real data; `None`, and a word about it, when it is not there.
#[allow(clippy::print_stdout, reason = "a test that could not run says so")]
pub(crate) fn data(test: &str, file: &str) -> Option<String> {
    let root = std::env::var_os("FULCRUM_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(file);
    if !path.is_file() {
        println!("skipped: {test} needs {file}");
        return None;
    }
    Some(path.display().to_string())
}

/// A minute of a market that was never there: an event that waits, the snapshot it straddles,
/// one more event, three trades; the last one in the next minute.
pub(crate) const SESSION: &str = concat!(
    r#"1700000000140000000 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1700000000050,"T":1700000000040,"s":"BTCUSDT","U":100,"u":110,"pu":99,"b":[["50000.00","1.500"]],"a":[["50000.10","2.000"]]}}"#,
    "\n",
    r#"1700000000155000000 {"lastUpdateId":105,"E":1700000000060,"T":1700000000055,"bids":[["50000.00","1.000"],["49999.90","3.000"]],"asks":[["50000.10","1.000"],["50000.20","4.000"]]}"#,
    "\n",
    r#"1700000000240000000 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1700000000150,"T":1700000000140,"s":"BTCUSDT","U":111,"u":120,"pu":110,"b":[["49999.90","0.000"]],"a":[["50000.20","5.000"]]}}"#,
    "\n",
    r#"1700000000300000000 {"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1700000000205,"s":"BTCUSDT","a":1,"p":"50000.10","q":"0.500","f":10,"l":12,"T":1700000000200,"m":false}}"#,
    "\n",
    r#"1700000000400000000 {"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1700000000305,"s":"BTCUSDT","a":2,"p":"50000.00","q":"0.200","f":13,"l":13,"T":1700000000300,"m":true}}"#,
    "\n",
    r#"1700000061100000000 {"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1700000061005,"s":"BTCUSDT","a":3,"p":"50000.20","q":"0.100","f":14,"l":15,"T":1700000061000,"m":false}}"#,
    "\n",
);

/// The grid of that market, so that nothing is announced.
pub(crate) const GRID: &str = "--instrument BTCUSDT:0.1:0.001";

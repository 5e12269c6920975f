//! Keys out of credential files: who may read them is looked at first, what they hold is shown to
//! nobody.
//!
//! A path is taken as it is. A bare name lies in `$CREDENTIALS_DIRECTORY`, where a service manager
//! puts what its unit loads (`LoadCredential=`).

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use venue::heatmap::{HeatmapPlan, Key};

use crate::capture;
use crate::config::{Config, Url};
use crate::exit::{Exit, Stop};
use crate::live::HeatmapAsk;

/// The key that names the heatmap's credential.
const HEATMAP_KEY: &str = "heatmap.key_file";
/// A credential is no longer than this.
const CREDENTIAL_MAX: u64 = 4_096;
/// Permission bits that a credential must not have: everything of others, and writing and
/// executing of the group. A service manager gives its user the group's reading.
const OPEN_TO_OTHERS: u32 = 0o037;
/// A whole answer of the heatmap has so long.
const HEATMAP_WAIT: Duration = Duration::from_secs(10);

/// Whether the configuration wants a heatmap of others.
pub(crate) fn wants_heatmap(config: &Config) -> bool {
    config.text("analytics.structure.liquidation_source") == "coinglass"
}

/// How the heatmap is asked, with its key; `None` when nobody wants it.
pub(crate) fn heatmap(config: &Config) -> Result<Option<HeatmapAsk>, Stop> {
    if !wants_heatmap(config) {
        return Ok(None);
    }
    let wrong = |what: &dyn fmt::Display| Stop::new(Exit::Configuration, what);
    let directory = env::var_os("CREDENTIALS_DIRECTORY");
    let key = key(config.text(HEATMAP_KEY), directory).map_err(|error| {
        wrong(&format_args!("{HEATMAP_KEY} (liquidation_source is coinglass): {error}"))
    })?;
    let url = Url::parse(config.text("heatmap.url"), "https");
    let url = url.ok_or_else(|| wrong(&"heatmap.url is no address"))?;
    let plan = HeatmapPlan {
        host: url.host,
        port: url.port,
        range: config.text("heatmap.range").to_owned(),
        timeout: HEATMAP_WAIT,
        ..HeatmapPlan::default()
    };
    Ok(Some(HeatmapAsk { plan, key, tls: capture::trust(config, "heatmap.ca_file")? }))
}

/// The key in a credential file.
fn key(file: &str, directory: Option<OsString>) -> Result<Key, String> {
    if file.is_empty() {
        return Err("names no file".into());
    }
    let path = place(Path::new(file), directory)
        .ok_or_else(|| format!("{file} is a bare name, and CREDENTIALS_DIRECTORY is not set"))?;
    let shown = path.display();
    let text = read(&path).map_err(|error| format!("{shown}: {error}"))?;
    // Its words are about the form; the key itself is in no error.
    Key::new(&text).map_err(|_| format!("{shown}: holds no key of printable ASCII"))
}

/// Where a credential lies.
fn place(file: &Path, directory: Option<OsString>) -> Option<PathBuf> {
    let bare = file.components().count() == 1 && !file.is_absolute();
    if bare {
        directory.map(|directory| Path::new(&directory).join(file))
    } else {
        Some(file.into())
    }
}

/// The text of a credential that nobody else can read. Looked at and read through one handle.
fn read(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("is no file"));
    }
    let mode = about.permissions().mode() & 0o777;
    if mode & OPEN_TO_OTHERS != 0 {
        let text = format!("mode {mode:03o} lets others at it; chmod 600 it");
        return Err(io::Error::other(text));
    }
    if about.len() > CREDENTIAL_MAX {
        return Err(io::Error::other("is too long for a key"));
    }
    let mut text = String::new();
    // The file may grow between the look and the reading.
    file.by_ref().take(CREDENTIAL_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{key, place};

    #[test]
    fn a_bare_name_lies_where_the_service_manager_puts_it() {
        let run = || Some("/run/credentials/fulcrum.service".into());
        for (file, directory, want) in [
            ("coinglass", run(), Some("/run/credentials/fulcrum.service/coinglass")),
            ("coinglass", None, None),
            ("./coinglass", None, Some("./coinglass")),
            ("/etc/fulcrum/key", run(), Some("/etc/fulcrum/key")),
            ("keys/coinglass", None, Some("keys/coinglass")),
        ] {
            assert_eq!(place(Path::new(file), directory).as_deref(), want.map(Path::new), "{file}");
        }
    }

    #[test]
    fn a_key_comes_only_out_of_a_file_of_ones_own() {
        let path = std::env::temp_dir().join(format!("fulcrum-credential-{}", std::process::id()));
        let file = path.display().to_string();
        let missing = key(&file, None).expect_err("nothing is there");
        assert!(missing.contains(&file), "{missing}");
        fs::write(&path, "secret-of-the-test\n").expect("a file");
        for (mode, sound) in [
            (0o600, true),
            (0o400, true),
            (0o440, true),
            (0o604, false),
            (0o644, false),
            (0o620, false),
        ] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            let read = key(&file, None);
            assert_eq!(read.is_ok(), sound, "{mode:o}: {read:?}");
            assert!(!format!("{read:?}").contains("secret"), "it stays what it is");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
        for text in ["", " \n", "two words", &"x".repeat(5_000)] {
            fs::write(&path, text).expect("a file");
            assert!(key(&file, None).is_err(), "{text:?}");
        }
        fs::remove_file(&path).expect("removed");
        assert!(key("", None).is_err() && key("/", None).is_err());
    }
}

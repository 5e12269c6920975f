//! scripts/tune-host on a host made of files: the check changes nothing, apply does what it
//! says, undo puts every value back.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a host has before; paths below its root.
const HOST: &[(&str, &str)] = &[
    ("sys/devices/system/cpu/online", "0-5"),
    ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave"),
    ("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance"),
    ("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never"),
    ("proc/sys/vm/swappiness", "60"),
    ("proc/sys/kernel/numa_balancing", "1"),
    ("proc/cmdline", "quiet isolcpus=domain,managed_irq,2-5 nohz_full=2-5"),
    ("proc/irq/10/smp_affinity_list", "0-5"),
    ("proc/irq/10/smp_affinity", "3f"),
];

/// What apply makes of it: everything else stays.
const TUNED: &[(&str, &str)] = &[
    ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance"),
    ("sys/kernel/mm/transparent_hugepage/enabled", "madvise"),
    ("proc/sys/vm/swappiness", "0"),
    ("proc/sys/kernel/numa_balancing", "0"),
    ("proc/irq/10/smp_affinity", "00000003"),
];

struct Host(PathBuf);

impl Host {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("fulcrum-host-{}", std::process::id()));
        for (path, text) in HOST {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, format!("{text}\n")).expect("a file");
        }
        let bin = root.join("bin");
        std::fs::create_dir_all(&bin).expect("a folder");
        let tool = bin.join("ethtool");
        let card = root.join("card");
        std::fs::write(&card, "on 8\n").expect("a file");
        let card = card.display();
        let script = format!(
            "#!/bin/sh\n[ \"$2\" = eth7 ] || exit 1\nread -r adaptive usecs < {card}\n\
             case $1 in\n\
             -c) echo \"Coalesce parameters for eth7:\"; echo \"Adaptive RX: $adaptive  TX: off\"\n\
             echo \"rx-usecs: $usecs\"; echo \"rx-frames: n/a\" ;;\n\
             -C) echo \"$4 $6\" > {card} ;;\nesac\n"
        );
        std::fs::write(&tool, script).expect("a file");
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("ours");
        Self(root)
    }

    /// How the card gathers packets.
    fn card(&self) -> String {
        std::fs::read_to_string(self.0.join("card")).expect("a card").trim().into()
    }

    fn run(&self, verb: &str) -> Output {
        // A card made of a file, and an ethtool that knows nothing else.
        let path = format!(
            "{}:{}",
            self.0.join("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/tune-host");
        let mut command = Command::new("bash");
        command.arg(script).arg(verb).env("TUNE_ROOT", &self.0).env("PATH", path);
        if verb != "undo" {
            command.args(["--cores", "2-5", "--nic", "eth7"]);
        }
        command.output().expect("bash")
    }

    /// Every setting as it stands.
    fn settings(&self) -> BTreeMap<&'static str, String> {
        let read = |path: &str| std::fs::read_to_string(self.0.join(path)).expect("a setting");
        HOST.iter().map(|&(path, _)| (path, read(path).trim().to_string())).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // What cannot be removed stays in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn with(changes: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    let all = HOST.iter().chain(changes);
    all.map(|&(path, text)| (path, text.to_string())).collect()
}

#[test]
fn check_apply_undo() {
    let host = Host::new();

    let check = host.run("check");
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert_eq!(check.status.code(), Some(1), "{said}");
    assert_eq!(host.settings(), with(&[]), "a check changes nothing");
    // Seven settings of this host are off; the kernel's rcu_nocbs only a reboot can change.
    assert_eq!(said.lines().filter(|line| line.starts_with("CHANGE")).count(), 7, "{said}");
    assert_eq!(host.card(), "on 8");
    for word in ["powersave", "rcu_nocbs", "reboot", "interrupts on hot cores"] {
        assert!(said.contains(word), "{word} in {said}");
    }

    assert!(host.run("apply").status.success());
    assert_eq!(host.settings(), with(TUNED));
    assert_eq!(host.card(), "off 0");
    assert_eq!(host.run("apply").status.code(), Some(1), "what is applied is undone first");

    assert!(host.run("undo").status.success());
    // A real kernel shows the choice in brackets again; a file holds the word that was written.
    let hugepages = ("sys/kernel/mm/transparent_hugepage/enabled", "always");
    assert_eq!(host.settings(), with(&[hugepages]));
    assert_eq!(host.card(), "on 8");
    assert!(host.run("undo").status.success(), "nothing left to undo is no error");
}

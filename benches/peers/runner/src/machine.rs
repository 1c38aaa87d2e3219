//! What this is measured on.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

pub(crate) struct Machine {
    pub(crate) lines: Vec<(&'static str, String)>,
}

impl Machine {
    pub(crate) fn look(dir: &Path, postgres: String) -> Result<Self> {
        let cpu = fs::read_to_string("/proc/cpuinfo")?;
        let model = field(&cpu, "model name").unwrap_or_else(|| "unknown".to_owned());
        let memory = fs::read_to_string("/proc/meminfo")?;
        let kibibytes: f64 =
            field(&memory, "MemTotal").and_then(|size| size.split(' ').next()?.parse().ok()).unwrap_or(0.0);
        Ok(Self {
            lines: vec![
                ("processor", format!("{} × {model}", std::thread::available_parallelism()?)),
                ("memory", format!("{:.0} GiB", kibibytes / 1024.0 / 1024.0)),
                ("kernel", format!("Linux {}", fs::read_to_string("/proc/sys/kernel/osrelease")?.trim())),
                (
                    "file system",
                    first_line("findmnt", &["-n", "-o", "FSTYPE,OPTIONS", "-T", &dir.display().to_string()]),
                ),
                ("compiler", first_line("rustc", &["--version"])),
                ("server", postgres),
                ("date", first_line("date", &["+%B %Y"])),
            ],
        })
    }
}

/// Refuses a folder that is in memory: nothing would be durable there, and so everything fast.
pub(crate) fn require_disk(dir: &Path) -> Result<()> {
    let kind = first_line("findmnt", &["-n", "-o", "FSTYPE", "-T", &dir.display().to_string()]);
    ensure!(
        !matches!(kind.as_str(), "tmpfs" | "ramfs"),
        "{} is in memory: name a folder on a disk with --dir",
        dir.display()
    );
    Ok(())
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").split_whitespace().collect::<Vec<_>>().join(" ")
}

//! What the kernel says about this process and a server's.

use std::fs;

use anyhow::{Context, Result};

/// Memory of this process that is in RAM, in bytes.
pub(crate) fn resident_bytes() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024.0)
}

/// Processor time of this process, in seconds.
pub(crate) fn cpu_seconds() -> Result<f64> {
    Ok(Times::read("self")?.own)
}

/// Processor time of a server and its children, dead or alive, in seconds.
pub(crate) fn family_seconds(parent: u32) -> Result<f64> {
    let of_parent = Times::read(&parent.to_string())?;
    let mut seconds = of_parent.own + of_parent.of_dead_children;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) else { continue };
        // A process may have ended meanwhile.
        if let Ok(times) = Times::read(id)
            && times.parent == parent
        {
            seconds += times.own;
        }
    }
    Ok(seconds)
}

struct Times {
    parent: u32,
    own: f64,
    of_dead_children: f64,
}

impl Times {
    /// Linux counts in hundredths of a second for whoever reads this file.
    fn read(process: &str) -> Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        let fields: Vec<&str> = stat.rsplit(')').next().context("no fields")?.split_whitespace().collect();
        let ticks = |index: usize| -> Result<f64> { Ok(fields.get(index).context("too few fields")?.parse()?) };
        Ok(Self {
            parent: fields.get(1).context("no parent")?.parse()?,
            own: (ticks(11)? + ticks(12)?) / 100.0,
            of_dead_children: (ticks(13)? + ticks(14)?) / 100.0,
        })
    }
}

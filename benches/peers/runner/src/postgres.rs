//! A PostgreSQL server of our own, for as long as this runs.

use std::cell::Cell;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// Where distributions put it, a folder for each version.
const USUAL_PLACE: &str = "/usr/lib/postgresql";
const USER: &str = "bench";

/// A server on a temporary folder, on the loopback only, that syncs each commit.
pub(crate) struct Cluster {
    programs: PathBuf,
    data: TempDir,
    port: u16,
    owner: Option<Owner>,
    server: Child,
    databases: Cell<u32>,
}

/// Who runs it: PostgreSQL refuses root.
#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Cluster {
    pub(crate) fn start(dir: &Path, programs: Option<&Path>) -> Result<Self> {
        let programs = programs.map_or_else(newest, |programs| Ok(programs.to_owned()))?;
        let data = tempfile::Builder::new().prefix("bench-postgres-").tempdir_in(dir)?;
        let is_root = fs::metadata(data.path())?.uid() == 0;
        let owner = is_root.then(|| -> Result<Owner> {
            let owner = Owner { user: id("-u")?, group: id("-g")? };
            chown(data.path(), Some(owner.user), Some(owner.group))?;
            Ok(owner)
        });
        let owner = owner.transpose()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();

        let mut initdb = command(&programs, "initdb", owner);
        initdb
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--username", USER])
            .arg("--pgdata")
            .arg(data.path());
        let made = initdb.stdin(Stdio::null()).output().context("initdb")?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));

        let mut postgres = command(&programs, "postgres", owner);
        postgres.arg("-D").arg(data.path()).arg("-k").arg(data.path()).args(["-p", &port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "fsync=on", "synchronous_commit=on"] {
            postgres.args(["-c", setting]);
        }
        let server = postgres.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let cluster = Self { programs, data, port, owner, server, databases: Cell::new(0) };
        cluster.wait()?;
        Ok(cluster)
    }

    fn wait(&self) -> Result<()> {
        let began = Instant::now();
        while !self.client("pg_isready").output()?.status.success() {
            ensure!(began.elapsed() < Duration::from_secs(30), "the server does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// An empty database.
    pub(crate) fn create_database(&self) -> Result<String> {
        let name = format!("bench_{}", self.databases.replace(self.databases.get() + 1));
        let made = self.client("createdb").arg(&name).output()?;
        ensure!(made.status.success(), "createdb: {}", String::from_utf8_lossy(&made.stderr));
        Ok(format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port))
    }

    /// The process whose children do the work.
    pub(crate) fn process(&self) -> u32 {
        self.server.id()
    }

    pub(crate) fn version(&self) -> String {
        let output = Command::new(self.programs.join("postgres")).arg("--version").output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    }

    fn client(&self, program: &str) -> Command {
        let mut command = command(&self.programs, program, self.owner);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER]);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = command(&self.programs, "pg_ctl", self.owner);
        stop.args(["stop", "--mode=immediate", "--pgdata"]).arg(self.data.path());
        _ = stop.stdout(Stdio::null()).status();
        _ = self.server.wait();
    }
}

fn command(programs: &Path, program: &str, owner: Option<Owner>) -> Command {
    let mut command = Command::new(programs.join(program));
    command.current_dir("/");
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
    command
}

fn newest() -> Result<PathBuf> {
    let versions = fs::read_dir(USUAL_PLACE).with_context(|| format!("{USUAL_PLACE}; say where with `--postgres`"))?;
    let mut folders: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    folders.retain(|folder| folder.join("postgres").exists());
    folders.sort();
    folders.pop().with_context(|| format!("no PostgreSQL in {USUAL_PLACE}"))
}

/// The user and group `postgres`, which come with its package.
fn id(which: &str) -> Result<u32> {
    let output = Command::new("id").args([which, "postgres"]).output()?;
    ensure!(output.status.success(), "run this as a user other than root, or add a user `postgres`");
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

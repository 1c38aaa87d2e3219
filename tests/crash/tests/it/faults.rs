//! A disk that fails now and then, or is full: nothing is lost, and the engine goes on when the disk does.
//!
//! `FAULTS=200 SEED=7 cargo test -p durable-crash disk` repeats a run, or makes it longer.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::orders::{finish_and_check, worker};
use crate::random::{Random, from_environment};

const EIO: u64 = 5;
const ENOSPC: u64 = 28;

/// The library that lets calls fail, beside the test itself.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let library = test.with_file_name("libdurable_faults.so");
    assert!(library.exists(), "{} was not built", library.display());
    library
}

/// Waits for a process for some time, and kills it then. Returns whether it ended by itself.
fn wait_or_kill(mut child: Child, patience: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

#[tokio::test]
async fn a_disk_that_fails_at_every_nth_call_loses_nothing() {
    let rounds = from_environment("FAULTS", 16);
    let seed = from_environment("SEED", u64::from(std::process::id()));
    println!("SEED={seed} FAULTS={rounds}");
    let mut random = Random(seed);
    let (folder, library) = (tempfile::tempdir().unwrap(), library());

    let (mut started, mut failed) = (0, 0);
    for _ in 0..rounds {
        let errors = folder.path().join("errors.txt");
        let every = 2 + random.below(150);
        let child = worker(folder.path(), started, 2)
            .env("LD_PRELOAD", &library)
            .env("FAULT_PATH", "store.db")
            .env("FAULT_AFTER", random.below(200).to_string())
            .env("FAULT_EVERY", every.to_string())
            .env("FAULT_ERRNO", [EIO, ENOSPC][random.below(2) as usize].to_string())
            .stderr(std::fs::File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        wait_or_kill(child, Duration::from_millis(500 + random.below(1_500)));
        failed += u64::from(!std::fs::read_to_string(&errors).unwrap().is_empty());
        started += 2;
    }
    finish_and_check(folder.path(), started, seed).await;
    assert!(failed * 2 > rounds, "only {failed} of {rounds} processes saw the disk fail, seed {seed}");
    println!("{failed} of {rounds} processes saw the disk fail; {started} orders");
}

/// Fills a small disk while orders are worked on, waits until the engine has met that, and makes room again.
const SCRIPT: &str = r#"
    disk=$1; saved=$2; shift 2
    mount -t tmpfs -o size=16m tmpfs "$disk"
    "$@" "$disk/store.db" "$saved/ledger.txt" 0 12 > "$saved/output.txt" 2> "$saved/errors.txt" &
    until test -e "$disk/store.db-wal"; do sleep 0.01; done
    dd if=/dev/zero of="$disk/filler" bs=4k 2> "$saved/dd.txt" || true
    tries=0
    until grep -q 'no room left' "$saved/errors.txt"; do
        tries=$((tries + 1))
        test $tries -lt 600 || { echo 'the engine did not meet the full disk' >&2; exit 1; }
        sleep 0.05
    done
    rm "$disk/filler"
    wait $!
    cp -a "$disk/." "$saved"
"#;

#[tokio::test]
async fn a_full_disk_loses_nothing_and_what_it_stopped_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, saved) = (folder.path().join("disk"), folder.path().join("saved"));
    std::fs::create_dir(&disk).unwrap();
    std::fs::create_dir(&saved).unwrap();
    // A mount namespace of its own, so that nobody has to be root.
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-euc", SCRIPT, "sh"]).args([&disk, &saved]);
    let output = shell.arg(env!("CARGO_BIN_EXE_crash-worker")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = std::fs::read_to_string(saved.join("output.txt")).unwrap();
    assert_eq!(output.lines().count(), 12, "the process that met the full disk finished all orders");
    let errors = std::fs::read_to_string(saved.join("errors.txt")).unwrap();
    assert!(errors.contains("no room left for"), "{errors}");
    finish_and_check(&saved, 12, 0).await;
}

//! A disk that fails now and then, or is full: nothing is lost, and the engine goes on when the disk does.
//!
//! `FAULTS=200 SEED=7 cargo test -p durable-crash disk` repeats a run, or makes it longer. `FULL=20` fills a disk more
//! often.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::orders::{Allowed, check_liveness, finish_and_check, worker};
use crate::random::{Random, from_environment, seed};

const EIO: u64 = 5;
const ENOSPC: u64 = 28;

/// The library that lets calls fail, beside the test itself.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let library = test.with_file_name("libdurable_faults.so");
    assert!(library.exists(), "{} was not built", library.display());
    library
}

/// A process that works on a disk that can fail, and writes what it complains of to a file.
fn on_bad_disk(folder: &Path, first: u32, count: u32) -> Command {
    let errors = std::fs::File::options().create(true).append(true).open(folder.join("errors.txt")).unwrap();
    let mut command = worker(folder, first, count);
    command.env("LD_PRELOAD", library()).env("FAULT_PATH", "store.db").stderr(errors);
    command
}

/// Waits for a process for some time, and kills it then. Returns whether it ended by itself.
fn wait_or_kill(child: &mut Child, patience: Duration) -> bool {
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

/// How many writes failed in the processes that wrote to this file.
fn failed_writes(folder: &Path) -> usize {
    let errors = std::fs::read_to_string(folder.join("errors.txt")).unwrap_or_default();
    errors.lines().filter(|line| line.contains("a write to the store failed")).count()
}

#[tokio::test]
async fn a_disk_that_fails_at_every_nth_call_loses_nothing() {
    let (rounds, seed) = (from_environment("FAULTS", 16), seed());
    println!("SEED={seed} FAULTS={rounds}");
    let (folder, mut random) = (tempfile::tempdir().unwrap(), Random::new(seed));
    let (mut started, mut failed) = (0, 0);
    for round in 0..rounds {
        let errors = || std::fs::metadata(folder.path().join("errors.txt")).map_or(0, |file| file.len());
        let before = errors();
        let mut command = on_bad_disk(folder.path(), started, 2);
        // Each second one from the second on, each third, …; some from the first call on, some when the store is open.
        command.env("FAULT_EVERY", (2 + round % 150).to_string()).env("FAULT_AFTER", (round % 3 * 70).to_string());
        command.env("FAULT_ERRNO", [EIO, ENOSPC][random.below(2) as usize].to_string());
        if random.below(3) == 0 {
            command.env("FAULT_SHORT", "1");
        }
        wait_or_kill(&mut command.spawn().unwrap(), Duration::from_millis(400 + random.below(1_000)));
        failed += u64::from(errors() > before);
        started += 2;
        check_liveness(folder.path(), seed);
    }
    let allowed = Allowed { failed_writes: failed_writes(folder.path()), crash_loops: true, ..Allowed::default() };
    finish_and_check(folder.path(), started, seed, allowed).await;
    assert!(failed * 2 > rounds, "only {failed} of {rounds} processes saw the disk fail, seed {seed}");
    println!("{failed} of {rounds} processes saw the disk fail; {started} orders");
}

/// The first call that fails: about where the store is open.
const FIRST: u64 = 40;

#[tokio::test]
async fn a_process_whose_disk_fails_once_goes_on_by_itself() {
    let (rounds, seed) = (from_environment("FAULTS", 16), seed());
    println!("SEED={seed} FAULTS={rounds}");
    let mut random = Random::new(seed);
    let folders: Vec<_> = (0..rounds).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut met = 0;
    for (batch, folders) in folders.chunks(8).enumerate() {
        let spawn = |(place, folder): (usize, &tempfile::TempDir)| {
            let call = FIRST + (batch * 8 + place) as u64;
            let mut command = on_bad_disk(folder.path(), 0, 2);
            command.env("FAULT_AFTER", call.to_string()).env("FAULT_EVERY", "1").env("FAULT_COUNT", "1");
            if random.below(2) == 0 {
                command.env("FAULT_SHORT", "1");
            }
            command.spawn().unwrap()
        };
        let children: Vec<_> = folders.iter().enumerate().map(spawn).collect();
        for (folder, mut child) in folders.iter().zip(children) {
            let ended = wait_or_kill(&mut child, Duration::from_secs(60));
            let errors = std::fs::read_to_string(folder.path().join("errors.txt")).unwrap();
            assert!(ended, "it does not go on, seed {seed}: {errors}");
            // An error while the store is opened ends the process, and says so.
            let status = child.wait().unwrap();
            assert!(status.success() || errors.contains("Error: "), "{status}, seed {seed}: {errors}");
            met += u64::from(!errors.is_empty());
            let allowed = Allowed { failed_writes: failed_writes(folder.path()), ..Allowed::default() };
            finish_and_check(folder.path(), 2, seed, allowed).await;
        }
    }
    println!("{met} of {rounds} processes saw the disk fail");
}

/// Fills a small disk while orders are worked on, waits until the engine has met that, and makes room again.
const SCRIPT: &str = r#"
    disk=$1; saved=$2; orders=$3; delay=$4; shift 4
    mount -t tmpfs -o size=16m tmpfs "$disk"
    "$@" "$disk/store.db" "$saved/ledger.txt" 0 "$orders" > "$saved/output.txt" 2> "$saved/errors.txt" &
    until test -e "$disk/store.db-wal"; do sleep 0.01; done
    sleep "$delay"
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

/// How many orders are worked on while the disk is full.
const ORDERS: u32 = 12;

/// Runs a command in a mount namespace of its own, so that nobody has to be root; `None` where that is not allowed.
fn unshared() -> Option<Command> {
    let unshare = || {
        let mut shell = Command::new("unshare");
        shell.args(["--user", "--map-root-user", "--mount", "sh", "-euc"]);
        shell
    };
    let mount = "mount -t tmpfs tmpfs /mnt";
    unshare().arg(mount).output().is_ok_and(|output| output.status.success()).then(unshare)
}

/// The same with a disk that says that it is full for as long as a file is there.
fn seem_full(saved: &Path, delay: Duration) {
    let flag = saved.join("full");
    let mut command = on_bad_disk(saved, 0, ORDERS);
    command.env("FAULT_WHILE", &flag).env("FAULT_EVERY", "1").env("FAULT_ERRNO", ENOSPC.to_string());
    let output = std::fs::File::create(saved.join("output.txt")).unwrap();
    let mut child = command.stdout(output).spawn().unwrap();
    while !saved.join("store.db-wal").exists() {
        sleep(Duration::from_millis(10));
    }
    sleep(delay);
    std::fs::write(&flag, "").unwrap();
    let begun = Instant::now();
    while !std::fs::read_to_string(saved.join("errors.txt")).unwrap().contains("no room left") {
        assert!(begun.elapsed() < Duration::from_secs(30), "the engine did not meet the full disk");
        sleep(Duration::from_millis(20));
    }
    std::fs::remove_file(flag).unwrap();
    assert!(wait_or_kill(&mut child, Duration::from_secs(90)), "it does not go on");
}

async fn fill_a_disk(delay: Duration, by_injection: bool, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (disk, saved) = (folder.path().join("disk"), folder.path().join("saved"));
    std::fs::create_dir(&disk).unwrap();
    std::fs::create_dir(&saved).unwrap();
    match unshared().filter(|_| !by_injection) {
        Some(mut shell) => {
            let (orders, delay) = (ORDERS.to_string(), delay.as_secs_f64().to_string());
            shell.args([SCRIPT, "sh"]).args([&disk, &saved]).args([orders, delay]);
            let output = shell.arg(env!("CARGO_BIN_EXE_crash-worker")).output().unwrap();
            assert!(output.status.success(), "{}, seed {seed}", String::from_utf8_lossy(&output.stderr));
        }
        None => seem_full(&saved, delay),
    }
    let output = std::fs::read_to_string(saved.join("output.txt")).unwrap();
    let finished = output.lines().count();
    assert_eq!(finished, ORDERS as usize, "the process that met the full disk finished all orders, seed {seed}");
    let errors = std::fs::read_to_string(saved.join("errors.txt")).unwrap();
    assert!(errors.contains("no room left for"), "{errors}");
    check_liveness(&saved, seed);
    let allowed = Allowed { failed_writes: failed_writes(&saved), ..Allowed::default() };
    finish_and_check(&saved, ORDERS, seed, allowed).await;
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_what_it_stopped_goes_on_when_there_is_room() {
    let (rounds, seed) = (from_environment("FULL", 1), seed());
    println!("SEED={seed} FULL={rounds}, on a disk of its own: {}", unshared().is_some());
    let mut random = Random::new(seed);
    for _ in 0..rounds {
        fill_a_disk(Duration::from_millis(random.below(2_000)), false, seed).await;
    }
}

#[tokio::test]
async fn a_disk_that_says_it_is_full_loses_nothing_either() {
    let (rounds, seed) = (from_environment("FULL", 1), seed());
    println!("SEED={seed} FULL={rounds}");
    let mut random = Random::new(seed);
    for _ in 0..rounds {
        fill_a_disk(Duration::from_millis(random.below(2_000)), true, seed).await;
    }
}

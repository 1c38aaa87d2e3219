//! Lets system calls on a store's files fail, as a disk does that is broken or full.
//!
//! A library to preload (`LD_PRELOAD`) into the process under test, on Linux. It stands in for the calls by which SQLite
//! and the engine open, read, write, map and remove files, counts those on files whose path contains `FAULT_PATH`, and
//! lets some of them fail with `FAULT_ERRNO`, after the first `FAULT_AFTER`:
//!
//! - `FAULT_EVERY=n`: each n-th one; without it nothing fails.
//! - `FAULT_COUNT=n`: only so many of them, then the disk is well.
//! - `FAULT_SHORT=1`: a write that is to fail writes half of its bytes and says so, and the next one fails.
//! - `FAULT_WHILE=path`: only while there is a file with this path.
#![cfg(target_os = "linux")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use libc::{mode_t, off_t, size_t, ssize_t};

/// Which calls fail.
struct Plan {
    path: Vec<u8>,
    after: u64,
    every: u64,
    count: u64,
    short: bool,
    only_while: Option<CString>,
    errno: c_int,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
static CALLS: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicU64 = AtomicU64::new(0);
/// Whether a write was cut short, so that the next one fails.
static CUT: AtomicBool = AtomicBool::new(false);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn plan() -> Option<&'static Plan> {
    let plan = PLAN.get_or_init(|| {
        Some(Plan {
            path: std::env::var("FAULT_PATH").ok()?.into_bytes(),
            after: number("FAULT_AFTER").unwrap_or(0),
            every: number("FAULT_EVERY")?.max(1),
            count: number("FAULT_COUNT").unwrap_or(u64::MAX),
            short: number("FAULT_SHORT").is_some(),
            only_while: std::env::var("FAULT_WHILE").ok().and_then(|path| CString::new(path).ok()),
            errno: number("FAULT_ERRNO").and_then(|errno| errno.try_into().ok()).unwrap_or(libc::EIO),
        })
    });
    plan.as_ref()
}

/// What becomes of a call.
#[derive(PartialEq, Eq)]
enum Fate {
    Done,
    /// Half of it is done; only a write can be.
    Half,
    Failed,
}

/// What becomes of this call on a file with this path; `errno` is set if it fails.
fn fate(path: &[u8], is_write: bool) -> Fate {
    let Some(plan) = plan() else { return Fate::Done };
    if !path.windows(plan.path.len()).any(|part| part == plan.path) {
        return Fate::Done;
    }
    if let Some(flag) = &plan.only_while {
        // SAFETY: the path ends with a zero byte.
        if unsafe { libc::access(flag.as_ptr(), libc::F_OK) } != 0 {
            return Fate::Done;
        }
    }
    let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let is_cut = is_write && CUT.swap(false, Ordering::Relaxed);
    let is_due = call > plan.after && (call - plan.after).is_multiple_of(plan.every);
    if !is_cut && (!is_due || FAILED.fetch_add(1, Ordering::Relaxed) >= plan.count) {
        return Fate::Done;
    }
    if plan.short && is_write && !is_cut {
        CUT.store(true, Ordering::Relaxed);
        return Fate::Half;
    }
    // SAFETY: the address of this thread's `errno` is always valid.
    unsafe { *libc::__errno_location() = plan.errno };
    Fate::Failed
}

fn fate_of_file(fd: c_int, is_write: bool) -> Fate {
    if plan().is_none() {
        return Fate::Done;
    }
    let mut link = [0_u8; 32];
    let mut path = [0_u8; 512];
    let Some(link) = proc_link(fd, &mut link) else { return Fate::Done };
    // SAFETY: both buffers live through the call, the name ends with a zero byte, and the length is that of the buffer.
    let length = unsafe { libc::readlink(link.as_ptr(), path.as_mut_ptr().cast::<c_char>(), path.len()) };
    fate(usize::try_from(length).ok().and_then(|length| path.get(..length)).unwrap_or_default(), is_write)
}

/// What becomes of a call that names a file.
///
/// # Safety
///
/// The path must end with a zero byte, as for the function of the C library.
unsafe fn fate_of_path(path: *const c_char) -> Fate {
    if path.is_null() {
        return Fate::Done;
    }
    // SAFETY: by the caller's promise.
    fate(unsafe { CStr::from_ptr(path) }.to_bytes(), false)
}

/// `/proc/self/fd/7`, without allocating.
fn proc_link(fd: c_int, buffer: &mut [u8; 32]) -> Option<&CStr> {
    use std::io::Write;
    write!(buffer.as_mut_slice(), "/proc/self/fd/{fd}\0").ok()?;
    CStr::from_bytes_until_nul(buffer).ok()
}

/// The function of this name in the C library.
macro_rules! real {
    ($name:ident, $type:ty) => {{
        static REAL: OnceLock<$type> = OnceLock::new();
        *REAL.get_or_init(|| {
            let name = concat!(stringify!($name), "\0");
            // SAFETY: the next library in line has a function of this name and type: the C library itself.
            unsafe { std::mem::transmute::<*mut c_void, $type>(libc::dlsym(libc::RTLD_NEXT, name.as_ptr().cast())) }
        })
    }};
}

/// Stands in for functions of the C library: `fails` says what becomes of a call, `failed` what it gives then.
macro_rules! stand_in {
    ($($name:ident($($argument:ident: $ty:ty),*) -> $output:ty { $fate:expr, $failed:expr })+) => {
        $(
            /// Fails as planned, else does what the function of this name in the C library does.
            ///
            /// # Safety
            ///
            /// That of the function in the C library.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($argument: $ty),*) -> $output {
                let real = real!($name, unsafe extern "C" fn($($ty),*) -> $output);
                if $fate == Fate::Failed {
                    return $failed;
                }
                // SAFETY: the caller keeps the promises that the real function asks for.
                unsafe { real($($argument),*) }
            }
        )+
    };
}

stand_in! {
    read(fd: c_int, buffer: *mut c_void, count: size_t) -> ssize_t { fate_of_file(fd, false), -1 }
    pread64(fd: c_int, buffer: *mut c_void, count: size_t, offset: off_t) -> ssize_t { fate_of_file(fd, false), -1 }
    fsync(fd: c_int) -> c_int { fate_of_file(fd, false), -1 }
    fdatasync(fd: c_int) -> c_int { fate_of_file(fd, false), -1 }
    ftruncate(fd: c_int, length: off_t) -> c_int { fate_of_file(fd, false), -1 }
    ftruncate64(fd: c_int, length: off_t) -> c_int { fate_of_file(fd, false), -1 }
    mmap(address: *mut c_void, length: size_t, protection: c_int, flags: c_int, fd: c_int, offset: off_t) -> *mut c_void {
        fate_of_file(fd, false), libc::MAP_FAILED
    }
    mmap64(address: *mut c_void, length: size_t, protection: c_int, flags: c_int, fd: c_int, offset: off_t) -> *mut c_void {
        fate_of_file(fd, false), libc::MAP_FAILED
    }
    // A call without a mode passes what happens to be there; nobody looks at it then.
    open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int { unsafe { fate_of_path(path) }, -1 }
    open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int { unsafe { fate_of_path(path) }, -1 }
    unlink(path: *const c_char) -> c_int { unsafe { fate_of_path(path) }, -1 }
}

/// The same for writes, which can also be done by half.
macro_rules! stand_in_for_writes {
    ($($name:ident($($last:ident: $ty:ty)?))+) => {
        $(
            /// Fails as planned, else does what the function of this name in the C library does.
            ///
            /// # Safety
            ///
            /// That of the function in the C library.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(fd: c_int, buffer: *const c_void, count: size_t $(, $last: $ty)?) -> ssize_t {
                let real = real!($name, unsafe extern "C" fn(c_int, *const c_void, size_t $(, $ty)?) -> ssize_t);
                let count = match fate_of_file(fd, true) {
                    Fate::Done => count,
                    Fate::Half => count.div_ceil(2),
                    Fate::Failed => return -1,
                };
                // SAFETY: the caller keeps the promises that the real function asks for; fewer bytes are fewer.
                unsafe { real(fd, buffer, count $(, $last)?) }
            }
        )+
    };
}

stand_in_for_writes! {
    write()
    pwrite64(offset: off_t)
}

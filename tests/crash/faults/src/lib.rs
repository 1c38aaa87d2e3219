//! Lets system calls on a store's files fail, as a disk does that is broken or full.
//!
//! A library to preload (`LD_PRELOAD`) into the process under test. It stands in for the calls by which SQLite and the
//! engine read and write, counts those on files whose path contains `FAULT_PATH`, and lets one in `FAULT_EVERY` of them
//! fail with `FAULT_ERRNO`, after the first `FAULT_AFTER`. Without `FAULT_EVERY` nothing fails.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use libc::{off_t, size_t, ssize_t};

/// Which calls fail.
struct Plan {
    path: Vec<u8>,
    after: u64,
    every: u64,
    errno: c_int,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
static CALLS: AtomicU64 = AtomicU64::new(0);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn plan() -> Option<&'static Plan> {
    let plan = PLAN.get_or_init(|| {
        Some(Plan {
            path: std::env::var("FAULT_PATH").ok()?.into_bytes(),
            after: number("FAULT_AFTER").unwrap_or(0),
            every: number("FAULT_EVERY")?.max(1),
            errno: number("FAULT_ERRNO").and_then(|errno| errno.try_into().ok()).unwrap_or(libc::EIO),
        })
    });
    plan.as_ref()
}

/// Whether this call on this file fails; `errno` is set then.
fn fails(fd: c_int) -> bool {
    let Some(plan) = plan() else { return false };
    let mut link = [0_u8; 32];
    let mut path = [0_u8; 512];
    let Some(link) = proc_link(fd, &mut link) else { return false };
    // SAFETY: both buffers live through the call, the name ends with a zero byte, and the length is that of the buffer.
    let length = unsafe { libc::readlink(link.as_ptr(), path.as_mut_ptr().cast::<c_char>(), path.len()) };
    let path = usize::try_from(length).ok().and_then(|length| path.get(..length)).unwrap_or_default();
    if !path.windows(plan.path.len()).any(|part| part == plan.path) {
        return false;
    }
    let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let fails = call > plan.after && (call - plan.after).is_multiple_of(plan.every);
    if fails {
        // SAFETY: the address of this thread's `errno` is always valid.
        unsafe { *libc::__errno_location() = plan.errno };
    }
    fails
}

/// `/proc/self/fd/7`, without allocating.
fn proc_link(fd: c_int, buffer: &mut [u8; 32]) -> Option<&CStr> {
    use std::io::Write;
    write!(buffer.as_mut_slice(), "/proc/self/fd/{fd}\0").ok()?;
    CStr::from_bytes_until_nul(buffer).ok()
}

/// Stands in for a function of the C library: fails as planned, else calls it.
macro_rules! stand_in {
    ($($name:ident($fd:ident: c_int $(, $argument:ident: $ty:ty)*) -> $output:ty;)+) => {
        $(
            /// Fails as planned, else does what the function of this name in the C library does.
            ///
            /// # Safety
            ///
            /// That of the function in the C library.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($fd: c_int $(, $argument: $ty)*) -> $output {
                static REAL: OnceLock<unsafe extern "C" fn(c_int $(, $ty)*) -> $output> = OnceLock::new();
                if fails($fd) {
                    return -1;
                }
                let real = REAL.get_or_init(|| {
                    let name = concat!(stringify!($name), "\0");
                    // SAFETY: the next library in line has a function of this name and type: the C library itself.
                    unsafe { std::mem::transmute::<*mut c_void, _>(libc::dlsym(libc::RTLD_NEXT, name.as_ptr().cast())) }
                });
                // SAFETY: the caller keeps the promises that the real function asks for.
                unsafe { real($fd $(, $argument)*) }
            }
        )+
    };
}

stand_in! {
    read(fd: c_int, buffer: *mut c_void, count: size_t) -> ssize_t;
    write(fd: c_int, buffer: *const c_void, count: size_t) -> ssize_t;
    pread64(fd: c_int, buffer: *mut c_void, count: size_t, offset: off_t) -> ssize_t;
    pwrite64(fd: c_int, buffer: *const c_void, count: size_t, offset: off_t) -> ssize_t;
    fsync(fd: c_int) -> c_int;
    fdatasync(fd: c_int) -> c_int;
    ftruncate(fd: c_int, length: off_t) -> c_int;
    ftruncate64(fd: c_int, length: off_t) -> c_int;
}

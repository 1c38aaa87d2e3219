//! What the lints of D001 to D010 find, wherever it stands, and what only looks like it.

use super::durable;

/// The codes of the errors, in the order of their lints.
fn found(code: &str) -> Vec<String> {
    let expanded = durable("", &format!("async fn run() {{ {code} }}"));
    assert!(!expanded.starts_with("does not"), "{code}: {expanded}");
    let notes = expanded.split("note: D").skip(1);
    let codes: Vec<String> = notes.map(|note| format!("D{}", &note[..3])).collect();
    assert_eq!(expanded.matches("compile_error!").count(), codes.len(), "{code} is refused for something else");
    codes
}

#[track_caller]
fn check(cases: &[(&str, &[&str])]) {
    for (code, expected) in cases {
        assert_eq!(found(code), *expected, "{code}");
    }
}

/// What a module has imported is not seen, so the shortest way to write a name has to do.
#[test]
fn files_are_seen_through_the_imports_of_a_module() {
    check(&[
        ("fs::write(path, text)?;", &["D007"]),
        ("let bytes = fs::read(path)?;", &["D007"]),
        ("fs::copy(from, to)?;", &["D007"]),
        ("fs::rename(from, to)?;", &["D007"]),
        ("fs::hard_link(from, to)?;", &["D007"]),
        ("fs::set_permissions(path, mode)?;", &["D007"]),
        ("let file = File::create_new(path)?;", &["D007"]),
        ("let file = fs::File::options().append(true).open(path)?;", &["D007"]),
        ("fs::DirBuilder::new().create(path)?;", &["D007"]),
        ("crate::fs::write(path, text)?;", &[]),
        ("self::fs::read(path)?;", &[]),
        ("fs::Permissions::default();", &[]),
        ("mod fs {} fs::write(path, text)?;", &[]),
        ("#[step] fs::write(path, text)?;", &[]),
    ]);
}

#[test]
fn paths_are_asked_by_methods() {
    check(&[
        ("if path.exists() {}", &["D007"]),
        ("let found = path.try_exists()?;", &["D007"]),
        ("for entry in path.read_dir()? {}", &["D007"]),
        ("let target = path.read_link()?;", &["D007"]),
        ("let data = path.symlink_metadata()?;", &["D007"]),
        ("let path = path.canonicalize()?;", &["D007"]),
        ("let address = address.canonicalize();", &[]),
        ("let found = orders.exists().await;", &[]),
        ("let found = orders.exists(id);", &[]),
        ("let size = object.metadata().size;", &[]),
        ("let folder = entry.is_dir();", &[]),
    ]);
}

/// An operation has the same name, but it is awaited, refined or joined.
#[test]
fn chance_is_seen_where_no_operation_can_stand() {
    check(&[
        ("let dice = random::<u32>();", &["D002"]),
        ("let dice: u32 = random();", &["D002"]),
        ("let dice = random() % 6 + 1;", &["D002"]),
        ("if random() { return; }", &["D002"]),
        ("for turn in 0..random() {}", &["D002"]),
        ("let text = format!(\"{}\", random());", &["D002"]),
        ("let part = random() as f32;", &["D002"]),
        ("let part = random().await;", &[]),
        ("let part = random().named(\"part\").await * 2.0;", &[]),
        ("let (part, id) = join((random(), uuid())).await;", &[]),
        ("let part = random(); let part = part.await;", &[]),
        ("let part = random().await + 1.0;", &[]),
        ("fn random() -> u32 { 4 } let dice: u32 = random();", &[]),
    ]);
}

#[test]
fn what_is_spawned_is_code() {
    check(&[
        ("spawn(async move { charge(1) });", &["D004"]),
        ("let thread = spawn(|| work());", &["D004"]),
        ("handle.spawn(async { charge(1) });", &["D004"]),
        ("runtime.spawn_blocking(move || work());", &["D004"]),
        ("pool.spawn(|| work());", &["D004"]),
        // What is started in a scope or a set is refused with it.
        ("std::thread::scope(|scope| { scope.spawn(|| work()); });", &["D004"]),
        ("let mut set = JoinSet::new(); set.spawn(async { 1 });", &["D004"]),
        ("let monsters = spawn(count);", &[]),
        ("let worker = workers.spawn(3);", &[]),
        ("let worker = spawn(async { 1 }).await;", &[]),
        ("#[step] runtime.spawn(async { 1 });", &[]),
    ]);
}

#[test]
fn statics_are_known_by_what_is_done_with_them() {
    check(&[
        ("let name = NAME.get().unwrap();", &["D008"]),
        ("let name = NAME.get().cloned()?;", &["D008"]),
        ("let name = NAME.get()?;", &["D008"]),
        ("let Some(name) = NAME.get() else { return };", &["D008"]),
        ("if let Some(name) = NAME.get() {}", &["D008"]),
        ("let prices = PRICES.read()?;", &["D008"]),
        ("if let Ok(prices) = PRICES.read() {}", &["D008"]),
        ("let prices = PRICES.read().len();", &["D008"]),
        ("PRICES.write().push(1);", &["D008"]),
        ("if let Some(total) = TOTAL.try_lock() {}", &["D008"]),
        ("AtomicU32::fetch_add(&COUNTER, 1, Ordering::SeqCst);", &["D008"]),
        ("let count = std::sync::atomic::AtomicUsize::load(&COUNTER, Relaxed);", &["D008"]),
        ("let total = Mutex::lock(&TOTAL).unwrap();", &["D008"]),
        ("let prices = std::sync::RwLock::read(&PRICES);", &["D008"]),
        ("let name = OnceLock::get_or_init(&NAME, name);", &["D008"]),
        ("let limit = LIMIT.get();", &[]),
        ("let limit = LIMITS.get(key).unwrap();", &[]),
        ("let limit = limits.get().unwrap();", &[]),
        ("let text = reader.read()?;", &[]),
        ("let prices = PRICES.read().await;", &[]),
        ("let counter = AtomicU32::new(0);", &[]),
        ("let door = Door::lock(&door);", &[]),
        ("let total = Mutex::lock(&total).await;", &[]),
    ]);
}

/// In unsafe code a name in capitals may be a constant; it is none if nothing else there needs to be unsafe.
#[test]
fn mutable_statics_are_told_from_constants() {
    check(&[
        ("unsafe { COUNTER += 1 };", &["D008"]),
        ("unsafe { COUNTER = 1 };", &["D008"]),
        ("let last = unsafe { LAST };", &["D008"]),
        ("let last = unsafe { LAST + 1 };", &["D008"]),
        ("if unsafe { LAST.done } {}", &["D008"]),
        ("let last = &raw mut LAST;", &["D008"]),
        ("let last = unsafe { *&raw const LAST };", &["D008"]),
        ("let last = unsafe { &mut LAST };", &["D008"]),
        ("let last = std::ptr::addr_of_mut!(LAST);", &["D008"]),
        ("let last = unsafe { addr_of!(LAST).read() };", &["D008"]),
        ("static mut LAST: u32 = 0; let last = unsafe { LAST };", &["D008"]),
        ("let doubled = unsafe { LIMIT + add(LIMIT, 1) };", &[]),
        ("let same = unsafe { LIMIT == get() };", &[]),
        ("let sum = unsafe { *pointer + LIMIT };", &[]),
        ("let either = unsafe { value.number + LIMIT };", &[]),
        ("let either = unsafe { LAST + LIMIT };", &[]),
        ("let table = &raw const TABLE;", &[]),
        ("let last = &mut LIMIT;", &[]),
    ]);
}

/// `use` lines of a body are read, each in its own block.
#[test]
fn imports_of_a_body_are_read() {
    check(&[
        ("use rand::*; let dice = random();", &["D002"]),
        ("use rand::prelude::*; let dice = random();", &["D002"]),
        ("use std::env::*; let name = var(\"X\");", &["D006"]),
        ("use std::env; use env::var as variable; let name = variable(\"X\");", &["D006"]),
        ("use std::thread::*; let thread = spawn(work);", &["D004"]),
        ("if c { use std::fs::read as get; get(path)?; } else { use shop::get; get(path)?; }", &["D007"]),
        ("if c { use shop::get; get(path)?; } else { use std::fs::read as get; get(path)?; }", &["D007"]),
        ("{ use std::env::var as get; } get(path);", &[]),
        ("{ use shop::fs; fs::read(path); } fs::read(path);", &["D007"]),
        ("use std::fs::read as get; { fn get() {} get(path); }", &[]),
        ("use shop::*; let dice = random();", &[]),
        ("use tokio::fs::*; let name = double(path);", &[]),
        ("fn var() {} use std::env::*; var();", &[]),
        ("use rand::rand; rand();", &[]),
    ]);
}

#[test]
fn uses_are_seen_in_every_corner() {
    check(&[
        ("println!(\"{}\", Utc::now());", &["D001", "D010"]),
        ("write!(text, \"{}\", Utc::now())?;", &["D001"]),
        ("tracing::info!(at = %Utc::now(), \"sent\");", &["D001"]),
        ("info!(token = ?Uuid::new_v4());", &["D002"]),
        ("assert!(random::<bool>(), \"{}\", 1);", &["D002"]),
        ("let all = vec![rand::random(); 3];", &["D002"]),
        ("let Some(found) = look(Utc::now()) else { return };", &["D001"]),
        ("let Some(found) = found else { return log(Utc::now()) };", &["D001"]),
        ("match found { Some(time) if time < Utc::now() => {} _ => {} }", &["D001"]),
        ("match found { _ if fs::exists(path).is_ok() => {} _ => {} }", &["D007"]),
        ("let found = 'search: { break 'search Utc::now(); };", &["D001"]),
        ("let all = map(items, async |item| label(item, Utc::now()).await).await;", &["D001"]),
        ("let all: Vec<_> = items.iter().map(|_| Uuid::new_v4()).collect();", &["D002"]),
        ("let paid = async { Utc::now() }.await;", &["D001"]),
        ("while c && let Some(next) = next(Utc::now()) {}", &["D001"]),
        ("let time = <Utc>::now();", &["D001"]),
        ("let pair = Pair { at: Utc::now(), ..rest };", &["D001"]),
        ("return Err(Late(Utc::now()));", &["D001"]),
        ("let later = const { 3 } + Utc::now();", &["D001"]),
    ]);
}

//! One suite for every store, and what only a file can show.

use std::fs;
use std::path::Path;

use super::*;
use crate::model::{Event, EventKind, ExecutionStatus};
use crate::service::{Parent, Waits};

fn each_store(check: impl Fn(&dyn Store)) {
    check(&MemoryStore::new().unwrap());
    let folder = tempfile::tempdir().unwrap();
    check(&open(&folder.path().join("store.db")).unwrap());
}

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, SqliteOptions::default())
}

fn name(text: &str) -> Name {
    Name::new(text.to_owned()).unwrap()
}

fn record(event_id: u32) -> Record {
    let kind = EventKind::ExecutionStarted { input: Some("{\"text\": \"ü\"}".to_owned()), timeout_seconds: None };
    Record::Event(Event { event_id, timestamp: Timestamp::from_millis(5), operation: None, kind })
}

fn standing(due: Option<i64>, runnable: bool) -> Standing {
    Standing {
        status: ExecutionStatus::Running,
        started: Timestamp::from_millis(5),
        ended: None,
        due: due.map(Timestamp::from_millis),
        runnable,
        unreported: false,
        waits: Waits::default(),
    }
}

fn creation(execution_name: &str) -> Commit {
    let id = ExecutionId::generate();
    let spec = Spec {
        id,
        function: name("order"),
        name: name(execution_name),
        version: Some("2".to_owned()),
        input: Some("{\"text\": \"ü\"}".to_owned()),
        tenant: None,
        timeout_seconds: None,
        parent: None,
    };
    Commit {
        row: Some(Row { position: 0, records: vec![record(1)] }),
        create: Some(spec),
        standing: Some(standing(None, true)),
        ..Commit::new(id)
    }
}

fn next(of: &Commit, position: u32) -> Commit {
    let (create, standing) = (None, None);
    Commit { row: Some(Row { position, records: vec![record(position + 1)] }), create, standing, ..of.clone() }
}

#[test]
fn what_was_committed_is_loaded() {
    each_store(|store| {
        let first = creation("a");
        let second = Commit { standing: Some(standing(Some(77), false)), ..next(&first, 1) };
        assert_eq!(store.commit(&[first.clone(), second]).unwrap(), [Committed::Done; 2]);
        let stored = store.load(first.execution).unwrap().unwrap();
        assert_eq!(Some(stored.spec), first.create);
        assert_eq!(stored.standing, standing(Some(77), false));
        assert_eq!(stored.records, [record(1), record(2)]);
        assert_eq!(stored.next_position, 2);
        assert_eq!(store.load(ExecutionId::generate()).unwrap(), None);
    });
}

#[test]
fn a_name_belongs_to_one_execution_of_a_function() {
    each_store(|store| {
        let (first, second) = (creation("a"), creation("a"));
        let committed = store.commit(&[first.clone(), second.clone()]).unwrap();
        assert_eq!(committed, [Committed::Done, Committed::NameTaken]);
        assert_eq!(store.find(&name("order"), &name("a")).unwrap(), Some(first.execution));
        assert_eq!(store.load(second.execution).unwrap(), None);
        assert_eq!(store.find(&name("other"), &name("a")).unwrap(), None);
    });
}

#[test]
fn a_second_driver_is_fenced() {
    each_store(|store| {
        let first = creation("a");
        store.commit(&[first.clone(), next(&first, 1)]).unwrap();
        assert_eq!(store.commit(&[next(&first, 1)]).unwrap(), [Committed::Fenced]);
        assert_eq!(store.load(first.execution).unwrap().unwrap().next_position, 2);
    });
}

#[test]
fn callbacks_are_found_by_hash() {
    each_store(|store| {
        let operation = OperationId::from_text("op");
        let commit = Commit { callbacks: vec![([9; 32], operation.clone())], ..creation("a") };
        store.commit(std::slice::from_ref(&commit)).unwrap();
        assert_eq!(store.find_callback(&[9; 32]).unwrap(), Some((commit.execution, operation)));
        assert_eq!(store.find_callback(&[8; 32]).unwrap(), None);
    });
}

#[test]
fn what_should_run_and_what_is_due_are_found_page_by_page() {
    each_store(|store| {
        let runs = creation("runs");
        let waits = Commit { standing: Some(standing(Some(42), false)), ..creation("waits") };
        let waits_longer = Commit { standing: Some(standing(Some(43), false)), ..creation("waits-longer") };
        let idle = Commit { standing: Some(standing(None, false)), ..creation("idle") };
        let child = Commit { standing: Some(Standing { unreported: true, ..ended(9) }), ..creation("child") };
        let over = Commit { standing: Some(ended(9)), ..creation("over") };
        let all = [runs.clone(), waits_longer.clone(), waits.clone(), idle, over, child.clone()];
        store.commit(&all).unwrap();

        let mut runnable = [runs.execution, child.execution];
        runnable.sort();
        assert_eq!(store.runnable(None, 9).unwrap(), runnable);
        assert_eq!(store.runnable(None, 1).unwrap(), runnable[..1]);
        assert_eq!(store.runnable(Some(runnable[0]), 9).unwrap(), runnable[1..]);
        let due = [(Timestamp::from_millis(42), waits.execution), (Timestamp::from_millis(43), waits_longer.execution)];
        assert_eq!(store.due(None, 9).unwrap(), due);
        assert_eq!(store.due(None, 1).unwrap(), due[..1]);
        assert_eq!(store.due(Some(due[0]), 9).unwrap(), due[1..]);

        let reported = Commit { standing: Some(ended(9)), ..Commit::new(child.execution) };
        store.commit(&[reported]).unwrap();
        assert_eq!(store.runnable(None, 9).unwrap(), [runs.execution]);
    });
}

fn ended(at: i64) -> Standing {
    Standing { status: ExecutionStatus::Succeeded, ended: Some(Timestamp::from_millis(at)), ..standing(None, false) }
}

#[test]
fn lists_are_filtered_and_paged() {
    each_store(|store| {
        let at =
            |millis: i64, standing: Standing| Some(Standing { started: Timestamp::from_millis(millis), ..standing });
        let waiting = |waits: Waits| Standing { waits, ..standing(None, false) };
        let on = Waits::default();
        let parked = Trouble { parked: Some("no code".to_owned()), ..Trouble::default() };
        let commits = [
            Commit { standing: at(1, standing(None, true)), ..creation("order-1") },
            Commit { standing: at(2, ended(9)), ..creation("order-2") },
            Commit { standing: at(3, waiting(Waits { timer: true, ..on })), ..creation("refund-1") },
            Commit { standing: at(4, waiting(Waits { callback: true, ..on })), ..creation("refund-2") },
            Commit {
                standing: at(5, waiting(Waits { child: true, ..on })),
                trouble: Some(parked),
                ..creation("refund-3")
            },
        ];
        store.commit(&commits).unwrap();
        let names = |query: Query| {
            let listed = store.list(&query).unwrap();
            listed.iter().map(|summary| summary.name.to_string()).collect::<Vec<_>>().join(" ")
        };
        let (all, time) = (Query::new(), Timestamp::from_millis);
        assert_eq!(names(all.clone()), "refund-3 refund-2 refund-1 order-2 order-1");
        assert_eq!(names(all.clone().limit(2)), "refund-3 refund-2");
        let page = store.list(&all.clone().limit(2)).unwrap();
        assert_eq!(names(all.clone().after(page[1].cursor()).limit(2)), "refund-1 order-2");
        assert_eq!(names(all.clone().function("order").name_prefix("order")), "order-2 order-1");
        assert_eq!(names(all.clone().name_prefix("refund-")), "refund-3 refund-2 refund-1");
        assert_eq!(names(all.clone().name_prefix("x")), "");
        assert_eq!(names(all.clone().function("other")), "");
        assert_eq!(names(all.clone().status(ExecutionStatus::Succeeded)), "order-2");
        assert_eq!(
            names(all.clone().status(ExecutionStatus::Running).started_before(time(5))),
            "refund-2 refund-1 order-1"
        );
        assert_eq!(names(all.clone().started_from(time(2)).started_before(time(4))), "refund-1 order-2");
        assert_eq!(names(all.clone().waiting_on(WaitingOn::Timer)), "refund-1");
        assert_eq!(names(all.clone().waiting_on(WaitingOn::Callback)), "refund-2");
        assert_eq!(names(all.clone().waiting_on(WaitingOn::Child)), "refund-3");
        assert_eq!(names(all.clone().parked()), "refund-3");
        assert_eq!(names(all.clone().oldest_first().limit(2)), "order-1 order-2");
        let page = store.list(&all.clone().oldest_first().limit(2)).unwrap();
        assert_eq!(names(all.clone().oldest_first().after(page[1].cursor()).limit(2)), "refund-1 refund-2");
        let both = all.clone().status(ExecutionStatus::Running).status(ExecutionStatus::Succeeded);
        assert_eq!(names(both.limit(9)), "refund-3 refund-2 refund-1 order-2 order-1");
        assert_eq!(names(all.clone().status(ExecutionStatus::Failed).status(ExecutionStatus::Succeeded)), "order-2");
        assert_eq!(names(all.clone().name("refund-1")), "refund-1");
        assert_eq!(names(all.clone().name("refund")), "");
        assert_eq!(names(all.clone().version("9")), "");
        let id = page[0].id.to_string();
        assert_eq!(names(all.clone().id_suffix(&id[24..])), "order-1");
        assert_eq!(names(all.clone().id_suffix(id.to_uppercase())), "order-1");
        assert_eq!(names(all.clone().id_suffix("g")), "");
        let cursor = page[0].cursor();
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert!("1.2".parse::<crate::store::Cursor>().is_err());
        assert_eq!(store.list(&all.parked()).unwrap()[0].parked.as_deref(), Some("no code"));
    });
}

#[test]
fn what_nothing_will_wake_is_found() {
    each_store(|store| {
        let waits = Waits { callback: true, child: true, ..Waits::default() };
        let parent = creation("parent");
        let child_spec = |commit: Commit| {
            let parent = Some(Parent { execution: parent.execution, operation: OperationId::from_text("op") });
            Commit { create: commit.create.map(|spec| Spec { parent, ..spec }), ..commit }
        };
        let child = child_spec(creation("child"));
        store.commit(&[parent.clone(), child.clone()]).unwrap();
        assert_eq!(store.stranded().unwrap(), []);
        let suspended = Standing { waits: Waits { callback: false, ..waits }, ..standing(None, false) };
        let update = |id, standing| Commit { standing: Some(standing), ..Commit::new(id) };
        store.commit(&[update(parent.execution, suspended)]).unwrap();
        assert_eq!(store.stranded().unwrap(), [], "its child runs");
        store.commit(&[update(child.execution, Standing { unreported: true, ..ended(7) })]).unwrap();
        assert_eq!(store.stranded().unwrap(), [], "its child has an end to tell");
        store.commit(&[update(child.execution, ended(7))]).unwrap();
        assert_eq!(store.stranded().unwrap(), [parent.execution]);
        store.commit(&[update(parent.execution, standing(Some(5), false))]).unwrap();
        assert_eq!(store.stranded().unwrap(), [], "its time will come");
    });
}

#[test]
fn trouble_is_kept_until_it_is_over() {
    each_store(|store| {
        let commit = creation("a");
        let trouble = Trouble { crashes: 3, seen: 2, parked: Some("why".to_owned()) };
        store.commit(&[Commit { trouble: Some(trouble.clone()), ..commit.clone() }]).unwrap();
        assert_eq!(store.troubles().unwrap(), [(commit.execution, trouble)]);
        store.commit(&[Commit { trouble: Some(Trouble::default()), ..Commit::new(commit.execution) }]).unwrap();
        assert_eq!(store.troubles().unwrap(), []);
    });
}

#[test]
fn the_first_and_the_last_row_are_read_alone() {
    each_store(|store| {
        let first = creation("a");
        store.commit(&[first.clone(), Commit { standing: Some(ended(7)), ..next(&first, 1) }]).unwrap();
        let function = first.create.as_ref().unwrap().function.clone();
        let glance = Glance { function, standing: ended(7), row: vec![record(2)] };
        assert_eq!(store.glance(first.execution, LogEnd::Last).unwrap(), Some(glance.clone()));
        let glance = Glance { row: vec![record(1)], ..glance };
        assert_eq!(store.glance(first.execution, LogEnd::First).unwrap(), Some(glance));
        assert_eq!(store.glance(ExecutionId::generate(), LogEnd::Last).unwrap(), None);
    });
}

#[test]
fn a_file_knows_whether_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path).unwrap();
    assert!(!store.was_left_open());
    drop(store);
    let store = open(&path).unwrap();
    assert!(store.was_left_open());
    store.close().unwrap();
    drop(store);
    assert!(!open(&path).unwrap().was_left_open());
}

#[test]
fn every_list_uses_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    let all = Query::new();
    let time = Timestamp::from_millis;
    let queries = [
        all.clone(),
        all.clone().function("order"),
        all.clone().function("order").name_prefix("a"),
        all.clone().name_prefix("a"),
        all.clone().status(ExecutionStatus::Running),
        all.clone().status(ExecutionStatus::Succeeded),
        all.clone().status(ExecutionStatus::Failed).started_from(time(5)),
        all.clone().status(ExecutionStatus::Running).function("order"),
        all.clone().status(ExecutionStatus::Succeeded).function("order").started_before(time(5)),
        all.clone().started_before(time(5)),
        all.clone().waiting_on(WaitingOn::Timer),
        all.clone().waiting_on(WaitingOn::Callback),
        all.clone().waiting_on(WaitingOn::Child),
        all.clone().oldest_first(),
        all.clone().name("a"),
        all.clone().id_suffix("ab12"),
        all.clone().status(ExecutionStatus::Failed).status(ExecutionStatus::Stopped),
        all.parked(),
    ];
    for query in queries {
        let plan = sqlite::explain(&connection, &query).unwrap();
        // A list without conditions walks along an index, and so does the end of an id; others find their place in one,
        // or walk along one that holds nothing else.
        let walks = Query { oldest_first: false, ..query.clone() } == Query::new() || query.id_suffix.is_some();
        let scans = |step: &&String| {
            step.contains("SCAN execution")
                && !(walks && step.contains("USING"))
                && !step.contains("INDEX execution_waits")
        };
        assert_eq!(plan.iter().find(scans), None, "{query:?}: {plan:?}");
        // The conditions that an index is for are looked up in it, not tried on each row.
        let found = |column: &str| plan.iter().any(|step| step.contains("SEARCH") && step.contains(column));
        assert!(query.statuses.is_empty() || found("status=?"), "{query:?}: {plan:?}");
        assert!(query.function.is_none() || found("function=?"), "{query:?}: {plan:?}");
        let few = query.name_prefix.is_some() || query.name.is_some() || query.parked || query.statuses.len() > 1;
        assert!(few || !plan.iter().any(|step| step.contains("TEMP B-TREE")), "{query:?}: {plan:?}");
    }
}

#[test]
fn only_what_has_ended_is_deleted_and_its_name_is_free_again() {
    each_store(|store| {
        let callbacks = vec![([9; 32], OperationId::from_text("op"))];
        let untold = Commit { standing: Some(Standing { unreported: true, ..ended(50) }), ..creation("untold") };
        let ended = Commit { standing: Some(ended(50)), callbacks, ..creation("ended") };
        let open = creation("open");
        store.commit(&[ended.clone(), open.clone(), untold.clone()]).unwrap();
        let time = Timestamp::from_millis;
        assert_eq!(store.ended_before(time(50), 9).unwrap(), []);
        assert_eq!(store.ended_before(time(51), 9).unwrap(), [ended.execution]);
        store.delete(&[ended.execution, open.execution, untold.execution]).unwrap();
        assert!(store.load(untold.execution).unwrap().is_some(), "its parent waits for its end");
        assert_eq!(store.load(ended.execution).unwrap(), None);
        assert_eq!(store.find(&name("order"), &name("ended")).unwrap(), None);
        assert_eq!(store.find_callback(&[9; 32]).unwrap(), None);
        assert!(store.load(open.execution).unwrap().is_some());
        assert_eq!(store.commit(&[creation("ended")]).unwrap(), [Committed::Done]);
    });
}

#[test]
fn a_reopened_file_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let commit = creation("a");
    let key = {
        let store = open(&path).unwrap();
        store.commit(std::slice::from_ref(&commit)).unwrap();
        store.callback_key()
    };
    let store = open(&path).unwrap();
    assert_eq!(store.load(commit.execution).unwrap().unwrap().records, [record(1)]);
    assert!(store.callback_key() == key);
    assert_eq!(store.list(&Query::default()).unwrap().len(), 1);
}

#[test]
#[cfg(unix)]
fn files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store.db")).unwrap();
    store.commit(&[creation("a")]).unwrap();
    let modes: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name(), entry.metadata().unwrap().permissions().mode() & 0o777))
        .collect();
    assert!(modes.len() >= 4 && modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
}

#[test]
fn the_file_does_not_hold_the_callback_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path).unwrap();
    let key = *store.callback_key().as_bytes();
    drop(store);
    assert!(!fs::read(&path).unwrap().windows(key.len()).any(|window| window == key));
}

#[test]
fn a_second_engine_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let first = open(&path).unwrap();
    assert!(matches!(open(&path), Err(StoreError::InUse { .. })));
    drop(first);
    open(&path).unwrap();
}

#[test]
fn a_foreign_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, but longer than a page header would be, by some way: ".repeat(20)).unwrap();
    let before = fs::read(&text).unwrap();
    assert!(matches!(open(&text), Err(StoreError::NotAStore { .. })));
    assert_eq!(fs::read(&text).unwrap(), before);

    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert!(matches!(open(&other), Err(StoreError::NotAStore { .. })));
}

#[test]
fn a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refused = open(&path).unwrap_err();
    assert!(matches!(refused, StoreError::NewerFormat { found: 99, .. }), "{refused}");
    assert!(refused.to_string().contains("update the `durable` crate"));
}

#[test]
fn a_damaged_file_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    {
        let store = open(&path).unwrap();
        store.commit(&(0..200).map(|n| creation(&n.to_string())).collect::<Vec<_>>()).unwrap();
    }
    let mut bytes = fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(4096) {
        *byte ^= 0x55;
    }
    fs::write(&path, bytes).unwrap();
    let damaged = open(&path).and_then(|store| store.list(&Query::default()).map(|_| ())).unwrap_err();
    assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged:?}");
}

#[test]
fn a_missing_key_is_reported_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(open(&path).unwrap());
    fs::remove_file(folder.path().join("store.db-key")).unwrap();
    assert!(matches!(open(&path), Err(StoreError::WrongKey { .. })));
}

#[test]
fn a_full_disk_loses_nothing_and_the_store_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store =
        SqliteStore::open(&path, SqliteOptions { max_bytes: Some(256 * 1024), ..SqliteOptions::default() }).unwrap();
    let mut committed = Vec::new();
    let full = loop {
        let commit = creation(&committed.len().to_string());
        match store.commit(std::slice::from_ref(&commit)) {
            Ok(_) => committed.push(commit.execution),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full { .. }), "{full:?}");
    for id in &committed {
        assert!(store.load(*id).unwrap().is_some());
    }
    drop(store);
    let store = open(&path).unwrap();
    assert_eq!(store.commit(&[creation("after")]).unwrap(), [Committed::Done]);
}

/// The names of the executions in a copy of a store whose log file ends like this.
fn names_after(source: &Path, wal: &[u8]) -> Result<Vec<u32>, StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    fs::copy(source, &path).unwrap();
    fs::copy(source.with_file_name("store.db-key"), folder.path().join("store.db-key")).unwrap();
    fs::write(folder.path().join("store.db-wal"), wal).unwrap();
    let store = open(&path)?;
    let listed = store.list(&Query::new().limit(1_000))?;
    for summary in &listed {
        let stored = store.load(summary.id)?.expect("what is listed is there");
        assert_eq!(stored.records, [record(1), record(2)], "a commit is there as a whole");
    }
    let mut names: Vec<u32> = listed.iter().map(|summary| summary.name.as_str().parse().unwrap()).collect();
    names.sort_unstable();
    Ok(names)
}

#[test]
fn of_a_torn_log_file_the_first_commits_are_left_each_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path).unwrap();
    // While this reads what was there first, nothing is copied from the log file into the store file. A crash leaves no log
    // file that is torn before what was copied, because that is on disk when the copy begins.
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").unwrap();
    const COMMITS: u32 = 40;
    for number in 0..COMMITS {
        let first = creation(&number.to_string());
        store.commit(&[first.clone(), next(&first, 1)]).unwrap();
    }
    let wal = fs::read(folder.path().join("store.db-wal")).unwrap();
    assert_eq!(names_after(&path, &wal).unwrap().len(), COMMITS as usize);
    let mut most = 0;
    // At offsets that are no multiple of anything: between pages, in headers, in the middle of rows.
    for end in (0..wal.len()).step_by(4_999) {
        let cut = wal[..end].to_vec();
        let mut torn = cut.clone();
        // The rest of the page was allocated and never written.
        torn.resize(wal.len().min(end + 4_096), 0);
        let mut flipped = wal.clone();
        flipped[end] ^= 0x10;
        for (kind, bytes) in [("cut", cut), ("torn", torn), ("flipped", flipped)] {
            match names_after(&path, &bytes) {
                Ok(left) => {
                    assert!(left.iter().copied().eq(0..left.len() as u32), "{kind} at {end}: {left:?} is no beginning");
                    most = most.max(left.len());
                }
                // Before the tables were complete there is nothing that could be opened.
                Err(error) => assert!(most < 2, "{kind} at {end}: {error}"),
            }
        }
    }
    assert!(most >= COMMITS as usize - 2, "only {most} of {COMMITS} commits were ever found");
}

//! A store file, without a service and beside one.

use crate::bench::{Answer, Bench, answer, durable};

#[test]
fn a_file_says_what_its_service_says() {
    let bench = Bench::new();
    bench.order("order-1");
    bench.works(&["start", "double", "1", "--name", "d-1", "--wait"]);
    let store = bench.store();
    let from_file = |words: &[&str]| -> Answer { answer(durable().arg("--store").arg(&store).args(words)).works() };
    for words in [&["ls"][..], &["get", "order-1"], &["get", "d-1"], &["history", "d-1"], &["trace", "d-1"]] {
        assert_eq!(from_file(words).json(), bench.works(words).json(), "{words:?}");
    }
    let secret = bench.works(&["callback", "ls"]).json()[0]["callback_id"].as_str().unwrap().to_owned();
    let mut open = bench.works(&["callback", "ls"]).json();
    open[0]["callback_id"].take();
    assert_eq!(from_file(&["callback", "ls", "--function", "place_order"]).json(), open);
    let history = from_file(&["history", "order-1"]).out;
    assert!(history.contains("CallbackStarted") && !history.contains(&secret), "the file does not give callbacks away");
    let before = bench.works(&["history", "d-1"]).out;
    let directory = bench.end();
    let kept =
        answer(durable().arg("--store").arg(directory.path().join("orders.db")).args(["history", "d-1"])).works();
    assert_eq!(kept.out, before, "nobody has it open any more");
}

#[test]
fn a_file_is_only_read() {
    let bench = Bench::new();
    bench.works(&["start", "nap", "3600", "--name", "nap-1"]);
    let store = bench.store();
    for words in
        [&["start", "nap", "1"][..], &["stop", "nap-1"], &["pause", "nap-1"], &["callback", "succeed", "nap-1"]]
    {
        answer(durable().arg("--store").arg(&store).args(words)).fails(2, "a store file is only read");
    }
    answer(durable().arg("--store").arg(&store).arg("plan")).fails(2, "a store file has no plans");
    answer(durable().args(["--store", "/no/such/file.db", "ls"])).fails(3, "there is no file");
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text.db");
    std::fs::write(&text, "milk, bread, and what else there is to buy when one goes to the market").unwrap();
    answer(durable().arg("--store").arg(&text).arg("ls")).fails(4, "is not a durable store");
}

//! `start`, and what comes of it.

use std::io::Write;
use std::process::Stdio;

use crate::bench::{Answer, Bench, answer, durable};

#[test]
fn an_execution_is_started_and_waited_for() {
    let bench = Bench::new();
    let ended = bench.works(&["start", "double", "21", "--name", "d-1", "--wait"]).json();
    assert_eq!((ended["Status"].as_str(), ended["Result"].as_str()), (Some("SUCCEEDED"), Some("42")));
    let again = bench.works(&["start", "double", "21", "--name", "d-1", "--wait"]).json();
    assert_eq!(again["DurableExecutionArn"], ended["DurableExecutionArn"], "a name starts a function once");
    bench.run(&["start", "double", "22", "--name", "d-1"]).fails(5, "d-1");
}

#[test]
fn a_failed_execution_is_exit_code_1() {
    let bench = Bench::new();
    let failed = bench.run(&["start", "double", "4000000000", "--wait"]);
    assert_eq!((failed.code, failed.json()["Status"].as_str()), (1, Some("FAILED")), "{failed:#?}");
    let shown = bench.run(&["start", "double", "4000000000", "--wait", "--format", "table"]);
    assert_eq!(shown.code, 1);
    for part in ["started ", "StepFailed", "✗ FAILED", "4000000000 is too large"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
}

#[test]
fn after_a_start_come_the_next_commands() {
    let bench = Bench::new();
    let shown = bench.works(&["start", "nap", "3600", "--name", "nap-1", "--format", "table"]).out;
    let next: Vec<_> = shown.lines().filter_map(|line| line.trim().strip_prefix("durable ")).collect();
    assert_eq!(next.len(), 3, "{shown}");
    let get: Vec<_> = next[1].split_whitespace().take(2).collect();
    assert_eq!(bench.works(&get).json()["DurableExecutionName"], "nap-1", "it can be pasted");
}

#[test]
fn the_input_comes_from_the_line_a_file_or_a_pipe() {
    let bench = Bench::new();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("number.json");
    std::fs::write(&path, "4\n").unwrap();
    let file = format!("@{}", path.display());
    assert_eq!(bench.works(&["start", "double", &file, "--wait"]).json()["Result"], "8");
    let mut piped = durable();
    piped.args(["--endpoint", &bench.endpoint, "start", "double", "-", "--wait"]);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(b"5").unwrap();
    let output = piped.wait_with_output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"10\""));
    bench.run(&["start", "double", "tea"]).fails(2, "'\"tea\"'");
    bench.run(&["start", "double", "@/no/such/file"]).fails(2, "/no/such/file");
}

#[test]
fn what_can_t_be_meant_is_exit_code_2_and_what_is_missing_3() {
    let bench = Bench::new();
    let code = |words: &[&str]| bench.run(words).code;
    assert_eq!(code(&["start"]), 2);
    assert_eq!(code(&["sing"]), 2);
    assert_eq!(code(&["ls", "--status", "asleep"]), 2);
    assert_eq!(code(&["ls", "--older-than", "soon"]), 2);
    assert_eq!(code(&[]), 2);
    bench.run(&["start", "triple", "1"]).fails(3, "triple");
    for words in [&["get", "nobody"][..], &["history", "nobody"], &["trace", "nobody"], &["stop", "nobody"]] {
        bench.run(words).fails(3, "there is no execution `nobody`");
    }
    bench.run(&["plan", "triple", "--graph", "dot"]).fails(3, "there is no function `triple`");
    bench.run(&["get", ""]).fails(2, "a value is required");
    bench.run(&["plan", "triple"]).fails(3, "there is no function `triple`");
    bench.run(&["callback", "succeed", "nobody"]).fails(3, "there is no callback");
}

#[test]
fn a_service_that_does_not_answer_is_exit_code_4() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let asked =
        |words: &[&str]| -> Answer { answer(durable().args(["--endpoint", &format!("http://{nobody}")]).args(words)) };
    asked(&["ls"]).fails(4, "no service answers at http://127.0.0.1:");
    asked(&["start", "double", "1"]).fails(4, "help: start one with `serve`");
    answer(durable().args(["--endpoint", "localhost", "ls"])).fails(2, "is no endpoint");
}

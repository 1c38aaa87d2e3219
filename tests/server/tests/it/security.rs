//! What a service does not do unless it is told to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use durable_server::{AccessKey, Serve, ServeError, Server};
use reqwest::Method;

use crate::bench::{Answer, Bench, engine};

const TOKEN: &str = "a-token-of-some-length";

#[tokio::test]
async fn sec_only_loopback_without_authentication() {
    for address in ["0.0.0.0:0", "[::]:0", "10.0.0.1:0"] {
        let address: std::net::SocketAddr = address.parse().unwrap();
        let refused = Server::new(engine().await).bind(address).start().await.unwrap_err();
        assert!(matches!(refused, ServeError::PublicWithoutAuthentication(_)), "{refused}");
    }
    let any: std::net::SocketAddr = "0.0.0.0:0".parse().unwrap();
    let serving = Server::new(engine().await).bind(any).bearer_token(TOKEN).start().await.unwrap();
    serving.shutdown().await;
    let short = Server::new(engine().await).bearer_token("guess").start().await.unwrap_err();
    assert!(matches!(short, ServeError::ShortToken(5)), "{short}");
}

#[tokio::test]
async fn sec_other_host_names_are_refused() {
    let bench = Bench::with(|server| server.allow_host("durable.example")).await;
    let ask = async |host: &str| {
        Answer::of(bench.request(Method::GET, "/durable/v1/metrics").header("host", host).send().await.unwrap()).await
    };
    for host in ["localhost", "127.0.0.1:9999", "durable.example"] {
        assert_eq!(ask(host).await.status, 200, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io"] {
        ask(host).await.is_error(403, "AccessDeniedException");
    }
}

#[tokio::test]
async fn sec_pages_of_other_origins_are_refused_and_no_cors_is_granted() {
    let bench = Bench::new().await;
    let own = bench.url("");
    let ask = async |method: Method, headers: &[(&str, &str)]| {
        let mut request = bench.request(method, "/2015-03-31/functions/double/invocations").body("1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    };
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://localhost:1")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", own.as_str()), ("sec-fetch-site", "cross-site")],
    ] {
        ask(Method::POST, headers).await.is_error(403, "AccessDeniedException");
        let preflight = [headers, &[("access-control-request-method", "POST")]].concat();
        let preflight = ask(Method::OPTIONS, &preflight).await;
        assert_eq!(preflight.status, 403);
        assert!(preflight.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
    }
    let same = ask(Method::POST, &[("origin", own.as_str()), ("sec-fetch-site", "same-origin")]).await;
    assert_eq!((same.status.as_u16(), same.text.as_str()), (200, "2"));
    assert_eq!(same.headers["x-content-type-options"], "nosniff");
    assert!(same.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn sec_nobody_without_the_token_gets_in() {
    let bench = Bench::with(|server| server.bearer_token(TOKEN)).await;
    let ask = async |path: &str, authorization: Option<&str>| {
        let mut request = bench.request(Method::GET, path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        Answer::of(request.send().await.unwrap()).await
    };
    let right = format!("Bearer {TOKEN}");
    assert_eq!(ask("/durable/v1/metrics", Some(&right)).await.status, 200);
    assert_eq!(ask("/health", None).await.status, 200);
    let wrong = format!("Bearer {TOKEN}x");
    for authorization in [None, Some("Bearer"), Some("Bearer "), Some(TOKEN), Some(&wrong), Some("Basic YTpi")] {
        for path in ["/durable/v1/metrics", "/durable/v1/openapi.json", "/nothing", "/2025-12-01/durable-executions/a"]
        {
            ask(path, authorization).await.is_error(403, "UnrecognizedClientException");
        }
    }
}

/// A request for `/durable/v1/executions`, signed as AWS's clients do; `signed` is what the signature is for.
async fn signed(
    bench: &Bench,
    key: (&str, &str),
    time: SystemTime,
    signed: (&str, &str),
    body: &'static str,
) -> Answer {
    let identity = aws_credential_types::Credentials::new(key.0, key.1, None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-west-2")
        .name("lambda")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let headers = [("x-amz-durable-execution-name", "mine")].into_iter();
    let body_signed = SignableBody::Bytes(signed.1.as_bytes());
    let request = SignableRequest::new("POST", bench.url(signed.0), headers, body_signed).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let path = "/2015-03-31/functions/double%3A%24LATEST/invocations?Qualifier=%24LATEST";
    let mut request = bench.request(Method::POST, path).header("x-amz-durable-execution-name", "mine").body(body);
    for (name, value) in instructions.headers() {
        request = request.header(name, value);
    }
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn sec_signatures_have_to_fit_the_request() {
    let bench = Bench::with(|server| server.access_key(AccessKey::new("AKIAEXAMPLE", "secret"))).await;
    let now = SystemTime::now();
    let path = "/2015-03-31/functions/double%3A%24LATEST/invocations?Qualifier=%24LATEST";
    let right = ("AKIAEXAMPLE", "secret");
    let answer = signed(&bench, right, now, (path, "21"), "21").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "42"));
    for (what, answer) in [
        ("secret", signed(&bench, ("AKIAEXAMPLE", "guess"), now, (path, "21"), "21").await),
        ("key", signed(&bench, ("AKIAOTHER", "secret"), now, (path, "21"), "21").await),
        ("body", signed(&bench, right, now, (path, "21"), "22").await),
        ("path", signed(&bench, right, now, ("/2015-03-31/functions/naps/invocations", "21"), "21").await),
        ("old", signed(&bench, right, now - Duration::from_secs(600), (path, "21"), "21").await),
        ("early", signed(&bench, right, now + Duration::from_secs(600), (path, "21"), "21").await),
    ] {
        assert_eq!(
            (answer.status.as_u16(), answer.error_type.as_deref()),
            (403, Some("UnrecognizedClientException")),
            "{what}"
        );
    }
    bench.get("/durable/v1/metrics").await.is_error(403, "UnrecognizedClientException");
}

#[tokio::test]
async fn sec_bodies_have_a_limit_whatever_they_say() {
    let bench = Bench::with(|server| server.max_request_bytes(1_000)).await;
    let path = "/2015-03-31/functions/double/invocations";
    bench.post(path, vec![b'1'; 1_001]).await.is_error(413, "RequestTooLargeException");
    // Without a length in advance.
    let mut stream = TcpStream::connect(bench.serving.address()).unwrap();
    let head = "POST /health HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    write!(stream, "{head}7d0\r\n{}\r\n0\r\n\r\n", "1".repeat(2_000)).unwrap();
    assert!(answer_of(stream).await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn sec_headers_have_a_limit() {
    let bench = Bench::new().await;
    for headers in [format!("x: {}\r\n", "1".repeat(200_000)), "x: 1\r\n".repeat(100)] {
        let mut stream = TcpStream::connect(bench.serving.address()).unwrap();
        let _ = write!(stream, "GET /health HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        let answer = answer_of(stream).await;
        assert!(answer.starts_with("HTTP/1.1 431 ") || answer.is_empty(), "{answer}");
    }
}

#[tokio::test]
async fn sec_requests_that_dawdle_are_given_up() {
    let bench = Bench::with(|server| server.arrival_timeout(Duration::from_millis(50))).await;
    let mut stream = TcpStream::connect(bench.serving.address()).unwrap();
    write!(stream, "GET /health HTTP/1.1\r\nhost: local").unwrap();
    let answer = answer_of(stream).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    let mut stream = TcpStream::connect(bench.serving.address()).unwrap();
    write!(stream, "POST /health HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n1").unwrap();
    assert!(answer_of(stream).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn sec_only_so_many_requests_at_once() {
    let bench = Bench::with(|server| server.max_requests(2)).await;
    // Both wait for an end that is a day away.
    let wait = |name: &str| {
        let request = bench.request(Method::POST, "/2015-03-31/functions/naps/invocations");
        tokio::spawn(request.header("x-amz-durable-execution-name", name).send())
    };
    let (first, second) = (wait("first"), wait("second"));
    let refused = loop {
        let answer = bench.get("/health").await;
        if answer.status != 200 {
            break answer;
        }
    };
    refused.is_error(429, "TooManyRequestsException");
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.json()["Reason"], "CallerRateLimitExceeded");
    first.abort();
    while bench.get("/health").await.status != 200 {}
    second.abort();
}

/// Everything that comes before the connection is closed, or nothing comes for a while.
async fn answer_of(mut stream: TcpStream) -> String {
    let read = tokio::task::spawn_blocking(move || {
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            answer.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    });
    read.await.unwrap()
}

#[tokio::test]
async fn an_engine_is_served_where_it_is_told() {
    let engine = engine().await;
    let serving = engine.serve("127.0.0.1:0").await.unwrap();
    let health = reqwest::get(format!("http://{}/health", serving.address())).await.unwrap();
    assert!(health.status().is_success());
    serving.shutdown().await;
    assert!(matches!(engine.serve("nowhere").await, Err(ServeError::NoAddress)));
}

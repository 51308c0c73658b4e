//! A Lambda function that does what its events say: the other side of `runtime_api` in its own tests, written on a plain
//! socket so that it shares no code with what it is to try.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it stops at the first surprise")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what a function prints is its log")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;

use serde_json::{Value, json};

const API: &str = "/2018-06-01/runtime";

fn main() -> ExitCode {
    let mut wire = Wire::open();
    if std::env::args().any(|argument| argument == "--broken") {
        wire.post("/init/error", "Tillroll.Configuration", r#"{"errorType":"Incomplete","errorMessage":"no table"}"#);
        return ExitCode::from(4);
    }
    println!("{}", json!({"environment": std::env::vars().collect::<std::collections::BTreeMap<_, _>>()}));
    loop {
        let (head, event) = wire.get("/invocation/next");
        let event: Value = serde_json::from_str(&event).unwrap();
        let id = value_of(&head, "lambda-runtime-aws-request-id");
        let (response, error) = (format!("/invocation/{id}/response"), format!("/invocation/{id}/error"));
        match event["do"].as_str().unwrap() {
            "echo" => {
                let answer = json!({
                    "event": event,
                    "deadline_ms": value_of(&head, "lambda-runtime-deadline-ms").parse::<u64>().unwrap(),
                    "trace_id": head.to_ascii_lowercase().contains("lambda-runtime-trace-id")
                        .then(|| value_of(&head, "lambda-runtime-trace-id")),
                });
                assert_eq!(wire.post(&response, "", &answer.to_string()), 202);
            }
            "fail" => {
                eprintln!("about to fail");
                let why = r#"{"errorType":"Fault","errorMessage":"the table is away"}"#;
                assert_eq!(wire.post(&error, "unhandled", why), 202);
            }
            "answer twice" => {
                assert_eq!(wire.post(&response, "", "1"), 202);
                assert_eq!(wire.post(&response, "", "2"), 400);
            }
            "answer long" => {
                let long = "x".repeat(usize::try_from(event["bytes"].as_u64().unwrap()).unwrap());
                assert_eq!(wire.post(&response, "", &json!(long).to_string()), 413);
            }
            "stream" => wire.stream(&response, &event),
            "exit" => return ExitCode::from(3),
            other => panic!("{other} is not in the script"),
        }
    }
}

fn value_of(head: &str, name: &str) -> String {
    let line = head.lines().find_map(|line| line.split_once(':').filter(|(key, _)| key.eq_ignore_ascii_case(name)));
    line.unwrap_or_else(|| panic!("no {name} in {head}")).1.trim().to_owned()
}

/// One connection, kept for all requests.
struct Wire {
    host: String,
    socket: BufReader<TcpStream>,
}

impl Wire {
    fn open() -> Self {
        let host = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
        let socket = BufReader::new(TcpStream::connect(&host).unwrap());
        Self { host, socket }
    }

    fn get(&mut self, path: &str) -> (String, String) {
        let host = &self.host;
        write!(self.socket.get_mut(), "GET {API}{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        self.read()
    }

    fn post(&mut self, path: &str, category: &str, body: &str) -> u16 {
        let (host, length) = (&self.host, body.len());
        write!(
            self.socket.get_mut(),
            "POST {API}{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\
             Lambda-Runtime-Function-Error-Type: {category}\r\n\r\n{body}"
        )
        .unwrap();
        self.status()
    }

    /// A head, then the event's chunks, then its error, if it names one, as a trailer.
    fn stream(&mut self, path: &str, event: &Value) {
        let host = self.host.clone();
        let socket = self.socket.get_mut();
        write!(
            socket,
            "POST {API}{path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\
             Lambda-Runtime-Function-Response-Mode: streaming\r\n\
             Content-Type: application/vnd.awslambda.http-integration-response\r\n\
             Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n"
        )
        .unwrap();
        let mut chunk = |text: &str| write!(socket, "{:x}\r\n{text}\r\n", text.len()).unwrap();
        // In the middle of a chunk, because nobody promises where chunks end.
        chunk(r#"{"statusCode":200,"#);
        chunk("\"cookies\":[]}\0\0\0\0\0\0\0\0first ");
        event["chunks"].as_array().unwrap().iter().for_each(|text| chunk(text.as_str().unwrap()));
        if event["hang"] == true {
            // Until it is killed; parking may end by itself.
            loop {
                std::thread::park();
            }
        }
        let trailers = match event["error"].as_str() {
            None => String::new(),
            Some(why) => format!(
                "Lambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n\
                 Lambda-Runtime-Function-Error-Body: {}\r\n",
                json!({"errorType": "Fault", "errorMessage": why})
            ),
        };
        write!(socket, "0\r\n{trailers}\r\n").unwrap();
        assert_eq!(self.status(), 202);
    }

    fn status(&mut self) -> u16 {
        let (head, _) = self.read();
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap()
    }

    fn read(&mut self) -> (String, String) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.socket.read_line(&mut head).unwrap() > 0, "the connection ended: {head}");
        }
        let mut body = vec![0; value_of(&head, "content-length").parse().unwrap()];
        self.socket.read_exact(&mut body).unwrap();
        (head, String::from_utf8(body).unwrap())
    }
}

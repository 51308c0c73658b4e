//! What is said to the Runtime API by hand, on a socket that waits: why a function does not start, for which the loop's
//! library has no words, and the answer of an invocation whose function broke, for which it has no more time.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Map, Value, json};

use super::invocation::{Answer, Failure, Streamed};

/// How long the Runtime API, which is on the same machine, may take for each step.
const TIMEOUT: Duration = Duration::from_secs(2);
/// What separates the head of an answer in chunks from its body.
const END_OF_HEAD: [u8; 8] = [0; 8];
const JSON: &str = "content-type: application/json\r\n";

/// Tells that a function does not start. That it cannot be told is no further fault: the log has the reason.
pub(super) fn tell_no_start(address: &str, failure: &Failure) {
    let headers = format!("{JSON}lambda-runtime-function-error-type: Runtime.{}\r\n", failure.kind);
    told(post(address, "/2018-06-01/runtime/init/error", &headers, &error_json(failure)));
}

/// Tells the answer of an invocation. Of an answer in chunks the first is all there is.
pub(super) fn tell_answer(address: &str, request_id: &str, answer: Result<Answer, Failure>) {
    let path = |kind| format!("/2018-06-01/runtime/invocation/{request_id}/{kind}");
    told(match answer {
        Ok(Answer::Whole(json)) => post(address, &path("response"), JSON, json.get().as_bytes()),
        Ok(Answer::Streamed(streamed)) => {
            let headers = "content-type: application/vnd.awslambda.http-integration-response\r\n\
                           lambda-runtime-function-response-mode: streaming\r\n";
            post(address, &path("response"), headers, &streamed_bytes(streamed))
        }
        Err(failure) => {
            let headers = format!("{JSON}lambda-runtime-function-error-type: {}\r\n", failure.kind);
            post(address, &path("error"), &headers, &error_json(&failure))
        }
    });
}

fn told(outcome: io::Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "the Runtime API was not told");
    }
}

fn error_json(Failure { kind, message }: &Failure) -> Vec<u8> {
    json!({"errorType": kind, "errorMessage": message, "stackTrace": []}).to_string().into_bytes()
}

fn streamed_bytes(Streamed { status, headers, mut chunks }: Streamed) -> Vec<u8> {
    let headers: Map<_, _> = headers.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
    let mut bytes = json!({"statusCode": status, "headers": headers, "cookies": []}).to_string().into_bytes();
    bytes.extend_from_slice(&END_OF_HEAD);
    if let Some(Some(Ok(chunk))) = chunks.next().now_or_never() {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

/// The body goes in one chunk, because an answer that is streamed may not say its length.
fn post(address: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<()> {
    let place: SocketAddr = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let mut socket = TcpStream::connect_timeout(&place, TIMEOUT)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    socket.set_write_timeout(Some(TIMEOUT))?;
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\n{headers}transfer-encoding: chunked\r\nconnection: close\r\n\r\n\
         {length:x}\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request.extend_from_slice(b"\r\n0\r\n\r\n");
    socket.write_all(&request)?;
    // The answer says nothing; waiting for it is waiting until the request was read.
    socket.read_exact(&mut [0])
}

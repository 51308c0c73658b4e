//! The HTTP front of one machine: from a socket to an [`ApiRequest`], and from the [`ApiResponse`] back to the socket.
//! What a request means is the API's business; here are only bytes, limits and connections.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use futures_util::StreamExt as _;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::api::request::{Caller, DRAIN_BYTES_MAX, body_bytes_max};
use tillroll_host_lambda::api::{ApiRequest, ApiResponse, Body, ResponseBody};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests under way may take when the front closes. Streams end at once, in good order; long polls are cut
/// off after it. In both cases their callers ask again.
const CLOSING_MAX: Duration = Duration::from_secs(2);
/// How long a body that is too large is read and thrown away.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Answers requests from `listener` with `pages`, and with `answer` what they do not have, until `until` is over. `started`
/// makes the names of requests differ from those of an earlier run.
pub async fn serve<A, F>(
    listener: TcpListener,
    pages: Router,
    answer: A,
    started: Timestamp,
    until: impl Future<Output = ()> + Send,
) -> io::Result<()>
where
    A: Fn(ApiRequest) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ApiResponse> + Send,
{
    // An answer is one small write; waiting for more to send with it would only delay it.
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a socket keeps its delay");
        }
    });
    let (close, closing) = watch::channel(());
    let server = axum::serve(listener, pages.merge(router(answer, started, closing.clone())));
    let server = server.with_graceful_shutdown(closed(closing));
    let mut serving = std::pin::pin!(server.into_future());
    tokio::select! {
        ended = &mut serving => return ended,
        () = until => drop(close),
    }
    tokio::time::timeout(CLOSING_MAX, serving).await.unwrap_or(Ok(()))
}

/// Ends when the front closes: when the sender is gone, which never sends anything.
async fn closed(mut closing: watch::Receiver<()>) {
    let _ = closing.changed().await;
}

/// Every address goes to `answer`; a host may put routes of its own in front. Streams end with the sender of `closing`.
pub fn router<A, F>(answer: A, started: Timestamp, closing: watch::Receiver<()>) -> Router
where
    A: Fn(ApiRequest) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ApiResponse> + Send,
{
    let names = Arc::new(RequestNames { started, last: AtomicU64::new(0) });
    Router::new().fallback(move |request: Request| {
        let (answer, names, closing) = (answer.clone(), Arc::clone(&names), closing.clone());
        async move {
            match read(request, names.next()).await {
                Ok(request) => written(answer(request).await, closing),
                Err(gone) => {
                    tracing::debug!(error = %gone, "a caller went away in the middle of a body");
                    with_status(StatusCode::BAD_REQUEST)
                }
            }
        }
    })
}

/// Names of requests: 32 hexadecimal digits, as trace ids have.
struct RequestNames {
    started: Timestamp,
    last: AtomicU64,
}

impl RequestNames {
    fn next(&self) -> String {
        let number = self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        format!("{:016x}{number:016x}", self.started.unix_ms())
    }
}

async fn read(request: Request, request_id: String) -> Result<ApiRequest, axum::Error> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    Ok(ApiRequest {
        method: head.method.as_str().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers(&head.headers),
        body: read_body(body, body_bytes_max(&path)).await?,
        path,
        request_id,
        caller: Caller::Unknown,
    })
}

/// Each name once, the values of one that came several times as a list, as gateways do it. Nothing is left out: a
/// condition that cannot be read must not pass for one that was never set.
fn headers(sent: &HeaderMap) -> Vec<(String, String)> {
    let list = |name| {
        let values = sent.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.collect::<Vec<_>>().join(", ")
    };
    sent.keys().map(|name| (name.as_str().to_owned(), list(name))).collect()
}

/// Reads up to `bytes_max` bytes into memory. What is larger is thrown away, read on so that the caller listens to the
/// answer instead of finding the connection reset.
async fn read_body(body: axum::body::Body, bytes_max: usize) -> Result<Body, axum::Error> {
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if whole.len() + chunk.len() > bytes_max {
            let mut drained = whole.len() + chunk.len();
            drop(whole);
            let drain = async {
                while let (true, Some(Ok(chunk))) = (drained < DRAIN_BYTES_MAX, chunks.next().await) {
                    drained += chunk.len();
                }
            };
            // Out of time or out of patience: the answer goes out, and the connection is closed behind it.
            let _ = tokio::time::timeout(DRAIN_MAX, drain).await;
            return Ok(Body::TooLarge);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(Body::Whole(whole))
}

fn written(answer: ApiResponse, closing: watch::Receiver<()>) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = with_status(status);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        } else {
            tracing::error!(name, "a header of an answer cannot be sent");
        }
    }
    *response.body_mut() = match answer.body {
        ResponseBody::Whole(bytes) => bytes.into(),
        ResponseBody::Chunks(chunks) => {
            let chunks = chunks.map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk)));
            axum::body::Body::from_stream(chunks.take_until(closed(closing)))
        }
    };
    response
}

fn with_status(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::net::SocketAddr;

    use futures_util::stream;
    use tillroll_host_lambda::api::Chunks;
    use tillroll_host_lambda::api::request::BODY_BYTES_MAX;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    use super::*;

    /// Tells what it was asked.
    async fn echo(request: ApiRequest) -> ApiResponse {
        if request.path == "/wait" {
            std::future::pending::<()>().await;
        }
        if request.path == "/stream" {
            let chunks = stream::iter([b"one ".to_vec(), b"two".to_vec()]).chain(stream::pending());
            return ApiResponse::chunks("text/plain", Chunks::new(chunks));
        }
        let body = match &request.body {
            Body::Whole(bytes) => format!("{} bytes", bytes.len()),
            Body::TooLarge => "too large".to_owned(),
        };
        let asked = [request.method, request.path, request.query, body, request.request_id].join(" ");
        let custom = request.headers.iter().find(|(name, _)| name == "x-custom").map(|(_, value)| value.clone());
        ApiResponse::text(200, "text/plain", asked.into_bytes()).with("x-custom", custom.unwrap_or_default())
    }

    async fn start(until: impl Future<Output = ()> + Send + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Router::new(), echo, Timestamp::UNIX_EPOCH, until));
        address
    }

    async fn ask(address: SocketAddr, request: &[u8]) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_request_arrives_as_it_was_sent_and_its_answer_goes_back() {
        let address = start(std::future::pending()).await;
        let sent = b"POST /carts/%2e%2e?a=%20b HTTP/1.1\r\nhost: x\r\nX-Custom: 7\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc";
        let answer = ask(address, sent).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nx-custom: 7\r\n"), "{answer}");
        let body = "POST /carts/%2e%2e a=%20b 3 bytes 00000000000000000000000000000001";
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
    }

    #[tokio::test]
    async fn a_header_that_comes_twice_is_a_list_and_one_that_is_no_text_is_not_left_out() {
        let address = start(std::future::pending()).await;
        for (sent, arrives) in [
            (&b"x-custom: 7\r\nx-custom: *"[..], "7, *"),
            (b"x-custom: \"\xc3\xa9\"", "\"\u{e9}\""),
            (b"x-custom: \xff", "\u{fffd}"),
        ] {
            let request = [b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n", sent, b"\r\n\r\n"].concat();
            let answer = ask(address, &request).await;
            assert!(answer.contains(&format!("\r\nx-custom: {arrives}\r\n")), "{answer}");
        }
    }

    #[tokio::test]
    async fn f01_a_body_that_is_too_large_is_drained_so_that_its_sender_gets_the_answer() {
        let address = start(std::future::pending()).await;
        for (length, says) in [(BODY_BYTES_MAX, format!("{BODY_BYTES_MAX} bytes")), (8 << 20, "too large".to_owned())] {
            let head =
                format!("POST /carts HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let answer = ask(address, &[head.as_bytes(), &vec![b' '; length]].concat()).await;
            assert!(answer.contains(&says), "{length}: {answer}");
        }
    }

    #[tokio::test]
    async fn a_stream_goes_out_as_it_comes_and_ends_in_good_order_with_the_front() {
        let (close, closed) = oneshot::channel::<()>();
        let address = start(async {
            let _ = closed.await;
        })
        .await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"3\r\ntwo\r\n") {
            assert!(socket.read_buf(&mut answer).await.unwrap() > 0, "the stream is still open");
        }
        drop(close);
        let mut rest = String::new();
        socket.read_to_string(&mut rest).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.contains("\r\nx-accel-buffering: no\r\n") && answer.contains("4\r\none \r\n"), "{answer}");
        assert_eq!(rest, "0\r\n\r\n", "a reader can tell a whole stream from a torn one");
    }

    #[tokio::test]
    async fn closing_does_not_wait_for_long_polls() {
        let (close, closed) = oneshot::channel::<()>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let until = async {
            let _ = closed.await;
        };
        let serving = tokio::spawn(serve(listener, Router::new(), echo, Timestamp::UNIX_EPOCH, until));
        let mut poll = TcpStream::connect(address).await.unwrap();
        poll.write_all(b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        // Another request is answered meanwhile, so the first one has been accepted.
        ask(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        drop(close);
        tokio::time::timeout(CLOSING_MAX * 2, serving).await.unwrap().unwrap().unwrap();
    }
}

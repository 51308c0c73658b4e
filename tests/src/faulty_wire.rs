//! A wire between a client and a server that loses what it is told to lose: requests before they arrive, or answers
//! after the server did its work. It keeps the bodies of what was sent and answered.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: it goes through.
    None,
    /// The connection breaks before the server sees it.
    Request,
    /// The server does it, and the connection breaks before the answer begins.
    Answer,
    /// The server does it, and the connection breaks in the middle of the answer.
    HalfAnswer,
    /// The server does it, and the connection ends before the length that the answer gives.
    LongAnswer,
}

/// The client's end of the wire.
#[derive(Clone, Debug)]
pub struct FaultyWire {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    losses: VecDeque<Loss>,
    /// Requests with this in their body are lost.
    lost: Option<&'static str>,
    bodies: Vec<String>,
    answers: Vec<String>,
}

impl FaultyWire {
    /// A wire to the server at `server` that loses nothing yet. It lasts as long as the test's runtime.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let state = Arc::clone(&wire.state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&state)));
            }
        });
        wire
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happens to the next requests, in order; after them nothing is lost.
    pub fn lose_next(&self, losses: &[Loss]) {
        self.state.lock().unwrap().losses = losses.iter().copied().collect();
    }

    /// Every request with `text` in its body is lost from now on; none is without a text.
    pub fn lose_all_with(&self, text: Option<&'static str>) {
        self.state.lock().unwrap().lost = text;
    }

    /// Bodies of all requests so far, lost ones included.
    #[must_use]
    pub fn bodies(&self) -> Vec<String> {
        self.state.lock().unwrap().bodies.clone()
    }

    /// Bodies of all answers so far, lost ones included.
    #[must_use]
    pub fn answers(&self) -> Vec<String> {
        self.state.lock().unwrap().answers.clone()
    }
}

/// Carries the requests of one connection, one after the other, until something is lost or somebody hangs up.
async fn carry(client: TcpStream, server: SocketAddr, state: Arc<Mutex<State>>) {
    let server = TcpStream::connect(server).await.unwrap();
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let (mut from_client, mut from_server) = (BufReader::new(from_client), BufReader::new(from_server));
    while let Some((request, body)) = read_message(&mut from_client).await {
        let loss = {
            let mut state = state.lock().unwrap();
            let is_lost = state.lost.is_some_and(|text| body.contains(text));
            state.bodies.push(body);
            if is_lost { Loss::Request } else { state.losses.pop_front().unwrap_or(Loss::None) }
        };
        if loss == Loss::Request || to_server.write_all(&request).await.is_err() {
            return;
        }
        let Some((answer, body)) = read_message(&mut from_server).await else { return };
        state.lock().unwrap().answers.push(body.clone());
        let passed = match loss {
            Loss::None | Loss::Request => answer,
            Loss::Answer => Vec::new(),
            Loss::HalfAnswer => answer[..answer.len() - body.len() / 2].to_vec(),
            Loss::LongAnswer => longer(&answer),
        };
        if to_client.write_all(&passed).await.is_err() || loss != Loss::None {
            return;
        }
    }
}

/// The same answer, said to be one byte longer than it is.
fn longer(answer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let lengthened = head.lines().map(|line| match line.to_ascii_lowercase().strip_prefix("content-length:") {
        Some(_) => format!("content-length: {}\r\n", body.len() + 1),
        None => format!("{line}\r\n"),
    });
    format!("{}\r\n{body}", lengthened.collect::<String>()).into_bytes()
}

/// One HTTP/1.1 message with a `Content-Length` as it is, and its body as text; `None` at the end of the connection.
async fn read_message(from: &mut BufReader<OwnedReadHalf>) -> Option<(Vec<u8>, String)> {
    let mut message = Vec::new();
    let mut body_length = 0;
    loop {
        let line_start = message.len();
        let read = from.read_until(b'\n', &mut message).await.ok()?;
        let line = String::from_utf8_lossy(&message[line_start..]).to_ascii_lowercase();
        if let Some(length) = line.strip_prefix("content-length:") {
            body_length = length.trim().parse().unwrap();
        }
        match (read, line.as_str()) {
            (0, _) => return None,
            (_, "\r\n") => break,
            _ => {}
        }
    }
    let head_length = message.len();
    message.resize(head_length + body_length, 0);
    from.read_exact(&mut message[head_length..]).await.ok()?;
    let body = String::from_utf8_lossy(&message[head_length..]).into_owned();
    Some((message, body))
}

//! Telling Lambda why a function does not start, so that whoever called it reads the reason and not only that the process
//! ended. The loop's library has no words for that, so this speaks to the Runtime API itself.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

/// How long Lambda may take for it, which then ends the process.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Tells the Runtime API at `address`. That it cannot be told is no further fault: the log has the reason.
pub(super) fn tell(address: &str, kind: &str, message: &str) {
    if let Err(error) = post(address, kind, message) {
        tracing::warn!(%error, "Lambda was not told why the function does not start");
    }
}

fn post(address: &str, kind: &str, message: &str) -> io::Result<()> {
    let body = json!({"errorType": kind, "errorMessage": message, "stackTrace": []}).to_string();
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    socket.set_write_timeout(Some(TIMEOUT))?;
    let length = body.len();
    write!(
        socket,
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         lambda-runtime-function-error-type: Runtime.{kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )?;
    // The answer says nothing; waiting for it is waiting until the request was read.
    socket.read_exact(&mut [0])
}

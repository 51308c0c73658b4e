//! Reading server-sent events: bytes become lines, lines become messages.

use bytes::{Buf as _, BytesMut};

/// Longest line that is read; the data of an event is one line, and an item of a table has at most 400 KB.
const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A message of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Where to go on after it. Comes also without data.
    pub(crate) id: Option<String>,
    /// Empty when the message only says where to go on.
    pub(crate) data: String,
}

/// Bytes as they come, until they make messages.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    bytes: BytesMut,
    message: Message,
}

/// The stream is none: a line has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line of the stream has more than {LINE_BYTES_MAX} bytes")]
pub(crate) struct TooLong;

impl Messages {
    /// Takes what came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message; `None` until more has come.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, TooLong> {
        while let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(self.bytes.get(..end).unwrap_or_default()).into_owned();
            self.bytes.advance(end + 1);
            let line = line.strip_suffix('\r').unwrap_or(&line);
            if line.is_empty() {
                let message = std::mem::take(&mut self.message);
                if message != Message::default() {
                    return Ok(Some(message));
                }
            } else {
                self.line(line);
            }
        }
        if self.bytes.len() > LINE_BYTES_MAX { Err(TooLong) } else { Ok(None) }
    }

    /// Comments (without a name) and fields that do not matter here are passed over.
    fn line(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.message.id = Some(value.to_owned()),
            "data" => {
                if !self.message.data.is_empty() {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    const STREAM: &str = "retry: 1000\n\n: \n\nid: 1\nevent: x\ndata: {\"a\": 1}\n\nid: 7\n\ndata: a\ndata:b\r\n\r\nid";

    fn message(id: Option<&str>, data: &str) -> Message {
        Message { id: id.map(str::to_owned), data: data.to_owned() }
    }

    #[test]
    fn messages_come_out_whole_however_their_bytes_come() {
        let expected = [message(Some("1"), "{\"a\": 1}"), message(Some("7"), ""), message(None, "a\nb")];
        for size in 1..=STREAM.len() {
            let mut messages = Messages::default();
            let mut read = Vec::new();
            for bytes in STREAM.as_bytes().chunks(size) {
                messages.feed(bytes);
                while let Some(message) = messages.next().unwrap() {
                    read.push(message);
                }
            }
            assert_eq!(read, expected, "in pieces of {size} bytes");
        }
    }

    #[test]
    fn a_line_without_an_end_is_no_stream() {
        let mut messages = Messages::default();
        messages.feed(&vec![b'x'; LINE_BYTES_MAX + 1]);
        assert_eq!(messages.next(), Err(TooLong));
    }
}

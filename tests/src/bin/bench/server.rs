//! The embedded DynamoDB in a process of its own, so that its CPU time is not the client's.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_sdk_dynamodb::Client;
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_local::dynamo::LocalDynamo;

/// The argument that makes this program the server.
pub(crate) const SERVE: &str = "serve";

/// A fresh server with the project's tables, stream and indexes. Ends with this value.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let mut process = Command::new(std::env::current_exe().expect("a path of its own"))
            .arg(SERVE)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("an address");
        Self { process, address: line.trim().parse().expect("an address"), _folder: folder }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn client(&self) -> Client {
        emulator_client(self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It reads its standard input to the end, which comes with the end of the pipe.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Serves until standard input ends.
pub(crate) fn serve(folder: &Path) {
    let dynamo = LocalDynamo::start(&folder.join("dynamodb.sqlite")).expect("dynoxide starts");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(create_tables(&dynamo.client(), &TableNames::default())).expect("tables");
    println!("{}", dynamo.address());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

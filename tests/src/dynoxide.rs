//! dynoxide, a DynamoDB in this process, on a loopback port of its own.

use std::net::SocketAddr;

use dynoxide::Database;
use tokio::net::TcpListener;

/// Serves an empty database in memory until the test's runtime ends; says where.
pub async fn start() -> SocketAddr {
    serve(Database::memory().unwrap()).await
}

/// Serves this database until the test's runtime ends; says where.
pub async fn serve(database: Database) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    address
}

//! The API of a running system, over a real socket: what only shows when every part is there.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tillroll_local::front::Front;
use tillroll_local::system::{Options, System};
use tokio::net::TcpListener;
use uuid::Uuid;

/// Longest time anything here may take; nothing waits that long unless it is broken.
const PATIENCE: Duration = Duration::from_mins(1);

struct Shop {
    folder: TempDir,
    system: System,
    front: Front,
    base: String,
    client: reqwest::Client,
}

impl Shop {
    async fn open() -> Self {
        Self::open_in(tempfile::tempdir().unwrap()).await
    }

    async fn open_in(folder: TempDir) -> Self {
        let system = System::start(Options::new(folder.path())).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let front = Front::start(listener, system.ports());
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        Self { folder, system, front, base, client }
    }

    /// Stops everything and starts it again on the same folder.
    async fn reopen(self) -> Self {
        let folder = self.close().await;
        Self::open_in(folder).await
    }

    async fn close(self) -> TempDir {
        self.front.stop().await;
        self.system.shutdown().await;
        self.folder
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(format!("{}{path}", self.base)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn import(&self, lines: &[Value]) -> Vec<Value> {
        let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
        let post = self.client.post(format!("{}/imports", self.base)).header("content-type", "application/x-ndjson");
        let answer = post.body(lines.join("\n")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Asks until the answer is as expected.
    async fn until(&self, path: &str, expected: impl Fn(&Value) -> bool) -> Value {
        let look = async {
            loop {
                let (_, answer) = self.get(path).await;
                if expected(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{path} never became what was expected"))
    }
}

fn id(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

fn add(n: u128, item_name: &str) -> Value {
    json!({"command_id": id(n), "type": "AddItem", "data": {"item_name": item_name, "price": {"minor": 100}}})
}

fn basket(n: u128, items: u128) -> Value {
    let open = json!({"command_id": id(n * 1_000 + 1), "type": "OpenCart", "data": {"currency": "EUR"}});
    let adds = (0..items).map(|item| add(n * 1_000 + 2 + item, &format!("item {item}")));
    let close = json!({"command_id": id(n * 1_000 + 999), "type": "CloseCart", "data": {"reason": "checked_out"}});
    let commands: Vec<_> = [open].into_iter().chain(adds).chain([close]).collect();
    json!({"cart_id": id(n), "source": "till", "commands": commands})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_lives_over_http_and_over_a_restart() {
    let shop = Shop::open().await;
    let (status, opened) = shop.post("/carts", &json!({"command_id": id(1), "currency": "EUR"})).await;
    assert_eq!(status, 201);
    let cart = opened["cart_id"].as_str().unwrap().to_owned();
    let commands = format!("/carts/{cart}/commands");
    let (status, added) = shop.post(&commands, &json!({"commands": [add(2, "milk"), add(3, "bread")]})).await;
    assert_eq!((status, &added["version"]), (200, &json!(3)));
    let shop = shop.reopen().await;
    let (_, again) = shop.post(&commands, &json!({"commands": [add(2, "milk"), add(3, "bread")]})).await;
    assert_eq!(again, added, "the stored answer, byte for byte, from another process");
    let close = json!({"commands": [{"command_id": id(4), "type": "CloseCart"}]});
    assert_eq!(shop.post(&commands, &close).await.1["results"][0]["status"], "accepted");
    let (status, gone) = shop.get(&format!("/carts/{cart}")).await;
    assert_eq!((status, &gone["state"]["total_minor"]), (410, &json!(200)));
    shop.until("/carts", |page| page["carts"][0]["status"] == "closed").await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_is_woken_by_the_append_it_waits_for() {
    let shop = Shop::open().await;
    shop.post("/carts", &json!({"command_id": id(1), "cart_id": id(7)})).await;
    let news = &shop.system.ports().news;
    let path = format!("/carts/{}/events?after=1&wait=25", id(7));
    let append = async {
        while news.awaited_streams() == 0 {
            tokio::task::yield_now().await;
        }
        let before = std::time::Instant::now();
        shop.post(&format!("/carts/{}/commands", id(7)), &json!({"commands": [add(2, "milk")]})).await;
        before
    };
    let ((status, page), before) = tokio::join!(shop.get(&path), append);
    assert_eq!((status, &page["events"][0]["sequence"]), (200, &json!(2)));
    assert!(before.elapsed() < Duration::from_secs(20), "woken, not timed out");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e01_writers_racing_for_one_cart_get_exactly_their_versions() {
    let shop = Shop::open().await;
    shop.post("/carts", &json!({"command_id": id(1), "cart_id": id(7)})).await;
    let path = format!("/carts/{}/commands", id(7));
    let writer = |writer: u128| {
        let (shop, path) = (&shop, &path);
        async move {
            let mut versions = Vec::new();
            for n in 0..3 {
                let (status, reply) =
                    shop.post(path, &json!({"commands": [add(100 + writer * 100 + n, "milk")]})).await;
                assert_eq!(status, 200, "{reply}");
                versions.push(reply["results"][0]["version"].as_u64().unwrap());
            }
            versions
        }
    };
    let all = tokio::join!(writer(0), writer(1), writer(2), writer(3), writer(4), writer(5), writer(6), writer(7));
    let mut versions = [all.0, all.1, all.2, all.3, all.4, all.5, all.6, all.7].concat();
    versions.sort_unstable();
    assert_eq!(versions, (2..=25).collect::<Vec<_>>());

    // With a condition, exactly one of eight writers gets each of twenty versions.
    let conditional = |writer: u128| {
        let (shop, path) = (&shop, &path);
        async move {
            let mut won = Vec::new();
            for version in 25..45_u64 {
                let body = json!({"commands": [add(10_000 + writer * 100 + u128::from(version), "egg")]});
                let tag = format!("\"{version}\"");
                let post = shop.client.post(format!("{}{path}", shop.base)).header("if-match", tag).json(&body);
                match post.send().await.unwrap().status().as_u16() {
                    200 => won.push(version),
                    412 => {}
                    other => panic!("{other}"),
                }
                // Whoever lost has to wait until the winner has written.
                shop.get(&format!("/carts/{}/events?after={version}&limit=1&wait=25", id(7))).await;
            }
            won
        }
    };
    let all = tokio::join!(
        conditional(0),
        conditional(1),
        conditional(2),
        conditional(3),
        conditional(4),
        conditional(5),
        conditional(6),
        conditional(7)
    );
    let mut won = [all.0, all.1, all.2, all.3, all.4, all.5, all.6, all.7].concat();
    won.sort_unstable();
    assert_eq!(won, (25..45).collect::<Vec<_>>());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_history_is_projected_replayed_and_verified() {
    let shop = Shop::open().await;
    let lines: Vec<_> = (1..=40).map(|n| basket(n, if n == 40 { 60 } else { n % 8 + 1 })).collect();
    for chunk in lines.chunks(15) {
        assert!(shop.import(chunk).await.iter().all(|answer| answer["status"] == "imported"));
    }
    let again = shop.import(&lines).await;
    assert!(again.iter().all(|answer| answer["status"] == "unchanged"), "{}", again[0]);
    let (status, report) = shop.post("/verify", &json!({})).await;
    assert_eq!((status, &report["ok"], &report["carts"]), (200, &json!(true), &json!(40)), "{report}");
    let total: u64 = again.iter().map(|answer| answer["total_minor"].as_u64().unwrap()).sum();
    assert_eq!(report["money_by_currency"]["EUR"].as_u64(), Some(total));

    let (_, before) = shop.get("/suggestions?sku=item%200").await;
    assert_eq!(before["suggestions"][0]["carts"], 36, "every cart with more than one item");
    let (status, run) = shop.post("/replays", &json!({"subscription": "suggestions"})).await;
    assert_eq!(status, 202, "{run}");
    let path = format!("/replays/{}", run["id"].as_str().unwrap());
    let finished = shop.until(&path, |run| run["phase"] == "finished" || run["error"].is_string()).await;
    assert_eq!((&finished["phase"], &finished["events_sent"]), (&json!("finished"), &report["events"]), "{finished}");
    assert_eq!(shop.get("/suggestions?sku=item%200").await.1, before, "the new generation equals the old one");
    assert_eq!(shop.post("/verify", &json!({})).await.1["ok"], true);
    assert_eq!(shop.get("/verify").await.1["ok"], true, "it is remembered");

    let mut carts = 0;
    let mut path = "/carts?limit=15".to_owned();
    loop {
        let (_, page) = shop.get(&path).await;
        carts += page["carts"].as_array().unwrap().len();
        let Some(cursor) = page["cursor"].as_str() else { break };
        path = format!("/carts?limit=15&cursor={cursor}");
    }
    assert_eq!(carts, 40);
    shop.until("/pipeline", |pipeline| {
        pipeline["stages"].as_array().unwrap().iter().all(|stage| stage["lag_events"] == 0)
    })
    .await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_a_body_of_megabytes_gets_its_answer_over_a_real_socket() {
    let shop = Shop::open().await;
    for megabytes in [1, 15] {
        let post = shop.client.post(format!("{}/carts", shop.base)).header("content-type", "application/json");
        let answer = post.body(vec![b' '; megabytes << 20]).send().await.unwrap();
        assert_eq!(answer.status(), 413);
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "body_too_large");
    }
    assert_eq!(shop.get("/healthz").await.0, 200);
    shop.close().await;
}

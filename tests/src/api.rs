//! The HTTP API of a process, as a caller uses it.

use std::time::Duration;

use serde_json::Value;
use tillroll_local::import::ImportCart;

/// Far longer than anything here takes, also on a machine with other things to do.
const PATIENCE: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A caller.
pub struct Api {
    base: String,
    client: reqwest::Client,
}

impl Api {
    /// Calls the API at an address.
    #[must_use]
    pub fn at(base: String) -> Self {
        Self { base, client: reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap() }
    }

    /// Status and body.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Posts JSON; the status and the JSON of the answer.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(format!("{}{path}", self.base)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Sends carts in one request; one answer a cart. An error when the answer did not come, or not whole.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub async fn import(&self, carts: &[ImportCart]) -> Result<Vec<Value>, reqwest::Error> {
        let lines: Vec<_> = carts.iter().map(|cart| serde_json::to_string(cart).unwrap()).collect();
        let post = self.client.post(format!("{}/imports", self.base)).header("content-type", "application/x-ndjson");
        let text = post.body(lines.join("\n")).send().await?.error_for_status().unwrap().text().await?;
        let answers: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), carts.len(), "{text}");
        Ok(answers)
    }

    /// All entries of a list, page by page.
    pub async fn list(&self, path: &str, name: &str) -> Vec<Value> {
        let mut entries = Vec::new();
        let mut page = format!("{path}?limit=50");
        loop {
            let (status, body) = self.get(&page).await;
            assert_eq!(status, 200, "{body}");
            entries.extend_from_slice(body[name].as_array().unwrap());
            let Some(cursor) = body["cursor"].as_str() else { return entries };
            page = format!("{path}?limit=50&cursor={cursor}");
        }
    }

    /// Waits until no stage of the pipeline has anything before it.
    pub async fn drained(&self) {
        let look = async {
            loop {
                let (_, pipeline) = self.get("/pipeline").await;
                if pipeline["stages"].as_array().unwrap().iter().all(|stage| stage["lag_events"] == 0) {
                    assert_eq!(pipeline["parked"], Value::Array(Vec::new()), "{pipeline}");
                    return;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("the pipeline drains");
    }
}

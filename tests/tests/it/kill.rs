//! The process is killed at any moment: what was acknowledged is there once, whatever was going on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Write as _, stderr};
use std::time::Duration;

use serde_json::{Value, json};
use tillroll_local::import::ImportCart;
use tillroll_tests::api::Api;
use tillroll_tests::program::{Background, Desk};
use tillroll_tests::real_data::{baskets, transactions};

const KILLS: u32 = 50;
/// 91 baskets with 1,959 commands: between one and two for every kill.
const HOUSEHOLDS: u32 = 3;
const CARTS_PER_REQUEST_MAX: u64 = 2;
const ANSWERS_BEFORE_A_KILL_MAX: u64 = 1;
/// A request takes some tens of milliseconds, so a kill so long after its beginning falls before, into, or behind any
/// of its writes.
const INTO_A_REQUEST_MAX_MS: u64 = 80;
const SEED: u64 = 0x7111_2011;

/// A sequence of numbers that depends on its seed alone (`SplitMix64`).
struct Draw(u64);

impl Draw {
    fn up_to(&mut self, max: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % (max + 1)
    }
}

/// A client that imports carts into a process that does not live long.
struct Till {
    draw: Draw,
    /// Not acknowledged yet.
    open: VecDeque<ImportCart>,
    acknowledged: Vec<ImportCart>,
    requests_cut_off: u32,
    /// Carts of which a part had landed when their request was cut off.
    carts_cut_through: u32,
}

impl Till {
    /// The next carts; when all are acknowledged, one of them again, as by a client that lost the answer.
    fn next_request(&mut self) -> Vec<ImportCart> {
        let carts = 1 + self.draw.up_to(CARTS_PER_REQUEST_MAX - 1);
        let carts: Vec<_> = (0..carts).map_while(|_| self.open.pop_front()).collect();
        if carts.is_empty() { vec![self.some_acknowledged().clone()] } else { carts }
    }

    fn some_acknowledged(&mut self) -> &ImportCart {
        let last = self.acknowledged.len() - 1;
        let index = self.draw.up_to(last.try_into().unwrap());
        &self.acknowledged[usize::try_from(index).unwrap()]
    }

    /// The answers to a request, or none: then it is to be sent again.
    fn take(&mut self, carts: Vec<ImportCart>, answers: Option<Vec<Value>>) {
        let Some(answers) = answers else {
            self.requests_cut_off += 1;
            let again = carts.into_iter().filter(|cart| self.acknowledged.iter().all(|known| known != cart));
            again.collect::<Vec<_>>().into_iter().rev().for_each(|cart| self.open.push_front(cart));
            return;
        };
        for (cart, answer) in carts.into_iter().zip(answers) {
            assert_eq!(answer["cart_id"], json!(cart.cart_id), "{answer}");
            assert_eq!(answer["version"], json!(cart.commands.len()), "{answer}");
            assert_eq!(answer["refused"], json!([]), "{answer}");
            let new = answer["events"].as_u64().unwrap();
            self.carts_cut_through += u32::from(new > 0 && new < cart.commands.len() as u64);
            if self.acknowledged.contains(&cart) {
                assert_eq!(answer["status"], "unchanged", "{answer}");
            } else {
                self.acknowledged.push(cart);
            }
        }
    }

    async fn send(&mut self, api: &Api, carts: Vec<ImportCart>) {
        let answers = api.import(&carts).await.unwrap();
        self.take(carts, Some(answers));
    }

    /// What was acknowledged before the last kill is known after it: nothing of it is taken a second time.
    async fn remind(&mut self, api: &Api, known_before: usize) {
        let newest = self.acknowledged[known_before.min(self.acknowledged.len() - 1)..].to_vec();
        let any = self.some_acknowledged().clone();
        self.send(api, [newest, vec![any]].concat()).await;
    }

    /// One life of the process: some answers, then the end, between two requests or in the middle of one.
    async fn live_and_die(&mut self, desk: &Desk, known_before: usize) {
        let dev = desk.dev(&["--no-demo"]);
        let api = Api::at(dev.api());
        if !self.acknowledged.is_empty() {
            self.remind(&api, known_before).await;
        }
        for _ in 0..self.draw.up_to(ANSWERS_BEFORE_A_KILL_MAX) {
            let carts = self.next_request();
            self.send(&api, carts).await;
        }
        if self.draw.up_to(3) == 0 && !self.acknowledged.is_empty() {
            dev.kill();
        } else {
            self.die_in_a_request(dev, &api).await;
        }
    }

    async fn die_in_a_request(&mut self, dev: Background, api: &Api) {
        let carts = if self.open.is_empty() { vec![self.some_acknowledged().clone()] } else { self.next_request() };
        let moment = Duration::from_millis(self.draw.up_to(INTO_A_REQUEST_MAX_MS));
        let kill = async {
            // Nothing is waited for: this is when it happens.
            tokio::time::sleep(moment).await;
            dev.kill();
        };
        let (answers, ()) = tokio::join!(api.import(&carts), kill);
        self.take(carts, answers.ok());
    }
}

#[tokio::test]
async fn e35_killed_fifty_times_while_importing_nothing_acknowledged_is_lost_or_doubled() {
    let Some(file) = transactions() else { return };
    let _ = writeln!(stderr(), "kills drawn from seed {SEED:#x}");
    let desk = Desk::new();
    let carts = baskets(&file, HOUSEHOLDS);
    let mut till = Till {
        draw: Draw(SEED),
        open: carts.iter().cloned().collect(),
        acknowledged: Vec::new(),
        requests_cut_off: 0,
        carts_cut_through: 0,
    };
    let mut known_before = 0;
    for _ in 0..KILLS {
        let known = till.acknowledged.len();
        till.live_and_die(&desk, known_before).await;
        known_before = known;
    }
    let _ = writeln!(
        stderr(),
        "{KILLS} kills: {} carts acknowledged, {} requests cut off, {} carts cut through",
        till.acknowledged.len(),
        till.requests_cut_off,
        till.carts_cut_through
    );
    assert!(till.requests_cut_off > 0, "no kill fell into a request");

    let dev = desk.dev(&["--no-demo"]);
    let api = Api::at(dev.api());
    while !till.open.is_empty() {
        let carts = till.next_request();
        till.send(&api, carts).await;
    }
    api.drained().await;
    each_cart_has_exactly_its_events(&api, &carts).await;
    everything_agrees(&api, &carts).await;
    assert_eq!(dev.signal("TERM"), Some(0));
}

async fn each_cart_has_exactly_its_events(api: &Api, carts: &[ImportCart]) {
    let mut ids = BTreeSet::new();
    for cart in carts {
        let (_, page) = api.get(&format!("/carts/{}/events?limit=1000", cart.cart_id)).await;
        let events = page["events"].as_array().unwrap();
        let said: Vec<_> = events.iter().map(|event| (event["sequence"].clone(), event["commandid"].clone())).collect();
        let commands = (1..).zip(&cart.commands);
        let expected: Vec<_> = commands.map(|(version, command)| (json!(version), json!(command.command_id))).collect();
        assert_eq!(said, expected, "one event for each command, in order: {}", cart.cart_id);
        assert!(events.iter().all(|event| ids.insert(event["id"].to_string())), "two events have one id");
        let (status, state) = api.get(&format!("/carts/{}?version={}", cart.cart_id, events.len())).await;
        assert_eq!((status, &state["total_minor"]), (200, &json!(cart.total_minor)), "{state}");
        assert_eq!(state["status"], "closed", "{state}");
    }
}

async fn everything_agrees(api: &Api, carts: &[ImportCart]) {
    let (status, report) = api.post("/verify", &json!({"wait": 60})).await;
    assert_eq!((status, &report["ok"]), (200, &json!(true)), "{report}");
    let events: usize = carts.iter().map(|cart| cart.commands.len()).sum();
    assert_eq!((&report["carts"], &report["events"]), (&json!(carts.len()), &json!(events)), "{report}");
    let total: u128 = carts.iter().map(|cart| cart.total_minor).sum();
    assert_eq!(report["money_by_currency"], json!({"USD": total}));

    let rows = api.list("/carts", "carts").await;
    let shown: BTreeMap<_, _> =
        rows.iter().map(|row| (row["cart_id"].clone().to_string(), &row["total_minor"])).collect();
    assert_eq!((rows.len(), shown.len()), (carts.len(), carts.len()), "each cart is in the directory once");
    for cart in carts {
        assert_eq!(shown[&json!(cart.cart_id).to_string()], &json!(cart.total_minor));
    }
}

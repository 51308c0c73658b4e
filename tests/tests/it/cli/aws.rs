//! Every command against the system on AWS: an emulator's stores, the functions called by the test.

use std::collections::HashMap;
use std::process::Stdio;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tillroll_tests::cloud::Cloud;

use super::migrate::{CART, ruby_item};
use super::screen::Screen;
use super::{Desk, Ran, SALES, import};

/// Runs a command on a thread that may wait, with the account and the names of the system.
fn on_aws(desk: &Desk, cloud: &Cloud, args: &[&str]) -> Ran {
    Ran::of(command(desk, cloud, &[args, &["--aws"]].concat()), "")
}

fn command(desk: &Desk, cloud: &Cloud, args: &[&str]) -> std::process::Command {
    let mut command = desk.command(args);
    command.envs(cloud.account()).envs(cloud.variables()).env_remove("AWS_PROFILE");
    command
}

fn json_on_aws(desk: &Desk, cloud: &Cloud, args: &[&str]) -> Value {
    on_aws(desk, cloud, &[args, &["--json"]].concat()).fine().json()
}

/// Follows a command while the functions work.
async fn while_pumped(desk: &Desk, cloud: &mut Cloud, args: &[&str]) -> Ran {
    let mut command = command(desk, cloud, &[args, &["--aws"]].concat());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        cloud.pump().await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A system with the two baskets, and the larger cart's id.
async fn shop() -> Option<(Desk, Cloud, String)> {
    let (desk, mut cloud) = (Desk::new(), Cloud::new().await?);
    let file = desk.file("sales.csv", SALES);
    let imported = on_aws(&desk, &cloud, &import(&file, &[])).fine();
    assert!(imported.stderr.contains("on AWS: table shop-"), "{imported:?}");
    let hint = "`tillroll pipeline --aws` shows what waits for them, `tillroll verify --aws` waits and compares";
    assert!(imported.stderr.contains("stored in the event table;") && imported.stderr.contains(hint), "{imported:?}");
    cloud.pump_dry().await;
    let carts = json_on_aws(&desk, &cloud, &["carts"]);
    let larger = carts["carts"].as_array().unwrap().iter().find(|cart| cart["lines_count"] == 3).unwrap();
    let id = larger["cart_id"].as_str().unwrap().to_owned();
    Some((desk, cloud, id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_on_aws_is_looked_at_with_every_command() {
    let Some((desk, cloud, cart)) = shop().await else { return };
    let state = json_on_aws(&desk, &cloud, &["state", &cart]);
    assert_eq!((&state["status"], &state["version"]), (&json!("closed"), &json!(6)));
    let events = json_on_aws(&desk, &cloud, &["events", &cart]);
    assert_eq!(events["events"].as_array().unwrap().len(), 6, "{events}");
    let diff = on_aws(&desk, &cloud, &["diff", &cart, "2", "5"]).fine();
    assert!(diff.fact("total").ends_with("13.38"), "{diff:?}");
    let story = on_aws(&desk, &cloud, &["explain", &cart]).fine();
    assert!(story.stdout.contains("closed, checked out: total EUR 13.38"), "{story:?}");
    let file = desk.path("life.timeline.json").to_str().unwrap().to_owned();
    on_aws(&desk, &cloud, &["export", &cart, "-o", &file]).fine();
    assert_eq!(desk.json(&["open", &file])["state"], state);
    let one = on_aws(&desk, &cloud, &["tail", &cart, "--from", "1", "--limit", "6"]).fine();
    assert_eq!(one.stdout.lines().count(), 6, "{one:?}");
    let all = on_aws(&desk, &cloud, &["tail", "--from", "oldest", "--limit", "9"]).fine();
    assert_eq!(all.stdout.lines().count(), 9, "{all:?}");
    let mut screen = Screen::of(command(&desk, &cloud, &["timeline", &cart, "--at", "3", "--aws"]));
    for word in ["happened", "agrees"] {
        screen.shows(word);
    }
    // Without a page of its own the command is what leads here.
    screen.press("y");
    screen.shows("--aws");
    screen.press("q");
    assert_eq!(screen.ended(), Some(0));
    assert!(!desk.path("data").exists(), "nothing was started on this machine");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipeline_on_aws_is_watched_verified_and_replayed() {
    let Some((desk, mut cloud, _)) = shop().await else { return };
    let pipeline = json_on_aws(&desk, &cloud, &["pipeline"]);
    let names: Vec<_> = pipeline["stages"].as_array().unwrap().iter().map(|stage| stage["name"].clone()).collect();
    assert!(names.contains(&json!("archive")) && names.contains(&json!("replay carts")), "{pipeline}");
    let verified = while_pumped(&desk, &mut cloud, &["verify", "--json"]).await.fine().json();
    assert_eq!((&verified["carts"], &verified["events"]), (&json!(2), &json!(9)), "{verified}");

    let planned = json_on_aws(&desk, &cloud, &["replay", "suggestions", "--dry-run"]);
    assert_eq!(planned["events"], json!(9), "{planned}");
    let replayed = while_pumped(&desk, &mut cloud, &["replay", "suggestions"]).await.fine();
    assert!(replayed.stdout.contains("9 events sent"), "{replayed:?}");
    let left = on_aws(&desk, &cloud, &["replay", "suggestions", "--no-wait", "--json"]).fine();
    assert!(left.stderr.contains("is kept where it stands"), "{left:?}");
    let run = left.json()["id"].as_str().unwrap().to_owned();
    assert!(left.stderr.contains(&format!("`tillroll replay suggestions --resume {run} --aws`")), "{left:?}");
    let again = while_pumped(&desk, &mut cloud, &["replay", "suggestions", "--resume", &run]).await.fine();
    assert!(again.stdout.contains("9 events sent"), "within five minutes too: {again:?}");
    while_pumped(&desk, &mut cloud, &["verify"]).await.fine();
    let runs = on_aws(&desk, &cloud, &["replay", "list"]).fine();
    assert_eq!(runs.stdout.matches("finished").count(), 2, "{runs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_on_aws_is_shown_and_sent_back() {
    let Some((desk, cloud, _)) = shop().await else { return };
    let letters = json_on_aws(&desk, &cloud, &["dead-letters", "list"]);
    assert_eq!(letters["dead_letters"], json!([]), "{letters}");
    let url = &cloud.variables()["TILLROLL_DEAD_LETTERS_CARTS"];
    let letter = cloud.sqs.send_message().queue_url(url).message_body("{\"not\":\"ours\"}").message_group_id("g");
    letter.message_deduplication_id("1").send().await.unwrap();
    let letters = json_on_aws(&desk, &cloud, &["dead-letters", "list"]);
    let id = letters["dead_letters"][0]["id"].as_str().unwrap().to_owned();
    let shown = on_aws(&desk, &cloud, &["dead-letters", "show", &id]).fine();
    assert!(shown.fact("reason").contains("unknown: no queue has given this message up"), "{shown:?}");
    let unasked = on_aws(&desk, &cloud, &["dead-letters", "redrive", "--all", "--reason", "test"]);
    unasked.misused(&["nobody can be asked"]);
    let sent = on_aws(&desk, &cloud, &["dead-letters", "redrive", "--all", "--reason", "test", "--yes"]).fine();
    assert!(sent.stdout.contains('1'), "{sent:?}");
    assert_eq!(json_on_aws(&desk, &cloud, &["parked", "list"])["parked"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_on_aws_is_named_by_variables_or_by_a_stack_and_never_by_accident() {
    let Some(cloud) = Cloud::new().await else { return };
    let desk = Desk::new();
    // The names alone mean nothing: the command works on this machine.
    let here = Ran::of(command(&desk, &cloud, &["carts", "--json"]), "").fine();
    assert!(!here.stderr.contains("on AWS"), "{here:?}");

    let mut by_variable = command(&desk, &cloud, &["carts", "--json"]);
    by_variable.env("TILLROLL_AWS", "1");
    assert!(Ran::of(by_variable, "").fine().stderr.contains("on AWS: table "));
    let outputs = json!({"environment": {"sensitive": false, "value": cloud.variables()}});
    let stack = desk.file("stack.json", outputs.to_string());
    let mut by_stack = desk.command(&["carts", "--json", "--stack", &stack]);
    by_stack.envs(cloud.account());
    assert!(Ran::of(by_stack, "").fine().stderr.contains("on AWS: table "));
    let mut lost = desk.command(&["state", "nope", "--stack", &stack]);
    lost.envs(cloud.account());
    let lost = Ran::of(lost, "").failed(&["there is no cart"]);
    assert!(lost.stderr.contains(&format!("`tillroll carts --stack {stack}`")), "{lost:?}");

    let mut unnamed = desk.command(&["carts", "--aws"]);
    unnamed.envs(cloud.account()).env("TILLROLL_BUS", "bus");
    let unnamed = Ran::of(unnamed, "").misused(&["TILLROLL_EVENTS_TABLE, TILLROLL_ROWS_TABLE", "TILLROLL_QUEUE_CARTS"]);
    assert!(!unnamed.stderr.contains("TILLROLL_BUS,") && unnamed.stderr.contains("docs/aws.md"), "{unnamed:?}");
    on_aws(&desk, &cloud, &["carts", "--data-dir", "x"]).ended(2);
    let mut unsaid = desk.command(&["carts"]);
    unsaid.env("TILLROLL_AWS", "yes");
    Ran::of(unsaid, "").misused(&["TILLROLL_AWS is 1 or 0, not yes"]);
    for (stack, content) in [("gone.json", None), ("empty.json", Some("{}")), ("torn.json", Some("{"))] {
        if let Some(content) = content {
            desk.file(stack, content);
        }
        desk.run(&["carts", "--stack", stack]).misused(&["cannot read the stack", stack]);
    }
    on_aws(&desk, &cloud, &["replay", "nobody", "--dry-run"]).misused(&["there is no subscription nobody"]);
    on_aws(&desk, &cloud, &["dev"]).misused(&["this machine"]);

    let mut nameless = command(&desk, &cloud, &["carts", "--aws"]);
    nameless.env_remove("AWS_REGION").env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_CONFIG_FILE", "/dev/null");
    Ran::of(nameless, "").misused(&["no AWS region is set"]);
    let mut keyless = command(&desk, &cloud, &["carts", "--aws"]);
    keyless.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    keyless.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_CONFIG_FILE", "/dev/null");
    keyless.env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    Ran::of(keyless, "").misused(&["no AWS credentials"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_what_is_wrong_on_aws_and_what_to_do() {
    let Some(cloud) = Cloud::new().await else { return };
    let desk = Desk::new();
    let well = json_on_aws(&desk, &cloud, &["doctor"]);
    let states: Vec<_> = well["findings"].as_array().unwrap().iter().map(|finding| &finding["check"]).collect();
    let expected =
        ["account", "clock", "event table", "rows table", "event bus", "archive", "queues", "queues", "queues"];
    assert_eq!(states, expected.map(|check| json!(check)).iter().collect::<Vec<_>>(), "{well}");

    let mut ill = command(&desk, &cloud, &["doctor", "--aws", "--json"]);
    let variables = cloud.variables();
    ill.env("TILLROLL_EVENTS_TABLE", &variables["TILLROLL_ROWS_TABLE"]).env("TILLROLL_BUS", "elsewhere");
    ill.env("TILLROLL_DEAD_LETTERS_CARTS", &variables["TILLROLL_DEAD_LETTERS_REMINDERS"]);
    let ill = Ran::of(ill, "").ended(1).json();
    let problems = ill["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] == "problem");
    let checks: Vec<_> = problems.map(|finding| finding["check"].clone()).collect();
    assert_eq!(checks, [json!("event table"), json!("event bus"), json!("queues")], "{ill}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_archive_in_a_bucket_is_checked_and_converted_there() {
    let Some(cloud) = Cloud::new().await else { return };
    let desk = Desk::new();
    let (old, new) = (&cloud.variables()["TILLROLL_ARCHIVE_BUCKET"], "converted-archive");
    cloud.s3.create_bucket().bucket(new).send().await.unwrap();
    let event = json!({
        "Name": "CartOpened", "Version": "0.1e1",
        "Data": {"shopping_cart_uuid": "6ba7b811-9dad-41d1-80b4-00c04fd430c8"},
    });
    let key = "49570889523503059275381512478863820069782211031140925442";
    cloud.s3.put_object().bucket(old).key(key).body(event.to_string().into_bytes().into()).send().await.unwrap();
    let (from, to) = (format!("s3://{old}"), format!("s3://{new}"));
    let checked = Ran::of(command(&desk, &cloud, &["migrate", "check", &from, "--json"]), "").ended(3).json();
    assert_eq!(checked["flaws"]["version_form"]["first"][0], json!(key), "{checked}");
    let converted = Ran::of(command(&desk, &cloud, &["migrate", "archive", &from, &to]), "").fine();
    assert!(converted.stdout.contains("1 event became 1 new object"), "{converted:?}");
    let again = Ran::of(command(&desk, &cloud, &["migrate", "archive", &from, &to]), "").fine();
    assert!(again.stdout.contains("0 new objects, 1 object there already"), "{again:?}");
    Ran::of(command(&desk, &cloud, &["migrate", "check", &to]), "").fine();
}

/// Everything in the event table, as it lies there.
async fn items(cloud: &Cloud) -> Vec<HashMap<String, AttributeValue>> {
    let scan = cloud.dynamodb.scan().table_name(&cloud.variables()["TILLROLL_EVENTS_TABLE"]);
    scan.send().await.unwrap().items.unwrap_or_default()
}

async fn put(cloud: &Cloud, item: HashMap<String, AttributeValue>) {
    let table = &cloud.variables()["TILLROLL_EVENTS_TABLE"];
    cloud.dynamodb.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_ruby_system_is_taken_over_by_a_repair_and_not_touched() {
    let Some(mut cloud) = Cloud::new().await else { return };
    let desk = Desk::new();
    for (version, name, item) in
        [("1", "CartOpened", None), ("2", "ItemAdded", Some("Tea")), ("3", "ItemAdded", Some("Milk"))]
    {
        put(&cloud, ruby_item(version, name, item)).await;
    }
    cloud.begin_stream().await;
    let before = items(&cloud).await;
    let planned = while_pumped(&desk, &mut cloud, &["verify", "--repair", "--dry-run"]).await.ended(3);
    assert!(planned.stdout.contains("archive: 3 missing"), "{planned:?}");
    assert!(planned.stdout.contains("puts 3 events on the event bus again and writes 0 rows again"), "{planned:?}");
    let again = ["verify", "--repair", "--yes", "--reason", "taken over from the Ruby system", "--json"];
    let repaired = while_pumped(&desk, &mut cloud, &again).await.fine().json();
    assert_eq!((&repaired["repair"]["events_republished"], &repaired["ok"]), (&json!(3), &json!(true)), "{repaired}");
    let carts = json_on_aws(&desk, &cloud, &["carts"]);
    assert_eq!((&carts["carts"][0]["cart_id"], &carts["carts"][0]["version"]), (&json!(CART), &json!(3)), "{carts}");
    let replayed = while_pumped(&desk, &mut cloud, &["replay", "suggestions"]).await.fine();
    assert!(replayed.stdout.contains("3 events sent"), "the archive has them: {replayed:?}");

    // What no build of ours can read is named, with the place; nothing is done by halves.
    put(&cloud, ruby_item("5", "ItemAdded", Some("Bread"))).await;
    cloud.begin_stream().await;
    let hole = while_pumped(&desk, &mut cloud, &["verify", "--repair", "--yes"]).await.ended(3);
    assert!(hole.stdout.contains("table: 1 missing\n  the event table has lost events"), "{hole:?}");
    let mut nameless = ruby_item("4", "ItemAdded", Some("Soap"));
    nameless.remove("EventUuid");
    put(&cloud, nameless).await;
    let unread = on_aws(&desk, &cloud, &["verify", "--repair", "--yes"]);
    let place = format!("cart {CART}, version 4");
    unread.failed(&["broke off", &place, "no attribute `EventUuid`", "`tillroll migrate check`"]);
    let after = items(&cloud).await;
    assert!(before.iter().all(|item| after.contains(item)) && after.len() == 5, "{after:?}");
}

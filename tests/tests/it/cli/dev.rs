//! `tillroll dev`, and how the other commands find it.

use std::fs;

use serde_json::{Value, json};

use super::{Background, Desk, Ran, SALES, import, program, wait_for};

#[test]
fn dev_says_where_it_is_and_stops_when_asked() {
    for signal in ["INT", "TERM"] {
        let desk = Desk::new();
        let dev = desk.dev(&["--no-demo"]);
        let ready = dev.ready();
        assert_eq!(ready["data_dir"], json!(desk.path("data")));
        assert!(ready["api"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{ready}");
        assert_eq!(dev.signal(signal), Some(0));
    }
}

#[test]
fn a_taken_port_picks_the_next_one_and_says_so() {
    let desk = Desk::new();
    let first = desk.dev(&["--no-demo"]);
    let port = first.port().to_string();
    let second = desk.path("second");
    let args = ["dev", "--no-demo", "--port", &port, "--data-dir", second.to_str().unwrap()];
    let mut second = Background::start(desk.command(&args));
    assert!(second.first.starts_with("API"), "{}", second.first);
    assert!(!second.first.contains(&format!(":{port}\n")), "{}", second.first);
    let stderr = second.child.stderr.take().unwrap();
    assert_eq!(second.signal("INT"), Some(0));
    let said = std::io::read_to_string(stderr).unwrap();
    assert!(said.contains(&format!("port {port} is taken")), "{said}");
}

#[test]
fn a_second_dev_on_the_same_folder_is_told_who_is_there() {
    let desk = Desk::new();
    let dev = desk.dev(&["--no-demo"]);
    for fresh in [&["dev"][..], &["dev", "--fresh"]] {
        let ran = desk.run(fresh).failed(&["in use", &format!("port {}", dev.port())]);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    }
    assert!(desk.carts().is_empty(), "the first one is still there");
}

#[test]
fn a_lock_of_a_process_that_is_gone_stops_nobody() {
    let desk = Desk::new();
    let dev = desk.dev(&["--no-demo"]);
    let file = desk.file("sales.csv", SALES);
    desk.run(&import(&file, &[])).fine();
    assert_eq!(dev.signal("KILL"), None);
    assert!(desk.path("data/dev.lock").is_file());
    assert_eq!(desk.carts().len(), 2, "a command starts the system itself");
    let dev = desk.dev(&[]);
    assert_eq!(desk.carts().len(), 2, "and so does another dev, which seeds nothing into a used folder");
    assert_eq!(dev.signal("TERM"), Some(0));
}

#[test]
fn commands_find_a_running_dev_by_flag_address_folder_or_in_the_current_folder() {
    let desk = Desk::new();
    let project = desk.path(".tillroll");
    let dev = desk.dev(&["--no-demo", "--data-dir", project.to_str().unwrap()]);
    let file = desk.file("sales.csv", SALES);
    let run = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = desk.command(args);
        command.env_remove("TILLROLL_DATA_DIR").envs(variables.iter().copied());
        Ran::of(command, "").fine().json()
    };
    run(&import(&file, &["--json"]), &[("TILLROLL_URL", &dev.api())]);
    let flag = ["carts", "--json", "--data-dir", project.to_str().unwrap()];
    let elsewhere = desk.path("elsewhere");
    let elsewhere = elsewhere.to_str().unwrap();
    let seen = [
        run(&flag, &[("TILLROLL_URL", "http://127.0.0.1:1"), ("TILLROLL_DATA_DIR", elsewhere)]),
        run(&["carts", "--json"], &[("TILLROLL_URL", &dev.api()), ("TILLROLL_DATA_DIR", elsewhere)]),
        run(&["carts", "--json"], &[("TILLROLL_DATA_DIR", project.to_str().unwrap())]),
        run(&["carts", "--json"], &[]),
    ];
    assert!(seen.iter().all(|carts| carts["carts"].as_array().unwrap().len() == 2), "{seen:?}");
    let other = run(&["carts", "--json"], &[("TILLROLL_DATA_DIR", elsewhere)]);
    assert_eq!(other["carts"], json!([]), "another folder is another system");
}

#[test]
fn a_command_that_a_hint_names_is_pasted_and_reaches_the_same_system() {
    let desk = Desk::new();
    let file = desk.file("sales.csv", SALES);
    let there = ["--data-dir", "my shop"];
    desk.run(&[&import(&file, &[])[..], &there].concat()).fine();
    let ran = desk.run(&[&["state", "nope"], &there[..]].concat()).failed(&["there is no cart nope"]);
    let hinted = ran.stderr.split('`').nth(1).unwrap();
    assert_eq!(hinted, "tillroll carts --data-dir 'my shop'");
    let mut pasted = desk.command_of("sh", &["-c", &format!("{hinted} --json")]);
    let programs = program().parent().unwrap().to_owned();
    pasted.env("PATH", std::env::join_paths([programs, "/usr/bin".into(), "/bin".into()]).unwrap());
    let carts = Ran::of(pasted, "").fine().json();
    assert_eq!(carts["carts"].as_array().unwrap().len(), 2, "{carts}");
}

#[test]
fn an_address_at_which_nobody_answers_is_said() {
    let desk = Desk::new();
    for (url, status, says) in [("http://127.0.0.1:1", 1, "cannot reach"), ("shop.example", 2, "no address")] {
        let mut command = desk.command(&["carts"]);
        command.env("TILLROLL_URL", url);
        let ran = Ran::of(command, "").ended(status);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
}

#[test]
fn fresh_empties_a_folder_of_ours_and_refuses_any_other() {
    let desk = Desk::new();
    desk.run(&import(&desk.file("sales.csv", SALES), &[])).fine();
    let dev = desk.dev(&["--no-demo", "--fresh"]);
    assert!(desk.carts().is_empty());
    drop(dev);

    let photos = desk.path("photos");
    fs::create_dir_all(photos.join("archive")).unwrap();
    fs::write(photos.join("archive/1.jpg"), "x").unwrap();
    let ran = desk.run(&["dev", "--fresh", "--data-dir", photos.to_str().unwrap()]);
    ran.failed(&["does not look like a data folder"]);
    assert!(photos.join("archive/1.jpg").is_file());
}

#[test]
fn a_new_folder_is_seeded_with_a_generated_demo_and_its_catalogue() {
    let desk = Desk::new();
    let start = |desk: &Desk| {
        let mut command = desk.command(&["dev", "--port", "0", "--json"]);
        // No sample data, wherever this test runs.
        command.env("TILLROLL_DEMO_DATA", desk.path("nowhere"));
        Background::start(command)
    };
    let dev = start(&desk);
    let seeded = |carts: &Vec<Value>| carts.len() == 20 && carts.iter().any(|cart| cart["status"] == "open");
    wait_for("the demo", || Some(desk.carts()).filter(seeded).filter(|_| !desk.path("data/demo-unfinished").exists()));
    let verified = desk.verdict();
    assert_eq!(verified["ok"], true, "{verified}");
    drop(dev);

    let dev = start(&desk);
    let catalogue = reqwest_get(&format!("{}/catalogue", dev.api()));
    assert!(catalogue.contains("milk-1l"), "the demo's catalogue stays with it: {catalogue}");
    assert_eq!(desk.verdict(), verified, "a second start seeds nothing");
    assert_eq!(dev.signal("INT"), Some(0));
}

#[test]
fn no_demo_starts_empty_and_without_a_catalogue() {
    let desk = Desk::new();
    let dev = desk.dev(&["--no-demo"]);
    assert!(desk.carts().is_empty());
    assert!(!reqwest_get(&format!("{}/catalogue", dev.api())).contains("items"));
}

fn reqwest_get(url: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { reqwest::get(url).await.unwrap().text().await.unwrap() })
}

//! The README works when pasted: every `$ ` line of its console blocks runs against a fresh system.

use std::path::Path;
use std::process::Command;

use super::{Desk, Ran, program};

fn commands_of(readme: &str) -> Vec<&str> {
    let mut inside = false;
    let mut commands = Vec::new();
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            commands.push(command);
        }
    }
    commands
}

#[test]
fn every_command_of_the_readme_works_when_pasted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let commands = commands_of(&readme);
    assert!(commands.len() >= 10, "{commands:?}");
    let desk = Desk::new();
    let dev = desk.dev(&["--no-demo"]);
    let path = std::env::join_paths(
        [program().parent().unwrap().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    for command in commands {
        let mut shell = Command::new("sh");
        shell.args(["-c", &command.replace("http://127.0.0.1:7070", &dev.api())]);
        shell.current_dir(&root).env("PATH", path.as_ref().unwrap()).env("TILLROLL_URL", dev.api());
        let ran = Ran::of(shell, "").fine();
        assert!(!ran.stdout.contains("urn:tillroll:problem"), "{command}: {ran:?}");
    }
}

//! The README and every page of docs/ work when pasted: each `$ ` line of their console blocks runs, page by page
//! against a fresh and empty system, in a folder that has `docs/` in it and goes away with what is written there.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Desk, Ran, program};

/// The address that the pages write.
const WRITTEN: &str = "http://127.0.0.1:7070";
/// Longest time one pasted command may take, in seconds. What follows a stream brings its own end.
const COMMAND_S_MAX: &str = "300";

fn commands_of(page: &str) -> Vec<&str> {
    let mut inside = false;
    let mut commands = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            commands.push(command);
        }
    }
    commands
}

fn pages(root: &Path) -> Vec<PathBuf> {
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = docs.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.push(root.join("README.md"));
    pages.sort();
    pages
}

#[test]
fn every_command_of_the_pages_works_when_pasted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let mut tried = 0;
    for page in pages(&root) {
        let text = fs::read_to_string(&page).unwrap();
        let commands = commands_of(&text);
        if !commands.is_empty() {
            paste(&root, &page, &commands);
        }
        tried += commands.len();
    }
    assert!(tried >= 10, "{tried} commands in all pages");
}

fn paste(root: &Path, page: &Path, commands: &[&str]) {
    let desk = Desk::new();
    std::os::unix::fs::symlink(root.join("docs"), desk.path("docs")).unwrap();
    let dev = desk.dev(&["--no-demo"]);
    let own = program().parent().unwrap().to_owned();
    let rest = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths([own].into_iter().chain(std::env::split_paths(&rest))).unwrap();
    for command in commands {
        let here = command.replace(WRITTEN, &dev.api());
        let mut shell = desk.command_of("timeout", &[COMMAND_S_MAX, "sh", "-c", &here]);
        shell.env("PATH", &path).env("TILLROLL_URL", dev.api());
        let ran = Ran::of(shell, "");
        assert_eq!(ran.status, Some(0), "{}: {command}: {ran:?}", page.display());
        assert!(!ran.stdout.contains("urn:tillroll:problem"), "{}: {command}: {ran:?}", page.display());
    }
}

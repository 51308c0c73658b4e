//! `cargo xtask dev`: from a fresh clone to the running system in one command. It only prepares and then gives its
//! place to the program, so that Ctrl+C, other signals and the exit status are the program's own.

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::{data, javascript, project};

pub(crate) const HELP: &str = "\
cargo xtask dev [arguments of `tillroll dev`]

Builds the program in the release profile (the first build takes a quarter of an hour on two cores, later ones seconds),
brings the sample data set if it can, and starts the whole system on 127.0.0.1. Its data folder is .tillroll in the
project unless --data-dir or TILLROLL_DATA_DIR names another. Nothing but cargo and a C compiler is needed; without
python3 or a network it starts with a small generated demo, without Node and npm it serves no pages. `cargo xtask dev --
--help` lists the arguments.
";

const DATA_DIR_FLAG: &str = "--data-dir";
const DATA_DIR_VARIABLE: &str = "TILLROLL_DATA_DIR";

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    if let Err(why) = data::bring() {
        eprintln!("going on without the sample data set, with a generated demo: {why:#}");
    }
    if let Err(why) = project::shell().and_then(|sh| javascript::build(&sh)) {
        eprintln!("going on without new pages; what was built before is served: {why:#}");
    }
    // In the folder where the person stands, so that paths among the arguments mean what they mean there.
    let sh = Shell::new().context("open a shell in the current folder")?;
    let manifest = project::root().join("Cargo.toml");
    let folder_is_named = names_a_data_folder(args) || std::env::var_os(DATA_DIR_VARIABLE).is_some();
    let folder = (!folder_is_named).then(|| project::root().join(".tillroll"));
    let flag = folder.as_ref().map(|_| DATA_DIR_FLAG);
    let args = args.iter().filter(|arg| *arg != "--");
    let tillroll = cmd!(
        sh,
        "cargo run --release --manifest-path {manifest} --bin tillroll -- dev {flag...} {folder...} {args...}"
    );
    project::hand_over(&mut Command::from(tillroll))
}

fn names_a_data_folder(args: &[String]) -> bool {
    let mut flags = args.iter().filter_map(|arg| arg.strip_prefix(DATA_DIR_FLAG));
    flags.any(|rest| rest.is_empty() || rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_among_the_arguments_is_recognised_in_both_spellings() {
        let cases: [(&[&str], bool); 5] = [
            (&[], false),
            (&["--data-dir", "/srv/shop"], true),
            (&["--port", "7071", "--data-dir=/srv/shop"], true),
            (&["--data-directory", "x"], false),
            (&["--port", "7071"], false),
        ];
        for (args, expected) in cases {
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            assert_eq!(names_a_data_folder(&args), expected, "{args:?}");
        }
    }
}

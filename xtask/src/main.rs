//! The project's own commands: `cargo xtask <command>`. This file is their table of contents; each has a file of its
//! own. They start programs (cargo, rustup, python3) and import nothing of ours, so that they build in a minute.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to a person on both streams")]

mod bench;
mod data;
mod debian;
mod dev;
mod javascript;
mod lambda_peers;
mod openapi;
mod package;
mod peers;
mod project;
mod python;
mod reducer;
mod test;
mod web;

use std::process::ExitCode;

/// The exit status of a command line that could not be understood.
const EXIT_USAGE: u8 = 2;

struct Command {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&[String]) -> anyhow::Result<ExitCode>,
}

const COMMANDS: [Command; 10] = [
    Command { name: "dev", about: "build and start the whole system on this machine", help: dev::HELP, run: dev::run },
    Command {
        name: "test",
        about: "every check there is, the same on a desk and in CI",
        help: test::HELP,
        run: test::run,
    },
    Command { name: "data", about: "bring the sample data sets into .data/", help: data::HELP, run: data::run },
    Command {
        name: "peers",
        about: "install the programs of others that tests ask into .peers/",
        help: peers::HELP,
        run: peers::run,
    },
    Command {
        name: "openapi",
        about: "write docs/openapi.json and its examples anew",
        help: openapi::HELP,
        run: openapi::run,
    },
    Command { name: "package", about: "make the zips of the Lambda functions", help: package::HELP, run: package::run },
    Command { name: "web", about: "host-web as wasm, and its TypeScript", help: web::HELP, run: web::run },
    Command { name: "types", about: "write generated.ts anew", help: web::TYPES_HELP, run: web::types },
    Command {
        name: "reducer",
        about: "the core as a wasm module without imports, named by its hash",
        help: reducer::HELP,
        run: reducer::run,
    },
    Command { name: "bench", about: "measure a release build, one figure a line", help: bench::HELP, run: bench::run },
];

fn main() -> ExitCode {
    run().unwrap_or_else(|why| {
        eprintln!("error: {why:#}");
        ExitCode::FAILURE
    })
}

fn run() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = args.split_first() else {
        eprint!("{}", overview());
        return Ok(ExitCode::from(EXIT_USAGE));
    };
    if is_help(name) {
        print!("{}", overview());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("`{name}` is not a command here.\n\n{}", overview());
        return Ok(ExitCode::from(EXIT_USAGE));
    };
    // What stands behind `--` belongs to the program that is started.
    if rest.iter().take_while(|arg| *arg != "--").any(|arg| is_help(arg)) {
        print!("{}", command.help);
        return Ok(ExitCode::SUCCESS);
    }
    (command.run)(rest)
}

fn is_help(arg: &str) -> bool {
    matches!(arg, "--help" | "-h")
}

fn overview() -> String {
    let lines = COMMANDS.map(|command| format!("  {:<7} {}\n", command.name, command.about));
    format!("cargo xtask <command> [--help]\n\n{}", lines.concat())
}

/// Says why the command line was not understood, with the command's own help.
fn usage(problem: &str, help: &str) -> ExitCode {
    eprint!("{problem}\n\n{help}");
    ExitCode::from(EXIT_USAGE)
}

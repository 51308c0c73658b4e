//! The program `tillroll`. Everything it does is in [`cli`], the data of the made-up shop in [`demo`]; everything it
//! runs is in the library.

mod cli;
mod demo;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

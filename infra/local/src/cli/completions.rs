//! `tillroll completions SHELL`: what a shell needs to complete the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::failure::{Ending, Failure};
use super::output::Output;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Print it where the shell looks for it:
  bash        tillroll completions bash > ~/.local/share/bash-completion/completions/tillroll
  zsh         tillroll completions zsh > \"${fpath[1]}/_tillroll\"
  fish        tillroll completions fish > ~/.config/fish/completions/tillroll.fish
  powershell  tillroll completions powershell >> $PROFILE
  elvish      tillroll completions elvish >> ~/.config/elvish/rc.elv

Example:
  tillroll completions bash")]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "tillroll", &mut script);
    let mut output = Output::new();
    output.bytes(&script)?;
    output.end()?;
    Ok(Ending::Fine)
}

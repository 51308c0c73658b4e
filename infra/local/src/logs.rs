//! What the program logs, to standard error: one line per request at `debug`, one per fault at `error`, each with the
//! trace id that the answer bears. Never an item's name, never a token: ids, codes and addresses as the API's
//! description writes them.
//!
//! A bare level (`TILLROLL_LOG=debug`) is for this project's own crates. The libraries below print what goes through
//! them, whole items included, so they speak only where a directive names them (`TILLROLL_LOG=info,aws_smithy_runtime=debug`).

use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// The variable that says what is logged.
pub const VARIABLE: &str = "TILLROLL_LOG";
/// Libraries warn, but dynoxide does not: it warns of every refused request, those that are a part of the plan included,
/// and the adapter over it judges. Nor does aws-config: it warns of each place where region and credentials are not, and
/// the command says what is missing.
const OTHERS: &str = "warn,aws_config=error,dynoxide=off";
/// This project's crates.
const OURS: [&str; 4] = ["tillroll", "tillroll_core", "tillroll_host_lambda", "tillroll_local"];

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// The variable says nothing that can be understood.
#[derive(Debug, thiserror::Error)]
#[error(
    "{VARIABLE} cannot be understood: write a level (error, warn, info, debug, trace), or target=level with commas"
)]
pub struct NoFilter(#[from] ParseError);

/// Begins to log to standard error what `wanted` asks for; warnings when it asks for nothing. Only the first call counts.
pub fn to_stderr(wanted: Option<&str>, format: Format) -> Result<(), NoFilter> {
    let filter = EnvFilter::try_new(directives(wanted.unwrap_or_default()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // Somebody else may have begun: then that one goes on.
    let _ = match format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    Ok(())
}

/// What is asked for, as directives: the libraries first, so that what is asked for wins.
fn directives(wanted: &str) -> String {
    let mut all = vec![OTHERS.to_owned()];
    for part in wanted.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if part.parse::<Level>().is_ok() || part == "off" {
            all.extend(OURS.map(|ours| format!("{ours}={part}")));
        } else {
            all.push(part.to_owned());
        }
    }
    all.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_is_for_this_project_alone() {
        assert_eq!(directives(""), OTHERS);
        let all = directives("debug, hyper=info");
        assert!(all.starts_with(OTHERS) && all.contains(",tillroll_host_lambda=debug"), "{all}");
        assert!(all.ends_with(",hyper=info") && !all.contains(",debug"), "{all}");
        assert!(EnvFilter::try_new(directives("trace")).is_ok());
        assert!(EnvFilter::try_new(directives("tillroll=loud")).is_err());
    }
}

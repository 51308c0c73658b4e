//! Commands that a person is told to run next. They repeat the options with which the person reached the system, so that
//! they can be pasted: a hint that drops `--stack shop.json` would send somebody to another system.
//!
//! Whatever is said writes such a command in backticks and without these options. [`completed`] puts them in, at the few
//! doors through which text goes to people: [`super::failure::say`], and the pages that advise.

use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

use super::aws::Choice;

/// How a command is written.
const BEGIN: &str = "`tillroll ";
const END: char = '`';
/// Options that say where the system is. A command that has one already is complete.
const WHERE: [&str; 3] = ["--data-dir", "--aws", "--stack"];
/// Commands that only know this machine, and those that work on no system at all.
const HERE_ONLY: [&str; 2] = ["dev", "bench"];
const NOWHERE: [&str; 3] = ["open", "migrate", "completions"];

static OPTIONS: OnceLock<Options> = OnceLock::new();

/// What the command line said of where the system is; what variables say is still there when a command is pasted.
#[derive(Debug, Default)]
struct Options {
    here: String,
    aws: String,
}

/// Notes the options of this command line. Only the first call counts, and it comes before anything is said.
pub(crate) fn remember(data_dir: Option<&Path>, aws: &Choice) {
    let _ = OPTIONS.set(Options {
        here: data_dir.map(|folder| format!(" --data-dir {}", quoted(&folder.to_string_lossy()))).unwrap_or_default(),
        aws: aws.options(),
    });
}

/// The text with the options in each command.
pub(crate) fn completed(text: &str) -> Cow<'_, str> {
    match OPTIONS.get() {
        Some(options) if text.contains(BEGIN) => Cow::Owned(options.complete(text)),
        Some(_) | None => Cow::Borrowed(text),
    }
}

/// A word as a shell takes it for one.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+=,".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

impl Options {
    fn complete(&self, text: &str) -> String {
        let mut complete = String::with_capacity(text.len() + self.here.len() + self.aws.len());
        let mut rest = text;
        while let Some((before, command)) = rest.split_once(BEGIN) {
            let Some((command, after)) = command.split_once(END) else { break };
            complete = complete + before + BEGIN + command + self.missing(command);
            complete.push(END);
            rest = after;
        }
        complete + rest
    }

    fn missing(&self, command: &str) -> &str {
        let mut words = command.split(' ');
        let name = words.next().unwrap_or_default();
        if NOWHERE.contains(&name) || words.any(|word| WHERE.contains(&word)) {
            return "";
        }
        if HERE_ONLY.contains(&name) || self.aws.is_empty() { &self.here } else { &self.aws }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_can_be_pasted() {
        let on_aws = Options { here: String::new(), aws: " --stack 'my shop.json'".to_owned() };
        let here = Options { here: " --data-dir ./shop".to_owned(), aws: String::new() };
        for (options, said, expected) in [
            (
                &on_aws,
                "go on with `tillroll replay carts --resume 7`",
                "go on with `tillroll replay carts --resume 7 --stack 'my shop.json'`",
            ),
            (
                &on_aws,
                "start `tillroll dev`; `tillroll verify`",
                "start `tillroll dev`; `tillroll verify --stack 'my shop.json'`",
            ),
            (&on_aws, "`tillroll verify --aws --repair`", "`tillroll verify --aws --repair`"),
            (
                &here,
                "`tillroll dev` or `tillroll carts`",
                "`tillroll dev --data-dir ./shop` or `tillroll carts --data-dir ./shop`",
            ),
            (&here, "`tillroll migrate check TABLE`", "`tillroll migrate check TABLE`"),
            (&here, "nothing, and `--from 1`", "nothing, and `--from 1`"),
            (&here, "an end that never comes: `tillroll carts", "an end that never comes: `tillroll carts"),
            (&Options::default(), "`tillroll carts`", "`tillroll carts`"),
        ] {
            assert_eq!(options.complete(said), expected);
        }
    }

    #[test]
    fn a_word_is_quoted_when_a_shell_would_take_it_apart() {
        for (word, expected) in [
            ("shop.json", "shop.json"),
            ("./my-shop/7", "./my-shop/7"),
            ("my shop", "'my shop'"),
            ("", "''"),
            ("it's", r"'it'\''s'"),
            ("a;b", "'a;b'"),
            ("~/x", "'~/x'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}

//! Everything in JavaScript: its packages from npm, the browser, and what `cargo xtask test` checks and runs of it. The
//! wasm is web.rs's; what a script does is written in the `package.json` files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use xshell::{Cmd, Shell, cmd};

use crate::{debian, project, web};

/// The oldest Node that the tools take: the major version and the minor one.
const NODE_MIN: (u32, u32) = (20, 19);
/// Looked for in this order.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Names the browser's program, here and to the tests.
const BROWSER: &str = "TILLROLL_CHROMIUM";
/// What a file of tests takes when it hangs, in milliseconds; ordinary ones take seconds.
const TEST_MS_MAX: &str = "600000";

/// Tests in one folder, run together.
struct Suite {
    step: &'static str,
    folder: &'static str,
    in_browser: bool,
}

/// All run what ships: a test of an unoptimised build would not see a function that was made a trap by mistake.
const SUITES: [Suite; 6] = [
    Suite { step: "wasm in Node", folder: "host-web/tests", in_browser: false },
    Suite { step: "reducer in Node", folder: "host-web/reducer/tests", in_browser: false },
    Suite { step: "package in Node", folder: "web/cart/tests", in_browser: false },
    Suite { step: "storefront in a browser", folder: "web/storefront/tests", in_browser: true },
    Suite { step: "timeline in a browser", folder: "web/timeline/tests", in_browser: true },
    Suite { step: "package in a browser", folder: "web/tests", in_browser: true },
];
/// How the names of files with tests end.
const TEST_FILE: &str = ".test.mjs";
/// No tests of ours are in folders of these names.
const FOREIGN: [&str; 2] = ["node_modules", "dist"];

/// Brings what `web/package-lock.json` says into `web/node_modules`, unless it is there already.
pub(crate) fn install(sh: &Shell) -> anyhow::Result<()> {
    require_node(sh)?;
    let web = project::root().join("web");
    let stamp = web.join("node_modules/.stamp");
    let lock = web.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).with_context(|| format!("read {}", lock.display()))?;
    let is_there = || fs::read_to_string(&stamp).is_ok_and(|text| text == wanted);
    if is_there() {
        return Ok(());
    }
    let _held = project::lock(&project::root().join("target/npm"))?;
    if is_there() {
        return Ok(());
    }
    // No package's own script is run: none of them needs one.
    cmd!(sh, "npm ci --prefix {web} --ignore-scripts --no-audit --no-fund").run().context("install from npm")?;
    // Last, so that an installation that was stopped half-way begins again.
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))
}

/// Finds the browser, or installs one where that may be done; the tests then find it too.
pub(crate) fn find_browser(sh: &Shell) -> anyhow::Result<()> {
    if let Some(named) = std::env::var_os(BROWSER) {
        let path = PathBuf::from(named);
        ensure!(path.is_file(), "{BROWSER} names {}, which is no program", path.display());
        return Ok(());
    }
    let found = || BROWSERS.into_iter().find_map(in_path);
    let browser = match found() {
        Some(browser) => Some(browser),
        None if debian::install(sh, &["chromium", "fonts-liberation"])? => found(),
        None => None,
    };
    let Some(browser) = browser else {
        bail!(
            "a Chromium is needed: install one (Debian: `apt-get install chromium`), or name the program in {BROWSER}"
        );
    };
    sh.set_var(BROWSER, browser);
    Ok(())
}

/// Builds the package as it ships, with wasm that was made small, and the pages that `tillroll dev` serves.
pub(crate) fn build(sh: &Shell) -> anyhow::Result<()> {
    web::add_target(sh)?;
    install(sh)?;
    web::run(&[])?;
    for member in ["cart", "storefront", "timeline"].map(member).iter().filter(|member| is_written(member)) {
        cmd!(sh, "npm run --silent --prefix {member} build").run()?;
    }
    Ok(())
}

fn member(name: &str) -> PathBuf {
    project::root().join("web").join(name)
}

/// Whether there is more of a member than its name.
fn is_written(member: &Path) -> bool {
    member.join("tsconfig.json").is_file()
}

/// Formatting and lints, and the types of every member. They need the package, which some of them import.
pub(crate) fn checks(sh: &Shell) -> Vec<(&'static str, Cmd<'_>)> {
    let web = project::root().join("web");
    let tsc = web.join("node_modules/typescript/bin/tsc");
    let lints = [("Biome", cmd!(sh, "npm run --silent --prefix {web} check"))];
    let members = ["cart", "storefront", "storefront/tests", "timeline", "timeline/tests", "tests"].map(member);
    let members = members.into_iter().filter(|member| is_written(member));
    let types = members.map(|member| ("types", cmd!(sh, "node {tsc} --noEmit --project {member}")));
    lints.into_iter().chain(types).collect()
}

/// The suites of tests, with or without those that run in a browser. `filters` are parts of tests' names.
pub(crate) fn suites<'a>(
    sh: &'a Shell,
    browser: bool,
    filters: &[&str],
) -> anyhow::Result<Vec<(&'static str, Cmd<'a>)>> {
    let mut commands = Vec::new();
    for suite in SUITES.iter().filter(|suite| browser || !suite.in_browser) {
        let mut files = Vec::new();
        test_files(&project::root().join(suite.folder), &mut files)?;
        if files.is_empty() {
            continue;
        }
        files.sort();
        let patterns = filters.iter().map(|filter| format!("--test-name-pattern={}", pattern(filter)));
        let options = ["--test", "--test-reporter=spec", "--test-concurrency=2", "--test-timeout", TEST_MS_MAX];
        commands.push((suite.step, cmd!(sh, "node {options...} {patterns...} {files...}")));
    }
    Ok(commands)
}

/// The files with tests below a folder; none when there is no such folder.
fn test_files(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(TEST_FILE) {
            found.push(path);
        } else if path.is_dir() && !FOREIGN.contains(&&*name) {
            test_files(&path, found)?;
        }
    }
    Ok(())
}

/// A filter as a regular expression. The names of tests in Rust have `_` where those in JavaScript have a space.
fn pattern(filter: &str) -> String {
    let part = |letter| match letter {
        '_' => "[_ ]".to_owned(),
        letter if letter.is_ascii_punctuation() => format!("\\{letter}"),
        letter => letter.to_string(),
    };
    filter.chars().map(part).collect()
}

fn require_node(sh: &Shell) -> anyhow::Result<()> {
    let (major, minor) = NODE_MIN;
    let advice = format!("install Node {major}.{minor} or newer, with npm (https://nodejs.org)");
    let Ok(said) = cmd!(sh, "node --version").quiet().ignore_stderr().read() else {
        bail!("there is no node: {advice}");
    };
    ensure!(version(&said).is_some_and(|version| version >= NODE_MIN), "this is Node {said}: {advice}");
    ensure!(debian::succeeds(cmd!(sh, "npm --version")), "there is no npm: {advice}");
    Ok(())
}

/// The first two numbers of `v20.19.5`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn in_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_node_is_read_and_compared_by_numbers() {
        assert_eq!(version("v20.19.5\n"), Some((20, 19)));
        assert!(version("v9.0.0") < Some(NODE_MIN) && version("v22.1.0") > Some(NODE_MIN));
        assert_eq!(version("node"), None);
    }

    #[test]
    fn a_filter_finds_the_sentence_with_spaces_and_nothing_in_it_is_special() {
        assert_eq!(pattern("two_tabs"), "two[_ ]tabs");
        assert_eq!(pattern("f(x).y*"), r"f\(x\)\.y\*");
    }
}

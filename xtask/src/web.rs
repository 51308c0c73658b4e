//! `cargo xtask web`: host-web as wasm, made small, and the TypeScript in front of it as one module for tests and benchmarks.
//! The package compiles that TypeScript itself.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::{javascript, package, project, usage};

pub(crate) const HELP: &str = "\
cargo xtask web [--dev] [--out DIR]

Builds host-web as wasm, makes it small (web/tools/shrink.mjs), writes the TypeScript in front of it beside it as one module,
and prints what a browser would load of them. The target wasm32-unknown-unknown and the packages from npm are installed when
they are missing. Without Node there is the wasm alone, larger than it need be.

  --dev   unoptimised and in seconds
  --out   where the files go: web/cart/dist-wasm unless given, target/web-dev with --dev
";

pub(crate) const TYPES_HELP: &str = "\
cargo xtask types

Writes web/cart/src/wasm/generated.ts anew: the TypeScript types of everything that crosses into the wasm, and what converts
them. It belongs into the commit that changes host-web/src/types.
";

const PACKAGE: &str = "tillroll-host-web";
/// Cargo's name of the library.
const LIBRARY: &str = "tillroll_host_web.wasm";
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
/// What is written: the TypeScript as one module, and the wasm.
const FILES: [&str; 2] = ["tillroll.js", "tillroll_bg.wasm"];

/// Most bytes of both by brotli, which is what a page loads of them. A little above what they have (docs/decisions/0022):
/// who makes them larger should know it.
const BROTLI_BYTES_MAX: &str = "56500";

/// Prints a line for each file: its size as it is, by gzip and by brotli, each as small as it gets. Fails when those by
/// brotli are more than the first argument together.
const SIZES: &str = "\
const { brotliCompressSync, gzipSync } = require('node:zlib')
const [most, ...paths] = process.argv.slice(1)
let all = 0
for (const path of paths) {
  const bytes = require('node:fs').readFileSync(path)
  const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length]
  console.log(require('node:path').basename(path).padEnd(18), ...sizes.map((size) => String(size).padStart(8)))
  all += sizes[2]
}
if (all > Number(most)) {
  console.error(`${all} bytes by brotli, and there may be ${most}: find what has grown, or say in docs/decisions why it must`)
  process.exit(1)
}";

/// What to build, and where to put it.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    dev: bool,
    out: PathBuf,
}

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let order = match Order::read(args) {
        Ok(order) => order,
        Err(problem) => return Ok(usage(&problem, HELP)),
    };
    let sh = project::shell()?;
    add_target(&sh)?;
    if let Err(why) = javascript::install(&sh) {
        let wasm = compile(&sh, &order)?;
        let [_, to] = files(&order)?;
        fs::copy(&wasm, &to).with_context(|| format!("write {}", to.display()))?;
        println!("no TypeScript, no sizes, and {} is larger than it need be: {why:#}", to.display());
        return Ok(ExitCode::SUCCESS);
    }
    build(&sh, &order)?;
    check_size(&sh, &order)?;
    println!("in {}", order.out.display());
    Ok(ExitCode::SUCCESS)
}

/// Prints what a page loads, and fails when it is too much. Unoptimised, it may be anything.
fn check_size(sh: &Shell, order: &Order) -> anyhow::Result<()> {
    let files = files(order)?;
    let most = if order.dev { "Infinity" } else { BROTLI_BYTES_MAX };
    println!("{:<18} {:>8} {:>8} {:>8}", "file", "bytes", "gzip", "brotli");
    cmd!(sh, "node --eval {SIZES} {most} {files...}").quiet().run().context("check what a page loads of the wasm")
}

/// Writes the TypeScript types anew.
pub(crate) fn types(args: &[String]) -> anyhow::Result<ExitCode> {
    if !args.is_empty() {
        return Ok(usage("types takes no arguments.", TYPES_HELP));
    }
    let sh = project::shell()?;
    let test = ["--lib", "--", "the_committed_types_are_the_generated_ones"];
    cmd!(sh, "cargo test --locked --package {PACKAGE} --quiet {test...}").env("TILLROLL_WRITE_TYPES", "1").run()?;
    Ok(ExitCode::SUCCESS)
}

/// The standard library for what is built here.
pub(crate) fn add_target(sh: &Shell) -> anyhow::Result<()> {
    project::add_target(sh, TARGET).with_context(|| format!("install the target {TARGET}"))
}

impl Order {
    fn read(args: &[String]) -> Result<Self, String> {
        let (mut dev, mut out) = (false, None);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--dev" => dev = true,
                "--out" => out = Some(args.next().ok_or("--out needs a value.")?),
                other => return Err(format!("{other} is not an option of web.")),
            }
        }
        let out = match out {
            None => project::root().join(if dev { "target/web-dev" } else { "web/cart/dist-wasm" }),
            // Where the person stands: commands themselves run in the project's root.
            Some(out) => std::path::absolute(out).map_err(|why| format!("--out {out}: {why}."))?,
        };
        Ok(Self { dev, out })
    }
}

/// Answers where cargo has put the wasm. It is told what to make of the crate: where it makes a library for Rust as well,
/// there is no optimisation across crates, whatever the profile says.
fn compile(sh: &Shell, order: &Order) -> anyhow::Result<PathBuf> {
    // What cargo calls the profile, and its folder.
    let (profile, folder) = if order.dev { ("dev", "debug") } else { ("web", "web") };
    let build = ["--locked", "--lib", "--crate-type", "cdylib"];
    cmd!(sh, "cargo rustc {build...} --package {PACKAGE} --target {TARGET} --profile {profile}").run()?;
    Ok(package::target_folder(sh)?.join(TARGET).join(folder).join(LIBRARY))
}

fn build(sh: &Shell, order: &Order) -> anyhow::Result<()> {
    let wasm = compile(sh, order)?;
    let [module, to] = files(order)?;
    // What an earlier version wrote must not be taken for this one's.
    for old in [&module, &to].into_iter().filter(|old| old.exists()) {
        fs::remove_file(old).with_context(|| format!("remove {}", old.display()))?;
    }
    let web = project::root().join("web");
    if order.dev {
        fs::copy(&wasm, &to).with_context(|| format!("write {}", to.display()))?;
    } else {
        let shrink = web.join("tools/shrink.mjs");
        cmd!(sh, "node {shrink} {wasm} {to}").run().context("make the wasm small")?;
    }
    let esbuild = web.join("node_modules/esbuild/bin/esbuild");
    let source = web.join("cart/src/wasm/index.ts");
    let minify = (!order.dev).then_some("--minify");
    let options = ["--bundle", "--format=esm", "--target=es2022", "--log-level=warning"];
    let bundle = cmd!(sh, "node {esbuild} {source} {options...} {minify...} --outfile={module}");
    bundle.run().context("put the TypeScript together")
}

/// Where the files go; their folder is there afterwards.
fn files(Order { out, .. }: &Order) -> anyhow::Result<[PathBuf; 2]> {
    fs::create_dir_all(out).with_context(|| format!("make {}", out.display()))?;
    Ok(FILES.map(|name| out.join(name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn read(args: &[&str]) -> Result<Order, String> {
        Order::read(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_files_go_where_the_package_takes_them_or_where_they_are_told_to() {
        let plain = read(&[]).unwrap();
        assert!(!plain.dev && plain.out.ends_with("web/cart/dist-wasm"));
        let dev = read(&["--dev"]).unwrap();
        assert!(dev.dev && dev.out.ends_with("target/web-dev"));
        assert!(read(&["--out", "here"]).unwrap().out.is_absolute());
        for wrong in [&["--out"][..], &["--release"], &["here"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}

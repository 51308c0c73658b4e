//! `cargo xtask web`: host-web as wasm with its JavaScript glue. The glue is written by wasm-bindgen as a library, at the
//! version that Cargo.toml pins for both sides, so nobody installs a program whose version must fit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use wasm_bindgen_cli_support::Bindgen;
use xshell::{Shell, cmd};

use crate::{package, project, usage};

pub(crate) const HELP: &str = "\
cargo xtask web [--dev] [--out DIR]

Builds host-web as wasm, writes its JavaScript glue and TypeScript declarations beside it, and prints what a browser would
load of them (compressed sizes need node). The target wasm32-unknown-unknown is installed when it is missing.

  --dev   unoptimised and in seconds: for tests
  --out   where the files go: web/cart/dist-wasm unless given, target/web-dev with --dev
";

const PACKAGE: &str = "tillroll-host-web";
/// Cargo's name of the library.
const LIBRARY: &str = "tillroll_host_web.wasm";
const TARGET: &str = "wasm32-unknown-unknown";
/// The glue is `tillroll.js`, the wasm `tillroll_bg.wasm`.
const NAME: &str = "tillroll";

/// Prints a line for each file: its size as it is, by gzip and by brotli, each as small as it gets.
const SIZES: &str = "\
const { brotliCompressSync, gzipSync } = require('node:zlib')
for (const path of process.argv.slice(1)) {
  const bytes = require('node:fs').readFileSync(path)
  const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length]
  console.log(require('node:path').basename(path).padEnd(18), ...sizes.map((size) => String(size).padStart(8)))
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
    build(&sh, &order)?;
    if has_node(&sh) {
        let [glue, wasm] = files(&order.out);
        println!("{:<18} {:>8} {:>8} {:>8}", "file", "bytes", "gzip", "brotli");
        cmd!(sh, "node --eval {SIZES} {wasm} {glue}").quiet().run()?;
    } else {
        println!("no sizes: node, which compresses, is not here");
    }
    println!("in {}", order.out.display());
    Ok(ExitCode::SUCCESS)
}

/// The standard library for what is built here.
pub(crate) fn add_target(sh: &Shell) -> anyhow::Result<()> {
    project::add_target(sh, TARGET).with_context(|| format!("install the target {TARGET}"))
}

/// Builds for tests; answers the folder.
pub(crate) fn build_for_tests(sh: &Shell) -> anyhow::Result<PathBuf> {
    let order = Order::read(&["--dev".to_owned()]).map_err(anyhow::Error::msg)?;
    build(sh, &order)?;
    Ok(order.out)
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

fn build(sh: &Shell, order: &Order) -> anyhow::Result<()> {
    // What cargo calls the profile, and its folder.
    let (profile, folder) = if order.dev { ("dev", "debug") } else { ("web", "web") };
    cmd!(sh, "cargo build --locked --package {PACKAGE} --lib --target {TARGET} --profile {profile}").run()?;
    let library = package::target_folder(sh)?.join(TARGET).join(folder).join(LIBRARY);
    let [glue, wasm] = files(&order.out);
    // What an earlier version wrote must not be taken for this one's.
    for old in [&glue, &wasm].into_iter().filter(|old| old.exists()) {
        fs::remove_file(old).with_context(|| format!("remove {}", old.display()))?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&library).out_name(NAME).typescript(true).omit_default_module_path(false);
    bindgen.remove_name_section(!order.dev).remove_producers_section(!order.dev);
    let written = bindgen.web(true).and_then(|bindgen| bindgen.generate(&order.out));
    written.with_context(|| format!("write the glue of {}", library.display()))
}

fn files(folder: &Path) -> [PathBuf; 2] {
    [folder.join(format!("{NAME}.js")), folder.join(format!("{NAME}_bg.wasm"))]
}

fn has_node(sh: &Shell) -> bool {
    cmd!(sh, "node --version").quiet().ignore_stdout().ignore_stderr().run().is_ok()
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

//! `cargo xtask web`: host-web as two wasm modules, made small, and the TypeScript in front of them as one module for tests
//! and benchmarks. The package compiles that TypeScript itself.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::{javascript, package, project, usage};

pub(crate) const HELP: &str = "\
cargo xtask web [--dev] [--out DIR]

Builds host-web as wasm, the module of sessions and that of timelines, makes them small (web/tools/shrink.mjs), writes the
TypeScript in front of them beside them as one module, and prints what a browser would load of them. The target
wasm32-unknown-unknown and the packages from npm are installed when they are missing. Without Node there is the wasm alone,
larger than it need be.

  --dev   unoptimised and in seconds
  --out   where the files go: web/cart/dist-wasm unless given, target/web-dev with --dev
";

pub(crate) const TYPES_HELP: &str = "\
cargo xtask types

Writes web/cart/src/wasm/generated.ts anew: the TypeScript types of everything that crosses into the wasm, and what converts
them. It belongs into the commit that changes host-web/src/types.
";

const PACKAGE: &str = "tillroll-host-web";
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The TypeScript as one module.
const SCRIPT: Output = Output { file: "tillroll.js", brotli_bytes_max: 6_900 };

/// A file that is written, and most of its bytes by brotli, which is what a page loads of it: a little above what it has
/// (docs/decisions/0022), so that who makes it larger knows it.
struct Output {
    file: &'static str,
    brotli_bytes_max: u32,
}

/// One of the wasm modules.
struct Module {
    package: &'static str,
    /// Cargo's name of the library.
    library: &'static str,
    /// The profile it ships in, and its folder.
    profile: &'static str,
    /// Whether being quick is more than being small.
    quick: bool,
    output: Output,
}

/// What every page loads, and what it loads when it looks back.
const MODULES: [Module; 2] = [
    Module {
        package: "tillroll-session",
        library: "tillroll_session.wasm",
        profile: "web",
        quick: false,
        output: Output { file: "tillroll_bg.wasm", brotli_bytes_max: 35_600 },
    },
    Module {
        package: "tillroll-timeline",
        library: "tillroll_timeline.wasm",
        profile: "web-timeline",
        quick: true,
        output: Output { file: "tillroll_timeline_bg.wasm", brotli_bytes_max: 76_000 },
    },
];

/// What rustc is told for code that is to be small: loops keep no address beside their counter, which is half a kilobyte.
const SMALL_CODE: [&str; 2] = ["-C", "llvm-args=-disable-lsr"];

/// Prints a line for each file: its size as it is, by gzip and by brotli, each as small as it gets. Before each path stands
/// the most that it may have by brotli; fails when one has more.
const SIZES: &str = "\
const { brotliCompressSync, gzipSync } = require('node:zlib')
const files = process.argv.slice(1)
while (files.length > 0) {
  const [most, path] = files.splice(0, 2)
  const name = require('node:path').basename(path)
  const bytes = require('node:fs').readFileSync(path)
  const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length]
  console.log(name.padEnd(26), ...sizes.map((size) => String(size).padStart(8)))
  if (sizes[2] > Number(most)) {
    console.error(`${name} may have ${most} bytes by brotli: find what has grown, or say in docs/decisions why it must`)
    process.exitCode = 1
  }
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
        for module in &MODULES {
            let wasm = compile(&sh, &order, module)?;
            let to = order.file(&module.output)?;
            fs::copy(&wasm, &to).with_context(|| format!("write {}", to.display()))?;
        }
        println!("no TypeScript, no sizes, and the wasm is larger than it need be: {why:#}");
        println!("in {}", order.out.display());
        return Ok(ExitCode::SUCCESS);
    }
    build(&sh, &order)?;
    check_size(&sh, &order)?;
    println!("in {}", order.out.display());
    Ok(ExitCode::SUCCESS)
}

/// Prints what a page loads, and fails when it is too much. Unoptimised, it may be anything.
fn check_size(sh: &Shell, order: &Order) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for output in MODULES.iter().map(|module| &module.output).chain([&SCRIPT]) {
        let most = if order.dev { "Infinity".to_owned() } else { output.brotli_bytes_max.to_string() };
        files.extend([most.into(), order.file(output)?.into_os_string()]);
    }
    println!("{:<26} {:>8} {:>8} {:>8}", "file", "bytes", "gzip", "brotli");
    cmd!(sh, "node --eval {SIZES} {files...}").quiet().run().context("check what a page loads of the wasm")
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

    /// Where a file goes; the folder is there afterwards.
    fn file(&self, output: &Output) -> anyhow::Result<PathBuf> {
        fs::create_dir_all(&self.out).with_context(|| format!("make {}", self.out.display()))?;
        Ok(self.out.join(output.file))
    }
}

/// Answers where cargo has put the wasm.
fn compile(sh: &Shell, order: &Order, module: &Module) -> anyhow::Result<PathBuf> {
    let Module { package, library, .. } = module;
    // What cargo calls the profile, and its folder.
    let (profile, folder) = if order.dev { ("dev", "debug") } else { (module.profile, module.profile) };
    let codegen: &[&str] = if order.dev || module.quick { &[] } else { &SMALL_CODE };
    cmd!(sh, "cargo rustc --locked --package {package} --lib --target {TARGET} --profile {profile} -- {codegen...}")
        .run()?;
    Ok(package::target_folder(sh)?.join(TARGET).join(folder).join(library))
}

fn build(sh: &Shell, order: &Order) -> anyhow::Result<()> {
    let web = project::root().join("web");
    let script = order.file(&SCRIPT)?;
    // What an earlier version wrote must not be taken for this one's.
    for old in MODULES.iter().map(|module| &module.output).chain([&SCRIPT]) {
        let old = order.file(old)?;
        if old.exists() {
            fs::remove_file(&old).with_context(|| format!("remove {}", old.display()))?;
        }
    }
    for module in &MODULES {
        let wasm = compile(sh, order, module)?;
        let to = order.file(&module.output)?;
        if order.dev {
            fs::copy(&wasm, &to).with_context(|| format!("write {}", to.display()))?;
        } else {
            let shrink = web.join("tools/shrink.mjs");
            let quick = module.quick.then_some("quick");
            cmd!(sh, "node {shrink} {wasm} {to} {quick...}").run().context("make the wasm small")?;
        }
    }
    let esbuild = web.join("node_modules/esbuild/bin/esbuild");
    let source = web.join("cart/src/wasm/index.ts");
    let minify = (!order.dev).then_some("--minify");
    let options = ["--bundle", "--format=esm", "--target=es2022", "--log-level=warning"];
    let bundle = cmd!(sh, "node {esbuild} {source} {options...} {minify...} --outfile={script}");
    bundle.run().context("put the TypeScript together")
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

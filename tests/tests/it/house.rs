//! The house's own rules, held by reading the house: who may depend on whom, what a file must say, what must exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};
use serde_json::Value;

/// An arrow means "may import"; what is not listed is forbidden. Names that end in `*` stand for all that begin so.
const ARROWS: [(&str, &[&str]); 10] = [
    ("tillroll-core", &["postcard", "serde", "smol_str", "thiserror", "uuid", "xxhash-rust"]),
    (
        "tillroll-host-lambda",
        &[
            "aws-credential-types",
            "aws-sdk-*",
            "aws-sigv4",
            "aws-smithy-*",
            "aws-types",
            "base64",
            "futures-util",
            "hyper-rustls",
            "hyper-util",
            "jsonwebtoken",
            "lambda_runtime",
            "md-5",
            "rustls",
            "rustls-native-certs",
            "schemars",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "tillroll-core",
            "tokio",
            "tracing",
            "tracing-subscriber",
            "uuid",
            "zstd",
        ],
    ),
    ("tillroll-host-web", &["tillroll-core", "uuid"]),
    (
        "tillroll-local",
        &[
            "aws-config",
            "aws-credential-types",
            "aws-sdk-*",
            "aws-smithy-http-client",
            "aws-types",
            "axum",
            "base64",
            "bytes",
            "clap",
            "clap_complete",
            "console",
            "csv",
            "dynoxide-rs",
            "futures-util",
            "indicatif",
            "jiff",
            "parquet",
            "ratatui",
            "reqwest",
            "rusqlite",
            "rustix",
            "serde",
            "serde_json",
            "tempfile",
            "thiserror",
            "tillroll-core",
            "tillroll-host-lambda",
            "tokio",
            "tower-http",
            "tracing",
            "tracing-subscriber",
            "uuid",
            "zstd",
        ],
    ),
    ("tillroll-reducer", &["serde", "serde_json", "talc", "tillroll-core"]),
    ("tillroll-reducers", &["thiserror", "tillroll-core", "wasmtime"]),
    ("tillroll-session", &["talc", "tillroll-host-web"]),
    ("tillroll-tests", &["*"]),
    ("tillroll-timeline", &["talc", "tillroll-host-web"]),
    ("xtask", &["anyhow", "sha2", "xshell", "zip"]),
];

/// Inside host-lambda: what a folder's production code must not mention.
const WALLS: [(&str, &[&str]); 3] = [
    (
        "host-lambda/src/functions",
        &[
            "aws_sdk",
            "aws_smithy",
            "crate::dynamodb",
            "crate::kinesis",
            "crate::s3",
            "crate::sqs",
            "crate::memory",
            "SystemTime",
            "rand",
        ],
    ),
    (
        "host-lambda/src/subscriptions",
        &[
            "aws_sdk",
            "aws_smithy",
            "crate::dynamodb",
            "crate::kinesis",
            "crate::s3",
            "crate::sqs",
            "crate::memory",
            "tokio::",
        ],
    ),
    (
        "host-lambda/src/api",
        &[
            "aws_sdk",
            "aws_smithy",
            "crate::dynamodb",
            "crate::kinesis",
            "crate::s3",
            "crate::sqs",
            "crate::memory",
            "axum",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let skipped = path.file_name().is_some_and(|name| name == "target" || name == "node_modules");
            if path.is_dir() && !skipped {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn rust_files() -> Vec<(PathBuf, String)> {
    let crates = ["core", "host-lambda", "host-web", "infra/local", "infra/reducers", "tests", "xtask"];
    let files = crates.iter().flat_map(|krate| files_below(&root().join(krate), ".rs"));
    files.map(|path| (path.strip_prefix(root()).unwrap().to_owned(), fs::read_to_string(&path).unwrap())).collect()
}

/// A file's code without its test modules, which may use what they like.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn nobody_depends_on_what_the_dependency_rule_does_not_list() {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let arrows: BTreeMap<_, _> = ARROWS.into();
    assert_eq!(metadata.packages.len(), arrows.len(), "every crate has its line in the dependency rule");
    for package in &metadata.packages {
        let allowed = arrows[package.name.as_str()];
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        for name in normal.map(|dependency| dependency.name.as_str()) {
            let listed = allowed.iter().any(|allowed| match allowed.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => name == *allowed,
            });
            assert!(listed, "{} may not depend on {name}: see ARCHITECTURE.md, the dependency rule", package.name);
        }
    }
}

#[test]
fn functions_call_ports_and_never_an_adapter() {
    for (folder, forbidden) in WALLS {
        // Test modules may use what they like.
        let is_test = |path: &&PathBuf| {
            ["tests.rs", "kit.rs"].iter().any(|name| path.ends_with(name))
                || path.components().any(|part| part.as_os_str() == "tests")
        };
        for path in files_below(&root().join(folder), ".rs").iter().filter(|path| !is_test(path)) {
            let text = fs::read_to_string(path).unwrap();
            // Words of comments do not count.
            let code: Vec<&str> =
                production(&text).lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            for word in forbidden {
                let found = code.iter().find(|line| line.contains(word));
                assert!(found.is_none(), "{}: mentions {word}: {found:?}", path.display());
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for (path, text) in rust_files() {
        assert!(text.starts_with("//! "), "{}: begins without `//!`", path.display());
    }
}

#[test]
fn nothing_is_left_to_do_or_switched_off() {
    let unfinished = ["todo!(", "unimplemented!(", concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[", "ignore")];
    for (path, text) in rust_files().iter().filter(|(path, _)| !path.ends_with("house.rs")) {
        let found = unfinished.iter().find(|word| text.contains(**word));
        assert!(found.is_none(), "{}: {found:?}", path.display());
    }
}

#[test]
fn the_core_has_no_std_and_no_floats() {
    assert!(fs::read_to_string(root().join("core/src/lib.rs")).unwrap().contains("#![no_std]"));
    for path in files_below(&root().join("core/src"), ".rs") {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["f32", "f64", "std::", "println!"] {
            let found =
                production(&text).lines().find(|line| line.contains(word) && !line.trim_start().starts_with("//"));
            assert!(found.is_none(), "{}: {found:?}", path.display());
        }
    }
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    for document in ["ARCHITECTURE.md", "README.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let folders = ["core/", "docs/", "host-lambda/", "host-web/", "infra/", "tests/", "web/", "xtask/", ".ci/"];
        for path in quoted.filter(|quoted| folders.iter().any(|folder| quoted.starts_with(folder))) {
            assert!(root().join(path).exists(), "{document} names {path}, which does not exist");
        }
    }
}

/// docs/reliability.md lists every fault and bad input with the part that owns it and the tests that show it.
#[test]
fn every_fault_and_bad_input_that_is_owned_here_has_its_test() {
    let text = fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    let sources: String = rust_files().into_iter().map(|(_, text)| text).collect();
    let scripts = ["host-web", "web"].map(|folder| files_below(&root().join(folder), ".test.mjs")).concat();
    let scripts: String = scripts.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut rows = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("| E") || line.starts_with("| F")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [row, _, owner, tests] = cells[..] else { panic!("four columns: {line}") };
        rows.insert(row.to_owned());
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(owner.starts_with("later") || !names.is_empty(), "{row}: built here, and no test is named");
        for name in names {
            // Those in JavaScript have sentences with spaces for names.
            let is_there = sources.contains(&format!("fn {name}")) || scripts.contains(&format!("test('{name}'"));
            assert!(is_there, "{row}: there is no test {name}");
        }
    }
    let all = (1..=40).map(|n| format!("E{n}")).chain((1..=32).map(|n| format!("F{n}"))).collect();
    assert_eq!(rows, all, "every row of both tables");
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let table = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let declared: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.starts_with('#') && !name.starts_with("tillroll-"))
        .collect();
    let (crates, packages) = reasons();
    assert_eq!(declared, crates, "Cargo.toml and docs/dependencies.md list the same crates");

    let read = |folder: &Path| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join("package.json")).unwrap()).unwrap()
    };
    let web = root().join("web");
    let whole = read(&web);
    let members = whole["workspaces"].as_array().unwrap().iter().map(|name| read(&web.join(name.as_str().unwrap())));
    let mut declared = BTreeSet::new();
    for manifest in members.chain([whole.clone()]) {
        for kind in ["dependencies", "devDependencies", "peerDependencies"] {
            let names = manifest[kind].as_object().into_iter().flat_map(|members| members.keys().cloned());
            declared.extend(names.filter(|name| !name.starts_with("@tillroll/")));
        }
    }
    assert_eq!(declared, packages, "web/ and docs/dependencies.md list the same packages");
}

/// The crates and the npm packages that docs/dependencies.md gives reasons for; a row may name several.
fn reasons() -> (BTreeSet<String>, BTreeSet<String>) {
    let page = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let (crates, packages) = page.split_once("\n## JavaScript").unwrap();
    let named = |part: &str| {
        let rows = part.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()).skip(1);
        rows.flat_map(|names| names.split(", ")).map(str::to_owned).collect()
    };
    (named(crates), named(packages))
}

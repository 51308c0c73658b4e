//! Terraform over a copy of `infra/aws`, so that nothing a test does stays in the project.
//!
//! The provider comes from a folder when there is one: `TF_PLUGIN_DIR`, or a `tf-plugins` in one of the usual places;
//! otherwise from the registry. Where terraform itself is missing the tests that need it say that they were skipped; in
//! CI they fail. It cannot be fetched along: neither Debian nor `PyPI` nor npm has it, only its maker's own site.
#![allow(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "many of these are called for what they check on the way"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Where a mirror of providers may lie, besides below the home folder.
const MIRROR_PLACES: [&str; 3] = ["/opt/tf-plugins", "/usr/share/tf-plugins", "/usr/local/share/tf-plugins"];
/// What a mirror has to hold to be one for us.
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// A copy of the root module, initialised.
pub struct Terraform {
    folder: TempDir,
}

/// How a run ended.
pub struct Ran {
    /// The exit status; none after a signal.
    pub status: Option<i32>,
    /// Everything it said.
    pub said: String,
}

/// Where the module lies in the project.
pub fn module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/aws").canonicalize().unwrap()
}

/// Whether terraform is there. Without it: says so, and fails in CI.
#[allow(clippy::print_stderr, reason = "a skipped test says so to whoever runs it")]
pub fn is_there() -> bool {
    let answers = Command::new("terraform").arg("version").env_remove("TF_CLI_CONFIG_FILE").output();
    if answers.is_ok_and(|answer| answer.status.success()) {
        return true;
    }
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "terraform is missing, and CI must not skip the tests that need it");
    eprintln!("skipped: terraform is missing; https://developer.hashicorp.com/terraform/install has it");
    false
}

impl Terraform {
    /// A copy of the module, initialised; `None`, said on standard error, without terraform.
    pub fn of_a_copy() -> Option<Self> {
        if !is_there() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        copy(&module(), folder.path());
        let terraform = Self { folder };
        let mirror = mirror().map(|mirror| format!("-plugin-dir={}", mirror.display()));
        let args = ["init", "-backend=false"].into_iter().chain(mirror.as_deref());
        terraform.run(&args.collect::<Vec<_>>()).fine();
        Some(terraform)
    }

    /// Where the copy lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command of terraform in the copy.
    pub fn run(&self, args: &[&str]) -> Ran {
        let (command, rest) = args.split_first().unwrap();
        let mut terraform = Command::new("terraform");
        terraform.arg(command).args(rest).current_dir(self.folder()).stdin(Stdio::null());
        terraform.env("TF_IN_AUTOMATION", "1").env("TF_INPUT", "0").env("TF_CLI_ARGS", "-no-color");
        terraform.env("NO_PROXY", "127.0.0.1").env("CHECKPOINT_DISABLE", "1");
        // Often a file for a registry that is not ours to ask, and more often one that is not there.
        if std::env::var_os("TF_CLI_CONFIG_FILE").is_some_and(|file| !Path::new(&file).exists()) {
            terraform.env_remove("TF_CLI_CONFIG_FILE");
        }
        let output = terraform.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        Ran { status: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
    }

    /// Changes one place of a file in the copy.
    pub fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.folder().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?} any more: change the test with it");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

impl Ran {
    /// Fails the test unless it succeeded.
    #[track_caller]
    pub fn fine(self) -> Self {
        assert_eq!(self.status, Some(0), "{}", self.said);
        self
    }
}

/// A folder of providers with ours in it.
fn mirror() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("tf-plugins"));
    let named = std::env::var_os("TF_PLUGIN_DIR").map(PathBuf::from);
    let places = MIRROR_PLACES.into_iter().map(PathBuf::from);
    named.into_iter().chain(places).chain(home).find(|place| place.join(PROVIDER).is_dir())
}

/// Copies what the project has of the module, and nothing that terraform left there.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        let left = name.to_string_lossy();
        if left.starts_with(".terraform") || left.contains(".tfstate") {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

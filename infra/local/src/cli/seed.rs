//! What `dev` fills an empty data folder with: real baskets where the sample data lies at hand, a made-up shop where
//! it does not.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tillroll_local::import::{Currency, ImportError, Input, Preset, shelf};

use super::Session;
use super::failure::Failure;
use super::import;
use crate::demo;

const DATA_VARIABLE: &str = "TILLROLL_DEMO_DATA";
/// Where `cargo xtask data` puts it, in the project's folder.
const DATA_FILE: &str = ".data/completejourney/transactions.parquet";
/// Baskets of 100 households are 6,789 carts: enough to look around in, seeded within a minute.
const HOUSEHOLDS: u32 = 100;

/// The demo's catalogue. It stays in the data folder, so that the shop has the same prices tomorrow.
const CATALOGUE_FILE: &str = "demo-catalogue.json";
/// Lies in the data folder from before the first cart is sent until all are there, and says which demo it is.
const UNFINISHED_FILE: &str = "demo-unfinished";

/// A demo, chosen before the system starts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Demo {
    folder: PathBuf,
    /// Whose carts are still to be sent.
    to_send: Option<Shop>,
    /// The prices that it was begun with.
    catalogue: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shop {
    Real(PathBuf),
    MadeUp,
}

#[derive(Debug, thiserror::Error)]
enum NotPrepared {
    #[error(transparent)]
    Folder(#[from] io::Error),
    #[error(transparent)]
    Data(#[from] ImportError),
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
    ) -> Result<Option<Self>, NotPrepared> {
        let (marker, catalogue) = (folder.join(UNFINISHED_FILE), folder.join(CATALOGUE_FILE));
        let to_send = if is_new {
            Some(real.map_or(Shop::MadeUp, Shop::Real))
        } else {
            match (fs::read_to_string(&marker).ok().as_deref(), real) {
                (Some(MADE_UP), _) => Some(Shop::MadeUp),
                (Some(_), Some(file)) => Some(Shop::Real(file)),
                (Some(_), None) | (None, _) => None,
            }
        };
        // The made-up carts' items are not in the catalogue that was given.
        if to_send == Some(Shop::MadeUp) && has_catalogue {
            return Ok(None);
        }
        if let (true, Some(shop)) = (is_new, &to_send) {
            fs::create_dir_all(folder)?;
            fs::write(&marker, shop.word())?;
            if !has_catalogue && let Some(prices) = shop.catalogue()? {
                fs::write(&catalogue, prices.to_string())?;
            }
        }
        let catalogue = Some(catalogue).filter(|file| file.is_file());
        let is_there = to_send.is_some() || catalogue.is_some();
        Ok(is_there.then(|| Self { folder: folder.to_owned(), to_send, catalogue }))
    }

    /// The catalogue that goes with it.
    pub(crate) fn catalogue(&self) -> Option<PathBuf> {
        self.catalogue.clone()
    }

    /// What is about to be sent, in a sentence; `None` when all is there.
    pub(crate) fn announcement(&self) -> Option<String> {
        self.to_send.as_ref().map(|shop| match shop {
            Shop::Real(file) => format!("seeding itself with {HOUSEHOLDS} households of {}", file.display()),
            Shop::MadeUp => "seeding itself with a small generated demo, because the sample data is not there \
                             (`cargo xtask data` brings it)"
                .to_owned(),
        })
    }

    /// Sends what is missing; answers with the number of carts.
    pub(crate) async fn seed(&self, session: &Session) -> Result<u64, Failure> {
        let carts = match &self.to_send {
            Some(Shop::Real(file)) => import::sample(file, HOUSEHOLDS, session).await?,
            Some(Shop::MadeUp) => made_up(session).await?,
            None => 0,
        };
        if !session.interrupt.is_raised() {
            let _ = fs::remove_file(self.folder.join(UNFINISHED_FILE));
        }
        Ok(carts)
    }
}

const REAL: &str = "real";
const MADE_UP: &str = "made-up";

impl Shop {
    fn word(&self) -> &'static str {
        match self {
            Self::Real(_) => REAL,
            Self::MadeUp => MADE_UP,
        }
    }

    /// What it sells. Receipts alone do not say what things are called: without the list of products there is none.
    fn catalogue(&self) -> Result<Option<Value>, ImportError> {
        let receipts = match self {
            Self::MadeUp => return Ok(Some(demo::catalogue())),
            Self::Real(receipts) => receipts,
        };
        let Some(products) = Preset::CompleteJourney.products_beside(receipts) else { return Ok(None) };
        let plan = Preset::CompleteJourney.shelf_plan(&products);
        let items = shelf(&Input::Path(receipts.clone()), &plan)?;
        Ok(Some(demo::catalogue_of("completejourney-1", Currency::USD.code(), &items)))
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
        assert_eq!((real.catalogue(), real.to_send.clone()), (None, Some(Shop::Real("x".into()))));
        assert_eq!(choose(false, false, Some("x")), Some(real));
        assert_eq!(choose(false, false, None), None, "the data is gone");
        fs::remove_file(folder.path().join(UNFINISHED_FILE)).unwrap();
        assert_eq!(choose(false, false, Some("x")), None);

        let made_up = choose(true, false, None).unwrap();
        assert!(made_up.catalogue().unwrap().is_file());
        assert_eq!(choose(false, false, Some("x")).unwrap().to_send, Some(Shop::MadeUp), "once begun, it stays");
        fs::remove_file(folder.path().join(UNFINISHED_FILE)).unwrap();
        let later = choose(false, false, Some("x")).unwrap();
        assert_eq!((later.catalogue(), later.announcement()), (made_up.catalogue(), None));
    }
}

//! Archives as folders: what is found in them, and what becomes of them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tillroll_host_lambda::archive_object::ArchiveObject;
use tillroll_host_lambda::ports::Archive as _;
use tillroll_host_lambda::record::EventRecord;

use super::check::{Checked, check_archive};
use super::convert::{Conversion, Converted, Options};
use super::flaw::Flaw;
use crate::archive::LocalArchive;

const TEA: &str = "6ba7b811-9dad-41d1-80b4-00c04fd430c8";
const COFFEE: &str = "6ba7b812-9dad-41d1-80b4-00c04fd430c8";
/// Sequence numbers of the bus, as the old system names objects by them.
const FIRST: u64 = 49_570_889_523_503;

struct Archives {
    folder: TempDir,
}

impl Archives {
    fn new(objects: &[(String, Vec<u8>)]) -> Self {
        let archives = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(archives.old()).unwrap();
        for (key, bytes) in objects {
            std::fs::write(archives.old().join(key), bytes).unwrap();
        }
        archives
    }

    fn old(&self) -> std::path::PathBuf {
        self.folder.path().join("old")
    }

    async fn check(&self) -> Checked {
        check_archive(&LocalArchive::existing(self.old()), |_| ()).await.unwrap()
    }

    async fn convert(&self, options: &Options) -> Converted {
        let (from, to) = (LocalArchive::existing(self.old()), self.new_archive());
        let mut conversion = Conversion::new(&to, options);
        conversion.run(&from, |_| ()).await.unwrap();
        conversion.report
    }

    fn new_archive(&self) -> LocalArchive {
        LocalArchive::open(self.folder.path().join("new")).unwrap()
    }

    /// All converted events in the order of the archive.
    async fn events(&self) -> Vec<EventRecord> {
        let archive = self.new_archive();
        let mut events = Vec::new();
        for key in archive.list(None, 1_000).await.unwrap() {
            let object = ArchiveObject::read(&archive, &key).await.unwrap();
            events.extend(object.events().map(|event| event.unwrap().0));
        }
        events
    }
}

/// An element of an `Events` list as the old system archived it.
fn archived(place: u64, cart: &str, version: u64, name: &str, item: Option<&str>) -> (String, Vec<u8>) {
    let mut data = json!({"shopping_cart_uuid": cart});
    if let Some(item) = item {
        data["item_name"] = json!(item);
    }
    object(place, &json!({"Name": name, "Data": data, "Version": format!("0.{version}e1")}))
}

fn object(place: u64, content: &Value) -> (String, Vec<u8>) {
    ((FIRST + place).to_string(), content.to_string().into_bytes())
}

fn story() -> Vec<(String, Vec<u8>)> {
    vec![
        archived(0, TEA, 1, "CartOpened", None),
        archived(1, TEA, 2, "ItemAdded", Some("Tea")),
        archived(2, COFFEE, 1, "CartOpened", None),
        archived(3, TEA, 3, "CartClosed", None),
        archived(4, COFFEE, 2, "ItemAdded", Some("Coffee")),
    ]
}

#[tokio::test]
async fn what_the_old_system_archived_is_counted_and_what_is_broken_in_it_named() {
    let checked = Archives::new(&story()).check().await;
    assert_eq!((checked.ok, checked.records, checked.events, checked.carts), (false, 5, 5, 2));
    let found: Vec<_> = checked.flaws.iter().map(|(flaw, found)| (flaw, found.count)).collect();
    assert_eq!(found, [(Flaw::NullKey, 5), (Flaw::VersionForm, 5), (Flaw::NoEventUuid, 5)]);
    assert!(checked.flaws.iter().all(|(_, found)| found.first[0] == FIRST.to_string()));
    assert_eq!(checked.unreadable_in_place, 5);
}

#[tokio::test]
async fn holes_doubles_and_repetitions_are_told_apart() {
    let mut objects = story();
    objects.remove(1);
    objects.push(archived(5, COFFEE, 2, "ItemAdded", Some("Coffee")));
    objects.push(archived(6, COFFEE, 1, "ItemAdded", Some("Milk")));
    let checked = Archives::new(&objects).check().await;
    let count = |wanted| checked.flaws.iter().find(|(flaw, _)| *flaw == wanted).map_or(0, |(_, found)| found.count);
    assert_eq!((count(Flaw::Hole), count(Flaw::Doubled), checked.repeated), (1, 1, 1));
    let (_, hole) = checked.flaws.iter().find(|(flaw, _)| *flaw == Flaw::Hole).unwrap();
    assert_eq!(hole.first, [format!("cart {TEA}, from version 2 on: 1 missing")]);
}

#[tokio::test]
async fn an_archive_is_converted_and_converting_it_again_changes_nothing() {
    let archives = Archives::new(&story());
    let converted = archives.convert(&Options::default()).await;
    assert!(converted.ok, "{converted:?}");
    assert_eq!((converted.objects_read, converted.events, converted.objects_written), (5, 5, 1));
    assert_eq!(converted.after, Some((FIRST + 4).to_string()));
    let events = archives.events().await;
    let places: Vec<_> =
        events.iter().map(|event| (event.stream.to_string(), event.version, event.name.as_str())).collect();
    let place = |cart: &str, version, name| (cart.to_owned(), version, name);
    assert_eq!(
        places,
        [
            place(TEA, 1, "CartOpened"),
            place(TEA, 2, "ItemAdded"),
            place(COFFEE, 1, "CartOpened"),
            place(TEA, 3, "CartClosed"),
            place(COFFEE, 2, "ItemAdded"),
        ]
    );

    let again = archives.convert(&Options::default()).await;
    assert_eq!((again.objects_written, again.objects_there), (0, 1));
    assert_eq!(archives.events().await, events, "the ids too");
}

#[tokio::test]
async fn what_cannot_be_converted_is_named_and_left() {
    let mut objects = story();
    objects.push(object(5, &json!({"Name": "ItemAdded", "Data": {"shopping_cart_uuid": TEA}, "Version": 4})));
    objects.push(("49570889523509".to_owned(), b"{\"Name\":".to_vec()));
    objects.push(("notes.txt".to_owned(), b"keep me".to_vec()));
    let archives = Archives::new(&objects);
    let converted = archives.convert(&Options::default()).await;
    assert_eq!((converted.ok, converted.events, converted.left_count), (false, 5, 3));
    let left: Vec<_> = converted.left.iter().map(|left| (left.key.as_str(), left.why.as_str())).collect();
    assert_eq!(left[0], ("49570889523508", "data that is not what the name says (1)"));
    assert!(left[1].0 == "49570889523509" && left[1].1.starts_with("not JSON"), "{left:?}");
    assert_eq!(left[2].0, "notes.txt");
    assert!(Path::new(&archives.old().join("notes.txt")).exists(), "the old archive stays as it is");
}

#[tokio::test]
async fn a_conversion_goes_on_where_it_stopped_and_cuts_in_the_same_places() {
    let carts: Vec<String> = (1..=2_500_u128).map(|cart| uuid::Uuid::from_u128(cart).to_string()).collect();
    let opened = |(place, cart): (u64, &String)| archived(place, cart, 1, "CartOpened", None);
    let archives = Archives::new(&(0..).zip(&carts).map(opened).collect::<Vec<_>>());
    let whole = archives.convert(&Options::default()).await;
    assert_eq!((whole.objects_written, whole.events), (3, 2_500));
    let after = Some((FIRST + 999).to_string());
    let rest = archives.convert(&Options { after, dry_run: false }).await;
    assert_eq!((rest.objects_written, rest.objects_there, rest.events), (0, 2, 1_500));
}

#[tokio::test]
async fn a_list_of_events_in_one_object_is_converted_whole() {
    let event = |name: &str| json!({"Name": name, "Data": {"shopping_cart_uuid": TEA}, "Version": "0.1e1"});
    let record = json!({"Uuid": TEA, "Version": 1, "Events": [event("CartOpened"), event("CartClosed")]});
    let archives = Archives::new(&[object(0, &record)]);
    let converted = archives.convert(&Options::default()).await;
    assert_eq!((converted.ok, converted.events), (true, 2));
    let versions: Vec<_> = archives.events().await.iter().map(|event| event.version).collect();
    assert_eq!(versions, [1, 2]);
}

#[tokio::test]
async fn a_dry_run_reports_the_same_and_writes_nothing() {
    let archives = Archives::new(&story());
    let dry = archives.convert(&Options { dry_run: true, ..Options::default() }).await;
    assert_eq!((dry.ok, dry.events, dry.objects_written), (true, 5, 1));
    assert!(archives.events().await.is_empty());
}

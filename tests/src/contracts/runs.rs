//! What every store of replay runs has to do.
#![allow(missing_docs, reason = "the names of the sentences are their documentation")]

use tillroll_host_lambda::ports::{RowsError, Runs};

/// The sentences, each as a test of the adapter that `$fresh` makes.
#[macro_export]
macro_rules! runs_contract {
    ($fresh:expr) => {
        $crate::sentences!(
            runs,
            $fresh,
            [
                a_run_is_loaded_as_it_was_saved_with_a_revision_that_counts_saves,
                a_save_lands_only_on_the_expected_revision,
                runs_are_listed_newest_first,
                of_racing_saves_exactly_one_advances_the_run,
            ]
        );
    };
}

pub async fn a_run_is_loaded_as_it_was_saved_with_a_revision_that_counts_saves(runs: impl Runs) {
    assert_eq!(runs.load("r").await.unwrap(), None);
    for revision in 0..5_u64 {
        let document = format!("{{\"phase\":\"{revision} ä\"}}");
        runs.save("r", revision, document.clone()).await.unwrap();
        assert_eq!(runs.load("r").await.unwrap(), Some((revision + 1, document)));
    }
}

pub async fn a_save_lands_only_on_the_expected_revision(runs: impl Runs) {
    runs.save("r", 0, "{}".to_owned()).await.unwrap();
    runs.save("r", 1, "{\"n\":2}".to_owned()).await.unwrap();
    for expected in [0, 1, 3] {
        let refused = runs.save("r", expected, "{\"n\":0}".to_owned()).await;
        assert!(matches!(refused, Err(RowsError::Conflict)), "{expected}: {refused:?}");
    }
    let refused = runs.save("missing", 1, "{}".to_owned()).await;
    assert!(matches!(refused, Err(RowsError::Conflict)), "{refused:?}");
    assert_eq!(runs.load("r").await.unwrap(), Some((2, "{\"n\":2}".to_owned())));
    assert_eq!(runs.load("missing").await.unwrap(), None);
}

pub async fn runs_are_listed_newest_first(runs: impl Runs) {
    assert_eq!(runs.list(10).await.unwrap(), []);
    // The order is that of the first save, not of the names, and later saves do not change it.
    for name in ["b", "c", "a"] {
        runs.save(name, 0, "{}".to_owned()).await.unwrap();
    }
    runs.save("b", 1, "{\"n\":1}".to_owned()).await.unwrap();
    let named = |name: &str, document: &str| (name.to_owned(), document.to_owned());
    let newest_first = [named("a", "{}"), named("c", "{}"), named("b", "{\"n\":1}")];
    assert_eq!(runs.list(10).await.unwrap(), newest_first);
    assert_eq!(runs.list(2).await.unwrap(), newest_first[..2]);
}

pub async fn of_racing_saves_exactly_one_advances_the_run(runs: impl Runs + Clone + 'static) {
    for revision in 0..50_u64 {
        let saves = (0..4).map(|writer| {
            let runs = runs.clone();
            tokio::spawn(async move { runs.save("r", revision, format!("{{\"writer\":{writer}}}")).await })
        });
        let mut won = 0;
        for save in saves.collect::<Vec<_>>() {
            match save.await.unwrap() {
                Ok(()) => won += 1,
                Err(RowsError::Conflict) => {}
                Err(RowsError::Fault(fault)) => panic!("{fault:?}"),
            }
        }
        assert_eq!(won, 1, "revision {revision}");
    }
}

//! What every row store has to do.
#![allow(missing_docs, reason = "the names of the sentences are their documentation")]

use tillroll_host_lambda::ports::{
    By, FaultKind, Order, ROWS_GET_MAX, ROWS_WRITE_MAX, Row, RowKey, RowQuery, RowWrite, Rows, RowsError,
};

/// The sentences, each as a test of the adapter that `$fresh` makes.
#[macro_export]
macro_rules! rows_contract {
    ($fresh:expr) => {
        $crate::sentences!(
            rows,
            $fresh,
            [
                a_row_that_was_never_written_is_none,
                a_row_is_read_as_it_was_written,
                a_put_lands_only_on_the_expected_revision,
                a_put_that_had_landed_is_a_success,
                rows_are_written_together_or_not_at_all,
                rows_that_follow_a_gated_row_are_set_and_deleted_with_it,
                a_row_is_mended_at_the_revision_it_has_and_at_no_other,
                what_is_no_write_is_a_fault,
                many_rows_are_read_at_once_and_missing_ones_left_out,
                a_query_keeps_order_bounds_and_limit,
                a_row_that_changes_its_place_in_the_index_is_found_only_at_the_new_one,
                a_partition_larger_than_a_page_is_queried_whole,
                eight_writers_raise_one_revision_twenty_times_and_lose_nothing,
            ]
        );
    };
}

fn key(partition: &str, sort: &str) -> RowKey {
    RowKey { partition: partition.to_owned(), sort: sort.to_owned() }
}

fn row(partition: &str, sort: &str, revision: u64) -> Row {
    Row { key: key(partition, sort), revision, body: format!("{{\"revision\":{revision}}}"), index: None }
}

fn indexed(row: Row, sort: &str) -> Row {
    Row { index: Some(key("index", sort)), ..row }
}

fn put(expected: u64, row: Row) -> RowWrite {
    RowWrite::Put { expected, row }
}

fn all_of(by: By, partition: &str) -> RowQuery {
    let partition = partition.to_owned();
    RowQuery { by, partition, after: None, until: None, order: Order::Ascending, limit: 1_000 }
}

fn sorts(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.key.sort.as_str()).collect()
}

pub async fn a_row_that_was_never_written_is_none(rows: impl Rows) {
    assert_eq!(rows.get(&key("p", "s")).await.unwrap(), None);
    assert_eq!(rows.get_many(&[key("p", "s"), key("p", "t")]).await.unwrap(), []);
    assert_eq!(rows.get_many(&[]).await.unwrap(), []);
    assert_eq!(rows.query(&all_of(By::Key, "p")).await.unwrap(), []);
    assert_eq!(rows.query(&all_of(By::Index, "p")).await.unwrap(), []);
    rows.write(&[RowWrite::Delete(key("p", "s"))]).await.unwrap();
}

pub async fn a_row_is_read_as_it_was_written(rows: impl Rows) {
    let body = "{\"name\":\"\\u0000 \\\" 'OR 1=1' \u{202e}\"}".to_owned();
    let full = Row { body, ..indexed(row("carts#1#07", "Ärger \u{1f375}", 3), "x") };
    let bare = row("carts#1#07", "bare", u64::from(u32::MAX) * 1_000);
    rows.write(&[put(0, full.clone())]).await.unwrap();
    rows.write(&[RowWrite::Set(bare.clone())]).await.unwrap();
    assert_eq!(rows.get(&full.key).await.unwrap(), Some(full.clone()));
    assert_eq!(rows.get(&bare.key).await.unwrap(), Some(bare));
    assert_eq!(rows.query(&all_of(By::Index, "index")).await.unwrap(), [full]);
}

pub async fn a_put_lands_only_on_the_expected_revision(rows: impl Rows) {
    rows.write(&[put(0, row("p", "s", 5))]).await.unwrap();
    for (expected, revision) in [(0, 6), (4, 6), (6, 7)] {
        let other = Row { body: "{}".to_owned(), ..row("p", "s", revision) };
        let refused = rows.write(&[put(expected, other)]).await;
        assert!(matches!(refused, Err(RowsError::Conflict)), "{expected}: {refused:?}");
    }
    let refused = rows.write(&[put(1, row("p", "missing", 2))]).await;
    assert!(matches!(refused, Err(RowsError::Conflict)), "{refused:?}");
    rows.write(&[put(5, row("p", "s", 9))]).await.unwrap();
    assert_eq!(rows.get(&key("p", "s")).await.unwrap(), Some(row("p", "s", 9)));
    assert_eq!(rows.get(&key("p", "missing")).await.unwrap(), None);
}

pub async fn a_put_that_had_landed_is_a_success(rows: impl Rows) {
    let alone = [put(0, row("p", "alone", 2))];
    let together = [put(0, row("p", "one", 2)), put(0, row("p", "two", 3)), RowWrite::Set(row("p", "follows", 1))];
    for writes in [&alone[..], &together[..]] {
        rows.write(writes).await.unwrap();
        rows.write(writes).await.unwrap();
    }
}

pub async fn rows_are_written_together_or_not_at_all(rows: impl Rows) {
    rows.write(&[put(0, row("p", "there", 4))]).await.unwrap();
    let writes = [
        put(0, row("p", "new", 1)),
        put(3, row("p", "there", 5)),
        RowWrite::Set(row("q", "set", 1)),
        RowWrite::Delete(key("p", "there too")),
    ];
    let refused = rows.write(&writes).await;
    assert!(matches!(refused, Err(RowsError::Conflict)), "{refused:?}");
    assert_eq!(rows.query(&all_of(By::Key, "p")).await.unwrap(), [row("p", "there", 4)]);
    assert_eq!(rows.get(&key("q", "set")).await.unwrap(), None);
}

pub async fn rows_that_follow_a_gated_row_are_set_and_deleted_with_it(rows: impl Rows) {
    let follow = |number: usize| row("p", &format!("follows {number:02}"), 1);
    let first: Vec<_> =
        [put(0, row("p", "gate", 1))].into_iter().chain((1..ROWS_WRITE_MAX).map(follow).map(RowWrite::Set)).collect();
    rows.write(&first).await.unwrap();
    assert_eq!(rows.query(&all_of(By::Key, "p")).await.unwrap().len(), ROWS_WRITE_MAX);
    let second: Vec<_> = [put(1, row("p", "gate", 2))]
        .into_iter()
        .chain((1..ROWS_WRITE_MAX).map(|number| RowWrite::Delete(follow(number).key)))
        .collect();
    rows.write(&second).await.unwrap();
    assert_eq!(rows.query(&all_of(By::Key, "p")).await.unwrap(), [row("p", "gate", 2)]);
}

pub async fn a_row_is_mended_at_the_revision_it_has_and_at_no_other(rows: impl Rows) {
    rows.write(&[put(0, row("p", "s", 3))]).await.unwrap();
    let mended = Row { body: "{\"mended\":1}".to_owned(), ..row("p", "s", 3) };
    rows.write(&[RowWrite::Mend(mended.clone())]).await.unwrap();
    assert_eq!(rows.get(&key("p", "s")).await.unwrap(), Some(mended.clone()));
    // With what follows from it, all or none.
    for (revision, sort) in [(2, "s"), (4, "s"), (3, "there is none")] {
        let other = Row { revision, ..row("p", sort, revision) };
        for more in [Vec::new(), vec![RowWrite::Set(row("p", "follows", 1))]] {
            let writes = [vec![RowWrite::Mend(other.clone())], more].concat();
            assert!(matches!(rows.write(&writes).await, Err(RowsError::Conflict)), "{writes:?}");
        }
    }
    assert_eq!(rows.query(&all_of(By::Key, "p")).await.unwrap(), [mended]);
    let again = [RowWrite::Mend(row("p", "s", 3)), RowWrite::Set(row("p", "follows", 1))];
    rows.write(&again).await.unwrap();
    assert_eq!(rows.query(&all_of(By::Key, "p")).await.unwrap(), [row("p", "follows", 1), row("p", "s", 3)]);
}

pub async fn what_is_no_write_is_a_fault(rows: impl Rows) {
    let too_many = (0..=ROWS_WRITE_MAX).map(|number| RowWrite::Set(row("p", &number.to_string(), 1))).collect();
    for writes in [
        Vec::new(),
        too_many,
        vec![RowWrite::Set(row("p", "s", 1)), RowWrite::Delete(key("p", "s"))],
        vec![RowWrite::Set(row("", "s", 1))],
        vec![RowWrite::Set(row("p", "", 1))],
        vec![put(2, row("p", "s", 2))],
        vec![RowWrite::Mend(row("p", "s", 0))],
    ] {
        let Err(RowsError::Fault(fault)) = rows.write(&writes).await else { panic!("no fault: {writes:?}") };
        assert_eq!(fault.kind, FaultKind::Permanent);
    }
    let too_many: Vec<_> = (0..=ROWS_GET_MAX).map(|number| key("p", &number.to_string())).collect();
    assert_eq!(rows.get_many(&too_many).await.unwrap_err().kind, FaultKind::Permanent);
    assert_eq!(rows.query(&all_of(By::Key, "p")).await.unwrap(), []);
}

pub async fn many_rows_are_read_at_once_and_missing_ones_left_out(rows: impl Rows) {
    let stored: Vec<_> = (0..ROWS_GET_MAX).map(|number| row("p", &format!("{number:03}"), 1)).collect();
    rows.write(&stored.iter().cloned().map(RowWrite::Set).collect::<Vec<_>>()).await.unwrap();
    let mut read = rows.get_many(&stored.iter().map(|row| row.key.clone()).collect::<Vec<_>>()).await.unwrap();
    read.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(read, stored);
    let twice_and_missing = [key("p", "007"), key("p", "missing"), key("p", "007"), key("q", "007")];
    assert_eq!(rows.get_many(&twice_and_missing).await.unwrap(), [row("p", "007", 1)]);
}

pub async fn a_query_keeps_order_bounds_and_limit(rows: impl Rows) {
    // "10" sorts before "9": keys are text.
    let stored = ["1", "10", "2", "9", "a", "b", "ä"];
    for (partition, sort) in [("before", "1"), ("zzz", "1")].into_iter().chain(stored.map(|sort| ("the one", sort))) {
        let row = Row { index: Some(key(&format!("index of {partition}"), sort)), ..row(partition, sort, 1) };
        rows.write(&[RowWrite::Set(row)]).await.unwrap();
    }
    let bounds = [None, Some("1"), Some("15"), Some("9"), Some("ä"), Some("z")];
    for (by, partition) in [(By::Key, "the one"), (By::Index, "index of the one")] {
        for order in [Order::Ascending, Order::Descending] {
            for (after, until) in bounds.iter().flat_map(|after| bounds.iter().map(move |until| (*after, *until))) {
                for limit in [0, 1, 2, 100] {
                    let (after, until) = (after.map(str::to_owned), until.map(str::to_owned));
                    let query = RowQuery { by, partition: partition.to_owned(), after, until, order, limit };
                    let found = rows.query(&query).await.unwrap();
                    assert_eq!(sorts(&found), expected(stored.to_vec(), &query), "{query:?}");
                }
            }
        }
    }
}

/// What a query answers over these sort keys, which are in order.
fn expected<'a>(mut stored: Vec<&'a str>, query: &RowQuery) -> Vec<&'a str> {
    let (after, until) = (query.after.as_deref(), query.until.as_deref());
    match query.order {
        Order::Ascending => {
            stored.retain(|sort| after.is_none_or(|after| *sort > after) && until.is_none_or(|until| *sort <= until));
        }
        Order::Descending => {
            stored.retain(|sort| after.is_none_or(|after| *sort < after) && until.is_none_or(|until| *sort >= until));
            stored.reverse();
        }
    }
    stored.truncate(usize::try_from(query.limit).unwrap());
    stored
}

pub async fn a_row_that_changes_its_place_in_the_index_is_found_only_at_the_new_one(rows: impl Rows) {
    rows.write(&[put(0, indexed(row("p", "s", 1), "old"))]).await.unwrap();
    let moved = indexed(row("p", "s", 2), "new");
    rows.write(&[put(1, moved.clone())]).await.unwrap();
    assert_eq!(rows.query(&all_of(By::Index, "index")).await.unwrap(), [moved]);
    rows.write(&[put(2, row("p", "s", 3))]).await.unwrap();
    assert_eq!(rows.query(&all_of(By::Index, "index")).await.unwrap(), []);
    assert_eq!(rows.get(&key("p", "s")).await.unwrap(), Some(row("p", "s", 3)));
}

pub async fn a_partition_larger_than_a_page_is_queried_whole(rows: impl Rows) {
    let mut expected = Vec::new();
    for number in 0..40 {
        let mut large = row("p", &format!("{number:02}"), 1);
        large.body = format!("\"{}\"", "x".repeat(60_000));
        rows.write(&[RowWrite::Set(large.clone())]).await.unwrap();
        expected.push(large);
    }
    assert_eq!(rows.query(&all_of(By::Key, "p")).await.unwrap(), expected);
    let mut read = rows.get_many(&expected.iter().map(|row| row.key.clone()).collect::<Vec<_>>()).await.unwrap();
    read.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(read, expected);
}

pub async fn eight_writers_raise_one_revision_twenty_times_and_lose_nothing(rows: impl Rows + Clone + 'static) {
    const RAISES: u64 = 20;
    let writers = (0..8).map(|writer| {
        let rows = rows.clone();
        tokio::spawn(async move {
            let mut won = 0_u64;
            loop {
                let stored = rows.get(&key("p", "s")).await.unwrap();
                let revision = stored.map_or(0, |row| row.revision);
                if revision >= RAISES {
                    return won;
                }
                // Each writer's rows differ, so a success is this writer's own.
                let mut next = row("p", "s", revision + 1);
                next.body = format!("{{\"writer\":{writer}}}");
                match rows.write(&[put(revision, next)]).await {
                    Ok(()) => won += 1,
                    Err(RowsError::Conflict) => {}
                    Err(RowsError::Fault(fault)) => panic!("{fault:?}"),
                }
            }
        })
    });
    let mut won = 0;
    for writer in writers.collect::<Vec<_>>() {
        won += writer.await.unwrap();
    }
    assert_eq!(won, RAISES);
}

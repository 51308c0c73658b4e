//! Rows over DynamoDB: one table, one secondary index, conditional puts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, KeysAndAttributes, Put, TransactWriteItem};

use super::attempts::{self, BUDGET_MS, Ended};
use super::errors::{Failure, failure, put_failure, transaction_failure};
use super::items::{INDEX_PARTITION, INDEX_SORT, Item, PARTITION, SORT, item_of_row, key_of_row, row_of};
use super::tables::ROWS_INDEX;
use super::token::{Tokens, WithoutToken};
use crate::calls::Budget;
use crate::ports::{
    By, Clock, Fault, Order, ROWS_GET_MAX, Row, RowKey, RowQuery, RowWrite, Rows, RowsError, check_writes,
};

/// Pages of 1 MB that one query follows; [`RowQuery::limit`] ends it long before.
const QUERY_PAGES_MAX: usize = 1_000;

const ROW_IS_NEW: &str = "attribute_not_exists(#partition)";
const REVISION_IS_EXPECTED: &str = "Revision = :expected";

const GET: &str = "get row";
const GET_MANY: &str = "get rows of";
const QUERY: &str = "query partition";
const WRITE: &str = "write row";

/// Rows over DynamoDB. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RowTable<C> {
    client: Client,
    table: String,
    tokens: Tokens,
    clock: C,
}

enum Request {
    Put(PutItemFluentBuilder),
    Delete(DeleteItemFluentBuilder),
    Several(TransactWriteItemsFluentBuilder),
}

/// A condition with its names and values.
struct Condition {
    expression: &'static str,
    names: Option<HashMap<String, String>>,
    values: Option<Item>,
}

impl Condition {
    fn revision_is(expected: u64) -> Self {
        if expected == 0 {
            let names = HashMap::from([("#partition".to_owned(), PARTITION.to_owned())]);
            return Self { expression: ROW_IS_NEW, names: Some(names), values: None };
        }
        let values = Item::from([(":expected".to_owned(), AttributeValue::N(expected.to_string()))]);
        Self { expression: REVISION_IS_EXPECTED, names: None, values: Some(values) }
    }
}

impl<C: Clock> RowTable<C> {
    /// The table of this name. The client's own retries should be off: see [`base_config`](super::client::base_config).
    pub fn new(client: Client, table: impl Into<String>, tokens: Tokens, clock: C) -> Self {
        Self { client, table: table.into(), tokens, clock }
    }

    fn request(&self, writes: &[RowWrite]) -> Result<Request, Failure> {
        let put = |row| self.client.put_item().table_name(&self.table).set_item(Some(item_of_row(row)));
        let gated = |expected, row| {
            let condition = Condition::revision_is(expected);
            let put = put(row).condition_expression(condition.expression);
            let put = put.set_expression_attribute_names(condition.names);
            Request::Put(put.set_expression_attribute_values(condition.values))
        };
        match writes {
            [RowWrite::Put { expected, row }] => Ok(gated(*expected, row)),
            [RowWrite::Mend(row)] => Ok(gated(row.revision, row)),
            [RowWrite::Set(row)] => Ok(Request::Put(put(row))),
            [RowWrite::Delete(key)] => {
                let delete = self.client.delete_item().table_name(&self.table);
                Ok(Request::Delete(delete.set_key(Some(key_of_row(key)))))
            }
            several => {
                let actions: Result<_, _> = several.iter().map(|write| self.action(write)).collect();
                let transaction = self.client.transact_write_items();
                Ok(Request::Several(transaction.set_transact_items(Some(actions.map_err(Failure::permanent)?))))
            }
        }
    }

    fn action(&self, write: &RowWrite) -> Result<TransactWriteItem, aws_sdk_dynamodb::error::BuildError> {
        let put = |row| Put::builder().table_name(&self.table).set_item(Some(item_of_row(row)));
        let gated = |expected, row| {
            let condition = Condition::revision_is(expected);
            let put = put(row).condition_expression(condition.expression);
            let put = put.set_expression_attribute_names(condition.names);
            put.set_expression_attribute_values(condition.values).build()
        };
        let action = TransactWriteItem::builder();
        Ok(match write {
            RowWrite::Put { expected, row } => action.put(gated(*expected, row)?),
            RowWrite::Mend(row) => action.put(gated(row.revision, row)?),
            RowWrite::Set(row) => action.put(put(row).build()?),
            RowWrite::Delete(key) => {
                action.delete(Delete::builder().table_name(&self.table).set_key(Some(key_of_row(key))).build()?)
            }
        }
        .build())
    }

    /// Without a token of ours: the SDK's own one differs from attempt to attempt, and the rows that are found tell
    /// what a lost answer said.
    async fn send(&self, request: &Request) -> Result<(), Failure> {
        match (request, self.tokens) {
            (Request::Put(put), _) => put.clone().send().await.map(drop).map_err(put_failure),
            (Request::Delete(delete), _) => delete.clone().send().await.map(drop).map_err(failure),
            (Request::Several(transaction), Tokens::Send) => {
                transaction.clone().send().await.map(drop).map_err(transaction_failure)
            }
            (Request::Several(transaction), Tokens::Omit) => {
                let transaction = transaction.clone().customize().interceptor(WithoutToken);
                transaction.send().await.map(drop).map_err(transaction_failure)
            }
        }
    }

    /// Whether everything stands as these writes leave it: then they have landed, or there was nothing to do. A gated
    /// row alone does not tell, for one that is mended may have stood there before.
    async fn landed(&self, writes: &[RowWrite]) -> Result<bool, Fault> {
        let keys: Vec<RowKey> = writes.iter().map(|write| write.key().clone()).collect();
        let stored = self.get_many(&keys).await?;
        let stored: BTreeMap<&RowKey, &Row> = stored.iter().map(|row| (&row.key, row)).collect();
        Ok(writes.iter().all(|write| write.leaves(stored.get(write.key()).copied())))
    }

    async fn get_some(&self, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), Failure> {
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let keys = keys.build().map_err(Failure::permanent)?;
        let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await.map_err(failure)?;
        let found = answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
        let unread = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
        Ok((found, unread.map(|unread| unread.keys).unwrap_or_default()))
    }

    fn query_request(&self, query: &RowQuery) -> QueryFluentBuilder {
        let (partition, sort) = match query.by {
            By::Key => (PARTITION, SORT),
            By::Index => (INDEX_PARTITION, INDEX_SORT),
        };
        let condition = match (&query.after, &query.until, query.order) {
            (None, None, _) => "#partition = :partition",
            (Some(_), None, Order::Ascending) => "#partition = :partition AND #sort > :after",
            (Some(_), None, Order::Descending) => "#partition = :partition AND #sort < :after",
            (None, Some(_), Order::Ascending) => "#partition = :partition AND #sort <= :until",
            (None, Some(_), Order::Descending) => "#partition = :partition AND #sort >= :until",
            // One condition on the sort key is all there may be; BETWEEN includes both ends, `after` is left out later.
            (Some(_), Some(_), Order::Ascending) => "#partition = :partition AND #sort BETWEEN :after AND :until",
            (Some(_), Some(_), Order::Descending) => "#partition = :partition AND #sort BETWEEN :until AND :after",
        };
        let bounds = [(":after", &query.after), (":until", &query.until)];
        let bounds = bounds.into_iter().filter_map(|(name, bound)| Some((name, bound.as_ref()?)));
        let values = bounds.chain([(":partition", &query.partition)]);
        let values = values.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.clone()))).collect();
        let mut names = HashMap::from([("#partition".to_owned(), partition.to_owned())]);
        if query.after.is_some() || query.until.is_some() {
            names.insert("#sort".to_owned(), sort.to_owned());
        }
        self.client
            .query()
            .table_name(&self.table)
            .set_index_name((query.by == By::Index).then(|| ROWS_INDEX.to_owned()))
            // A secondary index cannot be read consistently.
            .consistent_read(query.by == By::Key)
            .scan_index_forward(query.order == Order::Ascending)
            .key_condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
    }
}

impl RowQuery {
    /// Whether no sort key can be both past `after` and not past `until`. DynamoDB refuses such a query.
    fn is_empty(&self) -> bool {
        let crossed = match (&self.after, &self.until, self.order) {
            (Some(after), Some(until), Order::Ascending) => after >= until,
            (Some(after), Some(until), Order::Descending) => after <= until,
            _ => false,
        };
        crossed || self.limit == 0
    }

    /// Whether the row is the one after which the query starts.
    fn starts_after(&self, row: &Row) -> bool {
        let sort = match self.by {
            By::Key => Some(&row.key.sort),
            By::Index => row.index.as_ref().map(|place| &place.sort),
        };
        self.after.is_some() && sort == self.after.as_ref()
    }
}

impl<C: Clock> Rows for RowTable<C> {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>, Fault> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let get = get.set_key(Some(key_of_row(key)));
        let answer = attempts::read(&self.clock, || async { get.clone().send().await.map_err(failure) }).await;
        let fault = |failure: Failure| failure.into_fault(GET, key.to_string());
        let row = answer.map_err(fault)?.item.map(row_of).transpose();
        row.map_err(|error| fault(Failure::permanent(error)))
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Row>, Fault> {
        let fault = |failure: Failure| failure.into_fault(GET_MANY, &self.table);
        let keys: BTreeSet<&RowKey> = keys.iter().collect();
        if keys.len() > ROWS_GET_MAX {
            return Err(fault(Failure::permanent(format!(
                "at most {ROWS_GET_MAX} keys at a time, not {}",
                keys.len()
            ))));
        }
        let mut unread: Vec<Item> = keys.into_iter().map(key_of_row).collect();
        let mut rows = Vec::with_capacity(unread.len());
        let mut budget = Budget::new(&self.clock, BUDGET_MS);
        while !unread.is_empty() {
            let asked = unread.len();
            let answer = attempts::read(&self.clock, || self.get_some(unread.clone())).await;
            let (found, left) = answer.map_err(fault)?;
            for item in found {
                rows.push(row_of(item).map_err(|error| fault(Failure::permanent(error)))?);
            }
            // What does not fit into one answer is read at once; what was throttled has to wait.
            if left.len() == asked && !budget.pause().await {
                return Err(fault(Failure::busy("none of the keys were read")));
            }
            unread = left;
        }
        Ok(rows)
    }

    async fn query(&self, query: &RowQuery) -> Result<Vec<Row>, Fault> {
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let fault = |failure: Failure| failure.into_fault(QUERY, &query.partition);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let request = self.query_request(query);
        let mut rows: Vec<Row> = Vec::new();
        let mut start = None;
        for _ in 0..QUERY_PAGES_MAX {
            // One more than is missing, for the row that is left out.
            let missing = i32::try_from(limit - rows.len()).unwrap_or(i32::MAX).saturating_add(1);
            let page = request.clone().limit(missing).set_exclusive_start_key(start);
            let page = attempts::read(&self.clock, || async { page.clone().send().await.map_err(failure) }).await;
            let page = page.map_err(fault)?;
            for item in page.items.unwrap_or_default() {
                let row = row_of(item).map_err(|error| fault(Failure::permanent(error)))?;
                if rows.len() < limit && !query.starts_after(&row) {
                    rows.push(row);
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() || rows.len() >= limit {
                return Ok(rows);
            }
        }
        Err(fault(Failure::permanent("the table never ends its pages")))
    }

    async fn write(&self, writes: &[RowWrite]) -> Result<(), RowsError> {
        check_writes(writes)?;
        let object = || writes.first().map(|write| write.key().to_string()).unwrap_or_default();
        let request = self.request(writes).map_err(|failure| failure.into_fault(WRITE, object()))?;
        match attempts::write(&self.clock, || self.send(&request)).await {
            Ended::Done => Ok(()),
            // An earlier attempt may have landed and left these very rows.
            Ended::Condition(_) if self.landed(writes).await? => Ok(()),
            Ended::Condition(_) => Err(RowsError::Conflict),
            Ended::Failed(failure) => Err(failure.into_fault(WRITE, object()).into()),
            Ended::InDoubt(failure) => match self.landed(writes).await {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => Err(failure.into_fault(WRITE, object()).into()),
            },
        }
    }
}

//! The layout of both tables, for emulators and tests; on AWS Terraform creates the same.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};

use super::items::{INDEX_PARTITION, INDEX_SORT, PARTITION, SORT};
use crate::item::{STREAM, VERSION};

/// Name of the secondary index of the rows.
pub const ROWS_INDEX: &str = "by-index";

/// Names of the two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableNames {
    /// The event table.
    pub events: String,
    /// The rows of projections.
    pub rows: String,
}

impl Default for TableNames {
    fn default() -> Self {
        Self { events: "tillroll-events".to_owned(), rows: "tillroll-rows".to_owned() }
    }
}

/// A table could not be created.
#[derive(Debug, thiserror::Error)]
#[error("create table {table}: {reason}")]
pub struct NotCreated {
    table: String,
    reason: String,
}

/// Creates both tables unless they are there.
///
/// The event table's stream brings new images only: events never change, so an old image would say nothing, and
/// publish needs the whole event. A change or removal still shows, by the name of its record.
pub async fn create_tables(client: &Client, names: &TableNames) -> Result<(), NotCreated> {
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
    let stream = stream.build().map_err(|error| not_created(&names.events, &error))?;
    let events = client.create_table().stream_specification(stream);
    let events = with_key(events, STREAM, (VERSION, ScalarAttributeType::N));
    create(events.map_err(|error| not_created(&names.events, &error))?, &names.events).await?;

    let rows = with_key(client.create_table(), PARTITION, (SORT, ScalarAttributeType::S));
    let rows = rows.and_then(with_index).map_err(|error| not_created(&names.rows, &error))?;
    create(rows, &names.rows).await
}

type Built<T> = Result<T, aws_sdk_dynamodb::error::BuildError>;

fn with_key(
    table: CreateTableFluentBuilder,
    hash: &str,
    (range, range_type): (&str, ScalarAttributeType),
) -> Built<CreateTableFluentBuilder> {
    Ok(table
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute(hash, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(range, range_type)?)
        .key_schema(key(hash, KeyType::Hash)?)
        .key_schema(key(range, KeyType::Range)?))
}

fn with_index(table: CreateTableFluentBuilder) -> Built<CreateTableFluentBuilder> {
    let index = GlobalSecondaryIndex::builder()
        .index_name(ROWS_INDEX)
        .key_schema(key(INDEX_PARTITION, KeyType::Hash)?)
        .key_schema(key(INDEX_SORT, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    Ok(table
        .attribute_definitions(attribute(INDEX_PARTITION, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(INDEX_SORT, ScalarAttributeType::S)?)
        .global_secondary_indexes(index.build()?))
}

fn attribute(name: &str, scalar: ScalarAttributeType) -> Built<AttributeDefinition> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(scalar).build()
}

fn key(name: &str, key_type: KeyType) -> Built<KeySchemaElement> {
    KeySchemaElement::builder().attribute_name(name).key_type(key_type).build()
}

async fn create(table: CreateTableFluentBuilder, name: &str) -> Result<(), NotCreated> {
    match table.table_name(name).send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(answer)) if matches!(answer.err(), CreateTableError::ResourceInUseException(_)) => {
            Ok(())
        }
        Err(error) => Err(not_created(name, &DisplayErrorContext(&error))),
    }
}

fn not_created(table: &str, reason: &impl std::fmt::Display) -> NotCreated {
    NotCreated { table: table.to_owned(), reason: reason.to_string() }
}

//! The client request token of a transaction: DynamoDB answers a repeated transaction by it for ten minutes.

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use sha2::{Digest, Sha256};

use crate::record::EventRecord;

/// Hexadecimal digits in a token: 36 characters are the most that DynamoDB takes.
const TOKEN_DIGITS: usize = 32;

/// Whether transactions carry a client request token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// They do: on AWS.
    Send,
    /// They do not: for an emulator that looks through all tokens of the last ten minutes in every transaction.
    /// Nothing is lost by it, because a doubtful outcome is settled by the events that are found in the table.
    Omit,
}

/// The token of a commit: a function of everything in it and of the table, because DynamoDB remembers tokens for a
/// whole account. So the same commit always has the same one.
pub(super) fn token_of(table: &str, events: &[EventRecord]) -> String {
    let mut hash = Sha256::new();
    hash.update(table);
    hash.update(b"\n");
    for event in events {
        hash.update(event.to_json());
        hash.update(b"\n");
    }
    let mut token = format!("{:x}", hash.finalize());
    token.truncate(TOKEN_DIGITS);
    token
}

/// Takes out the token that the SDK fills in by itself when a transaction has none.
#[derive(Debug)]
pub(super) struct WithoutToken;

impl Intercept for WithoutToken {
    fn name(&self) -> &'static str {
        "WithoutToken"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(input) = context.input_mut().downcast_mut::<TransactWriteItemsInput>() {
            input.client_request_token = None;
        }
        Ok(())
    }
}

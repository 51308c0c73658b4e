//! The way around the SDK's own reading of a query's answer, and the only file that knows how it is taken.
//!
//! The SDK makes of every attribute a map entry of owned strings before anybody can say what is wanted; that is four
//! fifths of what loading a cart costs. Everything else about a call stays the SDK's: endpoint, credentials, signature,
//! connection, timeouts, errors, and collecting the body. Only the last step, turning the body into a value, is
//! replaced, for one call at a time: the call's own [`Shortcut`] stands in the SDK's place, so two calls cannot mix.
//!
//! Whatever is not a plain success, or has anything unusual in it ([`page`](super::page)), goes to the reader that the
//! SDK would have used, with the same bytes, and what comes out is what would have come out without this file.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents, RuntimePlugin};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::query::{Query, QueryOutput};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use tillroll_core::id::StreamId;

use super::items::Item;
use super::page::{FromItem, Page, read_page};
use crate::item::{STREAM, VERSION};

/// The HTTP status of a query that was answered.
const ANSWERED: u16 = 200;

/// Reads the answer to one query for events of a stream. To be added to that call as an interceptor; afterwards the
/// events are taken out of it.
#[derive(Debug)]
pub(super) struct Shortcut<R> {
    stream: StreamId,
    /// `None` as long as the SDK has read what there was to read.
    events: Arc<Mutex<Option<Vec<R>>>>,
}

impl<R> Clone for Shortcut<R> {
    fn clone(&self) -> Self {
        Self { stream: self.stream, events: Arc::clone(&self.events) }
    }
}

impl<R: FromItem> Shortcut<R> {
    pub(super) fn new(stream: StreamId) -> Self {
        Self { stream, events: Arc::default() }
    }

    /// The events of the page, unless the SDK has read it: then they are in its answer.
    pub(super) fn take(&self) -> Option<Vec<R>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The SDK's answer without the items, and these aside.
    fn answer(&self, page: Page<R>) -> QueryOutput {
        *self.events.lock().unwrap_or_else(PoisonError::into_inner) = Some(page.events);
        let key = page.last_evaluated.map(|version| {
            Item::from([
                (STREAM.to_owned(), AttributeValue::S(self.stream.to_string())),
                (VERSION.to_owned(), AttributeValue::N(version.to_string())),
            ])
        });
        QueryOutput::builder().set_last_evaluated_key(key).build()
    }
}

#[dyn_dispatch_hint]
impl<R: FromItem> Intercept for Shortcut<R> {
    fn name(&self) -> &'static str {
        "Shortcut"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(SharedResponseDeserializer::new(self.clone()));
        Ok(())
    }
}

impl<R: FromItem> DeserializeResponse for Shortcut<R> {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        // An earlier attempt of the same call may have left events.
        self.take();
        let body = response.body().bytes().filter(|_| response.status().as_u16() == ANSWERED);
        match body.map(|body| read_page(body, self.stream)) {
            Some(Ok(page)) => Ok(Output::erase(self.answer(page))),
            Some(Err(_)) | None => read_by_sdk(response, config),
        }
    }
}

/// What the SDK would have made of the response.
fn read_by_sdk(response: &HttpResponse, config: &ConfigBag) -> Result<Output, OrchestratorError<Error>> {
    let operation = Query::new().config();
    match operation.as_ref().and_then(|operation| operation.load::<SharedResponseDeserializer>()) {
        Some(sdk) => sdk.deserialize_nonstreaming_with_config(response, config),
        None => Err(OrchestratorError::other("the SDK has no reader for the answer to a query")),
    }
}

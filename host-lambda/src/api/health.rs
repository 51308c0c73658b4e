//! What a host says of itself: alive, ready, which build, which prices.

use serde_json::json;
use tillroll_core::cart::Catalogue;
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use uuid::Uuid;

use super::response::etag;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::ports::EventTable as _;

impl<P: Ports> Api<P> {
    /// Alive: it answers.
    pub(super) fn healthz(request: &ApiRequest) -> Answer {
        request.query(&[])?;
        Ok(ApiResponse::json(200, &json!({"status": "alive"})))
    }

    /// Ready: the event table answers a read of one key.
    pub(super) async fn readyz(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        self.ports.table().load(StreamId::new(Uuid::nil()), 0, Some(1)).await?;
        Ok(ApiResponse::json(200, &json!({"status": "ready"})))
    }

    pub(super) fn version(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let (version, reducer) = (&self.settings.version, &self.settings.reducer);
        Ok(ApiResponse::json(200, &json!({"version": version, "reducer": reducer})))
    }

    pub(super) fn catalogue(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let no_catalogue = || Problem::not_found("this shop has no catalogue");
        let catalogue = self.settings.catalogue.as_ref().ok_or_else(no_catalogue)?;
        let tag = etag(tag_of(catalogue));
        let response =
            if request.none_match(&tag) { ApiResponse::empty(304) } else { ApiResponse::json(200, catalogue) };
        Ok(response.with("etag", tag).with("cache-control", "no-cache"))
    }
}

/// The catalogue's version, or a fingerprint of it where it has characters that no entity tag may have.
fn tag_of(catalogue: &Catalogue) -> String {
    let version = &catalogue.version;
    let fits = version.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    if fits { version.clone() } else { Fingerprint::of_bytes(version.as_bytes()).to_string() }
}

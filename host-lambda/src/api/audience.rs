//! Whose routes a host has. This is said by a type and not by a value, because a program holds the code of every route
//! that its types can reach, whatever its values say: so the function of shoppers has no code for replays.

use serde_json::Value;

use super::gateway::direct::{Call, NotDone};
use super::routes::{Route, nothing_here};
use super::{Answer, Api, ApiRequest, Ports};

/// Those who ask a host for something.
pub trait Audience: Send + Sync + 'static {
    /// Answers a request for `route`, if it is theirs.
    fn answer<P: Ports>(api: &Api<P>, request: &ApiRequest, route: Route) -> impl Future<Output = Answer> + Send;

    /// Carries out a call of the Ruby system, if they may call so; `None` otherwise.
    fn direct<P: Ports>(
        api: &Api<P>,
        call: Call,
        event: &str,
        request_id: &str,
    ) -> impl Future<Output = Option<Result<Value, NotDone>>> + Send;
}

/// Those who have a cart.
#[derive(Clone, Copy, Debug)]
pub struct Shoppers;

/// Those who run the shop.
#[derive(Clone, Copy, Debug)]
pub struct Operators;

/// Both, as on a laptop.
#[derive(Clone, Copy, Debug)]
pub struct Everybody;

impl Audience for Shoppers {
    async fn answer<P: Ports>(api: &Api<P>, request: &ApiRequest, route: Route) -> Answer {
        if route.is_for_operators(request) {
            return Err(nothing_here());
        }
        let method = route.method(request)?;
        api.route_of_shoppers(request, method, route).await
    }

    async fn direct<P: Ports>(
        api: &Api<P>,
        call: Call,
        event: &str,
        request_id: &str,
    ) -> Option<Result<Value, NotDone>> {
        Some(api.direct(call, event, request_id).await)
    }
}

impl Audience for Operators {
    async fn answer<P: Ports>(api: &Api<P>, request: &ApiRequest, route: Route) -> Answer {
        if !route.is_for_operators(request) {
            return Err(nothing_here());
        }
        let method = route.method(request)?;
        api.admit_operator(request, method)?;
        api.route_of_operators(request, method, route).await
    }

    async fn direct<P: Ports>(_: &Api<P>, _: Call, _: &str, _: &str) -> Option<Result<Value, NotDone>> {
        None
    }
}

impl Audience for Everybody {
    async fn answer<P: Ports>(api: &Api<P>, request: &ApiRequest, route: Route) -> Answer {
        if route.is_for_operators(request) {
            Operators::answer(api, request, route).await
        } else {
            Shoppers::answer(api, request, route).await
        }
    }

    async fn direct<P: Ports>(
        api: &Api<P>,
        call: Call,
        event: &str,
        request_id: &str,
    ) -> Option<Result<Value, NotDone>> {
        Shoppers::direct(api, call, event, request_id).await
    }
}

//! `POST /generations/clear`: removes the rows of generations that nobody reads any more. One request removes a bounded
//! number and says whether there are more; sent again it goes on.

use serde::{Deserialize, Serialize};

use super::dead_letters::known_subscription;
use super::request::Body;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports};
use crate::functions::clear::{ClearMode, Cleared, clear};
use crate::generations;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::reminders::Reminders;
use crate::subscriptions::suggestions::Suggestions;
use crate::verify::Projection;

/// Rows that one request removes, within the time that a gateway gives it.
const REMOVED_MAX: u64 = 2_000;
/// Rows that one request counts.
const COUNTED_MAX: u64 = 20_000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClearBody {
    subscription: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Answered {
    generations: Vec<OfGeneration>,
    more: bool,
}

#[derive(Debug, Serialize)]
struct OfGeneration {
    subscription: &'static str,
    generation: u32,
    rows: u64,
}

impl<P: Ports> Api<P> {
    pub(super) async fn clear_generations(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let body: ClearBody = match &request.body {
            Body::Whole(bytes) if bytes.is_empty() => ClearBody::default(),
            Body::Whole(_) | Body::TooLarge => request.json()?,
        };
        let of = body.subscription.as_deref().map(known_subscription).transpose()?;
        let (mode, mut left) =
            if body.dry_run { (ClearMode::DryRun, COUNTED_MAX) } else { (ClearMode::ForReal, REMOVED_MAX) };
        let rows = self.ports.rows();
        let mut answered = Answered { generations: Vec::new(), more: false };
        let projections: [&dyn Projection; 3] = [&Carts, &Suggestions, &Reminders];
        for projection in projections.into_iter().filter(|projection| of.is_none_or(|of| of == projection.name())) {
            let subscription = projection.name();
            let generations = generations::read(rows, subscription).await?;
            for generation in generations.superseded() {
                let Cleared { rows, more } = clear(rows, projection, (&generations, generation), mode, left).await?;
                if rows > 0 {
                    answered.generations.push(OfGeneration { subscription, generation, rows });
                }
                left = left.saturating_sub(rows);
                answered.more |= more;
            }
        }
        Ok(ApiResponse::json(200, &answered))
    }
}

//! Who calls the local front. It trusts whoever reaches it, until an issuer of tokens is named in its environment: then it
//! asks for the same tokens as the functions on AWS, by the same variables (`TILLROLL_ISSUER` and its companions).

use tillroll_host_lambda::api::{ApiRequest, Problem};
use tillroll_host_lambda::auth::Verifier;
use tillroll_host_lambda::lambda::configuration::{self, NotConfigured};
use tillroll_host_lambda::lambda::key_source::{IssuerKeys, verifier};
use tillroll_host_lambda::ports::Clock;

/// Everybody, or those who have a token of an issuer.
#[derive(Debug, Default)]
pub struct Callers(Option<Verifier<IssuerKeys>>);

impl Callers {
    /// What an environment says.
    pub fn told(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, NotConfigured> {
        let configuration::Callers { issuer, operators } = configuration::Callers::read(lookup)?;
        Ok(Self(issuer.map(|issuer| verifier(&issuer, operators))))
    }

    /// Whether it matters who calls.
    #[must_use]
    pub fn are_checked(&self) -> bool {
        self.0.is_some()
    }

    /// Makes a request that of whom its token names.
    pub async fn name<C: Clock>(&self, request: &mut ApiRequest, clock: &C) -> Result<(), Problem> {
        if let Some(verifier) = &self.0 {
            request.caller = verifier.caller(request, clock).await?;
        }
        Ok(())
    }
}

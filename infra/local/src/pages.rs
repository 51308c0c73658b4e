//! The pages that the local system serves beside its API: what `web/` was built into, read from its files. The program
//! has none inside, so building it needs no Node; where pages were never built, there are none.

use std::env;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use tower_http::services::ServeDir;

/// Address of each set of pages, and its folder in the project.
const SETS: [(&str, &str); 2] = [("/shop", "web/storefront/dist"), ("/timeline", "web/timeline/dist")];
/// What every folder of built pages has.
const FIRST_PAGE: &str = "index.html";

/// Scripts, styles and requests of this origin alone; `wasm-unsafe-eval` admits wasm and nothing else. What an event
/// says can then not run, wherever it is shown.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
/// Where a build puts the files whose names are made from their content: they never change. All others are asked for
/// again.
const NAMED_BY_CONTENT: &str = "/assets/";
const KEPT: &str = "public, max-age=31536000, immutable";
const ASKED_AGAIN: &str = "no-cache";

/// The sets of pages that were built.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    found: Vec<(&'static str, PathBuf)>,
}

impl Pages {
    /// Those of the project in which somebody stands, or in which this program was built.
    #[must_use]
    pub fn find() -> Self {
        let starts = [env::current_dir().ok(), env::current_exe().ok()];
        Self::find_above(&starts.into_iter().flatten().collect::<Vec<_>>())
    }

    fn find_above(starts: &[PathBuf]) -> Self {
        let folders = || starts.iter().flat_map(|start| start.ancestors());
        let built = |set| folders().map(|folder| folder.join(set)).find(|set| set.join(FIRST_PAGE).is_file());
        Self { found: SETS.iter().filter_map(|(address, set)| Some((*address, built(set)?))).collect() }
    }

    /// Where each set is, as `/shop/`.
    pub fn addresses(&self) -> impl Iterator<Item = String> {
        self.found.iter().map(|(address, _)| format!("{address}/"))
    }

    /// Routes for all of them. A name without a dot that is no file is the page's own to understand.
    pub fn routes(&self) -> Router {
        let mut routes = Router::new();
        for (address, folder) in &self.found {
            let page = folder.join(FIRST_PAGE);
            let otherwise = Router::new().fallback(move |asked: Uri| {
                let page = page.clone();
                async move { if asked.path().contains('.') { not_found() } else { first_page(&page).await } }
            });
            let files = ServeDir::new(folder).precompressed_br().precompressed_gzip().fallback(otherwise);
            let with_slash = format!("{address}/");
            let to_slash = get(move || async move { Redirect::permanent(&with_slash) });
            routes = routes.nest_service(&format!("{address}/"), files).route(address, to_slash);
        }
        routes.layer(from_fn(with_policy))
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is no such file\n").into_response()
}

async fn first_page(page: &Path) -> Response {
    match tokio::fs::read_to_string(page).await {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::warn!(%error, page = %page.display(), "a page cannot be read; it may be built anew just now");
            not_found()
        }
    }
}

async fn with_policy(request: Request, next: Next) -> Response {
    let keeps = request.uri().path().contains(NAMED_BY_CONTENT);
    let mut response = next.run(request).await;
    let keeps = keeps && response.status().is_success();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(if keeps { KEPT } else { ASKED_AGAIN }));
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::fs;

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn pages_are_served_from_where_they_were_built_under_a_strict_policy() {
        let project = tempfile::tempdir().unwrap();
        let built = project.path().join("web/storefront/dist");
        fs::create_dir_all(built.join("assets")).unwrap();
        fs::write(built.join("index.html"), "<p>shop").unwrap();
        fs::write(built.join("assets/a.wasm"), "wasm").unwrap();
        fs::write(project.path().join("web/storefront/secret.txt"), "secret").unwrap();
        let inside = project.path().join("target/debug");

        let pages = Pages::find_above(&[inside]);
        assert_eq!(pages.addresses().collect::<Vec<_>>(), ["/shop/"], "the other one was not built");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}/shop", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, pages.routes()).into_future());

        for (path, status, says) in [
            ("", 200, "<p>shop"),
            ("/", 200, "<p>shop"),
            ("/compare", 200, "<p>shop"),
            ("/assets/a.wasm", 200, "wasm"),
            ("/assets/gone.js", 404, "there is no such file\n"),
            ("/..%2fsecret.txt", 404, "there is no such file\n"),
            ("/assets/..%2f..%2fsecret.txt", 404, "there is no such file\n"),
        ] {
            let answer = reqwest::get(format!("{shop}{path}")).await.unwrap();
            let headers = answer.headers().clone();
            assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (status, says), "{path}");
            assert!(headers["content-security-policy"].to_str().unwrap().contains("script-src 'self'"), "{path}");
            let kept = headers["cache-control"].to_str().unwrap().contains("immutable");
            assert_eq!(kept, path == "/assets/a.wasm", "{path}");
            if path == "/assets/a.wasm" {
                assert_eq!(headers["content-type"], "application/wasm");
            }
        }
    }
}

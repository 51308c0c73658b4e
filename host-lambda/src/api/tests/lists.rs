//! What projections, the pipeline and the host show.

use super::*;

#[tokio::test]
async fn a_directory_without_carts_is_an_empty_page() {
    let shop = shop();
    assert_eq!(shop.get("/carts").await.json(), json!({"carts": [], "cursor": null}));
    for wrong in ["limit=0", "limit=1001", "cursor=nonsense", "page=2"] {
        assert_eq!(shop.get(&format!("/carts?{wrong}")).await.problem(), (400, "invalid_query".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn suggestions_go_with_an_item() {
    let shop = shop();
    let reply = shop.get("/suggestions?sku=oat%20milk&limit=3").await;
    assert_eq!(reply.json(), json!({"sku": "oat milk", "suggestions": []}));
    for wrong in ["", "?sku=", "?sku=a&limit=101", "?sku=%ff"] {
        let reply = shop.get(&format!("/suggestions{wrong}")).await;
        assert_eq!(reply.problem(), (400, "invalid_query".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn the_pipeline_shows_stages_dead_letters_and_parked_carts() {
    let json = shop().get("/pipeline").await.json();
    assert_eq!(json["stages"], json!([{"name": "publish", "state": "running", "lag_events": 3, "lag_ms": 20}]));
    assert_eq!(json["dead_letters"], json!([{"subscription": "carts", "messages": 0}]));
    assert_eq!(json["parked"], json!([]));
}

#[tokio::test]
async fn a_host_says_that_it_lives_and_which_build_it_is() {
    let shop = shop();
    assert_eq!(shop.get("/healthz").await.json(), json!({"status": "alive"}));
    assert_eq!(shop.get("/readyz").await.json(), json!({"status": "ready"}));
    assert_eq!(shop.get("/version").await.json(), json!({"version": "1.2.3", "reducer": REDUCER}));
}

#[tokio::test]
async fn the_catalogue_is_known_by_its_version() {
    assert_eq!(shop().get("/catalogue").await.problem(), (404, "not_found".to_owned()));
    let shop = shop_with(|settings| settings.catalogue = Some(catalogue()));
    let reply = shop.get("/catalogue").await;
    assert_eq!((reply.status, reply.header("etag")), (200, Some("\"2017-07\"")));
    assert_eq!(reply.json(), serde_json::to_value(catalogue()).unwrap());
    let again = shop.send(request("GET", "/catalogue").with("if-none-match", "\"2017-07\"")).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let mut odd = catalogue();
    odd.version = "\r\n\"x".to_owned();
    let odd = shop_with(|settings| settings.catalogue = Some(odd));
    assert_eq!(odd.get("/catalogue").await.header("etag").map(str::len), Some(18), "a fingerprint instead");
}

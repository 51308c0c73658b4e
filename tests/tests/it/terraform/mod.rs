//! infra/aws without AWS: it is well formed wherever it lies, keeps the promises of docs/reliability.md, and each of those
//! promises was seen broken by a change that breaks it.

mod stand_in;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tillroll_tests::terraform::{Terraform, module};

/// Changes that lose data, widen a right or deafen an alarm: the file, what stands there, what stands there instead, and
/// the assertion that must turn red.
const CHANGES: [(&str, &str, &str, &str); 30] = [
    (
        "modules/lambda_function/main.tf",
        r#"["logs:CreateLogStream", "logs:PutLogEvents"]"#,
        r#"["logs:*"]"#,
        "no_role_may_do_a_wildcard",
    ),
    (
        "machines.tf",
        "Resource = module.replay.arn",
        r#"Resource = "*""#,
        "no_role_may_touch_a_wildcard_but_the_listed_ones",
    ),
    ("rights.tf", r#""dynamodb:UpdateItem", "#, "", "every_function_is_denied_to_edit_history"),
    (
        "schedules.tf",
        r#"Action = "sqs:SendMessage""#,
        r#"Action = ["sqs:SendMessage", "s3:DeleteObject"]"#,
        "nobody_is_allowed_to_edit_history",
    ),
    (
        "modules/stream_mapping/main.tf",
        r#"["ReportBatchItemFailures"]"#,
        "null",
        "every_mapping_reports_batch_item_failures",
    ),
    (
        "pipeline.tf",
        "parallelization_factor = 1",
        "parallelization_factor = 2",
        "publish_takes_one_batch_of_a_shard_at_a_time",
    ),
    (
        "modules/stream_mapping/main.tf",
        "maximum_retry_attempts             = -1",
        "maximum_retry_attempts             = 10",
        "no_mapping_of_a_stream_ever_gives_up",
    ),
    (
        "modules/stream_mapping/main.tf",
        "bisect_batch_on_function_error     = true",
        "bisect_batch_on_function_error     = false",
        "a_batch_that_fails_is_halved",
    ),
    ("modules/stream_mapping/main.tf", r#""TRIM_HORIZON""#, r#""LATEST""#, "every_stream_is_read_from_its_beginning"),
    (
        "modules/stream_mapping/main.tf",
        "  destination_config {\n    on_failure {\n      destination_arn = var.given_up_arn\n    }\n  }\n",
        "",
        "what_a_mapping_gives_up_is_told",
    ),
    ("pipeline.tf", "window_s     = 0", "window_s     = 5", "publish_waits_for_nothing"),
    ("pipeline.tf", "= 1000\n", "= 100\n", "an_object_holds_half_a_minute_or_a_thousand_events"),
    ("modules/subscription/main.tf", "= 10\n", "= 1\n", "replayed_messages_come_ten_at_a_time"),
    ("modules/subscription/main.tf", "var.receive_count_max", "3", "a_replayed_message_is_tried_at_least_five_times"),
    (
        "modules/subscription/main.tf",
        "6 * module.project.timeout_s",
        "module.project.timeout_s",
        "a_replayed_message_stays_hidden_for_six_times_the_functions_time",
    ),
    (
        "modules/subscription/main.tf",
        "content_based_deduplication = false",
        "content_based_deduplication = true",
        "a_second_replay_is_not_swallowed",
    ),
    (
        "modules/event_store/tables.tf",
        "point_in_time_recovery {\n    enabled = true",
        "point_in_time_recovery {\n    enabled = false",
        "tables_are_encrypted_recoverable_and_protected",
    ),
    ("modules/event_store/tables.tf", r#""NEW_IMAGE""#, r#""KEYS_ONLY""#, "the_table_stream_brings_whole_events"),
    ("modules/event_store/bus.tf", "= 168", "= 24", "the_bus_is_encrypted_and_keeps_a_week"),
    (
        "modules/event_store/archive.tf",
        "block_public_acls       = true",
        "block_public_acls       = false",
        "nobody_outside_reaches_the_archive",
    ),
    (
        "modules/event_store/archive.tf",
        "BucketOwnerEnforced",
        "BucketOwnerPreferred",
        "the_archive_is_owned_versioned_and_encrypted",
    ),
    (
        "modules/event_store/archive.tf",
        r#""aws:SecureTransport" = "false""#,
        r#""aws:SecureTransport" = "true""#,
        "the_archive_is_reached_over_tls_only",
    ),
    (
        "modules/event_store/archive.tf",
        "    transition {",
        "    expiration {\n      days = 365\n    }\n\n    transition {",
        "nothing_in_the_archive_expires",
    ),
    ("encryption.tf", "enable_key_rotation     = true", "enable_key_rotation     = false", "the_key_rotates"),
    (
        "modules/cart_api/main.tf",
        r#"{ function = "operate", token = true }"#,
        r#"{ function = "operate", token = false }"#,
        "every_route_but_the_open_ones_needs_a_token",
    ),
    (
        "modules/cart_api/main.tf",
        "target             = \"integrations/${aws_apigatewayv2_integration.this[each.value.function].id}\"",
        "target             = \"integrations/${aws_apigatewayv2_integration.this[\"command\"].id}\"",
        "operators_and_shoppers_are_answered_by_their_own_functions",
    ),
    ("modules/observability/alarms.tf", "archive-differs =", "archive-odd =", "every_alarm_of_the_list_is_there"),
    (
        "modules/observability/alarms.tf",
        r#"alarm_actions = [aws_sns_topic.this[each.value.severity == "notice" ? "notice" : "page"].arn]"#,
        "alarm_actions = []",
        "every_alarm_is_heard",
    ),
    (
        "modules/observability/alarms.tf",
        "publish = { notice = local.minute_s",
        "publish = { notice = local.hour_s",
        "publish_is_missed_long_before_the_table_stream_forgets",
    ),
    ("modules/observability/alarms.tf", r#""breaching""#, r#""notBreaching""#, "a_sweep_that_did_not_run_is_missed"),
];

fn root() -> PathBuf {
    module().join("../..").canonicalize().unwrap()
}

#[test]
fn terraform_is_formatted_and_validates_wherever_it_is_copied() {
    let Some(terraform) = Terraform::of_a_copy() else { return };
    terraform.run(&["fmt", "-check", "-recursive", "-diff"]).fine();
    terraform.run(&["validate"]).fine();
    for environment in ["dev", "production"] {
        assert!(module().join(format!("environments/{environment}.tfvars")).is_file());
    }
}

#[test]
fn e40_the_promises_of_the_pipeline_hold_for_what_terraform_would_build() {
    let Some(terraform) = Terraform::of_a_copy() else { return };
    let said = terraform.run(&["test"]).fine().said;
    assert!(said.contains("5 passed, 0 failed"), "{said}");
}

/// All changes in one copy: each is where no other one is, and every assertion speaks for itself.
#[test]
fn e40_every_change_that_loses_data_or_widens_a_right_turns_its_assertion_red() {
    let Some(terraform) = Terraform::of_a_copy() else { return };
    for (file, from, to, _) in CHANGES {
        terraform.change(file, from, to);
    }
    let ran = terraform.run(&["test", "-filter=tests/system.tftest.hcl"]);
    assert_ne!(ran.status, Some(0), "{}", ran.said);
    for (file, _, to, assertion) in CHANGES {
        assert!(ran.said.contains(assertion), "{to:?} in {file} was not noticed by {assertion}:\n{}", ran.said);
    }
    let asserted = fs::read_to_string(module().join("tests/system.tftest.hcl")).unwrap();
    let asserted = asserted.lines().filter_map(|line| line.trim().strip_prefix("error_message = \""));
    let asserted: BTreeSet<&str> = asserted.filter_map(|rest| rest.strip_suffix('"')).collect();
    let broken = CHANGES.iter().map(|(.., assertion)| *assertion).collect();
    let unbroken: Vec<_> = asserted.difference(&broken).collect();
    assert!(unbroken.is_empty(), "nobody saw these red: {unbroken:?}");
}

/// The gateway knows every route of the description, and no other.
#[test]
fn the_gateway_has_the_routes_of_the_description() {
    let description = fs::read_to_string(root().join("docs/openapi.json")).unwrap();
    let description: Value = serde_json::from_str(&description).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let described: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let text = fs::read_to_string(module().join("modules/cart_api/main.tf")).unwrap();
    let quoted = text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
    let routed: BTreeSet<String> =
        quoted.filter(|text| text.starts_with("GET /") || text.starts_with("POST /")).map(str::to_owned).collect();
    assert_eq!(routed, described);
}

/// checkov, which nobody here wrote, knows what is usually forgotten. What it finds and is meant so says why, there.
#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so to whoever runs it")]
fn checkov_finds_nothing_that_is_not_explained() {
    if std::env::var_os("TILLROLL_TEST_WITHOUT_PEERS").is_some_and(|value| value == "1") {
        eprintln!("skipped: TILLROLL_TEST_WITHOUT_PEERS=1");
        return;
    }
    let program = root().join(".peers/checkov/bin/checkov");
    assert!(program.exists(), "{} is missing: run `cargo xtask peers`", program.display());
    let mut command = Command::new(program);
    command.args(["--framework", "terraform", "--skip-download", "--output", "json", "--directory"]).arg(module());
    // It gives up on a file after ten seconds otherwise, which is little on a machine with other things to do.
    let output = command.env("HCL_PARSE_TIMEOUT_SEC", "600").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let found: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
    let (summary, results) = (&found["summary"], &found["results"]);
    assert_eq!(
        (&summary["failed"], &summary["parsing_errors"]),
        (&0.into(), &0.into()),
        "{:#}",
        results["failed_checks"]
    );
    assert!(summary["passed"].as_u64() > Some(250), "{summary}");
    for skipped in results["skipped_checks"].as_array().unwrap() {
        let why = skipped["check_result"]["suppress_comment"].as_str().unwrap_or_default();
        assert!(why.len() > 20, "{} at {} does not say why", skipped["check_id"], skipped["resource"]);
    }
}

/// One provider, in the version that is tested, and nothing that only this machine has.
#[test]
fn the_module_needs_one_provider_and_names_no_place() {
    for path in terraform_files(&module()) {
        let text = fs::read_to_string(&path).unwrap();
        let sources = text.lines().filter_map(|line| line.trim().strip_prefix("source "));
        for source in sources.filter_map(|rest| rest.split('"').nth(1)) {
            assert!(
                source == "hashicorp/aws" || source.starts_with("./") || source.starts_with("../"),
                "{}: {source}",
                path.display()
            );
        }
    }
}

fn terraform_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with(".terraform") {
            files.extend(terraform_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            files.push(path);
        }
    }
    files
}

# The whole system against a made-up AWS: what must hold whatever is changed. `cargo xtask test` also changes a copy in
# many ways and sees an assertion turn red for each; it knows them by their messages.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  environment  = "test"
  region       = "eu-central-1"
  budget_usd   = 10
  alarm_emails = ["operators@shop.example"]
  cors_origins = ["https://shop.example"]
  direct_calls = ["open_cart"]
  tokens       = { issuer = "https://issuer.example/", audience = "tillroll" }
  packages = {
    command = "tests/aws/package"
    operate = "tests/aws/package"
    publish = "tests/aws/package"
    archive = "tests/aws/package"
    replay  = "tests/aws/package"
    project = "tests/aws/package"
    remind  = "tests/aws/package"
    sweep   = "tests/aws/package"
  }
}

run "the_whole_system" {
  # Rights.

  assert {
    condition = alltrue(flatten([for policy in output.rights : [for statement in jsondecode(policy).Statement :
      [for action in flatten([statement.Action]) : !strcontains(action, "*")] if statement.Effect == "Allow"
    ]]))
    error_message = "no_role_may_do_a_wildcard"
  }

  assert {
    condition = alltrue(flatten([for policy in output.rights : [for statement in jsondecode(policy).Statement :
      [for resource in flatten([statement.Resource]) :
        !strcontains(resource, "*") || anytrue([for listed in [":log-group:[^*]*:\\*$", "/v1/\\*$", "/stream/\\*$", ":execution:[^*]*[:/]\\*$"] : can(regex(listed, resource))])
      ] if statement.Effect == "Allow"
    ]]))
    error_message = "no_role_may_touch_a_wildcard_but_the_listed_ones"
  }

  assert {
    condition = alltrue([for name, policy in output.rights : length(setsubtract(
      ["dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "s3:DeleteObject*"],
      flatten([for statement in jsondecode(policy).Statement : statement.Action if statement.Effect == "Deny"]),
    )) == 0 if contains(keys(output.functions), name)])
    error_message = "every_function_is_denied_to_edit_history"
  }

  assert {
    condition = alltrue([for policy in output.rights : length(setintersection(
      ["dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "s3:DeleteObject", "s3:DeleteObjectVersion"],
      flatten([for statement in jsondecode(policy).Statement : statement.Action if statement.Effect == "Allow"]),
    )) == 0])
    error_message = "nobody_is_allowed_to_edit_history"
  }

  # Mappings, and the queues behind them.

  assert {
    condition = alltrue([for mapping in output.mappings : contains(mapping.function_response_types, "ReportBatchItemFailures")
    if mapping.function_response_types != null]) && alltrue([for mapping in output.mappings : mapping.function_response_types != null])
    error_message = "every_mapping_reports_batch_item_failures"
  }

  assert {
    condition     = output.mappings.publish.parallelization_factor == 1
    error_message = "publish_takes_one_batch_of_a_shard_at_a_time"
  }

  assert {
    condition     = alltrue([for name, mapping in output.mappings : mapping.maximum_retry_attempts == -1 && mapping.maximum_record_age_in_seconds == -1 if !startswith(name, "replayed-")])
    error_message = "no_mapping_of_a_stream_ever_gives_up"
  }

  assert {
    condition     = alltrue([for name, mapping in output.mappings : mapping.bisect_batch_on_function_error if !startswith(name, "replayed-")])
    error_message = "a_batch_that_fails_is_halved"
  }

  assert {
    condition     = alltrue([for name, mapping in output.mappings : mapping.starting_position == "TRIM_HORIZON" if !startswith(name, "replayed-")])
    error_message = "every_stream_is_read_from_its_beginning"
  }

  assert {
    condition     = alltrue([for name, mapping in output.mappings : length(mapping.destination_config) == 1 if !startswith(name, "replayed-")])
    error_message = "what_a_mapping_gives_up_is_told"
  }

  assert {
    condition     = output.mappings.publish.batch_size == 100 && output.mappings.publish.maximum_batching_window_in_seconds == 0
    error_message = "publish_waits_for_nothing"
  }

  assert {
    condition     = output.mappings.archive.batch_size == 1000 && output.mappings.archive.maximum_batching_window_in_seconds == 30
    error_message = "an_object_holds_half_a_minute_or_a_thousand_events"
  }

  assert {
    condition     = alltrue([for name, mapping in output.mappings : mapping.batch_size == 10 if startswith(name, "replayed-")])
    error_message = "replayed_messages_come_ten_at_a_time"
  }

  assert {
    condition     = alltrue([for queue in output.queues : jsondecode(queue.redrive_policy).maxReceiveCount >= 5])
    error_message = "a_replayed_message_is_tried_at_least_five_times"
  }

  assert {
    condition     = alltrue([for queue in output.queues : queue.visibility_timeout_seconds >= 6 * queue.function_timeout_s])
    error_message = "a_replayed_message_stays_hidden_for_six_times_the_functions_time"
  }

  assert {
    condition     = alltrue([for queue in output.queues : queue.fifo_queue && !queue.content_based_deduplication])
    error_message = "a_second_replay_is_not_swallowed"
  }

  # Stores.

  assert {
    condition     = alltrue([for table in output.stores.tables : table.point_in_time_recovery[0].enabled && table.deletion_protection_enabled && table.server_side_encryption[0].enabled])
    error_message = "tables_are_encrypted_recoverable_and_protected"
  }

  assert {
    condition     = output.stores.tables.events.stream_enabled && output.stores.tables.events.stream_view_type == "NEW_IMAGE"
    error_message = "the_table_stream_brings_whole_events"
  }

  assert {
    condition     = output.stores.bus.encryption_type == "KMS" && output.stores.bus.retention_period >= 168
    error_message = "the_bus_is_encrypted_and_keeps_a_week"
  }

  assert {
    condition = alltrue([for blocked in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] :
    output.stores.archive.public_access[blocked]])
    error_message = "nobody_outside_reaches_the_archive"
  }

  assert {
    condition     = output.stores.archive.ownership == "BucketOwnerEnforced" && output.stores.archive.versioning == "Enabled" && output.stores.archive.encryption == "aws:kms"
    error_message = "the_archive_is_owned_versioned_and_encrypted"
  }

  assert {
    condition = anytrue([for statement in jsondecode(output.stores.archive.policy).Statement :
    statement.Effect == "Deny" && statement.Principal == "*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"])
    error_message = "the_archive_is_reached_over_tls_only"
  }

  assert {
    condition     = alltrue([for rule in output.stores.archive.lifecycle : length(rule.expiration) == 0 && length(rule.noncurrent_version_expiration) == 0])
    error_message = "nothing_in_the_archive_expires"
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "the_key_rotates"
  }

  # The API.

  assert {
    condition = alltrue([for key, route in output.routes : route.authorization == "JWT"
    if !contains(["/healthz", "/readyz", "/version", "/openapi.json"], split(" ", key)[1])])
    error_message = "every_route_but_the_open_ones_needs_a_token"
  }

  assert {
    condition     = output.routes["GET /carts"].function == "operate" && output.routes["POST /replays"].function == "operate" && output.routes["POST /carts"].function == "command"
    error_message = "operators_and_shoppers_are_answered_by_their_own_functions"
  }

  # Alarms.

  assert {
    condition = length(setsubtract([
      "publish-behind-notice", "publish-behind-page", "publish-behind-critical", "publish-silent",
      "archive-behind-notice", "archive-behind-critical", "archive-silent", "project-carts-behind-page", "project-carts-silent",
      "dead-letters-carts", "replay-carts-waits", "carts-parked", "tampered", "given-up", "events-missing", "archive-differs",
      "outcomes-unknown", "command-throttled", "api-5xx", "no-sweep",
    ], keys(output.alarms))) == 0
    error_message = "every_alarm_of_the_list_is_there"
  }

  assert {
    condition     = alltrue([for alarm in output.alarms : length(alarm.actions) > 0])
    error_message = "every_alarm_is_heard"
  }

  assert {
    condition     = output.alarms.publish-behind-notice.threshold == 60000 && output.alarms.publish-behind-page.threshold == 900000 && output.alarms.publish-behind-critical.threshold == 21600000
    error_message = "publish_is_missed_long_before_the_table_stream_forgets"
  }

  assert {
    condition     = output.alarms.no-sweep.missing == "breaching"
    error_message = "a_sweep_that_did_not_run_is_missed"
  }
}

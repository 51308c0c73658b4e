# What can be chosen, and what cannot.

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

run "carts_without_a_token_leave_operators_behind_theirs" {
  command = plan

  variables {
    anonymous_carts = true
  }

  assert {
    condition     = output.routes["POST /carts"].authorization == "NONE" && output.routes["GET /carts"].authorization == "JWT" && output.routes["POST /imports"].authorization == "JWT"
    error_message = "operators_always_need_a_token"
  }
}

run "a_finite_lock_on_the_archive" {
  command = plan

  variables {
    archive_lock_days = 30
  }

  assert {
    condition     = output.stores.archive.lock.mode == "GOVERNANCE" && output.stores.archive.lock.days == 30
    error_message = "the_archive_can_be_locked"
  }
}

run "only_a_stand_in_may_do_without_the_gateways_check" {
  command = plan

  variables {
    gateway_checks_tokens = false
  }

  expect_failures = [var.gateway_checks_tokens]
}

run "a_page_is_named_exactly" {
  command = plan

  variables {
    cors_origins = ["*"]
  }

  expect_failures = [var.cors_origins]
}

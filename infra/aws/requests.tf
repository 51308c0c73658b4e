# What answers people. `command` knows shoppers, `operate` knows operators; both come by the HTTP API, and a second time,
# with more time, by URLs that can stream.

locals {
  tokens = {
    TILLROLL_ISSUER           = var.tokens.issuer
    TILLROLL_AUDIENCE         = var.tokens.audience
    TILLROLL_JWKS             = coalesce(var.tokens.jwks, "${trimsuffix(var.tokens.issuer, "/")}/.well-known/jwks.json")
    TILLROLL_OPERATOR_CLAIM   = var.tokens.operator_claim
    TILLROLL_OPERATOR_GROUP   = var.tokens.operator_group
    TILLROLL_DISCLOSURE_GROUP = var.tokens.disclosure_group
  }
  asked = merge(
    local.logged,
    local.tokens,
    { TILLROLL_EVENTS_TABLE = local.events.name, TILLROLL_ROWS_TABLE = local.rows.name },
    length(var.cors_origins) == 0 ? {} : { TILLROLL_CORS_ORIGINS = join(",", var.cors_origins) },
    { for object in aws_s3_object.catalogue : "TILLROLL_CATALOGUE" => "${local.archive_address}/${object.key}" },
  )
  # A stand-in has one host for all buckets.
  archive_address = local.stand_in ? "${var.endpoint}/${local.archive.name}" : "https://${local.archive.host}"
  command = {
    environment = local.asked
    statements  = concat([local.may.read_carts, local.may.append, local.may.read_rows, local.may.put_rows], local.may_read_catalogue)
  }
  operate = {
    environment = merge(local.asked, local.feeds, {
      TILLROLL_REPLAY_MACHINE = aws_sfn_state_machine.replay.arn
      TILLROLL_SWEEP_MACHINE  = aws_sfn_state_machine.sweep.arn
      },
      { for name in local.subscriptions : "TILLROLL_DEAD_LETTERS_${upper(name)}" => module.subscription[name].dead_letters.url },
    )
    statements = concat(
      [local.may.read_carts, local.may.append, local.may.read_rows, local.may.put_rows, local.may.delete_rows],
      [local.may.read_bus, local.may.list_archive, local.may.read_archive, local.may_redrive],
      [{ sid = "StartMachines", actions = ["states:StartExecution"], resources = [aws_sfn_state_machine.replay.arn, aws_sfn_state_machine.sweep.arn] }],
      local.may_read_catalogue,
    )
  }

  # An HTTP API waits for 30 s.
  answer_s = 29
  # How long a stream may last before its reader has to come back.
  stream_s = 900
}

module "command" {
  source = "./modules/lambda_function"

  name        = "${local.prefix}-command"
  description = "Answers shoppers: judges commands on a cart and appends events."
  package     = local.packages.command
  memory_mb   = var.command_memory_mb
  timeout_s   = local.answer_s
  environment = local.command.environment
  statements  = local.command.statements
  common      = local.common
}

module "operate" {
  source = "./modules/lambda_function"

  name        = "${local.prefix}-operate"
  description = "Answers operators: looks into the pipeline, replays, redrives, verifies, imports."
  package     = local.packages.operate
  memory_mb   = var.command_memory_mb
  timeout_s   = local.answer_s
  environment = local.operate.environment
  statements  = local.operate.statements
  common      = local.common
}

module "stream" {
  source   = "./modules/lambda_function"
  for_each = { carts = "command", events = "operate" }

  name        = "${local.prefix}-stream-${each.key}"
  description = "The program ${each.value} with the time that streams of server-sent events take."
  package     = local.packages[each.value]
  timeout_s   = local.stream_s
  environment = each.key == "carts" ? local.command.environment : local.operate.environment
  statements  = each.key == "carts" ? local.command.statements : local.operate.statements
  common      = local.common
}

# The Ruby system's functions, for callers that still call those.
module "direct" {
  source   = "./modules/lambda_function"
  for_each = var.direct_calls

  name        = "${local.prefix}-${replace(each.key, "_", "-")}"
  description = "The Ruby system's ${each.key}, called directly."
  package     = local.packages.command
  memory_mb   = var.command_memory_mb
  timeout_s   = local.answer_s
  environment = merge(local.command.environment, { TILLROLL_DIRECT = each.key })
  statements  = local.command.statements
  common      = local.common
}

module "cart_api" {
  source = "./modules/cart_api"

  prefix  = local.prefix
  command = module.command
  operate = module.operate
  streams = module.stream

  tokens             = var.gateway_checks_tokens ? var.tokens : null
  anonymous_carts    = var.anonymous_carts
  cors_origins       = var.cors_origins
  throttle           = var.throttle
  kms_key_arn        = aws_kms_key.this.arn
  log_retention_days = var.log_retention_days
}

resource "aws_s3_object" "catalogue" {
  count = var.catalogue_file == null ? 0 : 1

  bucket       = local.archive.name
  key          = "catalogue.json"
  source       = var.catalogue_file
  source_hash  = filemd5(var.catalogue_file)
  content_type = "application/json"
}

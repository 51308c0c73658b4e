# What happens by the clock.

module "remind" {
  source = "./modules/lambda_function"

  name        = "${local.prefix}-remind"
  description = "Sends reminders of carts that wait with items in them."
  package     = local.packages.remind
  timeout_s   = 60
  common      = local.common

  environment = merge(local.logged, {
    TILLROLL_ROWS_TABLE    = local.rows.name
    TILLROLL_NOTICES_QUEUE = aws_sqs_queue.notices.url
  })
  statements = [
    local.may.read_rows, local.may.put_rows,
    { sid = "SendNotices", actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.notices.arn] },
    { sid = "SayWhatFailed", actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.missed.arn] },
  ]
}

module "sweep" {
  source = "./modules/lambda_function"

  name        = "${local.prefix}-sweep"
  description = "Compares table, archive and rows, event for event."
  package     = local.packages.sweep
  memory_mb   = 1024
  timeout_s   = 900
  scratch_mb  = var.sweep_scratch_mb
  common      = local.common

  environment = merge(local.logged, {
    TILLROLL_EVENTS_TABLE   = local.events.name
    TILLROLL_ROWS_TABLE     = local.rows.name
    TILLROLL_BUS            = local.bus.name
    TILLROLL_ARCHIVE_BUCKET = local.archive.name
  })
  statements = [
    local.may.scan_events, local.may.read_carts,
    local.may.read_rows, local.may.put_rows, local.may.delete_rows,
    local.may.read_bus, local.may.put_on_bus, local.may.list_archive, local.may.read_archive,
    { sid = "SayWhatFailed", actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.missed.arn] },
  ]
}

# Reminders wait here for whoever sends them: mail is no part of this system.
resource "aws_sqs_queue" "notices" {
  name                              = "${local.prefix}-notices"
  message_retention_seconds         = 14 * 24 * 60 * 60
  kms_master_key_id                 = aws_kms_key.this.arn
  kms_data_key_reuse_period_seconds = 3600
}

# Scheduled calls that could not be made, or that failed each time.
resource "aws_sqs_queue" "missed" {
  name                              = "${local.prefix}-missed-schedules"
  message_retention_seconds         = 14 * 24 * 60 * 60
  kms_master_key_id                 = aws_kms_key.this.arn
  kms_data_key_reuse_period_seconds = 3600
}

resource "aws_sqs_queue_policy" "tls" {
  for_each = { notices = aws_sqs_queue.notices, missed = aws_sqs_queue.missed }

  queue_url = each.value.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

locals {
  schedules = {
    # At night in Europe and America, and not on the hour, when everybody's jobs start.
    sweep  = { function = module.sweep, expression = "cron(17 3 * * ? *)" }
    remind = { function = module.remind, expression = "rate(5 minutes)" }
  }
}

resource "aws_scheduler_schedule" "this" {
  for_each = local.schedules

  name                = "${local.prefix}-${each.key}"
  description         = "Calls ${each.key} by the clock."
  schedule_expression = each.value.expression
  kms_key_arn         = aws_kms_key.this.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = each.value.function.arn
    role_arn = aws_iam_role.schedules.arn
    input    = "{}"

    retry_policy {
      maximum_retry_attempts       = 10
      maximum_event_age_in_seconds = 3600
    }

    dead_letter_config {
      arn = aws_sqs_queue.missed.arn
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = local.schedules

  function_name                = each.value.function.name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.missed.arn
    }
  }
}

resource "aws_iam_role" "schedules" {
  name        = "${local.prefix}-schedules"
  description = "What the schedules may do: call their functions."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "schedules" {
  name = "what-they-may-do"
  role = aws_iam_role.schedules.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "CallTheirFunctions", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = [for schedule in local.schedules : schedule.function.arn] },
      { Sid = "SayWhatWasMissed", Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.missed.arn },
      { Sid = "OwnKey", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = aws_kms_key.this.arn },
    ]
  })
}

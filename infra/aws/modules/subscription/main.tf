# A subscription: its function, and the two feeds it has. New events come from the bus, replayed ones from a queue of its
# own, and one rule, the gate, holds for both.

locals {
  queue = "${var.prefix}-replay-${var.subscription}"
}

resource "aws_sqs_queue" "replay" {
  name       = "${local.queue}.fifo"
  fifo_queue = true

  # The sender names its messages, and a second replay names them anew.
  content_based_deduplication = false
  deduplication_scope         = "messageGroup"
  fifo_throughput_limit       = "perMessageGroupId"

  # Six times the function's time: while Lambda tries a batch again nobody else gets its group.
  visibility_timeout_seconds = 6 * module.project.timeout_s
  message_retention_seconds  = local.two_weeks_s

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = var.receive_count_max
  })

  kms_master_key_id                 = var.common.kms_key_arn
  kms_data_key_reuse_period_seconds = 3600
}

resource "aws_sqs_queue" "dead_letters" {
  name       = "${local.queue}-dead-letters.fifo"
  fifo_queue = true

  deduplication_scope       = "messageGroup"
  fifo_throughput_limit     = "perMessageGroupId"
  message_retention_seconds = local.two_weeks_s

  kms_master_key_id                 = var.common.kms_key_arn
  kms_data_key_reuse_period_seconds = 3600
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.replay.arn]
  })
}

resource "aws_sqs_queue_policy" "tls" {
  for_each = { replay = aws_sqs_queue.replay, dead_letters = aws_sqs_queue.dead_letters }

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

module "project" {
  source = "../lambda_function"

  name        = "${var.prefix}-project-${var.subscription}"
  description = "Applies events, new and replayed, to the rows of the subscription ${var.subscription}."
  package     = var.package
  environment = merge(var.environment, { TILLROLL_SUBSCRIPTION = var.subscription })

  memory_mb = 256
  timeout_s = 60
  common    = var.common

  statements = concat(var.statements, [
    {
      sid = "ItsQueue"
      actions = [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
      ]
      # Built from the name: the queue's visibility timeout comes from this function.
      resources = [local.queue_arn]
    },
    {
      sid       = "GivenUp"
      actions   = ["sqs:SendMessage"]
      resources = [var.given_up_arn]
    },
  ])
}

module "live" {
  source = "../stream_mapping"

  function_arn           = module.project.arn
  stream_arn             = var.bus_arn
  given_up_arn           = var.given_up_arn
  batch_size             = 100
  window_s               = 0
  parallelization_factor = var.parallelization_factor
}

resource "aws_lambda_event_source_mapping" "replayed" {
  function_name    = module.project.arn
  event_source_arn = aws_sqs_queue.replay.arn

  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]

  # A replay must not take all the account's concurrency from shoppers.
  scaling_config {
    maximum_concurrency = var.replay_concurrency_max
  }
}

locals {
  two_weeks_s = 14 * 24 * 60 * 60
  queue_arn   = "arn:${var.common.partition}:sqs:${var.common.region}:${var.common.account}:${local.queue}.fifo"
}

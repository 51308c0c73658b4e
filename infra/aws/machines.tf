# What takes longer than a function may. The machines go on where a function stopped; they never decide anything.

module "replay" {
  source = "./modules/lambda_function"

  name        = "${local.prefix}-replay"
  description = "Sends archived events to the queue of one subscription, a part at a time."
  package     = local.packages.replay
  memory_mb   = 512
  timeout_s   = 900
  common      = local.common

  environment = merge(local.logged, local.feeds, {
    TILLROLL_EVENTS_TABLE = local.events.name
    TILLROLL_ROWS_TABLE   = local.rows.name
  })
  statements = [
    local.may.read_carts,
    local.may.read_rows, local.may.put_rows, local.may.delete_rows,
    local.may.read_bus, local.may.list_archive, local.may.read_archive, local.may_send_replays,
  ]
}

resource "aws_sfn_state_machine" "replay" {
  name       = "${local.prefix}-replay"
  role_arn   = aws_iam_role.machine["replay"].arn
  definition = templatefile("${path.module}/machines/replay.asl.json", local.machine_words.replay)

  depends_on = [aws_iam_role_policy.machine]
}

resource "aws_sfn_state_machine" "sweep" {
  name       = "${local.prefix}-sweep"
  role_arn   = aws_iam_role.machine["sweep"].arn
  definition = templatefile("${path.module}/machines/sweep.asl.json", local.machine_words.sweep)

  depends_on = [aws_iam_role_policy.machine]
}

locals {
  machine_words = {
    replay = { function = module.replay.arn }
    sweep  = { function = module.sweep.arn }
  }
  machine_statements = {
    replay = [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = module.replay.arn }]
    sweep  = [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = module.sweep.arn }]
  }
}

resource "aws_iam_role" "machine" {
  for_each = local.machine_words

  name        = "${local.prefix}-machine-${each.key}"
  description = "What the state machine ${each.key} may do."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "machine" {
  for_each = local.machine_statements

  name   = "what-it-may-do"
  role   = aws_iam_role.machine[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

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
  #checkov:skip=CKV_AWS_284:Traces travel with the events, as W3C trace context; X-Ray would need rights on every resource
  #checkov:skip=CKV_AWS_285:A standard machine's history is kept for 90 days; copying it to a log needs rights on every log
  name       = local.replay_machine
  role_arn   = aws_iam_role.machine["replay"].arn
  definition = templatefile("${path.module}/machines/replay.asl.json", { function = module.replay.arn })

  depends_on = [aws_iam_role_policy.machine]
}

resource "aws_sfn_state_machine" "sweep" {
  #checkov:skip=CKV_AWS_284:Traces travel with the events, as W3C trace context; X-Ray would need rights on every resource
  #checkov:skip=CKV_AWS_285:A standard machine's history is kept for 90 days; copying it to a log needs rights on every log
  name       = "${local.prefix}-sweep"
  role_arn   = aws_iam_role.machine["sweep"].arn
  definition = templatefile("${path.module}/machines/sweep.asl.json", { function = module.sweep.arn })

  depends_on = [aws_iam_role_policy.machine]
}

locals {
  replay_machine = "${local.prefix}-replay"

  machine_statements = {
    replay = [
      { Sid = "CallItsFunction", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = module.replay.arn },
      # A distributed map runs its parts as executions of their own. AWS's page on the rights of a distributed map asks
      # for the first form of their names; the names themselves have the second.
      {
        Sid      = "StartItsParts"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = "arn:${local.partition}:states:${var.region}:${local.account}:stateMachine:${local.replay_machine}"
      },
      {
        Sid      = "WatchItsParts"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StopExecution"]
        Resource = [for form in [":*", "/*"] : "arn:${local.partition}:states:${var.region}:${local.account}:execution:${local.replay_machine}${form}"]
      },
    ]
    sweep = [{ Sid = "CallItsFunction", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = module.sweep.arn }]
  }
}

resource "aws_iam_role" "machine" {
  for_each = toset(["replay", "sweep"])

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

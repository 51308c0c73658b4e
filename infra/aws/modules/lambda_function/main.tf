# One Lambda function with what belongs to it alone: its log, its role, and a role policy that says in full what it may do.
# What calls it stands beside the caller.

locals {
  log_group = "/aws/lambda/${var.name}"

  # Rendered here and not by a data source, so that tests read what will be there.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for statement in concat(local.own_statements, var.statements) : merge(
        {
          Sid      = statement.sid
          Effect   = "Allow"
          Action   = statement.actions
          Resource = statement.resources
        },
        statement.conditions == null ? {} : { Condition = statement.conditions },
      )],
      [for denial in var.common.denials : {
        Sid      = denial.sid
        Effect   = "Deny"
        Action   = denial.actions
        Resource = denial.resources
      }],
    )
  })

  own_statements = [
    {
      sid        = "OwnLog"
      actions    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources  = ["${aws_cloudwatch_log_group.this.arn}:*"]
      conditions = null
    },
    {
      sid       = "OwnKeyThroughServices"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [var.common.kms_key_arn]
      conditions = {
        StringLike = { "kms:ViaService" = [for service in ["dynamodb", "kinesis", "s3", "sqs"] : "${service}.${var.common.region}.amazonaws.com"] }
      }
    },
  ]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.common.log_retention_days
  kms_key_id        = var.common.kms_key_arn
}

resource "aws_iam_role" "this" {
  name        = var.name
  description = "What the function ${var.name} may do."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "what-it-may-do"
  role   = aws_iam_role.this.id
  policy = local.policy
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:Traces travel with the events, as W3C trace context; X-Ray would need rights on every resource
  #checkov:skip=CKV_AWS_116:Mappings have on-failure destinations and schedules a queue; the others are called and answer
  #checkov:skip=CKV_AWS_117:It talks to AWS only, by its role; a VPC would add endpoints to pay for and no wall
  #checkov:skip=CKV_AWS_173:There is no secret in it; a key of our own would add a call of KMS to every cold start
  #checkov:skip=CKV_AWS_272:Zips are reproducible and pinned by their hash; signing needs a profile of whoever installs
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  package_type     = "Zip"
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.common.architecture]
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_s
  reserved_concurrent_executions = var.reserved_concurrency

  environment {
    variables = var.environment
  }

  ephemeral_storage {
    size = var.scratch_mb
  }

  logging_config {
    # The functions write JSON themselves, metrics among it; Lambda's own lines become JSON too.
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  # Without its policy the first call fails, and a mapping cannot be made.
  depends_on = [aws_iam_role_policy.this]
}

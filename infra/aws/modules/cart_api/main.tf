# The HTTP API: who may call what, how often, and which function answers. HTTP APIs cannot stream: urls.tf.

locals {
  # By method and path, as docs/openapi.json has them; a test compares them. What answers GET answers HEAD.
  open = [
    "GET /healthz",
    "GET /readyz",
    "GET /version",
    "GET /openapi.json",
  ]
  shoppers = [
    "POST /carts",
    "GET /carts/{cart_id}",
    "POST /carts/{cart_id}/commands",
    "GET /carts/{cart_id}/diff",
    "GET /carts/{cart_id}/events",
    "GET /carts/{cart_id}/refusals",
    "GET /carts/{cart_id}/stream",
    "GET /catalogue",
    "GET /suggestions",
  ]
  operators = [
    "GET /carts",
    "GET /carts/histogram",
    "POST /carts/{cart_id}/disclosures",
    "GET /carts/{cart_id}/events/{version}/receipt",
    "GET /dead-letters",
    "GET /dead-letters/{letter_id}",
    "POST /dead-letters/redrive",
    "GET /events/stream",
    "POST /generations/clear",
    "POST /imports",
    "GET /operations",
    "GET /parked",
    "POST /parked/{cart_id}/resume",
    "GET /pipeline",
    "GET /replays",
    "POST /replays",
    "GET /replays/{run_id}",
    "POST /replays/{run_id}/cancel",
    "POST /replays/{run_id}/pause",
    "POST /replays/{run_id}/resume",
    "POST /replays/{run_id}/rollback",
    "GET /verify",
    "POST /verify",
    "GET /verify/{verification_id}",
  ]

  listed = merge(
    { for route in local.open : route => { function = "command", token = false } },
    { for route in local.shoppers : route => { function = "command", token = !var.anonymous_carts } },
    { for route in local.operators : route => { function = "operate", token = true } },
  )
  heads = { for route, kind in local.listed : replace(route, "/^GET /", "HEAD ") => kind if startswith(route, "GET ") }

  routes    = merge(local.listed, local.heads)
  with_jwt  = var.tokens != null
  functions = { command = var.command, operate = var.operate }
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.prefix
  description   = "Carts, and the pipeline behind them."
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) == 0 ? [] : [var.cors_origins]

    content {
      allow_origins  = cors_configuration.value
      allow_methods  = ["GET", "HEAD", "POST"]
      allow_headers  = var.cors_headers.allowed
      expose_headers = var.cors_headers.exposed
      max_age        = 600
    }
  }
}

resource "aws_apigatewayv2_authorizer" "tokens" {
  count = local.with_jwt ? 1 : 0

  api_id           = aws_apigatewayv2_api.this.id
  name             = "tokens"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.tokens.issuer
    audience = [var.tokens.audience]
  }
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.functions

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = each.value.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.this[each.value.function].id}"
  authorization_type = each.value.token && local.with_jwt ? "JWT" : "NONE"
  authorizer_id      = each.value.token && local.with_jwt ? aws_apigatewayv2_authorizer.tokens[0].id : null
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.prefix}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit    = var.throttle.rate
    throttling_burst_limit   = var.throttle.burst
    detailed_metrics_enabled = true
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn

    # Routes and not paths, and no address: a log holds no cart and nobody's name.
    format = jsonencode({
      time        = "$context.requestTimeEpoch"
      request_id  = "$context.requestId"
      route       = "$context.routeKey"
      status      = "$context.status"
      bytes       = "$context.responseLength"
      latency_ms  = "$context.responseLatency"
      function_ms = "$context.integrationLatency"
      error       = "$context.error.messageString"
      refused_by  = "$context.authorizer.error"
    })
  }
}

resource "aws_lambda_permission" "api" {
  for_each = local.functions

  statement_id  = "from-the-http-api"
  action        = "lambda:InvokeFunction"
  function_name = each.value.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}

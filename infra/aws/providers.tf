provider "aws" {
  region = var.region

  # Only of a stand-in on this machine: there is one address for all, and no account to check.
  access_key                  = local.stand_in ? "stand-in" : null
  secret_key                  = local.stand_in ? "stand-in" : null
  s3_use_path_style           = local.stand_in
  skip_credentials_validation = local.stand_in
  skip_metadata_api_check     = local.stand_in ? "true" : null

  dynamic "endpoints" {
    for_each = var.endpoint[*]

    content {
      apigatewayv2   = endpoints.value
      appautoscaling = endpoints.value
      budgets        = endpoints.value
      cloudformation = endpoints.value
      cloudwatch     = endpoints.value
      cloudwatchlogs = endpoints.value
      dynamodb       = endpoints.value
      glue           = endpoints.value
      iam            = endpoints.value
      kinesis        = endpoints.value
      kms            = endpoints.value
      lambda         = endpoints.value
      s3             = endpoints.value
      scheduler      = endpoints.value
      sfn            = endpoints.value
      sns            = endpoints.value
      sqs            = endpoints.value
      sts            = endpoints.value
    }
  }

  default_tags {
    tags = merge(var.tags, {
      Application = var.name
      Environment = var.environment
      ManagedBy   = "terraform"
    })
  }
}

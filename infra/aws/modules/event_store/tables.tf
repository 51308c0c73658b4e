# The two tables, as host-lambda/src/dynamodb/tables.rs lays them out; a test compares them.

resource "aws_dynamodb_table" "events" {
  name         = "${var.prefix}-events"
  billing_mode = local.provisioned ? "PROVISIONED" : "PAY_PER_REQUEST"

  read_capacity  = try(var.events_capacity.read, null)
  write_capacity = try(var.events_capacity.write, null)

  hash_key  = "AggregateUuid"
  range_key = "Version"

  attribute {
    name = "AggregateUuid"
    type = "S"
  }

  attribute {
    name = "Version"
    type = "N"
  }

  # Events never change, so an old image would say nothing, and publish needs the whole event.
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"

  deletion_protection_enabled = var.deletion_protection

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}

resource "aws_dynamodb_table" "rows" {
  name         = "${var.prefix}-rows"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "Partition"
  range_key    = "Sort"

  attribute {
    name = "Partition"
    type = "S"
  }

  attribute {
    name = "Sort"
    type = "S"
  }

  attribute {
    name = "IndexPartition"
    type = "S"
  }

  attribute {
    name = "IndexSort"
    type = "S"
  }

  global_secondary_index {
    name            = "by-index"
    hash_key        = "IndexPartition"
    range_key       = "IndexSort"
    projection_type = "ALL"
  }

  deletion_protection_enabled = var.deletion_protection

  # Rows can be had again from the events, but the log of what people did cannot.
  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}

locals {
  provisioned = var.events_capacity != null
}

# A provisioned table grows with its use: full tables refuse commands.
resource "aws_appautoscaling_target" "events" {
  for_each = local.provisioned ? tomap({ Read = var.events_capacity.read, Write = var.events_capacity.write }) : tomap({})

  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.events.name}"
  scalable_dimension = "dynamodb:table:${each.key}CapacityUnits"
  min_capacity       = each.value
  max_capacity       = each.value * var.events_capacity.growth
}

resource "aws_appautoscaling_policy" "events" {
  for_each = aws_appautoscaling_target.events

  name               = "${var.prefix}-events-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = each.value.service_namespace
  resource_id        = each.value.resource_id
  scalable_dimension = each.value.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "DynamoDB${each.key}CapacityUtilization"
    }
  }
}

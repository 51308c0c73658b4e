output "events" {
  description = "The event table."
  value = {
    name       = aws_dynamodb_table.events.name
    arn        = aws_dynamodb_table.events.arn
    stream_arn = aws_dynamodb_table.events.stream_arn
  }
}

output "rows" {
  description = "The rows table."
  value = {
    name      = aws_dynamodb_table.rows.name
    arn       = aws_dynamodb_table.rows.arn
    index_arn = "${aws_dynamodb_table.rows.arn}/index/by-index"
  }
}

output "bus" {
  description = "The event bus."
  value = {
    name = aws_kinesis_stream.bus.name
    arn  = aws_kinesis_stream.bus.arn
  }
}

output "archive" {
  description = "The archive's bucket."
  value = {
    name = aws_s3_bucket.archive.bucket
    arn  = aws_s3_bucket.archive.arn
    host = aws_s3_bucket.archive.bucket_regional_domain_name
  }
}

output "given_up" {
  description = "The queue of batches that a mapping gave up."
  value = {
    name = aws_sqs_queue.given_up.name
    arn  = aws_sqs_queue.given_up.arn
    url  = aws_sqs_queue.given_up.url
  }
}

output "tampered" {
  description = "The queue of tampered records."
  value = {
    name = aws_sqs_queue.tampered.name
    arn  = aws_sqs_queue.tampered.arn
    url  = aws_sqs_queue.tampered.url
  }
}

output "stores" {
  description = "How all this is set up: for tests."
  value = {
    tables = { events = aws_dynamodb_table.events, rows = aws_dynamodb_table.rows }
    bus    = aws_kinesis_stream.bus
    archive = {
      public_access = aws_s3_bucket_public_access_block.archive
      ownership     = one(aws_s3_bucket_ownership_controls.archive.rule).object_ownership
      versioning    = one(aws_s3_bucket_versioning.archive.versioning_configuration).status
      encryption    = one(one(aws_s3_bucket_server_side_encryption_configuration.archive.rule).apply_server_side_encryption_by_default).sse_algorithm
      policy        = aws_s3_bucket_policy.archive.policy
      lifecycle     = aws_s3_bucket_lifecycle_configuration.archive.rule
      lock          = one([for lock in aws_s3_bucket_object_lock_configuration.archive : one(one(lock.rule).default_retention)])
    }
  }
}

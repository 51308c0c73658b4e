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

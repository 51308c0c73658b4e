output "queue" {
  description = "The replay queue."
  value = {
    name = aws_sqs_queue.replay.name
    arn  = aws_sqs_queue.replay.arn
    url  = aws_sqs_queue.replay.url
  }
}

output "dead_letters" {
  description = "The queue of messages that were given up."
  value = {
    name = aws_sqs_queue.dead_letters.name
    arn  = aws_sqs_queue.dead_letters.arn
    url  = aws_sqs_queue.dead_letters.url
  }
}

output "function" {
  description = "The function."
  value = {
    name      = module.project.name
    arn       = module.project.arn
    policy    = module.project.policy
    log_group = module.project.log_group
  }
}

output "mappings" {
  description = "How its two feeds are set up: for tests."
  value = {
    live     = module.live.mapping
    replayed = aws_lambda_event_source_mapping.replayed
    queue = {
      fifo_queue                  = aws_sqs_queue.replay.fifo_queue
      content_based_deduplication = aws_sqs_queue.replay.content_based_deduplication
      visibility_timeout_seconds  = aws_sqs_queue.replay.visibility_timeout_seconds
      redrive_policy              = aws_sqs_queue.replay.redrive_policy
      function_timeout_s          = module.project.timeout_s
    }
  }
}

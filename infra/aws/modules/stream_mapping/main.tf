# How a function follows a stream: from its beginning, and for ever. What can never work is set aside in code, record by
# record; a mapping with a finite number of retries, or a largest age, loses whole batches and goes on.

resource "aws_lambda_event_source_mapping" "this" {
  function_name    = var.function_arn
  event_source_arn = var.stream_arn

  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.window_s
  parallelization_factor             = var.parallelization_factor
  starting_position                  = "TRIM_HORIZON"
  maximum_retry_attempts             = -1
  maximum_record_age_in_seconds      = -1
  bisect_batch_on_function_error     = true
  function_response_types            = ["ReportBatchItemFailures"]

  # What expires in the stream before it could be handed over is told at least.
  destination_config {
    on_failure {
      destination_arn = var.given_up_arn
    }
  }
}

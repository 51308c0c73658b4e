output "mapping" {
  description = "How it is set up: for tests."
  value       = aws_lambda_event_source_mapping.this
}

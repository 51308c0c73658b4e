output "environment" {
  description = "What the command line needs, as the environment variables it reads."
  value = merge(
    {
      AWS_REGION             = var.region
      TILLROLL_EVENTS_TABLE  = local.events.name
      TILLROLL_TAMPER_QUEUE  = module.event_store.tampered.url
      TILLROLL_NOTICES_QUEUE = aws_sqs_queue.notices.url
    },
    { for name, value in local.operate.environment : name => value
    if startswith(name, "TILLROLL_") && !startswith(name, "TILLROLL_LOG") && !startswith(name, "TILLROLL_CORS") },
    local.stand_in ? { AWS_ENDPOINT_URL = var.endpoint } : {},
  )
}

output "api_url" {
  description = "Where the API answers."
  value       = module.cart_api.url
}

output "stream_urls" {
  description = "Where streams of server-sent events are answered: those of single carts, and that of all events."
  value       = module.cart_api.stream_urls
}

output "functions" {
  description = "Names of all functions, by what they do."
  value       = local.functions
}

output "alarm_topics" {
  description = "Where alarms go: `page` wakes somebody up, `notice` waits for the morning."
  value       = module.observability.topics
}

output "athena_table" {
  description = "The archive as a table."
  value       = "${aws_glue_catalog_database.this.name}.${aws_glue_catalog_table.events.name}"
}

locals {
  functions = merge(
    { for name, function in module.stream : "stream-${name}" => function.name },
    { for name, function in module.direct : name => function.name },
    { for name in local.subscriptions : "project-${name}" => module.subscription[name].function.name },
    {
      command = module.command.name
      operate = module.operate.name
      publish = module.publish.name
      archive = module.archive.name
      replay  = module.replay.name
      remind  = module.remind.name
      sweep   = module.sweep.name
    },
  )
}

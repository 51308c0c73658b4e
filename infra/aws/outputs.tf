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

output "rights" {
  description = "What each role may do, as the JSON of its policy: for reviews and tests."
  value = merge(
    { for name, policy in aws_iam_role_policy.machine : "machine-${name}" => policy.policy },
    { schedules = aws_iam_role_policy.schedules.policy },
    { for name, function in module.stream : "stream-${name}" => function.policy },
    { for name, function in module.direct : name => function.policy },
    { for name in local.subscriptions : "project-${name}" => module.subscription[name].function.policy },
    {
      command = module.command.policy
      operate = module.operate.policy
      publish = module.publish.policy
      archive = module.archive.policy
      replay  = module.replay.policy
      remind  = module.remind.policy
      sweep   = module.sweep.policy
    },
  )
}

output "mappings" {
  description = "How every event source is mapped: for tests."
  value = merge(
    { publish = module.publish_mapping.mapping, archive = module.archive_mapping.mapping },
    { for name in local.subscriptions : "live-${name}" => module.subscription[name].mappings.live },
    { for name in local.subscriptions : "replayed-${name}" => module.subscription[name].mappings.replayed },
  )
}

output "queues" {
  description = "How the replay queues are set up: for tests."
  value       = { for name in local.subscriptions : name => module.subscription[name].mappings.queue }
}

output "stores" {
  description = "How the stores are set up: for tests."
  value       = module.event_store.stores
}

output "routes" {
  description = "Every route of the API, with its function and what it asks of a caller: for tests."
  value       = module.cart_api.routes
}

output "alarms" {
  description = "Every alarm, with what it does about missing data: for tests."
  value       = module.observability.alarms
}

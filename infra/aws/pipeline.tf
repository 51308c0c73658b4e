# What events run through.

locals {
  logged = merge(
    { TILLROLL_LOG = var.log_level },
    # Functions of a stand-in find it here; on AWS the SDK knows where everything is.
    local.stand_in ? { AWS_ENDPOINT_URL = var.endpoint } : {},
  )
  feeds = merge(
    { TILLROLL_BUS = local.bus.name, TILLROLL_ARCHIVE_BUCKET = local.archive.name },
    { for name in local.subscriptions : "TILLROLL_QUEUE_${upper(name)}" => module.subscription[name].queue.url },
  )
}

module "publish" {
  source = "./modules/lambda_function"

  name        = "${local.prefix}-publish"
  description = "Captures the table stream and puts every event on the bus."
  package     = local.packages.publish
  memory_mb   = 256
  timeout_s   = 60
  common      = local.common

  environment = merge(local.logged, {
    TILLROLL_BUS          = local.bus.name
    TILLROLL_TAMPER_QUEUE = module.event_store.tampered.url
  })
  statements = [
    local.may.follow_table, local.may.list_streams,
    local.may.put_on_bus, local.may.tamper, local.may.give_up,
  ]
}

module "publish_mapping" {
  source = "./modules/stream_mapping"

  function_arn = module.publish.arn
  stream_arn   = local.events.stream_arn
  given_up_arn = module.event_store.given_up.arn
  batch_size   = 100
  window_s     = 0
  # More would give up what order there is: Lambda keeps it by item here, and every event is an item.
  parallelization_factor = 1
}

module "archive" {
  source = "./modules/lambda_function"

  name        = "${local.prefix}-archive"
  description = "Keeps every event of the bus in objects that are written once."
  package     = local.packages.archive
  memory_mb   = 256
  timeout_s   = 60
  common      = local.common

  environment = merge(local.logged, {
    TILLROLL_ROWS_TABLE     = local.rows.name
    TILLROLL_ARCHIVE_BUCKET = local.archive.name
  })
  statements = [
    local.may.follow_bus, local.may.archive, local.may.read_archive, local.may.list_archive,
    local.may.note_progress, local.may.give_up,
  ]
}

module "archive_mapping" {
  source = "./modules/stream_mapping"

  function_arn = module.archive.arn
  stream_arn   = local.bus.arn
  given_up_arn = module.event_store.given_up.arn
  # An object a batch: the larger the batch, the fewer objects are paid for.
  batch_size             = 1000
  window_s               = 30
  parallelization_factor = 1
}

module "subscription" {
  source   = "./modules/subscription"
  for_each = local.subscriptions

  prefix       = local.prefix
  subscription = each.key
  package      = local.packages.project
  common       = local.common
  bus_arn      = local.bus.arn
  given_up_arn = module.event_store.given_up.arn

  environment = merge(local.logged, {
    TILLROLL_EVENTS_TABLE = local.events.name
    TILLROLL_ROWS_TABLE   = local.rows.name
  })
  statements = [
    local.may.follow_bus, local.may.read_carts,
    local.may.read_rows, local.may.put_rows, local.may.delete_rows,
  ]
}

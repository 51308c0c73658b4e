# The whole system in one account and region. Files here wire; modules build.
#
#   encryption.tf   the key
#   rights.tf       what functions may do, and what none may
#   requests.tf     what answers people: command, operate, and their ways in
#   pipeline.tf     what events run through: publish, archive, subscriptions
#   machines.tf     what takes longer than a function may: replays, verifications
#   schedules.tf    what happens by the clock: the sweep, reminders
#   athena.tf       the archive as a table
#   outputs.tf      what the command line and people need

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  prefix    = "${var.name}-${var.environment}"
  stand_in  = var.endpoint != null
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  subscriptions = toset(["carts", "suggestions", "reminders"])

  packages = { for function in ["command", "operate", "publish", "archive", "replay", "project", "remind", "sweep"] :
    function => lookup(var.packages, function, "${var.packages_folder}/${var.architecture}/${function}.zip")
  }

  common = {
    architecture       = var.architecture
    partition          = local.partition
    region             = var.region
    account            = local.account
    kms_key_arn        = aws_kms_key.this.arn
    log_retention_days = var.log_retention_days
    denials            = local.denials
  }
}

module "event_store" {
  source = "./modules/event_store"

  prefix              = local.prefix
  archive_bucket      = "${local.prefix}-archive-${local.account}-${var.region}"
  kms_key_arn         = aws_kms_key.this.arn
  deletion_protection = var.deletion_protection
  bus_shards          = var.bus_shards
  events_capacity     = var.events_capacity
  archive_lock_days   = var.archive_lock_days
}

module "observability" {
  source = "./modules/observability"

  prefix       = local.prefix
  environment  = var.environment
  region       = var.region
  account      = local.account
  kms_key_arn  = aws_kms_key.this.arn
  alarm_emails = var.alarm_emails
  budget_usd   = var.budget_usd

  functions = merge(
    {
      command = module.command.name
      operate = module.operate.name
      publish = module.publish.name
      archive = module.archive.name
      replay  = module.replay.name
      remind  = module.remind.name
      sweep   = module.sweep.name
    },
    local.projectors,
  )
  readers = merge({ publish = module.publish.name, archive = module.archive.name }, local.projectors)

  events_table     = module.event_store.events.name
  bus              = module.event_store.bus.name
  replay_queues    = { for name, subscription in module.subscription : name => subscription.queue.name }
  dead_letters     = { for name, subscription in module.subscription : name => subscription.dead_letters.name }
  given_up         = module.event_store.given_up.name
  tampered         = module.event_store.tampered.name
  missed_schedules = aws_sqs_queue.missed.name
  api_id           = module.cart_api.id
}

locals {
  projectors = { for name, subscription in module.subscription : "project-${name}" => subscription.function.name }
}

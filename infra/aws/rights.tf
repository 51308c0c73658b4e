# What functions may do, put together from these; docs/aws.md has the same as a table. Every action is named, and every
# resource. What ends in a star here are log streams, versions of a table stream, and the objects of the archive.

locals {
  events  = module.event_store.events
  rows    = module.event_store.rows
  bus     = module.event_store.bus
  archive = module.event_store.archive

  replay_queue_arns = [for name in local.subscriptions : module.subscription[name].queue.arn]
  dead_letter_arns  = [for name in local.subscriptions : module.subscription[name].dead_letters.arn]

  may = {
    read_carts   = { sid = "ReadCarts", actions = ["dynamodb:Query"], resources = [local.events.arn] }
    append       = { sid = "Append", actions = ["dynamodb:PutItem", "dynamodb:ConditionCheckItem"], resources = [local.events.arn] }
    scan_events  = { sid = "ReadAllEvents", actions = ["dynamodb:Scan"], resources = [local.events.arn] }
    read_rows    = { sid = "ReadRows", actions = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"], resources = [local.rows.arn, local.rows.index_arn] }
    put_rows     = { sid = "PutRows", actions = ["dynamodb:PutItem"], resources = [local.rows.arn] }
    delete_rows  = { sid = "DeleteRows", actions = ["dynamodb:DeleteItem"], resources = [local.rows.arn] }
    read_bus     = { sid = "ReadBus", actions = ["kinesis:ListShards", "kinesis:DescribeStreamSummary", "kinesis:GetShardIterator", "kinesis:GetRecords"], resources = [local.bus.arn] }
    follow_bus   = { sid = "FollowBus", actions = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"], resources = [local.bus.arn] }
    put_on_bus   = { sid = "PutOnBus", actions = ["kinesis:PutRecords"], resources = [local.bus.arn] }
    list_archive = { sid = "ListArchive", actions = ["s3:ListBucket"], resources = [local.archive.arn] }
    read_archive = { sid = "ReadArchive", actions = ["s3:GetObject"], resources = ["${local.archive.arn}/v1/*"] }
    archive      = { sid = "Archive", actions = ["s3:PutObject"], resources = ["${local.archive.arn}/v1/*"] }
    give_up      = { sid = "SayWhatWasGivenUp", actions = ["sqs:SendMessage"], resources = [module.event_store.given_up.arn] }
    tamper       = { sid = "KeepTampered", actions = ["sqs:SendMessage"], resources = [module.event_store.tampered.arn] }
    # By hash key, so that the archive function cannot touch anybody's rows.
    note_progress = {
      sid        = "NoteItsProgress"
      actions    = ["dynamodb:PutItem"]
      resources  = [local.rows.arn]
      conditions = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["progress#archive"] } }
    }
    # Two statements, because the list of streams belongs to the table and not to one of its streams.
    follow_table = { sid = "FollowTable", actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], resources = [local.events.stream_arn] }
    list_streams = { sid = "ListItsStreams", actions = ["dynamodb:ListStreams"], resources = ["${local.events.arn}/stream/*"] }
  }
  # Apart, because the subscriptions' own functions need the rights above.
  may_send_replays = { sid = "SendReplays", actions = ["sqs:SendMessage", "sqs:GetQueueAttributes"], resources = local.replay_queue_arns }
  may_redrive = {
    sid       = "LookAfterDeadLetters"
    actions   = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
    resources = concat(local.replay_queue_arns, local.dead_letter_arns)
  }
  may_read_catalogue = [for object in aws_s3_object.catalogue : { sid = "ReadCatalogue", actions = ["s3:GetObject"], resources = [object.arn] }]

  # The history is never edited, by anybody, whatever is attached to a role one day.
  denials = [
    {
      sid       = "NeverEditHistory"
      actions   = ["dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete", "dynamodb:DeleteTable", "dynamodb:UpdateTable"]
      resources = [local.events.arn]
    },
    {
      sid       = "NeverEmptyTheArchive"
      actions   = ["s3:DeleteObject*", "s3:PutLifecycleConfiguration", "s3:PutBucketVersioning", "s3:BypassGovernanceRetention", "s3:DeleteBucket"]
      resources = [local.archive.arn, "${local.archive.arn}/*"]
    },
  ]
}

# One page in the order of the flow.

locals {
  rows_of_widgets = [
    [
      { title = "Requests, 4xx, 5xx", stat = "Sum", metrics = [for metric in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", metric, "ApiId", var.api_id]] },
      { title = "Commands: time (ms)", stat = "p99", metrics = [["AWS/Lambda", "Duration", "FunctionName", var.functions["command"]], ["AWS/ApiGateway", "Latency", "ApiId", var.api_id]] },
      { title = "Event table: units", stat = "Sum", metrics = [for metric in ["ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"] : ["AWS/DynamoDB", metric, "TableName", var.events_table]] },
    ],
    [
      { title = "Behind (ms)", stat = "Maximum", metrics = [for reader, function in var.readers : ["AWS/Lambda", "IteratorAge", "FunctionName", function]] },
      { title = "Bus: records", stat = "Sum", metrics = [for metric in ["IncomingRecords", "WriteProvisionedThroughputExceeded"] : ["AWS/Kinesis", metric, "StreamName", var.bus]] },
      { title = "Failed calls", stat = "Sum", metrics = [for name, function in var.functions : ["AWS/Lambda", "Errors", "FunctionName", function]] },
    ],
    [
      { title = "Replay queues: messages", stat = "Maximum", metrics = [for subscription, queue in var.replay_queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]] },
      { title = "What should be nothing", stat = "Maximum", metrics = [for name, letters in local.letters : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", letters.queue]] },
      { title = "What the functions count", stat = "Sum", metrics = [for count in [["project", "GateDuplicate"], ["project", "GateGapFilled"], ["project", "GateParked"], ["sweep", "ReconcileMissing"]] : [local.counts, count[1], "service", var.prefix, "function", count[0]]] },
    ],
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.prefix

  dashboard_body = jsonencode({
    widgets = flatten([for row, widgets in local.rows_of_widgets : [for column, widget in widgets : {
      type   = "metric"
      x      = 8 * column
      y      = 6 * row
      width  = 8
      height = 6
      properties = {
        title   = widget.title
        region  = var.region
        view    = "timeSeries"
        stat    = widget.stat
        period  = 60
        metrics = widget.metrics
      }
    }]])
  })
}

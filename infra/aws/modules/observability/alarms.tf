# What is alarmed, and how loudly. One resource for alarms on one metric, one for those that reckon with several.

locals {
  minute_s = 60
  hour_s   = 60 * local.minute_s

  # Where the functions count, by the dimensions `service`, `function` and `outcome`.
  counts = "Tillroll"

  # How old the last record of a finished batch was. The table stream forgets after a day, the bus after a week.
  ages = {
    publish = { notice = local.minute_s, page = 15 * local.minute_s, critical = 6 * local.hour_s }
    archive = { notice = 10 * local.minute_s, critical = 12 * local.hour_s }
    project = { notice = local.minute_s, page = 15 * local.minute_s }
  }
  iterator_ages = merge([for reader, function in var.readers : {
    for severity, seconds in local.ages[startswith(reader, "project-") ? "project" : reader] :
    "${reader}-behind-${severity}" => {
      severity    = severity
      description = "${reader} is more than ${seconds} s behind its source."
      namespace   = "AWS/Lambda"
      metric      = "IteratorAge"
      dimensions  = { FunctionName = function }
      statistic   = "Maximum"
      threshold   = seconds * 1000
      period_s    = local.minute_s
      periods     = 3
      missing     = "notBreaching"
    }
  }]...)

  # Nothing belongs into these queues.
  letters = merge(
    { for subscription, queue in var.dead_letters : "dead-letters-${subscription}" => {
      queue       = queue
      severity    = "page"
      description = "Replayed messages of ${subscription} were given up: tillroll dead-letters list."
    } },
    {
      given-up = {
        queue       = var.given_up
        severity    = "page"
        description = "A mapping gave a batch up, which none may: fetch its records before they expire, then tillroll verify --repair."
      }
      tampered = {
        queue       = var.tampered
        severity    = "page"
        description = "The table stream brought a change or removal of an event, or no event at all: somebody wrote past the API."
      }
      missed-schedules = {
        queue       = var.missed_schedules
        severity    = "notice"
        description = "A scheduled call of sweep or remind could not be made."
      }
    },
  )
  depths = { for name, letters in local.letters : name => {
    severity    = letters.severity
    description = letters.description
    namespace   = "AWS/SQS"
    metric      = "ApproximateNumberOfMessagesVisible"
    dimensions  = { QueueName = letters.queue }
    statistic   = "Maximum"
    threshold   = 0
    period_s    = local.minute_s
    periods     = 1
    missing     = "notBreaching"
  } }

  waiting = { for subscription, queue in var.replay_queues : "replay-${subscription}-waits" => {
    severity    = "notice"
    description = "The oldest replayed message of ${subscription} has been waiting for more than 15 minutes."
    namespace   = "AWS/SQS"
    metric      = "ApproximateAgeOfOldestMessage"
    dimensions  = { QueueName = queue }
    statistic   = "Maximum"
    threshold   = 15 * local.minute_s
    period_s    = local.minute_s
    periods     = 5
    missing     = "notBreaching"
  } }

  throttles = { for name, function in var.functions : "${name}-throttled" => {
    severity    = "notice"
    description = "${name} was called more often at once than it may run."
    namespace   = "AWS/Lambda"
    metric      = "Throttles"
    dimensions  = { FunctionName = function }
    statistic   = "Sum"
    threshold   = 0
    period_s    = 5 * local.minute_s
    periods     = 1
    missing     = "notBreaching"
  } }

  # What the functions count themselves.
  counted = { for name, count in {
    carts-parked = {
      function    = "project"
      metric      = "GateParked"
      severity    = "page"
      description = "A subscription could not apply an event and set its cart aside: tillroll pipeline names it."
    }
    archive-differs = {
      function    = "archive"
      metric      = "Archive412Different"
      severity    = "page"
      description = "An archive object of the same name holds other bytes."
    }
    events-missing = {
      function    = "sweep"
      metric      = "ReconcileMissing"
      severity    = "page"
      description = "The sweep found events that did not arrive everywhere: tillroll verify says which."
    }
    } : name => merge(count, {
      namespace  = local.counts
      dimensions = { service = var.prefix, function = count.function }
      statistic  = "Sum"
      threshold  = 0
      period_s   = local.minute_s
      periods    = 1
      missing    = "notBreaching"
  }) }

  # A day without a sweep is as bad as one that found something.
  sweep = { no-sweep = {
    severity    = "notice"
    description = "No sweep has ended well for a day."
    namespace   = "AWS/Lambda"
    metric      = "Invocations"
    dimensions  = { FunctionName = var.functions["sweep"] }
    statistic   = "Sum"
    threshold   = 1
    comparison  = "LessThanThreshold"
    period_s    = 24 * local.hour_s
    periods     = 1
    missing     = "breaching"
  } }

  alarms = merge(local.iterator_ages, local.depths, local.waiting, local.throttles, local.counted, local.sweep)
}

resource "aws_cloudwatch_metric_alarm" "one" {
  for_each = local.alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = try(each.value.comparison, "GreaterThanThreshold")
  threshold           = each.value.threshold
  period              = each.value.period_s
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing

  alarm_actions = [aws_sns_topic.this[each.value.severity == "notice" ? "notice" : "page"].arn]
  ok_actions    = [aws_sns_topic.this["notice"].arn]
}

locals {
  # While a batch hangs no age is measured at all. So: something came in, and nobody finished anything.
  silences = { for reader, function in var.readers : "${reader}-silent" => {
    severity    = "page"
    description = "Events came in for ${reader}, and it has finished no batch for 15 minutes."
    expression  = "IF(FILL(came, 0) > 0 AND FILL(finished, 0) == 0, 1, 0)"
    threshold   = 0
    period_s    = 5 * local.minute_s
    periods     = 3
    metrics = {
      came = reader == "publish" ? {
        namespace = "AWS/DynamoDB", metric = "ConsumedWriteCapacityUnits", statistic = "Sum", dimensions = { TableName = var.events_table }
        } : {
        namespace = "AWS/Kinesis", metric = "IncomingRecords", statistic = "Sum", dimensions = { StreamName = var.bus }
      }
      finished = {
        namespace = "AWS/Lambda", metric = "IteratorAge", statistic = "SampleCount", dimensions = { FunctionName = function }
      }
    }
  } }

  failures = { for name, function in var.functions : "${name}-fails" => {
    severity    = contains(["publish", "archive"], name) ? "page" : "notice"
    description = "More than 1 % of the calls of ${name} failed."
    expression  = "IF(FILL(calls, 0) > 0, 100 * FILL(errors, 0) / calls, 0)"
    threshold   = 1
    period_s    = 5 * local.minute_s
    periods     = 2
    metrics = {
      calls  = { namespace = "AWS/Lambda", metric = "Invocations", statistic = "Sum", dimensions = { FunctionName = function } }
      errors = { namespace = "AWS/Lambda", metric = "Errors", statistic = "Sum", dimensions = { FunctionName = function } }
    }
  } }

  api = {
    api-5xx = {
      severity    = "page"
      description = "More than 1 % of the API's answers were 5xx."
      expression  = "IF(FILL(requests, 0) > 0, 100 * FILL(faults, 0) / requests, 0)"
      threshold   = 1
      period_s    = 5 * local.minute_s
      periods     = 2
      metrics = {
        requests = { namespace = "AWS/ApiGateway", metric = "Count", statistic = "Sum", dimensions = { ApiId = var.api_id } }
        faults   = { namespace = "AWS/ApiGateway", metric = "5xx", statistic = "Sum", dimensions = { ApiId = var.api_id } }
      }
    }
    outcomes-unknown = {
      severity    = "page"
      description = "Of more than 0.1 % of the commands nobody knows whether they landed; their callers send them again."
      expression  = "IF(FILL(calls, 0) > 0, 100 * FILL(unknown, 0) / calls, 0)"
      threshold   = 0.1
      period_s    = 5 * local.minute_s
      periods     = 2
      metrics = {
        calls   = { namespace = local.counts, metric = "Invocations", statistic = "Sum", dimensions = { service = var.prefix, function = "command" } }
        unknown = { namespace = local.counts, metric = "Invocations", statistic = "Sum", dimensions = { service = var.prefix, function = "command", outcome = "unknown" } }
      }
    }
  }

  reckoned = merge(local.silences, local.failures, local.api)
}

resource "aws_cloudwatch_metric_alarm" "reckoned" {
  for_each = local.reckoned

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "reckoned"
    expression  = each.value.expression
    label       = each.key
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.metric
        stat        = metric_query.value.statistic
        period      = each.value.period_s
        dimensions  = metric_query.value.dimensions
      }
    }
  }

  alarm_actions = [aws_sns_topic.this[each.value.severity == "notice" ? "notice" : "page"].arn]
  ok_actions    = [aws_sns_topic.this["notice"].arn]
}

output "topics" {
  description = "ARNs of the topics `page` and `notice`."
  value       = { for name, topic in aws_sns_topic.this : name => topic.arn }
}

output "alarms" {
  description = "Every alarm by its name without prefix, with what it does about missing data: for tests."
  value = merge(
    { for name, alarm in aws_cloudwatch_metric_alarm.one : name => { missing = alarm.treat_missing_data, threshold = alarm.threshold, actions = alarm.alarm_actions } },
    { for name, alarm in aws_cloudwatch_metric_alarm.reckoned : name => { missing = alarm.treat_missing_data, threshold = alarm.threshold, actions = alarm.alarm_actions } },
  )
}

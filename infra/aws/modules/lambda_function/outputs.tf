output "arn" {
  description = "The function's ARN."
  value       = aws_lambda_function.this.arn
}

output "name" {
  description = "The function's name."
  value       = aws_lambda_function.this.function_name
}

output "invoke_arn" {
  description = "How API Gateway calls it."
  value       = aws_lambda_function.this.invoke_arn
}

output "role_arn" {
  description = "ARN of its role."
  value       = aws_iam_role.this.arn
}

output "policy" {
  description = "What its role may do, as JSON: for tests that look for wildcards."
  value       = local.policy
}

output "environment" {
  description = "Its environment variables: for tests."
  value       = var.environment
}

output "log_group" {
  description = "Name of its log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "timeout_s" {
  description = "How long one call may take."
  value       = var.timeout_s
}

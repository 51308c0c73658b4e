output "id" {
  description = "The API's id, which its metrics bear."
  value       = aws_apigatewayv2_api.this.id
}

output "url" {
  description = "Where the API answers."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "stream_urls" {
  description = "Where streams are answered, by what they stream."
  value       = { for name, url in aws_lambda_function_url.streams : name => url.function_url }
}

output "routes" {
  description = "Every route with its function and whether it needs a token: for tests."
  value       = { for key, route in aws_apigatewayv2_route.this : key => { function = local.routes[key].function, authorization = route.authorization_type } }
}

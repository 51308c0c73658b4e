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
  description = "Every route with the function that answers and what it asks of a caller: for tests."
  value = { for key, route in aws_apigatewayv2_route.this : key => {
    function      = one([for name, integration in aws_apigatewayv2_integration.this : name if route.target == "integrations/${integration.id}"])
    authorization = route.authorization_type
  } }
}

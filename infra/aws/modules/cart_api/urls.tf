# Function URLs, which can stream. Nobody stands before them: the functions check the tokens themselves.

resource "aws_lambda_function_url" "streams" {
  #checkov:skip=CKV_AWS_258:Browsers cannot sign requests; the function checks the token itself, as it does on every path
  for_each = var.streams

  function_name      = each.value.name
  authorization_type = "NONE"
  invoke_mode        = "RESPONSE_STREAM"

  dynamic "cors" {
    for_each = length(var.cors_origins) == 0 ? [] : [var.cors_origins]

    content {
      allow_origins  = cors.value
      allow_methods  = ["GET", "HEAD", "POST"]
      allow_headers  = var.cors_headers.allowed
      expose_headers = var.cors_headers.exposed
      max_age        = 600
    }
  }
}

# Since October 2025 a new Function URL needs a second permission, to invoke the function, and only by way of its URL. The
# provider can say so from 6.29 on; CloudFormation says it for older ones. (The first one comes with the URL itself.)
resource "aws_cloudformation_stack" "streams" {
  #checkov:skip=CKV_AWS_124:It holds one permission and changes when Terraform changes it
  for_each = aws_lambda_function_url.streams

  name = "${each.value.function_name}-url"

  template_body = jsonencode({
    Resources = {
      ByItsUrl = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          Action                = "lambda:InvokeFunction"
          FunctionName          = each.value.function_name
          Principal             = "*"
          InvokedViaFunctionUrl = true
        }
      }
    }
  })
}

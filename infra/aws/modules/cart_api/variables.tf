variable "prefix" {
  description = "What all names begin with."
  type        = string
}

variable "command" {
  description = "The function that answers shoppers."
  type = object({
    name       = string
    invoke_arn = string
  })
}

variable "operate" {
  description = "The function that answers operators."
  type = object({
    name       = string
    invoke_arn = string
  })
}

variable "streams" {
  description = "Functions that get a URL of their own, by what they stream."
  type = map(object({
    name = string
  }))
}

variable "tokens" {
  description = "Whose tokens count, and for whom they must be meant; null: the gateway looks at none."
  type = object({
    issuer   = string
    audience = string
  })
}

variable "anonymous_carts" {
  description = "Whether shoppers may come without a token, knowing their cart's secret: then the gateway lets them pass, and the function judges."
  type        = bool
}

variable "cors_origins" {
  description = "Exact origins of pages that may call."
  type        = list(string)
}

variable "cors_headers" {
  description = "Headers that pages may send, and those that they may read."
  type = object({
    allowed = list(string)
    exposed = list(string)
  })
  default = {
    allowed = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id", "tillroll-cart-token", "traceparent", "tracestate"]
    exposed = ["etag", "location", "retry-after"]
  }
}

variable "throttle" {
  description = "Requests a second on each route, and how many at once may exceed that."
  type = object({
    rate  = number
    burst = number
  })
}

variable "kms_key_arn" {
  description = "The key of the access log."
  type        = string
}

variable "log_retention_days" {
  description = "How long the access log is kept, in days."
  type        = number
}

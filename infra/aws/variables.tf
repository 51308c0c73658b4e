variable "name" {
  description = "The application's name, with which all names begin."
  type        = string
  default     = "tillroll"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,15}$", var.name))
    error_message = "2 to 16 characters: lower-case letters, digits, hyphens."
  }
}

variable "environment" {
  description = "Which of its installations this is: dev, production, …"
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,11}$", var.environment))
    error_message = "2 to 12 characters: lower-case letters, digits, hyphens."
  }
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "endpoint" {
  description = "Where a stand-in of AWS listens, for tests on one machine; null: AWS."
  type        = string
  default     = null

  validation {
    condition     = var.endpoint == null || can(regex("^http://127\\.0\\.0\\.1:[0-9]+$", var.endpoint))
    error_message = "A stand-in of AWS is reached on this machine only: http://127.0.0.1:PORT."
  }
}

variable "tags" {
  description = "Further tags for everything."
  type        = map(string)
  default     = {}
}

variable "architecture" {
  description = "What the programs were built for."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "arm64 or x86_64."
  }
}

variable "packages_folder" {
  description = "Where `cargo xtask package` puts the zips: <folder>/<architecture>/<function>.zip."
  type        = string
  default     = "../../target/lambda"
}

variable "packages" {
  description = "Paths of single zips that lie elsewhere, by function."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.packages) : contains(["command", "operate", "publish", "archive", "replay", "project", "remind", "sweep"], name)])
    error_message = "The functions are command, operate, publish, archive, replay, project, remind and sweep."
  }
}

variable "log_level" {
  description = "What the functions write: error, warn, info or debug."
  type        = string
  default     = "info"
}

variable "log_retention_days" {
  description = "How long logs are kept, in days."
  type        = number
  default     = 365
}

variable "deletion_protection" {
  description = "Whether tables refuse to be deleted, and the archive's bucket while there is something in it."
  type        = bool
  default     = true
}

variable "key_deletion_days" {
  description = "For how long the key can still be called back after it was deleted, in days."
  type        = number
  default     = 30
}

variable "archive_lock_days" {
  description = "For how many days no archive object can be deleted without a special right; null: no lock. Only for a new bucket."
  type        = number
  default     = null
}

variable "bus_shards" {
  description = "Shards of the event bus, 1,000 events a second each; null: on demand."
  type        = number
  default     = 1
}

variable "events_capacity" {
  description = "Units a second that the event table always has, and how many times as many it may grow to; null: on demand."
  type = object({
    read   = number
    write  = number
    growth = number
  })
  default = null
}

variable "tokens" {
  description = "Whose tokens count (`iss`), for whom they must be meant (`aud` or `client_id`), where the issuer's keys are (null: in the usual place below the issuer), which claim makes an operator, and which group of it one who may see references to persons."
  type = object({
    issuer           = string
    audience         = string
    jwks             = optional(string)
    operator_claim   = optional(string, "cognito:groups")
    operator_group   = optional(string, "operators")
    disclosure_group = optional(string, "disclosure")
  })
}

variable "gateway_checks_tokens" {
  description = "Whether the HTTP API refuses bad tokens before a function is called. The functions check them in any case; only a stand-in of AWS may do without."
  type        = bool
  default     = true

  validation {
    condition     = var.gateway_checks_tokens || var.endpoint != null
    error_message = "On AWS the gateway checks tokens."
  }
}

variable "anonymous_carts" {
  description = "Whether shoppers may come without a token, knowing their cart's secret."
  type        = bool
  default     = false
}

variable "cors_origins" {
  description = "Exact origins of pages that may call."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[^*/]+$", origin))])
    error_message = "Exact origins, such as https://shop.example: no wildcard, no path."
  }
}

variable "throttle" {
  description = "Requests a second on each route of the API, and how many at once may exceed that."
  type = object({
    rate  = number
    burst = number
  })
  default = { rate = 50, burst = 100 }
}

variable "direct_calls" {
  description = "Which of the Ruby system's four functions to have as functions of their own: open_cart, add_item, close_cart, get_cart."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.direct_calls, ["open_cart", "add_item", "close_cart", "get_cart"])) == 0
    error_message = "The four are open_cart, add_item, close_cart and get_cart."
  }
}

variable "catalogue_file" {
  description = "A file with prices and discount rules; null: prices are taken as given."
  type        = string
  default     = null
}

variable "command_memory_mb" {
  description = "Memory of the functions that answer requests."
  type        = number
  default     = 256
}

variable "sweep_scratch_mb" {
  description = "Room in which the sweep sorts: 66 bytes for each event."
  type        = number
  default     = 2048
}

variable "alarm_emails" {
  description = "Who hears of alarms and of the budget."
  type        = set(string)
  default     = []
}

variable "budget_usd" {
  description = "What a month may cost, in US dollars."
  type        = number
}

variable "prefix" {
  description = "What all names begin with."
  type        = string
}

variable "subscription" {
  description = "The subscription's name, as the code knows it."
  type        = string
}

variable "package" {
  description = "Path of the zip of `project`."
  type        = string
}

variable "environment" {
  description = "The function's environment variables, but for the subscription's name."
  type        = map(string)
}

variable "statements" {
  description = "What the function may do besides reading its queue."
  type = list(object({
    sid        = string
    actions    = list(string)
    resources  = list(string)
    conditions = optional(map(map(list(string))))
  }))
}

variable "common" {
  description = "What all functions have in common: see the module lambda_function."
  type = object({
    architecture       = string
    partition          = string
    region             = string
    account            = string
    kms_key_arn        = string
    log_retention_days = number
    denials = list(object({
      sid       = string
      actions   = list(string)
      resources = list(string)
    }))
  })
}

variable "bus_arn" {
  description = "ARN of the event bus."
  type        = string
}

variable "given_up_arn" {
  description = "ARN of the queue for batches that a mapping gives up."
  type        = string
}

variable "parallelization_factor" {
  description = "Batches of one shard of the bus at a time, 1 to 10. Carts keep their order: it holds within a partition key."
  type        = number
  default     = 1
}

variable "receive_count_max" {
  description = "Deliveries of a replayed message before it becomes a dead letter."
  type        = number
  default     = 5

  validation {
    condition     = var.receive_count_max >= 5
    error_message = "At least 5: Lambda's own back-off when it is throttled counts as deliveries too."
  }
}

variable "replay_concurrency_max" {
  description = "Batches of replayed messages at a time."
  type        = number
  default     = 16

  validation {
    condition     = var.replay_concurrency_max >= 2
    error_message = "Lambda admits 2 and more."
  }
}

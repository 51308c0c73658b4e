variable "function_arn" {
  description = "ARN of the function that follows the stream."
  type        = string
}

variable "stream_arn" {
  description = "ARN of the stream: the event bus, or the event table's."
  type        = string
}

variable "given_up_arn" {
  description = "ARN of the queue for batches that Lambda gives up."
  type        = string
}

variable "batch_size" {
  description = "Most records in a batch, 1 to 10,000."
  type        = number

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000
    error_message = "Lambda admits 1 to 10,000."
  }
}

variable "window_s" {
  description = "How long Lambda gathers records for a batch, in seconds, 0 to 300."
  type        = number

  validation {
    condition     = var.window_s >= 0 && var.window_s <= 300
    error_message = "Lambda admits 0 to 300."
  }
}

variable "parallelization_factor" {
  description = "Batches of one shard at a time, 1 to 10."
  type        = number

  validation {
    condition     = var.parallelization_factor >= 1 && var.parallelization_factor <= 10
    error_message = "Lambda admits 1 to 10."
  }
}

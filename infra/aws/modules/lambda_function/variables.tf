variable "name" {
  description = "The function's name; its role and its log bear it too."
  type        = string
}

variable "description" {
  description = "What it does, in a sentence, for the console."
  type        = string
}

variable "package" {
  description = "Path of its zip, with the program `bootstrap` in it."
  type        = string
}

variable "memory_mb" {
  description = "Memory in MB. Its share of a core grows with it."
  type        = number
  default     = 128
}

variable "timeout_s" {
  description = "How long one call may take, in seconds."
  type        = number
}

variable "scratch_mb" {
  description = "Size of its folder for temporary files, in MB; 512 cost nothing."
  type        = number
  default     = 512
}

variable "reserved_concurrency" {
  description = "How many calls may run at once, kept free for it; -1: as many as the account has."
  type        = number
  default     = -1
}

variable "environment" {
  description = "Its environment variables. No secrets: none are needed."
  type        = map(string)
}

variable "statements" {
  description = "What it may do besides writing its log and using the key: exact actions on exact resources."
  type = list(object({
    sid        = string
    actions    = list(string)
    resources  = list(string)
    conditions = optional(map(map(list(string))))
  }))

  validation {
    condition     = alltrue([for statement in var.statements : alltrue([for action in statement.actions : !strcontains(action, "*")])])
    error_message = "Name every action: no wildcards."
  }

  validation {
    condition     = alltrue([for statement in var.statements : !contains(statement.resources, "*")])
    error_message = "Name every resource: not the wildcard alone."
  }
}

variable "common" {
  description = "What all functions have in common: what their programs were built for (arm64 or x86_64), where they run, the key of their logs and stores, for how many days logs are kept, and what none of them may do, whatever else is attached to its role."
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

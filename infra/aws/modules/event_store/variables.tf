variable "prefix" {
  description = "What all names begin with."
  type        = string
}

variable "archive_bucket" {
  description = "Name of the archive's bucket; the world has only one of each name."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts everything here."
  type        = string
}

variable "deletion_protection" {
  description = "Whether tables refuse to be deleted, and the bucket while there is something in it."
  type        = bool
}

variable "bus_shards" {
  description = "Shards of the event bus; null: on demand."
  type        = number
}

variable "events_capacity" {
  description = "Units a second that the event table always has, and how many times as many it may grow to; null: on demand."
  type = object({
    read   = number
    write  = number
    growth = number
  })
}

variable "archive_lock_days" {
  description = "For how many days no archive object can be deleted without a special right; null: no lock. Only for a new bucket."
  type        = number
}

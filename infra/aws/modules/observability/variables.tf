variable "prefix" {
  description = "What all names begin with."
  type        = string
}

variable "environment" {
  description = "The environment, whose tag the budget counts."
  type        = string
}

variable "region" {
  description = "The region whose metrics the dashboard shows."
  type        = string
}

variable "account" {
  description = "The account whose alarms may speak here."
  type        = string
}

variable "kms_key_arn" {
  description = "The key of the topics."
  type        = string
}

variable "alarm_emails" {
  description = "Who hears of alarms. Each address is asked to confirm, once for each topic."
  type        = set(string)
}

variable "budget_usd" {
  description = "What a month may cost, in US dollars."
  type        = number
}

variable "functions" {
  description = "Names of all functions, by what they do."
  type        = map(string)
}

variable "readers" {
  description = "Names of the functions that read the table stream or the bus: publish, archive, project-<subscription>."
  type        = map(string)
}

variable "events_table" {
  description = "Name of the event table."
  type        = string
}

variable "bus" {
  description = "Name of the event bus."
  type        = string
}

variable "replay_queues" {
  description = "Names of the replay queues, by subscription."
  type        = map(string)
}

variable "dead_letters" {
  description = "Names of the queues behind them, by subscription."
  type        = map(string)
}

variable "given_up" {
  description = "Name of the queue of batches that a mapping gave up."
  type        = string
}

variable "tampered" {
  description = "Name of the queue of tampered records."
  type        = string
}

variable "missed_schedules" {
  description = "Name of the queue of scheduled calls that could not be made."
  type        = string
}

variable "api_id" {
  description = "The HTTP API's id."
  type        = string
}

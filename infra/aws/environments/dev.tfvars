# An installation to try things in: everything in it may go.
environment         = "dev"
region              = "eu-central-1"
deletion_protection = false
key_deletion_days   = 7
log_level           = "debug"
log_retention_days  = 365
budget_usd          = 30

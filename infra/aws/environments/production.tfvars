# The real thing. What is missing here (tokens, cors_origins, alarm_emails) belongs to whoever runs it: another file.
environment       = "production"
region            = "eu-central-1"
archive_lock_days = 90
bus_shards        = 2
throttle          = { rate = 500, burst = 1000 }
budget_usd        = 300

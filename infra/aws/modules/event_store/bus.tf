# The event bus. Its records stay for a week, so that an archive that fails on a Friday loses nothing.

resource "aws_kinesis_stream" "bus" {
  name             = "${var.prefix}-bus"
  shard_count      = var.bus_shards
  retention_period = 168
  encryption_type  = "KMS"
  kms_key_id       = var.kms_key_arn

  stream_mode_details {
    stream_mode = var.bus_shards == null ? "ON_DEMAND" : "PROVISIONED"
  }
}

# Where Lambda leaves word of batches that a mapping gave up, which no mapping of ours ever does: shard and sequence
# numbers, for whoever has to fetch the records before they expire.
resource "aws_sqs_queue" "given_up" {
  name                              = "${var.prefix}-given-up"
  message_retention_seconds         = 14 * 24 * 60 * 60
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 3600
}

# Records of the table stream that look tampered with.
resource "aws_sqs_queue" "tampered" {
  name                              = "${var.prefix}-tampered"
  message_retention_seconds         = 14 * 24 * 60 * 60
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 3600
}

resource "aws_sqs_queue_policy" "tls" {
  for_each = { given_up = aws_sqs_queue.given_up, tampered = aws_sqs_queue.tampered }

  queue_url = each.value.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

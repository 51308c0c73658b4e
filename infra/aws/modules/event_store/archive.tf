# The archive: objects that are written once and kept for ever.

resource "aws_s3_bucket" "archive" {
  #checkov:skip=CKV_AWS_18:Only functions reach it; CloudTrail's data events tell more than an access log, to whoever wants to pay
  #checkov:skip=CKV_AWS_144:The table, with backups of 35 days, is the truth; a copy elsewhere is a decision about money and law
  #checkov:skip=CKV2_AWS_62:Nobody has to be told of new objects: what reads them lists them
  bucket              = var.archive_bucket
  object_lock_enabled = var.archive_lock_days != null
  # Only where everything may go; even then nobody in the running system can delete.
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_ownership_controls" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket                  = aws_s3_bucket.archive.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    # One data key for many objects: without it every PUT would be a call of KMS as well.
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    id     = "rest"
    status = "Enabled"

    filter {
      prefix = "v1/"
    }

    # Still readable at once, for replays. Nothing of v1/ ever expires.
    transition {
      days          = 90
      storage_class = "GLACIER_IR"
    }
  }

  rule {
    id     = "abandoned-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.archive]
}

resource "aws_s3_bucket_object_lock_configuration" "archive" {
  count  = var.archive_lock_days == null ? 0 : 1
  bucket = aws_s3_bucket.archive.id

  # Governance and not compliance, which would make a mistake permanent.
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.archive_lock_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.archive]
}

resource "aws_s3_bucket_policy" "archive" {
  bucket = aws_s3_bucket.archive.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.archive.arn, "${aws_s3_bucket.archive.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.archive]
}

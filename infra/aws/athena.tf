# The archive as a table, so that Athena reads it as it stands: `SELECT … FROM "<database>"."events" WHERE dt = '2026-11-22'`.
# Date and hour are computed and never listed. The shards below an hour are read with it; "$path" tells them apart.

resource "aws_glue_catalog_database" "this" {
  name        = replace(local.prefix, "-", "_")
  description = "The archive of ${local.prefix}."
}

resource "aws_glue_catalog_table" "events" {
  name          = "events"
  database_name = aws_glue_catalog_database.this.name
  description   = "Every event, a CloudEvent a line. An event may stand in it twice: count by id."
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    EXTERNAL                    = "TRUE"
    classification              = "json"
    compressionType             = "zstd"
    "projection.enabled"        = "true"
    "projection.dt.type"        = "date"
    "projection.dt.format"      = "yyyy-MM-dd"
    "projection.dt.range"       = "2026-01-01,NOW+1DAYS"
    "projection.hh.type"        = "integer"
    "projection.hh.range"       = "0,23"
    "projection.hh.digits"      = "2"
    "storage.location.template" = "s3://${local.archive.name}/v1/dt=$${dt}/hh=$${hh}/"
  }

  partition_keys {
    name    = "dt"
    type    = "string"
    comment = "Date of arrival on the bus, UTC."
  }

  partition_keys {
    name    = "hh"
    type    = "string"
    comment = "Hour of arrival, two digits."
  }

  storage_descriptor {
    location      = "s3://${local.archive.name}/v1/"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
    compressed    = true

    ser_de_info {
      serialization_library = "org.openx.data.jsonserde.JsonSerDe"
    }

    dynamic "columns" {
      for_each = local.event_columns

      content {
        name    = columns.value.name
        type    = columns.value.type
        comment = columns.value.comment
      }
    }
  }
}

locals {
  # Members of a recorded event, with which a test compares them.
  event_columns = [
    { name = "specversion", type = "string", comment = "Of CloudEvents." },
    { name = "id", type = "string", comment = "The event's id." },
    { name = "source", type = "string", comment = "Where it happened." },
    { name = "type", type = "string", comment = "tillroll.cart.ItemAdded, …" },
    { name = "subject", type = "string", comment = "The cart." },
    { name = "time", type = "string", comment = "When it happened: RFC 3339." },
    { name = "datacontenttype", type = "string", comment = "Of data." },
    { name = "data", type = "string", comment = "JSON: json_extract_scalar(data, '$.sku')." },
    { name = "recordedtime", type = "string", comment = "When it was recorded: RFC 3339." },
    { name = "sequence", type = "bigint", comment = "The cart's version." },
    { name = "schemaversion", type = "int", comment = "Of data." },
    { name = "commandid", type = "string", comment = "The command." },
    { name = "commandhash", type = "string", comment = "Of its content." },
    { name = "correlationid", type = "string", comment = "The story it belongs to." },
    { name = "causationid", type = "string", comment = "What caused it." },
    { name = "traceparent", type = "string", comment = "W3C trace context." },
    { name = "actor", type = "string", comment = "Who, as a hash." },
    { name = "reducer", type = "string", comment = "The reducer that decided." },
  ]
}

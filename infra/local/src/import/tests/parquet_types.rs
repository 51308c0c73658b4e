//! Every Parquet type that a column of a shop's file may have.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::super::ImportPlan;
use super::{Shop, briefs, full_plan};

/// The values of one column; `None` is null.
enum Written {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<Option<i64>>),
    Int96([u32; 3]),
    Float(f32),
    Double(Vec<Option<f64>>),
    Bytes(Vec<&'static [u8]>),
    Fixed(&'static [u8]),
}

fn write_parquet(shop: &Shop, name: &str, schema: &str, compression: Compression, groups: &[Vec<Written>]) -> PathBuf {
    let path = shop.folder.path().join(name);
    let schema = Arc::new(parse_message_type(&format!("message sales {{ {schema} }}")).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut writer = SerializedFileWriter::new(File::create(&path).unwrap(), schema, properties).unwrap();
    for group in groups {
        let mut rows = writer.next_row_group().unwrap();
        for column in group {
            let mut chunk = rows.next_column().unwrap().unwrap();
            let written = match (column, chunk.untyped()) {
                (Written::Bool(values), ColumnWriter::BoolColumnWriter(out)) => out.write_batch(values, None, None),
                (Written::Int32(values), ColumnWriter::Int32ColumnWriter(out)) => out.write_batch(values, None, None),
                (Written::Int64(values), ColumnWriter::Int64ColumnWriter(out)) => {
                    let (present, levels) = nullable(values);
                    out.write_batch(&present, Some(&levels), None)
                }
                (Written::Int96([low, high, day]), ColumnWriter::Int96ColumnWriter(out)) => {
                    let mut value = Int96::new();
                    value.set_data(*low, *high, *day);
                    out.write_batch(&[value], None, None)
                }
                (Written::Float(value), ColumnWriter::FloatColumnWriter(out)) => out.write_batch(&[*value], None, None),
                (Written::Double(values), ColumnWriter::DoubleColumnWriter(out)) => {
                    let (present, levels) = nullable(values);
                    out.write_batch(&present, Some(&levels), None)
                }
                (Written::Bytes(values), ColumnWriter::ByteArrayColumnWriter(out)) => {
                    out.write_batch(&values.iter().map(|bytes| ByteArray::from(*bytes)).collect::<Vec<_>>(), None, None)
                }
                (Written::Fixed(value), ColumnWriter::FixedLenByteArrayColumnWriter(out)) => {
                    out.write_batch(&[FixedLenByteArray::from(value.to_vec())], None, None)
                }
                _ => panic!("the schema and the values differ"),
            };
            written.unwrap();
            chunk.close().unwrap();
        }
        rows.close().unwrap();
    }
    writer.close().unwrap();
    path
}

fn nullable<T: Copy>(values: &[Option<T>]) -> (Vec<T>, Vec<i16>) {
    (values.iter().flatten().copied().collect(), values.iter().map(|value| i16::from(value.is_some())).collect())
}

pub(super) const SALES_SCHEMA: &str = "required int64 cart; required binary item (UTF8);
    optional int64 quantity; optional double amount; required int64 time (TIMESTAMP(MILLIS, true));";

/// Two row groups of two rows each, with nulls.
pub(super) fn sales_parquet(shop: &Shop, name: &str, schema: &str) -> PathBuf {
    let schema = schema.replace("required int64", "optional int64");
    let group = |cart: i64, item: &'static [u8], amounts: [Option<f64>; 2]| {
        let time = Some(1_483_271_606_000);
        vec![
            Written::Int64(vec![Some(cart), Some(7)]),
            Written::Bytes(vec![item, b"tea"]),
            Written::Int64(vec![Some(2), Some(1)]),
            Written::Double(amounts.to_vec()),
            Written::Int64(vec![time, time]),
        ]
    };
    let groups = [group(31_198_570_044, b"milk", [Some(2.98), None]), group(5, b"bread", [Some(0.1 + 0.2), Some(1.5)])];
    write_parquet(shop, name, &schema, Compression::SNAPPY, &groups)
}

#[test]
fn row_groups_follow_each_other_and_nulls_keep_their_place() {
    let shop = Shop::new();
    let (carts, report) = shop.import(sales_parquet(&shop, "sales.parquet", SALES_SCHEMA), &full_plan()).unwrap();
    assert_eq!(carts.iter().map(|cart| cart.value.as_str()).collect::<Vec<_>>(), ["31198570044", "5", "7"]);
    assert_eq!(briefs(&carts[0]), ["open USD", "add 2 milk (milk) 298/2"]);
    assert_eq!(briefs(&carts[1]), ["open USD", "add 2 bread (bread) 30/2"]);
    assert_eq!(briefs(&carts[2]), ["open USD", "add 1 tea (tea) 150/1"]);
    assert_eq!(carts[0].commands[1].happened_at.unwrap().to_string(), "2017-01-01T11:53:26Z");
    assert_eq!(carts[2].commands[0].row, 4);
    let complaints: Vec<_> = report.bad.first.iter().map(ToString::to_string).collect();
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].starts_with("row 2, column `amount`: found nothing, expected an amount"), "{complaints:?}");
}

/// One row whose only unusual column is `amount`; its reading in minor units, `None` for a bad row.
fn amount_of(kind: &str, value: Written) -> Option<u128> {
    let shop = Shop::new();
    let group = vec![Written::Int32(vec![1]), Written::Int32(vec![1]), value];
    let schema = format!("required int32 cart; required int32 item; {kind}");
    let path = write_parquet(&shop, "x.parquet", &schema, Compression::UNCOMPRESSED, &[group]);
    let mut plan = ImportPlan::new("till", "cart").with_items("item");
    plan.columns.amount = Some("amount".to_owned());
    let (carts, _) = shop.import(path, &plan).unwrap();
    carts.first().map(|cart| cart.total_minor)
}

#[test]
fn amounts_of_every_type_are_exact() {
    for (kind, value, minor) in [
        ("required int32 amount;", Written::Int32(vec![12]), Some(1200)),
        ("optional int64 amount;", Written::Int64(vec![Some(12)]), Some(1200)),
        ("required int32 amount (DECIMAL(9, 2));", Written::Int32(vec![1250]), Some(1250)),
        ("optional int64 amount (DECIMAL(18, 4));", Written::Int64(vec![Some(125_000)]), Some(1250)),
        ("optional int64 amount (DECIMAL(18, 4));", Written::Int64(vec![Some(125_001)]), None),
        ("required fixed_len_byte_array(5) amount (DECIMAL(10, 2));", Written::Fixed(&[0, 0, 0, 4, 0xe2]), Some(1250)),
        ("required fixed_len_byte_array(2) amount (DECIMAL(4, 2));", Written::Fixed(&[0xff, 0xff]), None),
        ("required binary amount (DECIMAL(10, 2));", Written::Bytes(vec![&[4, 0xe2]]), Some(1250)),
        ("required float amount;", Written::Float(1.43), Some(143)),
        ("optional double amount;", Written::Double(vec![Some(3.57)]), Some(357)),
        ("optional double amount;", Written::Double(vec![Some(1.005)]), None),
        ("optional double amount;", Written::Double(vec![Some(f64::NAN)]), None),
        ("optional double amount;", Written::Double(vec![Some(f64::INFINITY)]), None),
        ("optional double amount;", Written::Double(vec![Some(1e300)]), None),
        ("optional double amount;", Written::Double(vec![Some(-0.0)]), Some(0)),
        ("required binary amount (UTF8);", Written::Bytes(vec![b"12.50"]), Some(1250)),
        ("required binary amount;", Written::Bytes(vec![b"12.50"]), Some(1250)),
        ("required boolean amount;", Written::Bool(vec![true]), None),
        ("required int32 amount (DATE);", Written::Int32(vec![12]), None),
    ] {
        assert_eq!(amount_of(kind, value), minor, "{kind}");
    }
}

#[test]
fn times_of_every_type_are_the_same_moment() {
    let seconds = 1_483_271_606_i64;
    let (noon, midnight) = (Some("2017-01-01T11:53:26Z"), Some("2017-01-01T00:00:00Z"));
    let nanos_of_day = 42_806_000_000_000_u64;
    let words = [(nanos_of_day & 0xffff_ffff) as u32, (nanos_of_day >> 32) as u32, 2_457_755];
    for (kind, value, expected) in [
        ("optional int64 t (TIMESTAMP(MILLIS, true));", Written::Int64(vec![Some(seconds * 1_000)]), noon),
        ("optional int64 t (TIMESTAMP(MICROS, false));", Written::Int64(vec![Some(seconds * 1_000_000)]), noon),
        ("optional int64 t (TIMESTAMP(NANOS, false));", Written::Int64(vec![Some(seconds * 1_000_000_000)]), noon),
        ("optional int64 t (TIMESTAMP_MILLIS);", Written::Int64(vec![Some(seconds * 1_000)]), noon),
        ("optional int64 t (TIMESTAMP_MICROS);", Written::Int64(vec![Some(seconds * 1_000_000)]), noon),
        ("required int96 t;", Written::Int96(words), noon),
        ("required int32 t (DATE);", Written::Int32(vec![17_167]), midnight),
        ("required binary t (UTF8);", Written::Bytes(vec![b"2017-01-01 11:53:26"]), noon),
        ("optional int64 t (TIMESTAMP(MILLIS, true));", Written::Int64(vec![Some(i64::MAX)]), None),
        ("optional int64 t;", Written::Int64(vec![Some(seconds)]), None),
        ("optional int64 t (TIMESTAMP(MILLIS, true));", Written::Int64(vec![None]), None),
    ] {
        let shop = Shop::new();
        let schema = format!("required int32 cart; required int32 item; {kind}");
        let group = vec![Written::Int32(vec![1]), Written::Int32(vec![1]), value];
        let path = write_parquet(&shop, "x.parquet", &schema, Compression::UNCOMPRESSED, &[group]);
        let mut plan = ImportPlan::new("till", "cart").with_items("item");
        plan.columns.time = Some("t".to_owned());
        let (carts, _) = shop.import(path, &plan).unwrap();
        let time = carts.first().map(|cart| cart.commands[1].happened_at.unwrap().to_string());
        assert_eq!(time.as_deref(), expected, "{kind}");
    }
}

#[test]
fn a_cart_is_named_by_its_value_as_text() {
    let uuid = b"\x12\x34\x56\x78\x12\x34\x12\x34\x12\x34\x12\x34\x56\x78\x9a\xbc";
    for (kind, value, expected) in [
        ("optional int64 cart;", Written::Int64(vec![Some(-7)]), "-7"),
        ("optional int64 cart (INTEGER(64, false));", Written::Int64(vec![Some(-1)]), "18446744073709551615"),
        ("optional int64 cart (UINT_64);", Written::Int64(vec![Some(-1)]), "18446744073709551615"),
        ("required int32 cart (INTEGER(32, false));", Written::Int32(vec![-1]), "4294967295"),
        ("optional double cart;", Written::Double(vec![Some(31_198_570_044.0)]), "31198570044"),
        ("required boolean cart;", Written::Bool(vec![false]), "false"),
        ("required binary cart (UTF8);", Written::Bytes(vec![" b 1 ".as_bytes()]), " b 1 "),
        (
            "required fixed_len_byte_array(16) cart (UUID);",
            Written::Fixed(uuid),
            "12345678-1234-1234-1234-123456789abc",
        ),
    ] {
        let shop = Shop::new();
        let schema = format!("{kind} required int32 item;");
        let groups = [vec![value, Written::Int32(vec![1])]];
        let path = write_parquet(&shop, "x.parquet", &schema, Compression::UNCOMPRESSED, &groups);
        let (carts, _) = shop.import(path, &ImportPlan::new("till", "cart").with_items("item")).unwrap();
        assert_eq!(carts[0].value, expected, "{kind}");
    }
}

#[test]
fn zstd_is_read_and_a_codec_that_is_not_is_named() {
    let shop = Shop::new();
    let schema = "required int32 cart; required int32 item;";
    let groups = || [vec![Written::Int32(vec![1]), Written::Int32(vec![1])]];
    let plan = ImportPlan::new("till", "cart").with_items("item");
    let zstd = write_parquet(&shop, "z.parquet", schema, Compression::ZSTD(ZstdLevel::default()), &groups());
    assert_eq!(shop.import(zstd, &plan).unwrap().0.len(), 1);

    let uncompressed = write_parquet(&shop, "plain.parquet", schema, Compression::UNCOMPRESSED, &groups());
    let mut bytes = fs::read(uncompressed).unwrap();
    // In the footer the column's path is followed by its codec (0: none, 4: gzip) and its number of values.
    let footer = b"cart\x15\x00\x16\x02";
    let path = bytes.windows(footer.len()).position(|window| window == footer).unwrap();
    bytes[path + 5] = 4;
    let error = shop.import(shop.file("gzip.parquet", bytes), &plan).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("is Parquet compressed with GZIP") && error.contains("write it with snappy"), "{error}");
}

#[test]
fn a_list_column_is_refused_by_name() {
    let shop = Shop::new();
    let schema = "repeated int32 cart; required int32 item;";
    let path = shop.folder.path().join("l.parquet");
    let schema = Arc::new(parse_message_type(&format!("message sales {{ {schema} }}")).unwrap());
    let writer = SerializedFileWriter::new(File::create(&path).unwrap(), schema, Arc::default()).unwrap();
    writer.close().unwrap();
    let error = shop.import(path, &ImportPlan::new("till", "cart").with_items("item")).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("column `cart`") && error.to_string().contains("holds lists"), "{error}");
}

"""A function that reads a cart from its events, as the SDK's own examples would have it written."""

import json
import os

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table(os.environ["TILLROLL_EVENTS_TABLE"])


def handler(event):
    cart = event["rawPath"].rsplit("/", 1)[-1]
    question = {"KeyConditionExpression": Key("AggregateUuid").eq(cart), "ConsistentRead": True}
    lines, version = {}, 0
    while True:
        page = table.query(**question)
        for item in page["Items"]:
            version += 1
            if item["Name"] == "ItemAdded":
                add(lines, item["Data"])
        if "LastEvaluatedKey" not in page:
            break
        question["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    body = {"cart_id": cart, "version": version, "lines": list(lines.values())}
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def add(lines, data):
    sku = data.get("sku", data.get("item_name"))
    line = lines.setdefault(sku, {"sku": sku, "quantity": 0, "total_minor": 0})
    line["quantity"] += int(data.get("quantity", 1))
    price = data.get("price", {})
    line["total_minor"] = line["quantity"] * int(price.get("minor", 0)) // int(price.get("per", 1))

// A function that reads a cart from its events, as the SDK's own examples would have it written.
import { DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";

const client = new DynamoDBClient({});
const table = process.env.TILLROLL_EVENTS_TABLE;

export async function handler(event) {
  const cart = event.rawPath.split("/").at(-1);
  const question = {
    TableName: table,
    KeyConditionExpression: "AggregateUuid = :cart",
    ExpressionAttributeValues: { ":cart": { S: cart } },
    ConsistentRead: true,
  };
  const lines = new Map();
  let version = 0;
  for await (const page of paginateQuery({ client }, question)) {
    for (const item of page.Items.map((item) => unmarshall(item))) {
      version += 1;
      if (item.Name === "ItemAdded") add(lines, item.Data);
    }
  }
  const body = { cart_id: cart, version, lines: [...lines.values()] };
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}

function add(lines, data) {
  const sku = data.sku ?? data.item_name;
  const line = lines.get(sku) ?? { sku, quantity: 0, total_minor: 0 };
  line.quantity += data.quantity ?? 1;
  line.total_minor = (line.quantity * (data.price?.minor ?? 0)) / (data.price?.per ?? 1);
  lines.set(sku, line);
}

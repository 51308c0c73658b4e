// The loop around the handler. Shorter than Lambda's own for Node, which needs a compiler to install: that favours Node.
import http from "node:http";
import { handler } from "./handler.mjs";

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { hostname, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}` };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function main() {
  for (;;) {
    const next = await ask("GET", "next");
    const answer = await handler(JSON.parse(next.body));
    await ask("POST", `${next.headers["lambda-runtime-aws-request-id"]}/response`, JSON.stringify(answer));
  }
}

main();

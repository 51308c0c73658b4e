"""The loop around the handler. Shorter than Lambda's own for Python, which is compiled in part: that favours Python."""

import http.client
import json
import os

from handler import handler

PATH = "/2018-06-01/runtime/invocation"
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def ask(method, path, body=None):
    connection.request(method, f"{PATH}/{path}", body)
    response = connection.getresponse()
    return response.headers, response.read()


while True:
    headers, event = ask("GET", "next")
    answer = json.dumps(handler(json.loads(event)))
    ask("POST", f"{headers['lambda-runtime-aws-request-id']}/response", answer)

"""What tests do to the files of a stopped system, so that something is really wrong with it when it starts again.

letters FOLDER: puts two messages that are not ours into the replay queue of `carts`, and among the dead letters one whose
events are a real cart's, as if a build from before had given it up.
park FOLDER CART: gives the cart an event of a name that no build knows, in the table and on its way to `carts`.
lose FOLDER CART VERSION: takes an event out of the event table.
"""

import json
import sqlite3
import sys
import time
import uuid


def opened(folder, name):
    return sqlite3.connect(f"{folder}/{name}.sqlite")


def key(version):
    """As the stored table writes a number below ten in its sort key."""
    assert 0 < version < 10
    return f"N:25001{version}" + "0" * 39


def message(event, part):
    """An event as a replay sends it into the live rows."""
    return json.dumps(
        {
            "run": str(uuid.uuid4()),
            "mode": "replay",
            "subscription": "carts",
            "generation": 1,
            "lane": 0,
            "object": "events/one",
            "part": part,
            "events": [event],
        }
    )


def letters(folder):
    now_ms = int(time.time() * 1000)
    pipeline = opened(folder, "pipeline")
    for nth, body in enumerate(["hello <img src=x onerror=alert(1)>", '{"subscription": 7}']):
        pipeline.execute(
            "INSERT INTO queue_messages (subscription, message_group, body, sent_ms) VALUES ('carts', ?, ?, ?)",
            (f"lane-{nth:02}", body, now_ms),
        )
    for nth, data in enumerate(pipeline.execute("SELECT data FROM bus_records ORDER BY position LIMIT 2").fetchall()):
        pipeline.execute(
            "INSERT INTO dead_letters (subscription, message_group, body, receive_count, reason, moved_ms, sent_ms)"
            " VALUES ('carts', 'lane-00', ?, 5, 'write rows of carts: the disk is full', ?, ?)",
            (message(json.loads(data[0]), nth), now_ms - 90_000, now_ms - 120_000),
        )
    pipeline.commit()


def park(folder, cart):
    table = opened(folder, "dynamodb")
    rows = 'SELECT sk, item_json, item_size, hash_prefix FROM "tillroll-events" WHERE pk = ? ORDER BY sk DESC'
    last = [row for row in table.execute(rows, (f"S:{cart}",)) if row[0].startswith("N:2500")][0]
    event = json.loads(last[1])
    version = int(event["Version"]["N"]) + 1
    event["Version"]["N"] = str(version)
    event["Name"]["S"] = "GiftWrapped"
    event["EventUuid"]["S"] = str(uuid.uuid4())
    event["CommandId"]["S"] = str(uuid.uuid4())
    table.execute(
        'INSERT INTO "tillroll-events" (pk, sk, item_json, item_size, hash_prefix) VALUES (?, ?, ?, ?, ?)',
        (f"S:{cart}", key(version), json.dumps(event), last[2], last[3]),
    )
    table.commit()
    pipeline = opened(folder, "pipeline")
    for (data,) in pipeline.execute("SELECT data FROM bus_records ORDER BY position DESC"):
        known = json.loads(data)
        if known["subject"] == cart:
            break
    known |= {"id": event["EventUuid"]["S"], "sequence": version, "type": known["type"].rsplit(".", 1)[0] + ".GiftWrapped"}
    pipeline.execute(
        "INSERT INTO queue_messages (subscription, message_group, body, sent_ms) VALUES ('carts', 'lane-09', ?, ?)",
        (message(known, 0), int(time.time() * 1000)),
    )
    pipeline.commit()


def lose(folder, cart, version):
    table = opened(folder, "dynamodb")
    table.execute('DELETE FROM "tillroll-events" WHERE pk = ? AND sk = ?', (f"S:{cart}", key(int(version))))
    assert table.total_changes == 1, "there is no such event"
    table.commit()


{"letters": letters, "park": park, "lose": lose}[sys.argv[1]](*sys.argv[2:])

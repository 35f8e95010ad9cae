"""Frames of the event server, recorded from the embedded one, and their mutations at every level.

A mutation changes the text of the packet, its head, or its JSON: values of other types, huge numbers and texts, deep
nesting, unpaired surrogates, missing, repeated, renamed and exchanged parts.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.production import create_production
from tests.sandbox.events.socket_client import Client

#: JSON texts that replace a value. Python's own writer could not make some of them.
_VALUES = [
    *("null", "true", "false", "0", "-1", "1.5", "1e999", "-1e999", "NaN", "Infinity", "9" * 30, "9" * 5_000),
    *('""', '"x"', '"\\ud800"', '"\\u0000"', '"topic=*"', '"id="', '"' + "x" * 20_000 + '"', '"a=' + "9" * 5_000 + '"'),
    *("[]", "{}", "[[]]", "[null]", '["x"]', '{"":{}}', '{"x":1}', '{"id":["x"]}', '{"new":{},"old":[]}'),
    *("[" * 100 + "]" * 100, "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "[" * 100_000),
    '"' + "(" * 300 + '"',
]
_KEYS = [
    "",
    "x",
    "id",
    "topic",
    "data",
    "source",
    "target",
    "inReplyToEvent",
    "entities",
    "entityId",
    "keys",
    "changes",
]
_JUNK = ["", ":", "::", "+", "-", "\x00", "\ud800", "\\", '"', "{", "]", "5:", "9" * 5_000, "²", "\u2028", "x" * 1_000]
_MARK = "\x00value"
_MARKED = re.compile(r'"\\u0000value(\d+)"')


def record_frames(box: Sandbox) -> list[str]:
    """Return the frames that a client receives while entities change and events are published."""
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        client = Client(box)
        frames = [client.first, "2::"]
        client.socket.send('5:1+::{"name":"ftrack.event","args":[{"topic":"studio.first"}]}')
        frames.append(client.receive())
        client.subscribe("topic=*")
        production = create_production(session)
        task = existing(session.get("Task", production.tasks[0]))
        task.name, task.description = "renamed", "described"
        session.commit()
        task.status = next(each for each in session.query("Status").all() if each is not task.status)
        task.metadata["key"] = "value"
        session.commit()
        task.parent = existing(session.get("Shot", production.shots[2]))
        session.create("Note", content="text", parent_id=task.id, parent_type="task")
        session.commit()
        session.delete(existing(session.get("Task", production.tasks[1])))
        session.commit()
        client.send("studio.question", {"selection": [{"entityId": task.id, "entityType": "task"}]}, target="id=me")
        client.send("ftrack.meta.reply", {"a": 1}, target="id=me", inReplyToEvent="e1")
        client.send("studio.last")
        while "studio.last" not in frames[-1]:
            frames.append(client.receive())
        client.socket.close(timeout=0)
    return frames


def entries_in(frames: list[str]) -> list[dict[str, Any]]:
    """Return the entries of the `ftrack.update` events in *frames*."""
    payloads = [json.loads(frame[4:])["args"][0] for frame in frames if frame.startswith("5:::")]
    return [entry for each in payloads if each["topic"] == "ftrack.update" for entry in each["data"]["entities"]]


class Mutator:
    """Changes frames and JSON values at random, the same way for the same *seed*."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._count = 0

    def frame(self, frame: str) -> str:
        """Return a mutation of a frame. Its event has a new id first, so that it is no repetition."""
        self._count += 1
        head, separator, body = frame.partition("{")
        if separator and frame.startswith("5"):
            value = json.loads(separator + body)
            value["args"][0]["id"] = f"mutated{self._count}"
            kind = self.random.random()
            if kind < 0.7:
                return head + self.json_text(value)
            frame = head + json.dumps(value)
            if kind < 0.8:
                return frame.replace("5::", f"5:{self.random.choice(_JUNK)}:{self.random.choice(_JUNK)}", 1)
        return self._text(frame)

    def json_text(self, value: Any) -> str:
        """Return the text of a JSON value with one to three mutations; *value* is changed."""
        holder = [value]
        for _ in range(self.random.randint(1, 3)):
            self._mutate(holder)
        return _MARKED.sub(lambda match: _VALUES[int(match.group(1))], json.dumps(holder[0]))

    def _mutate(self, holder: list[Any]) -> None:
        places = list(_places(holder))
        container, key = self.random.choice(places)
        kind = self.random.random()
        if kind < 0.55:
            container[key] = f"{_MARK}{self.random.randrange(len(_VALUES))}"
        elif kind < 0.65 and container is not holder:
            del container[key]
        elif kind < 0.75:
            other, other_key = self.random.choice(places)
            container[key] = copy.deepcopy(other[other_key])
        elif kind < 0.85 and isinstance(container, dict):
            container[self.random.choice(_KEYS)] = container.pop(key)
        elif kind < 0.92 and isinstance(container, list) and container is not holder:
            container.extend(copy.deepcopy(container[key]) for _ in range(self.random.choice([1, 50])))
        else:
            container[key] = [container[key]] if self.random.random() < 0.5 else {"x": container[key]}

    def _text(self, text: str) -> str:
        for _ in range(self.random.randint(1, 4)):
            start = self.random.randrange(min(len(text), 40) + 1 if self.random.random() < 0.5 else len(text) + 1)
            end = min(len(text), start + self.random.choice([0, 1, 1, 5, 1_000]))
            kept = self.random.choice(["", text[start:end] * 2, text[start:end]])
            text = text[:start] + kept + self.random.choice(_JUNK) + text[end:]
        return self.random.choice("0123456789") + text[1:] if self.random.random() < 0.3 else text


def _places(container: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container below a value with every key in it."""
    for key, value in list(container.items() if isinstance(container, dict) else enumerate(container)):
        yield container, key
        if isinstance(value, (dict, list)):
            yield from _places(value)

"""Raw operations and JSON text are those of the official client."""

from __future__ import annotations

import json
from typing import Any

import arrow

from tests.compat.conftest import Both, Studio, raised


def test_entities_are_encoded_by_each_strategy(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session = studio.session
        where = f'from Task where id is "{studio.production.tasks[3]}"'
        expression = f"select name, description, status_id, status.name {where}"
        task = studio.connect(studio.client).query(expression).one()
        task["bid"] = 5
        encoded: dict[str, Any] = {}
        for strategy in ("set_only", "modified_only", "persisted_only"):
            data = json.loads(task.session.encode({"task": task}, entity_attribute_strategy=strategy))["task"]
            encoded[strategy] = {name: data[name] for name in sorted(data) if name in ("name", "bid", "description")}
            encoded[f"{strategy} status"] = sorted(data.get("status") or {})
        everything = json.loads(session.encode(task, entity_attribute_strategy="all"))
        encoded["all"] = sorted(everything), sorted(everything["parent"]), everything["name"]
        encoded["wrong"] = raised(studio.client, lambda: session.encode(task, "some"), ValueError)
        encoded["reference"] = sorted(session.entity_reference(task))
        encoded["date"] = session.encode({"at": arrow.get(2031, 5, 6)})
        encoded["metadata"] = isinstance(json.loads(session.encode(task["metadata"])), (list, dict))
        encoded["children"] = [sorted(each) for each in json.loads(session.encode(task["parent"]["children"]))][:1]
        return encoded

    both(run)


def test_text_is_decoded_to_entities_and_dates(both: Both) -> None:
    def run(studio: Studio) -> Any:
        text = json.dumps(
            {
                "at": {"__type__": "datetime", "value": "2031-05-06T07:08:09"},
                "task": {"__entity_type__": "Task", "id": studio.production.tasks[2], "name": "decoded"},
                "plain": [1, "a", None],
            }
        )
        data = studio.session.decode(text)
        return data["at"], data["plain"], data["task"].entity_type, data["task"]["id"] == studio.production.tasks[2]

    both(run)


def test_raw_operations_return_entities(both: Both) -> None:
    def run(studio: Studio) -> Any:
        call = studio.session.call
        task = studio.get("Task", 7)
        where = f'from Task where id is "{task["id"]}"'
        (rows,) = call([{"action": "query", "expression": f"select name, status.name, created_at {where}"}])
        (update,) = call(
            [{"action": "update", "entity_type": "Task", "entity_key": [task["id"]], "entity_data": {"bid": 11}}]
        )
        (information,) = call([{"action": "query_server_information"}])
        found = rows["data"][0]
        return (
            (rows["action"], found.entity_type, found["name"], bool(found["status"]["name"])),
            type(found["created_at"]).__name__,
            (update["action"], update["data"]["bid"]),
            bool(information["version"]),
            "ServerError" in raised(studio.client, lambda: call([{"action": "no such action"}])),
            "ServerError"
            in raised(studio.client, lambda: call([{"action": "query", "expression": "select x from Y"}])),
        )

    both(run)

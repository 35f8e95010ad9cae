"""`Event` records of announced changes, and the queries that find them."""

from __future__ import annotations

import json
from typing import Any


def records(production: Any, where: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = production.query(
        f"select id, action, insert, data, created_at, parent_id, parent_type, project_id, user.username from Event"
        f"{where} order by id"
    )
    return rows


def last_id(production: Any) -> int:
    return int(max(record["id"] for record in records(production)))


def test_records_are_sufficient_to_rebuild_the_event(production: Any, announced: Any) -> None:
    before = last_id(production)
    production.call(
        production.updating("Task", ["T1"], name="x"),
        production.updating("Asset", ["A"], name="y"),
        ftrack_clienttoken="token-1",
    )
    (event,) = announced.events
    new_records = records(production, f" where id > {before}")
    data = [json.loads(record["data"]) for record in new_records]
    assert [each["entity"] for each in data] == event["data"]["entities"]
    assert {each["event"] for each in data} == {event["id"]}
    assert {(each["clientToken"], each["pushToken"]) for each in data} == {("token-1", event["data"]["pushToken"])}


def test_a_record_names_the_entity_its_project_the_user_and_the_time(production: Any) -> None:
    before = last_id(production)
    production.update("Task", ["T1"], name="x")
    (record,) = records(production, f" where id > {before}")
    assert (record["parent_id"], record["parent_type"], record["project_id"]) == ("T1", "task", "P")
    assert record["user"]["username"] == production.user
    assert record["created_at"] == {"__type__": "datetime", "value": "2024-05-01T12:00:00"}


def test_records_name_actions_like_ftrack_s_own_examples(production: Any) -> None:
    before = last_id(production)
    production.update("Task", ["T1"], status_id="status-late")
    production.update("Shot", ["H"], status_id="status-late")
    production.create("AssetVersion", id="V2", asset_id="A")
    production.update("Task", ["T1"], name="x")
    production.delete("Task", ["T2"])
    actions = [(record["action"], record["insert"]) for record in records(production, f" where id > {before}")]
    assert actions == [
        ("change.status.task", "update"),
        ("change.status.shot", "update"),
        ("asset.published", "insert"),
        ("update.task", "update"),
        ("remove.task", "delete"),
    ]


def test_queries_find_deletions_and_the_history_of_one_entity(production: Any) -> None:
    production.update("Task", ["T1"], name="x")
    production.delete("Task", ["T1"])
    history = records(production, ' where parent_id is "T1"')
    assert [record["insert"] for record in history] == ["insert", "update", "delete"]
    deleted = records(production, ' where insert is "delete" and created_at >= "2024-05-01T12:00:00"')
    assert [record["parent_id"] for record in deleted] == ["T1"]


def test_a_refused_request_leaves_no_record(production: Any) -> None:
    before = last_id(production)
    production.refused(production.updating("Task", ["T1"], name="x"), production.updating("Task", ["none"], name="y"))
    assert last_id(production) == before


def test_records_are_not_announced_themselves(production: Any, announced: Any) -> None:
    production.update("Task", ["T1"], name="x")
    assert [entity["entityType"] for entity in announced.entities()] == ["task"]


def test_records_outlive_the_entities_they_describe(production: Any) -> None:
    production.delete("Project", ["P"])
    deleted = {record["parent_id"] for record in records(production, ' where insert is "delete"')}
    assert {"P", "Q", "H", "T1", "T2", "A", "V"} <= deleted
    assert [record["insert"] for record in records(production, ' where parent_id is "T1"')] == ["insert", "delete"]

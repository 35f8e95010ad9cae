"""Starting and stopping an embedded server from Python."""

from __future__ import annotations

import datetime
import gc
import json
import os
import random
import socket
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from ftrack_orm import Session
from ftrack_orm.errors import SettingsError
from ftrack_orm.sandbox import Sandbox, datamodel
from tests.mutations import damage_value
from tests.property_settings import examples


def call(box: Sandbox, *operations: dict[str, Any]) -> list[Any]:
    headers = {"ftrack-user": box.api_user, "ftrack-api-key": box.api_key}
    replies = requests.post(f"{box.url}/api", json=operations, headers=headers, timeout=30).json()
    assert isinstance(replies, list), replies
    return replies


def query(box: Sandbox, expression: str) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = call(box, {"action": "query", "expression": expression})[0]["data"]
    return entities


def create(entity_type: str, **data: Any) -> dict[str, Any]:
    return {"action": "create", "entity_type": entity_type, "entity_data": data}


def test_a_sandbox_serves_the_data_of_a_fresh_ftrack() -> None:
    with Sandbox() as box:
        assert box.url.startswith("http://127.0.0.1:")
        assert [user["username"] for user in query(box, "select username from User")] == ["sandbox"]
        assert len(query(box, "select name from Location")) == 5


def test_stopping_releases_port_and_threads() -> None:
    before = set(threading.enumerate())
    box = Sandbox()
    box.start()
    url = box.url
    call(box)
    box.stop()
    box.stop()
    assert set(threading.enumerate()) == before
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    with pytest.raises(SettingsError, match="not started"):
        _ = box.url


def test_a_stopped_sandbox_leaves_no_compiled_statements() -> None:
    def compiled_statements() -> int:
        gc.collect()
        return sum(isinstance(each, sa.Compiled) for each in gc.get_objects())

    with Sandbox(seed="empty"):
        pass
    before = compiled_statements()
    for _ in range(3):
        with Sandbox(seed="empty") as box, Session(box.url, box.api_key, box.api_user) as session:
            session.query("Task").select("status.name", "parent.name").all()
            assert compiled_statements() > before
    assert compiled_statements() <= before


def test_a_sandbox_can_be_started_again() -> None:
    box = Sandbox()
    for _ in range(2):
        with box:
            assert query(box, "select id from User") != []


def test_a_port_in_use_is_an_error_of_start() -> None:
    before = set(threading.enumerate())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(OSError, match="address already in use"):
            Sandbox(port=listener.getsockname()[1]).start()
    assert set(threading.enumerate()) == before


def test_user_and_key_can_be_passed_and_have_defaults() -> None:
    with Sandbox(api_user="ada", api_key="secret") as box:
        assert (box.api_user, box.api_key) == ("ada", "secret")
        assert [user["username"] for user in query(box, "select username from User")] == ["ada"]
    one, other = Sandbox(), Sandbox()
    assert one.api_key != other.api_key
    assert one.api_key not in repr(one)


def test_times_come_from_the_clock() -> None:
    time = datetime.datetime(2020, 2, 3, 4, 5, 6, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    with Sandbox(clock=lambda: time) as box:
        (reply,) = call(box, create("Timelog"))
        assert reply["data"]["start"]["value"] == "2020-02-03T03:05:06"


def test_a_database_file_is_seeded_once_and_keeps_changes(tmp_path: Path) -> None:
    file = tmp_path / "production.db"
    with Sandbox(database=file, api_key="first") as box:
        call(box, create("Scope", id="s", name="mine"))
    with Sandbox(database=file) as box:
        assert [scope["id"] for scope in query(box, 'select id from Scope where name is "mine"')] == ["s"]
        assert len(query(box, "select id from User")) == 1
        box.api_key = "first"  # keys that were granted before remain valid
        assert query(box, "select id from User") != []


def test_a_studios_own_schema_can_be_served(tmp_path: Path) -> None:
    schemas = json.loads(json.dumps(datamodel.load().schemas))
    (shot,) = [described for described in schemas if described["id"] == "Shot"]
    shot["properties"]["studio_code"] = {"type": "string"}
    schemas.append({**shot, "id": "Plate", "alias_for": {"id": "Task", "classifiers": {"object_typeid": "plates"}}})
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(schemas))
    with Sandbox(schema=file) as box:
        assert call(box, {"action": "query_schemas"})[0] == schemas
        (schema,) = query(box, "select id from ProjectSchema limit 1")
        call(
            box,
            create("Project", id="p", name="film", project_schema_id=schema["id"]),
            create("Plate", id="x", name="plate", parent_id="p", studio_code="H1"),
        )
        (plate,) = query(box, 'select studio_code, object_type.name from Plate where studio_code is "h1"')
        assert (plate["__entity_type__"], plate["studio_code"], plate["object_type"]["name"]) == (
            "Plate",
            "H1",
            "Plate",
        )


@pytest.mark.parametrize("content", [None, "{", "[{}]"])
def test_an_unusable_schema_file_is_an_error_of_start(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "schema.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Exception, match="schema"):
        Sandbox(schema=file).start()


def test_an_unknown_seed_is_refused_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with pytest.raises(Exception, match="empty"):
        Sandbox(seed="emtpy").start()
    assert set(threading.enumerate()) == before


def test_personal_keys_are_kept_and_an_older_database_gets_the_table_for_them(tmp_path: Path) -> None:
    file = tmp_path / "studio.db"

    def reset(box: Sandbox) -> str:
        (user,) = query(box, "select id from User")
        operation = {"reset_type": "api_key", "entity_type": "User", "entity_key": user["id"]}
        key: str = call(box, {"action": "reset_remote", **operation})[0]["data"]["api_key"]
        return key

    with Sandbox(database=file) as box:
        pass
    with closing(sqlite3.connect(file)) as database:
        database.execute("DROP TABLE __personal_api_key__")
    with Sandbox(database=file) as box:
        key = reset(box)
    with Sandbox(database=file) as box:
        box.api_key = key
        assert len(query(box, "select id from User")) == 1


def test_a_database_of_another_data_model_is_refused(tmp_path: Path) -> None:
    file, schema = tmp_path / "production.db", tmp_path / "schema.json"
    with Sandbox(database=file):
        pass
    schemas = json.loads(json.dumps(datamodel.load().schemas))
    schemas[0]["properties"]["studio_code"] = {"type": "string"}
    schema.write_text(json.dumps(schemas))
    with pytest.raises(SettingsError, match="another data model"):
        Sandbox(database=file, schema=schema).start()


def test_a_user_the_database_does_not_have_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "production.db"
    with Sandbox(database=file, api_user="ada"):
        pass
    with pytest.raises(SettingsError, match="There is no user 'bob'"):
        Sandbox(database=file, api_user="bob").start()


def test_a_database_whose_seeding_failed_is_seeded_the_next_time(tmp_path: Path) -> None:
    file = tmp_path / "production.db"
    with pytest.raises(Exception, match="emtpy"):
        Sandbox(seed="emtpy", database=file).start()
    with Sandbox(database=file) as box:
        assert len(query(box, "select id from User")) == 1


def test_a_database_that_cannot_be_opened_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be opened"):
        Sandbox(database=tmp_path / "missing folder" / "x.db").start()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "cannot be read: Expecting"),
        (b"\xff", "cannot be read: 'utf-8'"),
        (b"[" * 100_000, "cannot be read: maximum recursion"),
        (b"[" + b"9" * 10_000 + b"]", "cannot be read: Exceeds the limit"),
        (b'{"Task": {}}', "cannot be served: ProtocolError: A list of entity types was expected"),
        (b'[{"id": "Task"}]', "cannot be served: ProtocolError: The schema of 'Task'"),
        (b'[{"id": "Task", "primary_key": ["id"], "properties": {"id": {"type": "string"}}}]', "cannot be served"),
        (b"[]", "cannot be served"),
    ],
)
def test_a_schema_file_with_other_content_is_a_settings_error(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "schema.json"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"The schema file {file} {message}"):
        Sandbox(schema=file).start()


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs are files of POSIX systems")
def test_a_fifo_as_schema_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "schema.json")
    with pytest.raises(SettingsError, match="cannot be read: it is a FIFO, not a regular file"):
        Sandbox(schema=tmp_path / "schema.json").start()


def test_mutated_schema_files_are_served_or_settings_errors(tmp_path: Path) -> None:
    chance = random.Random(13)
    kept = {"User", "Task", "TypedContext", "Context", "Project", "Status", "Type", "BaseUser", "Resource"}
    schemas = [each for each in datamodel.load().schemas if each["id"] in kept]
    file = tmp_path / "schema.json"
    for _ in range(examples(40, 600)):
        file.write_text(json.dumps(damage_value(schemas, chance)))
        box = Sandbox(schema=file)
        try:
            box.start()
        except SettingsError as error:
            assert str(file) in str(error)
        finally:
            box.stop()

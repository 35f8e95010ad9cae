"""The compatible session has the arguments, values and errors of the official client, over one ordinary session."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import arrow
import pytest

import ftrack_orm
import ftrack_orm.compat as ftrack_api
from ftrack_orm.sandbox import Sandbox
from tests.compat.conftest import ConnectClient
from tests.production import Production


def test_entities_are_mappings_with_values_of_arrow(compatible: Any, production: Production) -> None:
    task = compatible.get("Task", production.tasks[0])
    task["start_date"] = arrow.get(2031, 5, 6)
    compatible.commit()
    again = compatible.query(f'select start_date from Task where id is "{task["id"]}"').one()
    assert again is task
    assert task["start_date"] == arrow.get(2031, 5, 6)
    assert isinstance(task["start_date"], arrow.Arrow)
    assert dict(task.items())["parent"]["children"][0]["parent"] == task["parent"]
    assert task.entity_type == "Task"
    assert task.session is compatible


def test_both_kinds_of_code_work_on_one_session(compatible: Any, production: Production) -> None:
    native = ftrack_api.unwrap(compatible)
    task = compatible.get("Task", production.tasks[0])
    same = native.get("Task", production.tasks[0])
    assert ftrack_api.unwrap(task) is same
    assert ftrack_api.wrap(same) is task
    assert ftrack_api.wrap(native) is compatible
    task["description"] = "by the old code"
    assert same.description == "by the old code"
    same.bid = 60
    assert task["bid"] == 60
    assert native.modified == [same]
    assert compatible.modified == [task]
    compatible.commit()
    assert not native.modified


def test_a_session_that_exists_gets_one_compatible_session(session: ftrack_orm.Session, production: Production) -> None:
    task = session.get("Task", production.tasks[0])
    with pytest.raises(ftrack_orm.errors.UsageError, match="wrap"):
        ftrack_api.wrap(task)
    compatible = ftrack_api.wrap(session)
    assert ftrack_api.wrap(session) is compatible
    assert ftrack_api.wrap(task)["name"] == "task00"


def test_errors_are_of_both_kinds(compatible: Any) -> None:
    with pytest.raises(ftrack_api.exception.NoResultFoundError) as caught:
        compatible.query('Task where name is "no such task"').one()
    assert isinstance(caught.value, ftrack_orm.errors.NoResult)
    with pytest.raises(ftrack_api.exception.ServerError, match="nam"):
        compatible.query('Task where nam is "x"').all()
    with pytest.raises(KeyError):
        compatible.query("Spaceship")


def test_a_wrong_key_is_refused_by_the_constructor(box: Sandbox) -> None:
    with pytest.raises(ftrack_api.exception.ServerError):
        ftrack_api.Session(box.url, "wrong", box.api_user, plugin_paths=[])
    with pytest.raises(TypeError):
        ftrack_api.Session(box.url, box.api_key, box.api_user, headers="x-show: demo")  # type: ignore[arg-type]


def test_values_that_are_not_loaded_are_not_set(compatible: Any, production: Production) -> None:
    task = compatible.query(f'select id from Task where id is "{production.tasks[1]}"').one()
    with compatible.auto_populating(False):
        assert task["description"] is ftrack_api.symbol.NOT_SET
        assert not compatible.auto_populate
    assert task["description"] is not ftrack_api.symbol.NOT_SET


def test_a_closed_session_raises_the_official_error(connect_client: ConnectClient) -> None:
    session = connect_client()
    session.close()
    assert session.closed
    with pytest.raises(ftrack_api.exception.ConnectionClosedError):
        session.query("User").first()


def test_closed_sessions_and_unused_entities_are_freed(connect_client: ConnectClient, production: Production) -> None:
    session = connect_client()
    task = session.get("Task", production.tasks[0])
    task["description"] = "kept by the session below"
    freed = weakref.ref(task)
    del task
    gc.collect()
    assert freed() is None
    assert session.modified[0]["description"] == "kept by the session below"


def test_switches_belong_to_their_threads(compatible: Any) -> None:
    seen = []

    def switch() -> None:
        compatible.auto_populate = compatible.record_operations = False
        seen.append((compatible.auto_populate, compatible.record_operations))

    thread = threading.Thread(target=switch)
    thread.start()
    thread.join()
    assert seen == [(False, False)]
    assert (compatible.auto_populate, compatible.record_operations) == (True, True)


def test_a_session_of_a_script_derives_from_it(box: Sandbox, production: Production, schema_cache: Path) -> None:
    class StudioSession(ftrack_api.Session):
        def shots(self) -> list[str]:
            query = self.query(f'Shot where project_id is "{production.project}" order by name')
            return [shot["name"] for shot in query]

    with StudioSession(box.url, box.api_key, box.api_user, plugin_paths=[], schema_cache_path=schema_cache) as session:
        assert session.shots() == ["sh0", "sh1", "sh2", "sh3"]
        assert session.get("Shot", production.shots[0]).session is session
